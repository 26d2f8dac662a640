"""Second factors of sign-in: allauth keeps them, here is what follows from a change of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from assistants_app import policies
from assistants_app.actions import audit, sessions

if TYPE_CHECKING:
    from assistants_app.models import User
    from assistants_app.policies import Actor


@transaction.atomic
def added(user: User, *, actor: Actor, kind: str, here: str) -> None:
    """They added a factor (`kind`: totp, webauthn); every session but the one `here` ends."""
    policies.require_self(user, actor)
    ended = sessions.drop(user, but=here)
    data = {"factor": kind, "ended": ended}
    audit.record("account.factor_added", actor=actor, on=user, data=data)


@transaction.atomic
def renamed(user: User, *, actor: Actor, kind: str) -> None:
    """They gave a factor another name."""
    policies.require_self(user, actor)
    audit.record("account.factor_renamed", actor=actor, on=user, data={"factor": kind})


@transaction.atomic
def removed(user: User, *, actor: Actor, kind: str, here: str) -> None:
    """They removed a factor; every session but the one `here` ends."""
    policies.require_self(user, actor)
    ended = sessions.drop(user, but=here)
    data = {"factor": kind, "ended": ended}
    audit.record("account.factor_removed", actor=actor, on=user, data=data)


@transaction.atomic
def codes_made(user: User, *, actor: Actor, here: str) -> None:
    """They made new recovery codes, so the former ones are void; other sessions end."""
    policies.require_self(user, actor)
    ended = sessions.drop(user, but=here)
    audit.record("account.codes_made", actor=actor, on=user, data={"ended": ended})
