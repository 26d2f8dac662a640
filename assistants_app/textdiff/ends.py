"""What two lines begin and end with: most edits of a line change one place in it."""

from __future__ import annotations

from functools import lru_cache

SURELY = 0.75  # share of both lines that their ends have in common, from which none looks closer


def is_edit(a: str, b: str) -> bool:
    """Whether `b` surely is the line `a`, edited: so much of both is the same at either end."""
    head, tail = shared(a, b)
    size = len(a) + len(b) - a.count(" ") - b.count(" ")
    common = head + tail - a.count(" ", 0, head) - a.count(" ", len(a) - tail)
    return 2 * common >= SURELY * size > 0


@lru_cache(maxsize=64)  # asked twice of the lines of a block: are they alike, and how
def shared(old: str, new: str) -> tuple[int, int]:
    """How many characters both begin with and, of the others, end with, cut beside spaces: what
    is left between consists of whole tokens on both sides.
    """
    head = _alike_for(old, new)
    while head and not (old[head - 1] == " " and _no_space(old, head) and _no_space(new, head)):
        head = old.rfind(" ", 0, head - (old[head - 1] == " ")) + 1
    rest = min(len(old), len(new)) - head
    start = len(old) - _alike_for(old[::-1], new[::-1], rest)
    step = len(new) - len(old)
    while (start := old.find(" ", start)) >= 0:
        if start == 0 or (_no_space(old, start - 1) and _no_space(new, start + step - 1)):
            return head, len(old) - start
        start += 1
    return head, 0


def _alike_for(old: str, new: str, most: int | None = None) -> int:
    """How many characters both begin with, `most` at the most."""
    low, high = 0, min(len(old), len(new)) if most is None else most
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _no_space(text: str, at: int) -> bool:
    return at < 0 or not text[at : at + 1].isspace()
