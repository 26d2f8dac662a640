"""Which approvals of a change count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app import policies
from assistants_app.actions import changes, connections, reviews, workspaces
from assistants_app.models import Membership, Review, User
from tests.builders import (
    COMMAND,
    acting,
    make_approved,
    make_assistant,
    make_change,
    make_member,
    make_person,
    make_workspace,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from assistants_app.models import Change, Workspace

pytestmark = pytest.mark.django_db

# --- standing -------------------------------------------------------------------------------


@pytest.fixture
def erin(workspace: Workspace) -> User:
    """Another reviewer."""
    person = make_person("erin")
    make_member(workspace, person, "reviewer")
    return person


@pytest.fixture
def approved(workspace: Workspace, alice: User, bob: User) -> Change:
    return make_approved(workspace, author=alice, reviewer=bob)


def _counting(change: Change) -> list[str]:
    fresh = type(change).objects.get(pk=change.pk)
    return sorted(review.reviewer.username for review in policies.standing(fresh).counting)


def test_an_approval_counts(approved: Change) -> None:
    standing = policies.standing(approved)
    assert (standing.needed, len(standing.counting), standing.earlier) == (1, 1, ())
    assert standing.is_enough


def test_nobody_is_looked_up_while_nobody_has_decided(
    workspace: Workspace, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    change = make_change(workspace, alice)
    assert change.assistant.workspace.upstream is None
    with django_assert_num_queries(1):
        assert policies.standing(change).counting == ()


def test_another_text_does_not_count(approved: Change, alice: User) -> None:
    edited = changes.edit(approved, actor=acting(alice), lock=99, values={"name": "Other"})
    assert _counting(edited) == []
    assert len(policies.standing(edited).earlier) == 1


def test_the_same_text_once_more_counts_again(approved: Change, alice: User) -> None:
    name = approved.name
    changes.edit(approved, actor=acting(alice), lock=99, values={"name": "Other"})
    changes.edit(approved, actor=acting(alice), lock=99, values={"name": name})
    assert _counting(approved) == ["bob"]


def test_another_base_does_not_count(workspace: Workspace, alice: User, bob: User) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    change = make_approved(assistant, author=alice, reviewer=bob, name="Other")
    assert _counting(change) == ["bob"]
    type(change).objects.filter(pk=change.pk).update(base=None)
    assert _counting(change) == []


def test_another_address_does_not_count(approved: Change, workspace: Workspace, dora: User) -> None:
    connections.allow_origin("http://127.0.0.1:9", actor=COMMAND, private=True)
    connections.set_connection(
        workspace, actor=acting(dora), base_url="http://127.0.0.1:9/v1", key="sk-0123456789"
    )
    assert _counting(approved) == []


def test_another_key_at_the_same_address_counts_on(
    workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    connections.allow_origin("http://127.0.0.1:9", actor=COMMAND, private=True)
    address = {"actor": acting(dora), "base_url": "http://127.0.0.1:9/v1"}
    connections.set_connection(workspace, key="sk-0123456789", **address)
    change = make_approved(workspace, author=alice, reviewer=bob)
    connections.set_connection(workspace, key="sk-9876543210", **address)
    assert _counting(change) == ["bob"]


def test_other_rules_do_not_count(approved: Change, workspace: Workspace, dora: User) -> None:
    workspaces.set_rules(workspace, actor=acting(dora), approvals=2)
    workspaces.set_rules(workspace, actor=acting(dora), approvals=1)
    assert _counting(approved) == []


def test_the_latest_decision_of_a_person_counts(
    workspace: Workspace, alice: User, bob: User, erin: User, dora: User
) -> None:
    workspaces.set_rules(workspace, actor=acting(dora), approvals=2)
    change = changes.submit(make_change(workspace, alice), actor=acting(alice))
    reviews.approve(change, actor=acting(bob), digest=change.digest)
    reviews.request_changes(change, actor=acting(erin), digest=change.digest, note="Shorter.")
    assert _counting(change) == ["bob"]
    changes.submit(change, actor=acting(alice))
    reviews.approve(change, actor=acting(erin), digest=change.digest)
    assert _counting(change) == ["bob", "erin"]
    reviews.request_changes(change, actor=acting(bob), digest=change.digest, note="After all.")
    assert _counting(change) == ["erin"]


def test_a_comment_takes_no_approval_back(approved: Change, bob: User) -> None:
    Review.objects.create(
        change=approved,
        digest=approved.digest,
        rules_no=1,
        reviewer=bob,
        decision=Review.Decision.COMMENTED,
        source="web",
    )
    assert _counting(approved) == ["bob"]


def test_who_wrote_a_part_later_does_not_count(approved: Change, bob: User) -> None:
    name = approved.name
    changes.edit(approved, actor=acting(bob), lock=99, values={"name": "By Bob"})
    changes.edit(approved, actor=acting(bob), lock=99, values={"name": name})
    assert _counting(approved) == []


@pytest.mark.parametrize("roles", [("viewer",), ("editor",), ("auditor",)])
def test_a_demoted_reviewer_stops_counting(
    approved: Change, workspace: Workspace, bob: User, roles: tuple[str, ...]
) -> None:
    make_member(workspace, bob, *roles)
    assert _counting(approved) == []
    make_member(workspace, bob, "reviewer")
    assert _counting(approved) == ["bob"]


def test_a_removed_reviewer_stops_counting(approved: Change, bob: User) -> None:
    workspaces.remove_member(Membership.objects.get(user=bob), actor=COMMAND)
    assert _counting(approved) == []


def test_a_deactivated_reviewer_stops_counting(approved: Change, bob: User) -> None:
    bob.is_active = False
    bob.save(update_fields=["is_active"])
    assert _counting(approved) == []


def test_where_none_is_needed_none_is_enough(alice: User) -> None:
    workspace = make_workspace("Alone", approvals=0)
    make_member(workspace, alice, "editor")
    change = make_change(workspace, alice)
    assert policies.standing(change).is_enough


def test_two_needed_are_two_different_people(
    workspace: Workspace, alice: User, bob: User, erin: User, dora: User
) -> None:
    workspaces.set_rules(workspace, actor=acting(dora), approvals=2)
    change = changes.submit(make_change(workspace, alice), actor=acting(alice))
    reviews.approve(change, actor=acting(bob), digest=change.digest)
    assert not policies.standing(change).is_enough
    reviews.approve(change, actor=acting(erin), digest=change.digest)
    assert policies.standing(change).is_enough
