"""What pages weigh as they leave, compressed (ux.md section 13)."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tests import builders
from tests.bench.contract_bench import document

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

MOST = 60_000  # bytes


def weight(client: Client, url: str) -> int:
    response = client.get(url)
    assert response.status_code == 200
    return len(gzip.compress(response.content, 6))


def test_a_full_list_is_light(client: Client, workspace: Workspace, alice: User, bob: User) -> None:
    row = builders.make_assistant(workspace, author=alice, reviewer=bob, description="x y " * 100)
    builders.make_copies(row, 99)
    client.force_login(alice)
    url = f"{reverse('assistant_list')}?workspace={workspace.slug}&limit=100"
    assert client.get(url).content.count(b'class="name"') == 100
    assert weight(client, url) <= MOST


def test_an_editor_with_128_functions_is_light(
    client: Client, workspace: Workspace, alice: User
) -> None:
    function = {"parameters": {"type": "object", "properties": {"id": {"type": "string"}}}}
    tools = [{"type": "function", "function": {"name": f"f{n}", **function}} for n in range(128)]
    change = builders.make_change(workspace, alice, tools=tools)
    client.force_login(alice)
    assert weight(client, reverse("change", args=[change.pk])) <= MOST


@pytest.mark.parametrize("query", ["", "?edit=/properties/next", "?view=json"])
def test_the_page_of_one_function_among_128_is_light(
    client: Client, workspace: Workspace, alice: User, query: str
) -> None:
    tools = document(128, 5)["tools"]
    function = tools[0]["function"]
    inputs = function["parameters"]["properties"]
    inputs |= {f"more_{n}": {"type": "string", "description": f"Input {n}"} for n in range(100)}
    change = builders.make_change(workspace, alice, tools=tools)
    client.force_login(alice)
    key = change.keyed_tools()[0][0]
    assert weight(client, reverse("tool", args=[change.pk, key]) + query) <= MOST


def test_the_page_of_a_reply_with_many_fields_is_light(
    client: Client, workspace: Workspace, alice: User
) -> None:
    inputs = {f"more_{n}": {"type": "string", "description": f"Field {n}"} for n in range(100)}
    held = {"name": "r", "strict": True, "schema": {"type": "object", "properties": inputs}}
    change = builders.make_change(
        workspace, alice, response_format={"type": "json_schema", "json_schema": held}
    )
    client.force_login(alice)
    assert weight(client, reverse("reply_fields", args=[change.pk])) <= MOST
