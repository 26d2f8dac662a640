"""Setting up a workspace: four things to do, each told by what is there and not by clicks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import policies
from assistants_app.models import ConnectionHealth
from assistants_app.views import access, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Workspace
    from assistants_app.views.pages import Request


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `said`: how it stands; `ways`: (label, address), the first stands out."""

    label: str
    said: str
    is_done: bool
    ways: tuple[tuple[str, str], ...]


@access.signed_in("GET")
def welcome(request: Request) -> HttpResponse:
    """You, a server, assistants, reviewers: what is there, and the way to what is not."""
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    policies.require(request.actor, "settings.write", workspace, on=workspace)
    steps = steps_of(request, workspace)
    context = {
        "workspace": workspace,
        "steps": steps,
        "done": sum(step.is_done for step in steps),
        "crumbs": [(_("Workspaces"), reverse("workspace_list")), (_("Set up"), "")],
    }
    return pages.page(request, "home/welcome.html", context)


def steps_of(request: Request, workspace: Workspace) -> list[Step]:
    """All four, in their order."""
    return [_you(request), _server(workspace), _assistants(workspace), _reviewers(workspace)]


def _you(request: Request) -> Step:
    person = request.user
    named = bool(person.get_full_name())
    said = _("Colleagues see you as %(name)s.") % {"name": person.display_name}
    ways = ((_("Say who you are"), reverse("account_profile")),)
    return Step(_("You"), said, named, ways)


def _server(workspace: Workspace) -> Step:
    upstream, page = workspace.upstream, reverse("workspace_connection", args=[workspace.slug])
    label = _("Where the assistants run")
    if upstream is None:
        said = _("Kept here only: this dashboard serves them at /v1. That may stay so.")
        return Step(label, said, is_done=False, ways=((_("Connect a server"), page),))
    if upstream.health.state != ConnectionHealth.State.OPEN:
        said = _("%(host)s does not answer as it should.") % {"host": upstream.host}
        return Step(label, said, is_done=False, ways=((_("Open connection"), page),))
    said = _("Connected with %(host)s.") % {"host": upstream.host}
    return Step(label, said, is_done=True, ways=((_("Open connection"), page),))


def _assistants(workspace: Workspace) -> Step:
    n = workspace.assistants.unarchived().count()
    here = f"?workspace={workspace.slug}"
    ways = ((_("New assistant"), f"{reverse('assistant_new')}{here}"),)
    imports = (_("Import"), f"{reverse('import')}{here}")
    said = ngettext("%(n)s assistant is here.", "%(n)s assistants are here.", n) % {"n": n}
    if not n:
        said = _("None yet. Bring in the ones you have, or write the first.")
    return Step(_("Assistants"), said, n > 0, (imports, *ways))


def _reviewers(workspace: Workspace) -> Step:
    """Done once the rule asks for somebody and the members can meet it."""
    needed = workspace.approvals
    members = workspace.memberships.filter(user__is_active=True)
    able = sum(bool(row.roles & policies.RIGHTS["change.review"]) for row in members)
    ways = (
        (_("Invite people"), reverse("workspace_members", args=[workspace.slug])),
        (_("Set the rule"), reverse("workspace_rules", args=[workspace.slug])),
    )
    if needed == 0:
        said = _("Nobody has to approve: asking for review approves at once.")
        return Step(_("Who reviews"), said, is_done=False, ways=ways[::-1])
    asked = ngettext("%(n)s approval is needed", "%(n)s approvals are needed", needed) % {
        "n": needed
    }
    there = ngettext("%(n)s member can review", "%(n)s members can review", able) % {"n": able}
    said = _("%(asked)s; %(there)s.") % {"asked": asked, "there": there}
    return Step(_("Who reviews"), said, able > needed, ways)
