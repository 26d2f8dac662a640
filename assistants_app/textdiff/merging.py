"""Three texts by lines: what both sides have in common, what one changed, where both did.

Nothing is decided here: every change is a block that holds all three texts, with a side proposed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistants_app import textdiff
from assistants_app.textdiff import _coded, _match, _Work
from assistants_app.textdiff.cuts import LINE_END, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Kind = Literal["same", "ours", "theirs", "both", "overlap"]
Side = Literal["ours", "theirs"]
_Line = tuple[str, str]  # its text; what ends it, "" for the last one
_Hunk = tuple[int, int, int, Side]  # first line in base, the line after, how many instead, whose


@dataclass(frozen=True, slots=True)
class Block:
    """Lines in a row, in all three texts. `first`: their place in `base`, counted from 1.

    same: nobody changed them. ours, theirs: one side did. both: the two made the same of them.
    overlap: each made something else of them, so somebody must choose.
    """

    kind: Kind
    first: int
    base: tuple[_Line, ...]
    ours: tuple[_Line, ...]
    theirs: tuple[_Line, ...]

    @property
    def proposed(self) -> Side:
        """Whoever changed it alone is followed; an overlap stays as it is here."""
        return "theirs" if self.kind == "theirs" else "ours"

    def text(self, side: Literal["base", "ours", "theirs"]) -> str:
        """The lines of one side without the end of the last one."""
        lines: tuple[_Line, ...] = getattr(self, side)
        return "".join(text + end for text, end in lines[:-1]) + "".join(t for t, _ in lines[-1:])


def merge(base: str, ours: str, theirs: str) -> tuple[Block, ...]:
    """The blocks that cover all three texts, in order; joined, each side gives its text back.

    Lines that differ in how they end count as the same line. Changes that touch no common line are
    blocks of their own; two additions at the same place overlap, since their order is unknown.
    """
    texts = _lines(base), _lines(ours), _lines(theirs)
    hunks = sorted([*_hunks(texts[0], texts[1], "ours"), *_hunks(texts[0], texts[2], "theirs")])
    return tuple(_blocks(texts, list(_grouped(hunks))))


def result(blocks: Sequence[Block], picks: Mapping[int, Side] | None = None) -> str:
    """The text after a choice: `picks` maps a block's position to a side, else what is proposed."""
    found: list[_Line] = []
    for at, block in enumerate(blocks):
        if block.kind in ("same", "both"):
            found += _common(block)
        else:
            side = (picks or {}).get(at, block.proposed)
            found += block.ours if side == "ours" else block.theirs
    return _joined(found)


def _lines(text: str) -> list[_Line]:
    if not text:
        return []
    parts = LINE_END.split(text)
    return list(zip(parts, [*LINE_END.findall(text), ""], strict=True))


def _hunks(base: Sequence[_Line], side: Sequence[_Line], whose: Side) -> Iterator[_Hunk]:
    units = [[Unit(text, n) for n, (text, _) in enumerate(lines)] for lines in (base, side)]
    work = _Work(textdiff.BUDGET)
    i = j = 0
    for x, y, length in [*_match(*_coded(*units), work), (len(base), len(side), 0)]:
        if i < x or j < y:
            yield i, x, y - j, whose
        i, j = x + length, y + length


def _grouped(hunks: Sequence[_Hunk]) -> Iterator[list[_Hunk]]:
    """Those of both sides that are about the same lines together."""
    group: list[_Hunk] = []
    end = 0
    for hunk in hunks:
        if group and not _meets(group, end, hunk):
            yield group
            group = []
        end = max(end, hunk[1]) if group else hunk[1]
        group.append(hunk)
    if group:
        yield group


def _meets(group: Sequence[_Hunk], end: int, hunk: _Hunk) -> bool:
    """Common lines, or something added where the other side changed what is beside it."""
    adds = hunk[0] == hunk[1] or any(first == after == end for first, after, _, _ in group)
    return hunk[0] < end or (adds and hunk[0] == end)


def _blocks(texts: Sequence[Sequence[_Line]], groups: Sequence[list[_Hunk]]) -> Iterator[Block]:
    base, ours, theirs = texts
    b = o = t = 0
    for group in groups:
        first, after = group[0][0], max(hunk[1] for hunk in group)
        yield from _same(base, ours, theirs, (b, o, t), first - b)
        o, t, b = o + first - b, t + first - b, first
        size = after - first
        grown = {
            side: size + sum(n - (y - x) for x, y, n, whose in group if whose == side)
            for side in ("ours", "theirs")
        }
        yield _changed(
            first,
            base[first:after],
            ours[o : o + grown["ours"]],
            theirs[t : t + grown["theirs"]],
        )
        b, o, t = after, o + grown["ours"], t + grown["theirs"]
    yield from _same(base, ours, theirs, (b, o, t), len(base) - b)


def _same(
    base: Sequence[_Line],
    ours: Sequence[_Line],
    theirs: Sequence[_Line],
    at: tuple[int, int, int],
    n: int,
) -> Iterator[Block]:
    if n:
        sides = zip((base, ours, theirs), at, strict=True)
        yield Block("same", at[0] + 1, *(tuple(lines[i : i + n]) for lines, i in sides))


def _changed(
    first: int, base: Sequence[_Line], ours: Sequence[_Line], theirs: Sequence[_Line]
) -> Block:
    was, mine, other = ([text for text, _ in lines] for lines in (base, ours, theirs))
    kind: Kind = "overlap"
    if mine == other:
        kind = "both"
    elif mine == was:
        kind = "theirs"
    elif other == was:
        kind = "ours"
    return Block(kind, first + 1, tuple(base), tuple(ours), tuple(theirs))


def _common(block: Block) -> Iterator[_Line]:
    """The lines as both have them; an end that only they changed is theirs."""
    if block.kind == "both":
        yield from block.ours
        return
    for was, mine, other in zip(block.base, block.ours, block.theirs, strict=True):
        yield other if mine[1] == was[1] else mine


def _joined(lines: Sequence[_Line]) -> str:
    """A line that came from the end of a text may stand in the middle now, and the other way."""
    ends = Counter(end for _, end in lines if end)
    usual = ends.most_common(1)[0][0] if ends else "\n"
    found = [text + (end or usual) for text, end in lines[:-1]] + [text for text, _ in lines[-1:]]
    for at, after in enumerate(found[1:]):
        if found[at].endswith("\r") and after.startswith("\n"):  # together they were one line end
            found[at] = found[at][:-1] + "\n"
    return "".join(found)
