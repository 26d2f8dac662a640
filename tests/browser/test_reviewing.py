"""Reviewing a change: by mouse, by keyboard alone, on a phone, without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.actions import changes, threads
from assistants_app.models import Change, Comment, Review
from tests import builders
from tests.browser.conftest import GET_ORDER, INSTRUCTIONS, PHONE, WIDE
from tests.browser.looks import faults

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

SHORTER = INSTRUCTIONS.replace("30 days of purchase", "14 days of delivery")
LINE = "Refunds are possible within 14 days of delivery."
NUMBER = SHORTER.splitlines().index(LINE) + 1


def waiting(stage: Stage) -> Change:
    """By Alice: instructions, a setting and an input of a function are others."""
    order = {**GET_ORDER, "function": {**GET_ORDER["function"], "description": "Look one up."}}
    change = builders.make_change(
        stage.make_assistant(),
        stage.people["alice"],
        instructions=SHORTER,
        temperature=0.4,
        tools=[{"type": "code_interpreter"}, order],
    )
    actor = builders.acting(stage.people["alice"])
    return changes.submit(change, actor=actor, title="Shorter refunds", why="Law.")


def opened(stage: Stage, change: Change, who: str = "bob", **options: object) -> Page:
    page = stage.enter(who, **options)
    page.goto(reverse("review", args=[change.pk]))
    return page


def line(page: Page, number: int = NUMBER) -> str:
    return f"#instructions-{number}"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comment_waits_and_goes_with_the_decision(
    stage: Stage, size: dict[str, int], scheme: str
) -> None:
    """F2: comment on a line (1), request changes (2); accessible at each step."""
    change = waiting(stage)
    page = opened(stage, change, viewport=size, color_scheme=scheme)
    assert faults(page) == []
    page.locator(f"{line(page)} .lnb").click()
    box = page.get_by_label(f"Comment on line {NUMBER}", exact=True)
    expect(box).to_be_focused()
    assert faults(page) == []
    box.fill("Say where it applies.")
    page.get_by_role("button", name="Add to my review").click()
    comment = page.locator(".comment", has_text="Say where it applies.")
    expect(comment).to_contain_text("Only you see this")
    expect(comment).to_be_focused()
    assert faults(page) == []
    page.locator("#request-changes").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("1 comment goes with it")
    assert faults(page) == []
    dialog.get_by_role("button", name="Send review").click()
    expect(dialog.locator(".summary")).to_be_focused()
    expect(dialog).to_contain_text("Say what should be different.")
    assert faults(page) == []
    dialog.get_by_label("What do you want to say?").fill("See the line on refunds.")
    dialog.get_by_role("button", name="Send review").click()
    expect(page.locator("main")).to_contain_text("You requested changes.")
    row = Comment.objects.get()
    assert row.sent_at
    assert row.review == Review.objects.order_by("-pk").first()


def test_the_author_answers_and_settles(stage: Stage) -> None:
    change = waiting(stage)
    at = threads.Anchor(change.digest, "instructions", "new", NUMBER, NUMBER)
    threads.comment(change, actor=builders.acting(stage.people["bob"]), on=at, text="Where?")
    page = opened(stage, change, "alice")
    expect(page.locator("#rail-talk")).to_contain_text("1 open comment")
    page.locator(".reply summary").click()
    page.get_by_role("textbox", name="Reply").fill("In the EU.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".comment", has_text="In the EU.")).to_be_focused()
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#rail-talk")).to_be_hidden()
    expect(page.locator(".thread.settled")).to_contain_text("Settled by Alice Example")
    assert faults(page) == []


def test_by_keyboard_alone(stage: Stage) -> None:
    change = waiting(stage)
    page = opened(stage, change)
    page.locator("#change-next").press("Enter")
    expect(page.locator("#change-at")).to_have_text("change 1 of 3")
    expect(page.locator("table.diff tr.del").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(line(page))).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("table.diff tr.picked")).to_have_count(2)
    page.keyboard.press("c")
    box = page.get_by_label(f"Comment on lines {NUMBER} to {NUMBER + 1}", exact=True)
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(page.locator(line(page, NUMBER + 1))).to_be_focused()
    page.keyboard.press("c")
    expect(box).to_be_focused()
    page.keyboard.type("Can n, p, j, k and c be typed?")
    page.keyboard.press("Escape")  # typed text stays
    expect(box).to_have_value("Can n, p, j, k and c be typed?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".comment")).to_be_focused()
    assert Comment.objects.get().thread.first == NUMBER
    page.locator(line(page, NUMBER + 1)).focus()
    for _ in range(2):
        page.keyboard.press("n")
    expect(page.locator("#change-at")).to_have_text("change 3 of 3")
    page.keyboard.press("p")
    expect(page.locator("#change-at")).to_have_text("change 2 of 3")
    assert page.locator("table.diff [tabindex='0']").count() <= page.locator("table.diff").count()


def test_one_click_decides_and_pending_comments_ask_first(stage: Stage) -> None:
    change = waiting(stage)
    at = threads.Anchor(change.digest, "instructions", "new", NUMBER, NUMBER)
    kept = threads.keep(change, actor=builders.acting(stage.people["bob"]), on=at, text="Good.")
    page = opened(stage, change)
    page.get_by_role("button", name="Approve and publish").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("1 comment goes with it")
    expect(dialog.get_by_label("Approve and publish")).to_be_checked()
    dialog.get_by_role("link", name="Back").click()
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(f"#thread-{kept.thread_id}")).to_be_focused()
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.locator("main")).to_contain_text("is live here and is being pushed")


def test_a_text_that_moved_meanwhile_is_told_and_shown_alone(stage: Stage) -> None:
    change = waiting(stage)
    page = opened(stage, change)
    alice = builders.acting(stage.people["alice"])
    changes.edit(change, actor=alice, lock=change.lock, values={"name": "EU support"})
    page.get_by_role("button", name="Approve", exact=True).click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Alice Example changed the text")
    assert faults(page) == []
    dialog.get_by_role("link", name="See what changed since").click()
    expect(page.locator("main")).to_contain_text("Only what changed since you looked.")
    expect(page.locator(".now-v")).to_have_text(["now EU support"])
    expect(page.locator("#part-instructions")).to_have_count(0)
    assert faults(page) == []


def test_parts_are_marked_as_seen(stage: Stage) -> None:
    page = opened(stage, waiting(stage))
    page.locator("#seen-box-instructions").check()
    expect(page.locator("#seen-meter")).to_contain_text("You have seen 1 of 3 parts")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#dialog")).to_contain_text("You have not marked 2 parts as seen.")


def test_folded_lines_come_where_they_were(stage: Stage) -> None:
    change = builders.make_change(
        stage.make_assistant(instructions="\n".join(f"Line {n}." for n in range(1, 41))),
        stage.people["alice"],
        instructions="\n".join(["First.", *(f"Line {n}." for n in range(1, 41))]),
    )
    page = opened(stage, change)
    expect(page.get_by_text("Line 20.")).to_have_count(0)
    page.locator("tr.fold a").click()
    expect(page.get_by_text("Line 20.")).to_be_visible()
    expect(page.locator("tr.fold")).to_have_count(0)


def test_without_javascript(stage: Stage) -> None:
    change = waiting(stage)
    page = opened(stage, change, java_script_enabled=False)
    page.locator(f"{line(page)} .lnb").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Comment on Instructions")
    expect(page.locator(".quoted")).to_contain_text(LINE)
    page.get_by_role("button", name="Add to my review").click()
    expect(page.locator("main")).to_contain_text("Write a comment.")
    page.get_by_role("textbox", name="Comment").fill("Say where it applies.")
    page.get_by_role("button", name="Add to my review").click()
    expect(page.locator(".comment")).to_contain_text("Say where it applies.")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your review")
    expect(page.locator("main")).to_contain_text("1 comment goes with it")
    page.get_by_role("button", name="Send review").click()
    expect(page.locator("main")).to_contain_text("You approved this change.")
    assert Comment.objects.get().sent_at
