"""What an action left behind: which audit entries, and that a refused one left nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import connection

from assistants_app.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db import models
    from django.db.backends.utils import CursorWrapper

    from assistants_app.errors import DomainError

Rows = dict[str, list[dict[str, Any]]]


def rows() -> Rows:
    """Every row of every table of the application, as the database holds it."""
    tables = apps.get_app_config("assistants_app").get_models()
    with connection.cursor() as cursor:
        return {table._meta.label: _rows(cursor, table) for table in tables}


def _rows(cursor: CursorWrapper, table: type[models.Model]) -> list[dict[str, Any]]:
    cursor.execute(f"SELECT * FROM {table._meta.db_table} ORDER BY {table._meta.pk.column}")  # noqa: S608
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def newest() -> int:
    return AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


@contextmanager
def tells(*actions: str) -> Iterator[list[AuditEntry]]:
    """Exactly these audit entries come to be inside; the list holds them afterwards."""
    entries: list[AuditEntry] = []
    before = newest()
    yield entries
    entries += AuditEntry.objects.filter(seq__gt=before).order_by("seq")
    assert [entry.action for entry in entries] == list(actions)


@contextmanager
def refuses(
    error: type[DomainError], code: str = "", *, match: str = "."
) -> Iterator[pytest.ExceptionInfo[Any]]:
    """This error is raised inside, and no row anywhere is another one than before."""
    before = rows()
    with pytest.raises(error, match=match) as caught:
        yield caught
    if code:
        assert getattr(caught.value, "code", None) == code
    assert rows() == before


@contextmanager
def writes_nothing() -> Iterator[None]:
    before = rows()
    yield
    assert rows() == before
