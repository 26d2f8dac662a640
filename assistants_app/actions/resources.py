"""Files and knowledge of the connected server: read by a Job of the runner, kept with their age."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import audit, health, jobs
from assistants_app.errors import Conflict
from assistants_app.models import Assistant, Change, Job, Resource, ResourceList
from assistants_app.sync.outcomes import Outcome
from assistants_app.sync.paging import PullFailed

if TYPE_CHECKING:
    from collections.abc import Collection

    from assistants_app.actions.health import PacedClient
    from assistants_app.models import Connection, Workspace
    from assistants_app.policies import Actor
    from assistants_app.sync.client import Answer

Kind = ResourceList.Kind
MEMBERS: Final = {
    Kind.FILES.value: ("code_interpreter", "file_ids"),
    Kind.KNOWLEDGE.value: ("file_search", "vector_store_ids"),
}
MOST: Final = 10_000  # of a list that are kept
ASKED: Final = 40  # ids of one Change that are asked for by themselves
_PAGES: Final = {Kind.FILES.value: 1_000, Kind.KNOWLEDGE.value: 100}
_NOT_OFFERED: Final = (404, 405, 410, 501)
_ID_MAX, _NAME_MAX, _SIZE_MAX = 512, 400, 2**63 - 1


# --- asking ---------------------------------------------------------------------------------------


@transaction.atomic
def ask(change: Change, *, actor: Actor) -> Job:
    """Have the runner read both lists, and look for the ids that this Change names.

    The Job under way is returned when there is one. Raises Conflict: `no_connection`.
    """
    workspace = change.assistant.workspace
    policies.require(actor, "change.write", workspace, on=change)
    upstream = workspace.upstream
    if upstream is None:
        raise Conflict("There is no connection.", code="no_connection")
    health.hold(upstream.pk)
    if running := reading(workspace):
        return running
    named: Any = {"change": change.pk}
    job = Job.objects.create(
        workspace=workspace,
        kind=Job.Kind.RESOURCES,
        asked_by=actor.user,
        source=actor.source,
        ask=named,
    )
    audit.record("resources.asked", actor=actor, workspace=workspace, on=job)
    doorbell.ring("job", job.pk)
    return job


def reading(workspace: Workspace) -> Job | None:
    """The Job that reads the lists now, if one does."""
    rows = workspace.jobs.filter(kind=Job.Kind.RESOURCES)
    return rows.exclude(state__in=Job.OVER).first()


# --- reading --------------------------------------------------------------------------------------


@audit.sends
def run(job: Job) -> None:
    """Read both lists whole, or as much as is kept; safe to begin again."""
    upstream = job.workspace.upstream
    if upstream is None:
        jobs.finish(job, state=Job.State.FAILED, progress="There is no connection any more.")
        return
    try:
        client = health.client(upstream)
        with client:
            for kind in Kind.values:
                _List(job, upstream, client, kind).read()
    except jobs.TakenOver:
        return
    except (Conflict, PullFailed) as refusal:
        for kind in Kind.values:
            _tried(upstream, kind, str(refusal))
        jobs.finish(job, state=Job.State.FAILED, progress=str(refusal))
    else:
        jobs.finish(job, state=Job.State.DONE, progress="Read.")


@dataclass
class _List:
    """One pass over one of the lists."""

    job: Job
    upstream: Connection
    client: PacedClient
    kind: str
    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_cut: bool = False

    def read(self) -> None:
        failed = self._pages()
        if failed is None:
            self._missing()
            _keep(self.upstream, self.kind, list(self.found.values()), is_cut=self.is_cut)
        elif failed.status in _NOT_OFFERED:
            _tried(self.upstream, self.kind, "", is_offered=False)
        else:
            _tried(self.upstream, self.kind, failed.outcome.message)

    def _pages(self) -> Answer | None:
        """Every page; the answer that failed, if one did."""
        after, limit = "", _PAGES[self.kind]
        while True:
            answer = self._call(after, limit)
            if answer.outcome.kind != "done":
                return answer
            rows = _rows(answer)
            fresh = {one["id"]: one for one in rows if one["id"] not in self.found}
            self.found |= fresh
            if not jobs.progress(self.job, f"{len(self.found):,} so far", done=len(self.found)):
                raise jobs.TakenOver
            more = (answer.document or {}).get("has_more")
            goes_on = more is True or (more is None and len(rows) >= limit)
            if len(self.found) > MOST:
                self.found, self.is_cut = dict(list(self.found.items())[:MOST]), True
            if not fresh or not goes_on or self.is_cut:
                return None
            after = rows[-1]["id"]

    def _call(self, after: str, limit: int) -> Answer:
        self._turn()
        answer = self.client.resources(self.kind, limit=limit, after=after)
        if answer.status in (400, 422):  # what it does not know it may refuse
            self._turn()
            answer = self.client.resources(self.kind)
        if answer.status not in _NOT_OFFERED:
            self.client.told(answer)
        return answer

    def _missing(self) -> None:
        """Look for what the Change names and the list does not have: it may list only some."""
        for id_ in _named(self.job, self.kind)[:ASKED]:
            if id_ in self.found:
                continue
            self._turn()
            answer = self.client.resource(self.kind, id_)
            if answer.outcome.kind == "done" and answer.document:
                self.found[id_] = answer.document

    def _turn(self) -> None:
        if not health.take_call(self.upstream, patience=health.times().call):
            raise PullFailed(Outcome("surely_not", "slow_down", "Waiting for its turn."))


def _rows(answer: Answer) -> list[dict[str, Any]]:
    data = (answer.document or {}).get("data")
    rows = data if isinstance(data, list) else []
    return [one for one in rows if isinstance(one, dict) and _is_id(one.get("id"))]


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _ID_MAX and value.isprintable()


def _named(job: Job, kind: str) -> list[str]:
    """The ids of the Change that asked."""
    pk: Any = job.ask.get("change") if isinstance(job.ask, dict) else None
    row = Change.objects.filter(pk=pk or 0, assistant__workspace=job.workspace).first()
    return ids_of(row.tool_resources, kind) if row else []


def ids_of(resources: Any, kind: str) -> list[str]:
    """The ids of one kind that `tool_resources` names; whatever is no id is left out."""
    member, key = MEMBERS[kind]
    held = resources.get(member) if isinstance(resources, dict) else None
    ids = held.get(key) if isinstance(held, dict) else None
    return [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []


@audit.bookkeeping
@transaction.atomic
def _keep(upstream: Connection, kind: str, found: list[dict[str, Any]], *, is_cut: bool) -> None:
    """This is what the server holds now."""
    now = timezone.now()
    told = {"print": upstream.print, "is_offered": True, "is_cut": is_cut, "note": ""}
    row, _ = ResourceList.objects.update_or_create(
        connection=upstream, kind=kind, defaults={**told, "tried_at": now, "read_at": now}
    )
    row.resources.all().delete()
    Resource.objects.bulk_create([_resource(row, one) for one in found], batch_size=500)


@audit.bookkeeping
@transaction.atomic
def _tried(upstream: Connection, kind: str, note: str, *, is_offered: bool | None = None) -> None:
    """Nothing newer came of it: what was read before stays, with its own age."""
    told: dict[str, Any] = {"print": upstream.print, "note": note, "tried_at": timezone.now()}
    old = ResourceList.objects.filter(connection=upstream, kind=kind).first()
    is_other = old is not None and old.print != upstream.print
    if is_offered is False or is_other:
        told |= {"is_offered": is_offered, "read_at": None, "is_cut": False}
        Resource.objects.filter(list=old).delete()
    ResourceList.objects.update_or_create(connection=upstream, kind=kind, defaults=told)


def _resource(row: ResourceList, one: dict[str, Any]) -> Resource:
    name = one.get("filename") if row.kind == Kind.FILES else one.get("name")
    size = one.get("bytes") if row.kind == Kind.FILES else one.get("usage_bytes")
    counts = one.get("file_counts")
    files = counts.get("total") if isinstance(counts, dict) else None
    state = one.get("status")
    return Resource(
        list=row,
        upstream_id=one["id"],
        name=_printable(name)[:_NAME_MAX],
        size=size if _is_count(size, _SIZE_MAX) else None,
        files=files if _is_count(files, 2**31 - 1) else None,
        made_at=_moment(one.get("created_at")),
        state=_printable(state)[:40],
    )


def _printable(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(one for one in text if one.isprintable())


def _is_count(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _moment(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if _is_count(seconds, 2**53) else None
    except (ValueError, OverflowError, OSError):
        return None


# --- what is known --------------------------------------------------------------------------------


def lists(upstream: Connection | None) -> dict[str, ResourceList]:
    """What is known of the lists of this very server, by kind."""
    rows = ResourceList.objects.filter(connection=upstream) if upstream else ()
    return {row.kind: row for row in rows if upstream and row.print == upstream.print}


def known(found: dict[str, ResourceList], ids: Collection[str]) -> dict[str, Resource]:
    """What is known of these ids, by id; one query."""
    rows = Resource.objects.filter(list__in=[one.pk for one in found.values()], upstream_id__in=ids)
    return {row.upstream_id: row for row in rows} if found and ids else {}


def used(workspace: Workspace, ids: Collection[str]) -> dict[str, int]:
    """By how many live assistants of the workspace each id is named; one query."""
    if not ids:
        return {}
    rows = Assistant.objects.filter(workspace=workspace, archived_at=None)
    rows = rows.exclude(tool_resources=None).exclude(live_version=None)
    wanted = dict(enumerate(ids))
    counts = {
        f"n{n}": Count("pk", filter=Q(tool_resources__contains=id_)) for n, id_ in wanted.items()
    }
    found = rows.aggregate(**counts)
    return {id_: found[f"n{n}"] for n, id_ in wanted.items()}
