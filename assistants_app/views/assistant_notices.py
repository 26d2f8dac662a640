"""What a person should know about an assistant before anything else, the gravest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.actions import warnings
from assistants_app.contract import words
from assistants_app.models import PushOrder

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
    return [*_upstream(row, order), *_doubtful(row)]


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


def _doubtful(row: Assistant) -> list[Notice]:
    """What is doubtful in what is live: that its model ends before anything else."""
    found = sorted(warnings.of_live(row), key=lambda one: one.code != "model_shutdown")
    return [Notice("warn", _about(row, one), contract.plain(one, _)) for one in found]


def _about(row: Assistant, problem: contract.Problem) -> str:
    """The model by its name, another field by its label and the place in it."""
    field = str(problem.path[0]) if problem.path else ""
    if field == "model" and row.model:
        return _("Model %(model)s.") % {"model": row.model}
    label = _(words.LABELS[field].label) if field in words.LABELS else field or _("All of it")
    place = contract.in_words(problem.path, row.document(), _)
    return f"{label}, {place}." if place else f"{label}."
