"""Signing in and out, one's own name and password, the sample people."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from assistants_app.actions import people
from assistants_app.models import AuditEntry, User
from tests import builders

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

SECRET = "correct horse battery staple"


@pytest.fixture
def with_password(alice: User) -> User:
    alice.set_password(SECRET)
    alice.save(update_fields=["password"])
    return alice


@pytest.mark.parametrize("login", ["alice", "alice@example.com"])
def test_signing_in_by_name_or_address(client: Client, with_password: User, login: str) -> None:
    url = reverse("account_login")
    response = client.post(url, {"login": login, "password": SECRET})
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(with_password.pk)
    assert 'id="messages"' not in client.get(reverse("home")).content.decode()


def test_unknown_and_wrong_get_the_same_answer(client: Client, with_password: User) -> None:
    url = reverse("account_login")
    answers = [
        client.post(url, {"login": login, "password": "wrong wrong wrong"})
        for login in ("alice", "nobody")
    ]
    errors = [answer.context["form"].errors for answer in answers]
    assert errors[0] == errors[1]


def test_guessing_is_throttled(client: Client, with_password: User) -> None:
    url = reverse("account_login")
    for _ in range(5):
        client.post(url, {"login": "alice", "password": "wrong wrong wrong"})
    client.post(url, {"login": "alice", "password": SECRET})
    assert "_auth_user_id" not in client.session


def test_next_never_leaves_this_site(client: Client, with_password: User) -> None:
    url = reverse("account_login") + "?next=//evil.example"
    response = client.post(url, {"login": "alice", "password": SECRET, "next": "//evil.example"})
    assert response.status_code == 302
    assert "evil" not in response["Location"]


def test_signing_out_takes_a_post(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_own_name_and_theme(client: Client, alice: User) -> None:
    client.force_login(alice)
    url = reverse("account_profile")
    data = {"first_name": "Alice", "last_name": "Liddell", "theme": "dark"}
    assert client.post(url, data).status_code == 303
    alice.refresh_from_db()
    assert alice.display_name == "Alice Liddell"
    assert 'data-theme="dark"' in client.get(url).content.decode()
    assert AuditEntry.objects.filter(action="account.updated").count() == 1
    assert client.post(url, data | {"theme": "pink"}).status_code == 422


def test_own_password_is_changed_and_recorded(client: Client, with_password: User) -> None:
    client.post(reverse("account_login"), {"login": "alice", "password": SECRET})
    new = "another horse another staple"
    data = {"oldpassword": SECRET, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), data).status_code == 302
    with_password.refresh_from_db()
    assert with_password.check_password(new)
    entry = AuditEntry.objects.get(action="account.password_changed")
    assert new not in entry.body


def test_nobody_signs_up_alone(client: Client, db: None) -> None:
    assert client.get("/account/signup/").status_code == 302
    client.post("/account/signup/", {"username": "x", "password1": SECRET, "password2": SECRET})
    assert not User.objects.exists()


def test_sample_people_are_for_the_quickstart_only(
    client: Client, settings: SettingsWrapper, alice: User
) -> None:
    sample = people.add("lena", actor=builders.COMMAND, full_name="Lena Brandt", is_sample=True)
    url = reverse("sample_signin", args=[sample.pk])
    assert client.post(url).status_code == 404
    assert "Lena" not in client.get(reverse("account_login")).content.decode()
    settings.SAMPLE_SIGNIN = True
    assert "Lena" in client.get(reverse("account_login")).content.decode()
    assert client.get(url).status_code == 405
    assert client.post(url, REMOTE_ADDR="203.0.113.7").status_code == 404
    assert client.post(reverse("sample_signin", args=[alice.pk])).status_code == 404
    assert client.post(url).status_code == 302
    assert client.session["_auth_user_id"] == str(sample.pk)


@pytest.mark.parametrize(
    ("data", "field", "told"),
    [
        ({"login": "", "password": "x"}, "login", "Enter your e-mail address or user name."),
        ({"login": "alice", "password": ""}, "password", "Enter your password."),
        ({"login": "alice", "password": "wrong"}, None, "There is no account with this name"),
    ],
)
def test_a_refused_sign_in_says_what_to_enter(
    client: Client, with_password: User, data: dict[str, str], field: str | None, told: str
) -> None:
    errors = client.post(reverse("account_login"), data).context["form"].errors
    assert told in str(errors[field or "__all__"])


@pytest.mark.parametrize(
    ("headers", "leads_to"),
    [
        ({"Referer": "http://testserver/assistants/7/?tab=history"}, "/assistants/7/?tab=history"),
        ({"Referer": "http://evil.example/assistants/7/"}, "/"),
        ({"Referer": "http://testserver//evil.example/"}, "/"),
        ({"Referer": "http://[testserver/"}, "/"),
        ({}, "/"),
    ],
)
def test_what_is_only_sent_leads_back_to_where_it_was_sent_from(
    client: Client, headers: dict[str, str], leads_to: str
) -> None:
    """After signing in a browser asks with GET, which an address for forms alone does not take."""
    response = client.post(reverse("change_open", args=[7]), headers=headers)
    assert response.status_code == 302
    assert parse_qs(urlsplit(response["Location"]).query)["next"] == [leads_to]


def test_a_page_that_stood_open_is_found_again(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/sync/?state=failed"}
    response = client.get(reverse("counts"), headers=headers)
    assert response.status_code == 401
    assert parse_qs(urlsplit(response["HX-Redirect"]).query)["next"] == ["/sync/?state=failed"]


def test_an_address_for_forms_alone_is_no_blank_page(client: Client, alice: User) -> None:
    client.force_login(alice)
    response = client.get(reverse("change_open", args=[7]))
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "There is no page at this address." in response.content.decode()
    assert "Go to My work" in response.content.decode()
