"""What holds on every page: reached by keyboard, at every width, with other eyes and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from tests.browser.conftest import PHONE, WIDE
from tests.browser.looks import faults, sideways, wrong
from tests.browser.test_pages import everything

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.fixtures import SettingsWrapper

    from tests.browser.conftest import Stage

import pytest

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
    return everything(stage)


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


def test_every_component_is_accessible_in_each_state(
    stage: Stage, settings: SettingsWrapper
) -> None:
    settings.DEBUG = True
    page = stage.enter("alice")
    page.goto(reverse("gallery"))
    assert page.locator("main section.card").count() > 15
    found = wrong(page) | sideways(page)
    # A page has one pager and one line of a pause; here stand several.
    told = {look: [f for f in some if not f.startswith("landmark-unique")] if isinstance(some, list)
            else some for look, some in found.items()}  # fmt: skip
    assert [some for some in told.values() if some] == []


MOVING = """() => {
  const parts = [...document.querySelectorAll("*")].flatMap(
    e => [null, "::before", "::after"].map(which => getComputedStyle(e, which)));
  return document.getAnimations().length + parts.filter(s => s.animationName !== "none"
    || s.transitionDuration.split(", ").some(d => parseFloat(d) > 0)).length;
}"""


def test_nothing_moves_for_whoever_wants_it_still(stage: Stage, settings: SettingsWrapper) -> None:
    settings.DEBUG = True
    page = stage.enter("alice", reduced_motion="no-preference")
    page.goto(reverse("gallery"))
    assert page.evaluate(MOVING) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0
    for name in ("assistant_list", "home", "assistant_new", "notice_list"):
        page.goto(reverse(name))
        assert page.evaluate(MOVING) == 0, name
