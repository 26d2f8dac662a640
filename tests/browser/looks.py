"""One page in every look: wide and phone, light and dark, all widths, without loading it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.conftest import PHONE, WIDE

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Half of 1440 is what 200 % zoom leaves.
WIDTHS = (320, 390, 720, 768, 1024, 1180, 1440)
# WCAG 1.4.12, in a style sheet that the content policy lets a test adopt.
SPACED = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important; } p { margin-block-end: 2em !important; }`);
document.adoptedStyleSheets = [sheet];
"""
USUAL = "document.adoptedStyleSheets = []"
RUN = """async (only) => (await axe.run({
  resultTypes: ["violations"], ...(only ? {runOnly: {type: "rule", values: only}} : {}),
})).violations.flatMap(v => v.nodes.slice(0, 3).map(n => `${v.id}: ${n.html.slice(0, 160)}`))"""


def faults(page: Page, *only: str) -> list[str]:
    """What axe finds, by all of its rules or `only` some."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found: Any = page.evaluate(RUN, list(only) or None)
    return list(found)


def overflow(page: Page) -> int:
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def wrong(page: Page) -> dict[str, Any]:
    """What is wrong with the page in any look; afterwards it is wide and light again."""
    found: dict[str, Any] = {}
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        found[f"at {size['width']}"] = faults(page)
        page.emulate_media(color_scheme="dark")  # nothing but colours differs
        found[f"dark at {size['width']}"] = faults(page, "color-contrast")
        page.emulate_media(color_scheme="light")
    titles = page.locator("h1").count()
    found["headings"] = "" if titles == 1 else f"{titles} h1"
    return {name: value for name, value in found.items() if value}


# What floats over the page and is cut off at one of its sides: nothing scrolls to that.
# A menu whose button was scrolled out of the window with its table is nobody's.
CUT = """() => [...document.querySelectorAll("[open] > .pop-body, dialog[open]")].filter(e => {
  const out = (box) => box.left < 0 || box.right > innerWidth + 1;
  const box = e.getBoundingClientRect(), button = e.parentElement.querySelector(":scope > summary");
  if (button && out(button.getBoundingClientRect())) return false;
  return e.checkVisibility() && box.width && out(box);
}).length"""


def sideways(page: Page) -> dict[str, int]:
    """Where the page is wider than its window, also with the text spaced out."""
    found = {}
    for look, script, widths in (("", USUAL, WIDTHS), (", spaced", SPACED, (390, 1440))):
        page.evaluate(script)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            if (more := overflow(page)) > 0:
                found[f"sideways at {width}{look}"] = more
            if more := page.evaluate(CUT):
                found[f"cut off at {width}{look}"] = more
    page.evaluate(USUAL)
    page.set_viewport_size(WIDE)
    return found
