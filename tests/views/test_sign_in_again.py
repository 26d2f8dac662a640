"""The session ended while somebody typed: they sign in where they are, and nothing is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from tests import builders

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Change, User, Workspace

SECRET = "correct horse battery staple"  # of a person who lives for one test


@pytest.fixture
def alice_types(workspace: Workspace, alice: User) -> Change:
    alice.set_password(SECRET)
    alice.save(update_fields=["password"])
    return builders.make_change(workspace, alice)


def again(client: Client, person: User, secret: str = SECRET, login: str = "alice") -> object:
    data = {"login": login, "password": secret, "person": str(person.pk)}
    return client.post(reverse("sign_in_again"), data, headers={"HX-Request": "true"})


def test_unsaved_text_gets_a_form_instead_of_another_page(
    client: Client, alice: User, alice_types: Change
) -> None:
    url = reverse("change_part", args=[alice_types.pk, "instructions"])
    headers = {"HX-Request": "true", "X-Unsaved": "1", "X-Person": str(alice.pk)}
    response = client.post(url, {"instructions": "Typed."}, headers=headers)
    assert response.status_code == 401
    assert "HX-Redirect" not in response
    text = response.content.decode()
    assert "data-login" in text
    assert f'name="person" value="{alice.pk}"' in text


def test_signing_in_again_tells_the_page_to_go_on(
    client: Client, alice: User, alice_types: Change
) -> None:
    response = again(client, alice)
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"])["signed-in"]["token"]
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_a_wrong_password_is_told_in_the_form(
    client: Client, alice: User, alice_types: Change
) -> None:
    response = again(client, alice, "wrong wrong wrong")
    assert response.status_code == 422
    assert "data-login" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_another_person_does_not_take_over_the_text(
    client: Client, alice: User, bob: User, alice_types: Change
) -> None:
    response = again(client, bob)
    assert response.status_code == 422
    assert "same person" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_sample_person_is_back_by_one_click(
    client: Client, alice: User, workspace: Workspace, settings: SettingsWrapper
) -> None:
    lena = builders.people.add(
        "lena", actor=builders.COMMAND, full_name="Lena Brandt", is_sample=True
    )
    builders.make_member(workspace, lena, "editor")
    url = reverse("sign_in_again")
    page = reverse("workspace_rules", args=[workspace.slug])
    headers = {"HX-Request": "true", "X-Unsaved": "1", "X-Person": str(lena.pk)}
    data = {"person": str(lena.pk)}
    assert "practice person" not in client.get(page, headers=headers).content.decode()
    assert client.post(url, data, headers=headers).status_code == 422
    settings.SAMPLE_SIGNIN = True
    asked = client.get(page, headers=headers)
    assert asked.status_code == 401
    assert "Sign in as Lena Brandt" in asked.content.decode()
    assert 'name="password"' not in asked.content.decode()
    for person in (str(alice.pk), "", "x", "9" * 30):
        assert client.post(url, {"person": person}, headers=headers).status_code == 422
    assert client.post(url, data, headers=headers, REMOTE_ADDR="203.0.113.7").status_code == 422
    assert "_auth_user_id" not in client.session
    done = client.post(url, data, headers=headers)
    assert done.status_code == 204
    assert json.loads(done["HX-Trigger"])["signed-in"]["token"]
    assert client.session["_auth_user_id"] == str(lena.pk)


def test_who_signed_in_in_another_tab_goes_on_with_its_token(
    alice: User, bob: User, alice_types: Change
) -> None:
    client = Client(enforce_csrf_checks=True)
    url = reverse("change_part", args=[alice_types.pk, "instructions"])
    client.force_login(alice)
    client.get(reverse("change", args=[alice_types.pk]))
    old = {"HX-Request": "true", "X-CSRFToken": "x" * 32, "X-Person": str(alice.pk)}
    refused = client.post(url, {"instructions": "Typed."}, headers=old)
    assert refused.status_code == 403
    token = json.loads(refused["HX-Trigger"])["signed-in"]["token"]
    data = {"instructions": "Typed.", "autosave": "1", "lock": str(alice_types.lock)}
    assert client.post(url, data, headers={**old, "X-CSRFToken": token}).status_code == 200
    for other in ({"X-Person": str(bob.pk)}, {"Origin": "https://evil.example"}):
        answer = client.post(url, {"instructions": "Typed."}, headers={**old, **other})
        assert (answer.status_code, "HX-Trigger" in answer) == (403, False)


def test_who_was_switched_off_meanwhile_is_told(
    client: Client, alice: User, alice_types: Change
) -> None:
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    response = again(client, alice)
    assert response.status_code == 422
    assert "switched off" in response.content.decode()


def test_it_takes_a_post(client: Client, db: None) -> None:
    assert client.get(reverse("sign_in_again")).status_code == 405
