"""Changes: start, open, edit, ask for review, withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app import contract
from assistants_app.actions import assistants, changes, reviews, workspaces
from assistants_app.errors import Conflict, Invalid, InvalidDocument, NotAllowed
from assistants_app.models import Assistant, Change
from tests.actions.changed import at, fresh
from tests.actions.told import refuses, tells
from tests.builders import (
    acting,
    make_approved,
    make_assistant,
    make_change,
    make_document,
    make_member,
    make_person,
)

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
State = Change.State


# --- start ----------------------------------------------------------------------------------


def test_starting_makes_an_assistant_with_its_change_and_no_version(
    workspace: Workspace, alice: User
) -> None:
    document = make_document(tools=[{"type": "code_interpreter"}])
    with tells("change.opened") as entries:
        change = changes.start(workspace, actor=acting(alice), document=document, title="New")
    assistant = change.assistant
    assert (change.document(), change.title, change.state) == (document, "New", State.DRAFT)
    assert change.digest == contract.fingerprint(document)
    assert f'"after":"{change.digest}"' in entries[0].body
    assert (change.base, assistant.live_version, assistant.digest) == (None, None, "")
    assert list(change.contributions.values_list("user", flat=True)) == [alice.pk]
    assert assistant not in Assistant.objects.live()


def test_only_who_may_write_starts(workspace: Workspace, carol: User) -> None:
    for roles in ((), ("viewer", "auditor")):
        if roles:
            make_member(workspace, carol, *roles)
        with refuses(NotAllowed):
            changes.start(workspace, actor=acting(carol), document=make_document())


# --- open -----------------------------------------------------------------------------------


def test_opening_begins_from_the_live_version(assistant: Assistant, alice: User) -> None:
    with tells("change.opened") as entries:
        change = changes.open(assistant, actor=acting(alice))
    assert change.document() == assistant.document()
    assert (change.base, change.digest) == (assistant.live_version, assistant.digest)
    assert (entries[0].object_kind, entries[0].object_id) == ("change", str(change.pk))
    assert entries[0].assistant_id == str(assistant.pk)


def test_opening_with_a_document_holds_that_one(assistant: Assistant, alice: User) -> None:
    document = make_document(name="From an old version")
    change = changes.open(assistant, actor=acting(alice), document=document)
    assert (change.document(), change.base) == (document, assistant.live_version)


def test_one_open_change_per_person_and_assistant(
    assistant: Assistant, draft: Change, alice: User, bob: User
) -> None:
    with refuses(Conflict, "open_change") as caught:
        changes.open(assistant, actor=acting(alice))
    assert caught.value.data["change"] == draft
    changes.open(assistant, actor=acting(bob))
    changes.withdraw(draft, actor=acting(alice))
    changes.open(assistant, actor=acting(alice))


def test_who_may_not_write_opens_nothing(
    assistant: Assistant, workspace: Workspace, carol: User
) -> None:
    for roles in ((), ("viewer", "auditor")):
        if roles:
            make_member(workspace, carol, *roles)
        with refuses(NotAllowed):
            changes.open(assistant, actor=acting(carol))


def test_an_archived_assistant_takes_no_new_change(
    assistant: Assistant, alice: User, bob: User
) -> None:
    assistants.archive(assistant, actor=acting(bob))
    with refuses(Conflict, "archived"):
        changes.open(assistant, actor=acting(alice))


def test_an_archived_assistant_is_seen_as_one_by_a_page_that_is_older(
    assistant: Assistant, alice: User, bob: User
) -> None:
    seen = Assistant.objects.get(pk=assistant.pk)
    assistants.archive(assistant, actor=acting(bob))
    with refuses(Conflict, "archived"):
        changes.open(seen, actor=acting(alice))


# --- submit -----------------------------------------------------------------------------------


def test_asking_for_review_moves_the_state_and_tells_once(draft: Change, alice: User) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "Other"})
    with tells("change.submitted") as entries:
        change = changes.submit(draft, actor=acting(alice), title="A title", why="A reason")
    now = fresh(draft)
    assert (now.state, now.title, now.why) == (State.IN_REVIEW, "A title", "A reason")
    assert now.submitted_at is not None
    assert (change.lock, now.lock) == (3, 3)
    assert f'"after":"{now.digest}"' in entries[0].body


def test_asking_without_a_title_keeps_the_one_there_is(draft: Change, alice: User) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "N"}, title="T", why="W")
    changes.submit(draft, actor=acting(alice))
    assert (fresh(draft).title, fresh(draft).why) == ("T", "W")


def test_what_has_errors_is_not_reviewed(draft: Change, alice: User) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"temperature": 2.0001, "model": None})
    with refuses(InvalidDocument) as caught:
        changes.submit(draft, actor=acting(alice))
    assert {problem.param for problem in caught.value.problems} == {"temperature", "model"}


def test_what_changes_nothing_is_not_reviewed(draft: Change, alice: User) -> None:
    with refuses(Conflict, "no_change"):
        changes.submit(draft, actor=acting(alice))


@pytest.mark.parametrize("state", [State.IN_REVIEW, State.APPROVED, State.WITHDRAWN, State.LIVE])
def test_only_an_editable_change_asks_for_review(draft: Change, alice: User, state: State) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "Other"})
    change = at(draft, state)
    with refuses(Conflict, "state"):
        changes.submit(change, actor=acting(alice))


def test_only_who_may_write_asks_for_review(
    draft: Change, workspace: Workspace, alice: User, carol: User
) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "Other"})
    make_member(workspace, carol, "viewer", "auditor")
    with refuses(NotAllowed):
        changes.submit(draft, actor=acting(carol))


def test_where_no_approval_is_needed_asking_approves(free: Workspace, alice: User) -> None:
    with tells("change.opened", "change.submitted"):
        change = changes.submit(make_change(free, alice), actor=acting(alice))
    assert (change.state, fresh(change).state) == (State.APPROVED, State.APPROVED)


def test_too_long_a_title_is_refused_in_words(draft: Change, alice: User, bob: User) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "Other"})
    long = "x" * 201
    with refuses(Invalid, match="201 characters; the limit is 200.") as caught:
        changes.submit(draft, actor=acting(alice), title=long)
    assert caught.value.field == "title"
    with refuses(Invalid):
        changes.edit(draft, actor=acting(alice), lock=9, values={}, title=long)
    with refuses(Invalid):
        changes.open(draft.assistant, actor=acting(bob), title=long)
    changes.submit(draft, actor=acting(alice), title="x" * 200)


# --- withdraw ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state", [State.DRAFT, State.IN_REVIEW, State.CHANGES_REQUESTED, State.APPROVED]
)
def test_withdrawing_ones_own_open_change(draft: Change, alice: User, state: State) -> None:
    change = at(draft, state)
    with tells("change.withdrawn"):
        gone = changes.withdraw(change, actor=acting(alice))
    now = fresh(draft)
    assert (gone.state, now.state) == (State.WITHDRAWN, State.WITHDRAWN)
    assert now.closed_at is not None
    assert not Assistant.objects.get(pk=draft.assistant_id).is_archived


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.LIVE])
def test_what_is_over_is_not_withdrawn(draft: Change, alice: User, state: State) -> None:
    change = at(draft, state)
    with refuses(Conflict, "state"):
        changes.withdraw(change, actor=acting(alice))


def test_anothers_change_is_withdrawn_by_an_admin_only(
    draft: Change, bob: User, dora: User
) -> None:
    with refuses(NotAllowed):
        changes.withdraw(draft, actor=acting(bob))
    with tells("change.withdrawn"):
        changes.withdraw(draft, actor=acting(dora))


def test_who_lost_the_right_to_write_withdraws_nothing(
    draft: Change, workspace: Workspace, alice: User
) -> None:
    make_member(workspace, alice, "viewer")
    with refuses(NotAllowed):
        changes.withdraw(draft, actor=acting(alice))


def test_withdrawing_moves_the_lock_on_whatever_the_page_held(
    draft: Change, alice: User, bob: User
) -> None:
    for name in ("One", "Two", "Three"):
        changes.edit(draft, actor=acting(bob), lock=99, values={"name": name})
    changes.withdraw(draft, actor=acting(alice))
    assert fresh(draft).lock == 5


def test_a_new_assistant_goes_to_the_archive_with_its_change(
    workspace: Workspace, alice: User
) -> None:
    change = make_change(workspace, alice)
    changes.withdraw(change, actor=acting(alice))
    assert Assistant.objects.get(pk=change.assistant_id).is_archived


def test_a_new_assistant_that_someone_else_works_on_stays(
    workspace: Workspace, alice: User, bob: User
) -> None:
    change = make_change(workspace, alice)
    other = changes.open(change.assistant, actor=acting(bob), document=make_document())
    changes.withdraw(change, actor=acting(alice))
    assert not Assistant.objects.get(pk=change.assistant_id).is_archived
    changes.withdraw(other, actor=acting(bob))
    assert Assistant.objects.get(pk=change.assistant_id).is_archived


# --- together ---------------------------------------------------------------------------------


def test_a_withdrawn_text_can_be_proposed_again(
    workspace: Workspace, alice: User, bob: User
) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    for name in ("One", "Two"):
        change = make_approved(assistant, author=alice, reviewer=bob, name=name)
        changes.withdraw(change, actor=acting(alice))
    assert assistant.changes.filter(state=State.WITHDRAWN).count() == 2


def test_the_operator_writes_nothing_without_membership(draft: Change) -> None:
    olga = make_person("olga", is_operator=True)
    for attempt in (
        lambda: changes.edit(draft, actor=acting(olga), lock=1, values={"name": "O"}),
        lambda: changes.submit(draft, actor=acting(olga)),
        lambda: changes.withdraw(draft, actor=acting(olga)),
    ):
        with refuses(NotAllowed):
            attempt()


def test_an_old_page_does_not_bring_back_what_review_sent_back(
    draft: Change, alice: User, bob: User
) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "Other"})
    page = changes.submit(draft, actor=acting(alice))
    reviews.request_changes(page, actor=acting(bob), digest=page.digest, note="Shorter.")
    saved = changes.edit(page, actor=acting(alice), lock=page.lock, values={"name": "Short"})
    assert saved.state == State.CHANGES_REQUESTED


def test_lower_rules_approve_what_is_edited_next(
    workspace: Workspace, draft: Change, alice: User
) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "Other"})
    change = changes.submit(draft, actor=acting(alice))
    make_member(workspace, make_person("erin"), "admin")
    workspaces.set_rules(workspace, actor=acting(_admin(workspace)), approvals=0)
    saved = changes.edit(change, actor=acting(alice), lock=change.lock, values={"name": "More"})
    assert saved.state == State.APPROVED


def _admin(workspace: Workspace) -> User:
    return workspace.memberships.get(roles_text="admin").user
