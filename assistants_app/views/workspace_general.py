"""A workspace's name, and the way into the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app.actions import workspaces
from assistants_app.errors import Invalid
from assistants_app.forms.workspaces import ArchiveForm, NameForm
from assistants_app.views import access, freshness, pages
from assistants_app.views.workspaces import settings_context

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Workspace
    from assistants_app.policies import Right
    from assistants_app.views.pages import Request


@access.signed_in("GET", "POST")
@freshness.required(back="workspace_general")
def general(request: Request, slug: str) -> HttpResponse:
    """The name; links keep working under the one that it began with."""
    right: Right = "settings.write" if request.method == "POST" else "settings.read"
    workspace = access.workspace(request, slug, right)
    form = NameForm(freshness.sent(request), initial={"name": workspace.name})
    if request.method == "POST" and form.is_valid():
        try:
            workspaces.rename(workspace, actor=request.actor, **form.cleaned_data)
        except Invalid as invalid:
            form.add_error(invalid.field, str(invalid))
        else:
            messages.success(request, _("Saved."))
            return pages.go(request, "workspace_general", slug)
    context = {**settings_context(request, workspace, "workspace_general"), "form": form}
    status = pages.verdict(request, form)
    return pages.page(request, "workspaces/general.html", context, status=status)


@access.signed_in("GET", "POST")
@freshness.required()
def archive(request: Request, slug: str) -> HttpResponse:
    """Close the workspace; the page that asks names what that means and wants its name typed."""
    workspace = access.workspace(request, slug, "settings.write")
    form = ArchiveForm(freshness.sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            workspaces.archive(workspace, actor=request.actor, **form.cleaned_data)
        except Invalid as invalid:
            form.add_error(invalid.field, str(invalid))
        else:
            messages.success(request, _("“%(name)s” is archived.") % {"name": workspace})
            request.session.pop(access.LAST_USED, None)
            return pages.go(request, "workspace_list")
    context = {
        **settings_context(request, workspace, "workspace_general"),
        "form": form,
        "consequences": _consequences(workspace),
        "cancel_url": reverse("workspace_general", args=[slug]),
    }
    status = pages.verdict(request, form)
    return pages.page(request, "workspaces/archive.html", context, status=status)


def _consequences(workspace: Workspace) -> list[str]:
    n = workspace.assistants.unarchived().count()
    people = workspace.memberships.filter(user__is_active=True).count()
    found = [
        ngettext(
            "%(n)s assistant is no longer served at /v1.",
            "%(n)s assistants are no longer served at /v1.",
            n,
        )
        % {"n": n},
        ngettext(
            "%(n)s person no longer sees the workspace; its API tokens stop working.",
            "%(n)s people no longer see the workspace; its API tokens stop working.",
            people,
        )
        % {"n": people},
        _("Nothing is deleted. Only whoever runs this dashboard can bring it back."),
    ]
    if workspace.upstream:
        host = {"host": workspace.upstream.host}
        found.insert(1, _("Nothing more is pushed. What %(host)s holds stays as it is.") % host)
    return found
