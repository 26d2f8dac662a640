"""Reviews: approve and request changes, bound to what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app.actions import changes, connections, publishing, reviews, workspaces
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import Change, Membership, Review
from tests.actions.told import refuses, tells
from tests.builders import (
    COMMAND,
    acting,
    make_change,
    make_member,
    make_person,
    make_token,
)

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
State = Change.State


@pytest.fixture
def asked(workspace: Workspace, alice: User) -> Change:
    """A Change of Alice's that waits for a review."""
    return changes.submit(make_change(workspace, alice), actor=acting(alice))


@pytest.fixture
def erin(workspace: Workspace) -> User:
    """Another reviewer."""
    person = make_person("erin")
    make_member(workspace, person, "reviewer")
    return person


def fresh(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def test_an_approval_keeps_the_five_things_it_is_bound_to(
    asked: Change, workspace: Workspace, bob: User
) -> None:
    with tells("change.approved") as entries:
        change = reviews.approve(asked, actor=acting(bob), digest=asked.digest, note="Good.")
    assert (change.state, fresh(asked).state) == (State.APPROVED, State.APPROVED)
    review = Review.objects.get()
    assert (review.digest, review.base, review.connection_print, review.rules_no) == (
        asked.digest,
        None,
        workspace.connection_print,
        workspace.rules_no,
    )
    assert (review.reviewer, review.decision, review.note, review.source) == (
        bob,
        Review.Decision.APPROVED,
        "Good.",
        "web",
    )
    assert f'"after":"{asked.digest}"' in entries[0].body
    assert "Good." not in entries[0].body


def test_the_author_cannot_approve(workspace: Workspace, bob: User) -> None:
    change = changes.submit(make_change(workspace, bob), actor=acting(bob))
    with refuses(NotAllowed, match="You wrote this change"):
        reviews.approve(change, actor=acting(bob), digest=change.digest)
    with refuses(NotAllowed, match="You wrote this change"):
        reviews.request_changes(change, actor=acting(bob), digest=change.digest, note="No.")


def test_nobody_who_wrote_a_part_can_approve(asked: Change, bob: User, erin: User) -> None:
    changes.edit(asked, actor=acting(bob), lock=asked.lock, values={"description": "By Bob"})
    now = fresh(asked)
    with refuses(NotAllowed):
        reviews.approve(now, actor=acting(bob), digest=now.digest)
    reviews.approve(now, actor=acting(erin), digest=now.digest)
    assert fresh(asked).state == State.APPROVED


def test_whose_token_wrote_a_part_cannot_approve(
    asked: Change, workspace: Workspace, bob: User
) -> None:
    token, _ = make_token(workspace, bob, "assistants:write")
    by_token = acting(bob, token=token)
    changes.edit(asked, actor=by_token, lock=asked.lock, values={"description": "By a script"})
    with refuses(NotAllowed):
        reviews.approve(asked, actor=acting(bob), digest=fresh(asked).digest)


@pytest.mark.parametrize("roles", [(), ("viewer",), ("editor",), ("auditor",)])
def test_only_who_may_review_decides(
    asked: Change, workspace: Workspace, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    with refuses(NotAllowed):
        reviews.approve(asked, actor=acting(carol), digest=asked.digest)
    with refuses(NotAllowed):
        reviews.request_changes(asked, actor=acting(carol), digest=asked.digest, note="No.")


@pytest.mark.parametrize("role", ["reviewer", "publisher", "admin"])
def test_each_role_that_may_review_does(
    asked: Change, workspace: Workspace, carol: User, role: str
) -> None:
    make_member(workspace, carol, role)
    reviews.approve(asked, actor=acting(carol), digest=asked.digest)
    assert fresh(asked).state == State.APPROVED


def test_another_digest_than_the_one_seen_is_a_conflict(
    asked: Change, alice: User, bob: User
) -> None:
    seen = asked.digest
    changes.edit(asked, actor=acting(alice), lock=asked.lock, values={"name": "Slipped in"})
    with refuses(Conflict, "digest") as caught:
        reviews.approve(asked, actor=acting(bob), digest=seen)
    assert caught.value.data["change"].name == "Slipped in"
    with refuses(Conflict, "digest"):
        reviews.request_changes(asked, actor=acting(bob), digest=seen, note="No.")


@pytest.mark.parametrize("state", sorted(set(State) - {State.IN_REVIEW, State.APPROVED}))
def test_only_what_is_in_review_is_decided_on(asked: Change, bob: User, state: State) -> None:
    Change.objects.filter(pk=asked.pk).update(state=state)
    with refuses(Conflict, "state"):
        reviews.approve(asked, actor=acting(bob), digest=asked.digest)
    with refuses(Conflict, "state"):
        reviews.request_changes(asked, actor=acting(bob), digest=asked.digest, note="No.")


def test_nobody_approves_the_same_text_twice(
    asked: Change, workspace: Workspace, bob: User, dora: User
) -> None:
    workspaces.set_rules(workspace, actor=acting(dora), approvals=2)
    reviews.approve(asked, actor=acting(bob), digest=asked.digest)
    with refuses(Conflict, "again"):
        reviews.approve(asked, actor=acting(bob), digest=asked.digest)
    assert fresh(asked).state == State.IN_REVIEW


def test_two_needed_approve_with_the_second(
    asked: Change, workspace: Workspace, bob: User, erin: User, dora: User
) -> None:
    workspaces.set_rules(workspace, actor=acting(dora), approvals=2)
    reviews.approve(asked, actor=acting(bob), digest=asked.digest)
    assert fresh(asked).state == State.IN_REVIEW
    reviews.approve(asked, actor=acting(erin), digest=asked.digest)
    assert fresh(asked).state == State.APPROVED


def test_what_is_approved_already_needs_nobody_more(asked: Change, bob: User, erin: User) -> None:
    reviews.approve(asked, actor=acting(bob), digest=asked.digest)
    with refuses(Conflict, "state"):
        reviews.approve(asked, actor=acting(erin), digest=asked.digest)


@pytest.mark.parametrize("why", ["the reviewer left", "new rules", "new address"])
def test_an_approved_change_whose_approvals_stopped_counting_can_be_approved_again(
    asked: Change, workspace: Workspace, bob: User, erin: User, dora: User, why: str
) -> None:
    reviews.approve(asked, actor=acting(bob), digest=asked.digest)
    if why == "the reviewer left":
        workspaces.remove_member(Membership.objects.get(user=bob), actor=acting(dora))
    elif why == "new rules":
        workspaces.set_rules(workspace, actor=acting(dora), approvals=2)
        workspaces.set_rules(workspace, actor=acting(dora), approvals=1)
    else:
        connections.allow_origin("http://127.0.0.1:9", actor=COMMAND, private=True)
        connections.set_connection(
            workspace, actor=acting(dora), base_url="http://127.0.0.1:9/v1", key="sk-0123456789"
        )
    with refuses(Conflict, "approvals"):
        publishing.publish(fresh(asked), actor=acting(dora))
    with tells("change.approved"):
        reviews.approve(fresh(asked), actor=acting(erin), digest=asked.digest)
    publishing.publish(fresh(asked), actor=acting(dora))
    assert fresh(asked).state == State.LIVE


def test_requesting_changes_wants_to_know_which(asked: Change, bob: User) -> None:
    for note in ("", "  \n"):
        with refuses(Invalid) as caught:
            reviews.request_changes(asked, actor=acting(bob), digest=asked.digest, note=note)
        assert caught.value.field == "note"
    with tells("change.changes_requested"):
        reviews.request_changes(asked, actor=acting(bob), digest=asked.digest, note="Shorter.")
    assert fresh(asked).state == State.CHANGES_REQUESTED
    assert Review.objects.get().note == "Shorter."


def test_changes_can_be_requested_of_an_approved_one(asked: Change, bob: User, erin: User) -> None:
    reviews.approve(asked, actor=acting(bob), digest=asked.digest)
    reviews.request_changes(asked, actor=acting(erin), digest=asked.digest, note="Wait.")
    assert fresh(asked).state == State.CHANGES_REQUESTED


def test_a_note_that_no_column_holds_is_refused_in_words(asked: Change, bob: User) -> None:
    with refuses(Invalid, match="NUL"):
        reviews.approve(asked, actor=acting(bob), digest=asked.digest, note="a\0b")


def test_a_decision_moves_the_lock_so_that_an_older_save_meets_it(asked: Change, bob: User) -> None:
    before = fresh(asked).lock
    reviews.approve(asked, actor=acting(bob), digest=asked.digest)
    assert fresh(asked).lock == before + 1
