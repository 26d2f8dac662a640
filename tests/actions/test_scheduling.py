"""Checks that nobody has to ask for: on time, one at a time, and quiet."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils import timezone

from assistants_app.actions import jobs, pulling, scheduling
from assistants_app.models import Connection, ConnectionHealth, Job, Workspace
from tests.actions.pushed import push
from tests.actions.told import tells, writes_nothing
from tests.builders import acting

if TYPE_CHECKING:
    from assistants_app.models import Assistant, User
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def old(published: Assistant, connected: Connection) -> Connection:
    """Linked, and compared for the last time an hour ago."""
    push(published)
    ConnectionHealth.objects.update(checked_at=timezone.now() - HOUR)
    return connected


def run() -> Job:
    job = Job.objects.order_by("-pk")[0]
    mine = jobs.claim(job.pk, owner="test")
    assert mine is not None
    pulling.run(mine)
    return Job.objects.get(pk=job.pk)


def finish(state: Job.State = Job.State.DONE) -> None:
    Job.objects.update(state=state, finished_at=timezone.now())


def test_a_check_is_asked_for_by_the_system_when_its_time_has_come(old: Connection) -> None:
    with tells():
        assert scheduling.ask_checks() == 1
    job = Job.objects.get()
    assert (job.kind, job.asked_by, job.source) == (Job.Kind.PULL, None, "worker")
    assert run().state == Job.State.DONE
    row = ConnectionHealth.objects.get()
    assert row.checked_at is not None
    assert timezone.now() - row.checked_at < timedelta(minutes=1)
    assert scheduling.ask_checks() == 0


def test_never_two_at_once_whoever_asks(old: Connection, bob: User) -> None:
    assert scheduling.ask_checks() == 1
    with writes_nothing():
        assert scheduling.ask_checks() == 0
    place = Workspace.objects.get(pk=old.workspace_id)
    assert pulling.ask(place, actor=acting(bob)) == Job.objects.get()


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_that_look_at_once_one_asks(
    old: Connection, bob: User, workspace: Workspace
) -> None:
    together, asked = threading.Barrier(6), []

    def look(n: int) -> None:
        together.wait(10)
        if n:
            asked.append(scheduling.ask_checks())
        else:
            pulling.ask(Workspace.objects.get(pk=workspace.pk), actor=acting(bob))
        connection.close()

    threads = [threading.Thread(target=look, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(asked) == 5
    assert sum(asked) <= 1
    assert Job.objects.count() == 1


@pytest.mark.parametrize("what", ["never", "recent", "paused", "key", "archived", "asked"])
def test_what_is_not_due_is_not_asked_for(old: Connection, bob: User, what: str) -> None:
    if what == "never":
        Connection.objects.update(check_every=0)
    elif what == "recent":
        ConnectionHealth.objects.update(checked_at=timezone.now() - timedelta(seconds=50))
    elif what == "archived":
        Workspace.objects.update(archived_at=timezone.now())
    elif what == "asked":
        Job.objects.create(workspace=old.workspace, kind=Job.Kind.PULL, asked_by=bob)
    else:
        ConnectionHealth.objects.update(state=what)
    with writes_nothing():
        assert scheduling.ask_checks() == 0


def test_the_interval_is_the_connections_own(old: Connection) -> None:
    """A tenth of the real times: 60 seconds, or the two hours that are set."""
    Connection.objects.update(check_every=72_000)
    assert scheduling.ask_checks() == 0
    Connection.objects.update(check_every=600)
    assert scheduling.ask_checks() == 1


def test_the_first_list_is_a_persons_choice(
    connected: Connection, published: Assistant, bob: User
) -> None:
    Connection.objects.update(created_at=timezone.now() - HOUR)
    assert scheduling.ask_checks() == 0
    push(published)  # now something is linked, and can drift
    assert scheduling.ask_checks() == 1


def test_a_check_that_failed_is_asked_for_again_after_a_pause(
    old: Connection, up: Upstream
) -> None:
    up.on("GET", "/assistants", answer=(400, {}, {"error": {"message": "No."}}), times=9)
    assert scheduling.ask_checks() == 1
    assert run().state == Job.State.FAILED
    assert scheduling.ask_checks() == 0
    Job.objects.update(asked_at=timezone.now() - timedelta(seconds=61))
    assert scheduling.ask_checks() == 1


def test_a_check_that_finds_nothing_tells_nothing_and_one_that_finds_something_does(
    old: Connection, up: Upstream
) -> None:
    scheduling.ask_checks()
    with tells():
        run()
    next(iter(up.assistants.values()))["name"] = "Changed there"
    ConnectionHealth.objects.update(checked_at=timezone.now() - HOUR)
    Job.objects.update(asked_at=timezone.now() - HOUR)
    scheduling.ask_checks()
    with tells("upstream.changed", "upstream.checked"):
        run()


def test_a_check_that_a_person_asked_for_is_always_told(old: Connection, bob: User) -> None:
    pulling.ask(Workspace.objects.get(pk=old.workspace_id), actor=acting(bob))
    with tells("upstream.checked"):
        run()


def test_yesterdays_scheduled_checks_are_forgotten_and_peoples_are_kept(
    old: Connection, bob: User
) -> None:
    for person in (None, bob):
        Job.objects.create(workspace=old.workspace, kind=Job.Kind.PULL, asked_by=person)
    finish()
    yesterday = timezone.now() - timedelta(hours=25)
    Job.objects.update(finished_at=yesterday, asked_at=yesterday)
    assert scheduling.ask_checks() == 1
    assert [job.asked_by for job in Job.objects.order_by("pk")] == [bob, None]
