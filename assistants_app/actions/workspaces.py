"""Workspaces: made, renamed, archived; their members and their review rules."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from assistants_app import policies
from assistants_app.actions import audit, people, texts
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
    _operator_only(actor)
    name = name.strip()
    if not name:
        raise Invalid("name", "Enter a name.")
    texts.fit(Workspace, name=name)
    _check_approvals(approvals)
    # A name without a single Latin letter makes no slug.
    slug = slugify(name)[:60].strip("-") or f"workspace-{secrets.token_hex(3)}"
    try:
        with transaction.atomic():
            workspace = Workspace.objects.create(name=name, slug=slug, approvals=approvals)
    except IntegrityError:
        raise Invalid("name", "Another workspace has this name.") from None
    audit.record("workspace.created", actor=actor, workspace=workspace, on=workspace)
    return workspace


@transaction.atomic
def rename(workspace: Workspace, *, actor: Actor, name: str) -> Workspace:
    """Give it another name; its addresses keep the old one. Raises Invalid on name."""
    policies.require(actor, "settings.write", workspace, on=workspace)
    name = name.strip()
    if not name:
        raise Invalid("name", "Enter a name.")
    texts.fit(Workspace, name=name)
    if name == workspace.name:
        return workspace
    workspace.name = name
    workspace.save(update_fields=["name"])
    audit.record("workspace.renamed", actor=actor, workspace=workspace, on=workspace)
    return workspace


@transaction.atomic
def archive(workspace: Workspace, *, actor: Actor, name: str) -> None:
    """Close a workspace: nobody sees it, nothing of it is served or pushed; nothing is deleted.

    Only the operator brings it back. Raises Invalid (`name`) unless its name is given.
    """
    policies.require(actor, "settings.write", workspace, on=workspace)
    if name.strip() != workspace.name:
        raise Invalid("name", "This is not the name of the workspace.")
    moved = Workspace.objects.filter(pk=workspace.pk, archived_at=None)
    if moved.update(archived_at=timezone.now()) != 1:
        raise Conflict("This workspace is archived already.", code="state")
    audit.record("workspace.archived", actor=actor, workspace=workspace, on=workspace)


@transaction.atomic
def restore(workspace: Workspace, *, actor: Actor) -> None:
    """Open an archived workspace again, with the members and the connection that it had."""
    _operator_only(actor)
    moved = Workspace.objects.filter(pk=workspace.pk, archived_at__isnull=False)
    if moved.update(archived_at=None) != 1:
        raise Conflict("This workspace is not archived.", code="state")
    audit.record("workspace.restored", actor=actor, workspace=workspace, on=workspace)


def _operator_only(actor: Actor) -> None:
    if actor.kind != "system" and not policies.is_operator(actor):
        raise NotAllowed("Only the operator makes workspaces.", right="workspace.create")


def _check_approvals(approvals: int) -> None:
    if not 0 <= approvals <= MAX_APPROVALS:
        raise Invalid("approvals", f"Must be between 0 and {MAX_APPROVALS}.")


@transaction.atomic
def set_rules(
    workspace: Workspace,
    *,
    actor: Actor,
    approvals: int,
    why_required: bool | None = None,
    settle_comments: bool | None = None,
) -> Workspace:
    """Say how many approvals a Change needs, whether its author has to say why, and whether open
    comments block approval; None leaves a rule. Approvals under older rules stop counting.

    The rules that there are already are no new ones: nothing is written.
    """
    policies.require(actor, "settings.write", workspace, on=workspace)
    _check_approvals(approvals)
    was = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    wanted = {
        "approvals": approvals,
        "why_required": was.why_required if why_required is None else why_required,
        "settle_comments": was.settle_comments if settle_comments is None else settle_comments,
    }
    moved = {name: value for name, value in wanted.items() if getattr(was, name) != value}
    if not moved:
        return workspace
    rules_no = F("rules_no") + 1
    Workspace.objects.filter(pk=workspace.pk).update(**moved, rules_no=rules_no)
    workspace.refresh_from_db()
    switched = {name: value for name, value in moved.items() if name != "approvals"}
    audit.record(
        "rules.set",
        actor=actor,
        workspace=workspace,
        on=workspace,
        data={"before": was.approvals, "after": approvals, **switched},
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
    """Take a person out of a workspace; their reviews stop counting, their texts stay.

    Somebody who was invited and is awaited nowhere else has no link any more.

    Raises Conflict (`last_admin`), and (`state`) when they are no member any more.
    """
    workspace = membership.workspace
    _may_set_members(workspace, actor)
    row = Membership.objects.filter(pk=membership.pk).first()
    if row is None:
        raise Conflict("This person is not a member any more.", code="state")
    if "admin" in row.roles:
        _refuse_last_admin(row)
    gone = ("membership", str(row.pk))
    data = {"person": str(row.user_id), "before": row.roles_text}
    row.delete()
    if is_only_awaited_here(row):
        people.void_links(row.user)
    audit.record("member.removed", actor=actor, workspace=workspace, on=gone, data=data)


def is_only_awaited_here(row: Membership) -> bool:
    """True for somebody who was invited, has not come yet, and is a member of nothing else."""
    others = Membership.objects.filter(user=row.user_id).exclude(workspace=row.workspace_id)
    return row.user.is_invited and not others.exists()


def is_last_admin(row: Membership) -> bool:
    """True for an admin beside whom there is no other one who can sign in."""
    others = Membership.objects.filter(workspace=row.workspace_id, user__is_active=True)
    return "admin" in row.roles and not any(
        "admin" in other.roles for other in others.exclude(pk=row.pk)
    )


def _may_set_members(workspace: Workspace, actor: Actor) -> None:
    if actor.kind != "system" and not policies.is_operator(actor):
        policies.require(actor, "settings.write", workspace, on=workspace)


def _refuse_last_admin(row: Membership) -> None:
    # Locked first: of two admins who demote each other at once, the second must see the first.
    Workspace.objects.select_for_update(no_key=True).get(pk=row.workspace_id)
    if is_last_admin(row):
        raise Conflict(
            "This is the last admin of the workspace. Make someone else admin first.",
            code="last_admin",
        )
