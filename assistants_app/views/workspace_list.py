"""All workspaces that one can see; the operator makes new ones and brings archived ones back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import people, workspaces
from assistants_app.errors import Invalid
from assistants_app.forms.workspaces import NewForm
from assistants_app.models import Workspace
from assistants_app.models.workspaces import ROLES
from assistants_app.views import access, freshness, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.policies import Actor
    from assistants_app.views.pages import Request


@access.signed_in("GET")
def workspace_list(request: Request) -> HttpResponse:
    """One's own with one's roles; for the operator every one, with how many people are in it."""
    mine = {row.pk for row in access.mine_of(request)}
    is_operator = policies.is_operator(request.actor)
    rows = Workspace.objects.all() if is_operator else Workspace.objects.filter(pk__in=mine)
    counted = rows.annotate(
        people=Count("memberships", filter=Q(memberships__user__is_active=True))
    ).select_related("connection")
    context = {
        "rows": [
            (row, row.pk in mine, sorted(policies.roles(request.actor, row), key=ROLES.index))
            for row in counted.order_by("archived_at", "name", "pk")
        ],
        "is_operator": is_operator,
    }
    return pages.page(request, "workspaces/list.html", context)


@access.signed_in("GET", "POST")
@freshness.required()
def workspace_new(request: Request) -> HttpResponse:
    """Make a workspace and its first admin, then set it up."""
    _operator(request)
    form = NewForm(
        freshness.sent(request), initial={"admin": request.user.username, "approvals": 1}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = _make(request.actor, **form.cleaned_data)
        except Invalid as invalid:
            form.add_error(invalid.field, str(invalid))
        else:
            messages.success(request, _("“%(name)s” is there.") % {"name": made})
            is_own = made.memberships.filter(user=request.user).exists()
            to = f"{reverse('welcome')}?workspace={made.slug}" if is_own else "workspace_list"
            return pages.go(request, to)
    context = {"form": form, "crumbs": _crumbs(_("New workspace"))}
    status = pages.verdict(request, form)
    return pages.page(request, "workspaces/new.html", context, status=status)


@transaction.atomic
def _make(actor: Actor, *, name: str, admin: str, approvals: int) -> Workspace:
    person = people.find(admin)
    if person is None or not person.is_active:
        raise Invalid("admin", _("Nobody who may sign in here has this user name."))
    made = workspaces.create(name, actor=actor, approvals=approvals)
    roles = {"editor", "reviewer", "publisher", "auditor", "admin"}
    workspaces.set_member(made, person, actor=actor, roles=roles)
    return made


@access.signed_in("GET", "POST")
@freshness.required()
def workspace_restore(request: Request, slug: str) -> HttpResponse:
    """Bring an archived workspace back; GET is the page that names the consequences."""
    _operator(request)
    row = get_object_or_404(Workspace, slug=slug)
    if row.archived_at is None:
        messages.warning(request, _("“%(name)s” is not archived.") % {"name": row})
        return pages.go(request, "workspace_list")
    if request.method == "POST":
        workspaces.restore(row, actor=request.actor)
        messages.success(request, _("“%(name)s” is open again.") % {"name": row})
        return pages.go(request, "workspace_list")
    context = {
        "heading": _("Bring “%(name)s” back?") % {"name": row},
        "action": _("Bring back"),
        "action_url": request.path,
        "cancel_url": reverse("workspace_list"),
        "consequences": [
            _("Its members see it again, with the roles they had."),
            _("Its live assistants are served at /v1 again, and what waits is pushed."),
        ],
        "crumbs": _crumbs(_("Bring back")),
    }
    return pages.page(request, "assistants/confirm.html", context)


def _operator(request: Request) -> None:
    if not policies.is_operator(request.actor):
        raise Http404


def _crumbs(here: str) -> list[tuple[str, str]]:
    return [(_("Workspaces"), reverse("workspace_list")), (here, "")]
