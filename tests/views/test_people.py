"""Everybody who signs in here: the operator's list, and switching accounts off and on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app.models import User
from tests import builders

if TYPE_CHECKING:
    from assistants_app.models import Workspace

LIST = reverse("person_list")


@pytest.fixture
def olga(client: Client, db: None) -> User:
    """The operator, signed in."""
    person = builders.make_person("olga", is_operator=True)
    client.force_login(person)
    return person


def test_everybody_is_listed_and_found(
    client: Client, olga: User, alice: User, carol: User
) -> None:
    text = client.get(LIST).content.decode()
    for words in (
        "Alice Example",
        "Customer Care: editor",
        "In no workspace",
        "Operator",
        "Invited",
    ):
        assert words in text
    found = client.get(LIST, {"q": "alice example"}).content.decode()
    assert "Alice Example" in found
    assert "Carol Example" not in found
    assert "Nothing matches" in client.get(LIST, {"q": "zzz\0"}).content.decode()


def test_queries_do_not_grow_with_people(client: Client, olga: User, workspace: Workspace) -> None:
    def ask() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        return len(asked)

    builders.make_member(workspace, builders.make_person("first"), "viewer")
    client.get(LIST)
    few = ask()
    for n in range(30):
        builders.make_member(workspace, builders.make_person(f"reader{n}"), "viewer")
    assert ask() == few


def test_consequences_are_told_before(
    client: Client, olga: User, workspace: Workspace, dora: User, alice: User
) -> None:
    builders.make_change(workspace, alice)
    text = client.get(reverse("person_deactivate", args=[alice.pk])).content.decode()
    assert "1 open change of theirs stays" in text
    assert "no admin left" not in text
    text = client.get(reverse("person_deactivate", args=[dora.pk])).content.decode()
    assert "Customer Care has no admin left then." in text


def test_switched_off_they_are_out_at_once(client: Client, olga: User, alice: User) -> None:
    hers = Client()
    hers.force_login(alice)
    assert hers.get(reverse("account_profile")).status_code == 200
    assert client.post(reverse("person_deactivate", args=[alice.pk])).status_code == 303
    assert hers.get(reverse("account_profile")).status_code == 302
    assert "Switched off" in client.get(LIST).content.decode()
    again = client.post(reverse("person_deactivate", args=[alice.pk]), follow=True)
    assert "did this already" in again.content.decode()
    assert client.get(reverse("person_reactivate", args=[alice.pk])).status_code == 200
    assert client.post(reverse("person_reactivate", args=[alice.pk])).status_code == 303
    assert User.objects.get(pk=alice.pk).is_active
    assert hers.get(reverse("account_profile")).status_code == 302


def test_who_has_a_second_factor_and_who_needs_a_link_is_told(
    client: Client, olga: User, alice: User
) -> None:
    assert "Has a second factor" not in client.get(LIST).content.decode()
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={})
    page = client.get(LIST).content.decode()
    assert page.count("Has a second factor") == 1
    assert "manage.py signin_link" in page


def test_a_lost_second_factor_is_removed(client: Client, olga: User, alice: User) -> None:
    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
    url = reverse("person_factors", args=[alice.pk])
    assert url in client.get(LIST).content.decode()
    assert "be sure that it is they who ask" in client.get(url).content.decode()
    assert client.post(url).status_code == 303
    assert not Authenticator.objects.exists()
    assert url not in client.get(LIST).content.decode()


def test_oneself_is_not_switched_off(client: Client, olga: User) -> None:
    url = reverse("person_deactivate", args=[olga.pk])
    assert url not in client.get(LIST).content.decode()
    assert "your own account" in client.post(url, follow=True).content.decode()
    assert User.objects.get(pk=olga.pk).is_active


def test_it_wants_a_fresh_sign_in(client: Client, alice: User) -> None:
    olga = builders.make_person("olga", is_operator=True)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        client.force_login(olga)
        clock.shift(660)
        response = client.post(reverse("person_deactivate", args=[alice.pk]))
        assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert User.objects.get(pk=alice.pk).is_active


def test_for_others_there_is_nothing(client: Client, alice: User, dora: User) -> None:
    client.force_login(dora)
    assert client.get(LIST).status_code == 404
    assert LIST not in client.get(reverse("account_profile")).content.decode()
    assert client.post(reverse("person_deactivate", args=[alice.pk])).status_code == 404
    assert User.objects.get(pk=alice.pk).is_active


def test_an_operator_among_the_members_switches_off_there(
    client: Client, olga: User, workspace: Workspace, alice: User
) -> None:
    builders.make_member(workspace, olga, "auditor")
    text = client.get(reverse("workspace_members", args=[workspace.slug])).content.decode()
    assert reverse("person_deactivate", args=[alice.pk]) in text
    assert LIST in client.get(reverse("account_profile")).content.decode()
