"""The editor in a browser: what fails loses no letter, what is pressed twice acts once, and every
part of it is accessible after each press; the same once more without scripts and on a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from assistants_app.actions import changes
from assistants_app.models import Change
from tests import builders
from tests.browser.conftest import INSTRUCTIONS, PHONE, WIDE

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.browser.conftest import Stage

TEXT = re.compile("^Instructions")
SAVES = re.compile(r"/part/instructions/$")
SOON = 10_000


def open_editor(stage: Stage, page: Page) -> Change:
    live = stage.make_assistant(metadata={"team": "care"}, model="gpt-4.1")
    change = changes.open(live, actor=builders.acting(stage.people["alice"]))
    page.goto(f"/changes/{change.pk}/")
    return change


def stored(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def accessible(page: Page, where: str) -> None:
    found = Axe().run(page).response["violations"]
    said = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]
    assert said == [], where


FAULTS = {
    "no network": lambda route: route.abort(),
    "an error of the server": lambda route: route.fulfill(status=500, body="Oops"),
    "a proxy's own page": lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"),
    "no answer in time": lambda _route: None,
}


def test_no_fault_of_a_save_loses_a_letter(stage: Stage) -> None:
    page = stage.enter("alice")
    change = open_editor(stage, page)
    page.evaluate("htmx.config.timeout = 400")
    box, bar = page.get_by_role("textbox", name=TEXT), page.locator("#save-state")
    for fault, answer in FAULTS.items():
        text = f"Typed before {fault}."
        page.route(SAVES, answer)
        box.fill(text)
        expect(page.locator("#alerts")).to_contain_text("Your text is still here.", timeout=SOON)
        expect(bar).to_contain_text("Not saved since")
        box.press_sequentially(" And on.")
        expect(box).to_have_value(text + " And on.")
        page.unroute(SAVES)
        page.evaluate("document.querySelector('#alerts [data-retry]')?.click()")
        expect(bar).to_contain_text("Saved at", timeout=SOON)
        expect(page.locator("#alerts")).to_be_empty()
        expect(box).to_have_value(text + " And on.")
        assert stored(change).instructions == text + " And on.", fault
    stage.complaints.clear()  # the browser's own lines about the failed requests


def test_a_save_that_failed_is_tried_again_by_itself(stage: Stage) -> None:
    page = stage.enter("alice")
    change = open_editor(stage, page)
    tries: list[str] = []

    def once(route: Route) -> None:
        tries.append(route.request.url)
        if len(tries) == 1:
            route.abort()
        else:
            route.continue_()

    page.route(SAVES, once)
    page.get_by_role("textbox", name=TEXT).fill("Saved at the second try.")
    expect(page.locator("#save-state")).to_contain_text("Not saved since", timeout=SOON)
    expect(page.locator("#save-state")).to_contain_text("Saved at", timeout=SOON)
    assert stored(change).instructions == "Saved at the second try."
    stage.complaints.clear()


def test_another_window_saved_first_and_both_are_made_one_by_hand(stage: Stage) -> None:
    page = stage.enter("alice")
    change = open_editor(stage, page)
    values = {"instructions": "Theirs."}
    actor = builders.acting(stage.people["bob"])
    changes.edit(change, actor=actor, lock=change.lock, values=values)
    box = page.get_by_role("textbox", name=TEXT)
    box.fill("Mine.")
    panel = page.locator("#merge")
    expect(panel).to_contain_text("Theirs.", timeout=SOON)
    expect(box).to_have_value("Mine.")
    page.locator("#by-hand summary").click()
    accessible(page, "merge panel")
    page.locator("#merge-instructions").fill("Theirs and mine.")
    page.locator("#save-by-hand").click()
    expect(panel).to_be_empty()
    expect(box).to_have_value("Theirs and mine.")
    assert stored(change).instructions == "Theirs and mine."
    with page.expect_response(SAVES):
        box.fill("And on it goes.")
    assert stored(change).instructions == "And on it goes."


def test_a_double_click_acts_once(stage: Stage) -> None:
    page = stage.enter("alice")
    change = open_editor(stage, page)
    page.locator("#label-add").dblclick()
    expect(page.locator("[id^=label-][id$=-key]")).to_have_count(2)
    page.locator("#label-1-key").fill("owner")
    expect(page.locator("#against-live")).to_contain_text("Labels", timeout=SOON)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.locator("#ask").dblclick()
    dialog = page.locator("#submit-form")
    dialog.get_by_label("Title").fill("Once")
    dialog.get_by_label("I know about the warnings").check()
    assert [one.split()[0] for one in asked if one.endswith("/submit/")] == ["GET"]
    dialog.get_by_role("button", name="Ask for review").dblclick()
    expect(page.locator(".page-head")).to_contain_text("In review")
    assert stored(change).metadata == {"team": "care", "owner": ""}


def test_what_is_typed_while_a_press_is_under_way_stays(stage: Stage) -> None:
    page = stage.enter("alice")
    change = open_editor(stage, page)
    held: list[Route] = []
    page.route("**/labels/", lambda route: held.append(route), times=1)
    page.locator("#label-add").click()
    page.locator("#label-0-value").fill("typed meanwhile")
    page.wait_for_timeout(100)
    held[0].continue_()
    expect(page.locator("#label-1-key")).to_be_visible()
    expect(page.locator("#label-0-value")).to_have_value("typed meanwhile")
    expect(page.locator("#against-live")).to_contain_text("Labels", timeout=SOON)
    assert stored(change).metadata == {"team": "typed meanwhile"}


def walk(page: Page) -> None:
    """Every press of the parts, each state looked at by axe."""
    box = page.get_by_role("textbox", name=TEXT)
    box.fill(INSTRUCTIONS + "Hidden\u200b here.\n\n# End\n")
    expect(page.locator("#hidden-characters")).to_contain_text("U+200B", timeout=SOON)
    page.locator("#look-preview").click()
    expect(page.locator("#look")).to_contain_text("Refunds")
    accessible(page, "preview")
    page.locator("#look-changes").click()
    expect(page.locator("#look")).to_contain_text("Hidden")
    page.locator("#headings-menu summary").click()
    accessible(page, "changes and headings")
    page.get_by_role("link", name="End", exact=True).click()
    expect(box).to_be_focused()
    selected = (
        "(() => { const b = document.activeElement; "
        "return b.value.slice(b.selectionStart, b.selectionEnd) })()"
    )
    assert page.evaluate(selected) == "# End"
    page.locator("#clean-1").click()
    expect(page.locator("#hidden-characters")).to_be_empty()
    page.locator("#finding summary").click()
    page.locator("#find_find").fill("customer")
    for box_of in ("find_find", "find_by"):  # hidden ones, as of a card with one box, are a pixel
        assert page.locator(f"label[for={box_of}]").bounding_box()["height"] > 10
    page.locator("#find_find").press("Enter")
    expect(page.locator("#find-result")).to_contain_text("Found in 2 places")
    accessible(page, "found")
    page.locator("#find_by").fill("guest")
    page.locator("#replace-all").click()
    expect(page.locator("#toasts")).to_contain_text("Replaced in 2 places.")
    accessible(page, "replaced")
    page.locator("#undo").click()
    expect(box).to_have_value(re.compile("customer"))
    page.locator("#id_model").fill("o3")
    page.locator("#id_temperature").fill("0.40")
    expect(page.locator("#model-effects")).to_contain_text("Clear Creativity", timeout=SOON)
    expect(page.locator("#id_reasoning_effort option")).to_have_count(4)
    accessible(page, "model")
    page.locator("#match-1").click()
    expect(page.locator("#id_temperature")).to_have_value("")
    page.locator("#models-open").click()
    expect(page.locator("#dialog")).to_contain_text("Choose a model")
    accessible(page, "models")
    expect(page.locator("#models-q")).to_be_focused()
    page.keyboard.type("nano")
    expect(page.locator("#models-found li")).to_have_count(4)
    page.locator("#use-1").click()
    expect(page.locator("#id_model")).to_have_value("gpt-5-nano")
    page.locator("#label-add").click()
    expect(page.locator("#label-1-key")).to_be_focused()
    page.locator("#label-1-key").fill("team")
    expect(page.locator("#label-0-key-msg")).to_contain_text("more than once", timeout=SOON)
    accessible(page, "labels")
    page.locator("#label-1-remove").click()
    expect(page.locator("#label-0-key")).to_be_focused()
    page.locator("#paste-open").click()
    page.locator("#id_paste").fill("no sign")
    page.locator("#paste-add").click()
    expect(page.locator("#id_paste-msg")).to_contain_text("Line 1")
    accessible(page, "paste")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_press_of_the_editor(stage: Stage, size: dict[str, int], scheme: str) -> None:
    page = stage.enter("alice", viewport=size, color_scheme=scheme)
    open_editor(stage, page)
    walk(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"]


def test_the_same_without_scripts(stage: Stage) -> None:
    page = stage.enter("alice", java_script_enabled=False)
    change = open_editor(stage, page)
    page.locator("#label-add").click()
    page.locator("#label-1-key").fill("owner")
    page.locator("#label-1-value").fill("lena")
    page.locator("#form-labels").get_by_role("button", name="Save").click()
    assert stored(change).metadata == {"team": "care", "owner": "lena"}
    page.locator("#label-0-remove").click()
    assert stored(change).metadata == {"owner": "lena"}
    page.get_by_role("button", name="Undo").click()
    assert list((stored(change).metadata or {}).items()) == [("team", "care"), ("owner", "lena")]
    page.locator("#finding summary").click()
    page.locator("#find_find").fill("customer")
    page.locator("#find_by").fill("guest")
    page.locator("#find-count").click()
    expect(page.locator("#find-result")).to_contain_text("Found in 2 places")
    page.locator("#replace-all").click()
    assert "guest" in (stored(change).instructions or "")
    page.locator("#models-open").click()
    page.locator("#models-q").fill("o3")
    page.locator("#models-search button").click()
    page.locator("#use-1").click()
    assert stored(change).model == "o3"
    page.locator("#look-preview").click()
    expect(page.locator("#look h3").first).to_have_text("Role")
    page.locator("#look-write").click()
    expect(page.locator("#look")).to_have_count(0)
