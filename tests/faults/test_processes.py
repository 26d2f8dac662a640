"""Many processes on one database: web processes take texts, workers push them, one is killed in the
middle of a push. On SQLite with one web process and one worker after the other, all ends the same.

On PostgreSQL by DATABASE_URL; without it that half is left out and said so.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests import parts
from tests.checks.tree import ROOT
from tests.commands import processes
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.commands.processes import Home, Lines

pytestmark = [pytest.mark.merge, pytest.mark.xdist_group("faults")]
SCALE = "0.05"  # a lease runs out in 4.5 s, what has no answer is settled after 6 s
NAMES = [f"Assistant {n}" for n in range(8)]
WEB = """
import sys
from waitress import serve
from dashboard.wsgi import application
serve(application, listen=f"127.0.0.1:{sys.argv[1]}", threads=4)
"""
PREPARE = """
from assistants_app import policies
from assistants_app.actions import connections, people, tokens, workspaces
from assistants_app.models import Connection
machine = policies.system("command")
user = people.add("ada", actor=machine)
place = workspaces.create("Care", actor=machine, approvals=0)
workspaces.set_member(place, user, actor=machine, roles=["editor", "publisher", "admin"])
ada = policies.Actor(kind="person", source="web", user=user)
connections.allow_origin("{url}", actor=machine, private=True)
connections.set_connection(place, actor=ada, base_url="{url}", key="sk-test")
Connection.objects.update(rate=200)
scopes = ("assistants:read", "assistants:write")
print(json.dumps(tokens.create(place, actor=ada, name="Script", scopes=scopes)[1].reveal()))
"""
RESULT = """
from collections import Counter
from assistants_app.models import Assistant, AuditEntry, PushOrder, chain
orders = PushOrder.objects.select_related("assistant__live_version")
print(json.dumps({
    "orders": sorted([o.assistant.name, o.state, o.pushed_version.number] for o in orders),
    "links": Assistant.objects.exclude(upstream_id=None).values("upstream_id").distinct().count(),
    "told": Counter(AuditEntry.objects.values_list("action", flat=True)),
    "is_whole": chain.verify().is_intact,
}))
"""


def _select(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """At once: to start a Django for it would take longer than a push may."""
    if url := home.env.get("DATABASE_URL"):
        import psycopg

        with psycopg.connect(url) as link:
            return link.execute(sql).fetchall()  # type: ignore[arg-type]
    with closing(sqlite3.connect(f"{home.folder}/dashboard.sqlite3", timeout=20)) as file:
        return file.execute(sql).fetchall()


def _wait_until(condition: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


@contextmanager
def _web(home: Home) -> Iterator[str]:
    """A process that answers requests and pushes nothing; gives its address."""
    port = processes.free_port()
    env = home.env | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    command = [sys.executable, "-c", WEB, str(port)]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until(lambda: _answers(f"{url}/-/health/"))
            yield url
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # our own
    except OSError:
        return False
    return True


def _post(url: str, secret: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    asked = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
        return dict(json.load(answer))


def _is_idle(home: Home) -> bool:
    states = _select(home, "SELECT state FROM assistants_app_pushorder")
    return len(states) == len(NAMES) and {state for (state,) in states} == {"idle"}


def _play(home: Home, *, webs: int, workers: int) -> dict[str, Any]:
    """Write through every web process, kill the worker that sends first, write once more."""
    assert home.run("migrate").returncode == 0
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go_on.wait(60)

    with ExitStack() as stack:
        up = stack.enter_context(Upstream(key="sk-test"))
        secret = home.ask(PREPARE.format(url=up.url))
        up.on("POST", "/assistants", half=wait)
        hosts = [stack.enter_context(_web(home)) for _ in range(webs)]

        def work() -> Lines:
            lines: Lines = stack.enter_context(home.running("worker", SYNC_TIME_SCALE=SCALE))
            lines.until("The worker is at work")
            return lines

        at_work = [work() for _ in range(workers)]

        def make(n: int, name: str) -> dict[str, Any]:
            body = {"model": "gpt-4o", "name": name}
            return _post(f"{hosts[n % webs]}/v1/assistants", secret, body)

        made = [make(0, NAMES[0])]
        # At once: on a busy machine the call would run into its deadline while the others are made.
        assert begun.wait(30)
        owner = _sender(home)
        (killed,) = (lines for lines in at_work if lines.process.pid == owner)
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait(10)
        go_on.set()
        made += [make(n, name) for n, name in enumerate(NAMES[1:], 1)]
        if workers == 1:
            work()
        _wait_until(lambda: _is_idle(home))
        for n, one in enumerate(made):
            where = f"{hosts[(n + 1) % webs]}/v1/assistants/{one['id']}"
            _post(where, secret, {"instructions": f"Second of {one['name']}."})
        _wait_until(lambda: _is_idle(home) and len(up.writes()) >= 2 * len(NAMES))
        _wait_until(lambda: _is_idle(home))
        assert up.overlaps == []
        assert all(len(ids) == 1 for ids in up.store.created.values())
        held = {row["name"]: row["instructions"] for row in up.assistants.values()}
        return home.ask(RESULT) | {"held": held, "upstream": len(up.assistants)}


def _sender(home: Home) -> int:
    """The process that is in the middle of a push, for the longest time: its id."""
    sql = "SELECT lease_owner FROM assistants_app_pushorder WHERE state = 'sending'"
    ((owner,), *_) = _select(home, f"{sql} ORDER BY sent_at")
    return int(owner.split(":")[1])


def _expect(result: dict[str, Any]) -> None:
    assert result["held"] == {name: f"Second of {name}." for name in NAMES}
    assert result["upstream"] == result["links"] == len(NAMES)
    assert result["orders"] == [[name, "idle", 2] for name in NAMES]
    assert result["is_whole"]
    told = Counter(result["told"])
    assert told["version.published"] == told["assistant.pushed"] == 2 * len(NAMES)
    assert told["push.stopped"] == told["upstream.changed"] == 0


@pytest.mark.skipif(not parts.on_postgresql(), reason="many processes: set DATABASE_URL")
def test_two_web_processes_and_two_workers_of_which_one_is_killed(tmp_path: Path) -> None:
    with processes.home(tmp_path) as home:
        _expect(_play(home, webs=2, workers=2))


@pytest.mark.skipif(parts.on_postgresql(), reason="SQLite has one of each")
def test_one_of_each_on_sqlite_ends_the_same(tmp_path: Path) -> None:
    with processes.home(tmp_path) as home:
        _expect(_play(home, webs=1, workers=1))
