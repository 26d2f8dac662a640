"""Through sync, import and the test of a connection by the keyboard alone, and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.actions import pulling
from assistants_app.models import Assistant, Job, PushOrder
from tests import builders

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage


def press(page: Page, name: str, key: str = "Enter") -> None:
    """Tab to the control of this name from wherever the focus is, and press it."""
    for _ in range(150):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "() => { const e = document.activeElement;"
            " return [...(e.labels?.length ? e.labels : [e])]"
            ".map((l) => l.textContent.trim().replace(/\\s+/g, ' ')).join(' '); }"
        )
        if str(said).startswith(name):
            page.keyboard.press(key)
            return
    raise AssertionError(f"“{name}” is not reached by the Tab key")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_is_there_is_read_chosen_and_taken_in(stage: Stage, *, scripts: bool) -> None:
    for name in ("Found One", "Found Two"):
        stage.upstream.add(name=name)
    page = stage.enter("bob", java_script_enabled=scripts)
    page.goto(reverse("import"))
    go(page, "Look at what is there", scripts=scripts)
    stage.work()
    page.goto(reverse("import"))
    if scripts:
        press(page, "Found Two", "Space")
        expect(page.locator("#import-bar")).to_contain_text("1 of 2 chosen")
    else:
        page.get_by_label("Found Two").check()
    go(page, "Take in", scripts=scripts)
    stage.work()
    page.reload()
    expect(page.locator("main")).to_contain_text("1 taken in.")
    assert [row.name for row in Assistant.objects.all()] == ["Found Two"]


def go(page: Page, name: str, *, scripts: bool) -> None:
    """By the keyboard; where no script may ask what has the focus, by the button itself."""
    if scripts:
        with page.expect_navigation():
            press(page, name)
    else:
        page.get_by_role("button", name=name).first.click()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_changed_there_is_found_and_ours_pushed_again(stage: Stage, *, scripts: bool) -> None:
    live = stage.make_assistant()
    live.refresh_from_db()
    there = stage.upstream.assistants[live.upstream_id or ""]
    there["temperature"] = 0.7
    pulling.ask(stage.workspace, actor=builders.acting(stage.people["bob"]))
    stage.work()
    page = stage.enter("bob", java_script_enabled=scripts)
    page.goto(reverse("upstream", args=[live.pk]))
    go(page, "Push ours again", scripts=scripts)
    go(page, "Push ours again", scripts=scripts)
    stage.work()
    assert stage.upstream.assistants[live.upstream_id or ""]["temperature"] in (None, 1, 1.0)
    assert PushOrder.objects.get(assistant=live).state == PushOrder.State.IDLE


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_connection_is_tested(stage: Stage, *, scripts: bool) -> None:
    page = stage.enter("dora", java_script_enabled=scripts)
    page.goto(reverse("workspace_connection", args=[stage.workspace.slug]))
    if scripts:
        press(page, "Test")
        expect(page.locator("main")).to_contain_text("Testing")
    else:
        go(page, "Test", scripts=scripts)
    stage.work()
    assert Job.objects.get(kind=Job.Kind.TEST).state == Job.State.DONE
    page.reload()
    expect(page.locator("main")).to_contain_text("Key accepted")
