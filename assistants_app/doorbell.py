"""Wakes whoever runs the work, once the transaction that asked for it has committed.

The rows are the truth; the bell only saves the wait for the next tick.
"""

from __future__ import annotations

import threading
from typing import Literal

from django.db import transaction

bell = threading.Event()


def ring(kind: Literal["push_order", "job", "connection"], pk: int) -> None:  # noqa: ARG001  # names what is due
    """Ask for the row `pk` to be looked at as soon as this transaction commits."""
    transaction.on_commit(bell.set)
