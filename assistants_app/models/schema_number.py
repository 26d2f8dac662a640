"""Whether this process's code and the database belong together: the newest migration of each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from django.db.migrations.recorder import MigrationRecorder

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

APP = "assistants_app"


@cache
def of_code() -> str:
    """The newest migration that was here when this process first asked."""
    names = (item.name for item in files(f"{APP}.migrations").iterdir())
    return max(name.removesuffix(".py") for name in names if name[:4].isdecimal())


def of_database(connection: BaseDatabaseWrapper) -> str:
    """The newest migration that was applied; "" where there is none."""
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return ""
    applied = recorder.migration_qs.filter(app=APP).order_by("-name")
    return applied.values_list("name", flat=True).first() or ""


def is_newer(connection: BaseDatabaseWrapper) -> bool:
    """True when the database was brought further than this process's code knows."""
    return of_database(connection) > of_code()
