"""Imports: drafts of new assistants, each once, by whom the table allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import changes, imports
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import Assistant, AuditEntry, Change, Version
from tests import builders

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace
    from assistants_app.policies import Actor

ONE = {"model": "gpt-5.2", "name": "One", "temperature": 0.3}
TWO = {"model": "gpt-5.2", "name": "Two"}


def items(*trees: Any) -> list[contract.Item]:
    return contract.read_file(json.dumps(trees).encode())


def told(result: imports.Result) -> list[str]:
    return [row.outcome for row in result.rows]


@pytest.fixture
def actor(bob: User) -> Actor:
    """Bob publishes, so he may import."""
    return builders.acting(bob, source="command")


def test_each_item_begins_as_a_draft_with_one_entry(workspace: Workspace, actor: Actor) -> None:
    entries = AuditEntry.objects.count()
    result = imports.import_documents(workspace, items(ONE, TWO), actor=actor)
    assert told(result) == ["imported", "imported"]
    assert [row.assistant for row in result.rows] == list(Assistant.objects.order_by("pk"))
    first, second = Change.objects.order_by("pk")
    assert (first.document(), second.document()) == (ONE, TWO)
    assert {first.state, second.state} == {Change.State.DRAFT}
    assert (first.author, first.source) == (actor.user, "command")
    assert not Version.objects.exists()
    new = AuditEntry.objects.filter(seq__gt=entries)
    assert [entry.action for entry in new] == ["change.opened", "change.opened"]


def test_an_item_with_errors_is_refused_and_leaves_the_others(
    workspace: Workspace, actor: Actor
) -> None:
    bad = {"name": "n" * 257}
    result = imports.import_documents(workspace, items(ONE, bad, TWO), actor=actor)
    assert told(result) == ["imported", "refused", "imported"]
    assert [found.param for found in result.rows[1].problems] == ["name", "model"]
    assert result.rows[1].assistant is None
    assert (result.count("imported"), result.count("refused")) == (2, 1)
    assert Assistant.objects.count() == 2


def test_what_is_proposed_live_or_earlier_in_the_file_is_already_there(
    workspace: Workspace, actor: Actor, alice: User, bob: User
) -> None:
    builders.make_assistant(workspace, author=alice, reviewer=bob, **ONE)
    builders.make_change(workspace, alice, **TWO, instructions=None)
    mine = {"model": "gpt-5.2", "name": "One", "instructions": "Greet the newcomer."}
    served = contract.served(mine | {"temperature": 0.30}, id="asst_1", created_at=1)
    three = {"model": "gpt-5.2", "name": "Three"}
    found = items(served, TWO, three, three)
    assert told(imports.import_documents(workspace, found, actor=actor)) == [
        "there",
        "there",
        "imported",
        "there",
    ]
    assert told(imports.import_documents(workspace, found, actor=actor)) == ["there"] * 4


def test_another_workspace_the_archive_and_what_was_withdrawn_do_not_count(
    workspace: Workspace, actor: Actor, bob: User
) -> None:
    other = builders.make_workspace("Finance")
    builders.make_member(other, bob, "publisher")
    imports.import_documents(other, items(ONE), actor=actor)
    row = imports.import_documents(workspace, items(ONE), actor=actor).rows[0]
    assert row.outcome == "imported"
    changes.withdraw(Change.objects.get(assistant=row.assistant), actor=actor)
    assert told(imports.import_documents(workspace, items(ONE), actor=actor)) == ["imported"]


def test_an_editor_and_a_stranger_may_not(workspace: Workspace, alice: User, carol: User) -> None:
    for person in (alice, carol):
        with pytest.raises(NotAllowed):
            imports.import_documents(workspace, items(ONE), actor=builders.acting(person))
    assert not Assistant.objects.exists()


def test_publishing_stops_where_a_review_is_asked_for(workspace: Workspace, actor: Actor) -> None:
    with pytest.raises(Conflict) as refused:
        imports.import_documents(workspace, items(ONE), actor=actor, publish=True)
    assert refused.value.code == "review_required"
    assert not Assistant.objects.exists()


def test_publishing_makes_versions_where_none_is(bob: User) -> None:
    open_place = builders.make_workspace("Play", approvals=0)
    builders.make_member(open_place, bob, "publisher")
    actor = builders.acting(bob, source="command")
    result = imports.import_documents(open_place, items(ONE, TWO), actor=actor, publish=True)
    assert told(result) == ["imported", "imported"]
    assert [row.document() for row in Assistant.objects.live().order_by("pk")] == [ONE, TWO]
    assert Version.objects.count() == 2
    assert AuditEntry.objects.filter(action="version.published", source="command").count() == 2


def test_sixteen_pairs_leave_no_room_for_our_mark(
    workspace: Workspace, actor: Actor, connected: Connection
) -> None:
    pairs = {str(number): "" for number in range(16)}
    found = contract.read_file(
        json.dumps([ONE, ONE | {"metadata": pairs}]).encode(), changes.profile(workspace)
    )
    result = imports.import_documents(workspace, found, actor=actor)
    assert told(result) == ["imported", "imported"]
    assert [found.code for found in result.rows[1].problems] == ["metadata_full"]
    room = [row.assistant.safe_creation for row in result.rows if row.assistant]
    assert room == [True, False]
    full = Change.objects.get(assistant=result.rows[1].assistant)
    assert [found.level for found in changes.problems(full)] == ["warning"]
