"""Workspaces: make one, its rules, its members."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app.actions import workspaces
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import AuditEntry, Membership, Workspace
from tests.actions.told import refuses, tells, writes_nothing
from tests.builders import COMMAND, acting, make_member, make_person, make_token, make_workspace

if TYPE_CHECKING:
    from assistants_app.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    """The operator."""
    return make_person("olga", is_operator=True)


def _row(workspace: Workspace, user: User) -> Membership:
    return Membership.objects.get(workspace=workspace, user=user)


# --- create -----------------------------------------------------------------------------------


def test_the_operator_and_commands_make_workspaces(olga: User) -> None:
    for actor, name in ((acting(olga), "Customer Care"), (COMMAND, "Billing")):
        with tells("workspace.created") as entries:
            made = workspaces.create(name, actor=actor, approvals=2)
        assert (made.name, made.approvals, made.rules_no) == (name, 2, 1)
        assert entries[0].workspace_id == str(made.pk)
        assert name not in entries[0].body


def test_nobody_else_makes_workspaces(workspace: Workspace, dora: User, olga: User) -> None:
    make_member(workspace, olga, "admin")
    token, _ = make_token(workspace, olga, "assistants:write")
    olga_left = make_person("oscar", is_operator=True)
    olga_left.is_active = False
    for actor in (acting(dora), acting(olga, token=token), acting(olga_left), acting(None)):
        with refuses(NotAllowed):
            workspaces.create("Mine", actor=actor)


@pytest.mark.parametrize("name", ["", "  ", "\t"])
def test_a_workspace_has_a_name(name: str) -> None:
    with refuses(Invalid, match="Enter a name") as caught:
        workspaces.create(name, actor=COMMAND)
    assert caught.value.field == "name"


def test_a_name_of_101_characters_is_refused_in_words() -> None:
    workspaces.create("x" * 100, actor=COMMAND)
    with refuses(Invalid, match="101 characters; the limit is 100"):
        workspaces.create("y" * 101, actor=COMMAND)


def test_two_workspaces_do_not_share_an_address() -> None:
    workspaces.create("Customer Care", actor=COMMAND)
    with refuses(Invalid, match="Another workspace"):
        workspaces.create("customer  care!", actor=COMMAND)


def test_a_name_without_latin_letters_gets_an_address_too() -> None:
    made = workspaces.create("顧客対応", actor=COMMAND)
    assert made.name == "顧客対応"
    assert made.slug.startswith("workspace-")


@pytest.mark.parametrize("approvals", [-1, 4])
def test_approvals_are_0_to_3(workspace: Workspace, dora: User, approvals: int) -> None:
    with refuses(Invalid) as caught:
        workspaces.create("Other", actor=COMMAND, approvals=approvals)
    assert caught.value.field == "approvals"
    with refuses(Invalid):
        workspaces.set_rules(workspace, actor=acting(dora), approvals=approvals)


# --- rules ------------------------------------------------------------------------------------


def test_new_rules_count_up_and_tell_what_changed(workspace: Workspace, dora: User) -> None:
    with tells("rules.set") as entries:
        now = workspaces.set_rules(workspace, actor=acting(dora), approvals=2)
    assert (now.approvals, now.rules_no) == (2, 2)
    assert '"data":{"after":2,"before":1}' in entries[0].body


def test_the_same_rules_are_no_new_ones(workspace: Workspace, dora: User) -> None:
    with writes_nothing():
        workspaces.set_rules(workspace, actor=acting(dora), approvals=1)


@pytest.mark.parametrize("roles", [(), ("viewer", "editor", "reviewer", "publisher", "auditor")])
def test_only_an_admin_sets_rules(
    workspace: Workspace, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    with refuses(NotAllowed):
        workspaces.set_rules(workspace, actor=acting(carol), approvals=0)


# --- members ----------------------------------------------------------------------------------


def test_an_admin_gives_roles_and_changes_them(
    workspace: Workspace, carol: User, dora: User
) -> None:
    with tells("member.set") as entries:
        row = workspaces.set_member(workspace, carol, actor=acting(dora), roles=["editor"])
    assert row.roles == {"editor"}
    assert f'"after":"editor","before":"","person":"{carol.pk}"' in entries[0].body
    roles = ["admin", "viewer", "reviewer"]
    with tells("member.set") as entries:
        workspaces.set_member(workspace, carol, actor=acting(dora), roles=roles)
    assert _row(workspace, carol).roles_text == "viewer reviewer admin"
    assert '"before":"editor"' in entries[0].body
    assert "carol" not in entries[0].body


@pytest.mark.parametrize("roles", [[], ["owner"], ["editor", "owner"], "admin"])
def test_roles_are_those_there_are(
    workspace: Workspace, carol: User, dora: User, roles: list[str] | str
) -> None:
    with refuses(Invalid) as caught:
        workspaces.set_member(workspace, carol, actor=acting(dora), roles=roles)
    assert caught.value.field == "roles"


def test_only_an_admin_the_operator_and_commands_set_members(
    workspace: Workspace, bob: User, carol: User, dora: User, olga: User
) -> None:
    for actor in (acting(bob), acting(carol), acting(None)):
        with refuses(NotAllowed):
            workspaces.set_member(workspace, carol, actor=actor, roles=["admin"])
        with refuses(NotAllowed):
            workspaces.remove_member(_row(workspace, bob), actor=actor)
    for actor in (acting(dora), acting(olga), COMMAND):
        workspaces.set_member(workspace, carol, actor=actor, roles=["viewer"])


def test_the_operator_who_joins_is_in_the_log(workspace: Workspace, olga: User) -> None:
    with tells("member.set") as entries:
        workspaces.set_member(workspace, olga, actor=acting(olga), roles=["admin"])
    assert entries[0].actor_id == str(olga.pk)


def test_no_admin_token_sets_members(workspace: Workspace, carol: User, dora: User) -> None:
    token, _ = make_token(workspace, dora, "assistants:read", "assistants:write")
    with refuses(NotAllowed):
        workspaces.set_member(workspace, carol, actor=acting(dora, token=token), roles=["admin"])


def test_the_last_admin_stays(workspace: Workspace, dora: User, olga: User) -> None:
    for actor in (acting(dora), acting(olga), COMMAND):
        with refuses(Conflict, "last_admin"):
            workspaces.set_member(workspace, dora, actor=actor, roles=["viewer"])
        with refuses(Conflict, "last_admin"):
            workspaces.remove_member(_row(workspace, dora), actor=actor)


def test_an_admin_who_left_is_no_other_admin(workspace: Workspace, carol: User, dora: User) -> None:
    make_member(workspace, carol, "admin")
    carol.is_active = False
    carol.save(update_fields=["is_active"])
    with refuses(Conflict, "last_admin"):
        workspaces.set_member(workspace, dora, actor=acting(dora), roles=["viewer"])


def test_an_admin_of_another_workspace_is_no_other_admin(
    workspace: Workspace, carol: User, dora: User
) -> None:
    make_member(make_workspace("Billing"), carol, "admin")
    with refuses(Conflict, "last_admin"):
        workspaces.remove_member(_row(workspace, dora), actor=acting(dora))


def test_one_of_two_admins_may_go(workspace: Workspace, carol: User, dora: User) -> None:
    make_member(workspace, carol, "admin")
    with tells("member.removed") as entries:
        workspaces.remove_member(_row(workspace, dora), actor=acting(dora))
    assert not Membership.objects.filter(user=dora).exists()
    assert f'"person":"{dora.pk}"' in entries[0].body


def test_an_old_page_does_not_remove_who_became_the_last_admin(
    workspace: Workspace, carol: User, dora: User
) -> None:
    make_member(workspace, carol, "viewer")
    page = _row(workspace, carol)
    make_member(workspace, carol, "admin")
    workspaces.remove_member(_row(workspace, dora), actor=acting(carol))
    with refuses(Conflict, "last_admin"):
        workspaces.remove_member(page, actor=acting(carol))


def test_nobody_is_removed_twice(workspace: Workspace, carol: User, dora: User) -> None:
    row = make_member(workspace, carol, "viewer")
    page = _row(workspace, carol)
    workspaces.remove_member(row, actor=acting(dora))
    with refuses(Conflict, "state"):
        workspaces.remove_member(page, actor=acting(dora))
    assert AuditEntry.objects.filter(action="member.removed").count() == 1
