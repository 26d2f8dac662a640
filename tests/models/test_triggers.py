"""The guarded tables refuse every change, by every route, on both databases."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection, models, transaction

from assistants_app import checks
from assistants_app.models import AuditEntry, Review, Version, triggers
from assistants_app.models.assistants import AppendOnly
from assistants_app.runner import Runner
from tests import builders

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace

GUARDED: list[type[models.Model]] = [AuditEntry, Version, Review]
BY_SQL = {
    "sqlite": (
        "UPDATE {table} SET source = 'x'",
        "DELETE FROM {table}",
        "REPLACE INTO {table} SELECT * FROM {table}",
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ),
    "postgresql": (
        "UPDATE {table} SET source = 'x'",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({pk}) DO UPDATE SET source = 'x'",
    ),
}[connection.vendor]


@pytest.fixture
def rows(workspace: Workspace, alice: User, bob: User) -> None:
    """At least one row in every guarded table, with nothing left to check at the commit."""
    builders.make_assistant(workspace, author=alice, reviewer=bob)
    connection.check_constraints()


@pytest.mark.parametrize("model", GUARDED)
@pytest.mark.usefixtures("rows")
def test_a_row_cannot_be_saved_again_or_deleted(model: type[models.Model]) -> None:
    row = model._default_manager.first()
    assert row is not None
    for attempt in (row.save, row.delete, lambda: row.save(update_fields=["source"])):
        with pytest.raises(TypeError, match="append-only"):
            attempt()


@pytest.mark.parametrize("model", GUARDED)
@pytest.mark.usefixtures("rows")
def test_a_queryset_cannot_update_or_delete(model: type[models.Model]) -> None:
    every = model._default_manager.all()
    row = every.first()
    for attempt in (
        lambda: every.update(source="x"),
        every.delete,
        lambda: every.bulk_update([row], ["source"]),
        lambda: every.update_or_create(pk=row.pk, defaults={"source": "x"}),
    ):
        with pytest.raises(TypeError, match="append-only"), transaction.atomic():
            attempt()


@pytest.mark.parametrize("model", GUARDED)
@pytest.mark.usefixtures("rows")
def test_whoever_goes_around_the_model_is_stopped_by_the_database(
    model: type[models.Model],
) -> None:
    plain = models.QuerySet(model)
    for attempt in (
        lambda: plain.update(source="x"),
        lambda: plain.all()._raw_delete("default"),
        lambda: plain.bulk_create(
            list(plain),
            update_conflicts=True,
            unique_fields=[model._meta.pk.name],
            update_fields=["source"],
        ),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()


@pytest.mark.parametrize("statement", BY_SQL)
@pytest.mark.parametrize("model", GUARDED)
@pytest.mark.usefixtures("rows")
def test_plain_sql_is_refused_and_nothing_has_changed(
    model: type[models.Model], statement: str
) -> None:
    before = list(models.QuerySet(model).order_by("pk").values())
    sql = statement.format(table=model._meta.db_table, pk=model._meta.pk.column)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert before
    assert list(models.QuerySet(model).order_by("pk").values()) == before


def test_every_append_only_model_is_guarded_and_no_other_one() -> None:
    append_only = [model for model in apps.get_models() if issubclass(model, AppendOnly)]
    assert {model._meta.db_table for model in append_only} == set(triggers.GUARDED)


def _drop(name: str) -> None:
    table = name.rpartition("_guard_")[0]
    tail = "" if connection.vendor == "sqlite" else f" ON {table}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{tail}")


NAMES = [f"{table}_guard_{n}" for table in triggers.GUARDED for n in (1, 2)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.django_db
def test_a_missing_guard_is_an_error_until_it_is_installed_again(name: str) -> None:
    assert checks.guards_present(["default"]) == []
    _drop(name)
    (found,) = checks.guards_present(["default"])
    assert (found.id, name in found.msg) == ("dash.E001", True)
    assert triggers.install(connection) == [name]
    assert checks.guards_present(["default"]) == []
    assert triggers.install(connection) == []


@pytest.mark.django_db(transaction=True)
def test_migrate_puts_a_missing_guard_back_as_its_error_says() -> None:
    _drop(NAMES[0])
    with pytest.raises(SystemCheckError, match="migrate --skip-checks"):
        call_command("check", databases=["default"])
    call_command("migrate", verbosity=0, skip_checks=True)
    assert triggers.missing(connection) == []
    call_command("check", databases=["default"])


@pytest.mark.django_db(transaction=True)
def test_the_runner_puts_a_missing_guard_back() -> None:
    _drop(NAMES[1])
    runner = Runner(hands=0)
    runner.tick()
    assert triggers.missing(connection) == []
    (entry,) = AuditEntry.objects.filter(action="audit.guard_restored")
    assert (entry.actor_kind, entry.source) == ("system", "worker")
    assert NAMES[1] in entry.body
    Runner(hands=0).tick()  # nothing is missing: nothing is told
    assert AuditEntry.objects.filter(action="audit.guard_restored").count() == 1


@pytest.mark.parametrize("model", GUARDED)
@pytest.mark.django_db(transaction=True)
def test_a_migration_that_rebuilds_the_table_leaves_it_guarded(
    model: type[models.Model], workspace: Workspace, alice: User, bob: User
) -> None:
    """On SQLite a rebuilt table has lost its guards without a word (reliability.md 8.3)."""
    builders.make_assistant(workspace, author=alice, reviewer=bob)
    field = model._meta.get_field("source")
    wider = copy.copy(field)
    wider.max_length += 1  # type: ignore[union-attr]
    for old, new in ((field, wider), (wider, field)):
        with connection.schema_editor() as editor:
            editor.alter_field(model, old, new)  # type: ignore[arg-type]
    is_bare = any(model._meta.db_table in name for name in triggers.missing(connection))
    assert is_bare == (connection.vendor == "sqlite")
    call_command("migrate", verbosity=0, skip_checks=True)
    assert triggers.missing(connection) == []
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  # our own
