"""The connection page: another address, another server, none any more, and what it can do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import connections
from assistants_app.models import Assistant, AuditEntry, Connection, PushOrder
from assistants_app.runner import Runner
from tests import builders
from tests.upstream import Upstream
from tests.views.connecting import data

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace


@pytest.fixture
def connected(upstream: Upstream, dora: User, client: Client) -> Connection:
    client.force_login(dora)
    return Connection.objects.get()


# --- leaving --------------------------------------------------------------------------------------


@pytest.fixture
def leaving(workspace: Workspace) -> str:
    return reverse("workspace_connection_remove", args=[workspace.slug])


def test_leaving_names_what_follows_and_takes_the_name(
    client: Client, linked: Assistant, workspace: Workspace, leaving: str
) -> None:
    text = client.get(leaving).content.decode()
    assert "1 assistant becomes" in text
    response = client.post(leaving, {"name": "no"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["name"]
    assert client.post(leaving, {"name": workspace.name}).status_code == 303
    assert not Connection.objects.exists()
    assert client.get(leaving).status_code == 303


def test_leaving_waits_for_what_is_on_its_way(
    client: Client, linked: Assistant, workspace: Workspace, leaving: str
) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    PushOrder.objects.update(lease_until=soon)
    response = client.post(leaving, {"name": workspace.name})
    assert response.status_code == 422
    assert "1 push is on the way" in response.content.decode()
    assert Connection.objects.exists()


def test_only_an_admin_leaves(client: Client, alice: User, linked: Assistant, leaving: str) -> None:
    client.force_login(alice)
    assert client.get(leaving).status_code == 403
    assert client.post(leaving, {"name": "x"}).status_code == 403


def test_a_server_that_ended_is_told_with_its_ways_out(
    client: Client, connected: Connection, upstream: Upstream, where: str, leaving: str
) -> None:
    upstream.on("GET", "/assistants", times=9, answer=(410, {}, "gone"))
    client.post(reverse("workspace_connection_test", args=[connected.workspace.slug]))
    Runner(hands=0).tick()
    text = client.get(where).content.decode()
    assert "This server no longer offers assistants." in text
    slug = connected.workspace.slug
    ways = (where + "#conn-h", leaving, f"{reverse('assistant_list')}?workspace={slug}")
    for way in (*ways, f"{reverse('import')}?workspace={slug}#import-file-h"):
        assert f'<a class="btn sm" href="{way}">' in text


def test_what_the_server_can_do_is_shown_as_far_as_it_was_seen(
    client: Client, connected: Connection, upstream: Upstream, where: str
) -> None:
    upstream.add()
    client.post(reverse("workspace_connection_test", args=[connected.workspace.slug]))
    Runner(hands=0).tick()
    told = {what: answer for what, _, answer in client.get(where).context["abilities"]}
    assert told["Show a single assistant"] == "Yes"
    assert told["Change an assistant"] == "Not seen yet"
    assert told["Models"] == "1 listed"


@pytest.fixture
def linked(connected: Connection, alice: User, bob: User) -> Assistant:
    assistant = builders.make_assistant(connected.workspace, author=alice, reviewer=bob)
    Runner(hands=0).tick()
    return Assistant.objects.exclude(upstream_id=None).get(pk=assistant.pk)


def test_another_address_asks_what_it_means(client: Client, linked: Assistant, where: str) -> None:
    with Upstream() as other:
        connections.allow_origin(other.url, actor=builders.COMMAND, private=True)
        response = client.post(where, data(other))
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["moved"]
        assert client.post(where, data(other, moved="same")).status_code == 303
    text = client.get(where).content.decode()
    assert "Pushing is paused: the address was changed." in text


def test_an_address_without_links_asks_nothing(
    client: Client, connected: Connection, where: str
) -> None:
    assert "moved" not in client.get(where).context["form"].fields


def test_an_approval_that_does_not_fit_is_told_once(
    client: Client, linked: Assistant, where: str
) -> None:
    with Upstream() as other:
        connections.allow_origin(other.url, actor=builders.COMMAND, private=True)
        assert client.post(where, data(other, moved="other")).status_code == 303
    text = client.get(reverse("assistant", args=[linked.pk])).content.decode()
    assert "Begin that change" in text
    assert "Push failed." not in text
    entry = AuditEntry.objects.filter(action="connection.set").first()
    assert entry is not None
    told = client.get(reverse("audit_entry", args=[entry.seq])).content.decode()
    for words in ("Another service", "Links set aside", "Address"):
        assert words in told
