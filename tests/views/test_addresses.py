"""One's own e-mail address: asked for, mailed to, confirmed, and never another's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse

from assistants_app.models import AuditEntry

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper
    from time_machine import Coordinates

    from assistants_app.models import User

HERE = reverse("account_address")
NEW = "alice@new.example"


@pytest.fixture
def alice_in(client: Client, alice: User, settings: SettingsWrapper) -> Client:
    settings.SENDS_MAIL = True
    client.force_login(alice)
    return client


def ask(client: Client, address: str = NEW) -> str:
    """Ask for the address; the path of the link that was mailed there."""
    response = client.post(HERE, {"email": address})
    assert response.status_code == 303, response.content.decode()
    assert mail.outbox[-1].to == [address]
    found = re.search(r"^http://testserver(/\S+)$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    return found[1]


def test_nothing_changes_until_the_link_is_opened_and_confirmed(
    alice_in: Client, alice: User
) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    link = ask(alice_in)
    assert f"Use {NEW} as your address?" in alice_in.get(link).content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    page = alice_in.post(link, follow=True).content.decode()
    assert f"Your e-mail address is {NEW} now." in page
    alice.refresh_from_db()
    assert alice.email == NEW
    assert not EmailAddress.objects.exists()
    assert AuditEntry.objects.filter(action="account.address_changed").count() == 1
    assert mail.outbox[-1].to == ["alice@example.com"]
    assert NEW not in str(mail.outbox[-1].body)
    assert "does not work any more" in alice_in.get(link).content.decode()


def test_the_link_is_for_this_person_and_for_an_hour(
    alice_in: Client, bob: User, clock: Coordinates
) -> None:
    link = ask(alice_in)
    clock.shift(3601)
    assert "does not work any more" in alice_in.post(link).content.decode()
    clock.shift(-3601)
    alice_in.force_login(bob)
    assert "does not work any more" in alice_in.post(link).content.decode()
    alice_in.logout()
    assert alice_in.get(link)["Location"].startswith(reverse("account_login"))
    assert not AuditEntry.objects.filter(action="account.address_changed").exists()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "Enter the address."),
        ("nonsense", "This is not an e-mail address."),
        ("alice@example.com", "This is your address already."),
        ("BOB@example.com", "Someone has this address already."),
    ],
)
def test_a_refused_address_is_told_on_its_field(
    alice_in: Client, bob: User, address: str, told: str
) -> None:
    response = alice_in.post(HERE, {"email": address})
    assert response.status_code == 422
    assert told in str(response.context["form"].errors["email"])
    assert mail.outbox == []


def test_who_took_the_address_meanwhile_keeps_it(alice_in: Client, alice: User, bob: User) -> None:
    link = ask(alice_in)
    bob.email = NEW
    bob.save(update_fields=["email"])
    assert "Someone has this address already." in alice_in.post(link, follow=True).content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_a_mail_that_no_server_takes_is_told(
    alice_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> int:
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    response = alice_in.post(HERE, {"email": NEW})
    assert response.status_code == 422
    assert "nothing was sent" in str(response.context["form"].errors["email"])
    assert f'value="{NEW}"' in response.content.decode()


def test_nobody_floods_strangers_with_mail(alice_in: Client) -> None:
    for n in range(10):
        ask(alice_in, f"stranger-{n}@new.example")
    refused = alice_in.post(HERE, {"email": NEW})
    assert refused.status_code == 429
    assert len(mail.outbox) == 10


def test_it_wants_a_fresh_sign_in(alice_in: Client, clock: Coordinates) -> None:
    clock.shift(660)
    assert alice_in.get(HERE)["Location"].startswith(reverse("account_reauthenticate"))


def test_a_dashboard_without_mail_says_so(alice_in: Client, settings: SettingsWrapper) -> None:
    settings.SENDS_MAIL = False
    assert "sends no e-mail" in alice_in.get(HERE).content.decode()
    alice_in.post(HERE, {"email": NEW})
    assert mail.outbox == []
