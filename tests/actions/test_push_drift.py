"""Push: what was changed or deleted upstream meanwhile stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import pushing
from assistants_app.models import (
    Assistant,
    PushOrder,
    UpstreamCopy,
)
from tests.actions.pushed import calls, kept, order_of, push, there
from tests.actions.told import tells
from tests.builders import make_assistant

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
Next = "Callable[..., Assistant]"


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
    theirs = kept(pushed, UpstreamCopy.Kind.THEIRS) or {}
    assert theirs["instructions"] == "By someone else."
    assert f'"after":"{contract.fingerprint(theirs)}"' in entries[0].body
    assert "someone else" not in entries[0].body
    base = kept(pushed, UpstreamCopy.Kind.BASE) or {}
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
    times = 2 if answer == "reset" else 1  # a read whose line breaks is asked once more
    up.on("GET", "/assistants", 3, times, answer=answer)  # two looks at the assistant come before
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
