"""Pushing in tests: make an order due, push it, look at what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models.functions import Now

from assistants_app.actions import pushing
from assistants_app.models import Assistant, ConnectionHealth, PushOrder, UpstreamCopy

if TYPE_CHECKING:
    from assistants_app import contract
    from tests.upstream import Upstream


def order_of(assistant: Assistant) -> PushOrder:
    return PushOrder.objects.select_related("desired_version").get(assistant=assistant)


def make_due(assistant: Assistant) -> PushOrder:
    """Whatever the order waits for has passed; the clock that counts is the database's."""
    earlier = Now() - timedelta(seconds=1)
    order = PushOrder.objects.filter(assistant=assistant)
    order.update(not_before=earlier)
    order.exclude(check_again_at=None).update(check_again_at=earlier)
    ConnectionHealth.objects.update(retry_not_before=None)
    tripped = ConnectionHealth.objects.filter(state=ConnectionHealth.State.UNREACHABLE)
    tripped.update(state=ConnectionHealth.State.OPEN, failures=0, open_until=None)
    return order_of(assistant)


def push(assistant: Assistant) -> PushOrder:
    """One claim, once it is due."""
    order = make_due(assistant)
    assert pushing.push(order.pk, owner="test"), (order.state, order.reason)
    return order_of(assistant)


def settle(assistant: Assistant, *, tries: int = 6) -> PushOrder:
    """Claims until there is nothing left to claim."""
    for _ in range(tries):
        if not pushing.push(make_due(assistant).pk, owner="test"):
            return order_of(assistant)
    raise AssertionError(f"It does not come to rest: {vars(order_of(assistant))}")


def calls(up: Upstream, since: int = 0) -> list[str]:
    """Method and path of each request, ids cut."""
    return [
        f"{request.method} {'/assistants/ID' if request.path.count('/') > 1 else request.path}"
        for request in up.requests[since:]
    ]


def there(up: Upstream) -> dict[str, object]:
    """The one assistant that upstream holds."""
    assert len(up.assistants) == 1, list(up.assistants)
    return next(iter(up.assistants.values()))


def kept(assistant: Assistant, kind: UpstreamCopy.Kind) -> contract.Document | None:
    """What was last seen upstream, of this kind."""
    copy = UpstreamCopy.objects.filter(assistant=assistant, kind=kind).first()
    return copy.document() if copy else None
