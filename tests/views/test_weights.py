"""What pages weigh as they leave, compressed (ux.md section 13)."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from django.urls import reverse

from tests import builders

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
