"""The look, checked without a browser: contrast of the tokens, layers, budgets (ux.md 12, 13)."""

from __future__ import annotations

import re

import pytest

from tests.checks.tree import ROOT

CSS = (ROOT / "static" / "app.css").read_text(encoding="utf-8")
JS = (ROOT / "static" / "app.js").read_text(encoding="utf-8")
TOKEN = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
COLOURS = {name: (light, dark) for name, light, dark in TOKEN.findall(CSS)}
TEXT, EDGE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
STATES = ("neutral", "info", "violet", "ok", "warn", "bad")
PAIRS = [
    *[("text", on, TEXT) for on in ("surface", "bg", "surface-2", "ins-line", "del-line")],
    *[("text-2", on, TEXT) for on in ("surface", "bg", "surface-2", "surface-3")],
    *[("text-3", on, TEXT) for on in ("surface", "bg", "surface-2", "accent-soft", "ins-line")],
    *[("link", on, TEXT) for on in ("surface", "bg", "surface-2", "accent-soft")],
    *[("on-accent", on, TEXT) for on in ("accent", "accent-hover")],
    *[("border-strong", on, EDGE) for on in ("surface", "bg")],
    *[("focus", on, EDGE) for on in ("surface", "bg", "accent-soft")],
    *[("accent", on, EDGE) for on in ("surface", "surface-3")],
    *[(f"{state}-fg", f"{state}-bg", TEXT) for state in STATES],
    *[(f"{state}-fg", "surface", TEXT) for state in STATES],
    *[(f"{state}-fg", "surface-2", TEXT) for state in ("info", "violet", "ok", "warn", "bad")],
    *[
        (f"{side}-fg", f"{side}-{part}", TEXT)
        for side in ("ins", "del")
        for part in ("word", "line")
    ],
]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, two: str) -> float:
    """Contrast of two #rrggbb colours, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    high, low = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_knows_black_white_and_a_grey() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize(("fore", "back", "need"), PAIRS, ids=lambda part: str(part))
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_pair_can_be_read(fore: str, back: str, need: float, scheme: int) -> None:
    assert ratio(COLOURS[fore][scheme], COLOURS[back][scheme]) >= need


def _bare(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def _layer(name: str) -> str:
    """The text of `@layer name { … }`."""
    css = _bare(CSS)
    start = at = css.index("{", css.index(f"@layer {name} {{")) + 1
    depth = 1
    while depth:
        depth += {"{": 1, "}": -1}.get(css[at], 0)
        at += 1
    return css[start : at - 1]


def test_the_layers_hold_everything_in_their_order() -> None:
    names = ("tokens", "base", "components", "pages")
    css = _bare(CSS)
    assert f"@layer {', '.join(names)};" in css
    for name in names:
        css = css.replace(f"@layer {name} {{{_layer(name)}}}", "")
    assert css.strip() == f"@layer {', '.join(names)};"


def test_every_custom_property_is_defined_and_used() -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", _layer("tokens")))
    used = set(re.findall(r"var\((--[\w-]+)\)", CSS))
    assert used == defined


def test_colours_are_written_only_as_tokens() -> None:
    rules = _layer("base") + _layer("components") + _layer("pages").replace("background: #fff;", "")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)", rules) == []
    assert re.findall(r"\b(?:rgb|hsl|oklch)a?\(", rules) == []


def test_nothing_is_fetched_from_elsewhere_and_nothing_overrides_by_force() -> None:
    assert "@import" not in CSS
    assert "url(" not in CSS
    assert "!important" not in CSS


def test_the_budgets_hold() -> None:
    assert len(CSS.splitlines()) <= 1150
    assert len(JS.splitlines()) <= 240
