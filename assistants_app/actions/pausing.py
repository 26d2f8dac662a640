"""Pausing a Connection: while an admin wants nothing pushed, nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import audit, health
from assistants_app.errors import Conflict
from assistants_app.models import ConnectionHealth

if TYPE_CHECKING:
    from assistants_app.models import Connection, Workspace
    from assistants_app.policies import Actor

State = ConnectionHealth.State


@transaction.atomic
def pause(workspace: Workspace, *, actor: Actor) -> None:
    """Push nothing before an admin resumes it. Raises Conflict: `no_connection`, `state`."""
    policies.require(actor, "settings.write", workspace, on=workspace)
    upstream = _upstream(workspace)
    rows = ConnectionHealth.objects.filter(connection=upstream).exclude(state=State.PAUSED)
    if rows.update(state=State.PAUSED, since=timezone.now(), open_until=None) != 1:
        raise Conflict("Pushing is paused already.", code="state")
    audit.record("connection.paused", actor=actor, workspace=workspace, on=upstream)


@transaction.atomic
def resume(workspace: Workspace, *, actor: Actor) -> None:
    """Push again. What was frozen when it was paused is looked at before anything is pushed.

    Raises Conflict: `no_connection`, `state`.
    """
    policies.require(actor, "settings.write", workspace, on=workspace)
    upstream = _upstream(workspace)
    rows = ConnectionHealth.objects.filter(connection=upstream, state=State.PAUSED)
    fresh = {"since": timezone.now(), "failures": 0, "open_until": None}
    moved = rows.filter(cause__in=health.FREEZING).update(state=State.FROZEN, **fresh)
    if not moved and rows.update(state=State.OPEN, cause="", reason="", **fresh) != 1:
        raise Conflict("Pushing is not paused.", code="state")
    audit.record("connection.resumed", actor=actor, workspace=workspace, on=upstream)
    doorbell.ring("connection", upstream.pk)


def _upstream(workspace: Workspace) -> Connection:
    if workspace.upstream is None:
        raise Conflict("There is no connection.", code="no_connection")
    return workspace.upstream
