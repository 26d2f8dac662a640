"""What fixtures have from memory is what the actions made, and only where nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from assistants_app.models import Assistant, Workspace, chain
from tests import builders, parts
from tests.remembered import FRESH, Memory

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(parts.on_postgresql(), reason="everything is made there each time"),
]


@pytest.fixture
def memory(request: pytest.FixtureRequest) -> Memory:
    one = Memory()
    one.begin(request.node)
    return one


def make(memory: Memory, name: str = "Onboarding") -> Assistant:
    """A cast and an assistant, each from memory where it can be."""
    place = memory.get(builders.make_workspace, "Customer Care")
    people = [memory.get(builders.make_person, who) for who in ("alice", "bob")]
    memory.get(builders.make_member, place, people[0], "editor")
    memory.get(builders.make_member, place, people[1], "reviewer", "publisher")
    author, reviewer = people
    return memory.get(
        builders.make_assistant, place, author=author, reviewer=reviewer, name=name, metadata={}
    )


def rows() -> dict[str, Any]:
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor))
        return {
            table: cursor.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # our own
            for table in [*tables, "sqlite_sequence"]
        }


def again(memory: Memory, request: pytest.FixtureRequest, before: str) -> None:
    transaction.savepoint_rollback(before)
    memory.begin(request.node)


def test_the_rows_are_the_same_and_nothing_is_asked(
    memory: Memory, request: pytest.FixtureRequest
) -> None:
    before = transaction.savepoint()
    first = make(memory)
    held = rows()
    again(memory, request, before)
    assert not Workspace.objects.exists()
    with CaptureQueriesContext(connection) as said:
        second = make(memory)
    assert rows() == held
    assert all(one["sql"].startswith(("INSERT", "UPDATE")) for one in said.captured_queries)
    assert len(said) > 20
    assert second is not first
    assert (second.pk, second.public_id, second.document()) == (
        first.pk,
        first.public_id,
        first.document(),
    )
    assert second.live_version == Assistant.objects.get().live_version
    assert chain.verify().reason == ""


def test_other_arguments_make_something_else(
    memory: Memory, request: pytest.FixtureRequest
) -> None:
    before = transaction.savepoint()
    make(memory)
    again(memory, request, before)
    assert make(memory, "Refunds").name == "Refunds"
    assert Assistant.objects.get().name == "Refunds"


def test_what_was_made_anew_is_what_the_next_follows_upon(
    memory: Memory, request: pytest.FixtureRequest
) -> None:
    """An audit entry holds the digest of the one before it, whose time is another now."""
    before = transaction.savepoint()
    make(memory)
    again(memory, request, before)
    for call, made in memory.made.items():
        if "make_workspace" in call[1]:
            made.at -= FRESH
    make(memory)
    assert chain.verify().reason == ""


def test_after_a_write_of_somebody_else_it_is_made(memory: Memory) -> None:
    memory.get(builders.make_workspace, "Customer Care")
    assert memory.knows_the_state()
    Workspace.objects.update(approvals=2)
    assert not memory.knows_the_state()
    assert memory.get(builders.make_person, "alice").username == "alice"


def test_what_a_fixture_wrote_before_it_counts_as_well(memory: Memory) -> None:
    Workspace.objects.create(name="Other", slug="other")
    assert not memory.knows_the_state()


def test_at_another_time_it_is_made(memory: Memory) -> None:
    assert memory.knows_the_state()
    with time_machine.travel("2031-02-03T04:05:06Z"):
        assert not memory.knows_the_state()


def test_with_other_settings_it_is_made(memory: Memory, settings: SettingsWrapper) -> None:
    assert memory.knows_the_state()
    settings.SYNC_TIME_SCALE = 0.5
    assert not memory.knows_the_state()


def test_where_code_may_be_patched_it_is_made(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not memory.knows_the_state()


def test_within_another_transaction_it_is_made(memory: Memory) -> None:
    with transaction.atomic():
        assert not memory.knows_the_state()


def test_once_the_setup_is_over_it_is_made(memory: Memory) -> None:
    memory.end()
    assert not memory.knows_the_state()
