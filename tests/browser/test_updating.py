"""A change that is out of date, brought up to what is live by a person who sees the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.models import Change
from tests import builders
from tests.browser.conftest import INSTRUCTIONS, PHONE, WIDE

if TYPE_CHECKING:
    from tests.browser.conftest import Stage


def outdated(stage: Stage) -> Change:
    """Both sides changed the same line and Creativity; each changed something alone besides."""
    alice, bob, dora = (stage.people[name] for name in ("alice", "bob", "dora"))
    live = stage.make_assistant()
    mine = INSTRUCTIONS.replace("30 days", "14 days")
    change = builders.make_change(live, alice, instructions=mine, temperature=0.4, name="Mine")
    theirs = INSTRUCTIONS.replace("30 days", "21 days") + "Never promise a date.\n"
    builders.make_assistant(live, author=bob, reviewer=dora, instructions=theirs, temperature=0.7)
    return change


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_from_the_notice_to_a_change_that_can_go_on(
    stage: Stage, size: dict[str, int], *, scripts: bool
) -> None:
    change = outdated(stage)
    page = stage.enter("alice", viewport=size, java_script_enabled=scripts)
    page.goto(reverse("change", args=[change.pk]))
    page.get_by_role("link", name="Update my change").click()
    expect(page.locator("#drift-result")).to_contain_text("Result: 1 merged, 2 kept")
    part = page.locator("#drift-temperature")
    part.get_by_role("radio", name="Take live").check()
    if not scripts:
        part.get_by_role("button", name="Show the result").click()
    expect(page.locator("#drift-result")).to_contain_text("Result: 1 taken, 1 merged, 1 kept")
    page.get_by_role("button", name="Update my change").click()
    expect(page.locator("main")).to_contain_text("based on version 2 now")
    expect(page.get_by_role("link", name="Update my change")).to_have_count(0)
    now = Change.objects.get(pk=change.pk)
    assert (now.name, float(now.temperature)) == ("Mine", 0.7)
    assert now.instructions == (
        INSTRUCTIONS.replace("30 days", "14 days") + "Never promise a date.\n"
    )
    assert stage.complaints == []


def test_by_keyboard_the_choice_keeps_the_focus(stage: Stage) -> None:
    change = outdated(stage)
    page = stage.enter("alice")
    page.goto(reverse("change_update", args=[change.pk]))
    part = page.locator("#drift-temperature")
    part.get_by_role("radio", name="Keep mine").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#drift-result")).to_contain_text("1 taken, 1 merged, 1 kept")
    expect(part.get_by_role("radio", name="Take live")).to_be_focused()
    page.get_by_role("button", name="Update my change").press("Enter")
    expect(page.locator("main")).to_contain_text("based on version 2 now")
    assert stage.complaints == []
