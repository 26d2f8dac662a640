"""What fixtures make, the actions make once; the tests after that get the same rows written anew.

An action asks and checks far more than it writes: an assistant with its review takes 78 queries, of
which 20 write. So the statements of a builder are kept, with what it returned, and repeated where
nothing can have changed what they would be:

- a test's setup, in SQLite, within the transaction that undoes the test, and nothing else around it
- nothing but remembered builders has written there since the test began
- the same builders before it, the same arguments, and tables that count from the same numbers
- the real clock, the real settings, no `monkeypatch`; and at most `FRESH` seconds old

Anything else is made by the actions, each time.
"""

from __future__ import annotations

import copy
import itertools
import time
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import time_machine
from django.conf import UserSettingsHolder, settings
from django.db import connection, models

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import pytest

P = ParamSpec("P")
R = TypeVar("R")

FRESH = 40.0  # seconds
PLAIN = (str, int, float, type(None))
WRITES = ("INSERT", "UPDATE", "DELETE")
READS = ("SELECT", "SAVEPO", "RELEAS")
DEPTH = 1  # the transaction that undoes a test


@dataclass
class Made:
    """`no` is unlike any other; `statements`: SQL with its parameters, in order."""

    no: str
    statements: list[tuple[str, Any]]
    result: Any
    at: float

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.at < FRESH


class Memory:
    """What was made, by what stood there before and by the call that made it.

    `state`: what the present test's setup has made, as the number of the last one: that followed
    upon one before it, and so on. None where it is not known.
    """

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], Made] = {}
        self.state: str | None = None
        self._seen: tuple[Any, int] = (None, 0)
        self._count = itertools.count(1)

    def begin(self, item: pytest.Item) -> None:
        """A test's setup begins."""
        self.state = None if connection.vendor != "sqlite" or _patches(item) else ""
        self._look()

    def end(self) -> None:
        """The setup is over: what a test itself makes, it makes."""
        self.state = None

    def knows_the_state(self) -> bool:
        """Whether `state` tells all that is in the tables."""
        if self.state is None or connection.connection is None:
            return False
        if len(connection.atomic_blocks) != DEPTH or not connection.atomic_blocks[0]._from_testcase:
            return False
        if isinstance(settings._wrapped, UserSettingsHolder):
            return False
        if time_machine.escape_hatch.is_travelling():
            return False
        line, changes = self._seen
        return self._changes() == (changes if line is connection.connection else 0)

    def get(self, build: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What `build` makes, from memory where that is the same."""
        if not self.knows_the_state() or (key := _key(args, kwargs)) is None:
            return build(*args, **kwargs)
        call = (self.state or _numbers(), f"{build.__name__}{key}")
        made = self.made.get(call)
        self.state = None  # what it makes on the way is part of it
        if made and made.is_fresh:
            with connection.cursor() as cursor:
                for statement, values in made.statements:
                    cursor.execute(statement, values)
            result: R = copy.deepcopy(made.result)
        else:
            said = _Statements()
            with said.listening():
                result = build(*args, **kwargs)
            if not said.are_whole or _key(args, kwargs) != key:
                return result
            made = self._keep(call, said, result)
        self.state = made.no
        self._look()
        return result

    def _keep(self, call: tuple[str, str], said: _Statements, result: Any) -> Made:
        self.made = {known: made for known, made in self.made.items() if made.is_fresh}
        no, now = f"#{next(self._count)}", time.monotonic()
        self.made[call] = Made(no, said.kept, copy.deepcopy(result), now)
        return self.made[call]

    def _look(self) -> None:
        self._seen = (connection.connection, self._changes())

    def _changes(self) -> int:
        """How many rows were ever changed over this connection."""
        line = connection.connection
        return int(line.total_changes) if connection.vendor == "sqlite" and line else 0


class _Statements:
    """What is written; `are_whole` is false once there was anything that cannot be repeated."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, Any]] = []
        self.are_whole = True

    def listening(self) -> AbstractContextManager[None]:
        return connection.execute_wrapper(self._hear)

    def _hear(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        word = sql.lstrip()[:6].upper()
        if word in WRITES and not many:
            self.kept.append((sql, params))
        elif word not in READS:
            self.are_whole = False
        try:
            return execute(sql, params, many, context)
        except BaseException:
            self.are_whole = False
            raise


def _patches(item: pytest.Item) -> bool:
    """Whether the test or a fixture of ours may change the code that builds."""
    known = getattr(item, "_fixtureinfo", None)
    if known is None or "monkeypatch" in known.argnames:
        return True
    return any(
        "monkeypatch" in fixture.argnames and fixture.func.__module__.startswith("tests.")
        for fixtures in known.name2fixturedefs.values()
        for fixture in fixtures
    )


def _numbers() -> str:
    """Where the tables go on counting: after tests that cannot be undone it is not at 1."""
    rows = connection.connection.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name")
    return repr(rows.fetchall())


def _key(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """The arguments, rows with all their columns; None where one is of a kind we cannot tell."""
    parts = [_told(value) for value in (*args, *kwargs.values())]
    return None if None in parts else f"({parts}, {list(kwargs)})"


def _told(value: Any) -> str | None:
    if isinstance(value, models.Model):
        columns = [getattr(value, field.attname) for field in value._meta.concrete_fields]
        return f"{value._meta.label}{columns!r}"
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if not isinstance(value, list | tuple):
        return None
    parts = [_told(one) for one in value]
    return None if None in parts else repr(parts)


MEMORY = Memory()


def remembered(build: Callable[P, R]) -> Callable[P, R]:
    """A builder that a test's setup may have from memory."""

    @wraps(build)
    def made(*args: P.args, **kwargs: P.kwargs) -> R:
        return MEMORY.get(build, *args, **kwargs)

    return made
