"""Passkeys without a browser: what arrives broken, and where they can work at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User

PARTS = {"clientDataJSON": "e30", "attestationObject": "oA", "authenticatorData": "AA"}
BROKEN = [
    "",
    "{",
    "null",
    "[]",
    "1",
    '"x"',
    "{}",
    "[" * 100_000,
    '{"rawId": ' + "9" * 5_000 + "}",
    '{"rawId": "AA", "rawId": "AB"}',
    "\0",
    "x" * 100_000,
    '{"response": []}',
    '{"rawId": 1, "response": {}}',
    '{"rawId": "AA", "response": {}}',
    '{"rawId": "é", "response": {"clientDataJSON": "é"}}',
    json.dumps({"rawId": "AA", "response": PARTS}),
    json.dumps({"rawId": "AA", "response": {**PARTS, "signature": "AA", "userHandle": "/w"}}),
    json.dumps({"rawId": "AA", "response": {**PARTS, "signature": "AA", "userHandle": "OTk"}}),
    json.dumps({"rawId": "AA", "response": PARTS, "clientExtensionResults": [1]}),
]


@pytest.mark.parametrize("credential", BROKEN)
def test_a_broken_credential_signs_nobody_in(client: Client, db: None, credential: str) -> None:
    begun = client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    assert begun.json()["request_options"]
    response = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert (response.status_code, response["Location"]) == (302, reverse("account_login"))
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("credential", BROKEN)
def test_a_broken_credential_is_not_added(client: Client, alice: User, credential: str) -> None:
    client.force_login(alice)
    client.get(reverse("mfa_add_webauthn"))
    response = client.post(reverse("mfa_add_webauthn"), {"credential": credential, "name": "Key"})
    assert response.status_code == 422
    assert response.context["form"].errors
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("credential", BROKEN[:5])
def test_a_broken_credential_is_no_answer_to_is_it_still_you(
    client: Client, alice: User, credential: str
) -> None:
    Authenticator.objects.create(user=alice, type="webauthn", data={"credential": {}})
    client.force_login(alice)
    url = reverse("mfa_reauthenticate_webauthn")
    assert client.post(url, {"credential": credential})["Location"] == url


def test_nobody_removes_anothers(client: Client, alice: User, bob: User) -> None:
    row = Authenticator.objects.create(user=bob, type="webauthn", data={"name": "His"})
    client.force_login(alice)
    assert client.post(reverse("mfa_remove_webauthn", args=[row.pk])).status_code == 404
    assert Authenticator.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    ("host", "works"),
    [
        ("localhost:8000", True),
        ("127.0.0.1:8000", False),
        ("127.0.0.1", False),
        ("[::1]:80", False),
    ],
)
def test_under_a_bare_number_it_is_said_that_there_are_none(
    client: Client, alice: User, host: str, works: bool
) -> None:
    text = client.get(reverse("account_login"), headers={"Host": host}).content.decode()
    assert ("passkey-login" in text) is works
    client.force_login(alice)
    text = client.get(reverse("mfa_add_webauthn"), headers={"Host": host}).content.decode()
    assert ("bare number" not in text) is works


def test_the_name_has_a_limit(client: Client, db: None) -> None:
    client.force_login(builders.make_person("eve"))
    client.get(reverse("mfa_add_webauthn"))
    response = client.post(reverse("mfa_add_webauthn"), {"name": "x" * 61, "credential": "{}"})
    assert response.context["form"].errors["name"]
