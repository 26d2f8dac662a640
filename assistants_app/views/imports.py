"""Import: look at what is upstream, choose, take in; and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zlib import crc32

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import policies
from assistants_app.actions import changes, importing, relinking
from assistants_app.actions import imports as file_imports
from assistants_app.errors import Conflict, Invalid
from assistants_app.forms.imports import ImportForm
from assistants_app.models import Assistant, ConnectionHealth, Job, listed
from assistants_app.views import access, connection_words, pages

if TYPE_CHECKING:
    from assistants_app.models import ListedAssistant, Workspace
    from assistants_app.models.listed import ListedQuerySet
    from assistants_app.views.pages import Request

SIZE = 100  # lines of one page
SHOWN = 200  # lines of a result
PARTS = {"import-live": "imports/parts/_live.html", "import-bar": "imports/parts/_bar.html"}
VIEWS = {
    "": listed.OPEN,
    "odd": listed.OPEN & Q(is_odd=True),
    "left": listed.LEFT,
    "here": listed.HERE,
}


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
    importing.choose(job.listed.all(), shown=shown, picked=picked)
    do, _colon, page = request.POST.get("do", "").partition(":")
    if do == "take":
        return _take(request, workspace, job)
    if do in ("all", "none"):
        importing.choose(job.listed.all(), every=do == "all")
    if do == "found":
        importing.choose(_found(request, _rows(workspace, job).filter(listed.OPEN)), every=True)
    if request.htmx and not do:
        return _page(request, workspace)
    return pages.go(request, url(workspace, **_state(request, page=page)))


def _take(request: Request, workspace: Workspace, job: Job) -> HttpResponse:
    chosen = _rows(workspace, job).filter(listed.OPEN).filter(is_chosen=True)
    ids = list(chosen.values_list("upstream_id", flat=True))
    try:
        run = importing.ask(workspace, actor=request.actor, ids=ids)
    except Invalid as invalid:
        return _page(request, workspace, status=422, error=str(invalid))
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return pages.go(request, url(workspace))
    return pages.go(request, "job", run.pk)


@access.signed_in("POST")
def relink(request: Request) -> HttpResponse:
    """Link again what was linked here before this server was left, as the page shows it."""
    workspace = _place(request)
    job = _look(workspace)
    if job is None or str(job.pk) != request.POST.get("run") or job.state != Job.State.DONE:
        messages.warning(request, _("It was read again meanwhile. Look at what is there now."))
        return pages.go(request, url(workspace, show="left"))
    try:
        n = relinking.relink(job, actor=request.actor)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return pages.go(request, url(workspace, show="left"))
    said = ngettext(
        "%(n)s is linked again. It is read there first.",
        "%(n)s are linked again. Each is read there first.",
        n,
    )
    messages.success(request, said % {"n": f"{n:,}"})
    return pages.go(request, url(workspace))


@access.signed_in("POST")
def again(request: Request, pk: int) -> HttpResponse:
    """Go on with an import that failed or was stopped: what it has not come to yet."""
    job = _import(request, pk)
    if job.kind != Job.Kind.IMPORT or job.state not in Job.CUT_SHORT:
        messages.warning(request, _("There is nothing to go on with."))
        return pages.go(request, "job", pk)
    try:
        run = importing.ask(job.workspace, actor=request.actor, ids=importing.left(job))
    except (Conflict, Invalid) as refusal:
        messages.warning(request, str(refusal))
        return pages.go(request, "job", pk)
    return pages.go(request, "job", run.pk)


def _import(request: Request, pk: int) -> Job:
    rows = policies.visible(request.actor, Job.objects.select_related("workspace"))
    job: Job = get_object_or_404(rows, pk=pk)
    policies.require(request.actor, "push", job.workspace, on=job)
    return job


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
    return workspace.jobs.filter(kind=Job.Kind.IMPORT).exclude(state__in=Job.OVER).first()


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


def _rows(workspace: Workspace, job: Job) -> ListedQuerySet:
    return job.listed.against(workspace.connection)


def _state(request: Request, page: str = "") -> dict[str, str]:
    """What the page shows, as its address says it."""
    asked = request.GET
    return {"show": asked.get("show", ""), "q": asked.get("q", "")[:200], "page": page}


def _found(request: Request, rows: ListedQuerySet) -> ListedQuerySet:
    rows = rows.filter(VIEWS.get(request.GET.get("show", ""), VIEWS[""]))
    q = request.GET.get("q", "")[:200].strip()
    return rows.searched_for(q) if q else rows


def _listing(request: Request, workspace: Workspace, job: Job) -> dict[str, Any]:
    rows, state = _rows(workspace, job), _state(request)
    state["show"] = state["show"] if state["show"] in VIEWS else ""
    counts = _tally(rows)
    found = _found(request, rows).count() if state["q"] else counts[state["show"]]
    last = max((found - 1) // SIZE, 0)
    asked = request.GET.get("page", "")
    at = min(max(int(asked) - 1, 0), last) if asked.isdecimal() and len(asked) < 6 else 0
    result = job.result if isinstance(job.result, dict) else {}
    return {
        "lines": _lines(_found(request, rows), at),
        "found": found,
        "all": counts["all"],
        "new": counts[""],
        "left": counts["left"],
        "left_url": url(workspace, show="left"),
        "may_choose": state["show"] in ("", "odd") and not _frozen(workspace),
        "chosen": counts["chosen"],
        "notes": result.get("notes") or [],
        "q": state["q"],
        "show": state["show"],
        "tabs": [
            {
                "label": label,
                "count": counts[key],
                "url": url(workspace, show=key, q=state["q"]),
                "current": key == state["show"],
            }
            for key, label in (
                ("", _("Not here yet")),
                ("odd", _("Worth a look")),
                ("left", _("Linked before")),
                ("here", _("Here already")),
            )
            if key != "left" or counts["left"] or state["show"] == "left"
        ],
        "page": at + 1,
        "span": f"{at * SIZE + 1:,}–{min((at + 1) * SIZE, found):,}",  # noqa: RUF001
        "previous": at or None,
        "next": at + 2 if at < last else None,
        "choose_url": f"{reverse('import_choose')}?{_query(workspace, state, at)}",
    }


def _lines(rows: ListedQuerySet, at: int) -> list[ListedAssistant]:
    """One page of them, each with the assistant here that it was linked to before."""
    lines = list(rows[at * SIZE : (at + 1) * SIZE])
    before = Assistant.objects.only("name", "public_id")
    found = before.in_bulk({line.formerly for line in lines if line.formerly})
    for line in lines:
        line.linked = found.get(line.formerly or 0)
    return lines


def _tally(rows: ListedQuerySet) -> dict[str, int]:
    """How many there are in each view, in all, and chosen."""
    chosen = VIEWS[""] & Q(is_chosen=True)
    which = {f"in_{key}": Count("pk", filter=of) for key, of in VIEWS.items()}
    told = rows.order_by().aggregate(all=Count("pk"), chosen=Count("pk", filter=chosen), **which)
    return {key.removeprefix("in_"): n for key, n in told.items()}


def _query(workspace: Workspace, state: dict[str, str], at: int) -> str:
    return urlencode({"workspace": workspace.slug, **state, "page": str(at + 1)})


# --- what became of it ----------------------------------------------------------------------------


def results(request: Request, job: Job) -> dict[str, Any]:
    """What the page of an import shows besides its progress."""
    done = importing.Intake.of(job)
    rows = job.workspace.assistants.filter(upstream_id__in=done.taken[:SHOWN])
    rows = rows.only("name", "public_id", "upstream_id", "live_version").order_by("pk")
    may_push = policies.allowed(request.actor, "push", job.workspace)
    left, is_cut_short = importing.left(job), job.state in Job.CUT_SHORT
    return {
        "intake": done,
        "taken": list(rows),
        "more": max(len(done.taken) - SHOWN, 0),
        "failed": done.failed[:SHOWN],
        "advice": advice(job) if is_cut_short else "",
        "said": job.progress if _reason(job) else "",
        "may_go_on": may_push and is_cut_short and left != [],
        "may_stop": may_push and not job.is_over,
        "left": len(left) if left else 0,
        "share": _share(job, done),
    }


def _share(job: Job, done: importing.Intake) -> str:
    if job.total is None:
        return ngettext("%(n)s so far", "%(n)s so far", done.size) % {"n": f"{done.size:,}"}
    return _("%(done)s of %(total)s") % {"done": f"{job.done:,}", "total": f"{job.total:,}"}
