"""Jobs: claimed by one, kept by the fence, and not tried for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from assistants_app.actions import jobs
from assistants_app.models import Job
from tests.actions.told import tells, writes_nothing

if TYPE_CHECKING:
    from assistants_app.models import Workspace

pytestmark = pytest.mark.django_db
State = Job.State


@pytest.fixture
def job(workspace: Workspace) -> Job:
    return Job.objects.create(workspace=workspace, kind=Job.Kind.PULL)


def _now(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def _expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_a_waiting_run_is_due_and_claimed_by_one(job: Job) -> None:
    assert [pk for pk, _ in jobs.due()] == [job.pk]
    with tells():
        mine = jobs.claim(job.pk, owner="one")
    assert mine is not None
    assert (mine.state, mine.fence, _now(job).lease_owner) == (State.RUNNING, 1, "one")
    assert jobs.due() == []
    with writes_nothing():
        assert jobs.claim(job.pk, owner="two") is None


def test_a_run_whose_runner_is_gone_is_taken_over_and_the_first_one_is_fenced_off(
    job: Job,
) -> None:
    first = jobs.claim(job.pk, owner="one")
    _expire(job)
    assert [pk for pk, _ in jobs.due()] == [job.pk]
    second = jobs.claim(job.pk, owner="two")
    assert first is not None
    assert second is not None
    assert second.fence == 2
    with writes_nothing():
        assert not jobs.progress(first, "half")
        assert not jobs.finish(first, state=State.DONE, progress="all")
    assert jobs.progress(second, "half")
    assert jobs.finish(second, state=State.DONE, progress="all", result={"seen": 1})
    now = _now(job)
    assert (now.state, now.progress, now.result, now.lease_owner) == (
        State.DONE,
        "all",
        {"seen": 1},
        "",
    )
    assert now.finished_at is not None


def test_progress_keeps_the_lease(job: Job) -> None:
    mine = jobs.claim(job.pk, owner="one")
    assert mine is not None
    _expire(job)
    assert jobs.progress(mine, "half")
    assert jobs.due() == []


def test_what_is_over_is_not_begun_again(job: Job) -> None:
    mine = jobs.claim(job.pk, owner="one")
    assert mine is not None
    jobs.finish(mine, state=State.FAILED, progress="No.")
    assert jobs.due() == []
    assert jobs.claim(job.pk, owner="two") is None
    assert not jobs.finish(mine, state=State.DONE, progress="Yes.")


def test_a_run_that_ends_its_process_each_time_is_given_up(job: Job) -> None:
    for n in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(job.pk, owner=str(n)) is not None
        _expire(job)
    assert jobs.claim(job.pk, owner="once more") is None
    now = _now(job)
    assert (now.state, now.finished_at is not None) == (State.FAILED, True)
    assert now.progress
    assert jobs.due() == []


def test_a_run_that_is_no_more_is_not_claimed() -> None:
    assert jobs.claim(12345, owner="one") is None


# --- forgetting ---------------------------------------------------------------------------------


def _ended(workspace: Workspace, kind: Job.Kind, days: float, state: str = State.DONE) -> Job:
    ago = timezone.now() - timedelta(days=days)
    return Job.objects.create(workspace=workspace, kind=kind, state=state, finished_at=ago)


def test_runs_that_ended_long_ago_are_forgotten_but_for_the_newest_that_went_well(
    workspace: Workspace, job: Job
) -> None:
    gone = [
        _ended(workspace, Job.Kind.PULL, 40),
        _ended(workspace, Job.Kind.PULL, 31, State.FAILED),
    ]
    newest = _ended(workspace, Job.Kind.PULL, 31)
    alone = _ended(workspace, Job.Kind.IMPORT, 400)
    recent = _ended(workspace, Job.Kind.PULL, 29)
    with tells():
        assert jobs.purge() == len(gone) + 1
    assert set(Job.objects.all()) == {job, alone, recent}
    assert newest.pk


def test_a_list_goes_a_day_after_a_newer_one_replaced_it(workspace: Workspace) -> None:
    old = _ended(workspace, Job.Kind.LIST, 2)
    young, newest = _ended(workspace, Job.Kind.LIST, 0.5), _ended(workspace, Job.Kind.LIST, 0.1)
    failed = _ended(workspace, Job.Kind.LIST, 0, State.FAILED)
    jobs.purge()
    assert set(Job.objects.all()) == {young, newest, failed}
    assert old.pk


def test_a_list_that_only_a_failed_one_followed_stays(workspace: Workspace) -> None:
    old = _ended(workspace, Job.Kind.LIST, 99)
    _ended(workspace, Job.Kind.LIST, 50, State.FAILED)
    assert jobs.purge() == 0
    assert old in Job.objects.all()
