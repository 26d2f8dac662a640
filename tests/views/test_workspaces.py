"""Members and review rules."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.models import AuditEntry, Membership, User
from tests import builders

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Workspace


def url(name: str, workspace: Workspace, *args: object) -> str:
    return reverse(name, args=[workspace.slug, *args])


def test_members_are_listed_with_their_roles(
    client: Client, workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    client.force_login(dora)
    text = client.get(url("workspace_members", workspace)).content.decode()
    for words in ("Alice Example", "editor", "Bob Example", "publisher", "(you)"):
        assert words in text


@pytest.mark.parametrize("name", ["workspace_members", "workspace_rules", "workspace_connection"])
def test_settings_are_for_admins_and_auditors(
    client: Client, workspace: Workspace, alice: User, carol: User, name: str
) -> None:
    assert client.get(url(name, workspace)).status_code == 302
    client.force_login(carol)
    assert client.get(url(name, workspace)).status_code == 404
    client.force_login(alice)
    assert client.get(url(name, workspace)).status_code == 403
    erin = builders.make_person("erin")
    builders.make_member(workspace, erin, "auditor")
    client.force_login(erin)
    assert client.get(url(name, workspace)).status_code == 200
    if name != "workspace_members":
        assert client.post(url(name, workspace), {}).status_code == 403


def test_roles_are_changed(client: Client, workspace: Workspace, alice: User, dora: User) -> None:
    client.force_login(dora)
    page = url("workspace_member", workspace, alice.pk)
    assert client.get(page).status_code == 200
    assert client.post(page, {"roles": ["viewer", "auditor"]}).status_code == 303
    assert Membership.objects.get(user=alice).roles == {"viewer", "auditor"}
    response = client.post(page, {})
    assert response.status_code == 422
    assert "Choose at least one role." in response.content.decode()


def test_the_last_admin_stays(client: Client, workspace: Workspace, dora: User) -> None:
    client.force_login(dora)
    response = client.post(url("workspace_member", workspace, dora.pk), {"roles": ["viewer"]})
    assert response.status_code == 422
    assert "last admin" in response.content.decode()
    client.post(url("workspace_member_remove", workspace, dora.pk))
    assert Membership.objects.filter(user=dora).exists()


def test_a_new_person_gets_a_one_time_link(
    client: Client, workspace: Workspace, dora: User
) -> None:
    client.force_login(dora)
    page = url("workspace_member_add", workspace)
    data = {"person": "frank", "full_name": "Frank Ocean", "email": "f@example.com"}
    response = client.post(page, {**data, "roles": ["editor"]})
    assert response.status_code == 200
    link = response.context["link"]
    assert link in response.content.decode()
    frank = User.objects.get(username="frank")
    assert not frank.has_usable_password()
    client.logout()
    form = client.get(link, follow=True)
    assert form.status_code == 200
    target = form.redirect_chain[-1][0]
    secret = "correct horse battery staple"
    response = client.post(target, {"password1": secret, "password2": secret})
    assert response["Location"] == reverse("home")  # and there they are, signed in
    assert client.session["_auth_user_id"] == str(frank.pk)
    frank.refresh_from_db()
    assert frank.check_password(secret)
    client.logout()
    assert "password1" not in client.get(link, follow=True).content.decode()  # used up


def test_someone_known_becomes_a_member(
    client: Client, workspace: Workspace, dora: User, carol: User
) -> None:
    client.force_login(dora)
    page = url("workspace_member_add", workspace)
    assert client.post(page, {"person": "carol", "roles": ["viewer"]}).status_code == 303
    for name in ("carol", "Carol"):
        response = client.post(page, {"person": name, "roles": ["viewer"]})
        assert response.status_code == 422
        assert "member already" in response.content.decode()


def test_nobody_is_found_by_an_address_that_nobody_checked(
    client: Client, workspace: Workspace, dora: User, carol: User
) -> None:
    client.force_login(dora)
    data = {"person": "Carol@example.com", "roles": ["admin"]}
    response = client.post(url("workspace_member_add", workspace), data)
    assert response.status_code == 422
    assert "nobody has checked" in str(response.context["form"].errors["person"])
    assert not carol.memberships.exists()


def test_no_admin_makes_a_user_name_of_an_address(
    client: Client, workspace: Workspace, dora: User
) -> None:
    client.force_login(dora)
    data = {"person": "ceo@example.com", "roles": ["viewer"]}
    response = client.post(url("workspace_member_add", workspace), data)
    assert response.status_code == 422
    assert "without @" in str(response.context["form"].errors["person"])


NEW = {"person": "frank", "full_name": "Frank Ocean", "email": "f@example.com", "roles": ["editor"]}


def test_without_a_mail_server_nobody_is_offered_mail(
    client: Client, workspace: Workspace, dora: User, settings: SettingsWrapper
) -> None:
    settings.SENDS_MAIL = False
    client.force_login(dora)
    assert "By e-mail" not in client.get(url("workspace_members", workspace)).content.decode()
    response = client.post(url("workspace_member_add", workspace), {**NEW, "how": "mail"})
    assert response.context["link"]
    assert mail.outbox == []


def test_the_link_goes_by_mail_and_is_not_shown(
    client: Client, workspace: Workspace, dora: User, settings: SettingsWrapper
) -> None:
    settings.SENDS_MAIL = True
    client.force_login(dora)
    assert "By e-mail" in client.get(url("workspace_members", workspace)).content.decode()
    response = client.post(url("workspace_member_add", workspace), {**NEW, "how": "mail"})
    assert response.status_code == 303
    [letter] = mail.outbox
    assert letter.to == ["f@example.com"]
    [link] = [line for line in str(letter.body).splitlines() if line.startswith("http")]
    page = client.get(response["Location"]).content.decode()
    assert "on its way to f@example.com" in page
    assert link not in page
    text = Client().get(link, follow=True).content.decode()
    assert "Welcome, Frank Ocean" in text
    assert "user name: frank" in text


def test_mail_needs_an_address(
    client: Client, workspace: Workspace, dora: User, settings: SettingsWrapper
) -> None:
    settings.SENDS_MAIL = True
    client.force_login(dora)
    data = {**NEW, "email": "", "how": "mail"}
    response = client.post(url("workspace_member_add", workspace), data)
    assert response.status_code == 422
    assert "address that the link goes to" in str(response.context["form"].errors["email"])
    assert not User.objects.filter(username="frank").exists()


def test_a_mail_that_is_not_taken_shows_the_link_instead(
    client: Client,
    workspace: Workspace,
    dora: User,
    settings: SettingsWrapper,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.SENDS_MAIL = True
    refused = Mock(side_effect=ConnectionRefusedError)
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refused)
    client.force_login(dora)
    response = client.post(url("workspace_member_add", workspace), {**NEW, "how": "mail"})
    assert response.status_code == 200
    refused.assert_called_once()
    assert "did not take the mail" in response.content.decode()
    assert response.context["link"] in response.content.decode()


def test_who_is_awaited_is_told_and_until_when(
    client: Client, workspace: Workspace, dora: User
) -> None:
    members = url("workspace_members", workspace)
    with time_machine.travel("2026-11-20T10:00Z", tick=False) as clock:
        client.force_login(dora)
        client.post(url("workspace_member_add", workspace), NEW)
        assert "the link expires at 11:00" in client.get(members).content.decode()
        clock.shift(3601)
        assert "the link expired" in client.get(members).content.decode()
        frank = User.objects.get(username="frank")
        client.force_login(dora)
        response = client.post(url("workspace_member_link", workspace, frank.pk), {"how": "link"})
        assert response.context["link"] in response.content.decode()
        assert "the link expires at 12:00" in response.content.decode()


def test_no_link_for_who_is_here_already(
    client: Client, workspace: Workspace, dora: User, alice: User, carol: User
) -> None:
    Client().force_login(alice)
    client.force_login(dora)
    page = url("workspace_member_link", workspace, alice.pk)
    text = client.post(page, {"how": "link"}, follow=True).content.decode()
    assert "no link to make" in text
    assert client.post(url("workspace_member_link", workspace, carol.pk)).status_code == 404
    assert client.get(page).status_code == 405


def test_who_may_only_read_sees_whom_to_ask(
    client: Client, workspace: Workspace, dora: User
) -> None:
    erin = builders.make_person("erin")
    builders.make_member(workspace, erin, "auditor")
    words = "You can read this. Ask Dora Example (admin) to change it."
    for person, is_told in ((erin, True), (dora, False)):
        client.force_login(person)
        for name in ("workspace_members", "workspace_rules", "workspace_connection"):
            assert (words in client.get(url(name, workspace)).content.decode()) is is_told
    client.force_login(erin)
    assert words not in client.get(url("workspace_tokens", workspace)).content.decode()


def test_why_the_last_admin_stays_is_told(
    client: Client, workspace: Workspace, dora: User, bob: User
) -> None:
    client.force_login(dora)
    own = url("workspace_member", workspace, dora.pk)
    assert "Last admin: stays" in client.get(url("workspace_members", workspace)).content.decode()
    assert "is the last admin here" in client.get(own).content.decode()
    builders.make_member(workspace, bob, "admin")
    assert "Last admin" not in client.get(url("workspace_members", workspace)).content.decode()
    assert "is the last admin here" not in client.get(own).content.decode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"person": "", "roles": ["viewer"]}, "Enter a user name."),
        ({"person": "a b", "roles": ["viewer"]}, "Letters, numbers"),
        ({"person": "x", "email": "nonsense", "roles": ["viewer"]}, "not an e-mail address"),
        ({"person": "x"}, "Choose at least one role."),
    ],
)
def test_bad_input_is_told_on_its_field(
    client: Client, workspace: Workspace, dora: User, data: dict[str, object], says: str
) -> None:
    client.force_login(dora)
    response = client.post(url("workspace_member_add", workspace), data)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert User.objects.filter(username="x").count() == 0


def test_removing_asks_and_then_removes(
    client: Client, workspace: Workspace, alice: User, dora: User
) -> None:
    builders.make_change(workspace, alice)
    client.force_login(dora)
    page = url("workspace_member_remove", workspace, alice.pk)
    assert "1 open change of theirs stays" in client.get(page).content.decode()
    assert client.post(page).status_code == 303
    assert not Membership.objects.filter(user=alice).exists()
    assert client.get(page).status_code == 404


def test_an_invitation_is_withdrawn_with_its_link(
    client: Client, workspace: Workspace, dora: User
) -> None:
    client.force_login(dora)
    link = client.post(url("workspace_member_add", workspace), NEW).context["link"]
    frank = User.objects.get(username="frank")
    page = url("workspace_member_remove", workspace, frank.pk)
    assert "link that was made for them" in client.get(page).content.decode()
    assert client.post(page).status_code == 303
    client.logout()
    assert "does not work any more" in client.get(link, follow=True).content.decode()


def test_rules_are_changed(client: Client, workspace: Workspace, dora: User) -> None:
    client.force_login(dora)
    page = url("workspace_rules", workspace)
    assert client.post(page, {"approvals": "2"}).status_code == 303
    workspace.refresh_from_db()
    assert (workspace.approvals, workspace.rules_no) == (2, 2)
    assert client.post(page, {"approvals": "9"}).status_code == 422


def test_a_rule_that_cannot_be_met_is_said(
    client: Client, workspace: Workspace, dora: User
) -> None:
    client.force_login(dora)
    text = client.get(url("workspace_members", workspace)).content.decode()
    assert "may find nobody to approve it" in text


def test_queries_do_not_grow_with_members(client: Client, workspace: Workspace, dora: User) -> None:
    client.force_login(dora)
    page = url("workspace_members", workspace)

    def ask() -> int:
        client.get(page)
        with CaptureQueriesContext(connection) as asked:
            client.get(page)
        return len(asked)

    builders.make_member(workspace, builders.make_person("reader"), "viewer")
    few = ask()
    for n in range(100):
        builders.make_member(workspace, builders.make_person(f"reader{n}"), "viewer")
    assert ask() == few <= 7


@pytest.mark.parametrize("name", ["member", "member_remove"])
def test_one_member_is_for_admins(
    client: Client, workspace: Workspace, alice: User, bob: User, carol: User, name: str
) -> None:
    page = url(f"workspace_{name}", workspace, alice.pk)
    assert client.post(page)["Location"].startswith(reverse("account_login"))
    for person, status in ((carol, 404), (bob, 403)):
        client.force_login(person)
        assert client.get(page).status_code == status
        assert client.post(page).status_code == status
    assert client.put(page).status_code == 405
    assert Membership.objects.filter(user=alice).exists()


def test_the_add_form_takes_a_post(client: Client, workspace: Workspace, dora: User) -> None:
    client.force_login(dora)
    assert client.get(url("workspace_member_add", workspace)).status_code == 405


def test_an_empty_rule_is_told(client: Client, workspace: Workspace, dora: User) -> None:
    client.force_login(dora)
    response = client.post(url("workspace_rules", workspace), {})
    assert response.status_code == 422
    assert response.context["form"].errors["approvals"]


def test_what_else_reviewers_ask_for_is_a_rule(
    client: Client, workspace: Workspace, dora: User
) -> None:
    client.force_login(dora)
    page = url("workspace_rules", workspace)
    sent = {"approvals": "1", "why_required": "on", "settle_comments": "on"}
    assert client.post(page, sent).status_code == 303
    workspace.refresh_from_db()
    assert (workspace.why_required, workspace.settle_comments, workspace.rules_no) == (
        True,
        True,
        2,
    )
    entry = AuditEntry.objects.get(action="rules.set")
    assert '"why_required":true' in entry.body
    client.post(page, {"approvals": "1"})
    workspace.refresh_from_db()
    assert (workspace.why_required, workspace.settle_comments) == (False, False)
