"""A picture of every page in every look, to be looked at: wide and phone, light and dark.

    pytest -n0 tests/browser/contact_sheet.py

The pictures and an index.html that shows them side by side go to the folder that SHEETS names,
else to `assistants-sheets` in the folder for temporary files.
"""

from __future__ import annotations

import os
import re
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from tests import builders
from tests.browser import states
from tests.browser.conftest import PHONE, WIDE
from tests.browser.moments import moments
from tests.browser.test_pages import everything

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

FOLDER = Path(os.environ.get("SHEETS") or Path(tempfile.gettempdir()) / "assistants-sheets")
LOOKS = [(size, scheme) for size in (WIDE, PHONE) for scheme in ("light", "dark")]
TALLEST = 2_400  # pixels of a picture


def take(page: Page, name: str) -> None:
    """The page as it is now, in every look."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.screenshot(
            path=FOLDER / f"{stem}--{size['width']}-{scheme}.png",
            full_page=True,
            clip={"x": 0, "y": 0, "width": size["width"], "height": min(tall, TALLEST)},
        )
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")


def index() -> None:
    """All pictures that are there, by scene."""
    found: dict[str, list[str]] = {}
    for path in sorted(FOLDER.glob("*--*.png")):
        found.setdefault(path.name.partition("--")[0], []).append(path.name)
    rows = "".join(
        f"<h2>{escape(name)}</h2><p>"
        + "".join(f'<a href="{one}"><img src="{one}" loading="lazy"></a>' for one in some)
        for name, some in found.items()
    )
    style = "<style>body{font:14px sans-serif}img{height:480px;margin:4px;border:1px solid}</style>"
    text = f"<!doctype html><meta charset=utf-8><title>Contact sheet</title>{style}{rows}"
    (FOLDER / "index.html").write_text(text, encoding="utf-8")


def test_take_every_page(stage: Stage) -> None:
    found = everything(stage)
    page = stage.enter("dora")
    for name, address in found.items():
        page.goto(address)
        take(page, name)
    pages: dict[str, Page] = {}
    for moment in moments(stage):
        at = pages[moment.who] = pages.get(moment.who) or stage.enter(moment.who)
        at.goto(moment.address)
        moment.do(at)
        take(at, moment.name)
    at = stage.enter(None)
    at.goto("/account/login/")
    take(at, "sign in")
    index()


def test_take_the_rarer_states_of_the_server(stage: Stage) -> None:
    builders.make_member(stage.workspace, stage.people["dora"], "admin", "publisher")
    page = stage.enter("dora")
    for name, address in states.each(stage):
        page.goto(address)
        take(page, f"state {name}")
    index()
