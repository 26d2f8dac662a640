"""What the database is told about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from assistants_app.models import storage
from tests import builders

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace


def test_sqlite_notes_how_full_its_tables_are(workspace: Workspace, alice: User) -> None:
    builders.make_change(workspace, alice)
    storage.weigh()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1")
            assert "assistants_app_assistant" in {row[0] for row in cursor.fetchall()}
