"""How the runner ends, what it forgets in passing, and what it does again."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.models.functions import Now

from assistants_app import doorbell
from assistants_app.actions import pulling
from assistants_app.models import (
    Job,
    PushOrder,
    Receipt,
)
from assistants_app.runner import Runner
from tests.builders import (
    acting,
)
from tests.runner.free import idle, make_live

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper

    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)
State = PushOrder.State
# --- the end ------------------------------------------------------------------------------------


def test_an_idle_runner_ends_at_once() -> None:
    runner = Runner()
    thread = runner.start()
    time.sleep(0.1)
    began = time.monotonic()
    runner.stop.set()
    doorbell.bell.set()
    thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - began < 3


def test_the_hands_let_go_of_their_connections(
    free: Workspace, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[BaseDatabaseWrapper] = []
    work = Runner._in_thread

    def noted(runner: Runner, key: tuple[str, int], do: Callable[[int], None]) -> None:
        runner.stop.set()  # while it works
        work(runner, key, do)
        opened.append(connections[DEFAULT_DB_ALIAS])

    monkeypatch.setattr(Runner, "_in_thread", noted)
    assistant = make_live(free, alice, "Onboarding")
    runner = Runner(hands=2)
    thread = runner.start()
    thread.join(10)
    assert idle(assistant)
    assert opened
    assert [held.connection for held in opened] == [None] * len(opened)


def test_a_stop_begins_nothing_new_and_lets_the_call_under_way_end(
    free: Workspace, alice: User, up: Upstream
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        go_on.wait(5)

    up.on("POST", "/assistants", half=hold)
    first = make_live(free, alice, "First")
    runner = Runner()
    thread = runner.start()
    assert arrived.wait(5)
    runner.stop.set()
    second = make_live(free, alice, "Second")
    go_on.set()
    doorbell.bell.set()
    thread.join(10)
    assert not thread.is_alive()
    assert idle(first)
    assert PushOrder.objects.get(assistant=second).attempts == 0
    assert len(up.assistants) == 1


def test_a_stop_leaves_what_was_found_to_the_next_runner(
    free: Workspace, alice: User, up: Upstream
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        go_on.wait(5)

    up.on("POST", "/assistants", half=hold)
    for name in ("First", "Second"):
        make_live(free, alice, name)
    runner = Runner(hands=1)
    thread = runner.start()
    assert arrived.wait(5)
    runner.stop.set()
    go_on.set()
    doorbell.bell.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(up.assistants) == 1
    assert sorted(PushOrder.objects.values_list("fence", flat=True)) == [0, 1]


# --- housekeeping -------------------------------------------------------------------------------


def test_old_receipts_are_forgotten_in_passing(alice: User) -> None:
    Receipt.objects.create(
        user=alice,
        channel="web",
        key="k",
        body_hash="0" * 64,
        status=200,
        at=Now() - timedelta(days=2),
    )
    Runner(hands=0).tick()
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(("undone", "state"), [(2, Job.State.DONE), (3, Job.State.FAILED)])
def test_a_run_that_the_database_undid_is_begun_again(
    free: Workspace, alice: User, undone: int, state: Job.State
) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    left = [Deadlock() for _ in range(undone)]

    def undo(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and "auditentry" in sql and left:
            raise OperationalError("deadlock detected") from left.pop()
        return execute(sql, params, many, context)

    job = pulling.ask(free, actor=acting(alice))
    with connection.execute_wrapper(undo):
        Runner(hands=0).tick()
    assert Job.objects.get(pk=job.pk).state == state


def test_a_run_that_fails_here_says_so(free: Workspace, alice: User) -> None:
    job = pulling.ask(free, actor=acting(alice))
    Job.objects.filter(pk=job.pk).update(kind="nonsense")
    Runner(hands=0).tick()
    now = Job.objects.get(pk=job.pk)
    assert (now.state, now.progress) == (Job.State.FAILED, "It failed here; see the log.")
