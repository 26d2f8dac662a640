"""What a person should know about an assistant before anything else, the gravest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.models import PushOrder
from assistants_app.models.connections import catalogue_of

if TYPE_CHECKING:
    from assistants_app.models import Assistant


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know before anything else, with at most one thing to do about it."""

    tone: str
    heading: str
    text: str
    url: str = ""
    action: str = ""


def found(row: Assistant, order: PushOrder | None) -> list[Notice]:
    """What a person should settle; nothing of an archived one."""
    if row.is_archived:
        return []
    return [*_upstream(row, order), *_model(row)]


def _upstream(row: Assistant, order: PushOrder | None) -> list[Notice]:
    if order is None:
        return []
    url = reverse("upstream", args=[row.pk])
    if order.state == PushOrder.State.STOPPED:
        return [_stopped(order, url)]
    if order.state == PushOrder.State.IDLE and order.notes:
        parts = ", ".join(str(note) for note in order.notes)
        text = _("The server accepted it but did not keep: %(parts)s.") % {"parts": parts}
        return [Notice("warn", _("Not all kept."), text, url, _("See what"))]
    return []


def _stopped(order: PushOrder, url: str) -> Notice:
    words = {
        PushOrder.Reason.DELETED: (
            "bad",
            _("Deleted upstream."),
            _("It no longer exists on the connected server."),
            _("Create again"),
        ),
        PushOrder.Reason.DRIFT: (
            "warn",
            _("Changed upstream."),
            _("Someone changed it on the connected server since we last looked."),
            _("Look at the difference"),
        ),
        PushOrder.Reason.UNCLEAR: (
            "neutral",
            _("Not sure it arrived."),
            order.message,
            _("Settle it"),
        ),
        PushOrder.Reason.DUPLICATE: (
            "warn",
            _("There more than once."),
            order.message,
            _("Say which one is ours"),
        ),
    }
    failed = ("bad", _("Push failed."), order.message, _("See why"))
    tone, heading, text, action = words.get(PushOrder.Reason(order.reason), failed)
    return Notice(tone, heading, text, url, action)


def _model(row: Assistant) -> list[Notice]:
    """The model of what is live was shut down, or soon will be."""
    if row.live_version is None:
        return []
    catalogue = catalogue_of(row.workspace.upstream)
    told = contract.check({"model": row.model}, "modify", catalogue=catalogue)
    ends = [one for one in told if one.code == "model_shutdown" and one.level == "warning"]
    name = _("Model %(model)s.") % {"model": row.model}
    return [Notice("warn", name, contract.plain(one, _)) for one in ends]
