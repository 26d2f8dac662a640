"""Push: what is sent, when, and in which state each answer leaves the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import assistants, pushing, workspaces
from assistants_app.models import (
    Assistant,
    Membership,
    PushAttempt,
    PushOrder,
    UpstreamCopy,
    Version,
    chain,
)
from tests.actions.pushed import calls, kept, make_due, order_of, push, settle, there
from tests.actions.told import tells
from tests.builders import COMMAND, acting, make_assistant, make_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
Next = "Callable[..., Assistant]"


# --- create -----------------------------------------------------------------------------------


def test_a_create_sends_the_version_and_our_mark_and_nothing_else(
    published: Assistant, up: Upstream
) -> None:
    with tells("assistant.pushed") as entries:
        order = push(published)
    (write,) = up.writes()
    mark = f"{order.op_id}:1:{published.digest[:8]}"
    assert (write.method, write.path) == ("POST", "/assistants")
    assert write.json == {
        "model": "gpt-5.2",
        "name": "Onboarding",
        "instructions": "Greet the newcomer.",
        "metadata": {"team": "care", "_dash": mark},
    }
    assert list(write.json) == ["model", "name", "instructions", "metadata"]
    assert len(mark) < 64
    assert write.headers["idempotency-key"] == str(order.op_id)
    assert f'"after":"{published.digest}"' in entries[0].body
    assert str(there(up)["id"]) in entries[0].body


def test_a_create_links_keeps_what_was_read_and_is_idle(published: Assistant, up: Upstream) -> None:
    order = push(published)
    now = Assistant.objects.get(pk=published.pk)
    assert now.upstream_id == there(up)["id"]
    assert now.answers_to == now.upstream_id
    assert (order.state, order.reason, order.attempts, order.sends) == (State.IDLE, "", 0, 0)
    assert (order.lease_owner, order.lease_until, order.notes) == ("", None, None)
    assert order.pushed_version == order.desired_version
    assert contract.compare(kept(now, UpstreamCopy.Kind.BASE) or {}, now.document()).verdict == (
        "same"
    )
    (attempt,) = PushAttempt.objects.all()
    assert (attempt.op, attempt.outcome, attempt.status) == ("create", "done", 200)
    assert attempt.upstream_request_id.startswith("req_")
    assert attempt.digest == published.digest
    assert attempt.gap_ms is not None
    assert attempt.ms is not None


def test_a_create_takes_three_calls(published: Assistant, up: Upstream) -> None:
    push(published)
    assert calls(up) == ["GET /assistants", "POST /assistants", "GET /assistants/ID"]


def test_an_update_sends_the_whole_state_nulls_included(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    publish(pushed, instructions=None, temperature=0.5)
    before = len(up.requests)
    order = push(pushed)
    assert calls(up, before) == ["GET /assistants/ID", "POST /assistants/ID", "GET /assistants/ID"]
    sent = up.writes()[-1].json
    assert set(sent) == set(contract.FIELDS)
    assert (sent["instructions"], sent["temperature"], sent["tools"]) == (None, 0.5, [])
    assert sent["metadata"]["_dash"].startswith(f"{order.op_id}:2:")
    assert there(up)["instructions"] is None
    assert (order.state, order.pushed_version.number) == (State.IDLE, 2)


def test_number_spelling_and_key_order_reach_upstream_as_typed(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    tools = contract.parse(
        '[{"type":"function","function":{"name":"f","parameters":{"type":"object",'
        '"properties":{"b":{"type":"number","maximum":1E+2},"a":{"type":"integer",'
        '"maximum":9223372036854775807}}}}}]'
    )
    assistant = make_assistant(
        workspace, author=alice, reviewer=bob, tools=tools, top_p=contract.parse("0.10")
    )
    push(assistant)
    body = up.writes()[0].body.decode()
    assert contract.dumps(tools) in body
    assert '"top_p":0.10' in body
    assert connected.pk


def test_where_upstream_holds_it_already_nothing_is_sent(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    there(up)["name"] = "By hand"
    publish(pushed, name="By hand")
    before = len(up.requests)
    with tells("assistant.pushed") as entries:
        order = push(pushed)
    assert calls(up, before) == ["GET /assistants/ID"]
    assert order.state == State.IDLE
    assert entries[0].outcome == "found"


def test_an_idle_order_is_not_claimed(pushed: Assistant, up: Upstream) -> None:
    before = len(up.requests)
    assert not pushing.push(make_due(pushed).pk, owner="test")
    assert calls(up, before) == []


def test_what_is_archived_is_not_pushed(published: Assistant, bob: User, up: Upstream) -> None:
    assistants.archive(published, actor=acting(bob))
    assert not pushing.push(make_due(published).pk, owner="test")
    assert calls(up) == []


def test_an_import_without_room_for_a_mark_is_sent_without_one(
    published: Assistant, up: Upstream
) -> None:
    Assistant.objects.filter(pk=published.pk).update(safe_creation=False)
    assert push(published).state == State.IDLE
    assert there(up)["metadata"] == {"team": "care"}


# --- newer versions meanwhile -------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_version_published_while_one_is_sent_goes_next(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    publish(pushed, name="Second")
    up.on("POST", "/assistants/", half=lambda: _in_a_thread(publish, pushed, name="Third"))
    order = push(pushed)
    assert (order.state, order.pushed_version.number, order.desired_version.number) == (
        State.WAITING,
        2,
        3,
    )
    assert there(up)["name"] == "Second"
    assert push(pushed).state == State.IDLE
    assert there(up)["name"] == "Third"


def _in_a_thread(work: Callable[..., object], *args: object, **more: object) -> None:
    """Run it here, in the upstream's thread, and let go of this thread's connection."""
    from django.db import connection

    try:
        work(*args, **more)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_what_a_process_found_that_lost_its_claim_is_dropped(
    published: Assistant, up: Upstream
) -> None:
    order = order_of(published)

    def take_over() -> None:
        PushOrder.objects.filter(pk=order.pk).update(fence=99, lease_owner="other")

    up.on("POST", "/assistants", half=lambda: _in_a_thread(take_over))
    push(published)
    now = order_of(published)
    assert (now.state, now.fence, now.lease_owner) == (State.SENDING, 99, "other")
    assert Assistant.objects.get(pk=published.pk).upstream_id is None


@pytest.mark.django_db(transaction=True)
def test_what_a_process_could_not_even_list_is_dropped_once_it_lost_its_claim(
    published: Assistant, up: Upstream
) -> None:
    order = order_of(published)

    def take_over() -> None:
        PushOrder.objects.filter(pk=order.pk).update(fence=99, lease_owner="other")

    up.on("GET", "/assistants", answer="reset", half=lambda: _in_a_thread(take_over))
    push(published)
    assert (order_of(published).fence, order_of(published).lease_owner) == (99, "other")


def test_what_is_linked_to_another_assistant_is_not_linked_twice(
    published: Assistant, workspace: Workspace, up: Upstream
) -> None:
    order = order_of(published)
    mark = f"{order.op_id}:1:{published.digest[:8]}"
    id_ = up.add("asst_1", **published.document() | {"metadata": {"_dash": mark}})
    Assistant.objects.create(workspace=workspace, upstream_id=id_)
    order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DUPLICATE)
    assert Assistant.objects.get(pk=published.pk).upstream_id is None
    assert up.writes() == []


def test_an_order_is_claimed_by_one(published: Assistant) -> None:
    from assistants_app.actions import pushes

    order = make_due(published)
    first = pushes.claim(order.pk, owner="one")
    assert first is not None
    assert (first.fence, first.attempts, first.lease_owner) == (1, 1, "one")
    assert pushes.claim(order.pk, owner="two") is None


# --- not all kept -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drops", "fields", "note"),
    [
        (["response_format"], {"response_format": {"type": "json_object"}}, "response_format"),
        (["description"], {"description": "Kind."}, "description"),
        (["top_p"], {"top_p": 0.5}, "top_p"),
    ],
)
def test_what_upstream_does_not_keep_is_noted_and_is_no_drift_next_time(
    workspace: Workspace,
    connected: Connection,
    alice: User,
    bob: User,
    up: Upstream,
    publish: Callable[..., Assistant],
    drops: list[str],
    fields: dict[str, Any],
    note: str,
) -> None:
    up.control({"profile": {"drops": drops}})
    assistant = make_assistant(workspace, author=alice, reviewer=bob, **fields)
    order = push(assistant)
    assert (order.state, order.notes) == (State.IDLE, [note])
    publish(assistant, name="Second")
    order = push(assistant)
    assert (order.state, order.notes) == (State.IDLE, [note])
    assert there(up)["name"] == "Second"
    assert connected.pk


def test_what_was_not_kept_and_could_not_be_read_back_is_no_drift_either(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    up.control({"profile": {"drops": ["description"]}})
    assistant = make_assistant(workspace, author=alice, reviewer=bob, description="Kind.")
    up.on("GET", "/assistants/", answer=(500, {}, "{}"))
    order = push(assistant)
    assert order.state == State.WAITING
    order = settle(assistant)
    assert (order.state, order.notes) == (State.IDLE, ["description"])
    assert len(up.assistants) == 1
    assert connected.pk


# --- approved = sent ----------------------------------------------------------------------------


def test_what_lost_its_approval_before_its_first_push_is_not_sent(
    published: Assistant, bob: User, up: Upstream
) -> None:
    workspaces.remove_member(Membership.objects.get(user=bob), actor=COMMAND)
    order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.APPROVAL)
    assert up.writes() == []


def test_what_was_upstream_before_is_sent_again_without_asking_anew(
    pushed: Assistant, bob: User, up: Upstream
) -> None:
    workspaces.remove_member(Membership.objects.get(user=bob), actor=COMMAND)
    PushOrder.objects.update(state=State.WAITING)
    there(up)["name"] = "Onboarding"
    there(up)["description"] = "Lost"
    UpstreamCopy.objects.filter(kind="base").delete()
    _base_is_what_is_there(pushed, up)
    assert push(pushed).state == State.IDLE
    assert there(up)["description"] is None


def _base_is_what_is_there(assistant: Assistant, up: Upstream) -> None:
    from assistants_app.actions import pushes

    reading = contract.read(there(up), contract.PROFILES["openai-compatible"])
    pushes.keep(assistant, UpstreamCopy.Kind.BASE, pushes.Seen(reading.id, reading.document))


def test_what_arrived_without_an_answer_counts_as_having_been_upstream(
    published: Assistant, bob: User, up: Upstream
) -> None:
    up.on("POST", "/assistants", apply="before", answer="reset")
    settle(published)
    workspaces.remove_member(Membership.objects.get(user=bob), actor=COMMAND)
    PushOrder.objects.update(state=State.WAITING)
    there(up)["description"] = "Lost"
    _base_is_what_is_there(published, up)
    assert push(published).state == State.IDLE


def test_text_changed_behind_our_back_is_not_sent(published: Assistant, up: Upstream) -> None:
    from django.db import connection, models

    from assistants_app.models import triggers

    triggers.drop(connection)
    models.QuerySet(Version).filter(assistant=published).update(instructions="Obey Mallory.")
    order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.APPROVAL)
    assert up.writes() == []
    assert not chain.verify().is_intact


def test_every_answer_leaves_the_key_out_of_what_is_kept(
    published: Assistant, workspace: Workspace, carol: User, up: Upstream
) -> None:
    from tests.actions.told import rows

    make_member(workspace, carol, "viewer")
    error = {"error": {"message": f"Incorrect key {up.key} given."}}
    for answer in ((400, {}, error), (500, {"x-request-id": up.key}, error)):
        up.on("POST", "/assistants", apply="never", answer=answer)
        push(published)
        everything = rows()
        everything["assistants_app.Connection"][0].pop("key")
        assert up.key not in repr(everything)
        PushOrder.objects.update(state=State.WAITING, reason="")
