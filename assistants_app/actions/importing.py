"""Importing: look at what is upstream, choose, take in what was chosen; write nothing there.

Two Jobs: one reads the list and keeps a line of each assistant, the other takes in exactly those
that were chosen. Whatever nobody chose stays upstream alone, also at later checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import DataError, IntegrityError, transaction

from assistants_app import contract, doorbell, policies
from assistants_app.actions import audit, health, intake, jobs, pulling
from assistants_app.contract.problems import shown
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import ConnectionHealth, Job, ListedAssistant
from assistants_app.models.connections import profile_of
from assistants_app.sync.pull import PullFailed, pull

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from assistants_app.models import Connection, Workspace
    from assistants_app.models.listed import ListedQuerySet
    from assistants_app.policies import Actor
    from assistants_app.sync.outcomes import Outcome
    from assistants_app.sync.pull import Found

Kind, State = Job.Kind, Job.State
CHUNK = 200  # assistants taken in by one transaction
ID_MAX = 512  # characters of an upstream ID that can be kept
LINE_MAX = 200  # characters of a name or model in the list
YEAR_MAX = 2**62  # seconds beyond which a column holds no date, let alone a calendar


# --- looking --------------------------------------------------------------------------------------


@transaction.atomic
def look(workspace: Workspace, *, actor: Actor) -> Job:
    """Have the runner read what is upstream; the Job under way is returned when there is one.

    Raises Conflict: `no_connection`, `frozen`.
    """
    policies.require(actor, "push", workspace, on=workspace)
    running = _running(workspace)
    if running:
        return running
    job = _job(workspace, Kind.LIST, actor)
    audit.record("import.looked", actor=actor, workspace=workspace, on=job)
    return job


def _running(workspace: Workspace) -> Job | None:
    """A look or an import under way; the connection's row is held from here on."""
    upstream = workspace.upstream
    if upstream is None:
        raise Conflict("There is no connection.", code="no_connection")
    health.hold(upstream.pk)
    state = ConnectionHealth.objects.filter(connection=upstream).values_list("state", flat=True)
    if state.first() == ConnectionHealth.State.FROZEN:
        raise Conflict("This does not look like the server we know.", code="frozen")
    rows = workspace.jobs.filter(kind__in=(Kind.LIST, Kind.IMPORT))
    return rows.exclude(state__in=Job.OVER).first()


@audit.bookkeeping
def _job(workspace: Workspace, kind: Job.Kind, actor: Actor, **fields: Any) -> Job:
    job = Job.objects.create(
        workspace=workspace, kind=kind, asked_by=actor.user, source=actor.source, **fields
    )
    doorbell.ring("job", job.pk)
    return job


@audit.sends
def run_look(job: Job) -> None:
    """Read the whole list and keep a line of each; safe to begin again."""
    upstream = job.workspace.upstream
    if upstream is None:
        jobs.finish(job, state=State.FAILED, progress="There is no connection any more.")
        return
    try:
        with health.client(upstream) as client:
            _read(job, upstream, pull(client, pulling.cursors(job.workspace)))
    except jobs.TakenOver:
        return
    except Conflict as refusal:
        jobs.finish(job, state=State.FAILED, progress=str(refusal))
    except PullFailed as failure:
        _fail(job, failure.outcome, {})


def _read(job: Job, upstream: Connection, pages: Any) -> None:
    profile, size = profile_of(upstream), 0
    _begin(job)
    for page in pages:
        ours = intake.under_way(job.workspace, page.items)
        lines = [_line(job, item, profile, is_ours=item.id in ours) for item in page.items]
        size += len(lines)
        _keep(job, lines, size)
    result = {"notes": pages.notes, "cursors": pulling.told(pages.cursors)}
    jobs.finish(job, state=State.DONE, progress=f"{size:,} found.", result=result)


@audit.bookkeeping
@transaction.atomic
def _begin(job: Job) -> None:
    """Whoever ran it before may have kept a part of the list."""
    if not jobs.progress(job, "0 so far", done=0):
        raise jobs.TakenOver
    job.listed.all().delete()


@audit.bookkeeping
@transaction.atomic
def _keep(job: Job, lines: list[ListedAssistant], size: int) -> None:
    if not jobs.progress(job, f"{size:,} so far", done=size):
        raise jobs.TakenOver
    ListedAssistant.objects.bulk_create(lines)


def _line(job: Job, found: Found, profile: contract.Profile, *, is_ours: bool) -> ListedAssistant:
    errors = contract.errors(found.document, "import", profile, is_parsed=True)
    problem = ""
    if errors:
        problem = f"{errors[0].param}: " * bool(errors[0].path) + contract.plain(errors[0])
    name, model = (str(found.document.get(key) or "") for key in ("name", "model"))
    name, model = shown(name, LINE_MAX), shown(model, LINE_MAX)
    made = found.created_at
    return ListedAssistant(
        job=job,
        n=found.place,
        upstream_id=found.id,
        name=name,
        model=model,
        created_at=made if made is not None and abs(made) < YEAR_MAX else None,
        notes=list(found.notes) or None,  # type: ignore[misc]  # the stubs see a text column
        problem=problem,
        is_odd=bool(found.notes or problem),
        is_ours=is_ours,
        searched="\n".join((name, found.id, model)).casefold(),
    )


def _fail(job: Job, outcome: Outcome, result: dict[str, Any]) -> None:
    result = {**result, "reason": outcome.reason}
    jobs.finish(job, state=State.FAILED, progress=outcome.message, result=result)


# --- choosing -------------------------------------------------------------------------------------


@audit.bookkeeping
@transaction.atomic
def choose(
    rows: ListedQuerySet,
    *,
    shown: Collection[str] = (),
    picked: Collection[str] = (),
    every: bool | None = None,
) -> None:
    """Keep a choice with the look that it is about, so that leaving the page loses nothing.

    `every`: all of `rows` (True) or none (False). Else, of the ids `shown`, those `picked` and no
    other.
    """
    if every is not None:
        rows.filter(is_chosen=not every).update(is_chosen=every)
        return
    on, off = set(shown) & set(picked), set(shown) - set(picked)
    rows.filter(upstream_id__in=on, is_chosen=False).update(is_chosen=True)
    rows.filter(upstream_id__in=off, is_chosen=True).update(is_chosen=False)


# --- taking in ------------------------------------------------------------------------------------


@transaction.atomic
def ask(workspace: Workspace, *, actor: Actor, ids: Collection[str] | None = None) -> Job:
    """Have the runner take in exactly these, or everything that is not here; returns the Job.

    Raises Invalid (`ids`) when nothing was chosen, Conflict: `no_connection`, `frozen`, `running`.
    """
    policies.require(actor, "push", workspace, on=workspace)
    if _running(workspace):
        raise Conflict("Assistants are being looked at or taken in already.", code="running")
    if ids is not None and not ids:
        raise Invalid("ids", "Choose at least one.")
    chosen: Any = {"all": True} if ids is None else {"ids": list(ids)}
    total = None if ids is None else len(ids)
    job = _job(workspace, Kind.IMPORT, actor, ask=chosen, total=total)
    data = {"chosen": total}
    audit.record("import.asked", actor=actor, workspace=workspace, on=job, data=data)
    return job


@transaction.atomic
def stop(job: Job, *, actor: Actor) -> None:
    """End an import that waits or is under way; what was taken in by then stays.

    Raises Conflict (`state`) when it is over.
    """
    policies.require(actor, "push", job.workspace, on=job)
    if job.kind != Kind.IMPORT:
        raise Conflict("This is no import.", code="state")
    now = Job.objects.select_for_update().get(pk=job.pk)
    done = Intake.of(now)
    jobs.stop(now, progress="Stopped. What was taken in stays.", result=done.as_json())
    data = {"taken": len(done.taken), "here": len(done.here), "failed": len(done.failed)}
    audit.record("import.stopped", actor=actor, workspace=job.workspace, on=job, data=data)


def left(job: Job) -> list[str] | None:
    """What an import that failed has still to take in; None: everything that is not here."""
    ids = _wanted(job)
    handled = Intake.of(job).handled
    return None if ids is None else [id_ for id_ in ids if id_ not in handled]


def _wanted(job: Job) -> list[str] | None:
    asked: Any = job.ask if isinstance(job.ask, dict) else {}
    return None if asked.get("all") else [str(id_) for id_ in asked.get("ids", ())]


@dataclass(slots=True)
class Intake:
    """What has come of an import so far: upstream ids, and of those that failed also why."""

    taken: list[str] = field(default_factory=list)
    here: list[str] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)

    @classmethod
    def of(cls, job: Job) -> Intake:
        """As the Job keeps it."""
        result: Any = job.result if isinstance(job.result, dict) else {}
        names = ("taken", "here", "failed")
        return cls(*(list(result.get(name) or ()) for name in names))

    @property
    def handled(self) -> set[str]:
        return {*self.taken, *self.here, *(id_ for id_, _name, _why in self.failed)}

    @property
    def size(self) -> int:
        return len(self.taken) + len(self.here) + len(self.failed)

    def as_json(self) -> dict[str, Any]:
        """For the Job's result."""
        return {"taken": self.taken, "here": self.here, "failed": self.failed}

    def __str__(self) -> str:
        here, failed = len(self.here), len(self.failed)
        words = [f"{len(self.taken):,} taken in"]
        words += [f"{here:,} here already"] * bool(here)
        words += [f"{failed:,} could not be taken in"] * bool(failed)
        return ", ".join(words)


@audit.sends
def run_import(job: Job) -> None:
    """Take in what was chosen, in chunks; whoever begins again goes on where it was cut off."""
    upstream = job.workspace.upstream
    if upstream is None:
        jobs.finish(job, state=State.FAILED, progress="There is no connection any more.")
        return
    done = Intake.of(job)
    try:
        with health.client(upstream) as client:
            _walk(job, done, pull(client, pulling.cursors(job.workspace)))
    except jobs.TakenOver:
        return
    except Conflict as refusal:
        jobs.finish(job, state=State.FAILED, progress=str(refusal), result=done.as_json())
    except PullFailed as failure:
        _fail(job, failure.outcome, done.as_json())


def _walk(job: Job, done: Intake, pages: Any) -> None:
    actor, wanted = policies.system("worker"), _wanted(job)
    open_ids = None if wanted is None else set(wanted) - done.handled
    waiting: list[Found] = []
    for page in pages:
        waiting += [item for item in page.items if open_ids is None or item.id in open_ids]
        while len(waiting) >= CHUNK:
            _take(job, done, waiting[:CHUNK], actor=actor)
            waiting = waiting[CHUNK:]
        if open_ids is not None and open_ids <= done.handled | {item.id for item in waiting}:
            break  # the rest of the list is none of our business
        if not jobs.progress(job, f"{done}; still reading", done=done.size):
            raise jobs.TakenOver
    _take(job, done, waiting, actor=actor)
    _missing(done, (open_ids or set()) - done.handled, pages.notes)
    _ended(job, done, actor=actor)


def _missing(done: Intake, ids: set[str], notes: list[str]) -> None:
    why = "It is not upstream any more."
    if notes:
        why = "It was not found; the server's list could not be read to its end."
    done.failed += [[id_, "", why] for id_ in sorted(ids)]


@transaction.atomic
def _ended(job: Job, done: Intake, *, actor: Actor) -> None:
    progress = f"{done}."
    if not jobs.finish(job, state=State.DONE, progress=progress, result=done.as_json()):
        return
    data = {"taken": len(done.taken), "here": len(done.here), "failed": len(done.failed)}
    audit.record("import.ended", actor=actor, workspace=job.workspace, on=job, data=data)


def _take(job: Job, done: Intake, found: list[Found], *, actor: Actor) -> None:
    """One chunk; when the database refuses it as a whole, one by one."""
    fresh = list(_fresh(job.workspace, done, found))
    if not fresh:
        return
    try:
        _commit(job, done, fresh, actor=actor)
    except (IntegrityError, DataError):
        for item in fresh:
            _take_one(job, done, item, actor=actor)


def _fresh(workspace: Workspace, done: Intake, found: list[Found]) -> Iterator[Found]:
    """Those that are not here; the others are put down at once."""
    linked = workspace.assistants.filter(upstream_id__in=[item.id for item in found])
    known = set(linked.values_list("upstream_id", flat=True)) | intake.under_way(workspace, found)
    handled = done.handled
    for item in found:
        if item.id in handled:
            continue
        if item.id in known:
            done.here.append(item.id)
        elif len(item.id) > ID_MAX:
            why = f"Its upstream ID is longer than {ID_MAX} characters."
            done.failed.append([item.id[:ID_MAX], _called(item), why])
        else:
            yield item


def _called(found: Found) -> str:
    return shown(str(found.document.get("name") or ""), LINE_MAX)


def _commit(job: Job, done: Intake, found: list[Found], *, actor: Actor) -> None:
    then = Intake([*done.taken, *(item.id for item in found)], done.here, done.failed)
    progress = f"{then}; still reading"
    intake.take_in(
        job, found, actor=actor, progress=progress, done=then.size, result=then.as_json()
    )
    done.taken = then.taken


def _take_one(job: Job, done: Intake, found: Found, *, actor: Actor) -> None:
    try:
        _commit(job, done, [found], actor=actor)
    except IntegrityError:
        if not job.workspace.assistants.filter(upstream_id=found.id).exists():
            raise
        done.here.append(found.id)  # another process, or a push of ours, linked it a moment ago
    except DataError:
        done.failed.append([found.id, _called(found), "The database here cannot keep its text."])
