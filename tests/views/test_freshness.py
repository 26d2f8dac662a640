"""A sign-in of the last ten minutes: who is asked for it, and what was typed meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from assistants_app.actions import people
from assistants_app.models import APIToken, Membership, User
from tests import builders

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper
    from time_machine import Coordinates

    from assistants_app.models import Workspace

SECRET = "correct horse battery staple"


@pytest.fixture
def later(dora: User, clock: Coordinates) -> Client:
    """A browser where the admin signed in eleven minutes ago."""
    dora.set_password(SECRET)
    dora.save(update_fields=["password"])
    client = Client()
    client.force_login(dora)
    clock.shift(660)
    return client


def where(name: str, workspace: Workspace, *more: object) -> str:
    return reverse(name, args=[workspace.slug, *more])


def confirm(client: Client, asked: str, password: str = SECRET) -> str:
    """Say the password where the answer led; the address it leads to then."""
    form, _, query = asked.partition("?")
    assert form == reverse("account_reauthenticate")
    response = client.post(f"{form}?{query}", {"password": password})
    return response.headers.get("Location", "")


def test_every_important_post_asks(later: Client, workspace: Workspace, alice: User) -> None:
    token, _ = builders.make_token(workspace, alice)
    for url in (
        where("workspace_member_add", workspace),
        where("workspace_member", workspace, alice.pk),
        where("workspace_member_remove", workspace, alice.pk),
        where("workspace_rules", workspace),
        where("workspace_connection", workspace),
        where("workspace_connection_test", workspace),
        where("workspace_tokens", workspace),
        where("workspace_token_revoke", workspace, token.public_id),
    ):
        response = later.post(url)
        assert response.status_code == 303, url
        assert response["Location"].startswith(reverse("account_reauthenticate")), url
    assert Membership.objects.filter(user=alice).exists()
    assert APIToken.objects.exists()


def test_reading_does_not_ask(later: Client, workspace: Workspace) -> None:
    for name in ("members", "rules", "connection", "tokens"):
        assert later.get(where(f"workspace_{name}", workspace)).status_code == 200


def test_a_page_that_only_changes_asks_before_it_is_filled_in(
    later: Client, workspace: Workspace, alice: User
) -> None:
    url = where("workspace_member_remove", workspace, alice.pk)
    back = confirm(later, later.get(url)["Location"])
    assert back == url
    assert later.get(url).status_code == 200
    assert later.post(url).status_code == 303
    assert not Membership.objects.filter(user=alice).exists()


def test_what_was_typed_is_there_again(later: Client, workspace: Workspace) -> None:
    data = {"person": "frank", "full_name": "Frank Ocean", "email": "", "roles": ["auditor"]}
    asked = later.post(where("workspace_member_add", workspace), data)["Location"]
    back = confirm(later, asked)
    assert back == where("workspace_members", workspace)
    response = later.get(back)
    assert response.status_code == 200
    text = response.content.decode()
    assert "Nothing is saved yet." in text
    assert 'value="frank"' in text
    assert response.context["form"]["roles"].value() == ["auditor"]
    assert not User.objects.filter(username="frank").exists()
    assert later.post(where("workspace_member_add", workspace), data).status_code == 200
    assert "frank" not in later.get(where("workspace_rules", workspace)).content.decode()


def test_it_is_given_back_once_and_only_after_the_confirmation(
    later: Client, workspace: Workspace
) -> None:
    url = where("workspace_tokens", workspace)
    data = {"name": "Nightly", "scopes": ["assistants:read"], "days": "3"}
    asked = later.post(url, data)["Location"]
    assert 'value="Nightly"' not in later.get(url).content.decode()
    confirm(later, asked)
    assert 'value="Nightly"' in later.get(url).content.decode()
    assert 'value="Nightly"' not in later.get(url).content.decode()


def test_a_key_is_never_kept(later: Client, workspace: Workspace) -> None:
    url = where("workspace_connection", workspace)
    data = {"profile": "openai-compatible", "base_url": "https://ai.example", "key": "sk-canary"}
    asked = later.post(url, data)["Location"]
    assert "sk-canary" not in str(dict(later.session))
    confirm(later, asked)
    text = later.get(url).content.decode()
    assert "https://ai.example" in text
    assert "Enter the key once more" in text
    assert "sk-canary" not in text


def test_a_wrong_password_leaves_it_as_it_was(later: Client, workspace: Workspace) -> None:
    url = where("workspace_rules", workspace)
    asked = later.post(url, {"approvals": "2"})["Location"]
    assert confirm(later, asked, "wrong wrong wrong") == ""
    assert later.post(url, {"approvals": "2"}).status_code == 303
    workspace.refresh_from_db()
    assert workspace.approvals == 1


def test_a_part_is_told_to_load_the_page_that_asks(later: Client, workspace: Workspace) -> None:
    url = where("workspace_connection_test", workspace)
    response = later.post(url, headers={"HX-Request": "true", "HX-Target": "test-result"})
    assert response.status_code == 200
    assert response["HX-Redirect"].startswith(reverse("account_reauthenticate"))


def test_it_lasts_ten_minutes(later: Client, workspace: Workspace, clock: Coordinates) -> None:
    url = where("workspace_rules", workspace)
    confirm(later, later.post(url)["Location"])
    clock.shift(590)
    assert later.post(url, {"approvals": "2"})["Location"] == url
    clock.shift(20)
    assert "reauthenticate" in later.post(url, {"approvals": "3"})["Location"]


def test_a_sample_person_confirms_by_one_click(
    workspace: Workspace, clock: Coordinates, settings: SettingsWrapper
) -> None:
    maya = people.add("maya", actor=builders.COMMAND, full_name="Maya Okafor", is_sample=True)
    builders.make_member(workspace, maya, "admin")
    client = Client()
    client.force_login(maya)
    clock.shift(660)
    url = where("workspace_rules", workspace)
    asked = client.post(url, {"approvals": "2"})["Location"]
    assert client.get(asked).status_code == 403
    assert client.post(asked).status_code == 403
    settings.SAMPLE_SIGNIN = True
    assert client.get(asked, REMOTE_ADDR="203.0.113.7").status_code == 403
    assert client.post(asked, REMOTE_ADDR="203.0.113.7").status_code == 403
    assert "Yes, I am Maya Okafor" in client.get(asked).content.decode()
    assert client.post(asked)["Location"] == url
    assert client.post(url, {"approvals": "2"})["Location"] == url


def test_next_never_leaves_this_site(later: Client) -> None:
    response = later.post(
        reverse("account_reauthenticate") + "?next=//evil.example", {"password": SECRET}
    )
    assert response.status_code == 302
    assert "evil" not in response["Location"]


def cancel_of(client: Client, asked: str, **sent: str) -> str:
    page = client.post(asked, sent) if sent else client.get(asked)
    return str(page.context["cancel_url"])


def test_cancel_leads_to_the_form_even_after_a_wrong_password(
    later: Client, workspace: Workspace
) -> None:
    url = where("workspace_rules", workspace)
    asked = later.post(url, {"approvals": "2"})["Location"]
    assert cancel_of(later, asked) == url
    assert cancel_of(later, asked, password="wrong wrong wrong") == url
    assert f'href="{url}">Cancel' in later.get(asked).content.decode()


@pytest.mark.parametrize(
    ("referer", "leads_to"),
    [
        ("http://testserver/people/?q=a", "/people/?q=a"),
        ("http://evil.example/people/", "/"),
        ("http://testserver//evil.example/", "/"),
        ("", "/"),
    ],
)
def test_cancel_leads_to_the_page_before_one_that_asks(
    later: Client, workspace: Workspace, alice: User, referer: str, leads_to: str
) -> None:
    url = where("workspace_member_remove", workspace, alice.pk)
    asked = later.get(url, headers={"Referer": referer})["Location"]
    assert cancel_of(later, asked) == leads_to


def test_cancel_never_leads_round_in_a_circle(
    later: Client, workspace: Workspace, alice: User
) -> None:
    url = where("workspace_member_remove", workspace, alice.pk)
    asked = later.post(url, headers={"Referer": f"http://testserver{url}"})["Location"]
    assert cancel_of(later, asked) == "/"
    members = where("workspace_members", workspace)
    asked = later.get(url, headers={"Referer": f"http://testserver{members}"})["Location"]
    later.get(url, headers={"Referer": f"http://testserver{asked}"})
    assert cancel_of(later, asked) == members
    asked = later.get(reverse("mfa_activate_totp"))["Location"]
    assert cancel_of(later, asked) == reverse("mfa_index")
