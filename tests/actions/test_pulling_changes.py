"""What a check finds changed upstream, and what pushes under way have to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from assistants_app import contract
from assistants_app.actions import importing, jobs, pushes, pushing
from assistants_app.models import (
    Assistant,
    Job,
    PushOrder,
    UpstreamCopy,
)
from tests.actions.pulled import check, outcome, take_all, tally
from tests.actions.pushed import order_of, push, settle, there
from tests.actions.told import tells
from tests.builders import make_assistant

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason


# --- changed ----------------------------------------------------------------------------------


def test_what_changed_upstream_stops_and_is_kept(
    pushed: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    there(up)["instructions"] = "By someone else."
    with tells("upstream.check_asked", "upstream.changed", "upstream.checked") as entries:
        job = check(workspace, bob)
    assert tally(job) == (1, 0, 1)
    order = order_of(pushed)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)
    theirs = UpstreamCopy.objects.get(kind="theirs")
    assert theirs.document()["instructions"] == "By someone else."
    assert entries[1].outcome == "done"
    assert Assistant.objects.get(pk=pushed.pk).instructions == "Greet the newcomer."


def test_the_same_drift_is_told_once_and_another_one_again(
    pushed: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    there(up)["instructions"] = "By someone else."
    check(workspace, bob)
    with tells("upstream.check_asked", "upstream.checked"):
        check(workspace, bob)
    there(up)["instructions"] = "Once more."
    with tells("upstream.check_asked", "upstream.changed", "upstream.checked"):
        check(workspace, bob)
    assert UpstreamCopy.objects.get(kind="theirs").document()["instructions"] == "Once more."
    assert order_of(pushed).reason == Reason.DRIFT


def test_what_was_changed_back_is_in_sync_again(
    pushed: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    row = there(up)
    before = row["instructions"]
    row["instructions"] = "By someone else."
    check(workspace, bob)
    row["instructions"] = before
    with tells("upstream.check_asked", "upstream.cleared", "upstream.checked"):
        check(workspace, bob)
    order = order_of(pushed)
    assert (order.state, order.reason, order.message) == (State.IDLE, "", "")
    assert not UpstreamCopy.objects.filter(kind="theirs").exists()


def test_drift_that_is_over_lets_a_waiting_version_go(
    pushed: Assistant, workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    row = there(up)
    before = row["instructions"]
    make_assistant(pushed, author=alice, reviewer=bob, name="Second")
    row["instructions"] = "By someone else."
    push(pushed)
    row["instructions"] = before
    check(workspace, bob)
    assert order_of(pushed).state == State.WAITING
    assert push(pushed).state == State.IDLE
    assert row["name"] == "Second"


def test_order_alone_is_no_change(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    id_ = up.add(tool_resources={"code_interpreter": {"file_ids": ["a", "b"]}})
    take_all(workspace, bob)
    up.assistants[id_]["tool_resources"] = {"code_interpreter": {"file_ids": ["b", "a"]}}
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert connected.pk


# --- beside pushes ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_page_older_than_a_push_is_no_drift(
    pushed: Assistant, workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    """The list is answered; before it arrives here, a push of ours changes what it shows."""
    make_assistant(pushed, author=alice, reviewer=bob, name="Second")
    shown = up.store.page({"limit": "100", "order": "asc"})

    def push_meanwhile() -> None:
        try:
            push(pushed)
        finally:
            connection.close()

    up.on("GET", "/assistants", answer=(200, {}, shown), half=push_meanwhile)
    job = check(workspace, bob)
    assert tally(job)[2] == 0
    order = order_of(pushed)
    assert (order.state, order.reason) == (State.IDLE, "")


def test_what_a_create_of_ours_made_is_linked_and_not_imported(
    published: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    up.on("POST", "/assistants", apply="before", answer="reset")
    push(published)
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert Assistant.objects.count() == 1
    assert settle(published).state == State.IDLE
    assert Assistant.objects.get().upstream_id == there(up)["id"]


def test_where_marks_are_stripped_nothing_young_is_taken_in_while_a_create_is_in_doubt(
    published: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    up.control({"profile": {"strips_metadata": True}})
    up.add("asst_old", created_at=1_600_000_000)
    up.on("POST", "/assistants", apply="before", answer="reset")
    push(published)
    assert tally(check(workspace, bob)) == (2, 1, 0)
    assert outcome(take_all(workspace, bob)) == (1, 1, 0)
    order = settle(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.UNCLEAR)
    assert len(up.writes()) == 1
    assert Assistant.objects.count() == 2


def test_an_order_in_doubt_is_left_to_its_push(
    pushed: Assistant, workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    make_assistant(pushed, author=alice, reviewer=bob, name="Second")
    up.on("POST", "/assistants/", apply="before", answer="reset")
    push(pushed)
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert order_of(pushed).state == State.UNKNOWN
    assert settle(pushed).state == State.IDLE


def test_an_older_write_that_arrived_late_is_pushed_over_and_is_no_drift(
    pushed: Assistant, workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    make_assistant(pushed, author=alice, reviewer=bob, name="Second")
    up.on("POST", "/assistants/", apply="never", answer="reset")
    push(pushed)
    late = up.writes()[-1].json
    make_assistant(pushed, author=alice, reviewer=bob, name="Third")
    assert settle(pushed).state == State.IDLE
    there(up).update({key: value for key, value in late.items() if value is not None})
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert order_of(pushed).state == State.WAITING
    assert settle(pushed).state == State.IDLE
    assert there(up)["name"] == "Third"


def test_an_older_write_that_was_found_is_no_drift_while_the_newer_one_waits(
    pushed: Assistant, workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    make_assistant(pushed, author=alice, reviewer=bob, name="Second")
    up.on("POST", "/assistants/", apply="before", answer="reset")
    push(pushed)
    make_assistant(pushed, author=alice, reviewer=bob, name="Third")
    up.on("POST", "/assistants/", apply="never", answer=(429, {}, "{}"))
    assert push(pushed).state == State.WAITING
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert settle(pushed).state == State.IDLE
    assert there(up)["name"] == "Third"


def test_an_order_that_someone_holds_is_not_stopped_under_their_feet(
    pushed: Assistant, workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    make_assistant(pushed, author=alice, reviewer=bob, name="Second")
    there(up)["name"] = "By someone else"
    held = pushes.claim(order_of(pushed).pk, owner="other")
    assert held is not None
    check(workspace, bob)
    now = order_of(pushed)
    assert (now.state, now.lease_owner, now.fence) == (State.WAITING, "other", held.fence)


@pytest.mark.django_db(transaction=True)
def test_a_push_that_ends_during_the_look_is_not_taken_back(
    pushed: Assistant,
    workspace: Workspace,
    alice: User,
    bob: User,
    up: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It held the order when the look began, under the same fence; the page is older than it."""
    make_assistant(pushed, author=alice, reviewer=bob, name="Second")
    held = pushes.claim(order_of(pushed).pk, owner="test")
    monkeypatch.setattr(pushes, "claim", lambda *_, **__: held)
    compare, waiting = contract.compare, [held]

    def finish() -> None:
        while waiting:
            assert pushing.push(waiting.pop().pk, owner="test")

    def meanwhile(*documents: contract.Document, **more: Any) -> Any:
        finish()
        return compare(*documents, **more)

    monkeypatch.setattr(contract, "compare", meanwhile)
    check(workspace, bob)
    finish()
    base = pushed.upstream_copies.get(kind="base")
    assert base.document()["name"] == there(up)["name"] == "Second"
    assert order_of(pushed).state == State.IDLE


def test_two_imports_at_once_take_in_once(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    up.add("asst_one", name="Found")
    rows = [
        Job.objects.create(workspace=workspace, kind=Job.Kind.IMPORT, ask={"all": True})
        for _ in range(2)
    ]
    claimed = [jobs.claim(job.pk, owner="x") for job in rows]
    for job in claimed:
        assert job is not None
        importing.run_import(job)
    assert Assistant.objects.count() == 1
    assert connected.pk
    assert bob.pk
