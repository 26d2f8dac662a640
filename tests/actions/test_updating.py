"""Update: three texts part by part, nothing written is lost, and what becomes of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract, policies
from assistants_app.actions import changes, publishing, reviews, updating
from assistants_app.errors import Conflict, InvalidDocument, NotAllowed
from assistants_app.models import Assistant, Change
from tests.actions.told import refuses, tells
from tests.builders import (
    acting,
    make_approved,
    make_assistant,
    make_change,
    make_member,
    make_person,
)

if TYPE_CHECKING:
    from assistants_app.actions.merging_parts import Picks
    from assistants_app.actions.updating import Update
    from assistants_app.models import User, Workspace

db = pytest.mark.django_db
TEXT = "Greet.\nHelp.\nBe brief.\nThank.\n"
State = Change.State


@pytest.fixture
def live(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return make_assistant(
        workspace, author=alice, reviewer=bob, instructions=TEXT, metadata={"team": "care"}
    )


@pytest.fixture
def mine(live: Assistant, alice: User) -> Change:
    """Alice's draft, begun from version 1."""
    text = TEXT.replace("brief", "short")
    return make_change(live, alice, name="Mine", instructions=text, temperature=0.2)


@pytest.fixture
def ruth(workspace: Workspace) -> User:
    """Another editor."""
    person = make_person("ruth")
    make_member(workspace, person, "editor")
    return person


def goes_live(live: Assistant, author: User, reviewer: User, **fields: Any) -> Assistant:
    return make_assistant(live, author=author, reviewer=reviewer, **fields)


@pytest.fixture
def outdated(live: Assistant, mine: Change, bob: User, dora: User) -> Change:
    """Version 2 moved the first line, one that the draft moved too, Creativity and the model."""
    text = TEXT.replace("Greet.", "Greet warmly.").replace("brief", "quick")
    goes_live(live, bob, dora, instructions=text, temperature=0.7, model="gpt-4o")
    return again(mine)


def again(change: Change) -> Change:
    rows = Change.objects.select_related("assistant__workspace", "assistant__live_version", "base")
    return rows.get(pk=change.pk)


def of(change: Change) -> Update:
    found = updating.of(again(change))
    assert found is not None
    return found


def update(change: Change, who: User, picks: Picks | None = None) -> Change:
    seen = of(change).seen
    return updating.update(again(change), actor=acting(who), seen=seen, picks=picks or {})


def picked(found: Update, side: Any, *fields: str) -> Picks:
    return {
        choice.key: side
        for part in found.parts
        for choice in part.choices
        if not fields or part.field in fields
    }


# --- what differs -----------------------------------------------------------------------------


@db
def test_who_changed_what_and_what_is_proposed(outdated: Change) -> None:
    found = of(outdated)
    kinds = {part.field: part.kind for part in found.parts}
    assert kinds == {
        "model": "theirs",
        "name": "ours",
        "instructions": "overlap",
        "temperature": "overlap",
    }
    document = found.document({})
    assert document["instructions"] == "Greet warmly.\nHelp.\nBe short.\nThank.\n"
    assert (document["name"], document["model"]) == ("Mine", "gpt-4o")
    assert document["temperature"] == 0.2
    assert found.overlaps == 2


@db
def test_all_of_one_side_is_that_side(outdated: Change) -> None:
    found = of(outdated)
    assert contract.fingerprint(found.document(picked(found, "ours"))) == outdated.digest
    assert found.is_live(picked(found, "theirs"))
    assert not found.is_live({})


@db
def test_the_order_of_keys_is_content_and_is_not_turned_back(
    workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    def tools(*names: str) -> list[Any]:
        schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
        return [{"type": "function", "function": {"name": "f", "parameters": schema}}]

    live = make_assistant(workspace, author=alice, reviewer=bob, tools=tools("a", "b"))
    mine = make_change(live, alice, name="Mine")
    goes_live(live, bob, dora, tools=tools("b", "a"))
    [part] = [part for part in of(mine).parts if part.field == "tools"]
    assert part.kind == "theirs"
    done = update(mine, alice)
    assert contract.dumps(done.tools) == contract.dumps(tools("b", "a"))


@db
def test_line_ends_alone_are_nothing_to_choose(
    live: Assistant, mine: Change, alice: User, bob: User, dora: User, ruth: User
) -> None:
    untouched = make_change(live, ruth, description="Hers.")
    text = TEXT.replace("brief", "short").replace("\n", "\r\n")
    goes_live(live, bob, dora, instructions=text)
    assert [part.field for part in of(mine).parts] == ["name", "temperature"]
    assert update(mine, alice).instructions == TEXT.replace("brief", "short")
    assert update(untouched, ruth).instructions == text


@db
def test_a_default_that_was_written_out_is_not_overwritten(
    live: Assistant, alice: User, bob: User, dora: User
) -> None:
    document = live.document() | {"temperature": 1.0}
    mine = changes.open(live, actor=acting(alice), document=document)
    goes_live(live, bob, dora, temperature=0.3)
    [part] = of(mine).parts
    assert part.kind == "overlap"
    assert update(mine, alice).temperature == 1.0


@db
def test_one_begun_before_anything_was_live_keeps_what_it_says(
    workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    first = make_approved(workspace, author=alice, reviewer=bob, temperature=0.3)
    second = make_change(first.assistant, bob, name="Mine", description="Mine.")
    publishing.publish(first, actor=acting(bob))
    assert second.base is None
    assert {part.field: part.kind for part in of(second).parts}["name"] == "overlap"
    done = update(second, bob)
    assert (done.name, done.description, done.temperature) == ("Mine", "Mine.", 0.3)


@db
def test_what_is_not_out_of_date_or_over_has_no_update(mine: Change, alice: User) -> None:
    assert updating.of(again(mine)) is None
    with refuses(Conflict, "state"):
        updating.update(again(mine), actor=acting(alice), seen="", picks={})


# --- update -----------------------------------------------------------------------------------


@db
def test_the_change_begins_from_what_is_live_and_can_go_live(
    outdated: Change, alice: User, dora: User
) -> None:
    lock = outdated.lock
    with tells("change.updated") as entries:
        done = update(outdated, alice, picked(of(outdated), "theirs", "temperature"))
    body = contract.parse(entries[0].body)
    assert isinstance(body, dict)
    assert (body["before"], body["after"]) == (outdated.digest, done.digest)
    assert body["data"] == {"number": 2, "fields": ["model", "instructions", "temperature"]}
    row = again(done)
    assert row.base == row.assistant.live_version
    assert (row.lock, row.state, row.is_outdated) == (lock + 1, State.DRAFT, False)
    assert row.digest == contract.fingerprint(row.document()) == done.digest
    assert (row.name, row.model, row.temperature) == ("Mine", "gpt-4o", 0.7)
    assert row.instructions == "Greet warmly.\nHelp.\nBe short.\nThank.\n"
    submitted = changes.submit(row, actor=acting(alice))
    reviews.approve(submitted, actor=acting(dora), digest=submitted.digest)
    version = publishing.publish(again(submitted), actor=acting(dora))
    assert (version.number, version.document()) == (3, row.document())


@db
def test_an_editor_that_holds_a_part_that_moved_is_stale(outdated: Change, alice: User) -> None:
    lock = outdated.lock
    now = update(outdated, alice)
    with refuses(Conflict, "stale"):
        changes.edit(now, actor=acting(alice), lock=lock, values={"instructions": "Typed."})
    saved = changes.edit(now, actor=acting(alice), lock=lock, values={"description": "Typed."})
    assert saved.description == "Typed."


@db
def test_what_cannot_be_read_yet_stays_as_it_was_typed(
    live: Assistant, mine: Change, alice: User, bob: User, dora: User
) -> None:
    typed = changes.edit(
        mine, actor=acting(alice), lock=mine.lock, values={}, unread={"top_p": "0,5"}
    )
    goes_live(live, bob, dora, top_p=0.9)
    done = update(typed, alice)
    assert (done.unread, done.top_p) == ({"top_p": "0,5"}, 0.9)


@db
def test_the_mark_of_another_dashboard_is_that_of_the_live_one(
    outdated: Change, alice: User
) -> None:
    marked = {"team": "care", contract.MARKER: "n2"}
    publishing.carry_marker(
        outdated.assistant, outdated.assistant.document() | {"metadata": marked}
    )
    assert "metadata" not in {part.field for part in of(outdated).parts}
    assert update(outdated, alice).metadata == marked


# --- review -----------------------------------------------------------------------------------


@db
@pytest.mark.parametrize("state", [State.IN_REVIEW, State.APPROVED])
def test_what_was_sent_for_review_is_in_review_again(
    live: Assistant, mine: Change, alice: User, bob: User, dora: User, state: str
) -> None:
    sent = changes.submit(mine, actor=acting(alice))
    if state == State.APPROVED:
        sent = reviews.approve(sent, actor=acting(bob), digest=sent.digest)
    goes_live(live, bob, dora, description="Theirs.")
    assert again(sent).state == state
    done = update(sent, alice)
    assert done.state == again(done).state == State.IN_REVIEW
    assert not policies.standing(again(done)).counting


@db
def test_the_same_text_on_another_base_has_to_be_approved_again(
    live: Assistant, mine: Change, alice: User, bob: User, dora: User
) -> None:
    sent = changes.submit(mine, actor=acting(alice))
    sent = reviews.approve(sent, actor=acting(bob), digest=sent.digest)
    goes_live(live, bob, dora, name="Mine")
    done = update(sent, alice)
    assert (done.digest, done.state) == (sent.digest, State.IN_REVIEW)


@db
def test_only_a_result_without_errors_is_taken_in_review(
    live: Assistant, mine: Change, alice: User, bob: User, dora: User
) -> None:
    long = "A long line.\n" * 12_000  # each side fits, the two together are above the limit
    values = {"instructions": long + TEXT}
    mine = changes.edit(mine, actor=acting(alice), lock=mine.lock, values=values)
    sent = changes.submit(mine, actor=acting(alice))
    goes_live(live, bob, dora, instructions=TEXT + long.replace("A", "B"))
    with refuses(InvalidDocument, match="instructions"):
        update(sent, alice)
    taken = picked(of(sent), "theirs", "instructions")
    assert update(sent, alice, taken).state == State.IN_REVIEW


@db
def test_a_draft_may_hold_errors(outdated: Change, alice: User) -> None:
    wrong = changes.edit(
        outdated, actor=acting(alice), lock=outdated.lock, values={"temperature": 3}
    )
    assert update(wrong, alice).temperature == 3


@db
def test_a_colleague_may_do_it_and_can_then_not_approve(outdated: Change, bob: User) -> None:
    assert policies.why_not_review(acting(bob), outdated) == ""
    done = update(outdated, bob)
    assert done.author == outdated.author
    assert "someone else must approve" in policies.why_not_review(acting(bob), done)


@db
@pytest.mark.parametrize("role", ["", "viewer", "auditor"])
def test_who_may_not_write_may_not_update(
    outdated: Change, workspace: Workspace, carol: User, role: str
) -> None:
    if role:
        make_member(workspace, carol, role)
    with refuses(NotAllowed):
        update(outdated, carol)


# --- what was shown ---------------------------------------------------------------------------


@db
def test_what_moved_since_it_was_shown_is_not_decided(
    live: Assistant, outdated: Change, alice: User, bob: User, dora: User
) -> None:
    seen, before = of(outdated).seen, picked(of(outdated), "theirs")
    edited = changes.edit(
        outdated, actor=acting(alice), lock=outdated.lock, values={"description": "More."}
    )
    with refuses(Conflict, "stale"):
        updating.update(again(edited), actor=acting(alice), seen=seen, picks=before)
    seen = of(edited).seen
    goes_live(live, bob, dora, temperature=0.9)
    with refuses(Conflict, "stale"):
        updating.update(again(edited), actor=acting(alice), seen=seen, picks=before)
    moved = before.keys() - picked(of(edited), "ours").keys()
    assert {key.split("-")[0] for key in moved} == {"temperature"}


@db
def test_a_second_press_finds_it_done(outdated: Change, alice: User) -> None:
    seen = of(outdated).seen
    updating.update(outdated, actor=acting(alice), seen=seen, picks={})
    with refuses(Conflict, "state"):
        updating.update(again(outdated), actor=acting(alice), seen=seen, picks={})
