"""The kept count of warnings: set by what goes live, counted again when the rules change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from assistants_app.actions import connection_lessons, warnings, workspaces
from assistants_app.models import Assistant, AuditEntry, Connection
from tests.actions.pulled import take_all
from tests.builders import acting, make_assistant, make_change, make_copies

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
ENDS = "gpt-4o"  # on 14 January 2027: warned of for 90 days before
BEFORE, NEAR = "2026-10-01T12:00Z", "2026-10-20T12:00Z"


def kept(row: Assistant) -> int | None:
    return Assistant.objects.values_list("warnings", flat=True).get(pk=row.pk)


def make(workspace: Workspace, alice: User, bob: User, **fields: object) -> Assistant:
    return make_assistant(workspace, author=alice, reviewer=bob, **fields)


def test_what_goes_live_is_counted_at_once(
    workspace: Workspace, alice: User, bob: User, publish: Callable[..., Assistant]
) -> None:
    row = make(workspace, alice, bob, model="gpt-4-32k", response_format={"type": "json_object"})
    assert kept(row) == 3  # the model is gone, knows no JSON, and is not told of it
    publish(row, model="gpt-5.2", instructions="Answer in JSON.")
    assert kept(row) is None
    assert not warnings.refresh()


def test_hints_and_what_is_only_proposed_are_not_counted(
    workspace: Workspace, alice: User, bob: User
) -> None:
    assert kept(make(workspace, alice, bob, model="of-our-own")) is None
    proposed = make_change(workspace, alice, model="gpt-4-32k").assistant
    assert kept(proposed) is None
    assert warnings.of_live(proposed) == []


def test_the_mark_of_another_dashboard_is_no_warning(
    workspace: Workspace, alice: User, bob: User
) -> None:
    row = make(workspace, alice, bob)
    row.metadata = {"_dash": "1:2"}
    assert warnings.of_live(row) == []


def test_what_is_taken_in_is_counted_at_once(
    connected: Connection, dora: User, up: Upstream
) -> None:
    up.add(name="Old", model="gpt-4-32k")
    up.add(name="New", model="gpt-5.2")
    up.add(name="n" * 300, model="gpt-5.2")  # more than the reference allows: worth a look too
    take_all(connected.workspace, dora)
    found = dict(Assistant.objects.values_list("name", "warnings"))
    assert found == {"Old": 1, "New": None, "n" * 300: 1}
    assert not Assistant.objects.filter(warnings_mark="").exists()


def test_the_days_pass_and_the_count_follows(workspace: Workspace, alice: User, bob: User) -> None:
    with time_machine.travel(BEFORE):
        row = make(workspace, alice, bob, model=ENDS)
        other = make(workspace, alice, bob, model="gpt-5.2")
        warnings.refresh()
        assert kept(row) is None
    with time_machine.travel(NEAR):
        entries = AuditEntry.objects.count()
        warnings.refresh()
        assert (kept(row), kept(other)) == (1, None)
        assert AuditEntry.objects.count() == entries


def test_what_the_server_teaches_counts(
    connected: Connection, workspace: Workspace, alice: User, bob: User
) -> None:
    row = make(workspace, alice, bob, instructions="Long. " * 400)
    assert kept(row) is None
    connection_lessons.learn(connected, {"instructions_max": 2_000})
    warnings.refresh()
    assert kept(row) == 1


def test_a_refresh_takes_a_batch_and_says_that_there_are_more(
    workspace: Workspace, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warnings, "BATCH", 4)
    first = make(workspace, alice, bob, model="gpt-4-32k")
    rows = [first, *make_copies(first, 5)]
    Assistant.objects.update(warnings=None, warnings_mark="")
    with CaptureQueriesContext(database) as captured:
        assert warnings.refresh()
    assert len(captured) <= 4
    assert sum(kept(row) == 1 for row in rows) == 4
    assert not warnings.refresh()
    assert all(kept(row) == 1 for row in rows)
    with CaptureQueriesContext(database) as captured:
        assert not warnings.refresh()
    assert len(captured) <= 3


def test_rows_on_both_sides_of_the_mark_are_found_by_the_index(
    workspace: Workspace, alice: User, bob: User
) -> None:
    first = make(workspace, alice, bob, model="gpt-4-32k")
    low, high = make_copies(first, 2)
    Assistant.objects.filter(pk=low.pk).update(warnings_mark="0", warnings=7)
    Assistant.objects.filter(pk=high.pk).update(warnings_mark="g", warnings=7)
    with CaptureQueriesContext(database) as captured:
        warnings.refresh()
    assert (kept(low), kept(high)) == (1, 1)
    if database.vendor == "sqlite":
        asked = [one["sql"] for one in captured if '"warnings_mark" <' in one["sql"]]
        with database.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]}")
            assert "assistant_by_rules" in str(cursor.fetchall())


def test_what_went_live_meanwhile_keeps_its_own_count(
    workspace: Workspace,
    alice: User,
    bob: User,
    publish: Callable[..., Assistant],
) -> None:
    row = make(workspace, alice, bob, model="gpt-4-32k")
    seen = Assistant.objects.get(pk=row.pk)
    publish(row, model="gpt-5.2")
    warnings._recount([seen], warnings.rules(workspace))
    assert kept(row) is None


def test_an_archived_workspace_is_left_alone(
    workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    row = make(workspace, alice, bob, model="gpt-4-32k")
    Assistant.objects.update(warnings=None, warnings_mark="")
    workspaces.archive(workspace, actor=acting(dora), name=workspace.name)
    warnings.refresh()
    assert kept(row) is None
