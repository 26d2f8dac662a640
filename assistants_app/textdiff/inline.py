"""An edited line told in one: what went stands before what came, the rest once."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from assistants_app.textdiff import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistants_app.textdiff import Pieces


def inline(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, with the two of an edited line as one "same" row; its pieces are of three kinds."""
    last: Row | None = None
    for row in rows:
        if last and row.kind == "add" and _is_kept(last) and _is_kept(row):
            pieces = _together(last.pieces, row.pieces)
            yield Row("same", last.old_no, row.new_no, pieces, part=row.part)
            last = None
            continue
        if last:
            yield last
        last = row if row.kind == "del" else None
        if not last:
            yield row
    if last:
        yield last


def _is_kept(row: Row) -> bool:
    """Whether it is one side of an edited line, some of which stayed."""
    return any(kind == "same" for kind, _ in row.pieces)


def _together(was: Pieces, now: Pieces) -> Pieces:
    old, new = deque(was), deque(now)
    found = []
    while old or new:
        if old and old[0][0] == "del":
            found.append(old.popleft())
        elif new and new[0][0] == "ins":
            found.append(new.popleft())
        else:  # the same text on both sides, though not cut in the same places
            x, y = old.popleft()[1], new.popleft()[1]
            size = min(len(x), len(y))
            found.append(("same", x[:size]))
            for side, left in ((old, x[size:]), (new, y[size:])):
                if left:
                    side.appendleft(("same", left))
    return tuple(found)
