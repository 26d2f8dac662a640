"""Notices: how far a person read them, and the e-mails that tell of them.

E-mails go out from the runner: each stretch of the audit log is claimed before it is sent, so two
runners never send the same, and given back when no mail server took it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import ngettext

from assistants_app import notices, policies
from assistants_app.actions import audit
from assistants_app.errors import Invalid
from assistants_app.models import AuditHead, User

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from assistants_app.policies import Actor

log = logging.getLogger(__name__)
MOST = 200  # entries that one e-mail tells of; the page has the others
DAY = timedelta(days=1)
Pace = User.Pace
# Pace → the column that holds the last entry that was told.
_COLUMNS = {Pace.AT_ONCE.value: "mailed_at_once", Pace.DAILY.value: "mailed_daily"}


@audit.bookkeeping
def read(person: User, *, actor: Actor, until: int) -> None:
    """Everything up to this audit entry is read; never less than was read before."""
    policies.require_self(person, actor)
    until = min(until, _newest())
    User.objects.filter(pk=person.pk, notices_read__lt=until).update(notices_read=until)


@transaction.atomic
def choose(person: User, *, actor: Actor, by_mail: Mapping[str, str]) -> User:
    """Which kinds of notice also come by e-mail, and how soon. What is older is not sent then.

    Raises Invalid on a kind whose choice is none.
    """
    policies.require_self(person, actor)
    for kind, pace in by_mail.items():
        if kind not in notices.KINDS or pace not in (*Pace.values, ""):
            raise Invalid(kind, "Choose one of the ways that are offered.")
    person.notices_by_mail = {kind: pace for kind, pace in by_mail.items() if pace}
    person.mailed_at_once = person.mailed_daily = _newest()
    person.mailed_daily_at = timezone.now()
    columns = ["notices_by_mail", "mailed_at_once", "mailed_daily", "mailed_daily_at"]
    person.save(update_fields=columns)
    audit.record("account.notices_set", actor=actor, on=person)
    return person


def _newest() -> int:
    return AuditHead.objects.filter(pk=1).values_list("seq", flat=True).first() or 0


def due(*, without: Collection[int] = ()) -> list[tuple[int, int | None]]:  # noqa: ARG001
    """People to whom something may have to be sent: a look at one's own entries will tell."""
    if not settings.SENDS_MAIL:
        return []
    newest, now = _newest(), timezone.now()
    daily = Q(mailed_daily__lt=newest) & Q(mailed_daily_at__lte=now - DAY)
    people = User.objects.filter(Q(mailed_at_once__lt=newest) | daily, is_active=True)
    rows = people.exclude(notices_by_mail={}).exclude(email="").values_list("pk", flat=True)
    return [(pk, None) for pk in rows]


@audit.sends
def mail(pk: int) -> int:
    """Send this person what is new to them, an e-mail at most for each pace; returns how many."""
    person = User.objects.get(pk=pk)
    sent = _send(person, Pace.AT_ONCE)
    if person.mailed_daily_at and timezone.now() - person.mailed_daily_at >= DAY:
        sent += _send(person, Pace.DAILY)
    return sent


def _send(person: User, pace: User.Pace) -> int:
    column = _COLUMNS[pace]
    before, newest = getattr(person, column), _newest()
    kinds = {kind for kind, chosen in person.notices_by_mail.items() if chosen == pace}
    if not _claim(person, pace, before, newest) or not kinds:
        return 0
    rows = notices.concerning(person, notices.roles_of(person), after=before)
    wanted = [row for row in rows.filter(seq__lte=newest)[:MOST] if notices.kind_of(row) in kinds]
    if not wanted:
        return 0
    try:
        _deliver(person, notices.told(notices.grouped(wanted), read=before))
    except (OSError, SMTPException) as error:
        log.warning("An e-mail could not be sent and is tried again later: %s", error)
        _give_back(person, pace, before, newest)
        return 0
    return 1


def _give_back(person: User, pace: User.Pace, before: int, newest: int) -> None:
    column = _COLUMNS[pace]
    day = {"mailed_daily_at": person.mailed_daily_at} if pace == Pace.DAILY else {}
    rows = User.objects.filter(pk=person.pk, **{column: newest})
    rows.update(**{column: before}, **day)


def _claim(person: User, pace: User.Pace, before: int, newest: int) -> bool:
    column = _COLUMNS[pace]
    day = {"mailed_daily_at": timezone.now()} if pace == Pace.DAILY else {}
    rows = User.objects.filter(pk=person.pk, **{column: before})
    return rows.update(**{column: newest}, **day) == 1


def _deliver(person: User, found: list[notices.Notice]) -> None:
    """One e-mail: a sentence and a link for each, never a text of an assistant."""
    context = {"person": person, "notices": found, "site": settings.SITE_URL}
    if len(found) == 1:
        subject = " ".join(f"{found[0].who} {found[0].what}: {found[0].about[0]}".split())
    else:
        n = len(found)
        subject = ngettext("%(n)s notice", "%(n)s notices", n) % {"n": n}
    send_mail(
        f"[Assistants] {subject}"[:200],
        render_to_string("account/notices.txt", context),
        None,
        [person.email],
    )
