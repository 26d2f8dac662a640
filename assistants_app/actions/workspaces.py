"""Workspaces: make one, its members and its review rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify

from assistants_app import policies
from assistants_app.actions import audit
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import Membership, User, Workspace
from assistants_app.models.workspaces import ROLES

if TYPE_CHECKING:
    from collections.abc import Collection

    from assistants_app.policies import Actor

MAX_APPROVALS = 3


@transaction.atomic
def create(name: str, *, actor: Actor, approvals: int = 1) -> Workspace:
    """Make a workspace: for the operator and commands. Raises Invalid on name, approvals."""
    if actor.kind != "system" and not (actor.user and actor.user.is_superuser):
        raise NotAllowed("Only the operator makes workspaces.", right="workspace.create")
    slug = slugify(name)[:60]
    if not slug:
        raise Invalid("name", "Required.")
    _check_approvals(approvals)
    try:
        with transaction.atomic():
            workspace = Workspace.objects.create(name=name, slug=slug, approvals=approvals)
    except IntegrityError:
        raise Invalid("name", "Another workspace has this name.") from None
    audit.record("workspace.created", actor=actor, workspace=workspace, on=workspace)
    return workspace


def _check_approvals(approvals: int) -> None:
    if not 0 <= approvals <= MAX_APPROVALS:
        raise Invalid("approvals", f"Must be between 0 and {MAX_APPROVALS}.")


@transaction.atomic
def set_rules(workspace: Workspace, *, actor: Actor, approvals: int) -> Workspace:
    """Say how many approvals a Change needs; approvals given under older rules stop counting."""
    policies.require(actor, "settings.write", workspace, on=workspace)
    _check_approvals(approvals)
    was = workspace.approvals
    Workspace.objects.filter(pk=workspace.pk).update(
        approvals=approvals, rules_no=F("rules_no") + 1
    )
    workspace.refresh_from_db()
    audit.record(
        "rules.set",
        actor=actor,
        workspace=workspace,
        on=workspace,
        data={"before": was, "after": approvals},
    )
    return workspace


@transaction.atomic
def set_member(
    workspace: Workspace, user: User, *, actor: Actor, roles: Collection[str]
) -> Membership:
    """Give a person exactly these roles here, as a new member or an existing one.

    Raises Invalid for no or unknown roles, Conflict (`last_admin`) when no admin would be left.
    The operator and commands may do this in any workspace.
    """
    _may_set_members(workspace, actor)
    if not roles or not set(roles) <= set(ROLES):
        raise Invalid("roles", "Choose at least one role.")
    row = Membership.objects.filter(workspace=workspace, user=user).first()
    if row and "admin" in row.roles and "admin" not in roles:
        _refuse_last_admin(row)
    was = row.roles_text if row else ""
    text = " ".join(role for role in ROLES if role in roles)
    row, _ = Membership.objects.update_or_create(
        workspace=workspace, user=user, defaults={"roles_text": text}
    )
    data = {"person": str(user.pk), "before": was, "after": text}
    audit.record("member.set", actor=actor, workspace=workspace, on=row, data=data)
    return row


@transaction.atomic
def remove_member(membership: Membership, *, actor: Actor) -> None:
    """Take a person out of a workspace; their reviews stop counting, their texts stay."""
    workspace = membership.workspace
    _may_set_members(workspace, actor)
    if "admin" in membership.roles:
        _refuse_last_admin(membership)
    gone = ("membership", str(membership.pk))
    data = {"person": str(membership.user_id), "before": membership.roles_text}
    membership.delete()
    audit.record("member.removed", actor=actor, workspace=workspace, on=gone, data=data)


def _may_set_members(workspace: Workspace, actor: Actor) -> None:
    is_operator = actor.kind == "person" and actor.user is not None and actor.user.is_superuser
    if actor.kind != "system" and not is_operator:
        policies.require(actor, "settings.write", workspace, on=workspace)


def _refuse_last_admin(row: Membership) -> None:
    others = Membership.objects.filter(workspace=row.workspace, user__is_active=True)
    if not any("admin" in other.roles for other in others.exclude(pk=row.pk)):
        raise Conflict(
            "This is the last admin of the workspace. Make someone else admin first.",
            code="last_admin",
        )
