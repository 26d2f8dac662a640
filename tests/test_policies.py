"""Who may what: security.md section 2 as a table of its own, and the rules around it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, get_args

import pytest
from django.utils import timezone

from assistants_app import policies
from assistants_app.actions import changes, reviews, workspaces
from assistants_app.errors import NotAllowed
from assistants_app.models import APIToken, Assistant, Membership, Review, User
from assistants_app.models.tokens import SCOPES
from assistants_app.models.workspaces import ROLES
from assistants_app.policies import Right, allowed
from tests.builders import (
    COMMAND,
    acting,
    make_change,
    make_member,
    make_person,
    make_token,
    make_workspace,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from assistants_app.models import Workspace

pytestmark = pytest.mark.django_db

#                        viewer editor reviewer publisher auditor admin
TABLE = """
workspace.read             x      x      x        x         x      x
change.comment             x      x      x        x         -      x
change.write               -      x      x        x         -      x
change.review              -      -      x        x         -      x
change.publish             -      -      -        x         -      x
change.withdraw_any        -      -      -        -         -      x
push                       -      -      -        x         -      x
assistant.archive          -      -      -        x         -      x
assistant.delete           -      -      -        -         -      x
settings.read              -      -      -        -         x      x
settings.write             -      -      -        -         -      x
audit.read                 -      -      -        x         x      x
audit.verify               -      -      -        -         x      x
"""
COLUMNS = ("viewer", "editor", "reviewer", "publisher", "auditor", "admin")
ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [
    (right, role, cell == "x")
    for right, *cells in ROWS
    for role, cell in zip(COLUMNS, cells, strict=True)
]
EVERY_RIGHT: tuple[Right, ...] = get_args(Right)


def test_the_table_speaks_of_every_right_and_every_role() -> None:
    assert tuple(right for right, *_ in ROWS) == EVERY_RIGHT
    assert tuple(policies.RIGHTS) == EVERY_RIGHT
    assert COLUMNS == ROLES


@pytest.mark.parametrize(("right", "role", "may"), CELLS)
def test_a_role_gives_what_the_table_says(
    workspace: Workspace, carol: User, right: Right, role: str, may: bool
) -> None:
    make_member(workspace, carol, role)
    assert allowed(acting(carol), right, workspace) is may


def test_roles_add_up(workspace: Workspace, bob: User) -> None:
    make_member(workspace, bob, "editor", "auditor")
    held = {right for right in EVERY_RIGHT if allowed(acting(bob), right, workspace)}
    assert held == {
        "workspace.read",
        "change.comment",
        "change.write",
        "settings.read",
        "audit.read",
        "audit.verify",
    }


def _nothing(actor: policies.Actor, workspace: Workspace) -> bool:
    return (
        not any(allowed(actor, right, workspace) for right in EVERY_RIGHT)
        and workspace not in policies.workspaces(actor)
        and not policies.visible(actor, Assistant.objects.filter(workspace=workspace)).exists()
    )


def test_a_stranger_may_nothing_and_sees_nothing(workspace: Workspace, carol: User) -> None:
    assert _nothing(acting(carol), workspace)


def test_a_member_of_another_workspace_is_a_stranger_here(
    workspace: Workspace, carol: User
) -> None:
    make_member(make_workspace("Billing"), carol, *ROLES)
    assert _nothing(acting(carol), workspace)


def test_whoever_is_not_signed_in_may_nothing(workspace: Workspace) -> None:
    assert _nothing(acting(None), workspace)


def test_the_system_has_no_rights_of_a_member(workspace: Workspace) -> None:
    assert _nothing(policies.system("worker"), workspace)


def test_the_operator_without_membership_may_nothing_inside(workspace: Workspace) -> None:
    assert _nothing(acting(make_person("olga", is_operator=True)), workspace)


def test_a_deactivated_person_may_nothing_at_once(workspace: Workspace, dora: User) -> None:
    assert allowed(acting(dora), "settings.write", workspace)
    dora.is_active = False
    dora.save(update_fields=["is_active"])
    assert _nothing(acting(dora), workspace)


def test_an_archived_workspace_gives_no_rights(workspace: Workspace, dora: User) -> None:
    workspace.archived_at = timezone.now()
    workspace.save(update_fields=["archived_at"])
    assert _nothing(acting(dora), workspace)


def test_roles_are_read_anew_each_time(workspace: Workspace, bob: User) -> None:
    actor = acting(bob)
    assert allowed(actor, "change.publish", workspace)
    make_member(workspace, bob, "viewer")
    assert not allowed(actor, "change.publish", workspace)


def test_only_a_request_that_reads_keeps_the_roles(
    workspace: Workspace, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reading = dataclasses.replace(acting(bob), known={})
    other = make_workspace("Back office")
    with django_assert_num_queries(1):
        assert allowed(reading, "change.review", workspace)
        assert not allowed(reading, "settings.read", workspace)
        assert not allowed(reading, "workspace.read", other)
    workspaces.remove_member(bob.memberships.get(), actor=COMMAND)
    assert not allowed(acting(bob), "change.review", workspace)
    assert not allowed(dataclasses.replace(acting(bob), known={}), "change.review", workspace)


def test_visible_cuts_rows_down_to_ones_own_workspaces(
    workspace: Workspace, alice: User, carol: User
) -> None:
    other = make_workspace("Billing")
    make_member(other, carol, "editor")
    mine = make_change(workspace, alice).assistant
    make_change(other, carol)
    assert list(policies.visible(acting(alice), Assistant.objects.all())) == [mine]
    reviews_of = policies.visible(
        acting(alice), Review.objects.all(), by="change__assistant__workspace"
    )
    assert list(reviews_of) == []


# --- tokens -------------------------------------------------------------------------------

TOKENS: dict[tuple[str, ...], set[str]] = {
    ("assistants:read",): {"workspace.read"},
    ("assistants:write",): {"change.write", "change.publish", "assistant.delete"},
    ("assistants:read", "assistants:write"): {
        "workspace.read",
        "change.write",
        "change.publish",
        "assistant.delete",
    },
}


def _held(token: APIToken) -> set[str]:
    actor = acting(token.user, token=token)
    return {right for right in EVERY_RIGHT if allowed(actor, right, token.workspace)}


def test_the_scopes_of_the_test_are_all_there_are() -> None:
    assert {scope for scopes in TOKENS for scope in scopes} == set(SCOPES)
    assert set(policies.SCOPE_RIGHTS) == set(SCOPES)


@pytest.mark.parametrize("scopes", TOKENS)
def test_a_token_of_an_admin_reaches_its_scopes_and_no_further(
    workspace: Workspace, dora: User, scopes: tuple[str, ...]
) -> None:
    make_member(workspace, dora, *ROLES)
    token, _ = make_token(workspace, dora, *scopes)
    assert _held(token) == TOKENS[scopes]


@pytest.mark.parametrize(
    ("role", "held"),
    [
        ("viewer", {"workspace.read"}),
        ("auditor", {"workspace.read"}),
        ("editor", {"workspace.read", "change.write"}),
        ("publisher", {"workspace.read", "change.write", "change.publish"}),
    ],
)
def test_a_token_reaches_no_further_than_its_owners_role(
    workspace: Workspace, carol: User, role: str, held: set[str]
) -> None:
    make_member(workspace, carol, role)
    token, _ = make_token(workspace, carol, *SCOPES)
    assert _held(token) == held


def test_a_token_counts_in_its_own_workspace_only(workspace: Workspace, dora: User) -> None:
    token, _ = make_token(workspace, dora, *SCOPES)
    other = make_workspace("Billing")
    make_member(other, dora, "admin")
    actor = acting(dora, token=token)
    assert _nothing(actor, other)
    assert list(policies.workspaces(actor)) == [workspace]


def test_an_expired_token_may_nothing(workspace: Workspace, dora: User) -> None:
    token, _ = make_token(workspace, dora, *SCOPES)
    token.expiry = timezone.now() - timedelta(seconds=1)
    assert _nothing(acting(dora, token=token), workspace)


@pytest.mark.parametrize("end", ["deactivated", "removed", "demoted"])
def test_a_token_ends_with_its_owners_right(workspace: Workspace, dora: User, end: str) -> None:
    make_member(workspace, make_person("erin"), "admin")
    token, _ = make_token(workspace, dora, *SCOPES)
    if end == "deactivated":
        dora.is_active = False
    elif end == "removed":
        row = Membership.objects.get(user=dora)
        workspaces.remove_member(row, actor=COMMAND)
    else:
        make_member(workspace, dora, "viewer")
    assert not allowed(acting(dora, token=token), "change.publish", workspace)


def test_nobody_approves_by_token(workspace: Workspace, alice: User, bob: User) -> None:
    change = changes.submit(make_change(workspace, alice), actor=acting(alice))
    token, _ = make_token(workspace, bob, *SCOPES)
    actor = acting(bob, token=token)
    assert policies.why_not_review(actor, change)
    with pytest.raises(NotAllowed):
        reviews.approve(change, actor=actor, digest=change.digest)


# --- refusals -------------------------------------------------------------------------------


def test_a_refusal_names_right_workspace_and_object(workspace: Workspace, alice: User) -> None:
    assistant = make_change(workspace, alice).assistant
    with pytest.raises(NotAllowed) as caught:
        policies.require(acting(alice), "assistant.archive", workspace, on=assistant)
    assert caught.value.right == "assistant.archive"
    assert caught.value.workspace_id == workspace.pk
    assert caught.value.on == ("assistant", str(assistant.pk))


def test_the_reason_why_not_review_is_in_words(
    workspace: Workspace, alice: User, bob: User, carol: User
) -> None:
    change = changes.submit(make_change(workspace, bob), actor=acting(bob))
    assert policies.why_not_review(acting(bob), change) == (
        "You wrote this change, so someone else must approve it."
    )
    for other in (alice, carol):
        assert policies.why_not_review(acting(other), change) == (
            "Your role in this workspace does not include this."
        )
