"""Every operation of the builder: by keyboard, without JavaScript, and each state accessible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assistants_app import contract
from assistants_app.actions import tools
from assistants_app.models import Change
from tests import builders
from tests.browser.looks import wrong
from tests.browser.test_pasting import CLICKS, stays
from tests.browser.test_reply_fields import settled

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Stage

TEXT = """{"type":"function","function":{"name":"request_refund","strict":true,"parameters":{"type":
"object","properties":{"order_id":{"type":"string","description":"The number"},"reason":{"type":
"string","enum":["late","lost"]},"address":{"type":"object","properties":{"city":{"type":"string"}
}},"window":{"oneOf":[{"type":"string"},{"type":"integer"}]}},"required":["order_id","reason"]}}}"""
PLAIN = {"type": "object", "properties": {"total": {"type": "number"}}}
NEW = {"type": "function", "function": {"name": "get_weather", "strict": True}}


def make(stage: Stage, tool: Any = None) -> tuple[Change, str]:
    tool = contract.parse(TEXT.replace("\n", "")) if tool is None else tool
    change = builders.make_change(stage.workspace, stage.people["alice"], tools=[tool])
    return change, reverse("tool", args=[change.pk, tools.rows(change)[0].key])


def make_reply(stage: Stage) -> tuple[Change, str]:
    """The same inputs as fields of a reply."""
    function = contract.parse(TEXT.replace("\n", ""))["function"]
    inner = {"name": "r", "strict": True, "schema": function["parameters"]}
    reply = {"type": "json_schema", "json_schema": inner}
    change = builders.make_change(stage.workspace, stage.people["alice"], response_format=reply)
    return change, reverse("reply_fields", args=[change.pk])


def schema(change: Change) -> dict[str, Any]:
    """Of the reply, where the change has one, else of its function."""
    now = Change.objects.get(pk=change.pk)
    reply = now.response_format
    found: dict[str, Any] = (
        reply["json_schema"]["schema"]
        if reply
        else tools.rows(now)[0].tool["function"]["parameters"]
    )
    return found


def names(change: Change) -> list[str]:
    return list(schema(change)["properties"])


def test_three_inputs_take_three_clicks_and_one_each(stage: Stage) -> None:
    """F3 of peers.md: from the change to a whole function, by the form only."""
    change = builders.make_change(stage.workspace, stage.people["alice"])
    page = stage.enter("alice")
    page.add_init_script(CLICKS)
    page.goto(reverse("change", args=[change.pk]))
    page.evaluate("window.name = '0'")
    page.locator("#tools-add").click()
    page.wait_for_url("**/tools/*/")
    page.locator("#id_name").fill("get_weather")
    page.locator("#id_description").fill("When somebody asks for the weather.")
    page.keyboard.press("Tab")
    settled(page)
    for name, kind in (("city", "text"), ("days", "integer"), ("unit", "choice")):
        page.locator("#add-input").click()
        box = page.locator(".p.open input[name=name]")
        expect(box).to_be_focused()
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        expect(page.locator(".p.open .p-name")).to_have_text(name)
        settled(page)
        page.locator(".p.open select[name=kind]").select_option(kind)
        settled(page)
        page.locator(".p.open textarea[name=desc]").fill(f"The {name}.")
        page.keyboard.press("Tab")
        expect(page.locator(".p.open .p-desc")).to_have_text(f"The {name}.")
        settled(page)
    for value in ("celsius", "fahrenheit"):
        page.locator(".p.open input[name=more]").focus()
        page.keyboard.type(value)
        page.keyboard.press("Enter")
        expect(page.locator(".p.open .chip").last).to_contain_text(value)
        settled(page)
    page.locator(".p.open").get_by_role("button", name="Done").click()
    expect(page.locator(".p.open")).to_have_count(0)
    assert int(page.evaluate("window.name")) <= 3 + 3
    (row,) = tools.rows(Change.objects.get(pk=change.pk))
    assert row.tool["function"]["name"] == "get_weather"
    assert names(change) == ["city", "days", "unit"]
    assert schema(change)["properties"]["unit"] == {
        "type": "string",
        "description": "The unit.",
        "enum": ["celsius", "fahrenheit"],
    }


class Keys:
    """A page that is only ever typed on."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator | str, key: str = "Enter") -> None:
        settled(self.page)
        found = self.page.locator(target) if isinstance(target, str) else target
        found.focus()
        self.page.keyboard.press(key)

    def open(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=f"Edit {name}", exact=True))
        expect(self.page.locator(".p.open .p-name")).to_have_text(name)

    def menu(self, name: str, word: str) -> None:
        summary = self.page.get_by_label(f"More actions for {name}", exact=True)
        self.press(summary)
        inside = self.page.locator("details.pop[open]")
        self.press(inside.get_by_role("button", name=word, exact=True))

    def fill(self, field: str, text: str) -> None:
        """What a person does in a box: all of it replaced, then on."""
        self.press(f".p.open [name={field}]", "ControlOrMeta+a")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Tab")
        settled(self.page)

    def says(self, text: str) -> None:
        expect(self.page.locator("#announcer")).to_contain_text(text)


@pytest.mark.parametrize("host", ["function", "reply"])
def test_every_operation_by_keyboard(stage: Stage, host: str) -> None:
    is_reply = host == "reply"
    change, url = make_reply(stage) if is_reply else make(stage)
    page = stage.enter("alice")
    page.goto(url)
    keys = Keys(page)
    _fields(page, keys, change, "Added a field." if is_reply else "Added an input.")
    _places(page, keys, change)
    _fixes(page, keys, change, url)
    if is_reply:
        _json(page, keys, "#id_fields_json", "#save-fields", contract.dumps(PLAIN))
        assert schema(change) == PLAIN
    else:
        _sample(page, keys)
        _json(page, keys, "#id_tool", "#save-tool", contract.dumps(NEW))
        assert tools.rows(Change.objects.get(pk=change.pk))[0].tool == NEW
    assert stage.complaints == []


def _fields(page: Page, keys: Keys, change: Change, said: str) -> None:
    """Add, rename, kind, explanation, required, allowed values, limits, left empty, JSON."""
    keys.press("#add-input")
    expect(page.locator(".p.open input[name=name]")).to_be_focused()
    keys.says(said)
    keys.fill("name", "amount")
    keys.press(".p.open select[name=kind]", "n")  # as the first letter of Number
    expect(page.locator(".p.open .glyph")).to_have_text("1.5")
    settled(page)
    keys.fill("desc", "In euro.")
    keys.press(".p.open .fold-more > summary")
    keys.fill("minimum", "1.50")
    expect(page.locator("#tool-json")).to_contain_text('"minimum": 1.50')
    keys.press(".p.open input[name=empty]", "Space")
    expect(page.locator(".p.open .p-type")).to_contain_text("or nothing")
    keys.press(".p.open input[name=required]", "Space")
    expect(page.locator(".p.open .p-need")).to_have_text("Optional")
    settled(page)
    assert contract.dumps(schema(change)["properties"]["amount"]) == (
        '{"type":["number","null"],"description":"In euro.","minimum":1.50}'
    )
    keys.open("reason")
    keys.press(".p.open input[name=more]", "x")
    page.keyboard.press("Enter")
    expect(page.locator(".p.open .chip")).to_have_count(3)
    keys.press(page.locator(".p.open .chip button").first)
    expect(page.locator(".p.open .chip")).to_have_count(2)
    settled(page)
    assert schema(change)["properties"]["reason"]["enum"] == ["lost", "x"]
    keys.open("window")
    keys.fill("json", '{"oneOf":[{"type":"string"},{"type":"number"}]}')
    expect(page.locator("#tool-json")).to_contain_text('"number"')
    keys.press(page.locator(".p.open").get_by_role("button", name="Done"))
    expect(page.locator(".p.open")).to_have_count(0)
    expect(page.get_by_role("link", name="Edit window")).to_be_focused()


def _places(page: Page, keys: Keys, change: Change) -> None:
    """Duplicate, move, into a group and out of it, remove, undo and redo."""
    keys.menu("amount", "Duplicate")
    expect(page.get_by_label("More actions for amount_2", exact=True)).to_be_focused()
    keys.menu("amount_2", "Move up")
    expect(page.get_by_label("More actions for amount_2", exact=True)).to_be_focused()
    assert names(change)[-2:] == ["amount_2", "amount"]
    keys.menu("amount_2", "Move down")
    keys.says("Moved amount_2.")
    keys.open("amount_2")
    keys.fill("desc", "Twice.")  # the button beside it knows the text that this leaves
    keys.press(".p.open select[name=target]", "a")
    keys.press(page.locator(".p.open").get_by_role("button", name="Move", exact=True))
    expect(page.locator('.p.open[data-depth="1"] .p-name')).to_have_text("amount_2")
    assert list(schema(change)["properties"]["address"]["properties"]) == ["city", "amount_2"]
    keys.press(".p.open select[name=target]", "T")
    keys.press(page.locator(".p.open").get_by_role("button", name="Move", exact=True))
    expect(page.locator('.p.open[data-depth="0"] .p-name')).to_have_text("amount_2")
    assert names(change)[-1] == "amount_2"
    keys.menu("order_id", "Remove")
    keys.says("Removed order_id. Undo is available.")
    expect(page.get_by_role("link", name="Edit reason")).to_be_focused()
    keys.press("#undo")
    keys.says("Taken back.")
    expect(page.locator("#undo")).to_be_focused()
    assert names(change)[0] == "order_id"
    keys.press("#redo")
    keys.says("Done again.")
    assert names(change)[0] == "reason"


def _fixes(page: Page, keys: Keys, change: Change, url: str) -> None:
    """One fix, all of them, what exact mode asks step by step; what was undone is not shown."""
    keys.press(page.get_by_role("button", name="Require them"))
    expect(page.locator("#what-changed")).to_be_focused()
    assert schema(change)["required"] == names(change)
    keys.press("#undo")
    keys.says("Taken back.")
    expect(page.locator("#what-changed")).to_have_count(0)
    keys.press("#make-strict")
    expect(page.locator("#preview-h")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#make-strict")).to_be_focused()
    keys.press("#make-strict")
    keys.press("#take-exact")
    expect(page.locator("#what-changed")).to_be_visible()
    assert "oneOf" not in contract.dumps(schema(change))
    page.goto(url)
    keys.press("#undo")
    keys.press("#fix-all")
    expect(page.locator("#what-changed")).to_be_focused()


def _sample(page: Page, keys: Keys) -> None:
    keys.press("#sample", "{")
    page.keyboard.insert_text('"reason":"late"}')
    keys.press("#try-it")
    expect(page.locator("#tried")).to_contain_text("not fit")


def _json(page: Page, keys: Keys, box: str, button: str, text: str) -> None:
    """The JSON of all of it."""
    keys.press(page.get_by_role("link", name="JSON", exact=True))
    page.locator(box).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)
    keys.press(button)
    expect(page.locator("#announcer, .toast, .note").filter(has_text="saved").first).to_be_visible()


def test_what_somebody_changed_meanwhile_is_shown_before_it_is_removed(stage: Stage) -> None:
    change, url = make(stage)
    page = stage.enter("alice")
    page.goto(url)
    other = stage.enter("alice", java_script_enabled=False)
    other.goto(url)
    other.get_by_role("link", name="Edit reason").click()
    other.locator(".p.open textarea[name=desc]").fill("Why they want it")
    other.get_by_role("button", name="Done").click()
    keys = Keys(page)
    keys.menu("reason", "Remove")
    expect(page.locator("#merge-h")).to_be_focused()
    expect(page.locator("#merge")).to_contain_text("Why they want it")
    assert "reason" in names(change)
    assert wrong(page) == {}
    keys.press("#press-again")
    keys.says("Removed reason.")
    expect(page.locator("#merge-h")).to_have_count(0)
    assert "reason" not in names(change)


def test_every_operation_without_scripts(stage: Stage) -> None:
    change, url = make(stage)
    page = stage.enter("alice", java_script_enabled=False)
    page.goto(url)
    page.click("#add-input")
    row = page.locator(".p.open")
    row.locator("input[name=name]").fill("amount")
    row.locator("select[name=kind]").select_option("number")
    row.get_by_role("button", name="Update").click()
    row.locator("textarea[name=desc]").fill("In euro.")
    row.get_by_text("More", exact=True).click()
    row.locator("input[name=minimum]").fill("1.50")
    row.locator("input[name=empty]").check()
    row.locator("input[name=required]").uncheck()
    row.get_by_role("button", name="Done").click()
    assert contract.dumps(schema(change)["properties"]["amount"]) == (
        '{"type":["number","null"],"description":"In euro.","minimum":1.50}'
    )
    page.get_by_role("link", name="Edit reason").click()
    row.locator("input[name=more]").fill("x")
    row.get_by_role("button", name="Update").click()
    row.locator(".chip button").first.click()
    assert schema(change)["properties"]["reason"]["enum"] == ["lost", "x"]
    for word, last in (("Duplicate", "amount_2"), ("Move up", "window"), ("Move down", "amount")):
        page.get_by_label("More actions for amount", exact=True).click()
        page.locator("details.pop[open]").get_by_role("button", name=word, exact=True).click()
        assert last in names(change)[-2:], word
    page.get_by_role("link", name="Edit amount_2").click()
    row.locator("select[name=target]").select_option(label="address")
    row.get_by_role("button", name="Move", exact=True).click()
    assert list(schema(change)["properties"]["address"]["properties"]) == ["city", "amount_2"]
    row.locator("select[name=target]").select_option(label="The top")
    row.get_by_role("button", name="Move", exact=True).click()
    assert "amount_2" in names(change)
    page.get_by_label("More actions for order_id", exact=True).click()
    page.locator("details.pop[open]").get_by_role("button", name="Remove").click()
    page.click("#undo")
    assert names(change)[0] == "order_id"
    page.click("#redo")
    assert names(change)[0] == "reason"
    page.get_by_role("button", name="Require them").click()
    expect(page.locator("#what-changed")).to_be_visible()
    page.click("#make-strict")
    page.click("#take-exact")
    assert "oneOf" not in contract.dumps(schema(change))
    page.locator("#sample").fill('{"reason":"late"}')
    page.click("#try-it")
    expect(page.locator("#tried")).to_contain_text("not fit")
    assert page.input_value("#sample") == '{"reason":"late"}'


def test_every_state_is_accessible(stage: Stage) -> None:
    change, url = make(stage)
    page = stage.enter("alice")
    page.goto(url)

    def fine(state: str) -> None:
        settled(page)
        assert wrong(page) == {}, state
        assert stays(page), state

    fine("page")
    for name in ("order_id", "reason", "address", "window"):
        page.get_by_role("link", name=f"Edit {name}").click()
        expect(page.locator(".p.open .p-name")).to_have_text(name)
        fine(f"{name} open")
    page.get_by_label("More actions for window").click()
    fine("menu open")
    page.locator(".p.open input[name=name]").fill("reason")
    page.keyboard.press("Tab")
    expect(page.locator(".p.open .summary")).to_be_focused()
    fine("error")
    page.goto(url)
    page.click("#make-strict")
    expect(page.locator("#preview-h")).to_be_focused()
    fine("make strict")
    page.click("#take-exact")
    expect(page.locator("#what-changed")).to_be_visible()
    page.click("#changed-json")
    fine("fix applied")
    for sample, told in (('{"a":', "Not valid JSON"), ("{}", "not fit")):
        page.fill("#sample", sample)
        page.click("#try-it")
        expect(page.locator("#tried")).to_contain_text(told)
        fine(f"sample {told}")
    page.goto(f"{url}?view=json")
    fine("JSON")
    page.fill("#id_tool", '{"type":"function",\n "function" {}}')
    page.click("#save-tool")
    expect(page.locator(".summary")).to_be_focused()
    fine("not JSON")
    assert names(change)
    assert stage.complaints == []
