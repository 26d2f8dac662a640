"""What a database can do to us, by the numbers of reliability.md 11.3: F41, F43, F46, F60."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from assistants_app.actions import changes
from assistants_app.errors import Conflict
from assistants_app.models import (
    AuditEntry,
    AuditHead,
    Change,
    PushOrder,
    chain,
    triggers,
)
from assistants_app.runner import Runner
from tests.actions.told import rows
from tests.builders import (
    acting,
    make_assistant,
    make_change,
    make_member,
    make_token,
    make_workspace,
)
from tests.faults import invariants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpResponse

    from assistants_app.models import Connection, User, Workspace
    from tests.faults.conftest import Processes
    from tests.upstream import Upstream

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("faults")]
ON_SQLITE = connection.vendor == "sqlite"
sqlite_only = pytest.mark.skipif(not ON_SQLITE, reason="one lock for the whole file: SQLite only")
postgresql_only = pytest.mark.skipif(ON_SQLITE, reason="locks by row: PostgreSQL only")
TYPED = "A long text that took an hour to write."


@pytest.fixture
def change(workspace: Workspace, alice: User) -> Change:
    return make_change(workspace, alice)


@pytest.fixture
def browser(alice: User) -> Client:
    browser = Client()
    browser.force_login(alice)
    return browser


def save(browser: Client, change: Change) -> HttpResponse:
    where = reverse("change_part", args=[change.pk, "instructions"])
    return browser.post(where, {"lock": str(change.lock), "instructions": TYPED})


def assert_given_back(answer: HttpResponse, words: str, *, status: int = 503) -> None:
    """Told in plain words, with the text that was typed; and nothing was saved."""
    page = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert TYPED in page
    assert not Change.objects.filter(instructions=TYPED).exists()


@contextlib.contextmanager
def another_one_writing() -> Iterator[Callable[[], None]]:
    """Holds SQLite's write lock, as another process would, until what is yielded is called."""
    taken, free = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            taken.set()
            free.wait(30)
            cursor.execute("ROLLBACK")
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(10)
    try:
        yield free.set
    finally:
        free.set()
        thread.join(10)


def wait_at_most(milliseconds: int) -> None:
    """For this connection; the product waits 20 s."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")


@sqlite_only
def test_f41_who_finds_the_database_locked_waits_for_it(browser: Client, change: Change) -> None:
    with another_one_writing() as let_go:
        timer = threading.Timer(0.5, let_go)
        timer.start()
        began = time.monotonic()
        assert save(browser, change).status_code < 400
        assert time.monotonic() - began > 0.4
    assert Change.objects.get().instructions == TYPED


@sqlite_only
def test_f41_past_the_wait_the_form_comes_back_with_its_text(
    browser: Client, change: Change
) -> None:
    wait_at_most(100)
    with another_one_writing():
        answer = save(browser, change)
        assert answer["Retry-After"] == "5"
        assert_given_back(answer, "Busy; nothing was saved.")
    assert save(browser, change).status_code < 400
    assert Change.objects.get().instructions == TYPED


@sqlite_only
def test_f41_a_result_that_cannot_be_recorded_is_found_by_reading(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    """The write has arrived, and for longer than we wait nobody can write that down."""
    make_assistant(workspace, author=alice, reviewer=bob)
    wait_at_most(100)
    with contextlib.ExitStack() as until_the_end:

        def lock() -> None:
            until_the_end.enter_context(another_one_writing())

        up.on("POST", "/assistants", half=lock)
        Runner(hands=0).tick()
        (failed,) = invariants.LOGGED.failures()
        assert "database is locked" in failed
    invariants.LOGGED.lines.clear()
    assert PushOrder.objects.get().state == PushOrder.State.SENDING
    invariants.come_to_rest()
    assert PushOrder.objects.get().state == PushOrder.State.IDLE
    assert len(up.writes()) == len(up.assistants) == 1
    invariants.hold(up)
    assert connected.pk


def test_f43_a_database_that_only_reads_is_told_with_the_text(
    browser: Client, change: Change
) -> None:
    on, off = ("PRAGMA query_only = 1", "PRAGMA query_only = 0")
    if not ON_SQLITE:
        on, off = (f"SET default_transaction_read_only = {word}" for word in ("on", "off"))
    with connection.cursor() as cursor:
        cursor.execute(on)
        try:
            answer = save(browser, change)
        finally:
            cursor.execute(off)
    assert answer["Retry-After"] == "5"
    assert_given_back(answer, "Busy; nothing was saved.")
    assert save(browser, change).status_code < 400


@contextlib.contextmanager
def undoing(times: int) -> Iterator[list[str]]:
    """The database undoes the first so many transactions that write to the audit log."""
    undone: list[str] = []

    class Deadlock(Exception):
        sqlstate = "40P01"

    def undo(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and "auditentry" in sql and len(undone) < times:
            undone.append(sql)
            raise OperationalError("deadlock detected") from Deadlock()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(undo):
        yield undone


@pytest.mark.parametrize("times", [1, 2])
def test_f46_what_the_database_undid_is_done_again(
    browser: Client, change: Change, times: int
) -> None:
    with undoing(times) as undone:
        answer = save(browser, change)
    assert len(undone) == times
    assert answer.status_code < 400
    assert AuditEntry.objects.filter(action="change.edited").count() == 1
    assert chain.verify().is_intact


def test_f46_what_is_undone_three_times_is_given_back(browser: Client, change: Change) -> None:
    with undoing(99) as undone:
        answer = save(browser, change)
    assert len(undone) == 3
    assert_given_back(answer, "Someone saved at the same moment", status=409)
    assert not AuditEntry.objects.filter(action="change.edited").exists()


@pytest.mark.parametrize(("times", "status"), [(2, 200), (99, 409)])
def test_f46_the_api_tries_again_too(alice: User, times: int, status: int) -> None:
    place = make_workspace("Open", approvals=0)
    make_member(place, alice, "editor", "publisher")
    _, secret = make_token(place, alice, "assistants:read", "assistants:write")
    with undoing(times) as undone:
        answer = Client().post(
            "/v1/assistants",
            {"model": "gpt-4o"},
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
    assert answer.status_code == status, answer.content
    assert len(undone) == min(times, 3)
    assert place.assistants.count() == (status == 200)


@postgresql_only
def test_f46_a_deadlock_undoes_one_of_two_which_is_done_again(
    browser: Client, change: Change
) -> None:
    """Another transaction takes the same two rows the other way round; ours is the one undone."""
    ready = threading.Event()

    def other_way_round() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '20s'")
            cursor.execute("BEGIN")
            cursor.execute("SELECT * FROM assistants_app_audithead FOR UPDATE")
            ready.set()
            time.sleep(0.3)  # the save has its first row by now and waits for the head
            cursor.execute("UPDATE assistants_app_change SET lock = lock")
            cursor.execute("ROLLBACK")
        connection.close()

    thread = threading.Thread(target=other_way_round)
    thread.start()
    ready.wait(10)
    answer = save(browser, change)
    thread.join(30)
    assert answer.status_code < 400
    assert AuditEntry.objects.filter(action="change.edited").count() == 1


def test_f46_of_many_who_save_one_text_at_once_one_wins(change: Change, alice: User) -> None:
    told: list[str] = []
    together = threading.Barrier(6)

    def save_mine(n: int) -> None:
        together.wait(10)
        try:
            changes.edit(
                change, actor=acting(alice), lock=change.lock, values={"instructions": f"Mine {n}."}
            )
            told.append("saved")
        except Conflict as conflict:
            told.append(conflict.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=save_mine, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(told) == ["saved", *["stale"] * 5]
    assert AuditEntry.objects.filter(action="change.edited").count() == 1
    assert chain.verify().is_intact


def test_f60_a_head_that_does_not_fit_refuses_saves_and_says_so(
    browser: Client, change: Change
) -> None:
    AuditHead.objects.update(hash="f" * 64)
    before = rows()
    answer = save(browser, change)
    assert_given_back(answer, "The audit log does not fit together")
    assert rows() == before
    verdict = chain.verify()
    assert not verdict.is_intact
    assert verdict.reason


def test_f60_a_dropped_guard_is_an_error_and_is_put_back_and_recorded(
    processes: Processes,
) -> None:
    name = f"{AuditEntry._meta.db_table}_guard_1"
    tail = "" if ON_SQLITE else f" ON {AuditEntry._meta.db_table}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{tail}")
    with pytest.raises(SystemCheckError, match=name):
        call_command("check", databases=["default"])
    assert triggers.missing(connection) == [name]
    processes.run("tick")
    assert triggers.missing(connection) == []
    (entry,) = AuditEntry.objects.filter(action="audit.guard_restored")
    assert entry.actor_kind == "system"
    assert chain.verify().is_intact
