"""Push: what is sent, when, and in which state each answer leaves the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import assistants, health, pushing, workspaces
from assistants_app.models import (
    AllowedOrigin,
    Assistant,
    Membership,
    PushAttempt,
    PushOrder,
    UpstreamCopy,
    Version,
    chain,
)
from tests.actions.pushed import calls, make_due, order_of, push, settle, there
from tests.actions.told import tells
from tests.builders import COMMAND, acting, make_assistant, make_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
Next = "Callable[..., Assistant]"


@pytest.fixture
def pushed(published: Assistant) -> Assistant:
    """Live here and in sync."""
    assert push(published).state == State.IDLE
    return Assistant.objects.get(pk=published.pk)


@pytest.fixture
def publish(alice: User, bob: User) -> Callable[..., Assistant]:
    """Make the next Version of an assistant live."""

    def make(assistant: Assistant, **fields: Any) -> Assistant:
        return make_assistant(assistant, author=alice, reviewer=bob, **fields)

    return make


def _kept(assistant: Assistant, kind: UpstreamCopy.Kind) -> contract.Document | None:
    copy = UpstreamCopy.objects.filter(assistant=assistant, kind=kind).first()
    return copy.document() if copy else None


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
    assert contract.compare(_kept(now, UpstreamCopy.Kind.BASE) or {}, now.document()).verdict == (
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


# --- drift ------------------------------------------------------------------------------------


def test_a_foreign_edit_stops_the_push_and_is_kept(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    there(up)["instructions"] = "By someone else."
    publish(pushed, name="Second")
    writes = len(up.writes())
    with tells("upstream.changed") as entries:
        order = push(pushed)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)
    assert len(up.writes()) == writes
    theirs = _kept(pushed, UpstreamCopy.Kind.THEIRS) or {}
    assert theirs["instructions"] == "By someone else."
    assert f'"after":"{contract.fingerprint(theirs)}"' in entries[0].body
    assert "someone else" not in entries[0].body
    base = _kept(pushed, UpstreamCopy.Kind.BASE) or {}
    assert base["instructions"] == "Greet the newcomer."


SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
    "required": ["a", "b"],
}
TURNED = {
    "required": ["b", "a"],
    "properties": {"b": {"type": "string"}, "a": {"type": "string"}},
    "type": "object",
}


def _tools(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": "f", "parameters": schema}}]


@pytest.mark.parametrize(
    "change",
    [
        {"tools": _tools(TURNED)},
        {"instructions": "One.\r\nTwo."},
        {"temperature": None, "description": ""},
        {"metadata": None},
    ],
)
def test_what_servers_do_by_themselves_is_no_drift(
    workspace: Workspace,
    connected: Connection,
    alice: User,
    bob: User,
    up: Upstream,
    publish: Callable[..., Assistant],
    change: dict[str, Any],
) -> None:
    assistant = make_assistant(
        workspace,
        author=alice,
        reviewer=bob,
        tools=_tools(SCHEMA),
        instructions="One.\nTwo.",
    )
    push(assistant)
    row = there(up)
    row.update(change if change != {"metadata": None} else {"metadata": {}})
    publish(assistant, name="Second")
    assert push(assistant).state == State.IDLE
    assert there(up)["name"] == "Second"
    assert connected.pk


def test_a_read_back_that_is_not_what_was_answered_is_drift(
    published: Assistant, up: Upstream
) -> None:
    def spoil() -> None:
        there(up)["name"] = "By someone else"

    up.on("GET", "/assistants/", half=spoil)
    order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)
    assert calls(up).count("GET /assistants/ID") == 3


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


# --- deleted upstream ---------------------------------------------------------------------------


def _look_twice(assistant: Assistant) -> PushOrder:
    first = push(assistant)
    assert (first.state, first.reason) == (State.WAITING, "")
    assert first.check_again_at is not None
    assert first.not_before == first.check_again_at
    return push(assistant)


def test_a_first_404_proves_nothing(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    row = dict(there(up))
    up.assistants.clear()
    publish(pushed, name="Second")
    order = push(pushed)
    assert (order.state, order.reason) == (State.WAITING, "")
    assert not pushing.push(order.pk, owner="too early")
    up.assistants[str(row["id"])] = row
    assert push(pushed).state == State.IDLE
    assert order_of(pushed).check_again_at is None


def test_two_404s_and_a_list_that_shows_others_prove_a_deletion(
    pushed: Assistant,
    workspace: Workspace,
    alice: User,
    bob: User,
    up: Upstream,
    publish: Callable[..., Assistant],
) -> None:
    other = make_assistant(workspace, author=alice, reviewer=bob, name="Other")
    push(other)
    publish(pushed, name="Second")
    del up.assistants[pushed.upstream_id or ""]
    with tells("push.stopped"):
        order = _look_twice(pushed)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DELETED)
    now = Assistant.objects.get(pk=pushed.pk)
    assert (now.upstream_id, now.is_archived) == (pushed.upstream_id, False)
    assert len(up.assistants) == 1


def test_without_another_one_to_show_it_stays_unclear(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    up.assistants.clear()
    publish(pushed, name="Second")
    order = _look_twice(pushed)
    assert (order.state, order.reason) == (State.STOPPED, Reason.UNCLEAR)
    assert up.assistants == {}


@pytest.mark.parametrize("answer", [(500, {}, "{}"), (429, {"Retry-After": "7"}, "{}"), "reset"])
def test_a_list_that_fails_proves_nothing_and_is_asked_again(
    pushed: Assistant,
    workspace: Workspace,
    alice: User,
    bob: User,
    up: Upstream,
    publish: Callable[..., Assistant],
    answer: Any,
) -> None:
    other = make_assistant(workspace, author=alice, reviewer=bob, name="Other")
    push(other)
    publish(pushed, name="Second")
    del up.assistants[pushed.upstream_id or ""]
    up.on("GET", "/assistants", 3, answer=answer)  # two looks at the assistant come before
    order = _look_twice(pushed)
    assert (order.state, order.reason) == (State.WAITING, "")
    assert push(pushed).reason == Reason.DELETED


def test_a_deletion_is_proven_beyond_the_first_page(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    """Hidden from single reads by a fault, it is listed on the second page: not deleted."""
    id_ = pushed.upstream_id or ""
    for n in range(120):
        up.add(f"asst_old{n}", created_at=1_000 + n)
    Assistant.objects.create(workspace=pushed.workspace, upstream_id="asst_old0")
    publish(pushed, name="Second")
    up.on("GET", f"/assistants/{id_}", times=2, answer=(404, {}, '{"error":{"message":"No."}}'))
    order = _look_twice(pushed)
    assert order.reason != Reason.DELETED
    assert id_ in up.assistants


# --- a lost answer to a create ------------------------------------------------------------------

# The whole table is in tests/faults/test_faults.py.
LOST: list[Any] = ["reset", (500, {}, "{}"), (200, {"Content-Type": "text/html"}, "<html>")]


@pytest.mark.parametrize("answer", LOST)
def test_a_create_that_arrived_without_an_answer_is_found_by_its_mark(
    published: Assistant, up: Upstream, answer: Any
) -> None:
    up.on("POST", "/assistants", apply="before", answer=answer)
    order = push(published)
    assert (order.state, order.reason) == (State.UNKNOWN, "")
    assert order.sent_at is not None
    waits = (order.not_before - order.sent_at).total_seconds()
    assert waits == pytest.approx(health.times().settle, abs=0.01)
    assert not pushing.push(order.pk, owner="too early")
    assert settle(published).state == State.IDLE
    assert len(up.assistants) == 1
    assert len(up.writes()) == 1
    assert Assistant.objects.get(pk=published.pk).upstream_id == there(up)["id"]


@pytest.mark.parametrize("answer", LOST)
def test_a_create_that_never_arrived_is_looked_for_twice_and_sent_again(
    published: Assistant, up: Upstream, answer: Any
) -> None:
    up.on("POST", "/assistants", apply="never", answer=answer)
    order = push(published)
    assert (order.state, order.sends) == (State.UNKNOWN, 1)
    order = push(published)
    assert (order.state, order.looks) == (State.UNKNOWN, 1)
    assert len(up.writes()) == 1
    assert not pushing.push(order.pk, owner="too early")
    order = push(published)
    assert order.state == State.IDLE
    keys = {write.headers["idempotency-key"] for write in up.writes()}
    assert keys == {str(order.op_id)}
    assert (len(up.writes()), len(up.assistants)) == (2, 1)


def test_after_three_sends_without_an_answer_a_person_decides(
    published: Assistant, up: Upstream
) -> None:
    up.on("POST", "/assistants", times=9, apply="never", answer="reset")
    order = settle(published, tries=12)
    assert (order.state, order.reason) == (State.STOPPED, Reason.UNCLEAR)
    assert len(up.writes()) == 3


def test_a_person_who_asks_again_has_it_looked_for_before_it_is_sent(
    published: Assistant, bob: User, up: Upstream
) -> None:
    from assistants_app.actions import push_decisions

    up.on("POST", "/assistants", times=3, apply="never", answer="reset")
    settle(published, tries=12)
    push_decisions.retry(order_of(published), actor=acting(bob))
    before = len(up.requests)
    assert push(published).state == State.UNKNOWN
    assert calls(up, before) == ["GET /assistants"]
    assert settle(published).state == State.IDLE
    assert len(up.assistants) == 1
    assert len({write.headers["idempotency-key"] for write in up.writes()}) == 1


def test_a_create_without_a_mark_is_never_sent_twice(published: Assistant, up: Upstream) -> None:
    Assistant.objects.filter(pk=published.pk).update(safe_creation=False)
    up.on("POST", "/assistants", apply="never", answer="reset")
    order = settle(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.UNCLEAR)
    assert len(up.writes()) == 1


def test_where_upstream_strips_the_mark_what_looks_like_ours_is_not_created_again(
    published: Assistant, up: Upstream
) -> None:
    up.control({"profile": {"strips_metadata": True}})
    up.on("POST", "/assistants", apply="before", answer="reset")
    order = settle(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.UNCLEAR)
    assert str(there(up)["id"]) in order.message
    assert len(up.writes()) == 1


def test_where_upstream_strips_the_mark_and_nothing_arrived_it_is_sent_again(
    published: Assistant, up: Upstream
) -> None:
    up.control({"profile": {"strips_metadata": True}})
    up.add("asst_else", name="Someone else's")
    up.on("POST", "/assistants", apply="never", answer="reset")
    order = settle(published)
    assert (order.state, order.notes) == (State.IDLE, ["metadata"])
    assert len(up.assistants) == 2


@pytest.mark.parametrize("stop", [Reason.ATTEMPTS, Reason.REFUSED])
def test_a_create_in_doubt_stays_in_doubt_through_a_stop_and_a_publish(
    published: Assistant, up: Upstream, publish: Callable[..., Assistant], stop: Reason
) -> None:
    up.on("POST", "/assistants", apply="never", answer="reset")
    push(published)
    if stop == Reason.ATTEMPTS:
        up.on("GET", "/assistants", times=8, answer=(500, {}, "{}"))
    else:
        up.on("GET", "/assistants", times=1, answer=(302, {}, ""))
    order = settle(published, tries=12)
    assert (order.state, order.reason) == (State.STOPPED, stop)
    publish(published, name="Second")
    assert order_of(published).state == State.UNKNOWN
    before = len(up.requests)
    push(published)
    assert calls(up, before) == ["GET /assistants"]
    assert settle(published).state == State.IDLE
    assert len(up.assistants) == 1


def test_the_newest_version_is_pushed_over_an_older_one_found_by_its_mark(
    published: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    up.on("POST", "/assistants", apply="before", answer="reset")
    push(published)
    publish(published, name="Second")
    assert settle(published).state == State.IDLE
    assert there(up)["name"] == "Second"
    assert len(up.assistants) == 1


def test_an_edit_of_what_was_found_by_its_mark_is_drift(published: Assistant, up: Upstream) -> None:
    up.on("POST", "/assistants", apply="before", answer="reset")
    push(published)
    there(up)["name"] = "By someone else"
    order = settle(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)
    assert there(up)["name"] == "By someone else"


def test_two_that_carry_our_mark_are_shown_and_the_oldest_is_linked(
    published: Assistant, up: Upstream
) -> None:
    order = order_of(published)
    metadata = {"team": "care", "_dash": f"{order.op_id}:1:{published.digest[:8]}"}
    same = published.document() | {"metadata": metadata}
    up.add("asst_late", created_at=2_000_000_000, **same)
    up.add("asst_first", created_at=1_900_000_000, **same)
    with tells("push.stopped"):
        order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DUPLICATE)
    assert "asst_late" in order.message
    assert Assistant.objects.get(pk=published.pk).upstream_id == "asst_first"
    assert up.writes() == []


def test_a_restored_database_finds_what_it_created_before_it_was_restored(
    published: Assistant, up: Upstream
) -> None:
    push(published)
    Assistant.objects.filter(pk=published.pk).update(upstream_id=None)
    PushAttempt.objects.all().delete()
    UpstreamCopy.objects.all().delete()
    PushOrder.objects.update(state=State.WAITING, pushed_version=None, sent_version=None)
    assert push(published).state == State.IDLE
    assert len(up.assistants) == 1


# --- a lost answer to an update -----------------------------------------------------------------


@pytest.mark.parametrize("answer", LOST)
def test_an_update_that_arrived_without_an_answer_is_found_by_reading(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant], answer: Any
) -> None:
    publish(pushed, name="Second")
    writes = len(up.writes())
    up.on("POST", "/assistants/", apply="before", answer=answer)
    order = push(pushed)
    assert order.state == State.UNKNOWN
    assert not pushing.push(order.pk, owner="too early")
    assert push(pushed).state == State.IDLE
    assert len(up.writes()) == writes + 1


@pytest.mark.parametrize("answer", LOST)
def test_an_update_that_never_arrived_is_sent_again(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant], answer: Any
) -> None:
    publish(pushed, name="Second")
    up.on("POST", "/assistants/", apply="never", answer=answer)
    assert push(pushed).state == State.UNKNOWN
    assert push(pushed).state == State.IDLE
    assert there(up)["name"] == "Second"


def test_an_update_whose_answers_are_always_lost_is_given_up(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    publish(pushed, name="Second")
    up.on("POST", "/assistants/", times=99, apply="never", answer=(500, {}, "{}"))
    order = settle(pushed, tries=20)
    assert (order.state, order.reason) == (State.STOPPED, Reason.ATTEMPTS)


def test_an_older_write_that_arrived_after_all_is_pushed_over(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    publish(pushed, name="Second")
    up.on("POST", "/assistants/", apply="never", answer="reset")
    push(pushed)
    late = up.writes()[-1].json
    publish(pushed, name="Third")
    there(up).update({key: value for key, value in late.items() if value is not None})
    assert push(pushed).state == State.IDLE
    assert there(up)["name"] == "Third"


# --- refusals and failures ----------------------------------------------------------------------


def test_a_refused_text_stops_with_its_field_and_a_new_version_goes_on(
    published: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    error = {"error": {"message": "No such model.", "param": "model", "code": "model_not_found"}}
    up.on("POST", "/assistants", apply="never", answer=(400, {}, error))
    with tells("push.stopped") as entries:
        order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.REFUSED)
    assert (order.param, order.message) == ("model", "No such model.")
    assert entries[0].outcome == "refused"
    publish(published, model="gpt-4o-mini")
    assert push(published).state == State.IDLE
    assert len(up.assistants) == 1


def test_a_server_that_cannot_change_assistants_is_named(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant]
) -> None:
    up.control({"profile": {"no_update": True}})
    publish(pushed, name="Second")
    order = push(pushed)
    assert (order.state, order.reason) == (State.STOPPED, Reason.REFUSED)
    assert order.message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(published: Assistant, up: Upstream, status: int) -> None:
    up.on("POST", "/assistants", apply="never", answer=(status, {"Location": "/v1/else"}, ""))
    order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.REFUSED)
    assert "redirect" in order.message
    assert "POST /else" not in calls(up)
    assert "GET /else" not in calls(up)


@pytest.mark.parametrize("where", ["read", "write"])
def test_a_key_that_is_not_accepted_closes_the_connection_and_uses_up_no_try(
    pushed: Assistant,
    connected: Connection,
    up: Upstream,
    publish: Callable[..., Assistant],
    where: str,
) -> None:
    publish(pushed, name="Second")
    up.on(
        "GET" if where == "read" else "POST",
        "/assistants/",
        apply="never",
        answer=(401, {}, {"error": {"message": "Bad key.", "code": "invalid_api_key"}}),
    )
    order = push(pushed)
    connected.health.refresh_from_db()
    assert (connected.health.state, connected.health.reason) == ("key", "Bad key.")
    assert (order.state, order.attempts) == (State.WAITING, 0)
    before = len(up.requests)
    assert not pushing.push(make_due(pushed).pk, owner="test")
    assert calls(up, before) == []
    connected.health.state = "open"
    connected.health.save()
    assert push(pushed).state == State.IDLE


def test_a_used_up_quota_closes_the_connection(
    published: Assistant, connected: Connection, up: Upstream
) -> None:
    error = {"error": {"message": "Pay.", "code": "insufficient_quota"}}
    up.on("POST", "/assistants", apply="never", answer=(429, {}, error))
    order = push(published)
    connected.health.refresh_from_db()
    assert connected.health.state == "quota"
    assert (order.state, order.attempts) == (State.WAITING, 0)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wish_to_slow_down_is_heeded_and_uses_up_no_try(
    published: Assistant, connected: Connection, up: Upstream, method: str
) -> None:
    up.on(method, "/assistants", apply="never", answer=(429, {"Retry-After": "30"}, "{}"))
    order = push(published)
    connected.health.refresh_from_db()
    assert (order.state, order.attempts) == (State.WAITING, 0)
    assert connected.health.retry_not_before is not None
    for waits in (order.not_before, connected.health.retry_not_before):
        assert 25 < (waits - order.changed_at).total_seconds() < 31
    assert push(published).state == State.IDLE
    assert len(up.assistants) == 1


@pytest.mark.parametrize(
    "answer", ["reset", (500, {}, "{}"), (503, {}, ""), (200, {"Content-Type": "text/html"}, "<p>")]
)
def test_a_read_that_fails_is_tried_again_and_later_given_up(
    published: Assistant, up: Upstream, answer: Any
) -> None:
    up.on("GET", "/assistants", times=20, answer=answer)
    order = push(published)
    assert (order.state, order.attempts) == (State.WAITING, 1)
    assert order.failing_since is not None
    order = settle(published, tries=12)
    assert (order.state, order.reason, order.attempts) == (State.STOPPED, Reason.ATTEMPTS, 8)
    assert up.writes() == []


def test_waiting_for_a_key_does_not_count_as_an_hour_of_failures(
    published: Assistant, connected: Connection, up: Upstream
) -> None:
    up.on("GET", "/assistants", answer=(401, {}, "{}"))
    order = push(published)
    assert order.failing_since is None
    connected.health.state = "open"
    connected.health.save()


def test_a_read_back_that_fails_is_read_again_and_nothing_is_sent_twice(
    published: Assistant, up: Upstream
) -> None:
    up.on("GET", "/assistants/", answer=(500, {}, "{}"))
    order = push(published)
    assert order.state == State.WAITING
    assert settle(published).state == State.IDLE
    assert len(up.writes()) == 1


def test_an_unreachable_server_is_tried_again(published: Assistant, up: Upstream) -> None:
    up.stop()
    order = push(published)
    assert (order.state, order.attempts, order.sends) == (State.WAITING, 1, 0)
    assert order.message
    up.closing.clear()
    up.start()
    assert push(published).state == State.IDLE


@pytest.mark.parametrize("nth", ["GET /assistants", "POST /assistants"])
def test_a_server_that_is_silent_is_given_up_at_the_deadline(
    published: Assistant, up: Upstream, settings: Any, nth: str
) -> None:
    settings.SYNC_TIME_SCALE = 0.02
    method, path = nth.split()
    up.on(method, path, apply="never", answer="silence")
    order = push(published)
    assert order.state == (State.WAITING if method == "GET" else State.UNKNOWN)
    settings.SYNC_TIME_SCALE = 0.1
    assert settle(published).state == State.IDLE
    assert len(up.assistants) == 1


def test_an_address_off_the_list_stops_with_words(published: Assistant, up: Upstream) -> None:
    AllowedOrigin.objects.all().delete()
    order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.REFUSED)
    assert "not on the list" in order.message
    assert calls(up) == []


def test_a_process_that_ends_at_every_claim_does_not_claim_for_ever(
    published: Assistant, up: Upstream
) -> None:
    from assistants_app.actions import pushes

    for n in range(pushes.MAX_ATTEMPTS):
        order = make_due(published)
        assert pushes.claim(order.pk, owner=str(n)) is not None
        PushOrder.objects.filter(pk=order.pk).update(lease_until=order.asked_at)
    order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.ATTEMPTS)
    assert up.writes() == []


def test_a_lost_sender_is_in_doubt_until_it_settled(published: Assistant, up: Upstream) -> None:
    from django.utils import timezone

    from assistants_app.actions import pushes

    order = make_due(published)
    claimed = pushes.claim(order.pk, owner="one")
    assert claimed is not None
    pushes.write_ahead(claimed, claimed.desired_version, "create", n=1, gap_ms=0)
    assert pushes.sweep() == 0
    PushOrder.objects.filter(pk=order.pk).update(
        lease_until=timezone.now() - pushes.FAILING_AT_MOST
    )
    assert pushes.sweep() == 1
    order = order_of(published)
    assert (order.state, order.lease_until) == (State.UNKNOWN, None)
    assert not pushing.push(order.pk, owner="too early")
    assert settle(published).state == State.IDLE
    assert len(up.assistants) == 1


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
