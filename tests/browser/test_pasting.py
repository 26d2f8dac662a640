"""Functions from a pasted text, a reply from an example: by mouse, keyboard, without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.actions import tools
from assistants_app.models import Change
from tests import builders
from tests.browser.conftest import GET_ORDER, PHONE, WIDE
from tests.browser.looks import wrong
from tests.schema.test_import_openapi import SHOP

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

EXAMPLE = '{"category":"refund","order":{"id":"EU-1","total":49.90},"steps":["ask"],"note":null}'
CLICKS = "addEventListener('click', (e) => e.detail && (window.name = +window.name + 1), true)"


def draft(stage: Stage) -> Change:
    alice = stage.people["alice"]
    fields = {"tools": [GET_ORDER], "instructions": "Be brief."}
    return builders.make_change(stage.workspace, alice, **fields)


def names(change: Change) -> list[str]:
    return tools.names(Change.objects.get(pk=change.pk))


def reply(change: Change) -> dict[str, object]:
    value = Change.objects.get(pk=change.pk).response_format
    assert isinstance(value, dict)
    return value


def stays(page: Page) -> bool:
    """Nothing is wider than the screen."""
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(page.evaluate(wide))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_document_is_read_chosen_added_and_undone(
    stage: Stage, size: dict[str, int], *, scripts: bool
) -> None:
    change = draft(stage)
    page = stage.enter("alice", viewport=size, java_script_enabled=scripts)
    page.goto(reverse("change", args=[change.pk]))
    page.get_by_role("link", name="Paste functions").click()
    page.get_by_label("Paste it here").fill(SHOP)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("heading", name="2 functions were read")).to_be_visible()
    page.locator("#pick-1").uncheck()
    page.get_by_label("Function name").first.fill("find_order")
    expect(page.locator("#import-add")).to_contain_text("(1)" if scripts else "Add functions")
    page.locator("#import-add").click()
    expect(page.locator("main")).to_contain_text("1 function is in the change now: find_order")
    assert names(change) == ["get_order", "find_order"]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("main")).to_contain_text("Undone")
    assert names(change) == ["get_order"]


def test_the_keyboard_is_enough(stage: Stage) -> None:
    change = draft(stage)
    page = stage.enter("alice")
    page.goto(reverse("tool_import", args=[change.pk]))
    page.get_by_label("Paste it here").focus()
    page.keyboard.insert_text("curl https://x.example/orders/7?full=true")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#import-found")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#pick-0")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#import-add")).to_contain_text("(0)")
    page.keyboard.press("Space")
    page.locator("#import-add").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("is in the change now: get_orders_order_id")
    assert names(change) == ["get_order", "get_orders_order_id"]


def test_every_state_of_both_is_accessible(stage: Stage) -> None:
    change = draft(stage)
    page = stage.enter("alice")
    page.goto(reverse("tool_import", args=[change.pk]))
    box, read = page.get_by_label("Paste it here"), page.locator("#import-read")
    assert wrong(page) == {}
    for text, seen in (
        ('{"a" 1}', ".summary"),
        (SHOP + "  # twice\n", "#import-cards"),
        ('{"name":"get_order","strict":true,"parameters":{"properties":{}}}', "#how-0-add"),
        ("\n".join(f"curl x.example/{one}" for one in "abcdefghijklmn"), "#import-choose"),
    ):
        box.fill(text)
        read.click()
        expect(page.locator(seen)).to_be_visible()
        assert wrong(page) == {}, seen
        assert stays(page), seen
    page.goto(reverse("change", args=[change.pk]))
    for kind, seen in (("json_object", "#reply-word"), ("json_schema", "#reply-schema")):
        page.locator(f"#reply-kind-{kind}").check()
        expect(page.locator(seen)).to_be_visible()
        assert wrong(page) == {}, kind
    page.locator("#reply-schema").fill('{"type":"object","properties":{"a":{"type":"string"}}}')
    expect(page.locator("#reply-fix")).to_be_visible()
    assert wrong(page) == {}
    page.locator("#reply-begin").click()
    expect(page.locator("#begin-h")).to_be_focused()
    assert wrong(page) == {}
    page.locator("#begin-example").click()
    expect(page.locator("#dialog .summary")).to_be_visible()
    assert wrong(page) == {}
    page.locator("#reply-example").fill(EXAMPLE)
    page.locator("#begin-example").click()
    expect(page.locator("#reply-sample-h")).to_be_visible()
    assert wrong(page) == {}
    assert stays(page)


def test_a_reply_comes_from_an_example_within_four_clicks(stage: Stage) -> None:
    change = draft(stage)
    page = stage.enter("alice")
    page.add_init_script(CLICKS)
    page.goto(reverse("change", args=[change.pk]))
    page.evaluate("window.name = '0'")
    page.locator("#to-reply").click()
    page.get_by_role("link", name="From an example or a template").click()
    page.get_by_label("An example of a reply, as JSON").fill(EXAMPLE)
    page.get_by_role("button", name="Make the fields").click()
    expect(page.locator("#save-state")).to_contain_text("Saved")
    expect(page.locator("#reply-sample")).to_contain_text("A reply would look like this")
    assert int(page.evaluate("window.name")) <= 4
    inner = reply(change)["json_schema"]
    assert isinstance(inner, dict)
    assert inner["strict"] is True
    assert list(inner["schema"]["properties"]) == ["category", "order", "steps", "note"]


def test_fix_all_follows_typing_at_once(stage: Stage) -> None:
    change = draft(stage)
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))
    page.locator("#reply-kind-json_schema").check()
    page.locator("#reply-schema").fill('{"type":"object","properties":{"a":{"type":"string"}}}')
    page.locator("#reply-fix").click()
    expect(page.locator("#toasts")).to_contain_text("changes for exact mode")
    expect(page.locator("#reply-schema")).to_have_value(
        '{\n  "type": "object",\n  "properties": {\n    "a": {\n      "type": [\n'
        '        "string",\n        "null"\n      ]\n    }\n  },\n'
        '  "additionalProperties": false,\n  "required": [\n    "a"\n  ]\n}'
    )
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#reply-schema")).to_have_value(
        '{\n  "type": "object",\n  "properties": {\n    "a": {\n      "type": "string"\n    }\n'
        "  }\n}"
    )


def test_without_scripts_the_reply_is_as_easy(stage: Stage) -> None:
    change = draft(stage)
    page = stage.enter("alice", java_script_enabled=False)
    page.goto(reverse("change", args=[change.pk]))
    page.get_by_label("Any JSON").check()
    page.locator("#form-reply").get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Add this sentence").click()
    expect(page.locator("#id_instructions")).to_have_value(
        "Be brief.\n\nAnswer with a JSON object."
    )
    page.get_by_role("link", name="From an example or a template").click()
    page.get_by_role("button", name="Use Extract contact").click()
    expect(page.locator("main")).to_contain_text("The fields are those of “Extract contact” now.")
    expect(page.locator("#reply-name")).to_have_value("contact")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Any JSON")).to_be_checked()
    assert reply(change) == {"type": "json_object"}
