"""Acting on several assistants: a run that asks each one's own action, and tells what came of it.

Every assistant is written by its own action, in its own transaction, with its own audit entry; the
run adds who asked for how many, and how it ended. What cannot go is skipped and named.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from django.db import DatabaseError, transaction

from assistants_app import doorbell, policies
from assistants_app.actions import assistants, audit, changes, jobs, publishing
from assistants_app.errors import Conflict, DomainError, InvalidDocument, NotAllowed
from assistants_app.models import Assistant, Change, Job, PushOrder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import QuerySet

    from assistants_app import contract
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
TOLD = 500  # lines of a result that name their assistant; the others are counted
CHUNK = 500


def judge(workspace: Workspace, verb: Verb, ids: Sequence[int]) -> dict[int, str]:
    """By id: "" for what can go as things stand, else a code of why it cannot.

    Ids of other workspaces are `gone`, as are those that do not exist. What only the action itself
    finds out (errors of the text) is not foreseen.
    """
    found, is_asked = dict.fromkeys(ids, "gone"), verb != "archive"
    for at in range(0, len(ids), CHUNK):
        part = list(ids[at : at + CHUNK])
        rows = Assistant.objects.filter(workspace=workspace, pk__in=part)
        held = (
            Change.objects.open()
            .filter(assistant__gte=min(part), assistant__lte=max(part))
            .order_by("pk")
        )
        newest = {row[0]: row for row in held.values_list(*_JUDGED)} if is_asked else {}
        drifted = set(_drifted(part)) if verb == "publish" else set()
        found |= {
            pk: "archived" if archived_at else _why_not(verb, live, newest.get(pk), pk in drifted)
            for pk, archived_at, live in rows.values_list("pk", "archived_at", "live_version")
        }
    return found


_JUDGED = ("assistant_id", "state", "base_id")


def _open(ids: Sequence[int]) -> QuerySet[Change]:
    return Change.objects.open().filter(assistant__in=ids).order_by("pk")


def _drifted(ids: Sequence[int]) -> QuerySet[PushOrder, int]:
    rows = PushOrder.objects.filter(assistant__in=ids, reason=PushOrder.Reason.DRIFT)
    return rows.values_list("assistant_id", flat=True)


def _why_not(
    verb: Verb, live: int | None, change: tuple[Any, ...] | None, has_drifted: bool
) -> str:
    """Of one that is not archived; `change` as _JUDGED."""
    if verb == "archive":
        return ""
    if change is None:
        return "no_change"
    _pk, state, base = change
    if verb == "submit":
        return "" if state in changes.EDITABLE else state
    if state != Change.State.APPROVED:
        return "unapproved"
    if base != live:
        return "outdated"
    return "drift" if has_drifted else ""


@transaction.atomic
def ask(workspace: Workspace, *, actor: Actor, verb: Verb, ids: Sequence[int]) -> Job:
    """A run over exactly these; up to AT_ONCE of them are the caller's to begin (`begin`)."""
    policies.require(actor, VERBS[verb], workspace, on=workspace)
    chosen: Any = {"verb": verb, "ids": list(ids)}  # as the column keeps JSON
    job = Job.objects.create(
        workspace=workspace,
        kind=Job.Kind.BULK,
        asked_by=actor.user,
        source=actor.source,
        ask=chosen,
        total=len(ids),
    )
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
    told = _Told(now.result)
    audit.record(
        "bulk.stopped", actor=actor, workspace=job.workspace, on=job, data=dict(told.counts)
    )


@audit.sends
def run(job: Job) -> None:
    """One after the other, going on where an earlier attempt was cut off."""
    now = Job.objects.get(pk=job.pk)
    asked: Any = now.ask
    actor = policies.Actor(kind="person", source=job.source, user=job.asked_by)
    told = _Told(now.result)
    for at, pk in enumerate(asked["ids"][now.done :], now.done + 1):
        told.add(pk, *_tried(job.workspace, asked["verb"], pk, actor))
        if not jobs.progress(job, told.words(), done=at, result=told.as_json()):
            return
    _ended(job, told, actor=actor)


class _Told:
    """What has come of a run so far: counts, and the first lines of id, outcome, code."""

    def __init__(self, result: Any) -> None:
        kept = result if isinstance(result, dict) else {}
        self.counts = Counter({name: kept.get(name, 0) for name in ("done", "skipped", "failed")})
        self.rows: list[Any] = list(kept.get("rows") or ())

    def add(self, pk: int, outcome: str, code: str) -> None:
        self.counts[outcome] += 1
        if len(self.rows) < TOLD:
            self.rows.append([pk, outcome, code])

    def as_json(self) -> contract.JSON:
        return {**self.counts, "rows": self.rows}

    def words(self) -> str:
        return ", ".join(f"{n:,} {name}" for name, n in self.counts.items())


def _tried(workspace: Workspace, verb: Verb, pk: int, actor: Actor) -> tuple[str, str]:
    """What came of one: done, skipped with a code, or failed with one."""
    if code := judge(workspace, verb, [pk])[pk]:
        return "skipped", code
    try:
        _act(verb, pk, actor)
    except InvalidDocument:
        return "skipped", "errors"
    except NotAllowed:
        return "failed", "right"
    except Conflict as conflict:
        return "skipped", conflict.code
    except (DomainError, DatabaseError):
        raise  # of the whole: nothing that follows would go better
    except Exception:
        log.exception("One of several could not be done.")
        return "failed", "here"
    return "done", ""


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
def _ended(job: Job, told: _Told, *, actor: Actor) -> None:
    done = told.as_json()
    if jobs.finish(job, state=Job.State.DONE, progress=f"{told.words()}.", result=done):
        audit.record(
            "bulk.ended", actor=actor, workspace=job.workspace, on=job, data=dict(told.counts)
        )


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
