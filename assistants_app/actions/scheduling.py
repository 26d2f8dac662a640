"""Checks of upstream that nobody has to ask for: one per connection and interval."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import audit, health
from assistants_app.models import Assistant, ConnectionHealth, Job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

KEPT = timedelta(days=1)  # how long a check that nobody asked for stays in the list of runs


def ask_checks() -> int:
    """Ask for every check that is due; returns how many were asked for by this process.

    Whoever runs it: due are workspaces with an open connection whose list was not compared for
    `check_every` seconds. One that has never been compared waits until something is linked, so
    that the first import stays a person's choice.
    """
    return sum(_ask(pk) for pk in _due(ConnectionHealth.objects.all()))


def _due(rows: QuerySet[ConnectionHealth]) -> Sequence[int]:
    linked = Assistant.objects.filter(workspace=OuterRef("connection__workspace"))
    begun = Exists(linked.exclude(upstream_id=None)) | ~Q(checked_at=None)
    rows = rows.filter(begun, state=ConnectionHealth.State.OPEN, connection__check_every__gt=0)
    rows = rows.filter(connection__workspace__archived_at=None).select_related("connection")
    now = timezone.now()
    return [row.pk for row in rows if _since(row) + _every(row.connection.check_every) <= now]


def _since(row: ConnectionHealth) -> datetime:
    return row.checked_at or row.connection.created_at


def _every(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * settings.SYNC_TIME_SCALE)


@audit.bookkeeping
@transaction.atomic
def _ask(pk: int) -> bool:
    """One check at a time: the row is held, then everything is asked once more."""
    health.hold(pk)
    if not _due(ConnectionHealth.objects.filter(pk=pk)):
        return False
    row = ConnectionHealth.objects.select_related("connection__workspace").get(pk=pk)
    workspace = row.connection.workspace
    runs = workspace.jobs.filter(kind=Job.Kind.PULL)
    # One that failed is not asked again at every tick, nor only after a long interval.
    pause = min(_every(row.connection.check_every), timedelta(seconds=health.times().pull))
    recent = Q(asked_at__gt=timezone.now() - pause)
    if runs.filter(recent | ~Q(state__in=Job.OVER)).exists():
        return False
    runs.filter(asked_by=None, finished_at__lt=timezone.now() - KEPT).delete()
    actor = policies.system("worker")
    job = Job.objects.create(
        workspace=workspace, kind=Job.Kind.PULL, asked_by=actor.user, source=actor.source
    )
    doorbell.ring("job", job.pk)
    return True
