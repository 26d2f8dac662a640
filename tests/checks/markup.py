"""Templates as the house rules see them: elements and visible words, without the template tags.

Both branches of every condition count at once: a rule holds in each state of a page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
CODE = {"code", "kbd", "pre", "samp", "script", "style"}
SPOKEN = ("alt", "aria-label", "aria-description", "placeholder", "title")

_HIDDEN = re.compile(
    r"{#.*?#}|{% comment .*?{% endcomment %}|{% comment %}.*?{% endcomment %}", re.S
)
_SAID = re.compile(r"{%-?\s*(?:translate|trans)\s+(?:\"([^\"]*)\"|'([^']*)').*?%}", re.S)
_PASSED = re.compile(r"_\(\"([^\"]*)\"\)|_\('([^']*)'\)")
_TAG = re.compile(r"{%.*?%}", re.S)
_VALUE = re.compile(r"{{.*?}}", re.S)


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    line: int
    parent: Element | None
    children: list[Element] = field(default_factory=list)

    def above(self) -> Iterator[Element]:
        here = self.parent
        while here:
            yield here
            here = here.parent

    def below(self) -> Iterator[Element]:
        for child in self.children:
            yield child
            yield from child.below()


@dataclass
class Page:
    """What a template holds: its elements, and (line, text) of everything a person reads."""

    elements: list[Element]
    words: list[tuple[int, str]]


def read(source: str) -> Page:
    reader = _Reader()
    reader.feed(_without_tags(source))
    reader.close()
    passed = (
        (source.count("\n", 0, tag.start()) + 1, found.group(1) or found.group(2))
        for tag in _TAG.finditer(source)
        for found in _PASSED.finditer(tag.group())
    )
    return Page(reader.elements, [*reader.words, *passed])


def _without_tags(source: str) -> str:
    """Only HTML: literal translations stay, values become X, other tags a space, lines lines."""
    source = _HIDDEN.sub(_lines, source)
    source = _SAID.sub(lambda m: re.sub(r"[<>\"']", " ", m.group(1) or m.group(2)), source)
    return _VALUE.sub(lambda m: f"X{_lines(m)}", _TAG.sub(lambda m: f" {_lines(m)}", source))


def _lines(found: re.Match[str]) -> str:
    return "\n" * found.group().count("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.words: list[tuple[int, str]] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        parent = self.open[-1] if self.open else None
        element = Element(tag, attributes, self.getpos()[0], parent)
        self.elements.append(element)
        if parent:
            parent.children.append(element)
        self.words += [(element.line, attributes[key]) for key in SPOKEN if key in attributes]
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        # In two branches an element may be opened twice and closed once: look for the nearest.
        at = next((n for n in reversed(range(len(self.open))) if self.open[n].tag == tag), None)
        if at is not None:
            del self.open[at:]

    def handle_data(self, data: str) -> None:
        is_code = any(e.tag in CODE or e.attributes.get("translate") == "no" for e in self.open)
        if data.strip() and not is_code:
            self.words.append((self.getpos()[0], data))
