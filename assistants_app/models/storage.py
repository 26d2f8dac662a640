"""What a database's refusal means: out of service for now, or two who got in each other's way."""

from __future__ import annotations

from django.db import InternalError, OperationalError

# SQLSTATE of PostgreSQL; SQLite knows neither, since its transactions begin with the write lock.
_READ_ONLY = "25006"
TRIES = 3  # of whatever the database undid for the sake of another transaction
_COLLISIONS = ("40001", "40P01")  # serialization failure, deadlock


def is_out_of_service(error: Exception) -> bool:
    """True when nothing can be written just now: locked, full, read-only, gone."""
    is_read_only = isinstance(error, InternalError) and _state(error) == _READ_ONLY
    return is_read_only or isinstance(error, OperationalError)


def is_collision(error: Exception) -> bool:
    """True when the database undid this transaction for the sake of another: try again."""
    return isinstance(error, OperationalError) and _state(error) in _COLLISIONS


def _state(error: Exception) -> str:
    return str(getattr(error.__cause__, "sqlstate", None) or "")
