"""Our commands as real processes: a folder and a database of their own, lines read as they come."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any

from django.conf import settings

from tests import parts
from tests.checks.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANAGE = ROOT / "manage.py"
PATIENCE = 90.0  # seconds; two cores may be busy with other tests
QUICK = "0.05"  # a lease of 4.5 s, a settling time of 6 s
_NOT_OURS = ("DATABASE_URL", "PORT", "SITE_URL", "SYNC_TIME_SCALE", "ASSISTANTS_KILL_AT")


@dataclass(frozen=True, slots=True)
class Home:
    """Where one dashboard lives: its environment and a port that was free a moment ago."""

    env: dict[str, str]
    port: int

    @property
    def folder(self) -> str:
        return self.env["DATA_DIR"]

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}" + (f"/{path}" if path else "")

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """A command that ends by itself."""
        command = [sys.executable, str(MANAGE), *arguments]
        return subprocess.run(
            command,
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @contextmanager
    def running(self, *arguments: str, **env: str) -> Iterator[Lines]:
        """A command that serves until it is told to end; it does not outlive the test."""
        command = [sys.executable, str(MANAGE), *arguments]
        process = subprocess.Popen(
            command,
            env=self.env | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = Lines(process)
        try:
            yield lines
        finally:
            lines.close()

    def ask(self, code: str) -> Any:
        """What `code` prints as JSON, run inside this dashboard's Django."""
        script = f"import django, json; django.setup()\n{code}"
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=self.env | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"},
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        )
        return json.loads(done.stdout)


class Lines:
    """A running process and the lines it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.seen: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def until(self, words: str) -> str:
        """The first line, from here on, that holds `words`."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line with “{words}” in time: {self.said}") from None
            if line is None:
                raise AssertionError(f"it ended before a line with “{words}”: {self.said}")
            self.seen.append(line)
            if words in line:
                return line

    def ended(self) -> int:
        """Wait for the end, read the rest; the exit code, negative for a signal."""
        code = self.process.wait(timeout=PATIENCE)
        self._reader.join(PATIENCE)
        while (line := self._queue.get(timeout=PATIENCE)) is not None:
            self.seen.append(line)
        return code

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.ended()

    def close(self) -> None:
        """End it for certain, whatever the test left running."""
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()

    @property
    def said(self) -> str:
        return "\n".join(self.seen)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def home(folder: Path) -> Iterator[Home]:
    """A fresh one; on PostgreSQL with a database of its own, which goes with it."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    env = kept | {"DATA_DIR": str(folder / "data")}
    if not parts.on_postgresql():
        yield Home(env, free_port())
        return
    with _database() as url:
        yield Home(env | {"DATABASE_URL": url}, free_port())


@contextmanager
def _database() -> Iterator[str]:
    import psycopg
    from psycopg import sql

    known = settings.DATABASES["default"]
    name = sql.Identifier(database := f"commands_{uuid.uuid4().hex[:12]}")
    reach = {"host": known["HOST"], "port": known["PORT"] or 5432, "user": known["USER"]}
    password = known["PASSWORD"]
    with psycopg.connect(**reach, password=password, dbname="postgres", autocommit=True) as link:
        link.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield "postgres://{user}:{}@{host}:{port}/{}".format(password, database, **reach)
        finally:
            link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
