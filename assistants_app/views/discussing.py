"""Commenting on a Change: say, send, take back, settle; and marking parts as seen."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.actions import receipts, shown, threads
from assistants_app.contract import words
from assistants_app.errors import Conflict, Invalid
from assistants_app.forms.comments import CommentForm
from assistants_app.models import Comment, Thread
from assistants_app.textdiff import cuts
from assistants_app.views import access, discussion, pages, review_page

if TYPE_CHECKING:
    from assistants_app.models import Change
    from assistants_app.views.pages import Request

_AT = re.compile(r"(old|new)-(\d{1,7})(?:-(\d{1,7}))?")
SLOTS = {"rail-talk": "reviews/parts/_rail_talk.html", "announcer": "reviews/parts/_said.html"}
WAITING = {"waiting": "reviews/parts/_waiting.html"}  # in the bar of those who can send a review


@access.signed_in("GET", "POST")
def comment_new(request: Request, pk: int) -> HttpResponse:
    """Say something about lines, a part, the whole change, or in a thread; GET is the form."""
    change = access.change(request, pk, "change.comment")
    if request.method != "POST":
        asked = _asked(request, change)
        return _form_page(request, change, CommentForm(initial=asked, key=_key_of(asked)))
    form = CommentForm(request.POST, key=_key(request))
    if not form.is_valid():
        return _form_page(request, change, form, status=422)
    thread = _thread(request, change, form.cleaned_data["thread"])
    try:
        comment = _say(request, change, form, thread)
    except Invalid as invalid:
        form.add_error("text", str(invalid))
        return _form_page(request, change, form, status=422)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _form_page(request, change, form, status=409)
    return _answer(request, change, comment, is_new=thread is None)


def _asked(request: Request, change: Change) -> dict[str, Any]:
    """What the address says of the place: `part`, and `at` as new-18 or old-3-5."""
    at = _AT.fullmatch(request.GET.get("at", ""))
    part = request.GET.get("part", "")
    found = {"digest": change.digest, "form_id": uuid.uuid4()}
    found |= {"part": part if part in contract.FIELDS else ""}
    if at:
        found |= {"side": at[1], "first": int(at[2]), "last": int(at[3] or at[2])}
    return found


def _key_of(at: dict[str, Any]) -> str:
    """Names the form of a place: no two on one page have the same ids."""
    return f"{at.get('part') or 'all'}-{at.get('side') or 'new'}-{at.get('last') or 0}"


def _key(request: Request) -> str:
    """The same of a form that was sent; one that answers in a thread goes by that."""
    thread = request.POST.get("thread", "")
    return f"t{thread}" if thread else _key_of(request.POST.dict())


def _say(request: Request, change: Change, form: CommentForm, thread: Thread | None) -> Comment:
    """The comment; the one that was made before, where the same form comes again."""
    data = form.cleaned_data
    on = thread or threads.Anchor(**form.place)
    later = data["send"] != "now" and discussion.may_wait(request, change)
    key, body = str(data["form_id"] or ""), f"{change.pk} {data['text']}".encode()
    if key and (known := receipts.first(request.actor, key, body)):
        rows = Comment.objects.select_related("thread")
        if comment := rows.filter(pk=int(known.answer)).first():
            return comment
        message = _("This comment was sent or taken back meanwhile.")
        raise Conflict(message, code="state")
    with transaction.atomic():
        act = threads.keep if later else threads.comment
        comment = act(change, actor=request.actor, on=on, text=data["text"])
        if key:
            answer = str(comment.pk)
            receipts.keep(actor=request.actor, key=key, body=body, status=201, answer=answer)
    return comment


def _thread(request: Request, change: Change, pk: int | None) -> Thread | None:
    """The thread that is answered; one that this person may not know of is not there."""
    if pk is None:
        return None
    found = get_object_or_404(change.threads, pk=pk)
    found.change = change
    if discussion.one(request, found) is None:
        raise Http404
    return found


def _form_page(
    request: Request, change: Change, form: CommentForm, *, status: int = 200
) -> HttpResponse:
    at = form.place
    at |= {"lines": at["last"] - at["first"] + 1, "label": words.LABELS.get(at["part"])}
    context = {
        "change": change,
        "form": form,
        "at": at,
        "key": _key_of(at),
        "quote": _quote(change, at),
        "may_wait": discussion.may_wait(request, change),
        "crumbs": review_page.crumbs(change),
    }
    is_part = request.htmx and request.htmx.target != "main"
    template = "reviews/parts/_comment_form.html" if is_part else "reviews/comment.html"
    return render(request, template, context, status=status)


def _quote(change: Change, at: dict[str, Any]) -> list[str]:
    """The lines that it is about, as they are now."""
    base = change.base.document() if change.base else {}
    document = base if at["side"] == "old" else change.document()
    lines = cuts.lines(shown.plain_text(document, at["part"])) if at["part"] else []
    return lines[at["first"] - 1 : at["last"]][:20] if at["first"] else []


def _answer(
    request: Request, change: Change, comment: Comment, *, is_new: bool = False
) -> HttpResponse:
    if not request.htmx:
        return pages.go(request, discussion.way(change, comment))
    talks = discussion.of(request, change)
    talk = next(one for one in talks.talks if one.thread.pk == comment.thread_id)
    is_row = is_new and bool(talk.thread.first)
    context = {
        "talk": talk,
        "talks": talks,
        "change": change,
        "is_row": is_row,
        "focus": f"#comment-{comment.pk}",
        "comment": comment,
    }
    return _part(request, context, status=201)


def _part(request: Request, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The thread as it is now, and what stands elsewhere on the page about it."""
    response = render(request, "reviews/parts/_talk.html", context, status=status)
    can_wait = discussion.may_wait(request, context["change"])
    slots = SLOTS | WAITING if can_wait else SLOTS
    return pages.with_slots(response, request, slots, context)


@access.signed_in("POST")
def comment_send(request: Request, pk: int, comment: int) -> HttpResponse:
    """Send one comment now, without a review."""
    change = access.change(request, pk, "change.comment")
    row = _pending(request, change, comment)
    if row is None:
        return _too_late(request, change)
    row = threads.send(row, actor=request.actor)
    return _answer(request, change, row)


@access.signed_in("POST")
def comment_drop(request: Request, pk: int, comment: int) -> HttpResponse:
    """Take back a comment that nobody else has read."""
    change = access.change(request, pk, "change.comment")
    row = _pending(request, change, comment)
    if row is None:
        return _too_late(request, change)
    threads.drop(row, actor=request.actor)
    if not request.htmx:
        messages.success(request, _("The comment is taken back."))
        return pages.go(request, "review", pk)
    talks = discussion.of(request, change)
    talk = next((one for one in talks.talks if one.thread.pk == row.thread_id), None)
    context = {
        "talk": talk,
        "talks": talks,
        "change": change,
        "gone": row.thread_id,
        "focus": f"#thread-{row.thread_id}",
    }
    return _part(request, context)


def _pending(request: Request, change: Change, pk: int) -> Comment | None:
    """Of others' private comments nobody learns that they are there."""
    rows = Comment.objects.select_related("thread__change__assistant__workspace")
    return rows.filter(pk=pk, thread__change=change, author=request.user, sent_at=None).first()


def _too_late(request: Request, change: Change) -> HttpResponse:
    messages.info(request, _("This comment was sent or taken back meanwhile."))
    return pages.go(request, "review", change.pk)


@access.signed_in("POST")
def thread_resolve(request: Request, pk: int, thread: int) -> HttpResponse:
    """Settle a comment."""
    return _settle(request, pk, thread, threads.resolve)


@access.signed_in("POST")
def thread_reopen(request: Request, pk: int, thread: int) -> HttpResponse:
    """Open a settled comment again."""
    return _settle(request, pk, thread, threads.reopen)


def _settle(request: Request, pk: int, thread: int, act: Any) -> HttpResponse:
    change = access.change(request, pk, "change.comment")
    row = get_object_or_404(
        change.threads.select_related("change__assistant__workspace"), pk=thread
    )
    talk = discussion.one(request, row)
    if talk is None or talk.is_private:
        raise Http404
    try:
        act(row, actor=request.actor)
    except Conflict as conflict:
        if not request.htmx:
            messages.info(request, str(conflict))
    if not request.htmx:
        return pages.go(request, f"{reverse('review', args=[pk])}#thread-{thread}")
    talks = discussion.of(request, change)
    talk = next(one for one in talks.talks if one.thread.pk == thread)
    following = next((one for one in talks.open if one.thread.pk > thread), None) or talk
    context = {
        "talk": talk,
        "talks": talks,
        "change": change,
        "focus": f"#thread-{following.thread.pk}",
        "settled": not talk.is_open,
    }
    return _part(request, context)


@access.signed_in("POST")
def review_seen(request: Request, pk: int) -> HttpResponse:
    """Mark a part as seen, as it was shown, or take the mark back."""
    change = access.change(request, pk)
    part, digest = request.POST.get("part", ""), request.POST.get("digest", "")
    if part not in (*contract.FIELDS, review_page.SETTINGS) or len(digest) != 64:
        return redirect("review", pk)  # not from our page
    is_seen = bool(request.POST.get("seen"))
    threads.mark_seen(change, actor=request.actor, part=part, digest=digest, is_seen=is_seen)
    if not request.htmx:
        return redirect(f"{reverse('review', args=[pk])}#part-{part}")
    context = {"seen": review_page.seen(request, change)}
    return render(request, "reviews/parts/_seen.html", context)
