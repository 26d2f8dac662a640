"""The list by hand: search, chips, ticking several, the question, the row's menu, a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.models import Assistant
from tests import builders
from tests.browser.conftest import PHONE, WIDE
from tests.browser.looks import wrong

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage


@pytest.fixture
def url(stage: Stage) -> str:
    alice, bob = stage.people["alice"], stage.people["bob"]
    for name in ("Refunds", "Invoices", "Travel"):
        builders.make_assistant(
            stage.workspace,
            author=alice,
            reviewer=bob,
            name=name,
            instructions=f"Be kind to whoever asks about {name.lower()} and parcels.",
        )
    return reverse("assistant_list")


def test_nothing_is_wrong_with_the_list_and_what_opens_over_it(stage: Stage, url: str) -> None:
    page = stage.enter("bob")
    page.goto(url)
    assert page.locator("#bulk").is_hidden()
    page.locator("td.c-check input").first.check()
    assert page.locator("#bulk").is_visible()
    assert page.locator("[data-selected]").inner_text() == "1 selected"
    page.locator("td.c-more summary").first.click()
    assert wrong(page) == {}
    page.keyboard.press("Escape")
    page.locator("#bulk-archive").click()
    page.wait_for_selector("#bulk-go")
    assert wrong(page) == {}
    page.locator("#bulk-cancel").click()
    page.locator("#filters-open").click()
    page.wait_for_selector("#filters-apply")
    assert wrong(page) == {}


def test_search_filter_and_chip(stage: Stage, url: str) -> None:
    page = stage.enter("bob", viewport=WIDE)
    page.goto(url)
    page.fill("#q", "invo")
    page.wait_for_selector("#results tr:has-text('Refunds')", state="detached")
    assert _names(page) == ["Invoices"]
    assert "1 assistant" in page.locator("#announcer").inner_text()
    page.fill("#q", "kind")
    page.wait_for_selector("mark")
    assert page.locator("mark").count() == 3
    page.locator("#filters-open").click()
    page.select_option("#filter-work", "draft")
    page.click("#filters-apply")
    page.wait_for_selector("#chip-work")
    assert "q=kind" in page.url
    assert "work=draft" in page.url
    assert "apply" not in page.url
    assert "Work: Draft" in page.locator(".empty").inner_text()
    page.click("#chip-work")
    page.wait_for_selector("mark")
    assert page.evaluate("document.activeElement.id") == "filters-open"


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_two_of_three_are_archived_after_a_question(
    stage: Stage, url: str, viewport: dict[str, int]
) -> None:
    page = stage.enter("bob", viewport=viewport)
    page.goto(url)
    boxes = page.locator("td.c-check input")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.click("#bulk-archive")
    page.wait_for_selector("#bulk-go")
    assert "Archive 2?" in page.locator("#dialog").inner_text()
    page.locator("#bulk-go").dblclick()
    page.wait_for_url("**/jobs/*/")
    assert "Done" in page.locator("main").inner_text()
    assert Assistant.objects.unarchived().count() == 1


def test_all_of_them_and_none(stage: Stage, url: str) -> None:
    page = stage.enter("bob", viewport=WIDE)
    page.goto(url)
    page.locator("#tick-all").check()
    assert page.locator("[data-selected]").inner_text() == "3 selected"
    page.click("#select-all")
    page.wait_for_selector("#bulk >> text=All 3 selected")
    assert page.evaluate("document.activeElement.id") == "bulk-clear"
    page.click("#bulk-clear")
    page.wait_for_selector("#bulk", state="hidden")


def _names(page: Page) -> list[str]:
    return page.locator("#results td .name").all_inner_texts()
