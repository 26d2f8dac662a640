"""Where people are signed in: which session is whose, and ending them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone

from assistants_app import policies
from assistants_app.actions import audit
from assistants_app.errors import Conflict

if TYPE_CHECKING:
    from assistants_app.models import User
    from assistants_app.policies import Actor


@audit.bookkeeping
@transaction.atomic
def seen(user: User, *, key: str, ip: str, user_agent: str) -> None:
    """This session of theirs was used just now, from there."""
    longest = UserSession._meta.get_field("user_agent").max_length
    UserSession.objects.update_or_create(
        session_key=key,
        defaults={
            "user": user,
            "ip": ip,
            "user_agent": user_agent[:longest],
            "last_seen_at": timezone.now(),
        },
    )


@audit.bookkeeping
@transaction.atomic
def of(user: User) -> list[UserSession]:
    """Where this person is signed in, the last used first; what ended by itself is forgotten."""
    rows = UserSession.objects.purge_and_list(user)
    return sorted(rows, key=lambda row: row.last_seen_at, reverse=True)


@audit.bookkeeping
@transaction.atomic
def drop(user: User, *, but: str = "") -> int:
    """End every session of this person but the one of the key `but`; how many there were.

    Part of an action, whose audit entry names the number.
    """
    rows = list(UserSession.objects.filter(user=user).exclude(session_key=but))
    for row in rows:
        row.end()
    return len(rows)


@transaction.atomic
def end(user: User, pk: int, *, actor: Actor) -> None:
    """End one session of one's own. Raises Conflict (`state`) when it is over already."""
    policies.require_self(user, actor)
    row = UserSession.objects.filter(user=user, pk=pk).first()
    if row is None:
        raise Conflict("This session is over already.", code="state")
    row.end()
    audit.record("account.sessions_ended", actor=actor, on=user, data={"ended": 1})


@transaction.atomic
def end_others(user: User, *, actor: Actor, here: str) -> int:
    """End every session of one's own but the one of the key `here`; how many there were."""
    policies.require_self(user, actor)
    if ended := drop(user, but=here):
        audit.record("account.sessions_ended", actor=actor, on=user, data={"ended": ended})
    return ended
