"""System checks of our own: what would break a promise silently is said at the start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from assistants_app import killpoints
from assistants_app.models import AuditEntry, triggers

if TYPE_CHECKING:
    from collections.abc import Sequence


@register(Tags.database)
def guards_present(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Error when an append-only guard is missing from a migrated database."""
    gone = [name for alias in databases or [] for name in triggers.missing(connections[alias])]
    hint = "Run: manage.py migrate --skip-checks (it puts the guards back)."
    return [
        Error(f"The append-only guard {name} is missing.", hint=hint, id="dash.E001")
        for name in gone
    ]


@register()
def guarded_tables_named(**_: Any) -> list[CheckMessage]:
    """Error when the list of guarded tables and the models have drifted apart."""
    if AuditEntry._meta.db_table in triggers.GUARDED:
        return []
    return [Error("The audit table is not guarded.", id="dash.E002")]


@register(Tags.security)
def http_only_on_loopback(**_: Any) -> list[CheckMessage]:
    if settings.USE_TLS or settings.ON_LOOPBACK:
        return []
    return [Error("SITE_URL must be https, except on this machine itself.", id="dash.E003")]


@register(Tags.security)
def keys_are_private(**_: Any) -> list[CheckMessage]:
    folder = settings.DATA_DIR / "keys"
    files = [path for path in folder.glob("*") if path.stat().st_mode & 0o077]
    return [Error(f"{path} can be read by others: chmod 600.", id="dash.E004") for path in files]


@register()
def test_switches_off(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SYNC_TIME_SCALE != 1.0:
        found.append(Warning("SYNC_TIME_SCALE is for tests.", id="dash.W001"))
    if killpoints.armed() or "ASSISTANTS_KILL_AT" in os.environ:
        found.append(
            Warning("ASSISTANTS_KILL_AT ends this process; it is for tests.", id="dash.W002")
        )
    return found
