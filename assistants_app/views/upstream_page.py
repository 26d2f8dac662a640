"""The page of one assistant upstream: what was read there, what differs, what is to be settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract, policies
from assistants_app.actions import drift, push_doubts, push_links
from assistants_app.models import ConnectionHealth, PushOrder, UpstreamCopy
from assistants_app.views import (
    badges,
    comparison,
    connection_words,
    drift_parts,
    order_words,
    pages,
    sending,
    sync,
)

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.actions.drift import Drift
    from assistants_app.actions.merging_parts import Picks
    from assistants_app.models import Assistant
    from assistants_app.views.pages import Request

State, Reason = PushOrder.State, PushOrder.Reason
SHOWN = 20  # attempts
PARTS = {"upstream-part": "sync/parts/_upstream.html", "drift": "sync/parts/_drift.html"}
SLOTS = {"upstream-facts": "sync/parts/_facts.html"}  # what the heading says goes with the part
MOVING = (State.WAITING, State.SENDING, State.UNKNOWN)


def order_of(assistant: Assistant) -> PushOrder | None:
    """Its push order with what a page says of it."""
    rows = PushOrder.objects.filter(assistant=assistant)
    order = rows.select_related("desired_version", "pushed_version", "connection__health").first()
    if order:
        order.assistant = assistant
    return order


def page(
    request: Request,
    assistant: Assistant,
    *,
    status: int = 200,
    chosen: Picks | None = None,
    **more: Any,
) -> HttpResponse:
    """The whole page, or the part that was asked for; `chosen` are the choices so far."""
    context = _context(request, assistant) | more
    if found := drift.of(assistant):
        context |= of_drift(request, assistant, found, chosen or {})
    response = pages.page(request, "sync/upstream.html", context, parts=PARTS, status=status)
    if request.htmx and request.htmx.target == "upstream-part":
        response = pages.with_slots(response, request, SLOTS, context)
        if found:  # a decision takes more of the page than the part that waited
            response["HX-Refresh"] = "true"
    return response


def url(assistant: Assistant) -> str:
    return reverse("upstream", args=[assistant.pk])


def _context(request: Request, assistant: Assistant) -> dict[str, Any]:
    order = order_of(assistant)
    connection = assistant.workspace.upstream
    copies = {copy.kind: copy for copy in assistant.upstream_copies.all()}
    base = copies.get(UpstreamCopy.Kind.BASE)
    may_push = policies.allowed(request.actor, "push", assistant.workspace)
    context: dict[str, Any] = {
        "assistant": assistant,
        "order": order,
        "is_connected": connection is not None,
        "url": url(assistant),
        "badge": badges.upstream_badge(assistant, order, connection.health if connection else None),
        "says": order_words.says(order, base.seen_at if base else None) if order else "",
        "base": None if is_missing(order) or not assistant.upstream_id else base,
        "is_missing": is_missing(order),
        "sections": _differing(base, assistant) if base and not is_missing(order) else [],
        "attempts": order.push_attempts.select_related("version")[:SHOWN] if order else [],
        "may_push": may_push,
        "is_moving": order is not None and order.state in MOVING and connection is not None,
        "seen": _fingerprint(order),
        "foreign_mark": push_links.foreign_mark(assistant) if connection else "",
        "crumbs": [
            (_("Sync"), sync.url(assistant.workspace)),
            (str(assistant), reverse("assistant", args=[assistant.pk])),
            (_("Upstream"), ""),
        ],
    }
    if connection and connection.health.state != ConnectionHealth.State.OPEN:
        context["told"] = connection_words.told(connection)
        context["may_pause"] = policies.allowed(
            request.actor, "settings.write", assistant.workspace
        )
    if order and order.state != State.IDLE and connection:
        context |= _next(request, order, may_push=may_push)
    return context | (_doubts(request, order) if order else {})


def _next(request: Request, order: PushOrder, *, may_push: bool) -> dict[str, Any]:
    """What the next write sends, and why the last one failed; nothing is sent to what is gone."""
    is_stopped = order.state == State.STOPPED
    is_there = not is_stopped or not is_missing(order)
    why = order.reason in (Reason.REFUSED, Reason.APPROVAL, Reason.ATTEMPTS)
    may_edit = policies.allowed(request.actor, "change.write", order.assistant.workspace)
    return {
        "sending": sending.of_order(order) if is_there else None,
        "why": is_stopped and why,
        "may_retry": may_push and not order.lease_until and order_words.may_retry(order),
        "may_fix": may_edit and order.reason in (Reason.REFUSED, Reason.APPROVAL),
    }


def is_missing(order: PushOrder | None) -> bool:
    """The server does not find it, so what was last read there says nothing of today."""
    if order is None or order.state != State.STOPPED:
        return False
    is_unproven = order.reason == Reason.UNCLEAR and bool(order.assistant.upstream_id)
    return is_unproven or order.reason == Reason.DELETED


def _differing(base: UpstreamCopy, assistant: Assistant) -> list[comparison.Section]:
    """What is not the same in normal form: a default that is spelled out is no difference."""
    held, live = base.document(), contract.without_marker(assistant.document())
    differ = {part.path[0] for part in contract.compare(held, live).parts}
    return [one for one in comparison.sections(held, live) if one.field in differ]


def _fingerprint(order: PushOrder | None) -> str:
    """Names what a page that waits for the push shows."""
    columns = ("state", "reason", "message", "changed_at", "not_before", "desired_version_id")
    return f"{crc32(repr([str(getattr(order, c, '')) for c in columns]).encode()):08x}"


def is_same(request: Request, assistant: Assistant) -> bool:
    """A poll of a page that already shows how it stands."""
    asked = request.GET.get("seen", "")
    return bool(request.htmx and asked) and asked == _fingerprint(order_of(assistant))


def _doubts(request: Request, order: PushOrder) -> dict[str, Any]:
    """What a person has to tell us, where the order stopped for that."""
    if order.state != State.STOPPED:
        return {}
    linked = order.assistant.upstream_id
    may_push = policies.allowed(request.actor, "push", order.assistant.workspace)
    unclear, twice = order.reason == Reason.UNCLEAR, order.reason == Reason.DUPLICATE
    candidates = push_links.candidates(order) if twice or unclear else []
    return {
        "may_name": may_push and not linked and (unclear or twice),
        "may_create": may_push and ((unclear and not linked) or order.reason == Reason.DELETED),
        "is_unproven": unclear and bool(linked),
        "may_confirm": unclear
        and bool(linked)
        and policies.allowed(request.actor, "settings.write", order.assistant.workspace),
        "may_archive": order.reason == Reason.DELETED
        and policies.allowed(request.actor, "assistant.archive", order.assistant.workspace),
        "candidates": candidates,
        "may_choose": may_push and twice and len(candidates) > 1,
        "is_doubtful": order.reason == Reason.DRIFT and push_doubts.is_doubtful(order),
    }


def of_drift(request: Request, assistant: Assistant, found: Drift, chosen: Picks) -> dict[str, Any]:
    """What differs, with the choices so far; a choice whose text moved is not carried along."""
    opened = assistant.changes.open().select_related("author")
    words = words_for(assistant, found)
    return {
        "may_pick": policies.allowed(request.actor, "push", assistant.workspace),
        "drift": found,
        "theirs": assistant.upstream_copies.get(kind=UpstreamCopy.Kind.THEIRS),
        "heading": drift_parts.heading(found),
        "parts": drift_parts.shown(found.parts, chosen, words),
        "result": drift_parts.result(found, chosen),
        "mine": next((one for one in opened if one.author_id == request.user.pk), None),
        "others": [one for one in opened if one.author_id != request.user.pk],
    }


def words_for(assistant: Assistant, found: Drift) -> drift_parts.Wording:
    """What the three texts are called here."""
    live = assistant.live_version
    number = live.number if live else None
    return drift_parts.wording(found, common=_common(assistant, found), live=number)


def _common(assistant: Assistant, found: Drift) -> int | None:
    """The number of the version that was last in common; None where it was none of ours."""
    order = PushOrder.objects.filter(assistant=assistant).select_related("pushed_version").first()
    version = order.pushed_version if order else None
    if version is None or found.base is None:
        return None
    same = contract.compare(version.document(), found.base, fields=found.fields)
    return version.number if same.verdict != "different" else None
