"""The difference of two texts, computed once for all that ask: pages show the same pair often."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from assistants_app import textdiff
from assistants_app.textdiff import Row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from assistants_app.textdiff import Diff

# Pairs that a process keeps: of the longest texts there are, some 30 MB.
PAIRS = 16


@lru_cache(maxsize=PAIRS)
def whole(before: str, after: str) -> Diff:
    """`textdiff.difference` with every row of both texts."""
    return textdiff.difference(before, after, context=None)


def difference(
    before: str,
    after: str,
    *,
    context: int | None = 3,
    opened: Collection[int] = (),
    marked: Collection[int] = (),
) -> Diff:
    """`textdiff.difference`; a fold whose first line (of the new text) is in `opened` is open,
    and of others the lines in `marked` are shown with `context` around them.
    """
    found = whole(before, after)
    if context is None:
        return found
    rows: list[Row] = []
    for fold, hidden in _unfolded(found.rows, context):
        if fold is None or fold.new_no in opened:
            rows += hidden
        else:
            rows += _parted(hidden, marked, context)
    return replace(found, rows=tuple(rows))


def behind(before: str, after: str, first: int, last: int) -> tuple[Row, ...]:
    """The rows that stayed the same from one line of the new text to another."""
    rows = whole(before, after).rows
    return tuple(r for r in rows if r.kind == "same" and r.new_no and first <= r.new_no <= last)


def _unfolded(rows: Sequence[Row], context: int) -> Iterator[tuple[Row | None, Sequence[Row]]]:
    """(fold, the rows behind it) and (None, rows that are shown), in order."""
    at = 0
    for row in textdiff.folded(rows, context):
        size = row.hidden or 1
        yield (row if row.kind == "fold" else None), rows[at : at + size]
        at += size


def _parted(hidden: Sequence[Row], marked: Collection[int], context: int) -> Iterator[Row]:
    """A fold's rows folded around the lines that are marked."""
    near = {line + step for line in marked for step in range(-context, context + 1)}
    for shown, run in groupby(hidden, lambda row: row.new_no in near):
        rows = list(run)
        if shown or len(rows) < 2:
            yield from rows
        else:
            first = rows[0]
            yield Row("fold", first.old_no, first.new_no, (), len(rows), first.part)


def moved(before: str, after: str, first: int, last: int) -> tuple[int, int] | None:
    """Where the lines `first` to `last` of `before` are in `after`; None where none is left.

    A line that was edited is still that line as far as the difference shows it as one.
    """
    rows = whole(before, after).rows
    found = [new for old, new in _partners(rows) if first <= old <= last]
    return (min(found), max(found)) if found else None


def _partners(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """(line of the old text, line of the new one) of what stayed or was edited."""
    for n, row in enumerate(rows):
        if row.kind == "same" and row.old_no and row.new_no:
            yield row.old_no, row.new_no
        elif row.kind == "del" and row.old_no and n + 1 < len(rows):
            new = rows[n + 1]
            # A line that went as a whole has one piece, and that is none it shares.
            if new.kind == "add" and new.new_no and any(kind == "same" for kind, _ in row.pieces):
                yield row.old_no, new.new_no
