"""Every refusal of contract.md section 4, walked: to its field, its words there, and the fix."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import changes
from assistants_app.contract import tool_keys
from assistants_app.models import Change, PushOrder
from tests import builders
from tests.actions.pushed import push
from tests.contract.refused import ADDITIONAL, IN_A, OF_F, OF_X, REQUIRED

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import Assistant, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
SCHEMA = """{"type":"object","properties":{"a":{"type":"object","properties":{"x":{"type":"string",
"default":"1"}},"required":[]},"either":{"anyOf":[{"type":"object"},{"type":"object"}]}},
"required":["a","either"]}""".replace("\n", "")
IN_X = "In context=('properties', 'a', 'properties', 'x'), "
ROW_A, ROW_X = "%2Fproperties%2Fa", "%2Fproperties%2Fa%2Fproperties%2Fx"
KEYS = "Objects provided via 'anyOf' must not share identical first keys"
LONG = "array too long. Expected an array with maximum length 128, but got an array with length 133"
MANY = "too many properties. Expected an object with at most 16 properties, but got an object with"

IN_ROWS = [  # message, param, the row that opens, the fix that is offered
    (OF_X + IN_A + ADDITIONAL, "response_format", ROW_A, "additional"),
    (OF_X + IN_A + REQUIRED + "Missing 'x'.", "text.format.schema", ROW_A, "required"),
    (OF_X + IN_X + "'default' is not permitted.", None, ROW_X, "exact"),
    (OF_X + KEYS, "response_format", "", ""),
    (OF_X + "144 parameters exceed the limit of 100", None, "", ""),
    (OF_F + "12 levels of nesting exceeds limit of 10.", "tools[0].function.parameters", "", ""),
    (OF_F + KEYS, "tools[0].parameters", "", ""),
    (KEYS, "tools[0]", "", ""),
    (OF_F + IN_A + ADDITIONAL, "tools[22].parameters", ROW_A, "additional"),
]
ON_FIELDS = [  # message, param, the field
    (f"Invalid 'tools': {LONG} instead.", "tools", "tools"),
    (f"Invalid 'metadata': {MANY} 17 properties instead.", "metadata", "metadata"),
    (
        "Unsupported value: 'reasoning_effort' does not support 'low' with this model.",
        None,
        "reasoning_effort",
    ),
    (
        "Unsupported parameter: 'temperature' is not supported with this model.",
        "temperature",
        "temperature",
    ),
    (
        "'response_format' of type 'json_schema' is not supported with model version gpt-4.",
        None,
        "response_format",
    ),
    ("Missing required parameter: 'model'.", None, "model"),
    (
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
        "'json_object'.",
        "messages",
        "instructions",
    ),
]


@pytest.fixture
def live(workspace: Workspace, alice: User, bob: User, upstream: Upstream) -> Assistant:
    """Live here, and never pushed."""
    assert not upstream.assistants
    schema = contract.parse(SCHEMA)
    return builders.make_assistant(
        workspace,
        author=alice,
        reviewer=bob,
        model="own-model",
        temperature=0.5,
        reasoning_effort="low",
        metadata={"team": "a"},
        tools=[{"type": "function", "function": {"name": "f", "parameters": schema}}],
        response_format={"type": "json_schema", "json_schema": {"name": "X", "schema": schema}},
    )


def refuse(upstream: Upstream, live: Assistant, message: str, param: str | None) -> PushOrder:
    error = {"message": message, "param": param, "type": "invalid_request_error", "code": None}
    upstream.on("POST", "/assistants", apply="never", answer=(400, {}, {"error": error}))
    order = push(live)
    assert order.reason == PushOrder.Reason.REFUSED
    return order


def opened(client: Client, live: Assistant, order: PushOrder) -> tuple[str, HttpResponse]:
    """From *Fix it* on the sync page."""
    address = client.post(reverse("change_open", args=[live.pk]), {"param": order.param})[
        "Location"
    ]
    return address, client.get(address)


@pytest.mark.parametrize(("message", "param", "row", "rule"), IN_ROWS)
def test_a_schema_that_is_refused_opens_at_its_row_with_its_fix(
    client: Client,
    alice: User,
    upstream: Upstream,
    live: Assistant,
    message: str,
    param: str | None,
    row: str,
    rule: str,
) -> None:
    order = refuse(upstream, live, message, param)
    client.force_login(alice)
    address, page = opened(client, live, order)
    change = Change.objects.get(assistant=live, closed_at=None, state="draft")
    is_reply = message.startswith(OF_X)
    assert (reverse("reply_fields", args=[change.pk]) in address) == is_reply
    assert f"?edit={row}#" in address if row else address.endswith("#h-i")
    open_rows = [one for one in page.context["shown"].rows if one.form is not None]
    assert len(open_rows) == (1 if row else 0)
    line = page.context["checks"].lines[0]
    assert "The server refused this" in line.text
    assert message in f"{line.text} {line.detail}"
    assert line.rule == rule
    if rule:
        _mend(client, change, rule, is_reply=is_reply)
        after = client.get(address).context["checks"].lines
        assert [one for one in after if "The server refused this" in one.text] == []


def _mend(client: Client, change: Change, rule: str, *, is_reply: bool) -> None:
    if is_reply:
        url, holder = reverse("reply_fix", args=[change.pk]), change.response_format
    else:
        key, holder = change.keyed_tools()[0]
        url = reverse("tool_fix", args=[change.pk, key])
    data: dict[str, Any] = {"rule": rule, "fp": tool_keys.fingerprint(holder)}
    assert client.post(url, data).status_code == 200


@pytest.mark.parametrize(("message", "param", "field"), ON_FIELDS)
def test_another_field_that_is_refused_is_named_with_the_words_until_it_is_another_text(
    client: Client,
    alice: User,
    upstream: Upstream,
    live: Assistant,
    message: str,
    param: str | None,
    field: str,
) -> None:
    order = refuse(upstream, live, message, param)
    client.force_login(alice)
    address, page = opened(client, live, order)
    assert address.endswith(f"#id_{field}")
    first = page.context["checked"].findings[0]
    assert (first.field, first.level, first.url) == (field, "warning", address)
    assert "The server refused this" in first.message
    assert message in first.message
    assert html.escape(first.message) in page.content.decode()
    change = Change.objects.get(assistant=live, closed_at=None, state="draft")
    values: dict[str, Any] = {
        "tools": None,
        "metadata": None,
        "reasoning_effort": None,
        "temperature": None,
        "response_format": None,
        "model": "another",
        "instructions": "Answer with JSON.",
    }
    changes.edit(
        change, actor=builders.acting(alice), lock=change.lock, values={field: values[field]}
    )
    told = client.get(address).context["checked"].findings
    assert [one for one in told if "The server refused this" in one.message] == []


def test_what_is_about_nothing_by_name_stands_first_and_leads_nowhere(
    client: Client, alice: User, upstream: Upstream, live: Assistant
) -> None:
    order = refuse(upstream, live, KEYS, None)
    client.force_login(alice)
    _address, page = opened(client, live, order)
    first = page.context["checked"].findings[0]
    assert (first.label, first.url) == ("All of it", "")
    assert KEYS in first.message


def test_what_was_said_of_one_model_is_not_said_of_another(
    client: Client, alice: User, upstream: Upstream, live: Assistant
) -> None:
    order = refuse(upstream, live, ON_FIELDS[3][0], "temperature")
    client.force_login(alice)
    opened(client, live, order)
    change = Change.objects.get(assistant=live, closed_at=None, state="draft")
    actor = builders.acting(alice)
    changes.edit(change, actor=actor, lock=change.lock, values={"model": "another"})
    told = client.get(reverse("change", args=[change.pk])).context["checked"].findings
    assert [one for one in told if "The server refused this" in one.message] == []
