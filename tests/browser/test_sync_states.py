"""The rarer states of the pages about the connected server: accessible, and they fit.

PICTURES=folder keeps a picture of each.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import builders
from tests.browser import states
from tests.browser.test_everywhere import overflow
from tests.browser.test_pages import LOOKS, faults

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage


def keep(page: Page, name: str, look: str) -> None:
    if folder := os.environ.get("PICTURES"):
        path = Path(folder) / f"{name.replace(', ', '-').replace(' ', '_')}-{look}.png"
        page.screenshot(path=path, full_page=True)


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_every_rarer_state_is_accessible_and_fits(
    stage: Stage, scheme: str, size: dict[str, int]
) -> None:
    builders.make_member(stage.workspace, stage.people["dora"], "admin", "publisher")
    page = stage.enter("dora", color_scheme=scheme, viewport=size)
    found: dict[str, Any] = {}
    for name, address in states.each(stage):
        page.goto(address)
        keep(page, name, f"{scheme}-{size['width']}")
        if wrong := faults(page):
            found[name] = wrong
        if (more := overflow(page)) > 0:
            found[f"{name}, sideways"] = more
        if (titles := page.locator("h1").count()) != 1:
            found[f"{name}, h1"] = titles
    assert found == {}
