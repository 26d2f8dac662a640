"""Editing a Change: its lock, what cannot be read yet, its states, and who may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import changes
from assistants_app.errors import Conflict, Invalid, InvalidDocument, NotAllowed
from assistants_app.models import Assistant, Change
from tests.actions.changed import at, fresh
from tests.actions.told import refuses, tells, writes_nothing
from tests.builders import (
    acting,
    make_approved,
    make_change,
    make_member,
    make_token,
)

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
State = Change.State


# --- edit: the lock -------------------------------------------------------------------------


def test_an_edit_saves_its_fields_and_tells_once(draft: Change, alice: User) -> None:
    before = draft.digest
    with tells("change.edited") as entries:
        saved = changes.edit(
            draft, actor=acting(alice), lock=1, values={"name": "Other", "temperature": 1}
        )
    now = fresh(draft)
    assert (now.name, now.temperature, now.instructions) == ("Other", 1, draft.instructions)
    assert (saved.lock, now.lock, now.digest) == (2, 2, contract.fingerprint(now.document()))
    body = entries[0].body
    assert f'"before":"{before}"' in body
    assert f'"after":"{now.digest}"' in body
    assert '"fields":["name","temperature"]' in body
    assert "Other" not in body


def test_nothing_new_writes_nothing(draft: Change, alice: User) -> None:
    with writes_nothing():
        same = changes.edit(
            draft, actor=acting(alice), lock=1, values=draft.document(), title="", why=""
        )
    assert same.lock == 1


def test_what_was_never_live_goes_by_the_name_that_was_proposed_last(
    draft: Change, workspace: Workspace, alice: User
) -> None:
    new = changes.start(workspace, actor=acting(alice), document={"model": "gpt-5.2"})
    saved = changes.edit(new, actor=acting(alice), lock=1, values={"name": "Parcels"})
    assert (str(saved.assistant), str(fresh(new).assistant)) == ("Parcels", "Parcels")
    live = str(draft.assistant)
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "Parcels"})
    assert str(fresh(draft).assistant) == live


@pytest.mark.parametrize("value", ["", None])
def test_an_unset_field_stays_unset_by_either_spelling(
    draft: Change, alice: User, value: str | None
) -> None:
    with writes_nothing():
        changes.edit(draft, actor=acting(alice), lock=1, values={"description": value})


def test_none_clears_a_field(draft: Change, alice: User) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"instructions": None})
    assert "instructions" not in fresh(draft).document()


def test_another_part_saved_meanwhile_is_no_obstacle(draft: Change, alice: User, bob: User) -> None:
    changes.edit(draft, actor=acting(bob), lock=1, values={"instructions": "By Bob."})
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "By Alice"})
    now = fresh(draft)
    assert (now.name, now.instructions, now.lock) == ("By Alice", "By Bob.", 3)
    assert now.digest == contract.fingerprint(now.document())


def test_the_same_field_saved_meanwhile_is_a_conflict_with_the_newer_text(
    draft: Change, alice: User, bob: User
) -> None:
    changes.edit(draft, actor=acting(bob), lock=1, values={"instructions": "By Bob."})
    with refuses(Conflict, "stale") as caught:
        changes.edit(
            draft, actor=acting(alice), lock=1, values={"instructions": "By Alice.", "name": "N"}
        )
    assert caught.value.data["change"].instructions == "By Bob."
    changes.edit(draft, actor=acting(alice), lock=2, values={"instructions": "By Alice."})
    assert fresh(draft).instructions == "By Alice."


def test_the_same_text_saved_meanwhile_is_no_conflict(
    draft: Change, alice: User, bob: User
) -> None:
    changes.edit(draft, actor=acting(bob), lock=1, values={"name": "Agreed"})
    with writes_nothing():
        changes.edit(draft, actor=acting(alice), lock=1, values={"name": "Agreed"})


@pytest.mark.parametrize("what", [{"title": "T"}, {"why": "W"}])
def test_title_and_reason_have_locks_too(
    draft: Change, alice: User, bob: User, what: dict[str, str]
) -> None:
    changes.edit(draft, actor=acting(bob), lock=1, values={}, **what)
    other = dict.fromkeys(what, "Another")
    with refuses(Conflict, "stale"):
        changes.edit(draft, actor=acting(alice), lock=1, values={}, **other)


def test_a_lock_from_the_future_is_taken_as_up_to_date(draft: Change, alice: User) -> None:
    changes.edit(draft, actor=acting(alice), lock=10**6, values={"name": "Other"})
    assert fresh(draft).lock == 2


def test_fields_that_are_none_are_not_stored(draft: Change, alice: User) -> None:
    with writes_nothing():
        changes.edit(draft, actor=acting(alice), lock=1, values={"state": "approved", "owner": "x"})


# --- edit: what cannot be read yet ------------------------------------------------------------


def test_what_cannot_be_read_yet_is_kept_as_typed_and_tells_nothing(
    draft: Change, alice: User
) -> None:
    with tells():
        changes.edit(draft, actor=acting(alice), lock=1, values={}, unread={"tools": "[{"})
    now = fresh(draft)
    assert (now.unread, now.digest) == ({"tools": "[{"}, draft.digest)
    tools = [{"type": "file_search"}]
    changes.edit(
        now, actor=acting(alice), lock=now.lock, values={"tools": tools}, unread={"tools": None}
    )
    assert (fresh(draft).unread, fresh(draft).tools) == (None, tools)


def test_what_cannot_be_read_yet_blocks_review(draft: Change, alice: User) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"name": "N"}, unread={"metadata": "x"})
    with refuses(InvalidDocument) as caught:
        changes.submit(draft, actor=acting(alice))
    assert [problem.param for problem in caught.value.problems] == ["metadata"]


def test_a_draft_may_be_wrong(draft: Change, alice: User) -> None:
    changes.edit(draft, actor=acting(alice), lock=1, values={"temperature": 7, "name": "x" * 300})
    now = fresh(draft)
    assert (now.temperature, len(now.name or "")) == (7, 300)
    assert {problem.param for problem in changes.problems(now)} >= {"temperature", "name"}


@pytest.mark.parametrize(
    "document",
    [
        {"model": "", "name": "", "instructions": ""},
        {"model": "", "reasoning_effort": "", "response_format": ""},
        {"model": "m", "metadata": {"team": ""}, "tools": [], "temperature": 0},
        {"name": "x" * 300, "tools": {"no": "list"}, "metadata": [1], "top_p": "high"},
    ],
)
def test_whatever_a_draft_holds_its_digest_is_that_of_its_columns(
    workspace: Workspace, draft: Change, alice: User, document: dict[str, Any]
) -> None:
    started = changes.start(workspace, actor=acting(alice), document=document)
    edited = changes.edit(draft, actor=acting(alice), lock=1, values=document)
    for change in (fresh(started), fresh(edited)):
        assert change.digest == contract.fingerprint(change.document())


@pytest.mark.parametrize(
    "wrong",
    [
        {"metadata": {"a": "\0"}},
        {"instructions": "Greet\0"},
        {"tools": [{"type": "function", "function": {"name": "\ud800"}}]},
        {"name": 5},
        {"instructions": ["Greet"]},
    ],
)
def test_what_the_columns_would_not_give_back_is_refused_even_in_a_draft(
    workspace: Workspace, draft: Change, alice: User, wrong: dict[str, Any]
) -> None:
    with refuses(InvalidDocument):
        changes.edit(draft, actor=acting(alice), lock=1, values=wrong)
    with refuses(InvalidDocument):
        changes.start(workspace, actor=acting(alice), document=wrong)


def test_a_nul_in_what_cannot_be_read_yet_is_refused(draft: Change, alice: User) -> None:
    with refuses(InvalidDocument):
        changes.edit(draft, actor=acting(alice), lock=1, values={}, unread={"tools": "[\0"})
    for wrong in ({"title": "a\0"}, {"why": "a\0"}):
        with refuses(Invalid, match="NUL"):
            changes.edit(draft, actor=acting(alice), lock=1, values={}, **wrong)


# --- edit: states -----------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.LIVE])
def test_what_is_over_is_not_edited(draft: Change, alice: User, state: State) -> None:
    change = at(draft, state)
    with refuses(Conflict, "state"):
        changes.edit(change, actor=acting(alice), lock=1, values={"name": "Other"})


@pytest.mark.parametrize("state", [State.IN_REVIEW, State.APPROVED])
@pytest.mark.parametrize("wrong", [{"temperature": 7}, {"model": ""}, {"metadata": {"a": 1}}])
def test_in_review_takes_only_what_has_no_errors(
    draft: Change, alice: User, state: State, wrong: dict[str, Any]
) -> None:
    change = at(draft, state)
    with refuses(InvalidDocument):
        changes.edit(change, actor=acting(alice), lock=1, values=wrong)
    with refuses(InvalidDocument):
        changes.edit(change, actor=acting(alice), lock=1, values={}, unread={"tools": "["})


def test_an_edit_of_an_approved_change_puts_it_back_in_review_at_once(
    assistant: Assistant, alice: User, bob: User
) -> None:
    change = make_approved(assistant, author=alice, reviewer=bob, name="Other")
    assert change.state == State.APPROVED
    with tells("change.edited"):
        saved = changes.edit(change, actor=acting(alice), lock=change.lock, values={"name": "New"})
    assert (saved.state, fresh(change).state) == (State.IN_REVIEW, State.IN_REVIEW)


def test_a_new_title_of_an_approved_change_costs_no_approval(
    assistant: Assistant, alice: User, bob: User
) -> None:
    change = make_approved(assistant, author=alice, reviewer=bob, name="Other")
    saved = changes.edit(change, actor=acting(alice), lock=change.lock, values={}, title="Better")
    assert (saved.state, fresh(change).state) == (State.APPROVED, State.APPROVED)


def test_where_no_approval_is_needed_an_edit_in_review_is_approved_at_once(
    free: Workspace, alice: User
) -> None:
    change = changes.submit(make_change(free, alice), actor=acting(alice))
    assert change.state == State.APPROVED
    saved = changes.edit(change, actor=acting(alice), lock=change.lock, values={"name": "Other"})
    assert (saved.state, fresh(change).state) == (State.APPROVED, State.APPROVED)


def test_an_edit_in_changes_requested_stays_there(draft: Change, alice: User) -> None:
    change = at(draft, State.CHANGES_REQUESTED)
    changes.edit(change, actor=acting(alice), lock=1, values={"temperature": 7})
    assert fresh(change).state == State.CHANGES_REQUESTED


# --- edit: who --------------------------------------------------------------------------------


def test_only_who_may_write_edits(draft: Change, workspace: Workspace, carol: User) -> None:
    for roles in ((), ("viewer", "auditor")):
        if roles:
            make_member(workspace, carol, *roles)
        with refuses(NotAllowed):
            changes.edit(draft, actor=acting(carol), lock=1, values={"name": "Carol"})


def test_whoever_edits_has_contributed_once(draft: Change, alice: User, bob: User) -> None:
    for name in ("One", "Two"):
        changes.edit(draft, actor=acting(bob), lock=99, values={"name": name})
    people = set(draft.contributions.values_list("user", flat=True))
    assert (people, draft.contributions.count()) == ({alice.pk, bob.pk}, 2)


def test_an_edit_by_token_counts_as_its_owner_wrote(
    draft: Change, workspace: Workspace, bob: User
) -> None:
    token, _ = make_token(workspace, bob, "assistants:read", "assistants:write")
    with tells("change.edited") as entries:
        changes.edit(draft, actor=acting(bob, token=token), lock=1, values={"name": "By a script"})
    assert draft.contributions.filter(user=bob).exists()
    assert f'"token":"{token.public_id}"' in entries[0].body


def test_a_reader_that_only_looks_has_not_contributed(draft: Change, bob: User) -> None:
    changes.edit(draft, actor=acting(bob), lock=1, values=draft.document())
    assert not draft.contributions.filter(user=bob).exists()
