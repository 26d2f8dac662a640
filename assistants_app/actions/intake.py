"""Intake: upstream assistants become assistants here, many in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from assistants_app import contract, killpoints
from assistants_app.actions import audit, jobs, push_links, pushes, warnings
from assistants_app.contract.limits import METADATA_PAIRS
from assistants_app.models import Assistant, PushOrder, UpstreamCopy, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistants_app.models import Job, Workspace
    from assistants_app.policies import Actor
    from assistants_app.sync.pull import Found

State = PushOrder.State


def under_way(workspace: Workspace, found: Iterable[Found]) -> set[str]:
    """The ids of those that a push of ours is making: the push itself will link them.

    Our mark says so; where the server drops it, only that they are no older than the push.
    """
    found = list(found)
    orders = PushOrder.objects.filter(assistant__workspace=workspace)
    marks = {item.id: item.marker.partition(":")[0] for item in found}
    ours: set[str] = set()
    if any(marks.values()):
        ours = {str(op_id) for op_id in orders.values_list("op_id", flat=True)}
    sent = None
    if not all(marks.values()):
        sent = push_links.creating(orders).order_by("sent_at").first()
    return {
        item.id
        for item in found
        if (
            marks[item.id] in ours
            if marks[item.id]
            else sent is not None and push_links.is_since(sent, item.created_at)
        )
    }


@transaction.atomic
def take_in(
    job: Job,
    found: Sequence[Found],
    *,
    actor: Actor,
    progress: str,
    done: int,
    result: dict[str, Any],
) -> list[Assistant]:
    """New assistants, each with Version 1 exactly as it was found, linked and in agreement.

    Each Version has an audit entry of its own. `progress`, `done` and `result` of the Job move
    with them, so that whoever goes on knows what it did. Raises IntegrityError when one of them is
    linked here already, jobs.TakenOver when another process runs this Job by now; then nothing
    stays.
    """
    if not jobs.progress(job, progress, done=done, result=result):
        raise jobs.TakenOver
    workspace = job.workspace
    rules = warnings.rules(workspace)
    rows = Assistant.objects.bulk_create([_assistant(workspace, item, rules) for item in found])
    pairs = list(zip(rows, found, strict=True))
    versions = Version.objects.bulk_create([_version(row, item, actor) for row, item in pairs])
    first = Version.objects.filter(assistant=OuterRef("pk"), number=1)
    made = Assistant.objects.filter(pk__in=[row.pk for row in rows])
    made.update(live_version=Subquery(first.values("pk")[:1]))
    PushOrder.objects.bulk_create(
        PushOrder(
            assistant=row,
            connection=workspace.connection,
            state=State.IDLE,
            desired_version=version,
            pushed_version=version,
        )
        for row, version in zip(rows, versions, strict=True)
    )
    UpstreamCopy.objects.bulk_create(
        pushes.copy(row, UpstreamCopy.Kind.BASE, seen(item)) for row, item in pairs
    )
    audit.record_each(
        "version.imported",
        actor=actor,
        workspace=workspace,
        told=[
            audit.Told(
                assistant=row,
                on=version,
                after=version.digest,
                data={"upstream_id": item.id, "notes": list(item.notes)},
            )
            for (row, item), version in zip(pairs, versions, strict=True)
        ],
    )
    for _row in rows:
        killpoints.point("pull.before_commit")
    return rows


def _assistant(workspace: Workspace, found: Found, rules: warnings.Rules) -> Assistant:
    return Assistant(
        workspace=workspace,
        upstream_id=found.id,
        digest=contract.fingerprint(found.document),
        created_at=_made(found.created_at),
        # With 16 pairs of its own there is no room for our mark (reliability.md 5.4).
        safe_creation=len(found.document.get("metadata") or {}) < METADATA_PAIRS,
        **Assistant.columns(found.document),
        **rules.columns(found.document),
    )


def _version(assistant: Assistant, found: Found, actor: Actor) -> Version:
    return Version(
        assistant=assistant,
        number=1,
        digest=assistant.digest,
        origin=Version.Origin.IMPORTED,
        source=actor.source,
        **Version.columns(found.document),
    )


def _made(created_at: int | None) -> datetime:
    try:
        return datetime.fromtimestamp(created_at, UTC) if created_at else timezone.now()
    except (ValueError, OverflowError, OSError):
        return timezone.now()  # a year that no calendar has


def seen(found: Found) -> pushes.Seen:
    """What a list showed of an assistant, as the push knows it."""
    extra = contract.dumps(dict(found.extras)) if found.extras else ""
    return pushes.Seen(found.id, found.document, extra, marker=found.marker)
