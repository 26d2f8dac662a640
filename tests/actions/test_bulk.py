"""A run on several: what it costs, and that what came of each one is kept with it or not at all."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistants_app.actions import bulk, jobs
from assistants_app.models import Assistant, AuditEntry, Change, Job, JobItem
from assistants_app.runner import Runner
from tests.actions.told import tells
from tests.builders import acting, make_assistant, make_change, make_copies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def several(workspace: Workspace, alice: User, bob: User) -> list[Assistant]:
    first = make_assistant(workspace, author=alice, reviewer=bob, name="First")
    return [first, *make_copies(first, 29)]


def asked(rows: list[Assistant], person: User) -> Job:
    ids = [row.pk for row in rows]
    return bulk.ask(rows[0].workspace, actor=acting(person), verb="archive", ids=ids)


def test_what_is_written_of_each_does_not_grow_with_how_many_were_chosen(
    several: list[Assistant], dora: User
) -> None:
    def cost(rows: list[Assistant]) -> int:
        """Characters of the longest write."""
        mine = jobs.claim(asked(rows, dora).pk, owner="one")
        assert mine is not None
        with CaptureQueriesContext(connection) as found:
            bulk.run(mine)
        writes = [row["sql"] for row in found if row["sql"].startswith("UPDATE")]
        kept = Job.objects.get(pk=mine.pk)
        assert (kept.ask, kept.result) == ({"verb": "archive"}, None)
        return max(map(len, writes))

    few = cost(several[:2])
    assert abs(cost(several[2:]) - few) < 10  # numbers of one more digit


@pytest.mark.django_db(transaction=True)
def test_whoever_stops_it_waits_until_the_one_in_flight_is_counted(
    several: list[Assistant], dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = asked(several, dora)

    def stop() -> None:
        bulk.stop(job, actor=acting(dora))
        connection.close()

    stopper = threading.Thread(target=stop)
    real_act, real_left = bulk._act, bulk._left

    def act(verb: bulk.Verb, pk: int, actor: Any) -> None:
        if pk == several[1].pk:
            stopper.start()
            stopper.join(0.3)
        real_act(verb, pk, actor)

    def left(job: Job) -> Iterator[JobItem]:
        for item in real_left(job):
            if item.n == 2:
                stopper.join(30)
            yield item

    monkeypatch.setattr(bulk, "_act", act)
    monkeypatch.setattr(bulk, "_left", left)
    Runner(hands=0).tick()
    job.refresh_from_db()
    assert (job.state, job.progress) == ("stopped", "Stopped at 2 of 30. What was done stays.")
    assert Assistant.objects.filter(archived_at=None).count() == 28
    entry = json.loads(AuditEntry.objects.get(action="bulk.stopped").body)
    assert entry["data"] == {"done": 2, "skipped": 0, "failed": 0}


def test_one_that_is_not_ours_any_more_acts_on_nothing(
    several: list[Assistant], dora: User
) -> None:
    job = asked(several, dora)
    first = jobs.claim(job.pk, owner="one")
    assert first is not None
    Job.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00Z")
    assert jobs.claim(job.pk, owner="two") is not None
    with tells():
        bulk.run(first)
    assert Assistant.objects.filter(archived_at=None).count() == len(several)
    assert bulk.outcomes(job) == {"done": 0, "skipped": 0, "failed": 0}


def test_one_that_has_to_say_why_first_holds_back_no_other(
    workspace: Workspace, alice: User
) -> None:
    workspace.why_required = True
    workspace.save()
    changes = [make_change(workspace, alice, name=name) for name in ("Silent", "Told")]
    Change.objects.filter(pk=changes[1].pk).update(why="Customers asked for it.")
    ids = [change.assistant_id for change in changes]
    bulk.begin(bulk.ask(workspace, actor=acting(alice), verb="submit", ids=ids))
    told = Job.objects.get().items.order_by("n").values_list("outcome", "code")
    assert list(told) == [("skipped", "why"), ("done", "")]


def test_what_became_of_each_is_forgotten_with_the_run(
    several: list[Assistant], dora: User
) -> None:
    for rows in (several[:2], several[2:4]):
        asked(rows, dora)
        Runner(hands=0).tick()
    Job.objects.update(finished_at=timezone.now() - jobs.KEPT - timedelta(days=1))
    jobs.purge()
    newest = Job.objects.get()  # of those that went well, one stays
    assert set(JobItem.objects.values_list("job", "n")) == {(newest.pk, 0), (newest.pk, 1)}


def test_what_was_chosen_before_it_had_rows_of_its_own_goes_on(
    several: list[Assistant], dora: User
) -> None:
    """A run as it was kept once, cut off after two, one of which is not here any more."""
    ids = [row.pk for row in several]
    told = {"done": 1, "skipped": 1, "failed": 0}
    rows = [[ids[0], "done", ""], [999_999, "skipped", "gone"]]
    job = Job.objects.create(
        workspace=several[0].workspace,
        kind=Job.Kind.BULK,
        asked_by=dora,
        ask={"verb": "archive", "ids": [ids[0], 999_999, *ids[2:]]},  # type: ignore[misc]
        result={**told, "rows": rows},
        done=2,
        total=len(ids),
    )
    other = Job.objects.create(workspace=several[0].workspace, kind=Job.Kind.PULL)
    import_module("assistants_app.migrations.0016_items_of_runs").move_items(apps, None)
    job.refresh_from_db()
    assert (job.ask, job.result) == ({"verb": "archive"}, None)
    Job.objects.filter(pk=other.pk).delete()
    Runner(hands=0).tick()
    assert bulk.outcomes(job) == {"done": 29, "skipped": 0, "failed": 0}
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 30)
    left = Assistant.objects.filter(archived_at=None)
    assert {row.pk for row in left} == {ids[0], ids[1]}  # done by then, and never chosen
