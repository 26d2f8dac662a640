"""What holds on every page: reached by keyboard, at every width, with other eyes and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from tests import builders
from tests.browser.conftest import PHONE, WIDE
from tests.browser.scenes import scene
from tests.browser.test_pages import LOOKS, faults

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.fixtures import SettingsWrapper

    from tests.browser.conftest import Stage

import pytest

# Half of 1440 is what 200 % zoom leaves.
WIDTHS = (320, 390, 720, 768, 1024, 1180, 1440)
# WCAG 1.4.12, in a style sheet that the content policy lets a test adopt.
SPACING = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important; } p { margin-block-end: 2em !important; }`);
document.adoptedStyleSheets = [sheet];
"""
STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const r = e.getBoundingClientRect(), s = getComputedStyle(e), labels = [...(e.labels || [])];
  const tall = (b) => Math.round(b.width) >= 24 && Math.round(b.height) >= 24;
  const bound = (n, most) => Math.min(Math.max(n, 1), most - 2);
  const is_free = (b) => {
    const y = b.top + Math.min(b.height / 2, 20);
    const top = document.elementFromPoint(
      bound(b.left + b.width / 2, innerWidth), bound(y, innerHeight));
    return top && (e.contains(top) || top.contains(e) || labels.some((l) => l.contains(top)));
  };
  const lines = [r, ...e.getClientRects()];
  const inline = s.display.startsWith("inline") || e.closest("p, dd, li, td, summary");
  const words = e.getAttribute("aria-label") || e.id || e.textContent || e.name || "";
  return {
    name: `${e.tagName} ${words.trim().slice(0, 40)}`,
    small: !tall(r) && !inline && !labels.some((l) => tall(l.getBoundingClientRect())),
    hidden: !lines.some(is_free),
    unseen: s.outlineStyle === "none" && !e.closest(".chips, .choice, .switch") && e.id !== "main",
  };
}"""
MOST = 300  # stops of one page


def overflow(page: Page) -> int:
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def walk(page: Page) -> list[dict[str, Any]]:
    """Every stop of the Tab key, until it leaves the page."""
    stops = []
    page.evaluate("document.activeElement?.blur()")
    for _ in range(MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return stops
        stops.append(stop)
    return stops


@pytest.fixture
def addresses(stage: Stage) -> dict[str, str]:
    found = scene(stage)
    builders.make_member(stage.workspace, stage.people["dora"], "admin", "publisher", "auditor")
    stage.make_operator("dora")
    return found


def test_no_page_scrolls_sideways(stage: Stage, addresses: dict[str, str]) -> None:
    page = stage.enter("dora")
    found: dict[str, Any] = {}
    for name, address in addresses.items():
        page.set_viewport_size(WIDE)
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if (more := overflow(page)) > 0:
                found[f"{name} at {width}"] = more
        page.evaluate(SPACING)
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            if (more := overflow(page)) > 0:
                found[f"{name} at {width}, spaced"] = more
    assert found == {}


def test_every_stop_of_the_keyboard_is_seen_and_large_enough(
    stage: Stage, addresses: dict[str, str]
) -> None:
    page = stage.enter("dora", viewport=WIDE)
    found: dict[str, Any] = {}
    for name, address in addresses.items():
        page.goto(address)
        stops = walk(page)
        wrong = [one for one in stops if one["small"] or one["hidden"] or one["unseen"]]
        if wrong or not stops or len(stops) == MOST:
            found[name] = wrong[:4] or len(stops)
    assert found == {}


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_forced_colours_take_nothing_away(
    stage: Stage, addresses: dict[str, str], size: dict[str, int]
) -> None:
    page = stage.enter("dora", viewport=size, forced_colors="active")
    for name in ("list", "assistant", "editor", "review", "sync", "audit"):
        page.goto(addresses[name])
        assert faults(page) == [], name
        bare = page.evaluate(
            """() => [...document.querySelectorAll(".badge, .tag, .count")].filter(e =>
               e.checkVisibility() && getComputedStyle(e).borderTopStyle === "none")
               .map(e => e.textContent)"""
        )
        assert bare == [], name


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_every_component_is_accessible_in_each_state(
    stage: Stage, settings: SettingsWrapper, scheme: str, size: dict[str, int]
) -> None:
    settings.DEBUG = True
    page = stage.enter("alice", color_scheme=scheme, viewport=size)
    page.goto(reverse("gallery"))
    assert page.locator("main section.card").count() > 15
    # A page has one pager and one line of a pause; here stand several.
    assert [one for one in faults(page) if not one.startswith("landmark-unique")] == []
    assert overflow(page) == 0
