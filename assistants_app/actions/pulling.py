"""Pull: read what upstream holds, take in what is new, notice what changed; write nothing there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from assistants_app import contract, doorbell, killpoints, policies
from assistants_app.actions import assistants, audit, frozen, health, jobs, push_links, pushes
from assistants_app.contract.limits import METADATA_PAIRS
from assistants_app.errors import Conflict
from assistants_app.models import Assistant, Job, PushOrder, UpstreamCopy, Version
from assistants_app.sync.pull import PullFailed, pull

if TYPE_CHECKING:
    from assistants_app.models import Workspace
    from assistants_app.policies import Actor
    from assistants_app.sync.pull import Found, Pull

State, Reason = PushOrder.State, PushOrder.Reason


@dataclass(slots=True)
class Tally:
    """How many upstream assistants were seen, taken in, found as expected, found changed."""

    seen: int = 0
    new: int = 0
    same: int = 0
    changed: int = 0

    def __str__(self) -> str:
        return f"{self.seen:,} seen, {self.new:,} taken in, {self.changed:,} changed upstream"


@transaction.atomic
def ask(workspace: Workspace, *, actor: Actor) -> Job:
    """Have the runner check upstream; the running check is returned when there is one."""
    policies.require(actor, "push", workspace, on=workspace)
    if workspace.upstream is None:
        raise Conflict("There is no connection to check.", code="no_connection")
    health.hold(workspace.upstream.pk)
    running = workspace.jobs.filter(kind=Job.Kind.PULL).exclude(state__in=Job.OVER).first()
    if running:
        return running
    job = Job.objects.create(
        workspace=workspace, kind=Job.Kind.PULL, asked_by=actor.user, source=actor.source
    )
    audit.record("upstream.check_asked", actor=actor, workspace=workspace, on=job)
    doorbell.ring("job", job.pk)
    return job


@audit.sends
def run(job: Job) -> None:
    """Walk the whole list, each assistant in a transaction of its own; safe to begin again."""
    upstream = job.workspace.upstream
    if upstream is None:
        jobs.finish(job, state=Job.State.FAILED, progress="There is no connection any more.")
        return
    try:
        with health.client(upstream) as client:
            _walk(job, pull(client))
    except Conflict as refusal:
        jobs.finish(job, state=Job.State.FAILED, progress=str(refusal))
    except PullFailed as failure:
        jobs.finish(job, state=Job.State.FAILED, progress=failure.outcome.message)


def _walk(job: Job, pages: Pull) -> None:
    actor = policies.system("worker")
    tally = Tally()
    asked_at = began_at = timezone.now()
    seen = frozen.watch(job.workspace)
    for page in pages:
        # What was held back was asked for at the beginning, at the latest.
        asked_at = began_at if seen.held else asked_at
        for found in seen.let_through(page.items):
            take_in(job.workspace, found, actor=actor, tally=tally, asked_at=asked_at)
        if not jobs.progress(job, f"{tally.seen or seen.size:,} so far"):
            return  # another process took the run over
        asked_at = timezone.now()
    if frozen.is_confirmed(job) and not pages.notes:
        frozen.believe(job, seen, actor=actor)
    elif cause := frozen.judge(job.workspace.connection, seen, notes=pages.notes):
        _frozen(job, cause, seen.size, actor=actor)
        return
    for found in seen.release():
        take_in(job.workspace, found, actor=actor, tally=tally, asked_at=began_at)
    _done(job, tally, pages.notes, actor=actor)


@transaction.atomic
def _frozen(job: Job, cause: str, size: int, *, actor: Actor) -> None:
    """The list bears evidence against the server: nothing of it is believed."""
    progress = "This does not look like the server we know, so nothing was changed here."
    result = {"seen": size, "new": 0, "changed": 0, "cause": cause}
    if not jobs.finish(job, state=Job.State.FAILED, progress=progress, result=result):
        return
    audit.record(
        "upstream.checked",
        actor=actor,
        workspace=job.workspace,
        on=job,
        outcome="frozen",
        data=dict(result),
    )


@transaction.atomic
def _done(job: Job, tally: Tally, notes: list[str], *, actor: Actor) -> None:
    result = {"seen": tally.seen, "new": tally.new, "changed": tally.changed, "notes": notes}
    if not jobs.finish(job, state=Job.State.DONE, progress=f"{tally}.", result=result):
        return
    health.listed(job.workspace.connection)
    if job.asked_by is None and not (tally.new or tally.changed):
        return  # nobody asked and nothing was found: the connection says when it was checked
    audit.record(
        "upstream.checked", actor=actor, workspace=job.workspace, on=job, data=dict(result)
    )


def take_in(
    workspace: Workspace, found: Found, *, actor: Actor, tally: Tally, asked_at: datetime
) -> None:
    """One upstream assistant: new, as expected, or changed behind our back.

    `asked_at` is when its page was asked for: whatever we read or wrote since is newer.
    """
    tally.seen += 1
    assistant = workspace.assistants.filter(upstream_id=found.id).first()
    if assistant:
        _compare(assistant, found, actor, tally, asked_at)
    elif not _may_be_ours(workspace, found):
        tally.new += _import_once(workspace, found, actor)


def _may_be_ours(workspace: Workspace, found: Found) -> bool:
    """Made by a push of ours that is under way: the push itself will link it.

    Our mark says so; where the server drops it, only that it is no older than the push.
    """
    op_id = found.marker.partition(":")[0]
    orders = PushOrder.objects.filter(assistant__workspace=workspace)
    if op_id:
        return any(str(known) == op_id for known in orders.values_list("op_id", flat=True))
    sent = push_links.creating(orders).order_by("sent_at").first()
    return sent is not None and push_links.is_since(sent, found.created_at)


def _import_once(workspace: Workspace, found: Found, actor: Actor) -> bool:
    """False when another process, or a push of ours, linked this id a moment ago."""
    try:
        import_one(workspace, found, actor=actor)
    except IntegrityError:
        if not workspace.assistants.filter(upstream_id=found.id).exists():
            raise
        return False
    return True


@transaction.atomic
def import_one(workspace: Workspace, found: Found, *, actor: Actor) -> Version:
    """A new assistant with Version 1 exactly as it was found, linked and in agreement."""
    digest = contract.fingerprint(found.document)
    assistant = Assistant.objects.create(
        workspace=workspace,
        upstream_id=found.id,
        digest=digest,
        created_at=_made(found.created_at),
        # With 16 pairs of its own there is no room for our mark (reliability.md 5.4).
        safe_creation=len(found.document.get("metadata") or {}) < METADATA_PAIRS,
        **Assistant.columns(found.document),
    )
    version = Version.objects.create(
        assistant=assistant,
        number=1,
        digest=digest,
        origin=Version.Origin.IMPORTED,
        source=actor.source,
        **Version.columns(found.document),
    )
    Assistant.objects.filter(pk=assistant.pk).update(live_version=version)
    PushOrder.objects.create(
        assistant=assistant,
        connection=workspace.connection,
        state=State.IDLE,
        desired_version=version,
        pushed_version=version,
    )
    pushes.keep(assistant, UpstreamCopy.Kind.BASE, _seen(found))
    audit.record(
        "version.imported",
        actor=actor,
        workspace=workspace,
        assistant=assistant,
        on=version,
        after=digest,
        data={"upstream_id": found.id, "notes": list(found.notes)},
    )
    killpoints.point("pull.before_commit")
    return version


def _made(created_at: int | None) -> datetime:
    try:
        return datetime.fromtimestamp(created_at, UTC) if created_at else timezone.now()
    except (ValueError, OverflowError, OSError):
        return timezone.now()  # a year that no calendar has


def _seen(found: Found) -> pushes.Seen:
    extra = contract.dumps(dict(found.extras)) if found.extras else ""
    return pushes.Seen(found.id, found.document, extra, marker=found.marker)


def _compare(
    assistant: Assistant, found: Found, actor: Actor, tally: Tally, asked_at: datetime
) -> None:
    # The order first: if a push moves on between the two reads, its fence tells what follows.
    order = PushOrder.objects.filter(assistant=assistant).first()
    base = assistant.upstream_copies.filter(kind=UpstreamCopy.Kind.BASE).first()
    if order is None or order.state in (State.SENDING, State.UNKNOWN):
        return  # a push is under way: it reads for itself
    if base and base.seen_at >= asked_at:
        return  # a push has read it since this page was asked for
    if base and contract.compare(base.document(), found.document).verdict != "different":
        tally.same += 1
        settle(order, found, actor=actor)
    elif _is_our_own(order, found):
        tally.same += 1
        push_links.push_over(order, _seen(found))
    else:
        tally.changed += 1
        notice(order, found, actor=actor)


def _is_our_own(order: PushOrder, found: Found) -> bool:
    """What a write of ours left there whose answer was lost."""
    return any(
        contract.compare(document, found.document).verdict != "different"
        for document in push_links.uncertain(order)
    )


@transaction.atomic
def notice(order: PushOrder, found: Found, *, actor: Actor) -> None:
    """Upstream is not what we last saw there: stop pushing this one until a person decides."""
    assistants.lock(order.assistant_id)
    theirs = order.assistant.upstream_copies.filter(kind=UpstreamCopy.Kind.THEIRS).first()
    digest = contract.fingerprint(found.document)
    if order.reason == Reason.DRIFT and theirs and theirs.digest == digest:
        return
    moved = PushOrder.objects.filter(pk=order.pk, fence=order.fence, lease_until=None).update(
        state=State.STOPPED,
        reason=Reason.DRIFT,
        message="Someone changed it on the server since we last looked.",
        changed_at=timezone.now(),
    )
    if moved != 1:
        return
    pushes.keep(order.assistant, UpstreamCopy.Kind.THEIRS, _seen(found))
    audit.record(
        "upstream.changed",
        actor=actor,
        workspace=order.assistant.workspace,
        assistant=order.assistant,
        on=order,
        before=order.desired_version.digest,
        after=digest,
    )


@transaction.atomic
def settle(order: PushOrder, found: Found, *, actor: Actor) -> None:
    """Upstream is what we last saw: a drift noticed earlier is over; what was seen gets its age."""
    assistants.lock(order.assistant_id)
    rows = PushOrder.objects.select_for_update().filter(pk=order.pk, fence=order.fence)
    if rows.filter(lease_until=None).first() is None:
        return  # a push has it: what it reads is newer
    pushes.keep(order.assistant, UpstreamCopy.Kind.BASE, _seen(found))
    if order.reason != Reason.DRIFT:
        return
    is_pushed = order.desired_version_id == order.pushed_version_id
    moved = PushOrder.objects.filter(pk=order.pk, fence=order.fence, reason=Reason.DRIFT).update(
        state=State.IDLE if is_pushed else State.WAITING,
        reason="",
        message="",
        changed_at=timezone.now(),
    )
    if moved != 1:
        return
    order.assistant.upstream_copies.filter(kind=UpstreamCopy.Kind.THEIRS).delete()
    audit.record(
        "upstream.cleared",
        actor=actor,
        workspace=order.assistant.workspace,
        assistant=order.assistant,
        on=order,
    )
