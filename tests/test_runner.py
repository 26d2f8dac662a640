"""The runner: begins what is due, once, and lets nobody wait for a slow server."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from assistants_app import doorbell
from assistants_app.actions import publishing, pulling
from assistants_app.models import (
    Assistant,
    AuditEntry,
    Connection,
    ConnectionHealth,
    Job,
    PushOrder,
    Receipt,
)
from assistants_app.runner import LANE, Runner
from tests.builders import (
    acting,
    make_connection,
    make_document,
    make_member,
    make_workspace,
)
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db(transaction=True)
State = PushOrder.State


@pytest.fixture
def up(settings: SettingsWrapper) -> Iterator[Upstream]:
    settings.SYNC_TIME_SCALE = 0.05
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def free(alice: User, up: Upstream) -> Workspace:
    """A connected workspace that asks for no approval; Alice publishes and administers it."""
    return _free("Alone", alice, up)


def _free(name: str, person: User, upstream: Upstream) -> Workspace:
    place = make_workspace(name, approvals=0)
    make_member(place, person, "publisher", "admin")
    make_connection(place, person, upstream)
    return type(place).objects.get(pk=place.pk)


def _live(place: Workspace, person: User, name: str) -> Assistant:
    return publishing.write_through(place, None, make_document(name=name), actor=acting(person))


@pytest.fixture
def running() -> Iterator[Callable[..., Runner]]:
    """Start runners; whatever a test does, they end."""
    started: list[tuple[Runner, threading.Thread]] = []

    def start(**options: int) -> Runner:
        runner = Runner(**options)
        started.append((runner, runner.start()))
        return runner

    yield start
    for runner, thread in started:
        runner.stop.set()
        doorbell.bell.set()
        thread.join(10)


def wait_until(condition: Callable[[], bool], *, seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def _idle(assistant: Assistant) -> bool:
    return PushOrder.objects.get(assistant=assistant).state == State.IDLE


# --- due ----------------------------------------------------------------------------------------


def test_what_is_published_is_pushed_when_the_bell_rings(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    running()
    assistant = _live(free, alice, "Onboarding")
    wait_until(lambda: _idle(assistant))
    assert [row["name"] for row in up.assistants.values()] == ["Onboarding"]


def test_a_tick_does_a_push_and_a_run(free: Workspace, alice: User) -> None:
    assistant = _live(free, alice, "Onboarding")
    job = pulling.ask(free, actor=acting(alice))
    assert Runner(hands=0).tick() == 2
    assert _idle(assistant)
    assert Job.objects.get(pk=job.pk).state == Job.State.DONE


@pytest.mark.parametrize(
    "state", ["later", "leased", "paused", "key", "quota", "slow down", "archived", "idle"]
)
def test_what_is_not_due_is_not_begun(
    free: Workspace, alice: User, up: Upstream, state: str
) -> None:
    assistant = _live(free, alice, "Onboarding")
    order = PushOrder.objects.filter(assistant=assistant)
    later = Now() + timedelta(minutes=1)
    if state == "later":
        order.update(not_before=later)
    elif state == "leased":
        order.update(lease_until=later)
    elif state == "slow down":
        ConnectionHealth.objects.update(retry_not_before=later)
    elif state == "archived":
        Assistant.objects.update(archived_at=Now())
    elif state == "idle":
        order.update(state="idle", pushed_version=assistant.live_version)
    else:
        ConnectionHealth.objects.update(state=state, open_until=later)
    assert Runner(hands=0).tick() == 0
    assert up.requests == []


def test_an_idle_runner_writes_nothing(free: Workspace, alice: User) -> None:
    assistant = _live(free, alice, "Onboarding")
    runner = Runner(hands=0)
    while runner.tick():
        pass
    assert _idle(assistant)
    with CaptureQueriesContext(connection) as seen:
        runner.tick()
    words = {query["sql"].split()[0] for query in seen.captured_queries}
    assert words == {"SELECT"}
    assert len(seen.captured_queries) <= 3


# --- once ---------------------------------------------------------------------------------------


def test_two_runners_make_one_push_of_each_order(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    live = [_live(free, alice, f"Assistant {n}") for n in range(6)]
    running()
    running()
    wait_until(lambda: all(_idle(assistant) for assistant in live), seconds=15)
    assert len(up.assistants) == 6
    assert len(up.writes()) == 6
    assert AuditEntry.objects.filter(action="assistant.pushed").count() == 6


def test_a_doorbell_rung_ten_times_makes_one_push(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    running()
    assistant = _live(free, alice, "Onboarding")
    for _ in range(10):
        doorbell.bell.set()
        time.sleep(0.005)
    wait_until(lambda: _idle(assistant))
    assert len(up.writes()) == 1


def test_what_a_lost_process_left_in_sending_is_swept_and_looked_at(
    free: Workspace,
    alice: User,
    up: Upstream,
    settings: SettingsWrapper,
    running: Callable[..., Runner],
) -> None:
    settings.SYNC_TIME_SCALE = 0.02
    assistant = _live(free, alice, "Onboarding")
    PushOrder.objects.update(
        state=State.SENDING,
        sent_at=Now() - timedelta(hours=1),
        sent_version=assistant.live_version,
        lease_until=Now() - timedelta(minutes=1),
        lease_owner="gone",
        fence=7,
    )
    running()
    # Found neither by the first look nor by the second, a settling time later, it is sent.
    wait_until(lambda: _idle(assistant), seconds=20)
    assert len(up.assistants) == 1
    assert PushOrder.objects.get().fence > 7


# --- side by side -------------------------------------------------------------------------------


def test_a_slow_server_does_not_hold_up_another_workspace(
    free: Workspace,
    alice: User,
    up: Upstream,
    settings: SettingsWrapper,
    running: Callable[..., Runner],
) -> None:
    settings.SYNC_TIME_SCALE = 0.3  # a silent server holds a call for 18 seconds
    for n in range(25):
        _live(free, alice, f"Slow {n}")
    up.on("GET", "/assistants", times=99, apply="never", answer="silence")
    with Upstream() as quick:
        other = _free("Quick", alice, quick)
        runner = running()
        wait_until(lambda: len(up.requests) >= LANE)
        assistant = _live(other, alice, "Quick")
        began = time.monotonic()
        wait_until(lambda: _idle(assistant))
        assert time.monotonic() - began < 5
        assert len(up.requests) == LANE
        runner.stop.set()
        up.stop()
        up.closing.clear()
        up.start()


def test_a_failing_assistant_does_not_hold_up_its_neighbour(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    bad = _live(free, alice, "Bad")
    up.on("POST", "/assistants", times=1, apply="never", answer=(400, {}, "{}"))
    running(hands=1)
    wait_until(lambda: PushOrder.objects.get(assistant=bad).state == State.STOPPED)
    good = _live(free, alice, "Good")
    wait_until(lambda: _idle(good))


def test_a_tick_that_fails_is_not_the_last(
    free: Workspace, alice: User, running: Callable[..., Runner], caplog: pytest.LogCaptureFixture
) -> None:
    """A push of nonsense fails in its thread; the next one is done all the same."""
    bad = _live(free, alice, "Bad")
    PushOrder.objects.filter(assistant=bad).update(connection=_nonsense())
    running()
    good = _live(free, alice, "Good")
    wait_until(lambda: _idle(good))
    assert "A push failed unexpectedly" in caplog.text
    assert PushOrder.objects.get(assistant=bad).lease_until is not None


def _nonsense() -> Connection:
    row = Connection.objects.create(
        workspace=make_workspace("Broken"), base_url="no address at all"
    )
    ConnectionHealth.objects.create(connection=row)
    return row


# --- by itself ----------------------------------------------------------------------------------


def test_a_server_that_was_away_is_found_again_and_gets_what_waited(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    up.stop()
    assistant = _live(free, alice, "Onboarding")
    running()
    health = ConnectionHealth.objects.all()
    wait_until(lambda: health.get().state == ConnectionHealth.State.UNREACHABLE)
    waited = PushOrder.objects.get(assistant=assistant)
    assert waited.state == State.WAITING
    up.closing.clear()
    up.start()
    wait_until(lambda: _idle(assistant), seconds=20)
    assert health.get().state == ConnectionHealth.State.OPEN
    assert len(up.writes()) == 1


def test_what_somebody_changed_there_is_noticed_without_anybody_asking(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    assistant = _live(free, alice, "Onboarding")
    running()
    wait_until(lambda: _idle(assistant))
    next(iter(up.assistants.values()))["name"] = "Changed there"
    Connection.objects.update(check_every=20)  # a twentieth of that
    ConnectionHealth.objects.update(checked_at=Now() - timedelta(minutes=1))
    order = PushOrder.objects.filter(assistant=assistant)
    wait_until(lambda: order.get().reason == PushOrder.Reason.DRIFT, seconds=20)
    assert Job.objects.exclude(asked_by=None).count() == 0


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
    assistant = _live(free, alice, "Onboarding")
    runner = Runner(hands=2)
    thread = runner.start()
    thread.join(10)
    assert _idle(assistant)
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
    first = _live(free, alice, "First")
    runner = Runner()
    thread = runner.start()
    assert arrived.wait(5)
    runner.stop.set()
    second = _live(free, alice, "Second")
    go_on.set()
    doorbell.bell.set()
    thread.join(10)
    assert not thread.is_alive()
    assert _idle(first)
    assert PushOrder.objects.get(assistant=second).attempts == 0
    assert len(up.assistants) == 1


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
