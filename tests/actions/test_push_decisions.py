"""What a person may decide about a push: the first one, again, keep ours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models.functions import Now

from assistants_app import contract
from assistants_app.actions import assistants, publishing, push_decisions, pushing
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import Assistant, PushOrder, UpstreamCopy
from tests.actions.pushed import make_due, order_of, push, settle, there
from tests.actions.told import refuses, tells
from tests.builders import (
    acting,
    make_approved,
    make_assistant,
    make_connection,
    make_member,
    make_workspace,
)

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason


@pytest.fixture
def drifted(published: Assistant, alice: User, bob: User, up: Upstream) -> PushOrder:
    """In sync once; then someone changed it upstream while a second Version went live here."""
    push(published)
    there(up)["instructions"] = "By someone else."
    make_assistant(published, author=alice, reviewer=bob, name="Second")
    order = push(published)
    assert order.reason == Reason.DRIFT
    return order


def _theirs(order: PushOrder) -> UpstreamCopy:
    return UpstreamCopy.objects.get(assistant=order.assistant_id, kind="theirs")


# --- keep ours --------------------------------------------------------------------------------


def test_keeping_ours_pushes_over_what_was_shown(
    drifted: PushOrder, bob: User, up: Upstream
) -> None:
    shown = _theirs(drifted).digest
    with tells("push.asked") as entries:
        order = push_decisions.keep_ours(drifted, actor=acting(bob), digest=shown)
    assert (order.state, order.reason, order.message) == (State.WAITING, "", "")
    assert f'"before":"{shown}"' in entries[0].body
    assert push(order.assistant).state == State.IDLE
    assert (there(up)["name"], there(up)["instructions"]) == ("Second", "Greet the newcomer.")
    assert not UpstreamCopy.objects.filter(kind="theirs").exists()


def test_what_changed_once_more_since_it_was_shown_is_not_pushed_over(
    drifted: PushOrder, bob: User, up: Upstream
) -> None:
    shown = _theirs(drifted).digest
    push_decisions.keep_ours(drifted, actor=acting(bob), digest=shown)
    there(up)["instructions"] = "Once more."
    order = push(drifted.assistant)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)
    with refuses(Conflict, "digest"):
        push_decisions.keep_ours(order, actor=acting(bob), digest=shown)
    assert there(up)["instructions"] == "Once more."


def test_ours_is_kept_once(drifted: PushOrder, bob: User) -> None:
    shown = _theirs(drifted).digest
    page = order_of(drifted.assistant)
    push_decisions.keep_ours(drifted, actor=acting(bob), digest=shown)
    with refuses(Conflict, "state"):
        push_decisions.keep_ours(page, actor=acting(bob), digest=shown)


def test_what_differs_must_be_looked_at_first(drifted: PushOrder, bob: User) -> None:
    with refuses(Conflict, "drift"):
        push_decisions.retry(drifted, actor=acting(bob))


def test_once_ours_is_kept_the_next_version_can_be_published(
    drifted: PushOrder, alice: User, bob: User
) -> None:
    change = make_approved(drifted.assistant, author=alice, reviewer=bob, name="Third")
    with refuses(Conflict, "drift"):
        publishing.publish(change, actor=acting(bob))
    push_decisions.keep_ours(drifted, actor=acting(bob), digest=_theirs(drifted).digest)
    publishing.publish(change, actor=acting(bob))
    assert settle(drifted.assistant).pushed_version.number == 3


# --- retry ------------------------------------------------------------------------------------


@pytest.fixture
def refused(published: Assistant, up: Upstream) -> PushOrder:
    up.on("POST", "/assistants", apply="never", answer=(400, {}, "{}"))
    return push(published)


def test_trying_again_makes_it_due_with_its_tries_forgotten(
    refused: PushOrder, bob: User, up: Upstream
) -> None:
    PushOrder.objects.update(attempts=8, sends=2, looks=1, param="model")
    with tells("push.asked"):
        order = push_decisions.retry(order_of(refused.assistant), actor=acting(bob))
    assert (order.state, order.reason, order.param) == (State.WAITING, "", "")
    assert (order.attempts, order.sends, order.looks, order.failing_since) == (0, 0, 0, None)
    assert pushing.push(order.pk, owner="at once")
    assert order_of(refused.assistant).state == State.IDLE
    assert len(up.assistants) == 1


def test_what_waits_is_tried_at_once(published: Assistant, bob: User) -> None:
    PushOrder.objects.update(not_before=Now() + timedelta(hours=1))
    order = push_decisions.retry(order_of(published), actor=acting(bob))
    assert pushing.push(order.pk, owner="at once")


def test_what_may_still_be_travelling_waits_whatever_a_person_says(
    published: Assistant, bob: User, up: Upstream
) -> None:
    up.on("POST", "/assistants", apply="never", answer="reset")
    before = push(published)
    order = push_decisions.retry(before, actor=acting(bob))
    assert (order.state, order.not_before) == (State.UNKNOWN, before.not_before)
    assert not pushing.push(order.pk, owner="too early")


@pytest.mark.parametrize("state", [State.IDLE, State.SENDING])
def test_there_must_be_something_to_try_again(
    published: Assistant, bob: User, state: State
) -> None:
    push(published)
    order = order_of(published)
    PushOrder.objects.update(
        state=state, sent_at=Now(), lease_until=Now(), sent_version=order.desired_version
    )
    with refuses(Conflict, "state"):
        push_decisions.retry(order_of(published), actor=acting(bob))


def test_what_is_being_pushed_is_left_alone(published: Assistant, bob: User) -> None:
    PushOrder.objects.update(lease_until=Now() + timedelta(minutes=1), lease_owner="other")
    with refuses(Conflict, "state", match="being pushed right now"):
        push_decisions.retry(order_of(published), actor=acting(bob))


def test_what_a_lost_process_held_can_be_tried_again(published: Assistant, bob: User) -> None:
    PushOrder.objects.update(lease_until=Now() - timedelta(seconds=1), lease_owner="gone")
    push_decisions.retry(order_of(published), actor=acting(bob))


def test_a_page_that_is_older_does_not_settle_what_came_since(
    refused: PushOrder, bob: User
) -> None:
    page = order_of(refused.assistant)
    PushOrder.objects.update(reason=Reason.DRIFT)
    with refuses(Conflict, "state"):
        push_decisions.retry(page, actor=acting(bob))


# --- first push -------------------------------------------------------------------------------


@pytest.fixture
def kept_here(workspace: Workspace, alice: User, bob: User) -> Assistant:
    """Live before the workspace had a connection."""
    return make_assistant(workspace, author=alice, reviewer=bob)


def test_what_was_kept_here_is_pushed_when_someone_says_so(
    alice: User, dora: User, up: Upstream
) -> None:
    free = make_workspace("Alone", approvals=0)
    make_member(free, alice, "publisher")
    make_member(free, dora, "admin")
    assistant = make_assistant(free, author=alice, reviewer=alice)
    with refuses(Conflict, "state"):
        push_decisions.first_push(assistant, actor=acting(alice))
    make_connection(free, dora, up)
    now = Assistant.objects.get(pk=assistant.pk)
    with tells("push.asked"):
        push_decisions.first_push(now, actor=acting(alice))
    with refuses(Conflict, "state"):
        push_decisions.first_push(now, actor=acting(alice))
    assert push(now).state == State.IDLE
    assert there(up)["name"] == "Onboarding"


def test_what_was_approved_for_here_only_is_not_sent_anywhere(
    kept_here: Assistant, workspace: Workspace, dora: User, bob: User, up: Upstream
) -> None:
    make_connection(workspace, dora, up)
    now = Assistant.objects.get(pk=kept_here.pk)
    with refuses(Conflict, "approvals"):
        push_decisions.first_push(now, actor=acting(bob))


def test_what_is_not_live_is_not_pushed(
    kept_here: Assistant, workspace: Workspace, dora: User, bob: User, up: Upstream
) -> None:
    make_connection(workspace, dora, up)
    assistants.archive(kept_here, actor=acting(bob))
    now = Assistant.objects.get(pk=kept_here.pk)
    with refuses(Conflict, "state"):
        push_decisions.first_push(now, actor=acting(bob))


# --- who --------------------------------------------------------------------------------------


@pytest.mark.parametrize("roles", [(), ("viewer",), ("editor",), ("reviewer",), ("auditor",)])
def test_only_who_may_push_decides(
    drifted: PushOrder, workspace: Workspace, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    shown = _theirs(drifted).digest
    for attempt in (
        lambda: push_decisions.keep_ours(drifted, actor=acting(carol), digest=shown),
        lambda: push_decisions.retry(drifted, actor=acting(carol)),
        lambda: push_decisions.first_push(drifted.assistant, actor=acting(carol)),
    ):
        with refuses(NotAllowed):
            attempt()


def test_what_was_kept_is_the_text_that_was_shown(drifted: PushOrder) -> None:
    theirs = _theirs(drifted)
    assert theirs.digest == contract.fingerprint(theirs.document())
    assert make_due(drifted.assistant).reason == Reason.DRIFT
