"""A forgotten password: what is mailed, to whom, and what the page says of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.urls import reverse

from assistants_app.actions import people
from tests import builders

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User

SECRET = "correct horse battery staple"


@pytest.fixture
def alice_forgets(alice: User, settings: SettingsWrapper) -> User:
    settings.SENDS_MAIL = True
    alice.set_password(SECRET)
    alice.save(update_fields=["password"])
    return alice


def ask(client: Client, address: str) -> str:
    response = client.post(reverse("account_reset_password"), {"email": address}, follow=True)
    return response.content.decode()


def test_the_mail_says_who_what_and_how_long(client: Client, alice_forgets: User) -> None:
    ask(client, "alice@example.com")
    (message,) = mail.outbox
    assert (message.subject, message.to) == ("[Assistants] A new password", ["alice@example.com"])
    assert "works once, for an hour" in message.body
    assert "You sign in as: alice" in message.body
    assert "example.com!" not in message.body
    link = re.search(r"^http://testserver(/\S+)$", message.body, re.MULTILINE)
    assert link
    assert "Choose a new password" in client.get(link[1], follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_talk_of_signing_up(
    client: Client, alice_forgets: User
) -> None:
    assert ask(client, "alice@example.com") == ask(client, "nobody@example.com")
    message = mail.outbox[1]
    assert message.to == ["nobody@example.com"]
    assert "No account there has this address" in message.body
    assert reverse("account_signup") not in message.body


@pytest.mark.parametrize("address", ["alice@example.com", "nobody@example.com"])
def test_a_mail_that_no_server_takes_is_told_and_the_address_kept(
    client: Client, alice_forgets: User, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def refuse(*_args: object) -> int:
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    response = client.post(reverse("account_reset_password"), {"email": address})
    assert response.status_code == 422
    assert "nothing was sent" in str(response.context["form"].errors["email"])
    assert f'value="{address}"' in response.content.decode()


def test_a_dashboard_without_mail_promises_none(client: Client, alice: User) -> None:
    assert "sends no e-mail" in client.get(reverse("account_reset_password")).content.decode()
    assert "Look in your mail" not in ask(client, "alice@example.com")


def test_a_link_for_another_signs_nobody_out_unasked(
    client: Client, alice_forgets: User, bob: User
) -> None:
    client.force_login(bob)
    link = people.one_time_path(alice_forgets, actor=builders.COMMAND)
    page = client.get(link)
    assert "This link is for" in page.content.decode()
    assert client.session["_auth_user_id"] == str(bob.pk)
    client.post(reverse("account_logout"), {"next": link})
    assert "Choose a new password" in client.get(link, follow=True).content.decode()


def test_a_used_link_offers_to_sign_in(client: Client, alice_forgets: User) -> None:
    link = people.one_time_path(alice_forgets, actor=builders.COMMAND)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    assert client.post(form, {"password1": "short", "password2": "short"}).status_code == 422
    new = "another horse, another staple"
    done = client.post(form, {"password1": new, "password2": new}, follow=True)
    assert "Your new password is set." in done.content.decode()
    client.logout()
    page = client.get(link).content.decode()
    assert "does not work any more" in page
    assert f'href="{reverse("account_login")}"' in page
