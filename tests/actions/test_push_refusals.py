"""Push: what a refusal or a failure does to the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.actions import pushing
from assistants_app.models import (
    AllowedOrigin,
    Assistant,
    PushOrder,
)
from tests.actions.pushed import calls, make_due, order_of, push, settle
from tests.actions.told import tells

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import Connection
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
Next = "Callable[..., Assistant]"


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
