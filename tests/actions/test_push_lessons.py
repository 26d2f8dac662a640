"""What pushes teach about a server: whether it takes null, and which fields it keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.actions import connection_lessons
from assistants_app.models import Assistant, Connection, ConnectionHealth, PushOrder
from assistants_app.models.connections import profile_of
from tests.actions.pushed import push, settle, there
from tests.builders import make_assistant

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason


def learned() -> dict[str, Any]:
    found = ConnectionHealth.objects.get().learned
    return found if isinstance(found, dict) else {}


def bodies(up: Upstream) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in up.writes()]


def test_a_server_that_refuses_null_gets_the_cleared_forms_and_the_push_arrives(
    pushed: Assistant, publish: Callable[..., Assistant], up: Upstream
) -> None:
    up.control({"profile": {"strict_nulls": True}})
    publish(pushed, name="Second")
    order = settle(pushed)
    assert (order.state, there(up)["name"]) == (State.IDLE, "Second")
    assert learned()["null_ok"] is False
    refused, taken = bodies(up)[-2:]
    assert refused["description"] is None
    assert taken["description"] == ""
    assert None not in taken.values()


def test_it_is_tried_once_and_what_is_refused_for_another_reason_stays_refused(
    pushed: Assistant, publish: Callable[..., Assistant], up: Upstream
) -> None:
    refusal = {"error": {"message": "null is not allowed here", "code": "bad"}}
    up.on("POST", "/assistants/", times=9, apply="never", answer=(400, {}, json.dumps(refusal)))
    publish(pushed, name="Second")
    order = settle(pushed)
    assert (order.state, order.reason) == (State.STOPPED, Reason.REFUSED)
    assert len(up.writes()) == 3  # the create, with nulls, without


def test_a_server_that_takes_null_is_known_for_it_from_the_first_update(
    pushed: Assistant, publish: Callable[..., Assistant], up: Upstream
) -> None:
    assert "null_ok" not in learned()
    publish(pushed, name="Second")
    push(pushed)
    assert (learned()["null_ok"], learned()["update"]) == (True, True)
    assert there(up)["name"] == "Second"


def test_a_field_that_never_comes_back_is_not_sent_any_more(
    pushed: Assistant, connected: Connection, publish: Callable[..., Assistant], up: Upstream
) -> None:
    up.control({"profile": {"drops": ["description"]}})
    publish(pushed, description="Kind.")
    assert push(pushed).notes == ["description"]
    assert learned()["keeps"] == {"description": False}
    assert "description" not in profile_of(Connection.objects.get(pk=connected.pk)).keeps
    publish(pushed, name="Second", description="Kind.")
    order = push(pushed)
    assert (order.state, order.notes) == (State.IDLE, ["description"])
    assert "description" not in bodies(up)[-1]


def test_a_server_that_strips_metadata_gets_no_mark_any_more(
    published: Assistant, workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    up.control({"profile": {"strips_metadata": True}})
    push(published)
    assert learned()["keeps"] == {"metadata": False}
    push(make_assistant(workspace, author=alice, reviewer=bob, name="Other"))
    first, second = bodies(up)
    assert "_dash" in first["metadata"]
    assert "metadata" not in second


def test_what_another_assistant_shows_there_is_kept_by_this_server(
    pushed: Assistant, workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    described = make_assistant(workspace, author=alice, reviewer=bob, description="Kept.")
    push(described)
    up.control({"profile": {"drops": ["description"]}})
    other = make_assistant(workspace, author=alice, reviewer=bob, description="Lost.")
    assert push(other).notes == ["description"]
    assert "keeps" not in learned()
    assert pushed.pk


def test_what_was_altered_or_depends_on_the_model_teaches_nothing(
    pushed: Assistant, publish: Callable[..., Assistant], up: Upstream
) -> None:
    up.control({"profile": {"drops": ["top_p"]}})
    publish(pushed, top_p=0.5)
    assert push(pushed).notes == ["top_p"]
    assert "keeps" not in learned()


def test_a_test_of_the_connection_lets_both_be_tried_again(
    pushed: Assistant, connected: Connection
) -> None:
    connection_lessons.learn(connected, {"null_ok": False, "keeps": {"name": False}})
    connection_lessons.try_again(connected)
    assert not {"null_ok", "keeps"} & set(learned())
    assert pushed.pk
