"""Settings of a workspace: members, review rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import people, workspaces
from assistants_app.errors import Conflict, Invalid
from assistants_app.forms.workspaces import ROLE_WORDS, MemberForm, RolesForm, RulesForm
from assistants_app.models import Membership
from assistants_app.models.workspaces import ROLES
from assistants_app.views import access, freshness, invitations, pages

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse, QueryDict

    from assistants_app.models import User, Workspace
    from assistants_app.policies import Actor, Right
    from assistants_app.views.pages import Request


def settings_context(request: Request, workspace: Workspace, current: str) -> dict[str, Any]:
    """What every settings page shows around its own content."""
    reads = policies.allowed(request.actor, "settings.read", workspace)
    may_write = policies.allowed(request.actor, "settings.write", workspace)
    tabs = [
        ("workspace_members", _("Members"), reads),
        ("workspace_connection", _("Connection"), reads),
        ("workspace_rules", _("Review rules"), reads),
        ("workspace_tokens", _("API tokens"), True),
        ("workspace_general", _("Name and archive"), reads),
    ]
    return {
        "workspace": workspace,
        "tabs": [
            {
                "label": label,
                "url": reverse(name, args=[workspace.slug]),
                "current": name == current,
            }
            for name, label, shown in tabs
            if shown
        ],
        "may_write": may_write,
        "admins": "" if may_write else access.admins(workspace),
    }


@access.signed_in("GET")
def members(request: Request, slug: str) -> HttpResponse:
    """Who is here, with which roles, and whether the review rule can be met."""
    workspace = access.workspace(request, slug, "settings.read")
    return _members(request, workspace)


def _add_url(workspace: Workspace) -> str:
    return reverse("workspace_member_add", args=[workspace.slug])


def _form(sent: QueryDict | None) -> MemberForm:
    return MemberForm(sent, can_mail=settings.SENDS_MAIL)


def _members(
    request: Request, workspace: Workspace, *, status: int = 200, **more: Any
) -> HttpResponse:
    rows = list(
        workspace.memberships.select_related("user").order_by("user__first_name", "user__pk")
    )
    invitations.note(rows)
    admins = [row for row in rows if row.user.is_active and "admin" in row.roles]
    able = [
        row for row in rows if row.user.is_active and row.roles & policies.RIGHTS["change.review"]
    ]
    context = {
        **settings_context(request, workspace, "workspace_members"),
        "rows": rows,
        "roles": [(role, ROLE_WORDS[role]) for role in ROLES],
        "able": len(able),
        "cannot_meet": len(able) <= workspace.approvals and workspace.approvals > 0,
        "last_admin": admins[0].pk if len(admins) == 1 else None,
        "is_operator": policies.is_operator(request.actor),
        "can_mail": settings.SENDS_MAIL,
        "form": _form(freshness.unsent(request, _add_url(workspace))),
        **more,
    }
    return pages.page(request, "workspaces/members.html", context, status=status)


@access.signed_in("GET", "POST")
@freshness.required()
def member(request: Request, slug: str, user_pk: int) -> HttpResponse:
    """One member's roles."""
    workspace = access.workspace(request, slug, "settings.write")
    row = get_object_or_404(
        Membership.objects.select_related("user"), workspace=workspace, user=user_pk
    )
    form = RolesForm(freshness.sent(request), initial={"roles": row.role_list})
    if request.method == "POST" and form.is_valid():
        try:
            workspaces.set_member(
                workspace, row.user, actor=request.actor, roles=form.cleaned_data["roles"]
            )
        except (Conflict, Invalid) as refusal:
            form.add_error("roles", str(refusal))
        else:
            messages.success(request, _("Saved."))
            return pages.go(request, "workspace_members", slug)
    context = {
        **settings_context(request, workspace, "workspace_members"),
        "row": row,
        "form": form,
        "is_last_admin": workspaces.is_last_admin(row),
    }
    status = pages.verdict(request, form)
    return pages.page(request, "workspaces/member.html", context, status=status)


@access.signed_in("POST")
@freshness.required(back="workspace_members")
def member_add(request: Request, slug: str) -> HttpResponse:
    """Add a person who signs in here already, or a new one with a one-time link."""
    workspace = access.workspace(request, slug, "settings.write")
    form = _form(request.POST)
    if not form.is_valid():
        return _members(request, workspace, status=422, form=form)
    try:
        user, is_new = _add(workspace, request.actor, form)
    except (Conflict, Invalid) as refusal:
        field = refusal.field if isinstance(refusal, Invalid) else "person"
        form.add_error("person" if field == "username" else field, str(refusal))
        return _members(request, workspace, status=422, form=form)
    if is_new:
        return _invite(request, workspace, user, by=form.cleaned_data.get("how") or "link")
    messages.success(request, _("%(who)s is a member now.") % {"who": user.display_name})
    return pages.go(request, "workspace_members", slug)


@transaction.atomic
def _add(workspace: Workspace, actor: Actor, form: forms.Form) -> tuple[User, bool]:
    data = form.cleaned_data
    known = people.find(data["person"])
    if known and workspace.memberships.filter(user=known).exists():
        raise Invalid("person", _("This person is a member already."))
    user = known or people.add(
        data["person"],
        actor=actor,
        full_name=data["full_name"],
        email=data["email"],
        workspace=workspace,
    )
    workspaces.set_member(workspace, user, actor=actor, roles=data["roles"])
    return user, known is None


@access.signed_in("POST")
@freshness.required(back="workspace_members")
def member_link(request: Request, slug: str, user_pk: int) -> HttpResponse:
    """A new link for someone who was invited and has not signed in yet."""
    workspace = access.workspace(request, slug, "settings.write")
    row = get_object_or_404(
        Membership.objects.select_related("user"), workspace=workspace, user=user_pk
    )
    if not people.may_link(row.user, actor=request.actor, workspace=workspace):
        messages.warning(request, _("There is no link to make for this person any more."))
        return pages.go(request, "workspace_members", slug)
    return _invite(request, workspace, row.user, by=request.POST.get("how", ""))


def _invite(request: Request, workspace: Workspace, user: User, *, by: str) -> HttpResponse:
    """Make the link and hand it over: in a mail, or on the page, once."""
    link = request.build_absolute_uri(
        people.one_time_path(user, actor=request.actor, workspace=workspace)
    )
    is_mail = by == "mail" and settings.SENDS_MAIL and bool(user.email)
    if is_mail and invitations.send(user, link, workspace=workspace, by=request.user):
        messages.success(
            request, _("The link is on its way to %(address)s.") % {"address": user.email}
        )
        return pages.go(request, "workspace_members", workspace.slug)
    return _members(request, workspace, link=link, new=user, unsent=is_mail)


@access.signed_in("GET", "POST")
@freshness.required()
def member_remove(request: Request, slug: str, user_pk: int) -> HttpResponse:
    """Take a person out; GET is the page that names the consequences."""
    workspace = access.workspace(request, slug, "settings.write")
    row = (
        Membership.objects.select_related("user", "workspace")
        .filter(workspace=workspace, user=user_pk)
        .first()
    )
    if row is None:
        raise Http404
    if request.method == "POST":
        try:
            workspaces.remove_member(row, actor=request.actor)
        except Conflict as conflict:
            messages.warning(request, str(conflict))
        else:
            messages.success(request, _("%(who)s is no member any more.") % {"who": row.user})
        return pages.go(request, "workspace_members", slug)
    open_changes = row.user.changes.open().filter(assistant__workspace=workspace).count()
    context = {
        **settings_context(request, workspace, "workspace_members"),
        "row": row,
        "open_changes": open_changes,
        "is_withdrawn": workspaces.is_only_awaited_here(row),
    }
    return pages.page(request, "workspaces/member_remove.html", context)


@access.signed_in("GET", "POST")
@freshness.required(back="workspace_rules")
def rules(request: Request, slug: str) -> HttpResponse:
    """How many approvals a Change needs here, and what else is asked for."""
    right: Right = "settings.write" if request.method == "POST" else "settings.read"
    workspace = access.workspace(request, slug, right)
    initial = {name: getattr(workspace, name) for name in RulesForm.base_fields}
    form = RulesForm(freshness.sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        workspaces.set_rules(workspace, actor=request.actor, **form.cleaned_data)
        messages.success(request, _("Saved. Approvals given under the former rule do not count."))
        return pages.go(request, "workspace_rules", slug)
    context = {**settings_context(request, workspace, "workspace_rules"), "form": form}
    status = pages.verdict(request, form)
    return pages.page(request, "workspaces/rules.html", context, status=status)
