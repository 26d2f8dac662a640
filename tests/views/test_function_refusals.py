"""A function that the server refused: from the sync page to its row, the words and the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import tools
from assistants_app.contract import tool_keys
from assistants_app.models import Change, PushOrder
from tests import builders
from tests.actions.pushed import push

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import Assistant, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
SCHEMA = """{"type":"object","properties":{"a":{"type":"object","properties":{"x":{"type":"string",
"default":"1"}},"required":[]}},"required":["a"]}""".replace("\n", "")
OTHER = {"type": "function", "function": {"name": "other"}}
OF_F = "Invalid schema for function 'f': In context="
CASES = [
    (
        f"{OF_F}('properties', 'a'), 'additionalProperties' is required to be supplied and to be"
        " false.",
        "tools[1].parameters",
        "additional",
        "%2Fproperties%2Fa",
    ),
    (
        f"{OF_F}('properties', 'a'), 'required' is required to be supplied and to be an array"
        " including every key in properties. Missing 'x'.",
        "tools[1].function.parameters",
        "required",
        "%2Fproperties%2Fa",
    ),
    (
        f"{OF_F}('properties', 'a', 'properties', 'x'), 'default' is not permitted.",
        None,
        "exact",
        "%2Fproperties%2Fa%2Fproperties%2Fx",
    ),
]


@pytest.fixture
def live(workspace: Workspace, alice: User, bob: User, upstream: Upstream) -> Assistant:
    """Live here, and never pushed."""
    assert not upstream.assistants
    function = {"name": "f", "parameters": contract.parse(SCHEMA)}
    held = [OTHER, {"type": "function", "function": function}]
    return builders.make_assistant(workspace, author=alice, reviewer=bob, tools=held)


@pytest.mark.parametrize(("message", "param", "rule", "row"), CASES)
def test_a_refusal_leads_to_the_open_row_and_its_fix(
    client: Client,
    alice: User,
    upstream: Upstream,
    live: Assistant,
    message: str,
    param: str | None,
    rule: str,
    row: str,
) -> None:
    error = {"message": message, "param": param, "type": "invalid_request_error"}
    upstream.on("POST", "/assistants", apply="never", answer=(400, {}, {"error": error}))
    order = push(live)
    assert order.reason == PushOrder.Reason.REFUSED
    client.force_login(alice)
    pressed = client.post(reverse("change_open", args=[live.pk]), {"param": order.param})
    assert f"edit={row}" in pressed["Location"]
    page = client.get(pressed["Location"])
    assert [one.form is not None for one in page.context["shown"].rows].count(True) == 1
    line = page.context["checks"].lines[0]
    assert "The server refused this" in line.text
    assert message in line.detail
    assert (line.rule, row in line.url) == (rule, True)
    _mend(client, live, rule)
    after = client.get(pressed["Location"]).context["checks"].lines
    assert [one for one in after if "The server refused this" in one.text] == []


def _mend(client: Client, live: Assistant, rule: str) -> None:
    change = Change.objects.get(assistant=live, closed_at=None, state="draft")
    held = tools.rows(change)[1]
    url = reverse("tool_fix", args=[change.pk, held.key])
    data: dict[str, Any] = {"rule": rule, "fp": tool_keys.fingerprint(held.tool)}
    assert client.post(url, data).status_code == 200


def test_a_refusal_is_told_of_no_other_function(
    client: Client, alice: User, upstream: Upstream, live: Assistant
) -> None:
    error = {"message": CASES[0][0], "param": CASES[0][1]}
    upstream.on("POST", "/assistants", apply="never", answer=(400, {}, {"error": error}))
    push(live)
    client.force_login(alice)
    change = builders.make_change(live, alice)
    page = client.get(reverse("tool", args=[change.pk, tools.rows(change)[0].key]))
    assert "The server refused this" not in page.content.decode()
