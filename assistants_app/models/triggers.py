"""The append-only guards in the database itself, for SQLite and PostgreSQL (reliability.md 8.3).

Django's SQLite schema editor drops triggers when it rebuilds a table, so they are installed anew
after every migration; `missing` is what the system check and the runner ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

GUARDED = (
    "assistants_app_auditentry",
    "assistants_app_version",
    "assistants_app_review",
)
_FUNCTION = """
CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'append-only'; END $$
"""


def _names(table: str) -> tuple[str, str]:
    return f"{table}_guard_1", f"{table}_guard_2"


def _statements(vendor: str, table: str) -> list[str]:
    first, second = _names(table)
    if vendor == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        return [
            f"CREATE TRIGGER {first} BEFORE UPDATE ON {table} {refuse}",
            f"CREATE TRIGGER {second} BEFORE DELETE ON {table} {refuse}",
        ]
    return [
        f"CREATE TRIGGER {first} BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION append_only()",
        f"CREATE TRIGGER {second} BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {first}",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {second}",
    ]


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the guards that the database lacks, for tables that exist."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    )
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    return [n for t in GUARDED if t in tables for n in _names(t) if n not in present]


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Create the guards that are missing; returns their names. Safe to repeat."""
    wanted = missing(connection)
    if not wanted:
        return []
    tables = {name.rpartition("_guard_")[0] for name in wanted}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for table in sorted(tables):
            _drop(cursor, connection.vendor, table)
            for statement in _statements(connection.vendor, table):
                cursor.execute(statement)
    return wanted


def drop(connection: BaseDatabaseWrapper) -> None:
    """Lift the guards: for the flush between tests, never in the product."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for table in GUARDED:
            if table in tables:
                _drop(cursor, connection.vendor, table)


def _drop(cursor: object, vendor: str, table: str) -> None:
    for name in _names(table):
        tail = "" if vendor == "sqlite" else f" ON {table}"
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}{tail}")  # type: ignore[attr-defined]
