"""What a database's refusal means: out of service for now, or two who got in each other's way.

And how the threads of one process keep out of each other's way on SQLite.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from django.db import (
    DEFAULT_DB_ALIAS,
    InternalError,
    OperationalError,
    connection,
    connections,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# SQLSTATE of PostgreSQL; SQLite knows neither, since its transactions begin with the write lock.
_READ_ONLY = "25006"
TRIES = 3  # of whatever the database undid for the sake of another transaction
_COLLISIONS = ("40001", "40P01")  # serialization failure, deadlock
_line = threading.RLock()
_LISTED = ("assistant", "change", "pushorder", "auditentry")


def is_out_of_service(error: Exception) -> bool:
    """True when nothing can be written just now: locked, full, read-only, gone."""
    is_read_only = isinstance(error, InternalError) and _state(error) == _READ_ONLY
    return is_read_only or isinstance(error, OperationalError)


def is_collision(error: Exception) -> bool:
    """True when the database undid this transaction for the sake of another: try again."""
    return isinstance(error, OperationalError) and _state(error) in _COLLISIONS


def _state(error: Exception) -> str:
    return str(getattr(error.__cause__, "sqlstate", None) or "")


@contextlib.contextmanager
def in_turn(*, lasts: bool = True) -> Iterator[None]:
    """Around a short write that opens its own transaction, for threads that often write at once.

    Whoever finds SQLite's write lock taken looks again after up to 100 ms; here they stand in line
    instead. `lasts`: False for what means nothing to anybody after a power failure: it is not
    brought to the disk by itself, but with the next commit that lasts. PostgreSQL needs neither.
    """
    here = connections[DEFAULT_DB_ALIAS]  # once, since it is looked for anew each time
    if here.vendor != "sqlite" or here.in_atomic_block:
        yield
        return
    with _line:
        if lasts:
            yield
            return
        here.ensure_connection()
        here.connection.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            here.connection.execute("PRAGMA synchronous=FULL")


def weigh() -> None:
    """Have SQLite note from samples how the tables of the lists are filled: milliseconds.

    Without that it walks a whole list for a few rows that it could look up. Connections that are
    opened afterwards know it. PostgreSQL does this by itself.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit=400")
            for table in _LISTED:
                cursor.execute(f"ANALYZE assistants_app_{table}")
