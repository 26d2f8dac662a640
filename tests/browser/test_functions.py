"""The function editor in a browser: three inputs by form only, from the keyboard, every state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.actions import tools
from assistants_app.models import Change
from tests import builders
from tests.browser.test_abilities import accessible

if TYPE_CHECKING:
    from tests.browser.conftest import Stage


def make(stage: Stage) -> tuple[Change, str]:
    tool = {"type": "function", "function": {"name": "get_weather", "strict": True}}
    change = builders.make_change(stage.workspace, stage.people["alice"], tools=[tool])
    return change, reverse("tool", args=[change.pk, tools.rows(change)[0].key])


def test_three_inputs_by_keyboard_with_every_state_accessible(stage: Stage) -> None:
    change, url = make(stage)
    page = stage.enter("alice")
    page.goto(url)
    for name, kind in (("city", "text"), ("days", "integer"), ("unit", "choice")):
        page.focus("#add-input")
        page.keyboard.press("Enter")
        box = page.locator(".p.open input[name=name]")
        expect(box).to_be_focused()
        box.fill(name)
        page.keyboard.press("Tab")
        expect(page.locator(".p.open .p-name")).to_have_text(name)
        expect(page.locator(".htmx-added, .htmx-settling, .htmx-request")).to_have_count(0)
        page.locator(".p.open select[name=kind]").select_option(kind)
        glyph = {"text": "Aa", "integer": "12", "choice": "≡"}[kind]
        expect(page.locator(".p.open .glyph")).to_have_text(glyph)
    more = page.locator(".p.open input[name=more]")
    for value in ("celsius", "fahrenheit"):
        expect(page.locator(".htmx-added, .htmx-settling, .htmx-request")).to_have_count(0)
        more.fill(value)
        more.press("Enter")
        expect(page.locator(".p.open .chip").last).to_contain_text(value)
        expect(more).to_be_focused()
    accessible(page, "open row")
    page.locator(".p.open input[name=name]").fill("city")
    page.keyboard.press("Tab")
    expect(page.locator("#error-summary, .p.open .summary").first).to_be_focused()
    accessible(page, "error")
    page.goto(url)
    page.locator("#fix-all, #fix-1").first.click()
    expect(page.locator("#what-changed")).to_be_focused()
    accessible(page, "fix applied")
    page.goto(f"{url}?view=json")
    accessible(page, "json side")
    schema = tools.rows(Change.objects.get(pk=change.pk))[0].tool["function"]["parameters"]
    assert list(schema["properties"]) == ["city", "days", "unit"]
    assert schema["properties"]["unit"]["enum"] == ["celsius", "fahrenheit"]
    assert schema["required"] == ["city", "days", "unit"]


def test_a_name_follows_its_fix_undo_and_redo(stage: Stage) -> None:
    _change, url = make(stage)
    page = stage.enter("alice")
    page.goto(url)
    name = page.locator("#id_name")
    name.fill("get weather")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Use get_weather").click()
    expect(page.locator("#what-changed")).to_be_focused()
    for press, left in (("", "get_weather"), ("#undo", "get weather"), ("#redo", "get_weather")):
        if press:
            page.click(press)
        expect(name).to_have_value(left)
        expect(page.locator("h1")).to_have_text(f"Function: {left}")
    page.fill("#id_description", "Asks for the weather.")
    page.keyboard.press("Tab")
    expect(page.locator("#tool-json")).to_contain_text("Asks for the weather.")
    expect(page.locator("#merge")).to_be_empty()


def test_the_open_row_is_in_sight_in_the_json_beside_it(stage: Stage) -> None:
    properties = {f"p{n}": {"type": "string", "description": "Some words."} for n in range(40)}
    schema = {"type": "object", "properties": properties}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    change = builders.make_change(stage.workspace, stage.people["alice"], tools=[tool])
    page = stage.enter("alice")
    page.goto(reverse("tool", args=[change.pk, tools.rows(change)[0].key]))
    pane, line = page.locator("#pushed"), page.locator("#pushed .hl").first
    for name in ("p39", "p2"):
        page.get_by_role("link", name=f"Edit {name}", exact=True).click()
        expect(line).to_contain_text(f'"{name}"')
        inside, around = line.bounding_box(), pane.bounding_box()
        assert inside
        assert around
        assert around["y"] <= inside["y"] <= around["y"] + around["height"] - inside["height"]


def test_a_press_during_a_save_waits_and_meets_what_the_save_left(stage: Stage) -> None:
    """A rename draws all rows anew, with new signs of what was seen, while the press waits."""
    change, url = make(stage)
    page = stage.enter("alice")
    page.goto(url)
    page.click("#add-input")
    box = page.locator(".p.open input[name=name]")
    expect(box).to_be_focused()
    box.fill("city")
    page.evaluate(
        """() => {
            document.querySelector(".p.open input[name=name]").dispatchEvent(
                new Event("change", {bubbles: true}));
            document.getElementById("add-input").click();
        }"""
    )
    expect(page.locator("#input-count")).to_contain_text("2 inputs")
    expect(page.locator("#merge")).to_be_empty()
    schema = tools.rows(Change.objects.get(pk=change.pk))[0].tool["function"]["parameters"]
    assert len(schema["properties"]) == 2
    assert "city" in schema["properties"]
