"""Linking again what was linked to this server before it was left: never guessed, always shown.

The proof: the same address, the id found in a list that was read since, and a person who saw both.
Nothing here speaks to the server: the push that follows reads before it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import audit, connection_links, health
from assistants_app.errors import Conflict
from assistants_app.models import Assistant, ConnectionHealth, PushOrder, listed

if TYPE_CHECKING:
    from assistants_app.models import Connection, Job
    from assistants_app.policies import Actor

State = PushOrder.State
CHUNK = 500  # rows of one statement


@transaction.atomic
def relink(job: Job, *, actor: Actor) -> int:
    """Link every assistant that this look shows as linked before; returns how many.

    Raises Conflict: `no_connection`, `frozen`, `state` where there is nothing to link.
    """
    workspace = job.workspace
    policies.require(actor, "push", workspace, on=workspace)
    upstream = workspace.upstream
    if upstream is None or job.asked_at < upstream.created_at:
        raise Conflict("This was read from another server.", code="no_connection")
    health.hold(upstream.pk)
    if ConnectionHealth.objects.get(connection=upstream).state == ConnectionHealth.State.FROZEN:
        raise Conflict("This does not look like the server we know.", code="frozen")
    rows = job.listed.against(upstream).filter(listed.LEFT)
    links = {row.formerly: row.upstream_id for row in rows if row.formerly}
    if not links:
        raise Conflict("There is nothing to link again.", code="state")
    pks = list(links)
    for start in range(0, len(pks), CHUNK):
        _link(upstream, pks[start : start + CHUNK])
    told = {"linked": len(links), **connection_links.told({str(pk): links[pk] for pk in pks})}
    audit.record("import.relinked", actor=actor, workspace=workspace, on=job, data=told)
    doorbell.ring("job", job.pk)
    return len(links)


@audit.bookkeeping
def _link(upstream: Connection, pks: list[int]) -> None:
    """Linked, and due to be read: whether they agree is not known yet."""
    rows = Assistant.objects.filter(pk__in=pks)
    rows.update(upstream_id=F("former_id"), former_id=None, former_print=None)
    now = timezone.now()
    kept = PushOrder.objects.filter(assistant__in=pks)
    kept.update(
        state=State.WAITING,
        reason="",
        message="",
        param="",
        pushed_version=None,
        attempts=0,
        looks=0,
        failing_since=None,
        check_again_at=None,
        not_before=now,
        asked_at=now,
        changed_at=now,
        fence=F("fence") + 1,
    )
    has_order = set(kept.values_list("assistant", flat=True))
    fresh = rows.exclude(pk__in=has_order).exclude(live_version=None)
    PushOrder.objects.bulk_create(
        PushOrder(assistant_id=pk, connection=upstream, desired_version_id=version)
        for pk, version in fresh.values_list("pk", "live_version")
    )
