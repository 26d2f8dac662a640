"""Every page: accessible, within the content policy, without a word from the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from tests import builders
from tests.browser.conftest import PHONE, WIDE
from tests.browser.scenes import scene

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

LOOKS = [
    pytest.param(scheme, size, id=f"{scheme}-{size['width']}")
    for scheme in ("light", "dark")
    for size in (WIDE, PHONE)
]


def faults(page: Page) -> list[str]:
    found: Any = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"][:3]
    ]


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_every_page_is_accessible_and_fits(stage: Stage, scheme: str, size: dict[str, int]) -> None:
    addresses = scene(stage)
    builders.make_member(stage.workspace, stage.people["dora"], "admin", "publisher", "auditor")
    stage.make_operator("dora")
    page = stage.enter("dora", color_scheme=scheme, viewport=size)
    found: dict[str, Any] = {}
    for name, address in addresses.items():
        page.goto(address)
        if wrong := faults(page):
            found[name] = wrong
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if overflow > 0:
            found[f"{name}, sideways"] = overflow
        titles = page.locator("h1").count()
        if titles != 1:
            found[f"{name}, h1"] = titles
    assert found == {}


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_the_pages_before_signing_in_are_accessible(
    stage: Stage, scheme: str, size: dict[str, int]
) -> None:
    page = stage.enter(None, color_scheme=scheme, viewport=size)
    for name in ("account_login", "account_reset_password", "account_reset_password_done"):
        page.goto(reverse(name))
        assert faults(page) == [], name


def test_a_page_asks_this_host_only_and_little(stage: Stage) -> None:
    address = scene(stage)["review"]
    page = stage.enter("bob")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    assert all(url.startswith(stage.url) for url in asked)
    assert len(asked) <= 6
