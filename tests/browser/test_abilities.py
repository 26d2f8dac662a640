"""Abilities in a real browser: by keyboard, without JavaScript, and accessible in every state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.actions import changes, tools
from assistants_app.models import Change
from tests import builders
from tests.browser.conftest import GET_ORDER
from tests.browser.looks import wrong

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

FILES = {"code_interpreter": {"file_ids": ["file-sales", "file-gone"]}}


def function(name: str, text: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": text, "strict": False}}


def make(stage: Stage) -> Change:
    """Three functions, one odd kind of tool, two files of which one is gone, one collection."""
    held = stage.upstream.store.hold
    held("files", "file-sales", filename="sales-2026.csv", bytes=48_213, purpose="assistants")
    held("files", "file-prices", filename="prices.xlsx", bytes=9_121, purpose="assistants")
    counts = {"total": 42}
    held("vector_stores", "vs_1", name="Handbook", usage_bytes=1_200_000, file_counts=counts)
    listed = [
        GET_ORDER,
        function("start_return", "Begin a return once the customer has confirmed the order."),
        {"type": "mcp", "server_label": "shop"},
        function("refund", "Pay money back."),
        {"type": "code_interpreter"},
        {"type": "file_search", "file_search": {"max_num_results": 12}},
    ]
    return changes.start(
        stage.workspace,
        actor=builders.acting(stage.people["alice"]),
        document=builders.make_document(tools=listed, tool_resources=FILES),
    )


def names(page: Page) -> list[str]:
    return page.locator("#tools-list .p-name, #tools-list .p-own").all_inner_texts()


def keys(change: Change) -> list[str]:
    return [row.key for row in tools.rows(Change.objects.get(pk=change.pk))]


def accessible(page: Page, state: str) -> None:
    assert wrong(page) == {}, state


def test_every_state_is_accessible(stage: Stage) -> None:
    change = make(stage)
    page = stage.enter("alice")
    picker = reverse("change_resources", args=[change.pk, "files"])
    page.goto(picker)
    accessible(page, "nothing read")
    page.click("#read-again")
    accessible(page, "reading")
    stage.work()
    expect(page.locator("#picker-form")).to_be_visible()
    accessible(page, "picker")
    page.goto(reverse("change", args=[change.pk]))
    expect(page.locator("#shelf-files")).to_contain_text("No longer there")
    accessible(page, "editor")
    page.locator("[id^=more-]").nth(1).click()
    accessible(page, "menu open")
    page.locator("[id^=remove-]").nth(1).click()
    expect(page.locator("#toasts")).to_contain_text("Undo")
    accessible(page, "removed")
    page.goto(reverse("tool", args=[change.pk, keys(change)[0]]) + "?view=json")
    page.fill("#id_tool", "{")
    page.click("#save-tool")
    accessible(page, "not JSON")
    assert stage.complaints == []


def test_a_press_right_after_the_list_was_redrawn_counts(stage: Stage) -> None:
    """htmx readies what it swapped in after its settle delay: till then a button has no name."""
    change = make(stage)
    odd = keys(change)[2]
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))
    page.evaluate(
        """(id) => document.addEventListener("htmx:afterSwap",
            () => setTimeout(() => document.getElementById(id).click()), {once: true})""",
        f"up-{odd}",
    )
    page.click(f"#more-{odd}")
    page.click(f"#up-{odd}")
    expect(page.locator("#announcer")).to_have_text("mcp is now 1 of 6.")
    expect(page.locator("#alerts")).to_be_empty()


def test_the_list_by_keyboard(stage: Stage) -> None:
    change = make(stage)
    first, second, odd, *_ = keys(change)
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))

    def press(selector: str) -> None:
        page.focus(selector)
        page.keyboard.press("Enter")

    press(f"#more-{odd}")
    press(f"#up-{odd}")
    expect(page.locator("#announcer")).to_have_text("mcp is now 2 of 6.")
    expect(page.locator(f"#up-{odd}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#announcer")).to_have_text("mcp is now 1 of 6.")
    expect(page.locator(f"#more-{odd}")).to_be_focused()
    assert names(page)[:3] == ["mcp", "get_order", "start_return"]
    press(f"#more-{first}")
    press(f"#remove-{first}")
    expect(page.locator("#announcer")).to_have_text("Removed get_order. Undo is available.")
    expect(page.locator(f"#edit-{second}")).to_be_focused()
    expect(page.locator("#tools-count")).to_have_text("5 of 128 tools")
    page.keyboard.press("F6")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#announcer")).to_have_text("get_order is back.")
    expect(page.locator(f"#edit-{first}")).to_be_focused()
    press("#switch-search")
    expect(page.locator("#switch-search")).to_have_attribute("aria-checked", "false")
    expect(page.locator("#form-search")).to_have_count(0)
    page.focus("#switch-search")
    page.keyboard.press("Space")
    expect(page.locator("#switch-search")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#switch-search")).to_be_focused()
    with page.expect_response(lambda answer: answer.url.endswith("/part/search/")):
        page.fill("#id_max_num_results", "7")
    now = Change.objects.get(pk=change.pk)
    assert isinstance(now.tools, list)
    assert now.tools[-1] == {"type": "file_search", "file_search": {"max_num_results": 7}}
    assert stage.complaints == []


def test_files_by_keyboard(stage: Stage) -> None:
    change = make(stage)
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))
    page.fill("#id_files_id", "file-x")
    page.keyboard.press("Enter")
    expect(page.locator("#shelf-files")).to_contain_text("3 of 20 files")
    expect(page.locator("#id_files_id")).to_be_focused()
    page.keyboard.type("file x")
    page.keyboard.press("Enter")
    expect(page.locator("#id_files_id-msg")).to_contain_text("An ID has no blanks")
    assert page.input_value("#id_files_id") == "file x"
    page.locator("[id^=off-files-]").nth(1).press("Enter")
    expect(page.locator("#announcer")).to_have_text("Removed file-gone. Undo is available.")
    expect(page.locator("[id^=off-files-]").nth(1)).to_be_focused()
    page.locator("#undo-shelf").press("Enter")
    expect(page.locator("#shelf-files")).to_contain_text("3 of 20 files")
    assert stage.complaints == []


def test_the_whole_without_javascript(stage: Stage) -> None:
    change = make(stage)
    page = stage.enter("alice", java_script_enabled=False)
    address = reverse("change", args=[change.pk])
    page.goto(address)
    first = keys(change)[0]
    page.click(f"#more-{first}")
    page.click(f"#down-{first}")
    assert names(page)[:2] == ["start_return", "get_order"]
    page.click(f"#more-{first}")
    page.click(f"#remove-{first}")
    page.click(f"#restore-{first}")
    assert names(page)[:2] == ["start_return", "get_order"]
    page.click("#switch-code")
    expect(page.locator("#switch-code")).to_have_attribute("aria-checked", "false")
    page.fill("#id_files_id", "file-x")
    page.click("#shelf-add-files")
    expect(page.locator("#shelf-files")).to_contain_text("file-x")
    page.click("#shelf-pick-knowledge")
    page.click("#read-again")
    stage.work()
    page.goto(reverse("change_resources", args=[change.pk, "knowledge"]))
    page.check("input[name=id]")
    page.click("#picker-save")
    expect(page.locator("#shelf-knowledge")).to_contain_text("Handbook")
    page.click("#tools-add")
    page.locator("#basics input[name=name]").fill("find_parcel")
    page.locator("#basics").get_by_role("button", name="Save").last.click()
    page.goto(address)
    assert names(page)[-1] == "find_parcel"


def test_a_menu_is_out_of_the_way_once_something_was_chosen_in_it(stage: Stage) -> None:
    change = make(stage)
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))
    menu = page.locator("#tools-list details.pop").first
    menu.locator("summary").click()
    menu.get_by_role("button", name="Duplicate").click()
    expect(page.locator("#announcer")).to_contain_text("Copied as")
    assert page.locator("#tools-list details.pop[open]").count() == 0
    assert "edit-" in page.evaluate("document.activeElement.id")
