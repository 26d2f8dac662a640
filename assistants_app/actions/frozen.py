"""Frozen: what a list or unconfirmed 404s say against the server, and the ways out of it.

While a Connection is frozen no assistant changes and nothing is pushed (reliability.md 6.2).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import assistants, audit, health
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import ConnectionHealth, Job, PushOrder
from assistants_app.sync import evidence
from assistants_app.sync.evidence import Watch
from assistants_app.sync.paging import PullFailed
from assistants_app.sync.pull import pull

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from assistants_app.models import Assistant, Connection, Workspace
    from assistants_app.policies import Actor
    from assistants_app.sync.pull import Pull

State, Reason = PushOrder.State, PushOrder.Reason
ASKED_FOR = 20  # of those that a list lacks, in one check
CONFIRMED: Any = {"gone": True}  # what a Job is asked with once an admin confirmed


def watch(workspace: Workspace) -> Watch:
    """What a list of this workspace's server must show; a frozen one lets nothing through."""
    marks = PushOrder.objects.filter(assistant__workspace=workspace)
    upstream = workspace.upstream
    state = ConnectionHealth.objects.filter(connection=upstream).values_list("state", flat=True)
    return Watch(
        linked=frozenset(_linked(workspace).values_list("upstream_id", flat=True)),  # type: ignore[arg-type]
        marks=frozenset(str(op_id) for op_id in marks.values_list("op_id", flat=True)),
        holds_all=state.first() == ConnectionHealth.State.FROZEN,
    )


def _linked(workspace: Workspace) -> QuerySet[Assistant]:
    """Those that must be there: linked, and neither archived nor known to be deleted."""
    known = PushOrder.objects.filter(state=State.STOPPED, reason=Reason.DELETED)
    rows = workspace.assistants.filter(archived_at=None).exclude(upstream_id=None)
    return rows.exclude(pk__in=known.values("assistant"))


@audit.sends
def judge(connection: Connection, seen: Watch, *, notes: list[str]) -> evidence.Cause:
    """Freeze the connection when its whole list speaks against it, thaw it when nothing does; then
    the few that it lacks are asked for one by one.

    `notes` are the pull's: a list that stopped or lost its place says nothing about what it lacks.
    """
    cause = seen.cause()
    if cause == "missing" and notes:
        return ""
    if cause:
        health.freeze(connection, cause, _told(cause, len(seen.missing), len(seen.linked)))
    else:
        health.thaw(connection)
        _ask_for(connection, seen.missing if not notes else frozenset())
    return cause


def _ask_for(connection: Connection, missing: Collection[str]) -> None:
    """A list may lag: only what answers 404 by itself gets a second look, a minute later, and is
    called deleted when that proves it (reliability.md 6.2).
    """
    orders = PushOrder.objects.filter(
        connection=connection,
        state=State.IDLE,
        assistant__archived_at=None,
        assistant__upstream_id__in=missing,
    )
    found = list(orders.select_related("assistant")[:ASKED_FOR])
    if not found:
        return
    with health.client(connection) as client:
        for order in found:
            if not health.take_call(connection, patience=health.times().call):
                return
            answer = client.retrieve(order.assistant.upstream_id or "")
            health.heard(connection, answer.outcome, status=answer.status)
            if answer.outcome.reason == "missing":
                _look_once_more(order)
    suspect(connection)


def _look_once_more(order: PushOrder) -> None:
    again = timezone.now() + timedelta(seconds=health.times().second_look)
    rows = PushOrder.objects.filter(pk=order.pk, fence=order.fence, lease_until=None)
    rows.filter(state=State.IDLE).update(
        state=State.WAITING,
        message="The server does not find it any more.",
        check_again_at=again,
        not_before=again,
        attempts=0,
        changed_at=timezone.now(),
    )


def _told(cause: evidence.Cause, missing: int, linked: int) -> str:
    lost = f"{missing:,} of the {linked:,} assistants that are linked here"
    return {
        "empty": f"The server answered with an empty list; {lost} are not there.",
        "foreign": f"None of the {linked:,} assistants that are linked here is in its list.",
    }.get(cause, f"{lost} were not found there.")


@audit.bookkeeping
def suspect(connection: Connection) -> bool:
    """After a 404 that nothing confirms: too many of them within one pull interval freeze it."""
    t = health.times()
    # A second look is due `second_look` after the first 404.
    since = timezone.now() - timedelta(seconds=t.pull - t.second_look)
    missing = PushOrder.objects.filter(connection=connection, check_again_at__gte=since).count()
    linked = _linked(connection.workspace).count()
    if not evidence.is_too_many(missing, linked):
        return False
    health.freeze(connection, "missing", _told("missing", missing, linked))
    return True


@audit.sends
def probe(pk: int) -> bool:
    """The one call that a closed connection may have now; False when another process makes it.

    A frozen one is judged by its list, page by page as long as the pages show something of ours.
    """
    row = health.claim_probe(pk)
    if row is None:
        return False
    try:
        with health.client(row.connection) as client:
            if row.state == ConnectionHealth.State.FROZEN:
                _look(row.connection, pull(client, ahead=False))
            else:
                client.list(limit=1)
    except (Conflict, PullFailed):
        pass  # the next one is due as the claim said
    health.probed(row)
    return True


def _look(connection: Connection, pages: Pull) -> None:
    seen = watch(connection.workspace)
    for page in pages:
        list(seen.let_through(page.items))
        seen.held.clear()
        if not seen.has_ours:
            return  # frozen it stays: one page is enough to know
    judge(connection, seen, notes=pages.notes)


# --- an admin's way out ---------------------------------------------------------------------------


@transaction.atomic
def confirm(workspace: Workspace, *, actor: Actor, name: str) -> Job:
    """An admin says that what the list lacks is gone: the check that follows believes its list.

    Raises Invalid on name, Conflict (`state`) when nothing is frozen, or the whole service is gone.
    """
    policies.require(actor, "settings.write", workspace, on=workspace)
    row = ConnectionHealth.objects.filter(connection=workspace.upstream).first()
    if row:
        health.hold(row.pk)
        row.refresh_from_db()
    if row is None or row.state != ConnectionHealth.State.FROZEN or row.cause == health.GONE:
        raise Conflict("There is nothing to confirm.", code="state")
    if name.strip() != workspace.name:
        raise Invalid("name", f"Type the workspace's name exactly: {workspace.name}")
    if workspace.jobs.filter(kind=Job.Kind.PULL).exclude(state__in=Job.OVER).exists():
        raise Conflict("A check of upstream is under way. Wait until it is over.", code="state")
    job = Job.objects.create(
        workspace=workspace,
        kind=Job.Kind.PULL,
        asked_by=actor.user,
        source=actor.source,
        ask=CONFIRMED,
    )
    data = {"cause": row.cause}
    audit.record("connection.confirmed", actor=actor, workspace=workspace, on=job, data=data)
    doorbell.ring("job", job.pk)
    return job


def is_confirmed(job: Job) -> bool:
    """This check was asked for by an admin's confirmation."""
    return bool(job.ask == CONFIRMED)


def believe(job: Job, seen: Watch, *, actor: Actor) -> None:
    """What the whole list lacks is deleted upstream, as an admin confirmed; then go on."""
    for assistant in _linked(job.workspace):
        if assistant.upstream_id in seen.missing:
            take_away(assistant, actor=actor)
    health.thaw(job.workspace.connection)


@transaction.atomic
def take_away(assistant: Assistant, *, actor: Actor) -> None:
    """This one is deleted upstream: its pushes stop before a person decides."""
    assistants.lock(assistant.pk)
    rows = PushOrder.objects.filter(assistant=assistant, lease_until=None)
    moved = rows.exclude(state=State.SENDING).update(
        state=State.STOPPED,
        reason=Reason.DELETED,
        message="The server does not have it any more, as an admin confirmed.",
        check_again_at=None,
        changed_at=timezone.now(),
    )
    if moved != 1:
        return
    audit.record(
        "push.stopped",
        actor=actor,
        workspace=assistant.workspace,
        assistant=assistant,
        on=assistant,
        before=assistant.digest,
        outcome=str(Reason.DELETED),
    )
