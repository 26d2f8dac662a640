"""Runs: where one stands, and ending it; what each kind shows is its own module's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import bulk as bulk_actions
from assistants_app.actions import importing
from assistants_app.errors import Conflict
from assistants_app.models import Job
from assistants_app.views import access, bulk, connections, imports, pages, verifying

if TYPE_CHECKING:
    from assistants_app.policies import Right
    from assistants_app.views.pages import Request

_RIGHTS: dict[str, Right] = {Job.Kind.TEST: "settings.read", Job.Kind.VERIFY: "audit.verify"}
_PARTS: dict[str, str] = {
    Job.Kind.TEST: "workspaces/parts/_test.html",
    Job.Kind.VERIFY: verifying.PART,
}
_PLACES: dict[str, str] = {
    Job.Kind.TEST: "workspace_connection",
    Job.Kind.LIST: "import",
    Job.Kind.IMPORT: "import",
    Job.Kind.BULK: "assistant_list",
    Job.Kind.VERIFY: "audit_list",
}
STATE_SLOT = {"connection-state": "workspaces/parts/_connection_state.html"}


@access.signed_in("GET")
def job(request: Request, pk: int) -> HttpResponse:
    """Where a run stands; the part polls until it is over."""
    row = _row(request, pk)
    is_test = row.kind == Job.Kind.TEST
    right = _RIGHTS.get(row.kind, "workspace.read")
    policies.require(request.actor, right, row.workspace, on=row)
    access.remember(request, row.workspace)
    request.place = _PLACES.get(row.kind, "sync")
    seen = row.fingerprint
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    template = "sync/job.html"
    if request.htmx:
        template = _PARTS.get(row.kind, "sync/parts/_job.html")
    context = {"job": row, "seen": seen, "crumbs": _crumbs(row)}
    if is_test:
        context |= connections.tested(request, row.workspace, row)
    if row.kind == Job.Kind.IMPORT:
        context |= imports.results(request, row)
    if row.kind == Job.Kind.BULK:
        context |= bulk.results(request, row)
    if row.kind == Job.Kind.VERIFY:
        context |= verifying.shown(row)
    status = 286 if request.htmx and row.is_over else 200  # 286 ends htmx's polling
    response = pages.page(request, template, context, status=status)
    if is_test and status == 286 and row.workspace.upstream:
        pages.with_slots(response, request, STATE_SLOT, context)
    if row.kind == Job.Kind.VERIFY and status == 286:
        pages.with_slots(response, request, verifying.SLOTS, context)
    return response


def _row(request: Request, pk: int) -> Job:
    rows = policies.visible(request.actor, Job.objects.select_related("workspace", "asked_by"))
    row: Job = get_object_or_404(rows, pk=pk)
    return row


@access.signed_in("POST")
def stop(request: Request, pk: int) -> HttpResponse:
    """End an import, or a run on several, that is under way; what it did stays."""
    row = _row(request, pk)
    try:
        _end(request, row)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    return pages.go(request, "job", pk)


def _end(request: Request, row: Job) -> None:
    if row.kind == Job.Kind.BULK:
        policies.require(request.actor, bulk.right_of(row), row.workspace, on=row)
        bulk_actions.stop(row, actor=request.actor)
    else:
        policies.require(request.actor, "push", row.workspace, on=row)
        importing.stop(row, actor=request.actor)


def _crumbs(row: Job) -> list[tuple[str, str]]:
    slug = row.workspace.slug
    if row.kind in (Job.Kind.LIST, Job.Kind.IMPORT):
        return [(_("Import"), imports.url(row.workspace)), (str(row.get_kind_display()), "")]
    if row.kind == Job.Kind.BULK:
        return [(_("Assistants"), f"{reverse('assistant_list')}?workspace={slug}"), (_("Run"), "")]
    if row.kind == Job.Kind.VERIFY:
        log = f"{reverse('audit_list')}?workspace={slug}"
        return [(_("Audit log"), log), (str(row.get_kind_display()), "")]
    if row.kind == Job.Kind.TEST:
        return [
            (_("Connection"), reverse("workspace_connection", args=[slug])),
            (_("Test"), ""),
        ]
    return [(_("Sync"), f"{reverse('sync')}?workspace={slug}"), (str(row.get_kind_display()), "")]
