"""Invitations: who has not come yet, until when their link holds, and the mail that brings one."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistants_app.models import Membership, User, Workspace

_BODY = gettext_lazy(
    """Hello %(who)s,

%(by)s invites you to the workspace "%(place)s" of Assistants Dashboard.

Choose a password here; the link works once, for an hour:
%(link)s

Is it too late? Then ask %(by)s for a new one.

You sign in as: %(name)s

Did you not expect this? Then leave it alone: nothing happens.
"""
)
log = logging.getLogger(__name__)


def note(rows: Sequence[Membership]) -> None:
    """Mark on each row whether its person is awaited, and until when their newest link holds."""
    awaited = [row for row in rows if row.user.is_active and row.user.is_invited]
    until = _until([str(row.user_id) for row in awaited])
    now = timezone.now()
    for row in awaited:
        found: Any = row
        found.awaited = True
        found.link_until = until.get(str(row.user_id))
        found.link_holds = found.link_until is not None and found.link_until > now


def _until(ids: list[str]) -> dict[str, datetime]:
    """Person id → the end of the newest link that was made for them."""
    made = AuditEntry.objects.filter(
        action="person.link_made", object_kind="user", object_id__in=ids
    )
    holds = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    newest = made.order_by().values_list("object_id").annotate(at=Max("at"))
    return {person: at + holds for person, at in newest}


def send(user: User, link: str, *, workspace: Workspace, by: User) -> bool:
    """Mail the link; False when the mail server did not take it."""
    words = {
        "who": user.display_name,
        "by": by.display_name,
        "place": workspace.name,
        "link": link,
        "name": user.username,
    }
    subject = " ".join((_("[Assistants] You are invited to %(place)s") % words).split())
    try:
        send_mail(subject, _BODY % words, None, [user.email])
    except (OSError, SMTPException) as error:
        log.warning("An invitation could not be mailed: %s", type(error).__name__)
        return False
    return True
