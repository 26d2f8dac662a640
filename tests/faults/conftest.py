"""Processes that may be killed, on the database of the tests, and an upstream that sees it all."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection

from tests.builders import make_connection
from tests.faults import invariants
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Connection, User, Workspace

SCALE = 0.05


def _database_url() -> str:
    """The test database's address, as the settings of another process read it."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    who = f"{quote(at['USER'])}:{quote(at['PASSWORD'])}@{at['HOST']}:{at['PORT'] or 5432}"
    return f"postgres://{who}/{at['NAME']}"


@pytest.fixture(autouse=True)
def _listening() -> Iterator[None]:
    """What is logged belongs to one test."""
    invariants.LOGGED.lines.clear()
    root = logging.getLogger()
    root.addHandler(invariants.LOGGED)
    yield
    root.removeHandler(invariants.LOGGED)


@dataclass
class Processes:
    """Runs steps in processes of their own."""

    zygote: subprocess.Popen[str]

    def run(self, step: str, *, kill_at: str = "", **arguments: Any) -> dict[str, Any]:
        """Do one step; `kill_at` is `name:n` of a kill point."""
        end = self._ask({"step": step, "kill_at": kill_at} | arguments)
        assert end["code"] == 0, "the step failed: see stderr"
        return end

    def begin(self, step: str, **arguments: Any) -> int:
        """Start a step that goes on until `end`; gives its process id."""
        return int(self._ask({"begin": step} | arguments)["pid"])

    def end(self, pid: int) -> None:
        """Kill what was begun; fails when it had ended by itself."""
        assert self._ask({"end": pid})["was_alive"], "it ended by itself: see stderr"

    def wait(self, pid: int) -> None:
        """Until what was begun has ended by itself; fails when it ended by an error."""
        assert self._ask({"wait": pid})["code"] == 0, "it did not end well: see stderr"

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        connection.close()  # so that nobody waits for a lock of ours
        assert self.zygote.stdin is not None
        assert self.zygote.stdout is not None
        self.zygote.stdin.write(json.dumps(order) + "\n")
        self.zygote.stdin.flush()
        answer: dict[str, Any] = json.loads(self.zygote.stdout.readline())
        return answer

    def kill(self, step: str, at: str, **arguments: Any) -> None:
        """Do one step and be killed at that point; fails when the point is not reached."""
        end = self.run(step, kill_at=at, **arguments)
        assert end["signal"] == signal.SIGKILL, f"{step} never came to {at}: {end}"


@contextlib.contextmanager
def zygote() -> Iterator[Processes]:
    """Processes on the database that is the present one here."""
    ours = {"DATABASE_URL": _database_url(), "FIELD_KEYS": ",".join(django_settings.FIELD_KEYS)}
    env = os.environ | ours | {"SYNC_TIME_SCALE": str(SCALE)}
    command = [sys.executable, "-m", "tests.faults.zygote"]
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Processes(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="session")
def _zygote(django_db_setup: None) -> Iterator[Processes]:
    with zygote() as processes:
        yield processes


@pytest.fixture
def processes(_zygote: Processes, transactional_db: None) -> Processes:
    return _zygote


@pytest.fixture
def up(settings: SettingsWrapper) -> Iterator[Upstream]:
    settings.SYNC_TIME_SCALE = SCALE
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def watched(up: Upstream) -> Upstream:
    """For tests with one worker: no call may find a transaction open."""
    invariants.watching(up)
    return up


@pytest.fixture
def connected(workspace: Workspace, dora: User, up: Upstream) -> Connection:
    return make_connection(workspace, dora, up)
