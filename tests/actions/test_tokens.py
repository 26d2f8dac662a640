"""API tokens: make one, end one, note its use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from assistants_app.actions import tokens
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import APIToken, AuditEntry
from assistants_app.secret import Secret
from tests.actions.told import refuses, rows, tells
from tests.builders import COMMAND, acting, make_member, make_token

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_once_and_stored_as_a_digest(workspace: Workspace, alice: User) -> None:
    with tells("token.created") as entries:
        token, secret = tokens.create(
            workspace,
            actor=acting(alice),
            name="Nightly export",
            scopes=["assistants:write", "assistants:read"],
            days=30,
        )
    assert isinstance(secret, Secret)
    assert secret.reveal().startswith("asd_")
    assert secret.reveal() not in repr(rows())
    assert (token.user, token.workspace, token.name) == (alice, workspace, "Nightly export")
    assert token.scopes_text == "assistants:read assistants:write"
    assert token.expiry is not None
    assert abs(token.expiry - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    body = entries[0].body
    assert str(token.public_id) in body
    assert token.digest not in body
    assert "Nightly" not in body


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 101}),
        ("name", {"name": "a\0"}),
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["everything"]}),
        ("scopes", {"scopes": ["assistants:read", "audit:read"]}),
        ("days", {"days": 0}),
        ("days", {"days": -1}),
        ("days", {"days": 366}),
    ],
)
def test_what_is_wrong_is_named(
    workspace: Workspace, alice: User, field: str, given: dict[str, object]
) -> None:
    usual = {"name": "Export", "scopes": ["assistants:read"], "days": 90}
    with refuses(Invalid) as caught:
        tokens.create(workspace, actor=acting(alice), **usual | given)
    assert caught.value.field == field


def test_every_member_makes_tokens_and_nobody_else(workspace: Workspace, carol: User) -> None:
    with refuses(NotAllowed):
        make_token(workspace, carol)
    make_member(workspace, carol, "auditor")
    make_token(workspace, carol)


def test_no_token_makes_or_ends_a_token(workspace: Workspace, alice: User) -> None:
    token, _ = make_token(workspace, alice, "assistants:read", "assistants:write")
    by_token = acting(alice, token=token)
    with refuses(NotAllowed):
        tokens.create(workspace, actor=by_token, name="More", scopes=["assistants:write"], days=365)
    with refuses(NotAllowed):
        tokens.revoke(token, actor=by_token)


def test_the_system_makes_no_token(workspace: Workspace) -> None:
    with refuses(NotAllowed):
        tokens.create(workspace, actor=COMMAND, name="Export", scopes=["assistants:read"])


def test_ones_own_token_ends_at_once(workspace: Workspace, alice: User) -> None:
    token, _ = make_token(workspace, alice)
    with tells("token.revoked") as entries:
        tokens.revoke(token, actor=acting(alice))
    assert not APIToken.objects.exists()
    assert entries[0].object_id == str(token.public_id)
    assert entries[0].workspace_id == str(workspace.pk)


def test_anothers_token_is_ended_by_an_admin_only(
    workspace: Workspace, alice: User, bob: User, carol: User, dora: User
) -> None:
    token, _ = make_token(workspace, alice)
    for other in (bob, carol):
        with refuses(NotAllowed):
            tokens.revoke(token, actor=acting(other))
    tokens.revoke(token, actor=acting(dora))
    assert not APIToken.objects.exists()


def test_who_was_removed_still_ends_their_own(workspace: Workspace, alice: User) -> None:
    token, _ = make_token(workspace, alice)
    workspace.memberships.get(user=alice).delete()
    tokens.revoke(token, actor=acting(alice))


def test_a_token_ends_once(workspace: Workspace, alice: User) -> None:
    token, _ = make_token(workspace, alice)
    page = APIToken.objects.get(pk=token.pk)
    tokens.revoke(token, actor=acting(alice))
    with refuses(Conflict, "state"):
        tokens.revoke(page, actor=acting(alice))
    assert AuditEntry.objects.filter(action="token.revoked").count() == 1


def test_its_use_is_noted_at_most_once_a_minute(workspace: Workspace, alice: User) -> None:
    token, _ = make_token(workspace, alice)
    with tells():
        tokens.used(token)
    first = APIToken.objects.get()
    assert first.last_used_at is not None
    tokens.used(first)
    assert APIToken.objects.get().last_used_at == first.last_used_at
    first.last_used_at -= timedelta(seconds=61)
    tokens.used(first)
    assert APIToken.objects.get().last_used_at > first.last_used_at + timedelta(seconds=61)


def test_a_token_expires(workspace: Workspace, alice: User) -> None:
    token, _ = make_token(workspace, alice)
    assert not token.is_expired
    token.expiry = timezone.now()
    assert token.is_expired
