"""`signin_link`, `allow_origin` and `verify_audit`: what they print and how they end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models

from assistants_app.models import AllowedOrigin, AuditEntry, AuditHead, triggers
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command and give what it printed."""

    def run(*arguments: str) -> str:
        call_command(*arguments)
        return capsys.readouterr().out.strip()

    return run


# --- signin_link ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["alice", "ALICE@example.com"])
def test_a_link_is_printed_for_a_username_or_an_address(
    said: Any, alice: User, client: Client, name: str
) -> None:
    address = said("signin_link", name)
    assert address.startswith("http://127.0.0.1:")
    page = client.get(address.partition(":8000")[2] or "/" + address.split("/", 3)[3], follow=True)
    assert b"Choose a new password" in page.content
    assert alice.username == "alice"


def test_nobody_is_a_refusal() -> None:
    with pytest.raises(CommandError, match="“nobody”"):
        call_command("signin_link", "nobody")


def test_a_person_without_an_address_is_not_found_by_an_empty_one(alice: User) -> None:
    with pytest.raises(CommandError):
        call_command("signin_link", "")


def test_an_address_that_two_people_have_names_both(alice: User) -> None:
    type(alice).objects.create(username="twin", email=alice.email)  # as createsuperuser may
    with pytest.raises(CommandError, match="alice, twin"):
        call_command("signin_link", alice.email)


def test_a_person_who_left_gets_no_link(alice: User) -> None:
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(CommandError):
        call_command("signin_link", "alice")


# --- allow_origin ---------------------------------------------------------------------------------
def test_an_address_is_allowed_and_recorded(said: Any) -> None:
    words = said("allow_origin", "https://ai.example.com/v1")
    assert words == "Allowed: https://ai.example.com:443 (public addresses only)"
    assert not AllowedOrigin.objects.get().private
    assert AuditEntry.objects.latest("seq").action == "origin.allowed"


def test_private_addresses_need_to_be_named(said: Any) -> None:
    words = said("allow_origin", "http://127.0.0.1:9000/v1", "--private")
    assert words == "Allowed: http://127.0.0.1:9000 (private addresses too)"
    assert AllowedOrigin.objects.get().private


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(CommandError, match="ftp://"):
        call_command("allow_origin", "ftp://example.com")


# --- verify_audit ---------------------------------------------------------------------------------
def test_an_unbroken_history_is_said_so(said: Any, workspace: Workspace) -> None:
    builders.make_person("alice")
    words = said("verify_audit")
    count = AuditEntry.objects.count()
    assert words.startswith(f"Checked {count} entries: unbroken since ")
    assert f"Head: {count}:" in words
    noted = words.split("Head: ")[1].split(" ")[0]
    assert said("verify_audit", "--head", noted)


def test_the_first_bad_entry_is_named_and_ends_with_1(
    workspace: Workspace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    builders.make_person("alice")
    triggers.drop(connection)
    models.QuerySet(AuditEntry).filter(pk=2).update(body="{}")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit")
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert out.startswith("Entry 2 does not match.")
    assert "Everything before it is fine." in out


def test_programs_get_an_object(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit", "--json")
    head = AuditHead.objects.get(pk=1)
    assert json.loads(capsys.readouterr().out) == {
        "intact": True,
        "checked": head.seq,
        "head": f"{head.seq}:{head.hash}",
        "bad_seq": None,
        "reason": "",
    }


def test_a_head_that_was_noted_elsewhere_must_still_be_there(
    workspace: Workspace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--json", "--head", f"9999:{'a' * 64}")
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "The entry that was noted is missing."


def test_a_head_that_is_none_cannot_be_told() -> None:
    with pytest.raises(CommandError) as ended:
        call_command("verify_audit", "--head", "yesterday")
    assert ended.value.returncode == 2
