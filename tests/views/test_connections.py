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
from tests.views.connecting import data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from assistants_app.models import User, Workspace


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


def test_an_address_must_be_allowed(
    client: Client, dora: User, upstream: Upstream, where: str
) -> None:
    client.force_login(dora)
    response = client.post(where, data(upstream))
    assert response.status_code == 422
    said = response.context["form"].errors["base_url"][0]
    assert said.startswith("Not on the list of allowed addresses.")
    assert said.endswith(f"python manage.py allow_origin {upstream.url.removesuffix('/v1')}")
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


# --- extra headers, pace, moves -------------------------------------------------------------------


@pytest.fixture
def connected(workspace: Workspace, dora: User, upstream: Upstream, client: Client) -> Connection:
    client.force_login(dora)
    return builders.make_connection(workspace, dora, upstream)


def header(n: int, name: str, value: str = "", **more: str) -> dict[str, str]:
    return {f"header_name_{n}": name, f"header_value_{n}": value, **more}


def test_a_header_is_written_and_never_shown(
    client: Client, connected: Connection, upstream: Upstream, where: str
) -> None:
    sent = data(upstream, key="", **header(0, "X-Team", "care-0123456789"))
    assert client.post(where, sent).status_code == 303
    text = client.get(where).content.decode()
    assert "X-Team" in text
    assert "…6789" in text
    assert "care-0123456789" not in text
    client.post(where, data(upstream, key="", **header(0, "X-Team", "")))
    (kept,) = Connection.objects.get().extra_headers
    assert kept.value.reveal() == "care-0123456789"
    client.post(where, data(upstream, key="", **header(0, "X-Team", "", header_drop_0="on")))
    assert Connection.objects.get().extra_headers == []


@pytest.mark.parametrize(
    ("field", "row"),
    [
        ("header_name_0", header(0, "Authorization", "x")),
        ("header_name_0", header(0, "a b", "x")),
        ("header_name_0", header(0, "", "x")),
        ("header_value_0", header(0, "X-Team", "")),
        ("header_value_0", header(0, "X-Team", "li\nne")),
        ("header_value_1", header(1, "X-Team", "tab\there")),
    ],
)
def test_what_is_wrong_with_a_header_stands_at_its_field(
    client: Client,
    connected: Connection,
    upstream: Upstream,
    where: str,
    field: str,
    row: dict[str, str],
) -> None:
    response = client.post(where, data(upstream, key="", **row))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert "li\nne" not in response.content.decode()


def test_a_header_of_another_server_is_asked_for_again(
    client: Client, connected: Connection, upstream: Upstream, where: str
) -> None:
    client.post(where, data(upstream, key="", **header(0, "X-Team", "care-0123456789")))
    with Upstream() as other:
        connections.allow_origin(other.url, actor=builders.COMMAND, private=True)
        response = client.post(where, data(other, **header(0, "X-Team", "")))
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["header_value_0"]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("rate", {"rate": "0"}),
        ("rate", {"rate": "nan"}),
        ("rate", {"rate": "5,5"}),
        ("rate", {"rate": ""}),
        ("check_every", {"check_every": "7"}),
        ("profile", {"profile": "nonsense"}),
        ("api_version", {"profile": "azure-openai", "auth": "api-key", "api_version": "a b"}),
        ("auth", {"profile": "azure-openai", "auth": "basic"}),
    ],
)
def test_what_is_wrong_with_a_setting_stands_at_its_field(
    client: Client,
    connected: Connection,
    upstream: Upstream,
    where: str,
    field: str,
    given: dict[str, str],
) -> None:
    response = client.post(where, data(upstream, key="", **given))
    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_azure_is_a_choice_with_its_own_fields(
    client: Client, connected: Connection, upstream: Upstream, where: str
) -> None:
    sent = data(upstream, profile="azure-openai", auth="api-key", api_version="2024-05-01-preview")
    assert client.post(where, sent).status_code == 303
    row = Connection.objects.get()
    assert (row.auth, row.api_version) == ("api-key", "2024-05-01-preview")
    assert "api-version 2024-05-01-preview" in client.get(where).content.decode()


def test_a_secret_is_not_kept_while_someone_signs_in_again(
    client: Client, connected: Connection, upstream: Upstream, where: str
) -> None:
    session = client.session
    session["signed_in_at"] = 0
    session.save()
    sent = data(upstream, **header(0, "X-Team", "care-0123456789"))
    assert client.post(where, sent).status_code == 303
    kept = str(dict(client.session))
    assert "X-Team" in kept
    assert "care-0123456789" not in kept
    assert upstream.key not in kept
    assert Connection.objects.get().extra_headers == []


# --- connected later ------------------------------------------------------------------------------


def test_who_connects_later_is_told_what_a_first_push_takes(
    client: Client,
    workspace: Workspace,
    dora: User,
    alice: User,
    bob: User,
    upstream: Upstream,
    where: str,
) -> None:
    assistant = builders.make_assistant(workspace, author=alice, reviewer=bob)
    builders.make_connection(workspace, dora, upstream)
    client.force_login(dora)
    text = client.get(where).content.decode()
    assert "1 live assistant was approved before there was this connection." in text
    client.force_login(alice)
    page = reverse("assistant", args=[assistant.pk])
    assert "Begin that change" in client.get(page).content.decode()
    began = client.post(reverse("change_open", args=[assistant.pk]))
    change = assistant.changes.open().get()
    submit = reverse("change_submit", args=[change.pk])
    assert began.headers["Location"] == reverse("change", args=[change.pk])
    text = client.get(submit).content.decode()
    assert "earlier approvals hold for another server" in text
    host = Connection.objects.get().host
    assert client.get(submit).context["form"].initial["title"] == f"Send it to {host}"
    assert client.post(submit, {"title": "Send it there", "why": ""}).status_code == 303
    change.refresh_from_db()
    assert change.state == "in_review"
    assert "Begin that change" not in client.get(page).content.decode()
