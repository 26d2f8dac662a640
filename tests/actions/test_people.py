"""People: add one, and what everybody may change about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import people
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import User
from tests.actions.told import refuses, tells
from tests.builders import COMMAND, acting, make_member, make_person, make_token, make_workspace

if TYPE_CHECKING:
    from assistants_app.models import Workspace

pytestmark = pytest.mark.django_db


def test_a_new_person_has_no_password_and_no_rights() -> None:
    with tells("person.added") as entries:
        person = people.add(
            "gina", actor=COMMAND, email="gina@example.com", full_name="Gina de la Cruz"
        )
    assert (person.username, person.first_name, person.last_name) == (
        "gina",
        "Gina",
        "de la Cruz",
    )
    assert not person.has_usable_password()
    assert (person.is_superuser, person.is_staff, person.is_sample) == (False,) * 3
    assert "gina" not in entries[0].body.lower()
    assert entries[0].object_id == str(person.pk)


def test_commands_the_operator_and_an_admin_add_people(workspace: Workspace, dora: User) -> None:
    olga = make_person("olga", is_operator=True)
    people.add("one", actor=COMMAND)
    people.add("two", actor=acting(olga))
    with tells("person.added") as entries:
        people.add("three", actor=acting(dora), workspace=workspace)
    assert entries[0].workspace_id == str(workspace.pk)


def test_nobody_else_adds_people(workspace: Workspace, bob: User, carol: User, dora: User) -> None:
    olga = make_person("olga", is_operator=True)
    make_member(workspace, olga, "admin")
    token, _ = make_token(workspace, olga, "assistants:write")
    for actor in (acting(bob), acting(carol), acting(None), acting(olga, token=token)):
        for where in (workspace, None):
            with refuses(NotAllowed):
                people.add("gina", actor=actor, workspace=where)
    with refuses(NotAllowed):
        people.add("gina", actor=acting(dora))


def test_an_admin_makes_no_operator_and_no_sample(workspace: Workspace, dora: User) -> None:
    for more in ({"is_operator": True}, {"is_sample": True}):
        with refuses(NotAllowed):
            people.add("gina", actor=acting(dora), workspace=workspace, **more)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("username", {"username": ""}),
        ("username", {"username": "two words"}),
        ("username", {"username": "a\0b"}),
        ("username", {"username": "x" * 151}),
        ("email", {"email": "nobody"}),
        ("email", {"email": "x" * 250 + "@example.com"}),
        ("full_name", {"full_name": "x" * 151}),
        ("full_name", {"full_name": "Gina " + "x" * 151}),
        ("full_name", {"full_name": "Gi\0na"}),
    ],
)
def test_what_is_wrong_is_named(field: str, given: dict[str, str]) -> None:
    with refuses(Invalid) as caught:
        people.add(**{"username": "gina"} | given, actor=COMMAND)
    assert caught.value.field == field


@pytest.mark.parametrize("username", ["gina", "GINA", "Gina", "gina@example.com"])
def test_a_name_that_would_lock_someone_out_is_taken(username: str) -> None:
    make_person("gina")
    with refuses(Invalid, match="already") as caught:
        people.add(username, actor=COMMAND)
    assert caught.value.field == "username"


@pytest.mark.parametrize("email", ["gina@example.com", "Gina@Example.com", "henry@example.com"])
def test_an_address_belongs_to_one_person(email: str) -> None:
    make_person("gina")
    people.add("henry@example.com", actor=COMMAND)
    with refuses(Invalid, match="already") as caught:
        people.add("mallory", actor=COMMAND, email=email)
    assert caught.value.field == "email"


def test_everybody_changes_their_own_name_and_theme(alice: User) -> None:
    with tells("account.updated") as entries:
        people.update_own(
            alice, actor=acting(alice), first_name="Al", last_name="Ice", theme="dark"
        )
    now = User.objects.get(pk=alice.pk)
    assert (now.first_name, now.last_name, now.theme) == ("Al", "Ice", "dark")
    assert "Ice" not in entries[0].body


def test_nobody_changes_anothers(workspace: Workspace, alice: User, dora: User) -> None:
    token, _ = make_token(workspace, alice, "assistants:write")
    for actor in (acting(dora), COMMAND, acting(None), acting(alice, token=token)):
        with refuses(NotAllowed):
            people.update_own(alice, actor=actor, first_name="X", last_name="", theme="dark")
        with refuses(NotAllowed):
            people.password_changed(alice, actor=actor)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("theme", {"theme": "pink"}),
        ("first_name", {"first_name": "x" * 151}),
        ("last_name", {"last_name": "a\0"}),
    ],
)
def test_ones_own_details_are_checked(alice: User, field: str, given: dict[str, str]) -> None:
    usual = {"first_name": "A", "last_name": "B", "theme": "light"}
    with refuses(Invalid) as caught:
        people.update_own(alice, actor=acting(alice), **usual | given)
    assert caught.value.field == field


def test_a_changed_password_is_told_without_it(alice: User) -> None:
    with tells("account.password_changed") as entries:
        people.password_changed(alice, actor=acting(alice))
    assert entries[0].object_id == str(alice.pk)


def test_the_one_time_link_leads_to_a_password_once(alice: User) -> None:
    path = people.one_time_path(alice, actor=COMMAND)
    page = Client().get(path, follow=True)
    assert page.status_code == 200
    alice.set_password("a long enough secret")
    alice.save(update_fields=["password"])
    assert people.one_time_path(alice, actor=COMMAND) != path


def test_an_admin_makes_a_link_for_a_member_who_never_signed_in(
    workspace: Workspace, alice: User, dora: User
) -> None:
    with tells("person.link_made") as entries:
        path = people.one_time_path(alice, actor=acting(dora), workspace=workspace)
    assert path.split("/")[-2] not in entries[0].body


@pytest.mark.parametrize("who", ["has a password", "signed in", "a stranger", "the operator"])
def test_an_admin_makes_no_link_into_an_account_that_is_not_theirs_to_give(
    workspace: Workspace, alice: User, carol: User, dora: User, who: str
) -> None:
    person = carol if who == "a stranger" else alice
    if who == "has a password":
        person.set_password("a long enough secret")
    elif who == "signed in":
        person.last_login = timezone.now()
    elif who == "the operator":
        person.is_superuser = True
    with refuses(NotAllowed):
        people.one_time_path(person, actor=acting(dora), workspace=workspace)


def test_nobody_else_makes_links(workspace: Workspace, alice: User, bob: User, dora: User) -> None:
    for actor in (acting(bob), acting(alice), acting(None)):
        with refuses(NotAllowed):
            people.one_time_path(alice, actor=actor, workspace=workspace)
    with refuses(NotAllowed):
        people.one_time_path(alice, actor=acting(dora))


def test_an_admin_links_nobody_who_is_also_elsewhere(workspace: Workspace, dora: User) -> None:
    """Else they could come in as that person, with the rights another team gave."""
    elsewhere = make_workspace("Legal")
    frank = people.add("frank", actor=acting(dora), workspace=workspace)
    make_member(workspace, frank, "viewer")
    assert people.one_time_path(frank, actor=acting(dora), workspace=workspace)
    make_member(elsewhere, frank, "admin")
    with refuses(NotAllowed):
        people.one_time_path(frank, actor=acting(dora), workspace=workspace)
    make_member(elsewhere, dora, "admin")
    assert people.one_time_path(frank, actor=acting(dora), workspace=workspace)


def test_a_person_is_found_by_user_name_alone(alice: User) -> None:
    assert people.find("ALICE") == alice
    assert people.find("nobody") is None
    assert people.find("nobody@example.com") is None
    with refuses(Invalid) as caught:
        people.find("Alice@Example.com")
    assert caught.value.field == "username"


def test_an_operator_may_name_a_person_by_an_address(workspace: Workspace, dora: User) -> None:
    assert people.add("one@example.com", actor=COMMAND)
    with refuses(Invalid) as caught:
        people.add("two@example.com", actor=acting(dora), workspace=workspace)
    assert caught.value.field == "username"


def test_an_account_is_switched_off_and_on(workspace: Workspace, alice: User) -> None:
    olga = acting(make_person("olga", is_operator=True))
    client = Client()
    client.force_login(alice)
    client.get(reverse("home"))
    with tells("person.deactivated") as entries:
        people.deactivate(alice, actor=olga)
    assert entries[0].object_id == str(alice.pk)
    assert not User.objects.get(pk=alice.pk).is_active
    with refuses(Conflict):
        people.deactivate(alice, actor=olga)
    with tells("person.reactivated"):
        people.reactivate(alice, actor=olga)
    with refuses(Conflict):
        people.reactivate(alice, actor=olga)
    assert User.objects.get(pk=alice.pk).is_active
    assert client.get(reverse("home")).status_code == 302  # what ended stays ended


def test_only_the_operator_switches_accounts(workspace: Workspace, alice: User, dora: User) -> None:
    former = make_person("oscar", is_operator=True)
    former_actor = acting(User.objects.get(pk=former.pk))
    people.deactivate(former, actor=COMMAND)
    for actor in (acting(dora), acting(alice), acting(None), former_actor):
        for verb in (people.deactivate, people.reactivate, people.remove_factors):
            with refuses(NotAllowed):
                verb(alice, actor=actor)


def test_an_operator_does_not_switch_off_themselves() -> None:
    olga = make_person("olga", is_operator=True)
    with refuses(Conflict) as caught:
        people.deactivate(olga, actor=acting(olga))
    assert caught.value.code == "self"


def test_who_lost_their_second_factor_is_let_in_without(alice: User) -> None:
    olga = acting(make_person("olga", is_operator=True))
    with refuses(Conflict):
        people.remove_factors(alice, actor=olga)
    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
    with tells("person.factors_removed"):
        people.remove_factors(alice, actor=olga)
    assert not Authenticator.objects.filter(user=alice).exists()
    with refuses(Conflict) as caught:
        people.remove_factors(olga.person, actor=olga)
    assert caught.value.code == "self"
