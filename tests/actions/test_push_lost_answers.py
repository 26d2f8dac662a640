"""Push: an answer that was lost, of a create and of an update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.actions import health, pushing
from assistants_app.models import (
    Assistant,
    PushAttempt,
    PushOrder,
    UpstreamCopy,
)
from tests.actions.pushed import calls, order_of, push, settle, there
from tests.actions.told import tells
from tests.builders import acting

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
Next = "Callable[..., Assistant]"


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
