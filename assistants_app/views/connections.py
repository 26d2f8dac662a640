"""The workspace's connection: address, key, test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import connections
from assistants_app.errors import Conflict, Invalid
from assistants_app.forms.workspaces import ConnectionForm
from assistants_app.models import AllowedOrigin, Job
from assistants_app.views import access, freshness, pages
from assistants_app.views.workspaces import settings_context

if TYPE_CHECKING:
    from assistants_app.models import Workspace
    from assistants_app.policies import Right
    from assistants_app.views.pages import Request


@access.signed_in("GET", "POST")
@freshness.required(back="workspace_connection")
def connection(request: Request, slug: str) -> HttpResponse:
    """Where this workspace pushes to; the key is written, never read."""
    right: Right = "settings.write" if request.method == "POST" else "settings.read"
    workspace = access.workspace(request, slug, right)
    upstream = workspace.upstream
    names = ("profile", "base_url", "organization", "project")
    initial = {name: getattr(upstream, name) for name in names} if upstream else {}
    form = ConnectionForm(freshness.sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            connections.set_connection(workspace, actor=request.actor, **form.cleaned_data)
        except Invalid as invalid:
            form.add_error(invalid.field, str(invalid))
        except Conflict as conflict:
            form.add_error("base_url", str(conflict))
        else:
            connections.ask_test(workspace, actor=request.actor)
            messages.success(request, _("Saved. The connection is being tested."))
            return pages.go(request, "workspace_connection", slug)
        # A refused one stays in memory as it was typed; the page shows the one that is in force.
        workspace.refresh_from_db()
    return _page(request, workspace, form)


def _page(request: Request, workspace: Workspace, form: ConnectionForm) -> HttpResponse:
    job = workspace.jobs.filter(kind=Job.Kind.TEST).order_by("-pk").first()
    linked = workspace.assistants.exclude(upstream_id=None).count()
    context: dict[str, Any] = {
        **settings_context(request, workspace, "workspace_connection"),
        "upstream": workspace.upstream,
        "form": form,
        "job": job,
        "seen": fingerprint(job) if job else "",
        "linked": linked,
        "origins": AllowedOrigin.objects.order_by("origin"),
    }
    parts = {"test-result": "workspaces/parts/_test.html"}
    status = pages.verdict(request, form)
    return pages.page(request, "workspaces/connection.html", context, parts=parts, status=status)


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
        context = {"job": job, "seen": fingerprint(job)}
        return pages.page(request, "workspaces/parts/_test.html", context, status=202)
    return pages.go(request, "workspace_connection", slug)


@access.signed_in("GET")
def job(request: Request, pk: int) -> HttpResponse:
    """Where a run stands; the part polls until it is over."""
    row = get_object_or_404(
        policies.visible(request.actor, Job.objects.select_related("workspace", "asked_by")), pk=pk
    )
    right: Right = "settings.read" if row.kind == Job.Kind.TEST else "workspace.read"
    policies.require(request.actor, right, row.workspace, on=row)
    access.remember(request, row.workspace)
    seen = fingerprint(row)
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    if request.htmx and row.kind == Job.Kind.TEST:
        template = "workspaces/parts/_test.html"
    elif request.htmx:
        template = "sync/parts/_job.html"
    else:
        template = "sync/job.html"
    context = {"job": row, "seen": seen, "crumbs": _crumbs(row)}
    status = 286 if request.htmx and row.is_over else 200  # 286 ends htmx's polling
    return pages.page(request, template, context, status=status)


def fingerprint(row: Job) -> str:
    """Names what the part of a run shows: a poll that has seen it is a 204."""
    return f"{crc32(repr((row.state, row.progress)).encode()):08x}"


def _crumbs(row: Job) -> list[tuple[str, str]]:
    slug = row.workspace.slug
    if row.kind == Job.Kind.TEST:
        return [
            (_("Connection"), reverse("workspace_connection", args=[slug])),
            (_("Test"), ""),
        ]
    return [(_("Sync"), f"{reverse('sync')}?workspace={slug}"), (str(row.get_kind_display()), "")]
