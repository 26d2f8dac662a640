"""A push that finds no free line to its server waits, and nothing is in doubt for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.models import Assistant, PushAttempt, PushOrder
from assistants_app.sync import turns
from tests.actions.pushed import calls, order_of, push, there
from tests.actions.told import tells

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State = PushOrder.State


class _Busy(threading.Semaphore):
    """Free so many times, then not any more."""

    def __init__(self, times: int) -> None:
        super().__init__(0)
        self.times = times

    def acquire(self, *_: Any, **__: Any) -> bool:
        self.times -= 1
        return self.times >= 0


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Callable[[Assistant, int], None]:
    """Say how often the server of an assistant still has a free line."""

    def leave(assistant: Assistant, times: int) -> None:
        monkeypatch.setitem(turns._free, order_of(assistant).connection_id, _Busy(times))

    return leave


def _waits(order: PushOrder, attempts: int = 0) -> None:
    assert (order.state, order.message) == (State.WAITING, "Waiting for its turn.")
    assert (order.attempts, order.lease_until) == (attempts, None)


Lines = "Callable[[Assistant, int], None]"


def test_a_create_waits_before_it_looks(published: Assistant, up: Upstream, lines: Lines) -> None:
    lines(published, 0)
    _waits(push(published))
    assert calls(up) == []
    lines(published, 3)
    assert push(published).state == State.IDLE


def test_an_update_waits_before_it_reads(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant], lines: Lines
) -> None:
    publish(pushed, name="Second")
    before = len(up.requests)
    lines(pushed, 0)
    _waits(push(pushed))
    assert calls(up, before) == []
    lines(pushed, 3)
    assert push(pushed).state == State.IDLE
    assert there(up)["name"] == "Second"


def test_a_write_waits_before_it_is_announced(
    pushed: Assistant, up: Upstream, publish: Callable[..., Assistant], lines: Lines
) -> None:
    """Nothing is in doubt then: no attempt was noted and no byte left."""
    publish(pushed, name="Second")
    before = len(up.requests)
    lines(pushed, 1)
    _waits(push(pushed))
    assert calls(up, before) == ["GET /assistants/ID"]
    assert PushAttempt.objects.count() == 1
    lines(pushed, 3)
    assert push(pushed).state == State.IDLE


def test_what_was_answered_is_put_down_where_it_cannot_be_read_back(
    pushed: Assistant, publish: Callable[..., Assistant], lines: Lines
) -> None:
    publish(pushed, name="Second")
    lines(pushed, 2)
    order = push(pushed)
    _waits(order)
    assert [row.outcome for row in PushAttempt.objects.order_by("n")] == ["done", "done"]
    lines(pushed, 1)
    with tells("assistant.pushed") as entries:
        assert push(pushed).state == State.IDLE
    assert [entry.outcome for entry in entries] == ["found"]
    assert order_of(pushed).pushed_version == order.desired_version
