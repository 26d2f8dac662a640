"""How many calls of one process go to one server at once, however many threads want to call it.

More threads than that may work for a server: while some of them read and write the database, the
others keep its line busy.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE: Final = 8
SOON: Final = 0.0005  # seconds
MANY: Final = 50_000  # objects that can hold others
_free: defaultdict[int, threading.Semaphore]


def _start_anew() -> None:
    global _free  # a child that was forked has none of its parent's threads
    _free = defaultdict(lambda: threading.Semaphore(AT_ONCE))


_start_anew()
os.register_at_fork(after_in_child=_start_anew)


@contextlib.contextmanager
def turn(server: int, *, patience: float) -> Iterator[bool]:
    """Whether the caller may call `server` (its number here) until the end of the block.

    `patience`: seconds to wait for that.
    """
    free = _free[server]
    is_ours = free.acquire(timeout=patience)
    try:
        yield is_ours
    finally:
        if is_ours:
            free.release()


def suit_many_calls() -> None:
    """Set this process up for many calls at once: for a worker, which does nothing else.

    Not where pages are made: threads that all compute would only take turns more often.

    A thread whose answer has come waits 0.5 ms for one that computes, and not Python's 5 ms. And
    the search for objects that hold each other begins after 50,000 new ones, not 700: what is read
    from a server is a tree, in which none do.
    """
    sys.setswitchinterval(SOON)
    gc.set_threshold(MANY, *gc.get_threshold()[1:])
