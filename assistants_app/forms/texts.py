"""What can be found in a long text, and changed in one step: headings, hidden characters, words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from unicodedata import name as named

from assistants_app.markup import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A heading, or what opens or closes a block in which a "#" is no heading.
_MARK = re.compile(r"^ {0,3}(?:(#{1,6})[ \t](.*)|(`{3,}|~{3,}).*)$", re.MULTILINE)
# A joiner belongs to an emoji and to the letters of Arabic and Indic scripts.
_JOINING = re.compile("[\u0600-\u0dff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]")
_JOINERS = "\u200c\u200d"
_SPACES = "\u00a0\u2007\u202f"
PLACES = 20  # of each kind; the count says how many there are in all
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A `#` heading: `line` counts from 1, `at` in UTF-16 units, as a browser's box counts."""

    level: int
    text: str
    line: int
    at: int


@dataclass(frozen=True, slots=True)
class Hidden:
    """One kind of character that cannot be seen, and where: (line, column), both from 1."""

    point: str
    name: str
    count: int
    places: Sequence[tuple[int, int]]
    is_space: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A line in which something was found: what stands before, the text itself, what follows."""

    line: int
    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it, or what stands before the first one (no title)."""

    title: str
    text: str


def headings(text: str) -> list[Heading]:
    """The `#` headings of Markdown, none inside a fenced block."""
    found, fence, line, at, last = [], "", 1, 0, 0
    is_plain = text.isascii()
    for match in _MARK.finditer(text):
        if mark := match[3]:
            fence = "" if fence and mark.startswith(fence) else fence or mark
        elif not fence:
            start = match.start()
            line += text.count("\n", last, start)
            at += (
                start - last
                if is_plain
                else len(text[last:start].encode("utf-16-le", "surrogatepass")) // 2
            )
            last = start
            found.append(Heading(len(match[1]), _title(match[2]), line, at))
    return found


def _title(text: str) -> str:
    """Without the spaces around it and the `#` that may close it."""
    title = text.strip(" \t")
    opened = title.rstrip("#")
    return (opened.rstrip(" \t") if opened[-1:] in ("", " ", "\t") else title) or "#"


def sections(text: str) -> list[Section]:
    """The text cut before every heading; joined by line breaks they are the text again."""
    lines, starts = text.split("\n"), [one.line - 1 for one in headings(text)]
    titles = {one.line - 1: one.text for one in headings(text)}
    cuts = sorted({0, *starts, len(lines)})
    parts = [(titles.get(a, ""), "\n".join(lines[a:b])) for a, b in pairwise(cuts)]
    return [Section(title, part) for title, part in parts if part.strip()]


def hidden(text: str) -> list[Hidden]:
    """The characters that cannot be seen, by kind, in the order of their first place."""
    found: dict[str, list[int]] = {}
    for at in _hidden(text):
        found.setdefault(text[at], []).append(at)
    return [
        Hidden(
            f"U+{ord(char):04X}",
            named(char, "").lower(),
            len(places),
            [_place(text, at) for at in places[:PLACES]],
            char in _SPACES,
        )
        for char, places in found.items()
    ]


def _hidden(text: str) -> Iterator[int]:
    if text.isascii() and text.isprintable():
        return
    for run in HIDDEN.finditer(text):
        before = text[run.start() - 1] if run.start() else ""
        if run[0] in _JOINERS and _JOINING.match(before):
            continue
        yield from range(run.start(), run.end())


def _place(text: str, at: int) -> tuple[int, int]:
    start = text.rfind("\n", 0, at) + 1
    return text.count("\n", 0, at) + 1, at - start + 1


def cleaned(text: str, point: str = "") -> str:
    """Without the hidden characters, or those of one kind; spaces become plain ones."""
    places = [at for at in _hidden(text) if point in ("", f"U+{ord(text[at]):04X}")]
    parts, last = [], 0
    for at in places:
        parts += [text[last:at], " " if text[at] in _SPACES else ""]
        last = at + 1
    return "".join([*parts, text[last:]])


def _pattern(words: str, *, exact: bool) -> re.Pattern[str]:
    return re.compile(re.escape(words), 0 if exact else re.IGNORECASE)


def occurrences(text: str, words: str, *, exact: bool) -> tuple[int, list[Hit]]:
    """How often `words` stand in the text, and the first places. `exact`: case counts."""
    times, hits = 0, []
    for times, match in enumerate(_pattern(words, exact=exact).finditer(text), 1):
        if times <= PLACES:
            hits.append(_hit(text, match))
    return times, hits


def _hit(text: str, match: re.Match[str]) -> Hit:
    before, after = around(text, *match.span())
    return Hit(_place(text, match.start())[0], before, match[0], after)


def first_new(before: str, after: str) -> str:
    """The first sentence or line of `after` that `before` has not; "" where there is none."""
    known = {one.strip() for one in _SENTENCE_END.split(before)}
    new = (one.strip() for one in _SENTENCE_END.split(after))
    return next((one for one in new if one and one not in known), "")


def around(text: str, start: int, end: int, *, reach: int = 40) -> tuple[str, str]:
    """What the line says before and after a place in it, at most `reach` characters of each.

    Cut between words, and then with an ellipsis.
    """
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    before, after = text[first:start], text[end : len(text) if last < 0 else last]
    if len(before) > reach:
        near = before[-reach:]
        before = "…" + (near.partition(" ")[2] or near)
    if len(after) > reach:
        near = after[:reach]
        after = (near.rpartition(" ")[0] or near) + "…"
    return before, after


def replaced(text: str, words: str, by: str, *, exact: bool) -> tuple[str, int]:
    """The text with every one of `words` replaced, letter by letter as typed; and how many."""
    return _pattern(words, exact=exact).subn(lambda _match: by, text)


def inserted(text: str, more: str, span: tuple[int, int] | None) -> str:
    """With `more` in place of a span of UTF-16 units, or at the end with an empty line before."""
    if span is None:
        return f"{text.rstrip()}\n\n{more.strip()}\n" if text.strip() else more
    raw = text.encode("utf-16-le", "surrogatepass")
    a, b = (2 * min(max(at, 0), len(raw) // 2) for at in sorted(span))
    whole = raw[:a] + more.encode("utf-16-le", "surrogatepass") + raw[b:]
    return whole.decode("utf-16-le", "replace")
