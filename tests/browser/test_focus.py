"""Where the focus goes (ux.md 4.6), row by row on the pages as they are, and what is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.actions import changes
from assistants_app.models import Change
from tests import builders

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

SOON = 10_000


@pytest.fixture
def change(stage: Stage) -> Change:
    """By Alice, of an assistant that is live, with two labels."""
    live = builders.make_assistant(
        stage.workspace,
        author=stage.people["alice"],
        reviewer=stage.people["bob"],
        metadata={"team": "care", "cost": "4711"},
    )
    return changes.open(live, actor=builders.acting(stage.people["alice"]))


def editor(stage: Stage, change: Change) -> Page:
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))
    return page


def test_fields_and_rows_of_the_editor(stage: Stage, change: Change) -> None:
    page = editor(stage, change)
    announcer = page.locator("#announcer")
    box = page.locator("#id_temperature")
    box.fill("3")
    box.press("Tab")  # a field check: one goes on, and the message is tied to the field
    there = page.evaluate("document.activeElement.id")
    expect(page.locator("#id_temperature-msg")).to_contain_text("between 0 and 2", timeout=SOON)
    expect(box).to_have_attribute("aria-invalid", "true")
    assert "id_temperature-msg" in (box.get_attribute("aria-describedby") or "").split()
    assert page.evaluate("document.activeElement.id") == there != "id_temperature"
    box.fill("0.5")
    page.locator("#label-add").press("Enter")  # a row added: its first field
    expect(page.locator("#label-2-key")).to_be_focused()
    page.locator("#label-0-remove").press("Enter")  # a row removed: what is next
    expect(page.locator("#label-1-key")).to_be_focused()
    expect(page.locator("#label-1-key")).to_have_value("cost")
    expect(announcer).to_have_text("Removed team. Undo is available.")
    expect(page.locator("#toasts")).to_contain_text("Undo")
    page.keyboard.press("F6")  # a toast with a way back moves nothing; F6 goes there
    expect(page.locator("#toasts")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#label-0-key")).to_have_value("team")
    page.goto(reverse("tool_import", args=[change.pk]))
    page.get_by_label("Paste it here").fill('{"a" 1}')
    page.locator("#import-read").press("Enter")  # a form that is refused: its summary
    expect(page.locator("[data-summary]")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("Paste it here")).to_have_value('{"a" 1}')


def test_a_dialog_and_an_object_that_goes(stage: Stage, change: Change) -> None:
    page = editor(stage, change)
    dialog = page.locator("#dialog")
    page.get_by_role("textbox", name=re.compile("^Instructions")).fill("Be brief.")
    expect(page.locator("#against-live")).to_contain_text("Instructions", timeout=SOON)
    page.locator("#ask").press("Enter")
    expect(dialog.locator("#submit-h")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#ask")).to_be_focused()
    page.locator("#withdraw").press("Enter")
    dialog.get_by_role("button", name="Withdraw").press("Enter")  # what the page is about goes
    expect(page).to_have_url(re.compile(reverse("assistant", args=[change.assistant_id])))
    expect(page.locator("#announcer")).to_contain_text(f"Change {change.pk} is withdrawn.")
    assert page.locator("h1").count() == 1


def test_a_press_on_what_somebody_changed_leads_to_the_merge_panel(
    stage: Stage, change: Change
) -> None:
    page = editor(stage, change)
    bob = builders.acting(stage.people["bob"])
    changes.edit(change, actor=bob, lock=change.lock, values={"instructions": "Theirs."})
    page.get_by_role("textbox", name=re.compile("^Instructions")).fill("Mine.")
    page.keyboard.press("Tab")
    expect(page.locator("#merge")).to_contain_text("Theirs.", timeout=SOON)
    assert page.evaluate("document.activeElement.closest('#merge')") is None  # it saved by itself
    page.locator("#by-hand summary").click()
    page.locator("#merge-instructions").fill("Both.")
    now = Change.objects.get(pk=change.pk)
    changes.edit(now, actor=bob, lock=now.lock, values={"instructions": "Theirs, once more."})
    page.locator("#save-by-hand").press("Enter")
    expect(page.locator("#merge h2")).to_be_focused()
    expect(page.locator("#merge")).to_contain_text("Theirs, once more.")


def test_the_list_keeps_the_focus_and_says_what_it_shows(stage: Stage, change: Change) -> None:
    page = stage.enter("bob")
    page.goto(reverse("assistant_list"))
    announcer = page.locator("#announcer")
    page.locator("#sort-name").press("Enter")
    expect(announcer).to_have_text("1 assistant. Sorted by name.")
    expect(page.locator("#sort-name")).to_be_focused()
    tab = page.locator("a[id^=tab-]").nth(1)
    name = tab.get_attribute("id")
    tab.press("Enter")
    expect(page.locator(f"#{name}")).to_be_focused()
    expect(page.locator(f"#{name}")).to_have_attribute("aria-current", re.compile("page|true"))
    expect(announcer).to_contain_text("assistant")
    page.locator("#filters-open").press("Enter")
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    assert page.evaluate("!!document.activeElement.closest('#dialog')")
    page.keyboard.press("Escape")
    expect(page.locator("#filters-open")).to_be_focused()


def test_a_part_that_its_own_control_replaces_keeps_the_focus_or_says_where_it_goes(
    stage: Stage, change: Change
) -> None:
    bob = stage.people["bob"]
    alice = builders.acting(stage.people["alice"])
    changes.edit(change, actor=alice, lock=change.lock, values={"instructions": "Mine."})
    builders.make_member(stage.workspace, stage.people["dora"], "admin", "editor")
    builders.make_assistant(
        change.assistant, author=stage.people["dora"], reviewer=bob, instructions="Live by now."
    )
    page = stage.enter("alice")
    page.goto(reverse("change_update", args=[change.pk]))
    part = page.locator("#drift-instructions")
    kept, taken = part.locator("input[id^=o-]").first, part.locator("input[id^=t-]").first
    name = taken.get_attribute("id")
    kept.focus()
    with page.expect_response(lambda response: "/update/" in response.url):
        page.keyboard.press("ArrowRight")
    expect(part.locator(".badge").last).to_have_text("Taken")
    expect(page.locator(f"#{name}")).to_be_focused()
    page.goto(reverse("assistant_list") + "?work=draft")
    page.locator("#chip-work").press("Enter")  # which is gone then
    expect(page.locator("#chip-work")).to_have_count(0)
    expect(page.locator("#filters-open")).to_be_focused()
