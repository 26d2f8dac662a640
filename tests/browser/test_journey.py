"""The main job, as two people do it: edit, review, publish, push; and what an auditor sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assistants_app.models import Assistant, Change, PushOrder
from assistants_app.models import chain as chains
from tests.browser.conftest import INSTRUCTIONS, PHONE, WIDE

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

LABEL = re.compile("^Instructions")
NAME = "Customer support – EU"  # noqa: RUF001  # as people type it
SHORTER = INSTRUCTIONS.replace("30 days of purchase", "14 days of delivery")


def find(page: Page) -> None:
    page.goto("/assistants/")
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)


def edit(page: Page, *, scripts: bool) -> None:
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name=LABEL).fill(SHORTER)
    if scripts:  # saved by itself
        expect(page.locator("#against-live")).to_contain_text("Instructions", timeout=10_000)
    else:
        page.locator("#form-instructions").get_by_role("button", name="Save").click()
        expect(page.locator("#against-live")).to_contain_text("Instructions")


def ask(page: Page) -> None:
    page.locator("#ask").click()
    form = page.locator("#submit-form")
    form.get_by_label("Title").fill("Tighten the refund wording")
    form.get_by_label("Why").fill("The refund window changed.")
    form.get_by_role("button", name="Ask for review").click()
    expect(page.locator(".page-head")).to_contain_text("In review")


def approve_and_publish(page: Page) -> None:
    page.goto("/reviews/")
    page.get_by_role("link", name="Tighten the refund wording").click()
    expect(page.locator("table.diff del").first).to_be_visible()
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(page.locator("main")).to_contain_text("is live here and is being pushed")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_from_the_first_word_to_in_sync(
    stage: Stage, size: dict[str, int], *, scripts: bool
) -> None:
    stage.make_assistant()
    author = stage.enter("alice", viewport=size, java_script_enabled=scripts)
    find(author)
    edit(author, scripts=scripts)
    ask(author)
    reviewer = stage.enter("bob", viewport=size, java_script_enabled=scripts)
    approve_and_publish(reviewer)
    stage.work()
    reviewer.goto("/sync/")
    expect(reviewer.locator("main")).to_contain_text("In sync")
    live = Assistant.objects.get()
    assert live.instructions == SHORTER
    assert live.upstream_id
    assert stage.upstream.assistants[live.upstream_id]["instructions"] == SHORTER
    assert len(stage.upstream.assistants) == 1
    assert PushOrder.objects.get().state == PushOrder.State.IDLE
    assert Change.objects.order_by("-pk")[0].state == Change.State.LIVE
    assert chains.verify().is_intact


def test_an_auditor_verifies_and_reads_the_story(stage: Stage) -> None:
    stage.make_assistant()
    page = stage.enter("dora")
    page.goto("/audit/")
    expect(page.locator("main")).to_contain_text("published a version")
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#verify")).to_contain_text("unbroken")


def test_a_new_assistant_from_pasted_json(stage: Stage) -> None:
    page = stage.enter("alice")
    page.goto("/assistants/new/")
    page.get_by_role("link", name=re.compile("JSON")).click()
    box = page.get_by_label(re.compile("JSON"))
    box.fill('{"model": "gpt-4o", "name": "Pasted", "temperature": 3}')
    page.get_by_role("button", name="Create and go on").click()
    expect(page.locator("main")).to_contain_text("Must be between 0 and 2.")
    expect(box).to_have_value('{"model": "gpt-4o", "name": "Pasted", "temperature": 3}')
    box.fill('{"model": "gpt-4o", "name": "Pasted", "temperature": 0.30}')
    page.get_by_role("button", name="Create and go on").click()
    expect(page.locator("#id_name")).to_have_value("Pasted")
    expect(page.get_by_label(re.compile("^Creativity"))).to_have_value("0.30")


def test_two_people_in_one_part_lose_nothing(stage: Stage) -> None:
    stage.make_assistant()
    first = stage.enter("alice")
    find(first)
    first.get_by_role("button", name="Edit").click()
    second = stage.enter("bob")
    second.goto(first.url)
    first.get_by_role("textbox", name=LABEL).fill("Theirs, saved first.")
    expect(first.locator("#against-live")).to_contain_text("Instructions", timeout=10_000)
    second.get_by_role("textbox", name=LABEL).fill("Mine, typed meanwhile.")
    expect(second.locator("#merge")).to_contain_text("Theirs, saved first.", timeout=10_000)
    expect(second.get_by_role("textbox", name=LABEL)).to_have_value("Mine, typed meanwhile.")
    second.get_by_role("button", name="Keep mine").click()
    expect(second.locator("#against-live")).to_contain_text("Instructions")
    second.reload()
    expect(second.get_by_role("textbox", name=LABEL)).to_have_value("Mine, typed meanwhile.")


def test_what_cannot_be_read_yet_stays_in_its_box(stage: Stage) -> None:
    stage.make_assistant()
    page = stage.enter("alice")
    find(page)
    page.get_by_role("button", name="Edit").click()
    page.goto(page.url.partition("#")[0] + "?abilities=json")
    box = page.get_by_role("textbox", name=re.compile("^Abilities"))
    box.fill('[{"type": "code_interpreter",}]')
    expect(page.locator("#form-abilities")).to_contain_text("line 1", timeout=10_000)
    page.reload()
    expect(box).to_have_value('[{"type": "code_interpreter",}]')
    page.locator("#ask").click()
    expect(page.locator("#dialog")).to_contain_text("Fix this first")


def test_a_session_that_ends_while_typing_loses_nothing(stage: Stage) -> None:
    stage.make_assistant()
    alice = stage.people["alice"]
    alice.set_password("correct horse battery staple")
    alice.save(update_fields=["password"])
    page = stage.enter("alice")
    find(page)
    page.get_by_role("button", name="Edit").click()
    page.context.clear_cookies(name=re.compile("^sid"))
    page.get_by_role("textbox", name=LABEL).fill("Typed after the session had ended.")
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("You were signed out", timeout=10_000)
    dialog.get_by_label("E-mail or username").fill("alice")
    page.evaluate("document.querySelector('[data-autosave]').dispatchEvent(new Event('retry'))")
    dialog.get_by_label("Password").fill("correct horse battery staple")
    expect(dialog.get_by_label("E-mail or username")).to_have_value("alice")
    dialog.get_by_role("button", name="Sign in").click()
    expect(page.locator("#against-live")).to_contain_text("Instructions", timeout=10_000)
    page.reload()
    expect(page.get_by_role("textbox", name=LABEL)).to_have_value(
        "Typed after the session had ended."
    )
