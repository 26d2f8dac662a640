"""The fields of a reply in a browser: from an example, then by row; every state accessible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import builders
from tests.browser.conftest import PHONE, WIDE
from tests.browser.looks import wrong
from tests.browser.test_pasting import CLICKS, EXAMPLE, reply, stays

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from assistants_app.models import Change
    from tests.browser.conftest import Stage

LOOSE = {
    "type": "json_schema",
    "json_schema": {
        "name": "r",
        "strict": True,
        "schema": {"type": "object", "properties": {"city": {"type": "string"}, "n": True}},
    },
}


def fields(change: Change) -> dict[str, dict[str, object]]:
    inner = reply(change)["json_schema"]
    assert isinstance(inner, dict)
    found: dict[str, dict[str, object]] = inner["schema"]["properties"]
    return found


def settled(page: Page) -> None:
    expect(page.locator(".htmx-added, .htmx-settling, .htmx-request")).to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_from_an_example_in_four_clicks_then_a_field_by_its_row(
    stage: Stage, size: dict[str, int]
) -> None:
    change = builders.make_change(stage.workspace, stage.people["alice"])
    page = stage.enter("alice", viewport=size)
    page.add_init_script(CLICKS)
    page.goto(reverse("change", args=[change.pk]))
    page.evaluate("window.name = '0'")
    page.locator("#reply-begin").click()
    page.get_by_label("An example of a reply, as JSON").fill(EXAMPLE)
    page.get_by_role("button", name="Make the fields").click()
    expect(page.locator("#reply-sample")).to_contain_text("A reply would look like this")
    assert int(page.evaluate("window.name")) <= 4
    page.get_by_role("link", name="Edit the fields as rows").click()
    page.get_by_role("link", name="Edit category").click()
    expect(page.locator(".p.open input[name=name]")).to_be_focused()
    page.locator(".p.open select[name=kind]").select_option("integer")
    expect(page.locator(".p.open .glyph")).to_have_text("12")
    expect(page.locator("#fields-sample")).to_contain_text('"category": 1')
    settled(page)
    page.locator(".p.open textarea[name=desc]").fill("What it is about.")
    page.keyboard.press("Tab")
    expect(page.locator(".p.open .p-desc")).to_have_text("What it is about.")
    assert fields(change)["category"] == {"type": "integer", "description": "What it is about."}
    settled(page)
    page.locator("#undo").click()
    expect(page.locator(".p-desc").first).to_contain_text("No explanation yet")
    assert fields(change)["category"] == {"type": "integer"}
    assert stays(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_fields_begin_anew_from_an_example_on_their_own_page(
    stage: Stage, *, scripts: bool
) -> None:
    alice = stage.people["alice"]
    change = builders.make_change(stage.workspace, alice, response_format=LOOSE)
    page = stage.enter("alice", java_script_enabled=scripts)
    page.goto(reverse("reply_fields", args=[change.pk]))
    page.locator("#fields-begin").press("Enter")
    box = page.get_by_label("An example of a reply, as JSON")
    box.fill("category: refund")
    page.locator("#begin-example").press("Enter")
    expect(page.locator("#reply-example-msg")).to_contain_text("Not valid JSON")
    expect(box).to_have_value("category: refund")
    box.fill('{"category":"refund","total":49.90}')
    page.locator("#begin-example").press("Enter")
    expect(page.locator(".p-name")).to_have_text(["category", "total"])
    page.locator("#undo").press("Enter")
    expect(page.locator(".p-name")).to_have_text(["city", "n"])
    assert list(fields(change)) == ["city", "n"]


def test_without_scripts_a_field_is_changed_by_its_row(stage: Stage) -> None:
    change = builders.make_change(stage.workspace, stage.people["alice"])
    page = stage.enter("alice", java_script_enabled=False)
    page.goto(reverse("change", args=[change.pk]))
    page.get_by_role("link", name="From an example or a template").click()
    page.get_by_role("button", name="Use Extract contact").click()
    page.get_by_role("link", name="Edit the fields as rows").click()
    first = page.locator(".p-name").first.inner_text()
    page.get_by_role("link", name=f"Edit {first}").click()
    page.locator("input[name=name]").fill("renamed")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".p-name").first).to_have_text("renamed")
    assert next(iter(fields(change))) == "renamed"
    page.locator("#undo").click()
    expect(page.locator(".p-name").first).to_have_text(first)
    page.get_by_label("Follow the fields exactly").uncheck()
    page.locator("#basics").get_by_role("button", name="Save").click()
    expect(page.get_by_label("Follow the fields exactly")).not_to_be_checked()


def test_every_state_is_accessible(stage: Stage) -> None:
    alice = stage.people["alice"]
    change = builders.make_change(stage.workspace, alice, response_format=LOOSE)
    page = stage.enter("alice")
    page.goto(reverse("reply_fields", args=[change.pk]))
    assert wrong(page) == {}
    page.get_by_role("link", name="Edit city").click()
    expect(page.locator(".p.open input[name=name]")).to_be_focused()
    settled(page)
    assert wrong(page) == {}, "open row"
    page.locator(".p.open input[name=name]").fill("n")
    page.keyboard.press("Tab")
    expect(page.locator(".p.open .summary")).to_be_visible()
    assert wrong(page) == {}, "error"
    page.goto(reverse("reply_fields", args=[change.pk]))
    for opener, heading in (("#make-strict", "#preview-h"), ("#fields-begin", "#begin-h")):
        page.locator(opener).click()
        expect(page.locator(heading)).to_be_visible()
        settled(page)
        assert wrong(page) == {}, opener
        page.keyboard.press("Escape")
        expect(page.locator(opener)).to_be_focused()
    page.locator("#fix-all").click()
    expect(page.locator("#what-changed")).to_be_focused()
    assert wrong(page) == {}, "fix applied"
    page.get_by_label("Follow the fields exactly").uncheck()
    expect(page.locator("#tool-json")).to_contain_text('"strict": false')
    assert wrong(page) == {}, "not exact"
    page.goto(reverse("reply_json", args=[change.pk]))
    page.locator("#id_fields_json").fill('{"a" 1}')
    page.locator("#save-fields").click()
    expect(page.locator(".summary")).to_be_visible()
    assert wrong(page) == {}, "json side"
    assert stays(page)
