"""A push order in plain words: why it stands where it stands, which versions, what can be done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.contract import words
from assistants_app.models import ConnectionHealth, PushOrder, UpstreamCopy
from assistants_app.views import badges
from assistants_app.views.connection_words import age_of, clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

State, Reason = PushOrder.State, PushOrder.Reason
BULK = (Reason.REFUSED, Reason.ATTEMPTS)  # what may be tried again without looking at each one
NAMED = 3  # versions on the way that are named one by one


def row(order: PushOrder, *, may_push: bool, differing: list[str]) -> dict[str, Any]:
    """What one line of Sync shows; `differing` are the labels of what changed upstream."""
    is_stopped = order.state == State.STOPPED
    read_at: datetime | None = getattr(order, "read_at", None)
    said = says(order, read_at)
    return {
        "order": order,
        "badge": badges.upstream_badge(order.assistant, order, order.connection.health),
        "says": said,
        "found": order.message if order.message != said and order.state != State.IDLE else "",
        "versions": versions(order),
        "differing": ", ".join(differing),
        "is_refused": is_stopped and order.reason == Reason.REFUSED,
        "differs": is_stopped and order.reason == Reason.DRIFT,
        "settles": is_stopped
        and order.reason in (Reason.DELETED, Reason.UNCLEAR, Reason.DUPLICATE),
        "may_retry": may_push and not order.lease_until and may_retry(order),
    }


def may_retry(order: PushOrder) -> bool:
    """What waits is not hurried while the connection rests: nothing would happen."""
    if order.state == State.WAITING:
        return order.connection.health.state == ConnectionHealth.State.OPEN
    is_settled = order.reason not in (Reason.DRIFT, Reason.DUPLICATE)  # by a choice alone
    return order.state in (State.STOPPED, State.UNKNOWN) and is_settled


def versions(order: PushOrder) -> str:
    """One line stands for every version since the last that arrived: `v10, v11 → v12`."""
    now, was = order.desired_version.number, order.pushed_version
    between = list(range(was.number + 1, now)) if was else []
    if len(between) > NAMED:
        return f"v{between[0]} … v{between[-1]} → v{now}"
    if between:
        return f"{', '.join(f'v{n}' for n in between)} → v{now}"
    return f"v{now}"


def says(order: PushOrder, read_at: datetime | None = None) -> str:
    """Why it stands where it stands, in a plain sentence; the server's own words stay apart."""
    at = clock(order.not_before)
    if order.state == State.STOPPED:
        return _stopped(order)
    if order.state == State.UNKNOWN:
        return _("Not sure it arrived; we look again at %(at)s.") % {"at": at}
    if order.state == State.SENDING:
        return _("On its way since %(age)s.") % {"age": age_of(order.sent_at or order.changed_at)}
    if order.state == State.IDLE:
        return checked(order, read_at)
    if order.connection.health.state != ConnectionHealth.State.OPEN:
        return _("Waiting until the connection is open again.")
    if order.not_before > timezone.now():
        return _("We go on at %(at)s.") % {"at": at}
    return _("Waiting for its turn.")


def checked(order: PushOrder | None, read_at: datetime | None) -> str:
    """`Live, checked 14:05:07`, of what was read upstream after the last write there; else ""."""
    if order is None or order.state != State.IDLE or read_at is None:
        return ""
    if order.sent_at and read_at < order.sent_at:
        return ""
    return _("Live, checked %(at)s") % {"at": clock(read_at, seconds=True)}


def _stopped(order: PushOrder) -> str:
    if order.reason == Reason.UNCLEAR and order.assistant.upstream_id:
        return _("The server does not find it any more, and nothing confirms that it is gone.")
    if order.reason == Reason.REFUSED and (label := _field(order.param)):
        return _("The server refused “%(field)s”. It is not tried again by itself.") % {
            "field": label
        }
    return {
        Reason.DRIFT: _("Someone changed it on the server since we last looked."),
        Reason.DELETED: _("It no longer exists on the server."),
        Reason.REFUSED: _("The server refused it. It is not tried again by itself."),
        Reason.APPROVAL: _(
            "The approvals no longer fit what would be sent, so nothing was sent. "
            "Have a new change reviewed."
        ),
        Reason.UNCLEAR: _("We do not know whether it arrived. Look on the server first."),
        Reason.DUPLICATE: _("The server holds it more than once."),
        Reason.ATTEMPTS: _("The server could not be reached for too long."),
    }[Reason(order.reason)]


def differing(orders: Iterable[PushOrder]) -> dict[int, list[str]]:
    """By assistant, the labels of the fields that somebody changed upstream; one query."""
    drifted = [order.assistant_id for order in orders if order.reason == Reason.DRIFT]
    copies: dict[int, dict[str, UpstreamCopy]] = {}
    for copy in UpstreamCopy.objects.filter(assistant__in=drifted):
        copies.setdefault(copy.assistant_id, {})[copy.kind] = copy
    return {
        pk: _changed(found[UpstreamCopy.Kind.BASE], found[UpstreamCopy.Kind.THEIRS])
        for pk, found in copies.items()
        if len(found) == len(UpstreamCopy.Kind)
    }


def _changed(base: UpstreamCopy, theirs: UpstreamCopy) -> list[str]:
    parts = contract.compare(base.document(), theirs.document()).parts
    return [_field(str(part.path[0])) for part in parts]


def _field(param: str) -> str:
    """What the field of a refusal is called on screen."""
    label = words.LABELS.get(re.split(r"[.\[]", param)[0])
    return _(label.label) if label else ""
