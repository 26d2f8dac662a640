"""Copying tools from another assistant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app import contract
from assistants_app.contract import tool_keys
from assistants_app.models import Assistant, Change
from tests import builders
from tests.views.editor import url

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

ODD = '{"type":"mcp","z":1.50,"a":null}'


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


LISTED = [function("get_order"), contract.parse(ODD), function("refund")]
KEYS = tool_keys.keys_for(LISTED)


@pytest.fixture
def source(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return builders.make_assistant(workspace, author=alice, reviewer=bob, name="Shop", tools=LISTED)


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, tools=[function("get_order")])


def where(change: Change) -> str:
    return reverse("tool_copy", args=[change.pk])


def take(client: Client, change: Change, source: Assistant, *keys: str) -> HttpResponse:
    return client.post(where(change), {"from": source.pk, "tool": keys})


def held(change: Change) -> str:
    return contract.dumps(Change.objects.get(pk=change.pk).tools)


def test_assistants_are_found_by_name(editing: Client, draft: Change, source: Assistant) -> None:
    text = editing.get(where(draft)).content.decode()
    assert "Shop" in text
    assert "get_order, mcp, refund" in text
    assert "Shop" in editing.get(where(draft) + "?q=sho").content.decode()
    assert "Nothing matches" in editing.get(where(draft) + "?q=nonsense%00").content.decode()
    assert where(draft) in editing.get(url(draft)).content.decode()


def test_what_is_ticked_is_copied_as_it_is(
    editing: Client, draft: Change, source: Assistant
) -> None:
    page = editing.get(f"{where(draft)}?from={source.pk}").content.decode()
    assert page.count("The name is in use here") == 1
    response = take(editing, draft, source, KEYS[0], KEYS[1])
    assert response.status_code == 303
    assert held(draft) == (
        '[{"type":"function","function":{"name":"get_order"}},'
        '{"type":"function","function":{"name":"get_order_2"}},' + ODD + "]"
    )


def test_nothing_ticked_and_something_gone(
    editing: Client, draft: Change, source: Assistant
) -> None:
    assert take(editing, draft, source).status_code == 422
    answer = take(editing, draft, source, KEYS[2], "nonsense")
    assert answer.status_code == 409
    assert answer.content.decode().count(" checked>") == 1
    assert "refund" not in held(draft)


def test_of_what_one_may_not_read_nothing_is_copied(
    client: Client, carol: User, source: Assistant, draft: Change
) -> None:
    elsewhere = builders.make_workspace("Elsewhere")
    builders.make_member(elsewhere, carol, "editor")
    own = builders.make_change(elsewhere, carol)
    client.force_login(carol)
    assert "Shop" not in client.get(where(own)).content.decode()
    assert take(client, own, source, KEYS[0]).status_code == 404
    assert client.get(where(draft)).status_code == 404


def test_who_may_and_how(client: Client, draft: Change, workspace: Workspace) -> None:
    assert client.get(where(draft)).headers["Location"].startswith(reverse("account_login"))
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert client.get(where(draft)).status_code == 403
    assert client.put(where(draft)).status_code == 405


def test_queries_are_the_same_for_1_and_4(
    editing: Client, workspace: Workspace, draft: Change, source: Assistant, alice: User, bob: User
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            editing.get(where(draft))
        return len(found)

    cost()
    one = cost()
    for _ in range(3):
        builders.make_assistant(workspace, author=alice, reviewer=bob, tools=LISTED)
    assert cost() == one
