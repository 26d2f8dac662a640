"""What an action left behind: which audit entries, and that a refused one left nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import models

from assistants_app.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.errors import DomainError

Rows = dict[str, list[dict[str, Any]]]


def rows() -> Rows:
    """Every row of every table of the application."""
    tables = apps.get_app_config("assistants_app").get_models()
    return {
        table._meta.label: list(models.QuerySet(table).order_by("pk").values()) for table in tables
    }


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
