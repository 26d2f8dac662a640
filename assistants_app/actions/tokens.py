"""API tokens: make one, revoke one, note its use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from assistants_app import policies
from assistants_app.actions import audit, texts
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import APIToken
from assistants_app.models.tokens import SCOPES
from assistants_app.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection

    from assistants_app.models import Workspace
    from assistants_app.policies import Actor

MAX_DAYS = 365


@transaction.atomic
def create(
    workspace: Workspace, *, actor: Actor, name: str, scopes: Collection[str], days: int = 90
) -> tuple[APIToken, Secret]:
    """Make a token of the actor's own for this workspace; the secret is returned once.

    `days` until it expires: 1 to 365. Raises Invalid on name, scopes, days. No token makes another:
    it could give that one more than it has itself.
    """
    policies.require(actor, "workspace.read", workspace, on=workspace)
    _require_person(actor, workspace)
    texts.fit(APIToken, name=name)
    if not name.strip():
        raise Invalid("name", "Required.")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Invalid("scopes", "Choose at least one.")
    if not 1 <= days <= MAX_DAYS:
        raise Invalid("days", f"Must be between 1 and {MAX_DAYS}.")
    text = " ".join(scope for scope in SCOPES if scope in scopes)
    token, secret = APIToken.objects.create(
        actor.user, expiry=timedelta(days=days), name=name, scopes_text=text, workspace=workspace
    )
    data = {"scopes": text, "days": days}
    audit.record("token.created", actor=actor, workspace=workspace, on=token, data=data)
    return token, Secret(secret)


@transaction.atomic
def revoke(token: APIToken, *, actor: Actor) -> None:
    """End a token at once: one's own, or as an admin of its workspace anybody's.

    Raises Conflict (`state`) when it has ended already.
    """
    workspace = token.workspace
    if actor.user is None or token.user_id != actor.user.pk:
        policies.require(actor, "settings.write", workspace, on=workspace)
    _require_person(actor, workspace)
    gone = ("apitoken", token.audit_id)
    if not APIToken.objects.filter(pk=token.pk).delete()[0]:
        raise Conflict("This token has ended already.", code="state")
    audit.record("token.revoked", actor=actor, workspace=workspace, on=gone)


def _require_person(actor: Actor, workspace: Workspace) -> None:
    if actor.kind != "person":
        message = "Tokens are made and ended at the browser."
        raise policies.refusal(message, "workspace.read", workspace, workspace)


@audit.bookkeeping
def used(token: APIToken) -> None:
    """Note the use of a token, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - timedelta(minutes=1):
        APIToken.objects.filter(pk=token.pk).update(last_used_at=now)
