"""Statements that are made once and run often.

Django makes the SQL of a queryset anew each time it is used, which takes ten times as long as the
database needs for it, and a push runs more than twenty. A `Statement` is an ordinary queryset whose
values are left open as `Given("name")`: its SQL is made at the first use on a kind of database and
run with other values from then on. Reading it back, rows become what that queryset would give.
What else a row needs to be read is made once for each thread, since a connection belongs to one.
"""

from __future__ import annotations

import copy
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections, models, router, transaction
from django.db.models import sql
from django.db.models.query import ValuesListIterable

from assistants_app.models import storage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    Rows: TypeAlias = Any  # a QuerySet, of which more is used than its types tell


class Given(models.Expression):
    """A value that is told when the statement runs; `field` says how the database wants it."""

    def __init__(self, name: str, field: Any) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (self,)


class Counted(models.Subquery):
    """How many rows a queryset has, `most` + 1 for more: no further ones are looked for."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()

    def __init__(self, rows: Rows, *, most: int) -> None:
        super().__init__(rows.order_by().values("pk")[: most + 1])


class _Made(NamedTuple):
    """A queryset, a compiler of it, its SQL and the values of that, some of them `Given`.

    Of one that reads: how the columns are read, by their place.
    """

    rows: Rows
    compiler: Any
    text: str
    given: tuple[Any, ...]
    converters: Mapping[int, Any] = MappingProxyType({})


class Statement:
    """What all have in common: SQL by kind of database, and values put where they are given."""

    def __init__(self, make: Callable[[], Rows]) -> None:
        self._make = make
        self._made: dict[str, _Made] = {}
        self._here = threading.local()

    def _query(self, rows: Rows) -> Any:
        return rows.query

    def _told(self, values: dict[str, Any]) -> tuple[_Made, tuple[Any, ...]]:
        """The statement as this thread runs it, and every value of it in its place."""
        made = self._at()
        connection = made.compiler.connection
        return made, tuple(
            value.output_field.get_db_prep_value(values[value.name], connection)
            if isinstance(value, Given)
            else value
            for value in made.given
        )

    def _at(self) -> _Made:
        """As this thread runs it, on its own connection."""
        alias = router.db_for_write(models.Model)
        connection = connections[alias]
        mine: _Made | None = getattr(self._here, "made", None)
        if mine is None or mine.compiler.connection is not connection:
            made = self._made.get(connection.vendor) or self._make_for(alias)
            compiler = copy.copy(made.compiler)
            compiler.connection, compiler.using = connection, alias
            mine = self._here.made = self._bound(made._replace(compiler=compiler))
        return mine

    def _make_for(self, alias: str) -> _Made:
        rows = self._make()
        compiler = self._query(rows).get_compiler(using=alias)
        text, given = compiler.as_sql()
        made = _Made(rows, compiler, text, tuple(given))
        self._made[connections[alias].vendor] = made
        return made

    def _bound(self, made: _Made) -> _Made:
        return made


class Select(Statement):
    """Reads rows: instances, or tuples where the queryset says `values_list`."""

    def _bound(self, made: _Made) -> _Made:
        """A queryset whose compiler is this one, which knows already how to read each column."""
        rows, compiler = made.rows, made.compiler
        found = compiler.get_converters([column for column, *_ in compiler.select])
        compiler.get_converters = lambda _: found
        query = copy.copy(rows.query)
        query.get_compiler = lambda *_args, **_options: compiler
        mine: Any = type(rows)(model=rows.model, query=query, using=compiler.using)
        mine._fields, mine._iterable_class = rows._fields, rows._iterable_class
        return made._replace(rows=mine, converters=found)

    def all(self, **values: Any) -> list[Any]:
        made, told = self._told(values)
        compiler = made.compiler
        if made.rows._iterable_class is not ValuesListIterable:
            compiler.as_sql = lambda *_args, **_options: (made.text, told)
            return list(made.rows._iterable_class(made.rows))
        with compiler.connection.cursor() as cursor:
            cursor.execute(made.text, told)
            found = cursor.fetchall()
        if found and made.converters:
            found = map(tuple, compiler.apply_converters(found, made.converters))
        return list(found)

    def first(self, **values: Any) -> Any:
        """The first row, None when there is none; the queryset says how many it reads."""
        found = self.all(**values)
        return found[0] if found else None


class Update(Statement):
    """Changes rows; `fields` as for `QuerySet.update`."""

    lasts = True

    def __init__(self, make: Callable[[], Rows], **fields: Any) -> None:
        super().__init__(make)
        self._fields = fields

    def _query(self, rows: Rows) -> Any:
        query: Any = rows.query.chain(sql.UpdateQuery)
        query.add_update_values(self._fields)
        return query

    def run(self, **values: Any) -> int:
        """How many rows it changed."""
        with storage.in_turn(lasts=self.lasts):
            return _run(*self._told(values))


class Passing(Update):
    """One that means nothing to anybody after a power failure (`storage.in_turn`)."""

    lasts = False


class Delete(Statement):
    """Deletes rows that nothing refers to."""

    def _query(self, rows: Rows) -> Any:
        return rows.query.chain(sql.DeleteQuery)

    def run(self, **values: Any) -> int:
        """How many rows it deleted."""
        return _run(*self._told(values))


def _run(made: _Made, told: tuple[Any, ...]) -> int:
    compiler = made.compiler
    with (
        transaction.mark_for_rollback_on_error(using=compiler.using),
        compiler.connection.cursor() as cursor,
    ):
        cursor.execute(made.text, told)
        return int(cursor.rowcount)


class Insert:
    """Adds rows of `model`, told as instances that were not saved, every column as it stands there;
    a key that the database gives is set on them.
    """

    def __init__(self, model: type[models.Model]) -> None:
        self._model = model
        self._made: dict[str, str] = {}

    def run(self, row: models.Model) -> None:
        alias = router.db_for_write(self._model)
        connection, pk = connections[alias], self._model._meta.pk
        is_counted = isinstance(pk, models.AutoField)
        fields = [f for f in self._model._meta.concrete_fields if not (is_counted and f is pk)]
        if connection.vendor not in self._made:
            query: Any = sql.InsertQuery(self._model)
            query.insert_values(fields, [row])
            compiler = query.get_compiler(using=alias)
            compiler.returning_fields = [pk] if is_counted else []
            self._made[connection.vendor] = compiler.as_sql()[0][0]
        told = [f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields]
        with transaction.mark_for_rollback_on_error(using=alias), connection.cursor() as cursor:
            cursor.execute(self._made[connection.vendor], told)
            if is_counted:
                row.pk = cursor.fetchone()[0]
        row._state.adding, row._state.db = False, alias
