"""A review is sent, an approved Change is published: each in one click, or by a page that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import publishing, reviews, threads
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import Change
from assistants_app.views import access, comparison, pages, review_page, sending

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.views.pages import Request

State = Change.State


@access.signed_in("GET", "POST")
def review_send(request: Request, pk: int) -> HttpResponse:
    """Approve, request changes or only comment; GET is the page that asks.

    `decision` is one of `_choices`; `publish` approves and publishes what this was the last
    approval for.
    """
    change = access.change(request, pk, "change.review")
    if reason := policies.why_not_review(request.actor, change):
        raise policies.refusal(reason, "change.review", change.assistant.workspace, change)
    choices = _choices(request, change)
    if request.method != "POST":
        return _ask(request, change, choices) if choices else redirect("review", pk)
    decision, note = request.POST.get("decision", ""), request.POST.get("note", "")
    if request.POST.get("quick") and _has_more(request, change):
        return _ask(request, change, choices)
    try:
        decided = _decide(request, change, decision, note)
    except Conflict as conflict:
        return _moved(request, change, conflict, note=note)
    except Invalid as invalid:
        return _ask(request, change, choices, status=422, error=str(invalid))
    if decision == "publish" and decided.state == State.APPROVED:
        return _publish(request, decided)
    messages.success(request, _said(decision))
    return pages.go(request, "review", pk)


def _has_more(request: Request, change: Change) -> bool:
    """Whether there is something to look at before one click decides."""
    pending = threads.pending(change, request.actor)
    return bool(pending) or bool(review_page.seen(request, change).missing)


def _decide(request: Request, change: Change, decision: str, note: str) -> Change:
    actor, digest = request.actor, request.POST.get("digest", "")
    if decision in ("approve", "publish"):
        return reviews.approve(change, actor=actor, digest=digest, note=note)
    if decision == "request":
        return reviews.request_changes(change, actor=actor, digest=digest, note=note)
    if decision == "comment":
        return reviews.comment(change, actor=actor, digest=digest, note=note)
    raise Invalid("decision", _("Choose one."))


def _said(decision: str) -> str:
    if decision == "request":
        return _("You requested changes.")
    if decision == "comment":
        return _("Your comments are sent.")
    return _("You approved this change.")


def _choices(request: Request, change: Change) -> list[tuple[str, str, str]]:
    """(word, label, what it does) of each decision that this person can take now."""
    may = review_page.may(request, change, policies.standing(change))
    sends = _("Sends what you wrote and decides nothing.")
    back = _("It goes back to its author with what you say.")
    found = [
        ("comment", _("Comment only"), sends, "request"),
        ("request", _("Request changes"), back, "request"),
        ("approve", _("Approve"), _("You decide on exactly this text."), "approve"),
        ("publish", _("Approve and publish"), _("It goes live at once."), "approve_and_publish"),
    ]
    return [(word, label, help_) for word, label, help_, right in found if may[right]]


def _ask(
    request: Request, change: Change, choices: Any, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The page, or for htmx the dialog: what is pending, what was not marked as seen, a note."""
    sent = request.POST if request.method == "POST" else request.GET
    decision = sent.get("decision", "comment")
    error = more.get("error", "")
    field = "#id_decision_0" if decision not in {word for word, *_rest in choices} else "#id_note"
    context = {
        "change": change,
        "choices": choices,
        "decision": decision,
        "digest": sent.get("digest") or change.digest,
        "note": sent.get("note", ""),
        "pending": threads.pending(change, request.actor),
        "seen": review_page.seen(request, change),
        "errors": [(field, error)] if error else [],
        "crumbs": review_page.crumbs(change),
        **more,
    }
    parts = {"dialog": "reviews/parts/_decide.html"}
    return pages.page(request, "reviews/decide.html", context, parts=parts, status=status)


@access.signed_in("GET", "POST")
def publish(request: Request, pk: int) -> HttpResponse:
    """Publish an approved Change; GET is the page that asks and says what will happen."""
    change = access.change(request, pk, "change.publish")
    if request.method == "POST":
        return _publish(request, change)
    if change.state != State.APPROVED:
        return redirect("review", pk)
    upstream = change.assistant.workspace.upstream
    base = change.base.document() if change.base else {}
    newest = change.assistant.versions.order_by("-number").first()
    context = {
        "change": change,
        "number": newest.number + 1 if newest else 1,
        "host": upstream.host if upstream else "",
        "consequences": [comparison.summary(base, change.document())] if base else [],
        "sending": sending.of_change(change),
        "crumbs": review_page.crumbs(change),
    }
    return pages.page(request, "reviews/publish.html", context)


def _publish(request: Request, change: Change) -> HttpResponse:
    try:
        version = publishing.publish(change, actor=request.actor)
    except Conflict as conflict:
        return _moved(request, change, conflict)
    text = _("Version %(n)s is live.") % {"n": version.number}
    if change.assistant.workspace.upstream:
        text = _("Version %(n)s is live here and is being pushed.") % {"n": version.number}
    messages.success(request, text)
    return pages.go(request, "assistant", change.assistant_id)


def _moved(request: Request, change: Change, conflict: Conflict, note: str = "") -> HttpResponse:
    """409: what happened, a way to see only that, and what was typed."""
    now = access.change(request, change.pk)
    digest = request.POST.get("digest", "")
    is_edited = conflict.code == "digest" and digest != now.digest
    known = is_edited and now.shown_texts.filter(digest=digest).exists()
    said = {
        "conflict": _edited(now) if is_edited else str(conflict),
        "moved_from": digest if known else "",
        "note": note,
    }
    if request.htmx and request.htmx.target == "dialog":
        return _ask(request, now, _choices(request, now), status=409, **said, digest=now.digest)
    return review_page.show(request, now, status=409, **said)


def _edited(change: Change) -> str:
    """Who edited it since it was opened."""
    who, at = review_page.editor_of(change)
    when = timesince(at, depth=1)
    return _("%(who)s changed the text %(when)s ago.") % {"who": who, "when": when}
