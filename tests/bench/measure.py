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


ROUND_MS = 20.0


def once(work: Callable[[], object], times: int = 1) -> float:
    """Milliseconds that one of so many calls takes, with the garbage of others out of the way."""
    gc.collect()
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) * 1000 / times


def repeats(work: Callable[[], object]) -> int:
    """How many calls make a round that a clock can measure and a cold cache does not decide."""
    work()
    return max(round(ROUND_MS / once(work)), 1)


def against(
    goal: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    bar: str,
    rounds: int,
    note: str = "",
) -> Row:
    """How many times quicker ours is: medians of alternating rounds of some 20 ms each."""
    mine, other = repeats(ours), repeats(theirs)
    pairs = [(once(ours, mine), once(theirs, other)) for _ in range(rounds)]
    our_ms, their_ms = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    return Row(goal, our_ms, their_ms, their_ms / our_ms, bar, note)


def left_out(goal: str, ours: Callable[[], object], *, bar: str, rounds: int, note: str) -> Row:
    """Ours alone, where the peer is not installed; the note names it."""
    times = repeats(ours)
    return Row(goal, median(once(ours, times) for _ in range(rounds)), None, None, bar, note)
