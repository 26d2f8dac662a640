"""F59: someone migrates the database while processes of an older version are at work."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.commands.test_worker import ORDER
from tests.upstream import Upstream

if TYPE_CHECKING:
    from tests.commands.processes import Home

MIGRATE = """
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).record_applied("assistants_app", "9999_of_a_newer_version")
print("1")
"""
STATE = (
    "from assistants_app.models import PushOrder\nprint(json.dumps(PushOrder.objects.get().state))"
)
WORDS = "belongs to a newer version of the dashboard"


@pytest.mark.merge
@pytest.mark.parametrize("command", ["worker", "serve"])
def test_f59_a_database_that_was_brought_further_ends_the_work_of_older_code(
    home: Home, command: str
) -> None:
    """The push under way comes to its end; nothing is begun after it."""
    assert home.run("migrate").returncode == 0
    begun, noticed = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        noticed.wait(60)

    with Upstream(key="sk-test") as up:
        up.on("POST", "/assistants", half=wait)
        assert home.ask(ORDER.format(url=up.url)) == 1
        with home.running(command, PORT=str(home.port), SYNC_TIME_SCALE="0.3") as lines:
            assert begun.wait(60)
            assert home.ask(MIGRATE) == 1
            lines.until(WORDS)
            noticed.set()
            assert lines.ended() == 1
            assert WORDS in lines.said
            assert "Traceback" not in lines.said
        assert home.ask(STATE) == "idle"
        assert len(up.writes()) == len(up.assistants) == 1
