"""The workspace's connection: address, secrets, pace, test, and leaving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import contract, policies
from assistants_app.actions import connection_links, connections
from assistants_app.contract import words
from assistants_app.errors import Conflict, Invalid
from assistants_app.forms.connections import ConnectionForm, LeaveForm
from assistants_app.models import AllowedOrigin, Job
from assistants_app.models.connections import profile_of
from assistants_app.sync import profiles
from assistants_app.views import (
    access,
    connection_words,
    freshness,
    pages,
)
from assistants_app.views.workspaces import settings_context

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Connection, Workspace
    from assistants_app.policies import Right
    from assistants_app.views.pages import Request


@access.signed_in("GET", "POST")
@freshness.required(back="workspace_connection")
def connection(request: Request, slug: str) -> HttpResponse:
    """Where this workspace pushes to; secrets are written, never read."""
    right: Right = "settings.write" if request.method == "POST" else "settings.read"
    workspace = access.workspace(request, slug, right)
    upstream = workspace.upstream
    linked = upstream is not None and connection_links.holds(upstream)
    form = ConnectionForm(freshness.sent(request), upstream=upstream, linked=linked)
    if request.method == "POST" and form.is_valid() and _set(request, workspace, form):
        connections.ask_test(workspace, actor=request.actor)
        messages.success(request, _("Saved. The connection is being tested."))
        return pages.go(request, "workspace_connection", slug)
    return _page(request, workspace, form)


def _set(request: Request, workspace: Workspace, form: ConnectionForm) -> bool:
    """False when it is refused; the form says why."""
    try:
        connections.set_connection(workspace, actor=request.actor, **form.wanted)
    except Invalid as invalid:
        form.add_fault(invalid)
    except Conflict as conflict:
        said = str(conflict)
        if conflict.code == "linked":
            said = _("Assistants are linked to the present server: say what the new place is.")
        form.add_error("moved" if "moved" in form.fields else None, said)
    else:
        return True
    return False


def _page(request: Request, workspace: Workspace, form: ConnectionForm) -> HttpResponse:
    job = workspace.jobs.filter(kind=Job.Kind.TEST).order_by("-pk").first()
    context: dict[str, Any] = {
        **settings_context(request, workspace, "workspace_connection"),
        "upstream": workspace.upstream,
        "form": form,
        "linked": workspace.assistants.exclude(upstream_id=None).count(),
        "waiting": _never_pushed(workspace) if workspace.upstream else 0,
        "origins": _origins(),
        **tested(request, workspace, job),
    }
    parts = {"test-result": "workspaces/parts/_test.html"}
    status = pages.verdict(request, form)
    return pages.page(request, "workspaces/connection.html", context, parts=parts, status=status)


def _never_pushed(workspace: Workspace) -> int:
    """How many live ones were approved before there was this connection."""
    rows = workspace.assistants.live().filter(push_order=None)
    return rows.exclude(live_version__change=None).count() if workspace.approvals else 0


def _origins() -> list[tuple[str, bool]]:
    """(origin, may be a private address) of every address that may be chosen."""
    named = dict.fromkeys((profiles.origin(url) for url in settings.UPSTREAM_ORIGINS), True)
    rows = {row.origin: row.private for row in AllowedOrigin.objects.all()}
    return sorted((named | rows).items())


def tested(request: Request, workspace: Workspace, job: Job | None) -> dict[str, Any]:
    """What the part of a test shows: its findings, and what the server can do."""
    upstream = workspace.upstream
    return {
        "job": job,
        "seen": job.fingerprint if job else "",
        "upstream": upstream,
        "abilities": abilities(upstream) if upstream else [],
        "ways_out": connection_words.ways_out(workspace),
        "may_write": policies.allowed(request.actor, "settings.write", workspace),
    }


def abilities(upstream: Connection) -> list[tuple[str, str, str]]:
    """(what, tone, answer) of everything a server may or may not do; [] before it was seen."""
    health = upstream.health
    learned = health.learned if isinstance(health.learned, dict) else {}
    if not learned:
        return []
    said = {True: ("ok", _("Yes")), False: ("warn", _("No")), None: ("", _("Not seen yet"))}
    rows = [
        (label, *said[learned.get(flag) if isinstance(learned.get(flag), bool) else None])
        for flag, label in (
            ("list", _("List assistants")),
            ("retrieve", _("Show a single assistant")),
            ("update", _("Change an assistant")),
            ("paging", _("Go through long lists page by page")),
            ("null_ok", _("Take a field that is empty (null)")),
        )
        if flag != "null_ok" or flag in learned
    ]
    if models := learned.get("models"):
        n = len(models)
        rows.append((_("Models"), "ok", ngettext("%(n)s listed", "%(n)s listed", n) % {"n": n}))
    able = profile_of(upstream)
    if lost := [name for name in contract.FIELDS if name not in able.keeps]:
        named = ", ".join(_(words.LABELS[name].label) for name in lost)
        rows.append((_("Does not keep"), "warn", named))
    return rows


@access.signed_in("POST")
@freshness.required(back="workspace_connection")
def test(request: Request, slug: str) -> HttpResponse:
    """Have the runner try the connection; the page shows what it finds."""
    workspace = access.workspace(request, slug, "settings.write")
    try:
        job = connections.ask_test(workspace, actor=request.actor)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return pages.go(request, "workspace_connection", slug)
    if request.htmx:
        context = tested(request, workspace, job)
        return pages.page(request, "workspaces/parts/_test.html", context, status=202)
    return pages.go(request, "workspace_connection", slug)


@access.signed_in("GET", "POST")
@freshness.required()
def remove(request: Request, slug: str) -> HttpResponse:
    """Keep the assistants here only; the page that asks names what that means."""
    workspace = access.workspace(request, slug, "settings.write")
    upstream = workspace.upstream
    if upstream is None:
        messages.warning(request, _("There is no connection any more."))
        return pages.go(request, "workspace_connection", slug)
    form = LeaveForm(freshness.sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            connections.remove_connection(workspace, actor=request.actor, **form.cleaned_data)
        except Invalid as invalid:
            form.add_error(invalid.field, str(invalid))
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("The assistants are kept here only now."))
            return pages.go(request, "workspace_connection", slug)
    context = {
        **settings_context(request, workspace, "workspace_connection"),
        "form": form,
        "upstream": upstream,
        "consequences": _consequences(workspace, upstream),
    }
    status = pages.verdict(request, form)
    return pages.page(request, "workspaces/connection_remove.html", context, status=status)


def _consequences(workspace: Workspace, upstream: Connection) -> list[str]:
    n = workspace.assistants.unarchived().count()
    host = {"host": upstream.host, "n": n}
    return [
        ngettext(
            "%(n)s assistant becomes \u2018kept here only\u2019: it is served at /v1 and no "
            "longer pushed.",
            "%(n)s assistants become \u2018kept here only\u2019: they are served at /v1 and no "
            "longer pushed.",
            n,
        )
        % host,
        _("What %(host)s holds stays as it is; nothing is deleted there.") % host,
        _("The upstream IDs keep answering at /v1 here."),
        _("The key and the extra headers are deleted; differences found upstream are forgotten."),
    ]
