"""API tokens: shown once, listed, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.models import APIToken
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace


@pytest.fixture
def where(workspace: Workspace) -> str:
    return reverse("workspace_tokens", args=[workspace.slug])


GOOD = {"name": "Nightly export", "scopes": ["assistants:read"], "days": "30"}


def test_a_token_is_shown_once_and_works(client: Client, alice: User, where: str) -> None:
    client.force_login(alice)
    response = client.post(where, GOOD)
    secret = response.context["secret"]
    assert secret.startswith("asd_")
    assert secret in response.content.decode()
    assert secret not in client.get(where).content.decode()
    client.logout()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.get("/v1/assistants", headers=bearer).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"days": "0"}, "days"),
        ({"days": "366"}, "days"),
        ({"days": "x"}, "days"),
    ],
)
def test_bad_input_is_told_on_its_field(
    client: Client, alice: User, where: str, change: dict[str, object], field: str
) -> None:
    client.force_login(alice)
    response = client.post(where, GOOD | change)
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert not APIToken.objects.exists()


def test_revoking_ends_it_at_once(
    client: Client, workspace: Workspace, alice: User, where: str
) -> None:
    row, secret = builders.make_token(workspace, alice)
    client.force_login(alice)
    url = reverse("workspace_token_revoke", args=[workspace.slug, row.public_id])
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 303
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.get("/v1/assistants", headers=bearer).status_code == 401


def test_only_admins_see_and_revoke_those_of_others(
    client: Client, workspace: Workspace, alice: User, bob: User, dora: User, where: str
) -> None:
    row, _secret = builders.make_token(workspace, alice)
    url = reverse("workspace_token_revoke", args=[workspace.slug, row.public_id])
    client.force_login(bob)
    assert "Nightly export" not in client.get(where).content.decode()
    assert client.post(url).status_code == 403
    client.force_login(dora)
    assert "Nightly export" in client.get(where).content.decode()
    assert client.post(url).status_code == 303


def test_a_stranger_finds_nothing(client: Client, carol: User, where: str) -> None:
    client.force_login(carol)
    assert client.get(where).status_code == 404
    assert client.post(where, GOOD).status_code == 404


def test_signed_out_goes_to_sign_in(
    client: Client, workspace: Workspace, alice: User, where: str
) -> None:
    row, _secret = builders.make_token(workspace, alice)
    for url in (
        where,
        reverse("workspace_token_revoke", args=[workspace.slug, row.public_id]),
    ):
        assert client.post(url, GOOD)["Location"].startswith(reverse("account_login"))


def test_queries_do_not_grow_with_tokens(
    client: Client, workspace: Workspace, alice: User, dora: User, where: str
) -> None:
    client.force_login(dora)

    def ask() -> int:
        builders.make_token(workspace, alice)
        client.get(where)
        with CaptureQueriesContext(connection) as asked:
            client.get(where)
        return len(asked)

    few = ask()
    for _ in range(100):
        builders.make_token(workspace, alice)
    assert ask() == few <= 6
