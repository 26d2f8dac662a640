"""An import that somebody stops ends before its next chunk, and what is left can be taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app.actions import importing, jobs
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import Assistant, Job
from tests.actions.pulled import before_the_third_chunk, fill, looked, outcome, taken
from tests.actions.told import tells
from tests.builders import acting

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


def test_one_under_way_ends_before_its_next_chunk_and_goes_on_with_the_rest(
    workspace: Workspace,
    connected: Connection,
    bob: User,
    up: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = fill(up, 35)
    asked = importing.ask(workspace, actor=acting(bob), ids=ids)

    def stops() -> None:
        with tells("import.stopped"):
            importing.stop(asked, actor=acting(bob))

    before_the_third_chunk(monkeypatch, stops)
    job = taken(asked)
    assert (job.state, job.progress) == ("stopped", "Stopped. What was taken in stays.")
    assert Assistant.objects.count() == 20
    assert outcome(job) == (20, 0, 0)
    rest = importing.left(job)
    assert rest == ids[20:]
    job = taken(importing.ask(workspace, actor=acting(bob), ids=rest))
    assert (job.state, Assistant.objects.count()) == ("done", 35)
    assert connected.pk


def test_one_that_waits_is_never_begun(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    asked = importing.ask(workspace, actor=acting(bob), ids=fill(up, 3))
    importing.stop(asked, actor=acting(bob))
    assert jobs.claim(asked.pk, owner="x") is None
    assert up.requests == []
    assert connected.pk


def test_what_is_over_or_no_import_is_not_stopped(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    done = taken(importing.ask(workspace, actor=acting(bob), ids=fill(up, 1)))
    with pytest.raises(Conflict, match="over already"):
        importing.stop(done, actor=acting(bob))
    look = looked(workspace, bob)
    Job.objects.filter(pk=look.pk).update(state=Job.State.RUNNING)
    with pytest.raises(Conflict):
        importing.stop(look, actor=acting(bob))
    assert Job.objects.get(pk=done.pk).state == Job.State.DONE
    assert connected.pk


def test_only_who_may_pull_stops_it_and_it_is_stopped_where_the_server_was_left(
    workspace: Workspace, connected: Connection, alice: User, bob: User
) -> None:
    asked = importing.ask(workspace, actor=acting(bob), ids=["a"])
    with pytest.raises(NotAllowed):
        importing.stop(asked, actor=acting(alice))
    connected.delete()
    importing.stop(Job.objects.get(pk=asked.pk), actor=acting(bob))
    assert Job.objects.get(pk=asked.pk).state == Job.State.STOPPED
