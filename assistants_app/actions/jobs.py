"""Jobs: claim, progress, end. Bookkeeping; what a Job does is recorded by the action it runs."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from assistants_app.actions import audit, health
from assistants_app.errors import Conflict
from assistants_app.models import Job
from assistants_app.models.statements import Given, Select

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

    from assistants_app import contract

MAX_ATTEMPTS = 5
KEPT = timedelta(days=30)  # what became of a run
LIST_KEPT = timedelta(days=1)  # a list of what was upstream, once there is a newer one: up to 2 MB
State = Job.State


def due(*, without: Collection[int] = ()) -> list[tuple[int, int | None]]:
    """Jobs that wait, or whose runner has not been heard of for a lease, each with the connection
    that it speaks to; none of the connections `without`.
    """
    full = {f"full_{n}": pk for n, pk in enumerate(without)}
    return _due(len(full)).all(**full)


@cache
def _due(n: int) -> Select:
    """Of all but `n` connections: the runner looks again whenever something has ended."""
    full = [Given(f"full_{at}", models.BigIntegerField()) for at in range(n)]
    gone = Q(state=State.RUNNING, lease_until__lt=Now())
    rows = Job.objects.filter(Q(state=State.WAITING) | gone).order_by("asked_at")
    for one in full:
        rows = rows.exclude(workspace__connection=one)
    return Select(lambda: rows.values_list("pk", "workspace__connection")[:20])


@audit.bookkeeping
def claim(pk: int, *, owner: str) -> Job | None:
    """Take the Job for a lease by compare-and-swap; None when someone else has it.

    One that ended the process of whoever ran it, time and again, is given up.
    """
    job = Job.objects.select_related("workspace__connection", "asked_by").filter(pk=pk).first()
    if job is None or job.is_over:
        return None
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    rows = Job.objects.filter(free, pk=pk, fence=job.fence)
    if job.attempts >= MAX_ATTEMPTS:
        _give_up(rows)
        return None
    moved = rows.update(
        state=State.RUNNING,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_owner=owner,
        lease_until=_lease_end(),
    )
    if moved != 1:
        return None
    job.fence, job.attempts, job.state = job.fence + 1, job.attempts + 1, State.RUNNING
    return job


@audit.bookkeeping
def _give_up(rows: QuerySet[Job]) -> None:
    rows.update(
        state=State.FAILED,
        progress=f"Given up after {MAX_ATTEMPTS} tries.",
        lease_owner="",
        lease_until=None,
        finished_at=timezone.now(),
    )


class TakenOver(Exception):  # not an error: another process goes on
    """Someone else runs this Job by now."""


@audit.bookkeeping
def progress(job: Job, text: str, *, done: int | None = None, result: contract.JSON = None) -> bool:
    """Say how far it is and keep the lease; False when someone else took the Job over.

    `result`: what has come of it so far, for whoever goes on with it; None leaves it as it is.
    """
    fields: dict[str, Any] = {"progress": text, "lease_until": _lease_end()}
    fields |= {} if done is None else {"done": done}
    fields |= {} if result is None else {"result": result}
    return _mine(job).update(**fields) == 1


def _mine(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, fence=job.fence, state=State.RUNNING)


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=health.times().lease)


@audit.bookkeeping
@transaction.atomic
def finish(job: Job, *, state: Job.State, progress: str, result: contract.JSON = None) -> bool:
    """End the Job with its result; False when someone else took it over."""
    return (
        _mine(job).update(
            state=state,
            progress=progress,
            result=result,
            lease_owner="",
            lease_until=None,
            finished_at=timezone.now(),
        )
        == 1
    )


@audit.bookkeeping
def stop(job: Job, *, progress: str, result: contract.JSON = None) -> None:
    """End it from outside: whoever runs it loses it by the fence, before anything more is kept.

    `result` as in `progress`. Raises Conflict (`state`) when it is over.
    """
    fields = {} if result is None else {"result": result}
    rows = Job.objects.filter(pk=job.pk, fence=job.fence).exclude(state__in=Job.OVER)
    moved = rows.update(
        state=State.STOPPED,
        progress=progress,
        fence=F("fence") + 1,
        lease_owner="",
        lease_until=None,
        finished_at=timezone.now(),
        **fields,
    )
    if moved != 1:
        raise Conflict("It is over already.", code="state")


@audit.bookkeeping
def purge() -> int:
    """Forget runs that ended long ago, and lists that a newer one replaced; returns how many.

    The newest of its kind that went well stays: the import page shows it, pulls begin from it.
    """
    now = timezone.now()
    newer = Job.objects.filter(
        workspace=OuterRef("workspace"),
        kind=OuterRef("kind"),
        state=State.DONE,
        pk__gt=OuterRef("pk"),
    )
    old = Q(finished_at__lt=now - KEPT)
    replaced = Q(kind=Job.Kind.LIST, finished_at__lt=now - LIST_KEPT)
    over = Job.objects.filter(old | replaced, Exists(newer), state__in=Job.OVER)
    return over.delete()[0]
