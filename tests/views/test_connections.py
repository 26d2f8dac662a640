"""The connection page: address, key, test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import connections
from assistants_app.models import AuditEntry, Connection, Job
from assistants_app.runner import Runner
from tests import builders
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from assistants_app.models import User, Workspace


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture
def where(workspace: Workspace) -> str:
    return reverse("workspace_connection", args=[workspace.slug])


def data(upstream: Upstream, **more: str) -> dict[str, str]:
    usual = {
        "profile": "openai-compatible",
        "base_url": upstream.url,
        "key": upstream.key,
        "rate": "5",
        "check_every": "600",
    }
    return usual | more


def test_an_address_must_be_allowed(
    client: Client, dora: User, upstream: Upstream, where: str
) -> None:
    client.force_login(dora)
    response = client.post(where, data(upstream))
    assert response.status_code == 422
    assert "Not on the list of allowed addresses." in response.content.decode()
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254",
        "http://[::1]",
        "http://0177.0.0.1",
        "file:///etc/passwd",
        "http://user@host/v1",
        "http://host/v1#x",
        "nonsense",
        "",
    ],
)
def test_odd_addresses_are_refused_on_their_field(
    client: Client, dora: User, upstream: Upstream, where: str, address: str
) -> None:
    client.force_login(dora)
    response = client.post(where, data(upstream, base_url=address))
    assert response.status_code == 422
    assert response.context["form"].errors["base_url"]
    assert not Connection.objects.exists()


def test_connecting_tests_at_once_and_shows_what_it_finds(
    client: Client, dora: User, workspace: Workspace, upstream: Upstream, where: str
) -> None:
    connections.allow_origin(upstream.url, actor=builders.COMMAND, private=True)
    client.force_login(dora)
    assert client.post(where, data(upstream)).status_code == 303
    Runner(hands=0).tick()
    text = client.get(where).content.decode()
    assert "Reached the server" in text
    assert "Key accepted" in text
    assert f"…{upstream.key[-4:]}" in text
    assert upstream.key not in text
    assert not any(upstream.key in entry.body for entry in AuditEntry.objects.all())


def test_a_wrong_key_is_a_plain_finding(
    client: Client, dora: User, workspace: Workspace, upstream: Upstream, where: str
) -> None:
    connections.allow_origin(upstream.url, actor=builders.COMMAND, private=True)
    client.force_login(dora)
    client.post(where, data(upstream, key="sk-wrong-key"))
    Runner(hands=0).tick()
    text = client.get(where).content.decode()
    assert "The key is not accepted." in text
    assert "sk-wrong-key" not in text


def test_a_key_with_a_line_break_is_told_without_echo(
    client: Client, dora: User, upstream: Upstream, where: str
) -> None:
    connections.allow_origin(upstream.url, actor=builders.COMMAND, private=True)
    client.force_login(dora)
    response = client.post(where, data(upstream, key="sk-1234\nabcd"))
    assert response.status_code == 422
    assert "Contains a line break at position 8." in response.content.decode()
    assert "sk-1234" not in response.content.decode()


def test_an_empty_key_keeps_the_present_one(
    client: Client, dora: User, workspace: Workspace, upstream: Upstream, where: str
) -> None:
    connections.allow_origin(upstream.url, actor=builders.COMMAND, private=True)
    client.force_login(dora)
    client.post(where, data(upstream))
    client.post(where, data(upstream, key="", project="proj_1"))
    row = Connection.objects.get()
    assert row.key.reveal() == upstream.key
    assert row.project == "proj_1"


def test_the_test_button_answers_a_part_that_polls(
    client: Client, dora: User, workspace: Workspace, upstream: Upstream
) -> None:
    builders.make_connection(workspace, dora, upstream)
    client.force_login(dora)
    url = reverse("workspace_connection_test", args=[workspace.slug])
    response = client.post(url, headers={"HX-Request": "true", "HX-Target": "test-result"})
    assert response.status_code == 202
    assert "every 1s" in response.content.decode()
    Runner(hands=0).tick()
    job = Job.objects.get()
    part = client.get(reverse("job", args=[job.pk]), headers={"HX-Request": "true"})
    assert part.status_code == 286
    assert "Reached the server" in part.content.decode()


def test_without_a_connection_there_is_nothing_to_test(
    client: Client, dora: User, workspace: Workspace
) -> None:
    client.force_login(dora)
    url = reverse("workspace_connection_test", args=[workspace.slug])
    assert client.post(url).status_code == 303
    assert not Job.objects.exists()
    assert client.get(url).status_code == 405


def test_an_editor_cannot_touch_it(
    client: Client, alice: User, workspace: Workspace, upstream: Upstream, where: str
) -> None:
    client.force_login(alice)
    assert client.post(where, data(upstream)).status_code == 403
    url = reverse("workspace_connection_test", args=[workspace.slug])
    assert client.post(url).status_code == 403
