"""How two things are measured against each other."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Row:
    """One goal: the medians in milliseconds, their ratio, and the bar that it has to reach."""

    goal: str
    ours_ms: float
    theirs_ms: float | None
    ratio: float | None
    bar: str
    note: str = ""


def once(work: Callable[[], object]) -> float:
    """Milliseconds that one call takes, with the garbage of others out of the way."""
    gc.collect()
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def against(
    goal: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    bar: str,
    rounds: int,
    note: str = "",
) -> Row:
    """How many times quicker ours is: medians of alternating rounds after one to warm up."""
    ours()
    theirs()
    pairs = [(once(ours), once(theirs)) for _ in range(rounds)]
    mine, other = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    return Row(goal, mine, other, other / mine, bar, note)


def left_out(goal: str, ours: Callable[[], object], *, bar: str, rounds: int, note: str) -> Row:
    """Ours alone, where the peer is not installed; the note names it."""
    ours()
    return Row(goal, median(once(ours) for _ in range(rounds)), None, None, bar, note)
