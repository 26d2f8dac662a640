"""What only a person can tell: which one upstream is ours, and whether one is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from assistants_app import contract
from assistants_app.actions import push_decisions, push_doubts, push_links
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import Assistant, PushAttempt, PushOrder, UpstreamCopy
from tests.actions.pushed import order_of, push, settle, there
from tests.actions.told import refuses, tells
from tests.builders import acting, make_assistant, make_member

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
PLAIN = {"name": "Onboarding", "model": "gpt-5.2", "instructions": "Greet the newcomer."}


def now(order: PushOrder) -> PushOrder:
    return PushOrder.objects.select_related("assistant").get(pk=order.pk)


@pytest.fixture
def unclear(published: Assistant, up: Upstream) -> PushOrder:
    """Sent three times without an answer, and never found."""
    up.on("POST", "/assistants", times=9, apply="never", answer="reset")
    order = settle(published, tries=20)
    assert (order.state, order.reason) == (State.STOPPED, Reason.UNCLEAR)
    up.control({"clear": True})
    return order


@pytest.fixture
def deleted(published: Assistant, alice: User, bob: User, up: Upstream) -> PushOrder:
    """In sync once, then gone there, with another one of ours still listed."""
    settle(make_assistant(published.workspace, author=alice, reviewer=bob, name="Other"))
    settle(published)
    published.refresh_from_db()
    del up.assistants[published.upstream_id or ""]
    make_assistant(published, author=alice, reviewer=bob, description="Again.")
    order = settle(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DELETED)
    return order


# --- it is this one ---------------------------------------------------------------------------


def test_the_one_that_a_person_names_is_read_and_linked(
    unclear: PushOrder, bob: User, up: Upstream
) -> None:
    id_ = up.add(**PLAIN, metadata={"team": "care"})
    writes = len(up.writes())
    with tells("push.linked") as entries:
        order = push_doubts.link(unclear, actor=acting(bob), upstream_id=f" {id_} ")
    assert id_ in entries[0].body
    assert (order.state, order.reason) == (State.WAITING, "")
    assert push(order.assistant).state == State.IDLE
    assert len(up.writes()) == writes  # it agrees: nothing is to be written
    assert UpstreamCopy.objects.get(kind="base")


def test_the_one_that_says_something_else_is_shown_and_not_written(
    unclear: PushOrder, bob: User, up: Upstream
) -> None:
    id_ = up.add(**PLAIN | {"name": "Somebody else's"})
    push_doubts.link(unclear, actor=acting(bob), upstream_id=id_)
    writes = len(up.writes())
    order = push(unclear.assistant)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)
    assert len(up.writes()) == writes
    assert push_doubts.is_doubtful(order)
    with tells("push.unlinked"):
        push_doubts.unlink(order, actor=acting(bob))
    order = now(order)
    assert (order.reason, order.assistant.upstream_id) == (Reason.UNCLEAR, None)
    assert not UpstreamCopy.objects.exists()


def test_what_was_in_agreement_once_is_not_unlinked(
    published: Assistant, bob: User, up: Upstream
) -> None:
    settle(published)
    there(up)["name"] = "Hijacked"
    PushOrder.objects.update(state=State.WAITING)
    order = push(published)
    assert order.reason == Reason.DRIFT
    with refuses(Conflict, "state"):
        push_doubts.unlink(order, actor=acting(bob))


def test_an_id_that_is_not_there_is_told_at_once(
    unclear: PushOrder, bob: User, up: Upstream
) -> None:
    push_doubts.link(unclear, actor=acting(bob), upstream_id="asst_nobody")
    order = push(unclear.assistant)
    assert (order.state, order.reason) == (State.STOPPED, Reason.UNCLEAR)
    assert "no assistant asst_nobody" in order.message
    assert now(order).assistant.upstream_id is None


@pytest.mark.parametrize("text", ["", "   ", "two words", "asst/../x", "a" * 600, "ä", "a\x00b"])
def test_what_is_no_id_is_told_at_its_field(unclear: PushOrder, bob: User, text: str) -> None:
    with refuses(Invalid) as caught:
        push_doubts.link(unclear, actor=acting(bob), upstream_id=text)
    assert caught.value.field == "upstream_id"


def test_an_id_that_is_linked_elsewhere_is_refused(
    unclear: PushOrder, alice: User, bob: User, up: Upstream
) -> None:
    other = make_assistant(unclear.assistant.workspace, author=alice, reviewer=bob, name="Other")
    settle(other)
    other.refresh_from_db()
    with refuses(Invalid, match="“Other”"):
        push_doubts.link(unclear, actor=acting(bob), upstream_id=other.upstream_id or "")


# --- I looked: create again -------------------------------------------------------------------


def test_after_a_person_looked_it_is_created_with_the_same_mark(
    unclear: PushOrder, bob: User, up: Upstream
) -> None:
    with refuses(Invalid, match="Look on the server first"):
        push_doubts.create_again(unclear, actor=acting(bob), is_sure=False)
    with tells("push.create_asked"):
        order = push_doubts.create_again(unclear, actor=acting(bob), is_sure=True)
    assert (order.state, order.op_id) == (State.WAITING, unclear.op_id)
    assert settle(order.assistant).state == State.IDLE
    assert up.state()["by_op"][str(unclear.op_id)] == list(up.assistants)


def test_what_arrived_late_is_found_and_not_created_twice(
    unclear: PushOrder, bob: User, up: Upstream
) -> None:
    up.add(**PLAIN, metadata={"_dash": f"{unclear.op_id}:1:00000000", "team": "care"})
    writes = len(up.writes())
    push_doubts.create_again(unclear, actor=acting(bob), is_sure=True)
    assert settle(unclear.assistant).state == State.IDLE
    assert len(up.assistants) == 1
    assert len(up.writes()) == writes


def test_nothing_is_created_again_before_it_has_settled(unclear: PushOrder, bob: User) -> None:
    PushOrder.objects.update(sent_at=timezone.now())
    order = push_doubts.create_again(now(unclear), actor=acting(bob), is_sure=True)
    assert order.sent_at
    assert order.not_before > order.sent_at


# --- deleted ----------------------------------------------------------------------------------


def test_what_was_deleted_is_created_again_with_a_new_mark(
    deleted: PushOrder, bob: User, up: Upstream
) -> None:
    with tells("push.create_asked"):
        order = push_doubts.create_again(deleted, actor=acting(bob), is_sure=True)
    assert order.op_id != deleted.op_id
    assert now(order).assistant.upstream_id is None
    looks = len(up.requests)
    order = settle(order.assistant)
    assert order.state == State.IDLE
    assert up.requests[looks].method == "GET"  # its own mark is looked up before
    assert len(up.assistants) == 2
    assert not order.push_attempts.filter(outcome=PushAttempt.Outcome.UNKNOWN).exists()


@pytest.fixture
def alone(published: Assistant, alice: User, bob: User, up: Upstream) -> PushOrder:
    """The only linked one is not found any more: nothing else proves that it is gone."""
    settle(published)
    up.assistants.clear()
    make_assistant(published, author=alice, reviewer=bob, description="Again.")
    order = settle(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.UNCLEAR)
    return order


def test_the_only_one_is_gone_when_an_admin_says_so(
    alone: PushOrder, bob: User, dora: User, up: Upstream
) -> None:
    with refuses(NotAllowed):
        push_doubts.confirm_gone(alone, actor=acting(bob), is_sure=True)
    with refuses(Conflict, "state", match="Nothing confirms"):
        push_doubts.create_again(alone, actor=acting(bob), is_sure=True)
    with refuses(Invalid):
        push_doubts.confirm_gone(alone, actor=acting(dora), is_sure=False)
    with tells("upstream.gone"):
        order = push_doubts.confirm_gone(alone, actor=acting(dora), is_sure=True)
    assert order.reason == Reason.DELETED
    push_doubts.create_again(order, actor=acting(bob), is_sure=True)
    assert settle(order.assistant).state == State.IDLE
    assert len(up.assistants) == 1


def test_what_was_never_linked_is_not_confirmed_as_gone(unclear: PushOrder, dora: User) -> None:
    with refuses(Conflict, "state"):
        push_doubts.confirm_gone(unclear, actor=acting(dora), is_sure=True)


# --- more than once ---------------------------------------------------------------------------


@pytest.fixture
def twice(published: Assistant, up: Upstream) -> PushOrder:
    """A network brought one create twice."""
    op_id = order_of(published).op_id
    for n in (1, 2):
        up.add(
            f"asst_{n}",
            created_at=int(timezone.now().timestamp()) + n,
            **PLAIN,
            metadata={"_dash": f"{op_id}:1:00000000", "team": "care"},
        )
    order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DUPLICATE)
    return order


def test_all_that_carry_the_mark_are_named(twice: PushOrder) -> None:
    assert push_links.candidates(now(twice)) == ["asst_1", "asst_2"]


@pytest.mark.parametrize(("mine", "other"), [("asst_1", "asst_2"), ("asst_2", "asst_1")])
def test_a_person_chooses_and_the_other_stays_untouched(
    twice: PushOrder, bob: User, up: Upstream, mine: str, other: str
) -> None:
    before = dict(up.assistants[other])
    with tells("push.linked") as entries:
        push_doubts.choose(now(twice), actor=acting(bob), upstream_id=mine)
    assert f'"others":["{other}"]' in entries[0].body
    assert settle(twice.assistant).state == State.IDLE
    assert now(twice).assistant.upstream_id == mine
    assert up.assistants[other] == before


def test_only_one_of_them_can_be_chosen(twice: PushOrder, bob: User) -> None:
    with refuses(Invalid, match="Choose one of these"):
        push_doubts.choose(now(twice), actor=acting(bob), upstream_id="asst_3")


def test_whole_ids_are_named_as_long_as_there_is_room() -> None:
    ids = [f"asst_{n:024}" for n in range(40)]
    order = PushOrder(
        message=push_links.more_than_once(ids), assistant=Assistant(upstream_id="asst_0")
    )
    named = push_links.candidates(order)
    assert len(order.message) <= 500
    assert named[1:] == ids[: len(named) - 1]
    assert len(named) > 10


def test_what_looks_like_it_is_named_too(published: Assistant) -> None:
    order = order_of(published)
    order.message = push_links.may_be(["asst_a", "asst_b"])
    assert push_links.candidates(order) == ["asst_a", "asst_b"]


# --- who, and when ----------------------------------------------------------------------------


@pytest.mark.parametrize("roles", [(), ("editor",), ("reviewer",), ("auditor",)])
def test_only_who_may_push_settles(
    unclear: PushOrder, workspace: Workspace, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    actor = acting(carol)
    for attempt in (
        lambda: push_doubts.link(unclear, actor=actor, upstream_id="asst_x"),
        lambda: push_doubts.unlink(unclear, actor=actor),
        lambda: push_doubts.choose(unclear, actor=actor, upstream_id="asst_x"),
        lambda: push_doubts.create_again(unclear, actor=actor, is_sure=True),
        lambda: push_doubts.confirm_gone(unclear, actor=actor, is_sure=True),
    ):
        with refuses(NotAllowed):
            attempt()


def test_what_is_settled_is_not_settled_again(published: Assistant, bob: User, dora: User) -> None:
    settle(published)
    order = now(order_of(published))
    for attempt in (
        lambda: push_doubts.link(order, actor=acting(bob), upstream_id="asst_x"),
        lambda: push_doubts.unlink(order, actor=acting(bob)),
        lambda: push_doubts.choose(order, actor=acting(bob), upstream_id="asst_x"),
        lambda: push_doubts.create_again(order, actor=acting(bob), is_sure=True),
        lambda: push_doubts.confirm_gone(order, actor=acting(dora), is_sure=True),
    ):
        with refuses(Conflict, "state"):
            attempt()


def test_a_retry_of_what_is_unclear_looks_before_it_sends(
    unclear: PushOrder, bob: User, up: Upstream
) -> None:
    order = push_decisions.retry(unclear, actor=acting(bob))
    assert (order.state, order.not_before <= timezone.now() + timedelta(seconds=1)) == (
        State.UNKNOWN,
        True,
    )
    assert contract.MARKER in str(up.writes()[-1].json)
