"""A refused push: the message in our words where we have them, on the field that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.models import Connection, PushOrder
from assistants_app.models.connections import profile_of
from tests.actions.pushed import push
from tests.builders import make_assistant

if TYPE_CHECKING:
    from assistants_app.models import Assistant, User
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
SCHEMA = {"type": "object", "properties": {"a": {"type": "object"}}}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}]
STRICT = (
    "Invalid schema for function 'f': In context=('properties', 'a'), "
    "'additionalProperties' is required to be supplied and to be false."
)


def refused(up: Upstream, assistant: Assistant, error: dict[str, Any]) -> tuple[str, str]:
    """Param and message of the order after the server's refusal."""
    up.on("POST", "/assistants", apply="never", answer=(400, {}, {"error": error}))
    order = push(assistant)
    assert (order.state, order.reason) == (PushOrder.State.STOPPED, PushOrder.Reason.REFUSED)
    return order.param, order.message


@pytest.mark.parametrize(
    ("error", "param", "message"),
    [
        (
            {"message": STRICT, "param": "tools[0].parameters"},
            "tools[0].function.parameters.properties.a",
            "Following exactly needs this switched on.",
        ),
        (
            {"message": "Missing required parameter: 'name'.", "param": None},
            "name",
            "Required.",
        ),
        ({"message": "No more of these.", "param": "odd"}, "odd", "No more of these."),
        ({"message": "Something went wrong."}, "", "Something went wrong."),
    ],
)
def test_a_refusal_is_told_on_the_field_it_means(
    published: Assistant,
    alice: User,
    bob: User,
    up: Upstream,
    error: dict[str, Any],
    param: str,
    message: str,
) -> None:
    tools = contract.parse(contract.dumps(TOOLS))
    make_assistant(published, author=alice, reviewer=bob, tools=tools)
    assert refused(up, published, error) == (param, message)


def test_a_server_that_counts_by_the_old_numbers_is_remembered(
    published: Assistant, alice: User, bob: User, up: Upstream
) -> None:
    make_assistant(published, author=alice, reviewer=bob, name="Tutor")
    message = "Invalid schema for function 'f': 144 parameters exceed the limit of 100"
    refused(up, published, {"message": message, "param": "tools"})
    connection = Connection.objects.get()
    assert connection.health.learned["strict_limits"] == "old"
    assert profile_of(connection).strict_limits == "old"
