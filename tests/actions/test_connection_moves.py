"""Another address while assistants are linked, and leaving a server."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from assistants_app import contract, policies
from assistants_app.actions import (
    changes,
    connections,
    pausing,
    push_decisions,
    pushing,
)
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import (
    Assistant,
    Connection,
    ConnectionHealth,
    PushAttempt,
    PushOrder,
    UpstreamCopy,
    Version,
)
from tests.actions.pushed import make_due, order_of, push, settle, there
from tests.actions.told import refuses, tells
from tests.builders import COMMAND, acting, make_assistant, make_member
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason


@pytest.fixture
def other() -> Iterator[Upstream]:
    with Upstream() as upstream:
        connections.allow_origin(upstream.url, actor=COMMAND, private=True)
        yield upstream


@pytest.fixture
def linked(published: Assistant) -> Assistant:
    assert settle(published).state == State.IDLE
    return Assistant.objects.get(pk=published.pk)


def _move(workspace: Workspace, user: User, to: Upstream, moved: Any) -> Connection:
    again = type(workspace).objects.get(pk=workspace.pk)
    row = connections.set_connection(
        again, actor=acting(user), base_url=to.url, key=to.key, rate=50.0, moved=moved
    )
    Connection.objects.filter(pk=row.pk).update(rate=10_000)
    return row


def _leave(workspace: Workspace, user: User, name: str = "") -> None:
    again = type(workspace).objects.get(pk=workspace.pk)
    connections.remove_connection(again, actor=acting(user), name=name or workspace.name)


@pytest.mark.parametrize(
    "where",
    [
        {"project": "proj_2"},
        {"organization": "org_2"},
        {"profile": "azure-openai", "api_version": "2024-05-01-preview"},
    ],
)
def test_whatever_decides_where_it_goes_is_asked_about(
    workspace: Workspace, linked: Assistant, up: Upstream, dora: User, where: dict[str, str]
) -> None:
    with refuses(Conflict, "linked"):
        connections.set_connection(
            type(workspace).objects.get(pk=workspace.pk),
            actor=acting(dora),
            base_url=up.url,
            **where,
        )


# --- the same service -----------------------------------------------------------------------------


def test_the_same_service_keeps_its_links_and_is_paused(
    workspace: Workspace, linked: Assistant, other: Upstream, dora: User
) -> None:
    with tells("connection.set") as entries:
        _move(workspace, dora, other, "same")
    assert '"moved":"same"' in entries[0].body
    row = ConnectionHealth.objects.get()
    assert (row.state, row.cause, row.learned) == ("paused", "moved", None)
    assert Assistant.objects.get(pk=linked.pk).upstream_id == linked.upstream_id
    assert UpstreamCopy.objects.count() == 1
    assert order_of(linked).state == State.IDLE
    assert not pushing.push(make_due(linked).pk, owner="test")


def test_every_assistant_is_read_there_before_anything_is_written(
    workspace: Workspace,
    linked: Assistant,
    other: Upstream,
    dora: User,
    alice: User,
    bob: User,
) -> None:
    _move(workspace, dora, other, "same")
    other.add(linked.upstream_id or "", model="gpt-4o", name="Somebody else's")
    make_assistant(linked, author=alice, reviewer=bob, name="Ours, newer")
    pausing.resume(type(workspace).objects.get(pk=workspace.pk), actor=acting(dora))
    order = push(linked)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)
    assert other.writes() == []


# --- another service ------------------------------------------------------------------------------


def test_another_service_sets_the_links_aside_and_remembers_them(
    workspace: Workspace, linked: Assistant, up: Upstream, other: Upstream, dora: User
) -> None:
    with tells("connection.set") as entries:
        _move(workspace, dora, other, "other")
    assert f'"links":{{"{linked.pk}":"{linked.upstream_id}"}}' in entries[0].body
    now = Assistant.objects.get(pk=linked.pk)
    assert (now.upstream_id, now.former_id) == (None, linked.upstream_id)
    assert not UpstreamCopy.objects.exists()
    order = order_of(linked)
    assert (order.state, order.reason, order.pushed_version) == (
        State.STOPPED,
        Reason.APPROVAL,
        None,
    )
    assert ConnectionHealth.objects.get().state == "open"
    assert len(up.assistants) == 1


def test_the_id_of_the_server_that_was_left_still_answers(
    workspace: Workspace, linked: Assistant, other: Upstream, dora: User
) -> None:
    _move(workspace, dora, other, "other")
    former = linked.upstream_id or ""
    found = workspace.assistants.answering_to(former)
    assert [row.pk for row in found] == [linked.pk]
    assert found[0].answers_to == former
    other_one = Assistant.objects.create(workspace=workspace, upstream_id=former)
    assert [row.pk for row in workspace.assistants.answering_to(former)] == [other_one.pk]


def test_what_was_approved_for_the_former_server_is_not_sent_to_this_one(
    workspace: Workspace, linked: Assistant, other: Upstream, dora: User
) -> None:
    _move(workspace, dora, other, "other")
    PushOrder.objects.update(state=State.WAITING, reason="")
    order = push(linked)
    assert (order.state, order.reason) == (State.STOPPED, Reason.APPROVAL)
    assert other.writes() == []


def test_what_is_approved_for_the_new_one_is_created_there_after_a_look(
    workspace: Workspace, linked: Assistant, other: Upstream, dora: User, alice: User, bob: User
) -> None:
    _move(workspace, dora, other, "other")
    again = Assistant.objects.get(pk=linked.pk)
    make_assistant(again, author=alice, reviewer=bob, name="For the new server")
    assert settle(linked).state == State.IDLE
    assert there(other)["name"] == "For the new server"
    assert [request.method for request in other.requests[:2]] == ["GET", "POST"]


def test_where_nobody_needs_to_approve_the_orders_wait_again(
    workspace: Workspace, linked: Assistant, other: Upstream, dora: User
) -> None:
    type(workspace).objects.update(approvals=0)
    _move(workspace, dora, other, "other")
    assert order_of(linked).state == State.WAITING
    assert settle(linked).state == State.IDLE
    assert len(other.assistants) == 1


def test_an_approval_that_was_given_for_this_very_place_counts_again(
    workspace: Workspace, linked: Assistant, up: Upstream, other: Upstream, dora: User
) -> None:
    _move(workspace, dora, other, "other")
    _move(workspace, dora, up, "other")
    order = order_of(linked)
    assert order.state == State.STOPPED  # nothing was linked, so nothing was begun anew
    Assistant.objects.filter(pk=linked.pk).update(upstream_id="asst_x")
    _move(workspace, dora, other, "other")
    Assistant.objects.filter(pk=linked.pk).update(upstream_id="asst_x")
    _move(workspace, dora, up, "other")
    assert order_of(linked).state == State.WAITING


# --- on the way -----------------------------------------------------------------------------------


def _on_the_way(kind: str) -> dict[str, Any]:
    now = timezone.now()
    order = PushOrder.objects.get()
    sent = {"sent_at": now, "sent_version": order.desired_version}
    return {
        "sending": {"state": State.SENDING, "lease_until": now, **sent},
        "unknown": {"state": State.UNKNOWN, **sent},
        "leased": {"lease_until": now + timedelta(seconds=60)},
    }[kind]


@pytest.mark.parametrize("kind", ["sending", "unknown", "leased"])
def test_a_push_on_its_way_blocks_both(
    workspace: Workspace, linked: Assistant, other: Upstream, dora: User, kind: str
) -> None:
    PushOrder.objects.update(**_on_the_way(kind))
    with refuses(Conflict, "busy", match="1 push is on the way"):
        _move(workspace, dora, other, "other")
    with refuses(Conflict, "busy"):
        _leave(workspace, dora)


def test_a_lost_answer_that_has_settled_blocks_nothing(
    workspace: Workspace, linked: Assistant, other: Upstream, dora: User
) -> None:
    fate = _on_the_way("unknown") | {"sent_at": timezone.now() - timedelta(hours=1)}
    PushOrder.objects.update(**fate)
    PushAttempt.objects.update(outcome="unknown")
    _move(workspace, dora, other, "other")
    assert set(PushAttempt.objects.values_list("outcome", flat=True)) == {"superseded"}


# --- keep here only -------------------------------------------------------------------------------


def test_leaving_keeps_everything_here(
    workspace: Workspace, linked: Assistant, up: Upstream, dora: User
) -> None:
    with tells("connection.removed") as entries:
        _leave(workspace, dora)
    assert f'"{linked.pk}":"{linked.upstream_id}"' in entries[0].body
    now = Assistant.objects.get(pk=linked.pk)
    assert (now.upstream_id, now.former_id) == (None, linked.upstream_id)
    assert now.workspace.upstream is None
    for table in (Connection, ConnectionHealth, PushOrder, UpstreamCopy):
        assert not table.objects.exists()
    assert now.document() == linked.document()
    assert len(up.assistants) == 1
    assert [r.method for r in up.writes()] == ["POST"]  # the push of before


def test_leaving_takes_the_name_and_the_right(
    workspace: Workspace, linked: Assistant, dora: User, carol: User
) -> None:
    with refuses(Invalid) as caught:
        _leave(workspace, dora, "Another")
    assert caught.value.field == "name"
    make_member(workspace, carol, "publisher", "auditor")
    with refuses(NotAllowed):
        _leave(workspace, carol)


def test_there_is_nothing_to_leave_twice(workspace: Workspace, dora: User) -> None:
    with refuses(Conflict, "no_connection"):
        _leave(workspace, dora)


def test_after_leaving_one_can_connect_again(
    workspace: Workspace, linked: Assistant, other: Upstream, dora: User
) -> None:
    _leave(workspace, dora)
    _move(workspace, dora, other, "")
    assert Connection.objects.get().base_url == other.url
    assert ConnectionHealth.objects.get().state == "open"


# --- the same text, reviewed for another server -----------------------------------------------


def test_the_same_text_can_be_reviewed_for_the_server_it_shall_go_to(
    workspace: Workspace, linked: Assistant, other: Upstream, dora: User, alice: User, bob: User
) -> None:
    before = changes.open(linked, actor=acting(alice))
    with refuses(Conflict, "no_change"):
        changes.submit(before, actor=acting(alice))
    changes.withdraw(before, actor=acting(alice))
    _move(workspace, dora, other, "other")
    now = Assistant.objects.get(pk=linked.pk)
    assert policies.needs_review_there(now)
    make_assistant(now, author=alice, reviewer=bob)
    assert settle(linked).state == State.IDLE
    assert there(other)["name"] == linked.name
    assert not policies.needs_review_there(Assistant.objects.get(pk=linked.pk))


def test_what_was_taken_in_from_another_server_was_approved_by_nobody(
    workspace: Workspace,
    connected: Connection,
    other: Upstream,
    dora: User,
    bob: User,
) -> None:
    found = Assistant.objects.create(workspace=workspace, upstream_id="asst_1", model="gpt-4o")
    version = Version.objects.create(
        assistant=found,
        number=1,
        model="gpt-4o",
        digest=contract.fingerprint({"model": "gpt-4o"}),
        origin=Version.Origin.IMPORTED,
        source="worker",
    )
    Assistant.objects.filter(pk=found.pk).update(live_version=version)
    PushOrder.objects.create(
        assistant=found,
        connection=connected,
        state=State.IDLE,
        desired_version=version,
        pushed_version=version,
    )
    _move(workspace, dora, other, "other")
    order = push_decisions.retry(order_of(found), actor=acting(bob))
    assert order.state == State.WAITING
    assert push(found).reason == Reason.APPROVAL
    assert other.writes() == []
    _leave(workspace, dora)
    _move(workspace, dora, other, "")
    with refuses(Conflict, "approvals"):
        push_decisions.first_push(Assistant.objects.get(pk=found.pk), actor=acting(bob))


def test_a_second_move_answers_the_pause_of_the_first(
    workspace: Workspace, linked: Assistant, up: Upstream, other: Upstream, dora: User
) -> None:
    _move(workspace, dora, other, "same")
    _move(workspace, dora, up, "other")
    row = ConnectionHealth.objects.get()
    assert (row.state, row.cause) == ("open", "")
