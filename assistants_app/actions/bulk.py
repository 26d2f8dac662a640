"""Acting on several assistants: a run that asks each one's own action, and tells what came of it.

Every assistant is written by its own action, with its own audit entry, and counted in the same
transaction: a run that was cut off goes on with exactly those that are left. The run adds who asked
for how many, and how it ended. What cannot go is skipped and named.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from django.db import DatabaseError, transaction
from django.db.models import Count

from assistants_app import doorbell, policies
from assistants_app.actions import assistants, audit, changes, jobs, publishing
from assistants_app.errors import Conflict, DomainError, Invalid, InvalidDocument, NotAllowed
from assistants_app.models import Assistant, Change, Job, JobItem, PushOrder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import QuerySet

    from assistants_app.models import Workspace
    from assistants_app.policies import Actor, Right

log = logging.getLogger(__name__)
Verb = Literal["submit", "publish", "archive"]
VERBS: dict[str, Right] = {
    "submit": "change.write",
    "publish": "change.publish",
    "archive": "assistant.archive",
}
AT_ONCE = 20  # are done while the person waits; more by the runner
CHUNK = 500
Outcome = JobItem.Outcome


def judge(workspace: Workspace, verb: Verb, ids: Sequence[int]) -> dict[int, str]:
    """By id: "" for what can go as things stand, else a code of why it cannot.

    Ids of other workspaces are `gone`, as are those that do not exist. What only the action itself
    finds out (errors of the text) is not foreseen.
    """
    found, is_asked = dict.fromkeys(ids, "gone"), verb != "archive"
    for at in range(0, len(ids), CHUNK):
        part = list(ids[at : at + CHUNK])
        rows = Assistant.objects.filter(workspace=workspace, pk__in=part)
        proposed = _open(part).values_list(*_Proposed._fields) if is_asked else ()
        newest = {row.assistant: row for row in map(_Proposed._make, proposed)}
        drifted = set(_drifted(part)) if verb == "publish" else set()
        found |= {
            pk: "archived" if archived_at else _why_not(verb, live, newest.get(pk), pk in drifted)
            for pk, archived_at, live in rows.values_list("pk", "archived_at", "live_version")
        }
    return found


class _Proposed(NamedTuple):
    """What is looked at of an open Change; the names are those of its fields."""

    assistant: int
    state: str
    base: int | None


def _open(ids: Sequence[int]) -> QuerySet[Change]:
    return Change.objects.open().filter(assistant__in=ids).order_by("pk")


def _drifted(ids: Sequence[int]) -> QuerySet[PushOrder, int]:
    rows = PushOrder.objects.filter(assistant__in=ids, reason=PushOrder.Reason.DRIFT)
    return rows.values_list("assistant_id", flat=True)


def _why_not(verb: Verb, live: int | None, change: _Proposed | None, has_drifted: bool) -> str:
    """Of one that is not archived, with its newest open Change."""
    if verb == "archive":
        return ""
    if change is None:
        return "no_change"
    if verb == "submit":
        return "" if change.state in changes.EDITABLE else change.state
    if change.state != Change.State.APPROVED:
        return "unapproved"
    if change.base != live:
        return "outdated"
    return "drift" if has_drifted else ""


@transaction.atomic
def ask(workspace: Workspace, *, actor: Actor, verb: Verb, ids: Sequence[int]) -> Job:
    """A run over exactly these; up to AT_ONCE of them are the caller's to begin (`begin`)."""
    policies.require(actor, VERBS[verb], workspace, on=workspace)
    chosen: Any = {"verb": verb}  # as the column keeps JSON
    job = Job.objects.create(
        workspace=workspace,
        kind=Job.Kind.BULK,
        asked_by=actor.user,
        source=actor.source,
        ask=chosen,
        total=len(ids),
    )
    for at in range(0, len(ids), CHUNK):
        part = enumerate(ids[at : at + CHUNK], at)
        JobItem.objects.bulk_create(JobItem(job=job, n=n, assistant_id=pk) for n, pk in part)
    if len(ids) > AT_ONCE:
        doorbell.ring("job", job.pk)
    audit.record(
        "bulk.asked",
        actor=actor,
        workspace=workspace,
        on=job,
        data={"verb": verb, "count": len(ids)},
    )
    return job


@audit.sends
def begin(job: Job) -> None:
    """Do a small run at once; should this process end, the runner goes on with it."""
    if job.total and job.total <= AT_ONCE and (mine := jobs.claim(job.pk, owner="web")):
        run(mine)


@transaction.atomic
def stop(job: Job, *, actor: Actor) -> None:
    """End a run that waits or is under way; what it did by then stays.

    Raises Conflict (`state`) when it is over.
    """
    asked: Any = job.ask
    policies.require(actor, VERBS[asked["verb"]], job.workspace, on=job)
    now = Job.objects.select_for_update().get(pk=job.pk)
    jobs.stop(now, progress=f"Stopped at {now.done:,} of {now.total:,}. What was done stays.")
    audit.record("bulk.stopped", actor=actor, workspace=job.workspace, on=job, data=outcomes(job))


def outcomes(job: Job) -> dict[str, int]:
    """How many were done, skipped and failed so far."""
    counted = job.items.exclude(outcome="").values_list("outcome").annotate(Count("pk"))
    return {**dict.fromkeys(Outcome.values, 0), **dict(counted)}


@audit.sends
def run(job: Job) -> None:
    """One after the other, going on where an earlier attempt was cut off."""
    actor = policies.Actor(kind="person", source=job.source, user=job.asked_by)
    if all(_counted(job, item, actor=actor) for item in _left(job)):
        _ended(job, actor=actor)


def _left(job: Job) -> Iterator[JobItem]:
    """Those that nothing has come of yet, in their order."""
    rows = job.items.filter(outcome="").order_by("n")
    at = Job.objects.values_list("done", flat=True).get(pk=job.pk)
    while part := rows.filter(n__gte=at)[:CHUNK]:
        yield from part
        at += len(part)


@transaction.atomic
def _counted(job: Job, item: JobItem, *, actor: Actor) -> bool:
    """Act on one and keep what came of it, or neither; False when the run is not ours any more.

    The Job comes first: whoever stops it or takes it over waits until this one is counted.
    """
    at: int = item.n + 1
    if not jobs.progress(job, f"{at:,} of {job.total:,}", done=at):
        return False
    asked: Any = job.ask
    outcome, code = _tried(job.workspace, asked["verb"], item.assistant_id, actor)
    JobItem.objects.filter(pk=item.pk).update(outcome=outcome, code=code)
    return True


def _tried(workspace: Workspace, verb: Verb, pk: int, actor: Actor) -> tuple[str, str]:
    """What came of one: done, skipped with a code, or failed with one."""
    if code := judge(workspace, verb, [pk])[pk]:
        return Outcome.SKIPPED, code
    try:
        _act(verb, pk, actor)
    except InvalidDocument:
        return Outcome.SKIPPED, "errors"
    except Invalid as missing:
        return Outcome.SKIPPED, missing.field
    except NotAllowed:
        return Outcome.FAILED, "right"
    except Conflict as conflict:
        return Outcome.SKIPPED, conflict.code
    except (DomainError, DatabaseError):
        raise  # of the whole: nothing that follows would go better
    except Exception:
        log.exception("One of several could not be done.")
        return Outcome.FAILED, "here"
    return Outcome.DONE, ""


def _act(verb: Verb, pk: int, actor: Actor) -> None:
    if verb == "archive":
        rows = Assistant.objects.select_related("workspace")
        assistants.archive(rows.get(pk=pk), actor=actor)
        return
    change = _open([pk]).select_related("assistant__workspace").last()
    if change is None:
        raise Conflict("There is no open change.", code="no_change")
    if verb == "submit":
        changes.submit(change, actor=actor)
    else:
        publishing.publish(change, actor=actor)


@transaction.atomic
def _ended(job: Job, *, actor: Actor) -> None:
    counts = outcomes(job)
    words = ", ".join(f"{n:,} {outcome}" for outcome, n in counts.items())
    if jobs.finish(job, state=Job.State.DONE, progress=f"{words}."):
        audit.record("bulk.ended", actor=actor, workspace=job.workspace, on=job, data=counts)


# --- taking copies --------------------------------------------------------------------------------
@transaction.atomic
def export(workspace: Workspace, *, actor: Actor, ids: Sequence[int]) -> Iterator[Assistant]:
    """Record that these were exported; gives those of them that are live, in the order of ids."""
    policies.require(actor, "workspace.read", workspace, on=workspace)
    audit.record("bulk.exported", actor=actor, workspace=workspace, data={"count": len(ids)})
    return _live(workspace, ids)


def _live(workspace: Workspace, ids: Sequence[int]) -> Iterator[Assistant]:
    for at in range(0, len(ids), CHUNK):
        rows = Assistant.objects.filter(workspace=workspace, pk__in=ids[at : at + CHUNK])
        found = rows.exclude(live_version=None).in_bulk()
        yield from (found[pk] for pk in ids[at : at + CHUNK] if pk in found)
