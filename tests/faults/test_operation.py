"""What an operator, a key, a budget or a machine can do to pushes, by the numbers of
reliability.md 11.3.
"""

from __future__ import annotations

import gzip
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import doorbell
from assistants_app.actions import changes, connections, pushing
from assistants_app.errors import InvalidDocument
from assistants_app.models import Assistant, ConnectionHealth, PushOrder
from assistants_app.runner import Runner
from tests.actions.pushed import make_due, order_of, push, settle, there
from tests.builders import acting, make_assistant, make_change
from tests.faults import invariants

if TYPE_CHECKING:
    from pathlib import Path

    from assistants_app.models import Connection, User, Workspace
    from tests.faults.conftest import Processes
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
Health = ConnectionHealth.State
QUOTA = {"error": {"message": "Pay first.", "code": "insufficient_quota"}}
REVOKED = {"error": {"message": "This key was revoked.", "code": "invalid_api_key"}}
ELSEWHERE = {"error": {"message": "Not a member of this project.", "code": "forbidden"}}
WITHDRAWN = {"error": {"message": "The model is no longer available.", "param": "model"}}


@pytest.fixture
def assistant(workspace: Workspace, connected: Connection, alice: User, bob: User) -> Assistant:
    assert connected.pk
    return make_assistant(workspace, author=alice, reviewer=bob)


@pytest.fixture
def second(assistant: Assistant, alice: User, bob: User) -> Assistant:
    """In sync once, with another Version waiting."""
    push(assistant)
    return make_assistant(assistant, author=alice, reviewer=bob, name="Second")


def _is_closed(connected: Connection, state: Health, words: str) -> None:
    connected.health.refresh_from_db()
    assert connected.health.state == state
    assert words in connected.health.reason


def _new_key(workspace: Workspace, dora: User, up: Upstream) -> None:
    connections.set_connection(workspace, actor=acting(dora), base_url=up.url, key=up.key)


# --- the connection as a whole -------------------------------------------------------------------


def test_f27_a_used_up_quota_ends_all_calls(
    second: Assistant, connected: Connection, up: Upstream
) -> None:
    up.on("POST", "/assistants/", apply="never", answer=(429, {}, QUOTA))
    order = push(second)
    _is_closed(connected, Health.QUOTA, "Pay first.")
    assert (order.state, order.attempts) == (State.WAITING, 0)
    before = len(up.requests)
    runner = Runner(hands=0)
    for _ in range(20):
        make_due(second)
        runner.tick()
    assert len(up.requests) - before <= 1  # in 15 minutes, and no minute of them has passed
    invariants.hold(up)


@pytest.mark.parametrize("where", ["read", "write", "read back"])
def test_f51_a_key_revoked_midway(
    second: Assistant, workspace: Workspace, dora: User, up: Upstream, where: str
) -> None:
    method, nth = {"read": ("GET", 1), "write": ("POST", 1), "read back": ("GET", 2)}[where]
    up.on(method, "/assistants/", nth, 99, apply="never", answer=(401, {}, REVOKED))
    order = push(second)
    assert order.state != State.IDLE
    _is_closed(order.connection, Health.KEY, "This key was revoked.")
    assert not pushing.push(make_due(second).pk, owner="test")
    up.control({"clear": True})
    _new_key(workspace, dora, up)
    assert settle(second).state == State.IDLE
    assert there(up)["name"] == "Second"
    invariants.hold(up)


def test_f52_the_key_of_another_project_changes_nothing(
    second: Assistant, connected: Connection, workspace: Workspace, dora: User, up: Upstream
) -> None:
    up.on("GET", "/assistants", times=99, apply="never", answer=(403, {}, ELSEWHERE))
    order = push(second)
    assert (order.state, order.attempts) == (State.WAITING, 0)
    _is_closed(connected, Health.KEY, "Not a member of this project.")
    assert len(up.writes()) == 1
    up.control({"clear": True})
    _new_key(workspace, dora, up)
    assert settle(second).state == State.IDLE
    invariants.hold(up)


# --- one document --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda: ({}, b" " * 50_000_000), id="F36 fifty megabytes"),
        pytest.param(
            lambda: ({"Content-Encoding": "gzip"}, gzip.compress(b" " * 90_000_000, 1)),
            id="F36 gzip bomb",
        ),
        pytest.param(lambda: "drip", id="F36 one byte after the other"),
    ],
)
def test_an_answer_without_end_is_cut(
    assistant: Assistant, up: Upstream, settings: Any, answer: Any
) -> None:
    settings.SYNC_TIME_SCALE = 0.02
    told = answer()
    up.on("POST", "/assistants", answer=told if isinstance(told, str) else (200, *told))
    began = time.monotonic()
    assert push(assistant).state == State.UNKNOWN
    assert time.monotonic() - began < 10
    assert settle(assistant).state == State.IDLE
    assert len(up.writes()) == len(up.assistants) == 1
    invariants.hold(up)


def test_f55_sixteen_pairs_leave_no_room_for_our_mark(
    workspace: Workspace, connected: Connection, alice: User, up: Upstream
) -> None:
    change = make_change(workspace, alice)
    sixteen = {"metadata": {f"pair {n}": "x" for n in range(16)}}
    full = changes.edit(change, actor=acting(alice), lock=change.lock, values=sixteen)
    with pytest.raises(InvalidDocument, match="one is kept for safe creation"):
        changes.submit(full, actor=acting(alice))
    assert up.requests == []
    assert connected.pk


@pytest.mark.parametrize("apply", ["before", "never"])
def test_f55_an_unknown_create_without_our_mark_waits_for_a_person(
    assistant: Assistant, up: Upstream, apply: Any
) -> None:
    Assistant.objects.update(safe_creation=False)
    up.on("POST", "/assistants", apply=apply, answer="reset")
    push(assistant)
    order = settle(assistant)
    assert (order.state, order.reason) == (State.STOPPED, Reason.UNCLEAR)
    assert len(up.writes()) == 1
    invariants.hold(up)


def test_f57_a_withdrawn_model_stops_on_its_field(second: Assistant, up: Upstream) -> None:
    up.on("POST", "/assistants/", apply="never", answer=(400, {}, WITHDRAWN))
    order = push(second)
    assert (order.state, order.reason, order.param) == (State.STOPPED, Reason.REFUSED, "model")
    assert there(up)["name"] != "Second"
    invariants.hold(up)


# --- the machine ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("faults")
def test_f39_a_doorbell_rung_ten_times_makes_one_push(assistant: Assistant, up: Upstream) -> None:
    runners = [Runner(hands=2) for _ in range(2)]
    threads = [runner.start() for runner in runners]
    try:
        for _ in range(10):
            doorbell.bell.set()
            time.sleep(0.01)
        end = time.monotonic() + 10
        while order_of(assistant).state != State.IDLE and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        for runner, thread in zip(runners, threads, strict=True):
            runner.stop.set()
            doorbell.bell.set()
            thread.join(10)
    assert len(up.writes()) == len(up.assistants) == 1
    invariants.hold(up)


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize("is_silent", [False, True])
def test_f61_sigterm_during_a_push_ends_or_hands_over(
    assistant: Assistant, up: Upstream, processes: Processes, is_silent: bool
) -> None:
    begun = threading.Event()
    up.on("POST", "/assistants", half=begun.set, answer="silence" if is_silent else None)
    pid = processes.begin("serve_work")
    assert begun.wait(20)
    os.kill(pid, signal.SIGTERM)
    began = time.monotonic()
    processes.wait(pid)
    assert time.monotonic() - began < 10
    state = order_of(assistant).state
    assert state in ((State.SENDING, State.UNKNOWN) if is_silent else (State.IDLE,))
    invariants.come_to_rest()
    assert order_of(assistant).state == State.IDLE
    assert len(up.writes()) == len(up.assistants) == 1
    invariants.hold(up)


def test_f62_proxies_and_netrc_of_the_environment_are_ignored(
    assistant: Assistant, up: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert push(assistant).state == State.IDLE
    assert all(request.has_right_key for request in up.requests)
    invariants.hold(up)
