"""`manage.py worker`: does what the runner's thread does, and ends when it is told to."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from assistants_app import serving
from assistants_app.sync import turns

if TYPE_CHECKING:
    from tests.commands.processes import Home

ORDER = """
from assistants_app import policies
from assistants_app.actions import *
from assistants_app.actions import connections, people, publishing, workspaces, changes
from assistants_app.models import *
machine = policies.system("command")
user = people.add("ada", actor=machine)
place = workspaces.create("Care", actor=machine, approvals=0)
workspaces.set_member(place, user, actor=machine, roles=["publisher", "admin"])
ada = policies.Actor(kind="person", source="web", user=user)
connections.allow_origin("{url}", actor=machine, private=True)
connections.set_connection(place, actor=ada, base_url="{url}", key="sk-test")
publishing.write_through(place, None, {{"model": "gpt-4o", "name": "A"}}, actor=ada)
print(json.dumps(PushOrder.objects.count()))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_to(prepared: Home, number: signal.Signals) -> None:
    with prepared.running("worker") as lines:
        lines.until("The worker is at work")
        began = time.monotonic()
        assert lines.end(number) == 0
        assert time.monotonic() - began < 10


@pytest.mark.merge
@pytest.mark.parametrize("command", ["worker", "serve"])
def test_it_ends_within_ten_seconds_though_the_server_is_silent(
    prepared: Home, command: str
) -> None:
    home = prepared
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        assert home.ask(ORDER.format(url=url)) == 1
        with home.running(command, PORT=str(home.port)) as lines:
            call, _ = silent.accept()
            with call:
                began = time.monotonic()
                assert lines.end() == 0
                assert 1 < time.monotonic() - began < 10


def test_it_suits_itself_to_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that serves pages does not: its threads compute."""
    done: list[str] = []
    monkeypatch.setattr(turns, "suit_many_calls", lambda: done.append("suited"))
    for name in ("check_ground", "refuse_unprepared"):
        monkeypatch.setattr(serving, name, lambda: None)
    monkeypatch.setattr(serving, "work", lambda **_: done.append("at work"))
    call_command("worker")
    assert done == ["suited", "at work"]
