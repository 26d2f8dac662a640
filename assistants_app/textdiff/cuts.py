"""How a text is cut for comparing: into lines, sentences of long lines, and words."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_PIECE = 1_000  # characters; so the words of two pieces are at most 2,000
LINE_END = re.compile(r"\r\n?|\n")
_PLAIN_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")  # what `_token` comes to in ASCII
# Where a long line is cut, each rule only for what the rule before left too long: ends of
# sentences, of clauses, of some words, some letters. A cut depends on the text beside it and not
# on its position, so that soon after an edit both sides are cut alike again. No rule may look
# ahead without end: a hostile line would make it quadratic.
_END, _WIDE_END = r"[.!?\u2026]", r"[\u3002\uff01\uff1f]"
_CLOSING = r"[\"'\u201d\u2019\u00bb\u300d\u300f)\]\uff09]"
_CUTS = (
    re.compile(rf"(?<={_END})\s+|(?<={_END}{_CLOSING})\s+|{_WIDE_END}+{_CLOSING}*\s*"),
    re.compile(r"[,;:\u3001\uff0c\uff1b\uff1a)\]}>]+\s*|\t"),
    re.compile(r"[aeiou05]\s+"),
    re.compile(r"(?s).{64,999}?[aeiouAEIOU05\u0e19\u3044\u7684]|.{1,1000}"),
)
# Han, kana, Thai, Lao, Tibetan, Myanmar, Khmer: scripts that put no space between words.
_UNSPACED = (
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U000323af\u0e01-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
)


class Unit(NamedTuple):
    """What is compared: a line or a part of one. `last`: the line ends here."""

    text: str
    line: int
    part: int = 0
    last: bool = True


def lines(text: str) -> list[str]:
    """The lines that row numbers count; an empty text has none."""
    if not text:
        return []
    return LINE_END.split(text) if "\r" in text else text.split("\n")


def units(text: str) -> list[Unit]:
    return [Unit(t, n) for n, t in enumerate(lines(text), 1)]


def sentences(units: Iterable[Unit]) -> list[Unit]:
    found: list[Unit] = []
    for unit in units:
        texts = _cut(unit.text, 0) or [""]
        last = len(texts) - 1
        found += [Unit(t, unit.line, n, n == last) for n, t in enumerate(texts)]
    return found


def _cut(text: str, rule: int) -> list[str]:
    ends = [0, *(m.end() for m in _CUTS[rule].finditer(text)), len(text)]
    pieces = [text[i:j] for i, j in pairwise(ends) if i < j]
    if rule + 1 == len(_CUTS):
        return pieces
    return [q for p in pieces for q in (_cut(p, rule + 1) if len(p) > LONGEST_PIECE else [p])]


@cache
def _token() -> re.Pattern[str]:
    """Words with their combining marks, runs of spaces, single signs; together the whole text."""
    ranges = (range(0x300, 0x3100), range(0xA600, 0xAC00), range(0xFE00, 0xFE30))
    mark = "".join(chr(c) for r in ranges for c in r if category(chr(c))[0] == "M")
    return re.compile(
        rf"[{_UNSPACED}][{mark}]*|(?:[^\W{_UNSPACED}]|[{mark}])+|\s+|[^\w\s][{mark}]*"
    )


def tokens(text: str) -> list[str]:
    return (_PLAIN_TOKEN if text.isascii() else _token()).findall(text)
