"""The two badges of an assistant: what people are doing, and what the connected server holds.

Every page asks here, so that one state has one word, one icon and one colour (ux.md 2.2 and 2.3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app.models import Change, ConnectionHealth, PushOrder
from assistants_app.views import connection_words

if TYPE_CHECKING:
    from assistants_app.models import Assistant

State, Reason = PushOrder.State, PushOrder.Reason


@dataclass(frozen=True, slots=True)
class Badge:
    """What `ui/parts/_badge.html` draws. `quiet` is plain text instead of a pill: a normal state.

    `tone`: "" (neutral) info violet ok warn bad. `url`: the next step, empty for none.
    """

    label: str
    icon: str = ""
    tone: str = ""
    url: str = ""
    quiet: bool = False


def work_badge(change: Change | None) -> Badge:
    """The state of an assistant's newest open Change, or of any one Change; None = none is open."""
    if change is None:
        return Badge(_("No open change"), quiet=True)
    page = "review" if change.state in (Change.State.IN_REVIEW, Change.State.APPROVED) else "change"
    return replace(_work(change.state), url=reverse(page, args=[change.pk]))


def _work(state: str) -> Badge:
    return {
        Change.State.DRAFT: Badge(_("Draft"), "pencil"),
        Change.State.IN_REVIEW: Badge(_("In review"), "eye", "violet"),
        Change.State.CHANGES_REQUESTED: Badge(_("Changes requested"), "chat-bubble-left", "warn"),
        Change.State.APPROVED: Badge(_("Approved"), "check", "ok"),
        Change.State.WITHDRAWN: Badge(_("Withdrawn"), "archive-box"),
        Change.State.LIVE: Badge(_("Live"), "check", "ok", quiet=True),
    }[Change.State(state)]


def upstream_badge(
    assistant: Assistant, order: PushOrder | None, health: ConnectionHealth | None
) -> Badge:
    """What the connected server holds of this assistant; `health` is None without a Connection.

    What a person has to settle is said even while the Connection rests; everything else is not
    known then, nor once nothing was compared for three intervals. *In sync* only when the live
    Version was read back after the push.
    """
    if health is None:
        return Badge(_("Kept here only"), "home", quiet=True)
    page = reverse("upstream", args=[assistant.pk])
    if order and order.reason == Reason.UNCLEAR and assistant.upstream_id:
        return Badge(_("Cannot check"), "signal-slash", url=page)  # nothing proves that it is gone
    if order and (order.state == State.UNKNOWN or order.reason == Reason.UNCLEAR):
        return Badge(_("Not sure it arrived"), "question-mark-circle", url=page)
    if order and order.state == State.STOPPED:
        return replace(_stopped(order.reason), url=page)
    if assistant.live_version_id is None or order is None:
        return Badge(_("Not pushed yet"), "clock", url=page if assistant.live_version_id else "")
    is_open = health.state == ConnectionHealth.State.OPEN
    if not is_open or connection_words.is_stale(health, order.changed_at):
        return Badge(_("Cannot check"), "signal-slash", url=_sync(assistant))
    return _moving(assistant, order, page)


def _stopped(reason: str) -> Badge:
    return {
        Reason.DRIFT: Badge(_("Changed upstream"), "arrows-right-left", "warn"),
        Reason.DELETED: Badge(_("Deleted upstream"), "no-symbol", "bad"),
        Reason.DUPLICATE: Badge(_("There more than once"), "square-2-stack", "warn"),
    }.get(Reason(reason), Badge(_("Push failed"), "exclamation-triangle", "bad"))


def _moving(assistant: Assistant, order: PushOrder, page: str) -> Badge:
    if order.state == State.SENDING:
        return Badge(_("Pushing…"), "arrow-path", "info")
    is_read_back = order.state == State.IDLE and order.pushed_version_id is not None
    if not is_read_back or order.pushed_version_id != assistant.live_version_id:
        return Badge(_("Waiting to push"), "clock", "info", _sync(assistant))
    if order.notes:
        return Badge(_("Not all kept"), "exclamation-circle", "warn", page)
    return Badge(_("In sync"), "check", "ok", quiet=True)


def _sync(assistant: Assistant) -> str:
    return f"{reverse('sync')}?workspace={assistant.workspace.slug}"


def outdated_badge() -> Badge:
    """The flag of a Change whose base is not the live Version any more."""
    return Badge(_("Out of date"), "arrows-up-down", "warn")


def archived_badge() -> Badge:
    """The flag of an assistant that is hidden from lists."""
    return Badge(_("Archived"), "archive-box")
