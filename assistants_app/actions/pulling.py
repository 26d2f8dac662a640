"""Pull: read what upstream holds, notice what changed and what is new; write nothing there.

Nothing is taken in here: what is new upstream waits for somebody to choose it (importing.py).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import FilteredRelation, Q
from django.utils import timezone

from assistants_app import contract, doorbell, policies
from assistants_app.actions import (
    assistants,
    audit,
    frozen,
    health,
    intake,
    jobs,
    push_links,
    pushes,
    sweeping,
)
from assistants_app.errors import Conflict
from assistants_app.models import Assistant, Job, PushOrder, UpstreamCopy
from assistants_app.sync.pull import Cursors, PullFailed, pull

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from assistants_app.models import Workspace
    from assistants_app.policies import Actor
    from assistants_app.sync.pull import Found, Pull

State, Reason = PushOrder.State, PushOrder.Reason
QUIET = (State.IDLE, State.WAITING, State.STOPPED)
CHUNK = 1000  # compared in one query
LONGEST_SILENCE, SHORTEST = 5.0, 1.0  # seconds from one word of progress to the next


@dataclass(slots=True)
class Tally:
    """How many upstream assistants were seen, are not here, were found as expected, or changed."""

    seen: int = 0
    new: int = 0
    same: int = 0
    changed: int = 0

    def __str__(self) -> str:
        new = f"{self.new:,} not here, " if self.new else ""
        changed = f"{self.changed:,}" if self.changed else "none"
        return f"{self.seen:,} seen, {new}{changed} changed upstream"


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
    """Read the whole list and compare it with what is here; safe to begin again."""
    upstream = job.workspace.upstream
    if upstream is None:
        jobs.finish(job, state=Job.State.FAILED, progress="There is no connection any more.")
        return
    try:
        with health.client(upstream) as client:
            _walk(job, pull(client, cursors(job.workspace)))
    except jobs.TakenOver:
        return
    except Conflict as refusal:
        jobs.finish(job, state=Job.State.FAILED, progress=str(refusal))
    except PullFailed as failure:
        jobs.finish(job, state=Job.State.FAILED, progress=failure.outcome.message)


def cursors(workspace: Workspace) -> Cursors | None:
    """Where the pages of its server's list began when it was last read whole."""
    read = workspace.jobs.filter(kind__in=(Job.Kind.PULL, Job.Kind.LIST), state=Job.State.DONE)
    result: Any = read.order_by("-pk").values_list("result", flat=True).first()
    known = result.get("cursors") if isinstance(result, dict) else None
    return Cursors(int(known["size"]), tuple(known["after"])) if known else None


def told(known: Cursors | None) -> Any:
    """The cursors as a Job's result holds them."""
    return {"size": known.size, "after": list(known.after)} if known else None


def _walk(job: Job, pages: Pull) -> None:
    actor = policies.system("worker")
    # Pages are asked for ahead: whatever we read or wrote since the beginning is newer.
    compare = _Comparison(job, actor, timezone.now())
    seen, marks = frozen.watch(job.workspace), sweeping.Marks()
    for page in pages:
        marks.see(page.items)
        compare.add(seen.let_through(page.items), seen.size)
    if frozen.is_confirmed(job) and not pages.notes:
        frozen.believe(job, seen, actor=actor)
    elif cause := frozen.judge(job.workspace.connection, seen, notes=pages.notes):
        _frozen(job, cause, seen.size, actor=actor)
        return
    compare.add(seen.release(), seen.size)
    compare.finish()
    said = sweeping.sweep(job.workspace, marks, actor=actor)
    _done(job, compare.tally, pages, said, actor=actor)


class _Comparison:
    """Collects what pages bring and compares it in chunks."""

    def __init__(self, job: Job, actor: Actor, asked_at: datetime) -> None:
        self.tally = Tally()
        self._job, self._actor, self._asked_at = job, actor, asked_at
        self._waiting: list[Found] = []
        self._last = time.monotonic()

    def add(self, found: Iterable[Found], size: int) -> None:
        self._waiting += found
        if len(self._waiting) >= CHUNK or time.monotonic() - self._last > LONGEST_SILENCE:
            self.finish()
            self._tell(size)

    def _tell(self, size: int) -> None:
        if time.monotonic() - self._last < SHORTEST:
            return  # nobody reads faster
        if not jobs.progress(self._job, f"{size:,} so far", done=size):
            raise jobs.TakenOver
        self._last = time.monotonic()

    def finish(self) -> None:
        for start in range(0, len(self._waiting), CHUNK):
            chunk = self._waiting[start : start + CHUNK]
            _compare_all(
                self._job.workspace,
                chunk,
                actor=self._actor,
                tally=self.tally,
                asked_at=self._asked_at,
            )
        self._waiting = []


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
def _done(job: Job, tally: Tally, pages: Pull, said: list[str], *, actor: Actor) -> None:
    counts = {"seen": tally.seen, "new": tally.new, "changed": tally.changed, "notes": pages.notes}
    result = {**counts, "cursors": told(pages.cursors)}
    progress = " ".join([f"{tally}.", *said])
    if not jobs.finish(job, state=Job.State.DONE, progress=progress, result=result):
        return
    health.listed(job.workspace.connection)
    if job.asked_by is None and not tally.changed:
        return  # nobody asked and nothing changed: the connection says when it was checked
    audit.record("upstream.checked", actor=actor, workspace=job.workspace, on=job, data=counts)


def _compare_all(
    workspace: Workspace,
    found: list[Found],
    *,
    actor: Actor,
    tally: Tally,
    asked_at: datetime,
) -> None:
    """Upstream assistants: as expected, changed behind our back, or not here.

    `asked_at` is when the first of them was asked for: whatever we read or wrote since is newer.
    By digest first, so that what is as it was costs no query of its own.
    """
    tally.seen += len(found)
    known = _known(workspace, [item.id for item in found])
    quiet = [item for item in found if item.id in known and known[item.id].is_same(item, asked_at)]
    _still_there([known[item.id].pk for item in quiet], asked_at)
    tally.same += len(quiet)
    done = {item.id for item in quiet}
    strange = [item for item in found if item.id not in known]
    tally.new += len(strange) - len(intake.under_way(workspace, strange) if strange else ())
    for item in found:
        if item.id in known and item.id not in done:
            assistant = workspace.assistants.get(pk=known[item.id].pk)
            _compare(assistant, item, actor, tally, asked_at)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept here of an upstream assistant."""

    pk: int
    state: str | None
    reason: str | None
    lease_until: datetime | None
    digest: str | None
    extra: str | None
    seen_at: datetime | None

    def is_same(self, found: Found, asked_at: datetime) -> bool:
        """To the letter what was last read there, with nothing under way or noticed."""
        if self.state not in QUIET or self.reason == Reason.DRIFT or self.lease_until:
            return False
        if self.seen_at is None or self.seen_at >= asked_at:
            return False
        extra = contract.dumps(dict(found.extras)) if found.extras else ""
        return self.extra == extra and self.digest == contract.fingerprint(found.document)


def _known(workspace: Workspace, ids: list[str]) -> dict[str, _Known]:
    base = FilteredRelation(
        "upstream_copies", condition=Q(upstream_copies__kind=UpstreamCopy.Kind.BASE)
    )
    rows = workspace.assistants.filter(upstream_id__in=ids).annotate(base=base)
    order = ("push_order__state", "push_order__reason", "push_order__lease_until")
    columns = ("pk", *order, "base__digest", "base__extra", "base__seen_at")
    return {id_: _Known(*rest) for id_, *rest in rows.values_list("upstream_id", *columns)}


@audit.bookkeeping
def _still_there(pks: list[int], asked_at: datetime) -> None:
    """What was seen gets its age; what a push has read meanwhile is younger already."""
    rows = UpstreamCopy.objects.filter(assistant__in=pks, kind=UpstreamCopy.Kind.BASE)
    if pks:
        rows.filter(seen_at__lt=asked_at).update(seen_at=timezone.now())


def _compare(
    assistant: Assistant, found: Found, actor: Actor, tally: Tally, asked_at: datetime
) -> None:
    # The order first: if a push takes it between the two reads, its fence tells what follows. One
    # that had it before may have written and let go of it by then, under the same fence.
    order = PushOrder.objects.filter(assistant=assistant).first()
    base = assistant.upstream_copies.filter(kind=UpstreamCopy.Kind.BASE).first()
    if order is None or order.lease_until or order.state in (State.SENDING, State.UNKNOWN):
        return  # a push is under way: it reads for itself
    if base and base.seen_at >= asked_at:
        return  # a push has read it since this page was asked for
    if base and contract.compare(base.document(), found.document).verdict != "different":
        tally.same += 1
        settle(order, found, actor=actor)
    elif _is_our_own(order, found):
        tally.same += 1
        push_links.push_over(order, intake.seen(found))
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
    pushes.keep(order.assistant, UpstreamCopy.Kind.THEIRS, intake.seen(found))
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
    pushes.keep(order.assistant, UpstreamCopy.Kind.BASE, intake.seen(found))
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
