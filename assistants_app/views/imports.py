"""Import: look at what is upstream, choose, take in; and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zlib import crc32

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import policies
from assistants_app.actions import changes, importing
from assistants_app.actions import imports as file_imports
from assistants_app.errors import Conflict, Invalid
from assistants_app.forms.imports import ImportForm
from assistants_app.models import ConnectionHealth, Job
from assistants_app.views import access, connection_words, pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistants_app.actions.importing import Choice, Row
    from assistants_app.models import Workspace
    from assistants_app.views.pages import Request

SIZE = 100  # lines of one page
SHOWN = 200  # lines of a result
PARTS = {"import-live": "imports/parts/_live.html", "import-bar": "imports/parts/_bar.html"}
OVER = (Job.State.DONE, Job.State.FAILED)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of what is upstream as the page shows it."""

    row: Row
    is_here: bool
    is_chosen: bool

    @property
    def may_be_chosen(self) -> bool:
        return not self.is_here and not self.row.is_ours

    @property
    def made(self) -> datetime | None:
        """When the server says that it was made, where a calendar has that year."""
        try:
            seconds = self.row.created_at
            return datetime.fromtimestamp(seconds, UTC) if seconds else None
        except (ValueError, OverflowError, OSError):
            return None

    @property
    def is_odd(self) -> bool:
        return bool(self.row.notes or self.row.problem)


@access.signed_in("GET")
def import_page(request: Request) -> HttpResponse:
    """What upstream holds, to choose from; while it is being read, how far that is."""
    if access.current(request) is None:
        return pages.page(request, "home/no_workspace.html", {})
    return _page(request, _place(request))


@access.signed_in("POST")
def look(request: Request) -> HttpResponse:
    """Have the runner read what is upstream."""
    workspace = _place(request)
    try:
        importing.look(workspace, actor=request.actor)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    return pages.go(request, url(workspace))


@access.signed_in("POST")
def choose(request: Request) -> HttpResponse:
    """Keep what is ticked; then choose all or none, turn the page, or take it in."""
    workspace = _place(request)
    job = _look(workspace)
    if job is None or str(job.pk) != request.POST.get("run") or job.state != Job.State.DONE:
        messages.warning(request, _("It was read again meanwhile. Choose from what is there now."))
        return pages.go(request, url(workspace))
    shown, picked = request.POST.getlist("shown"), request.POST.getlist("pick")
    choice = importing.choose(job, shown=shown, picked=picked)
    do, _colon, page = request.POST.get("do", "").partition(":")
    if do == "take":
        return _take(request, workspace, job, choice)
    if do in ("all", "none"):
        importing.choose(job, every=do == "all")
    if do == "found":
        ids = [line.row.id for line in _found(request, _lines(job, choice)) if line.may_be_chosen]
        importing.choose(job, shown=ids, picked=ids)
    if request.htmx and not do:
        return _page(request, workspace)
    return pages.go(request, url(workspace, **_state(request, page=page)))


def _take(request: Request, workspace: Workspace, job: Job, choice: Choice) -> HttpResponse:
    ids = [x.row.id for x in _lines(job, choice) if x.is_chosen and x.may_be_chosen]
    try:
        run = importing.ask(workspace, actor=request.actor, ids=ids)
    except Invalid as invalid:
        return _page(request, workspace, status=422, error=str(invalid))
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return pages.go(request, url(workspace))
    return pages.go(request, "job", run.pk)


@access.signed_in("POST")
def again(request: Request, pk: int) -> HttpResponse:
    """Go on with an import that failed: what it has not come to yet."""
    rows = policies.visible(request.actor, Job.objects.select_related("workspace"))
    job = get_object_or_404(rows, pk=pk)
    policies.require(request.actor, "push", job.workspace, on=job)
    if job.kind != Job.Kind.IMPORT or job.state != Job.State.FAILED:
        messages.warning(request, _("There is nothing to go on with."))
        return pages.go(request, "job", pk)
    try:
        run = importing.ask(job.workspace, actor=request.actor, ids=importing.left(job))
    except (Conflict, Invalid) as refusal:
        messages.warning(request, str(refusal))
        return pages.go(request, "job", pk)
    return pages.go(request, "job", run.pk)


@access.signed_in("POST")
def from_file(request: Request) -> HttpResponse:
    """Propose what a file or a pasted text holds; the page says what became of each."""
    workspace = _place(request)
    form = ImportForm(request.POST, request.FILES, profile=changes.profile(workspace))
    if not form.is_valid():
        return _page(request, workspace, status=422, form=form)
    result = file_imports.import_documents(workspace, form.items, actor=request.actor)
    return _page(request, workspace, result=result)


def url(workspace: Workspace, **state: str) -> str:
    """The page for this workspace, with what it shows."""
    asked = {"workspace": workspace.slug} | {key: value for key, value in state.items() if value}
    return f"{reverse('import')}?{urlencode(asked)}"


def _place(request: Request) -> Workspace:
    workspace = access.current(request)
    if workspace is None:
        raise Http404
    policies.require(request.actor, "push", workspace, on=workspace)
    return workspace


def _look(workspace: Workspace) -> Job | None:
    """The newest look at this server; one at the server before says nothing about it."""
    rows = workspace.jobs.filter(kind=Job.Kind.LIST)
    if workspace.upstream:
        rows = rows.filter(asked_at__gte=workspace.upstream.created_at)
    return rows.order_by("-pk").first()


def _page(
    request: Request,
    workspace: Workspace,
    *,
    status: int = 200,
    error: str = "",
    form: ImportForm | None = None,
    result: file_imports.Result | None = None,
) -> HttpResponse:
    upstream = workspace.upstream
    job = _look(workspace) if upstream else None
    busy = job is not None and not job.is_over
    seen = f"{crc32(repr((job.pk, job.state, job.progress)).encode()):08x}" if job else ""
    if busy and request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    context: dict[str, Any] = {
        "workspace": workspace,
        "upstream": upstream,
        "job": job,
        "busy": busy,
        "seen": seen,
        "url": url(workspace),
        "error": error,
        "form": form or ImportForm(profile=changes.profile(workspace)),
        "result": result,
        "counts": _counts(result) if result else [],
        "run": _running(workspace),
        "frozen": _frozen(workspace),
        "may_see_connection": policies.allowed(request.actor, "settings.read", workspace),
        "crumbs": [
            (_("Assistants"), f"{reverse('assistant_list')}?workspace={workspace.slug}"),
            (_("Import"), ""),
        ],
    }
    if job and job.state == Job.State.FAILED:
        context |= {"advice": advice(job), "said": job.progress if _reason(job) else ""}
    if job and job.state == Job.State.DONE:
        context |= _listing(request, workspace, job)
    return pages.page(request, "imports/import.html", context, parts=PARTS, status=status)


def _counts(result: file_imports.Result) -> list[tuple[str, int]]:
    return [
        (_("Taken in as changes"), result.count("imported")),
        (_("There already"), result.count("there")),
        (_("Could not be taken in"), result.count("refused")),
    ]


def _running(workspace: Workspace) -> Job | None:
    return workspace.jobs.filter(kind=Job.Kind.IMPORT).exclude(state__in=OVER).first()


def _frozen(workspace: Workspace) -> connection_words.Told | None:
    upstream = workspace.upstream
    is_frozen = upstream and upstream.health.state == ConnectionHealth.State.FROZEN
    return connection_words.told(upstream) if upstream and is_frozen else None


def advice(job: Job) -> str:
    """What to do about a look or an import that failed; our own words when the server said none."""
    reason = _reason(job)
    if not reason:
        return job.progress
    return {
        "key": _("The server does not accept the key. Enter another one at the connection."),
        "quota": _("The quota is used up. Look again when there is some."),
        "slow_down": _("The server is asked too much at the moment. Try again in a minute."),
        "gone": _(
            "This server does not offer assistants, or not at this address. Check the address, "
            "choose another server, or import a file."
        ),
        "network": _("The server could not be reached. Try again, or test the connection."),
        "redirect": _("The server points to another address. Enter that one at the connection."),
        "too_large": _("One assistant alone is larger than what can be read (16 MiB)."),
    }.get(
        reason,
        _("The server did not answer as it should. Try again, or test the connection."),
    )


def _reason(job: Job) -> str:
    result = job.result if isinstance(job.result, dict) else {}
    return str(result.get("reason", ""))


# --- the list -------------------------------------------------------------------------------------


def _lines(job: Job, choice: Choice) -> list[Line]:
    rows, here = importing.open_rows(job)
    return [Line(row, row.id in here, choice.holds(row.id)) for row in rows]


def _state(request: Request, page: str = "") -> dict[str, str]:
    """What the page shows, as its address says it."""
    asked = request.GET
    return {"show": asked.get("show", ""), "q": asked.get("q", "")[:200], "page": page}


def _found(request: Request, lines: Sequence[Line]) -> list[Line]:
    show, q = request.GET.get("show", ""), request.GET.get("q", "")[:200].casefold().strip()
    kept = [line for line in lines if _in_view(line, show)]
    if not q:
        return kept
    return [line for line in kept if q in _searched(line.row)]


def _searched(row: Row) -> str:
    return "\n".join((row.name, row.id, row.model)).casefold()


def _in_view(line: Line, show: str) -> bool:
    if show == "here":
        return not line.may_be_chosen
    return line.may_be_chosen and (show != "odd" or line.is_odd)


def _listing(request: Request, workspace: Workspace, job: Job) -> dict[str, Any]:
    lines = _lines(job, importing.choice_of(job))
    found = _found(request, lines)
    state = _state(request)
    last = max((len(found) - 1) // SIZE, 0)
    asked = request.GET.get("page", "")
    at = min(max(int(asked) - 1, 0), last) if asked.isdecimal() and len(asked) < 6 else 0
    open_ = [line for line in lines if line.may_be_chosen]
    result = job.result if isinstance(job.result, dict) else {}
    return {
        "lines": found[at * SIZE : (at + 1) * SIZE],
        "found": len(found),
        "all": len(lines),
        "new": len(open_),
        "chosen": sum(line.is_chosen for line in open_),
        "notes": result.get("notes") or [],
        "q": state["q"],
        "show": state["show"],
        "tabs": [
            {
                "label": label,
                "count": sum(_in_view(line, key) for line in lines),
                "url": url(workspace, show=key, q=state["q"]),
                "current": key == state["show"],
            }
            for key, label in (
                ("", _("Not here yet")),
                ("odd", _("Worth a look")),
                ("here", _("Here already")),
            )
        ],
        "page": at + 1,
        "span": f"{at * SIZE + 1:,}–{min((at + 1) * SIZE, len(found)):,}",  # noqa: RUF001
        "previous": at or None,
        "next": at + 2 if at < last else None,
        "choose_url": f"{reverse('import_choose')}?{_query(workspace, state, at)}",
    }


def _query(workspace: Workspace, state: dict[str, str], at: int) -> str:
    return urlencode({"workspace": workspace.slug, **state, "page": str(at + 1)})


# --- what became of it ----------------------------------------------------------------------------


def results(request: Request, job: Job) -> dict[str, Any]:
    """What the page of an import shows besides its progress."""
    done = importing.Intake.of(job)
    rows = job.workspace.assistants.filter(upstream_id__in=done.taken[:SHOWN])
    rows = rows.only("name", "public_id", "upstream_id", "live_version").order_by("pk")
    may_push = policies.allowed(request.actor, "push", job.workspace)
    left = importing.left(job)
    return {
        "intake": done,
        "taken": list(rows),
        "more": max(len(done.taken) - SHOWN, 0),
        "failed": done.failed[:SHOWN],
        "advice": advice(job) if job.state == Job.State.FAILED else "",
        "said": job.progress if _reason(job) else "",
        "may_go_on": may_push and job.state == Job.State.FAILED and left != [],
        "left": len(left) if left else 0,
        "share": _share(job, done),
    }


def _share(job: Job, done: importing.Intake) -> str:
    if job.total is None:
        return ngettext("%(n)s so far", "%(n)s so far", done.size) % {"n": f"{done.size:,}"}
    return _("%(done)s of %(total)s") % {"done": f"{job.done:,}", "total": f"{job.total:,}"}
