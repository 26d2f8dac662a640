"""Receipts: a repeated form or call gets the first answer and acts once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from assistants_app.actions import audit
from assistants_app.errors import Conflict
from assistants_app.models import Receipt

if TYPE_CHECKING:
    from assistants_app.policies import Actor

KEPT = timedelta(hours=24)


def _channel(actor: Actor) -> str:
    return actor.token.audit_id if actor.token else "web"


def first(actor: Actor, key: str, body: bytes) -> Receipt | None:
    """The receipt of an earlier call with this key; Conflict (`receipt`) for another body."""
    rows = Receipt.objects.filter(at__gt=timezone.now() - KEPT, user=actor.user, key=key)
    row = rows.filter(channel=_channel(actor)).first()
    if row and row.body_hash != hashlib.sha256(body).hexdigest():
        raise Conflict("This key was used with another body before.", code="receipt")
    return row


@audit.bookkeeping
@transaction.atomic
def keep(*, actor: Actor, key: str, body: bytes, status: int, answer: str) -> Receipt:
    """Keep the first answer, in the transaction of what it answers.

    Raises Conflict (`receipt`) when another process answered the same key first.
    """
    mine = Receipt.objects.filter(user=actor.person, channel=_channel(actor), key=key)
    mine.filter(at__lte=timezone.now() - KEPT).delete()
    try:
        with transaction.atomic():
            return Receipt.objects.create(
                user=actor.person,
                channel=_channel(actor),
                key=key,
                body_hash=hashlib.sha256(body).hexdigest(),
                status=status,
                answer=answer,
            )
    except IntegrityError:
        raise Conflict("This was sent twice at once; it acted once.", code="receipt") from None


@audit.bookkeeping
def purge() -> int:
    """Forget receipts older than a day."""
    return Receipt.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
