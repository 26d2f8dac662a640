"""What a person does with a drift: choose part by part, save the result, push ours again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app.actions import drift, push_decisions
from assistants_app.contract import words
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms.changes import PART_OF
from assistants_app.views import drift_parts, pages, sending, upstream_page

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.actions.drift import Drift, Existing
    from assistants_app.actions.merging_parts import Picks
    from assistants_app.models import Assistant, Change
    from assistants_app.views.pages import Request

SUMMARY = {"drift-result": "sync/parts/_drift_result.html"}


def _settled(request: Request, assistant: Assistant) -> HttpResponse:
    return moved(request, assistant, _("This is settled already."))


def moved(
    request: Request, assistant: Assistant, said: str, chosen: Picks | None = None
) -> HttpResponse:
    """409: how it stands now, with the choices that still apply."""
    assistant.refresh_from_db()
    response = upstream_page.page(
        request, assistant, status=409, conflict=said, chosen=chosen, is_kept=bool(chosen)
    )
    if request.htmx:
        response["HX-Retarget"] = response["HX-Reselect"] = ".page"
        response["HX-Reswap"] = "outerHTML"
    return response


def choose(request: Request, assistant: Assistant) -> HttpResponse:
    """Redraw what was chosen: one part and the result for htmx, else the page."""
    found, chosen = drift.of(assistant), drift_parts.picks(request.POST)
    if found is None:
        return _settled(request, assistant)
    if request.POST.get("seen") != found.seen:
        said = _("Upstream or the live version changed once more since you looked.")
        return moved(request, assistant, said, chosen)
    part = next((one for one in found.parts if one.field == request.POST.get("part")), None)
    if not request.htmx or part is None:
        return upstream_page.page(request, assistant, chosen=chosen)
    context = upstream_page.of_drift(request, assistant, found, chosen)
    context |= {
        "part": drift_parts.part(part, chosen, upstream_page.words_for(assistant, found)),
        "url": upstream_page.url(assistant),
        "may_push": True,
    }
    response = render(request, "sync/parts/_drift_part.html", context)
    return pages.with_slots(response, request, SUMMARY, context)


def take(request: Request, assistant: Assistant) -> HttpResponse:
    """Take all of theirs: chosen, not saved yet."""
    found = drift.of(assistant)
    if found is None:
        return _settled(request, assistant)
    chosen: Picks = {choice.key: "theirs" for one in found.parts for choice in one.choices}
    if request.htmx:
        context = upstream_page.of_drift(request, assistant, found, chosen)
        context |= {"url": upstream_page.url(assistant), "may_push": True}
        response = render(request, "sync/parts/_drift.html", context)
        return pages.with_slots(response, request, SUMMARY, context)
    return upstream_page.page(request, assistant, chosen=chosen)


def save(request: Request, assistant: Assistant) -> HttpResponse:
    """Put the result into a Change; all kept means to push ours again, which is asked first."""
    found, chosen = drift.of(assistant), drift_parts.picks(request.POST)
    edited = request.POST.get("edit", "")
    if found and not edited and found.equals("ours", chosen):
        return ask_push(request, assistant)
    try:
        change = drift.take_in(
            assistant,
            actor=request.actor,
            seen=request.POST.get("seen", ""),
            picks=chosen,
            mine=_mine(request),
        )
    except Conflict as conflict:
        return _not_saved(request, assistant, chosen, conflict)
    except InvalidDocument:
        said = _("Your open change is in review and may hold no errors: this would bring one in.")
        return moved(request, assistant, said, chosen)
    text = _("The result is in change %(n)s. Nothing upstream moves before it is published.")
    messages.success(request, text % {"n": change.pk})
    return pages.go(request, _editor(change, edited))


def _mine(request: Request) -> Existing:
    asked = request.POST.get("mine", "")
    return cast("Existing", asked if asked in ("add", "replace") else "")


def _editor(change: Change, field: str) -> str:
    url = reverse("change", args=[change.pk])
    return f"{url}#form-{PART_OF[field]}" if field in PART_OF else url


def _not_saved(
    request: Request, assistant: Assistant, chosen: Picks, conflict: Conflict
) -> HttpResponse:
    if conflict.code in ("open_change", "overlap"):
        return _ask_mine(request, assistant, chosen)
    return moved(request, assistant, str(conflict), chosen)


def _ask_mine(request: Request, assistant: Assistant, chosen: Picks) -> HttpResponse:
    """One open change per person and assistant: go on in it, or withdraw it; nothing is lost."""
    found = drift.of(assistant)
    mine = assistant.changes.open().filter(author=request.user).first()
    if found is None or mine is None:
        return _settled(request, assistant)
    overlap = drift.overlapping(mine, found, chosen)
    context = {
        "assistant": assistant,
        "change": mine,
        "found": found,
        "may_add": not overlap and not mine.is_outdated,
        "overlap": [words.LABELS[field].label for field in overlap],
        "hidden": [*_carried(found, chosen), ("edit", request.POST.get("edit", ""))],
        "crumbs": _crumbs(assistant, _("Your open change")),
        "url": upstream_page.url(assistant),
    }
    return pages.page(request, "sync/own_change.html", context, status=409)


def _carried(found: Drift, chosen: Picks) -> list[tuple[str, str]]:
    picks = [(f"{drift_parts.CHOICE}{key}", side) for key, side in chosen.items()]
    return [("seen", found.seen), *picks]


def _crumbs(assistant: Assistant, here: str) -> list[tuple[str, str]]:
    return [
        (str(assistant), reverse("assistant", args=[assistant.pk])),
        (_("Upstream"), upstream_page.url(assistant)),
        (here, ""),
    ]


def ask_push(request: Request, assistant: Assistant) -> HttpResponse:
    """Before ours goes over theirs: what exactly is overwritten there, and by what."""
    found = drift.of(assistant)
    order = upstream_page.order_of(assistant)
    if found is None or order is None:
        return _settled(request, assistant)
    if request.POST.get("seen") != found.seen:
        said = _("Upstream or the live version changed once more since you looked.")
        return moved(request, assistant, said, drift_parts.picks(request.POST))
    context: dict[str, Any] = {
        "assistant": assistant,
        "parts": drift_parts.shown(found.parts, {}, upstream_page.words_for(assistant, found)),
        "all_kept": request.POST.get("do") == "save",
        "digest": found.digest,
        "seen": found.seen,
        "live": assistant.live_version,
        "sending": sending.of_order(order),
        "crumbs": _crumbs(assistant, _("Push ours again")),
        "url": upstream_page.url(assistant),
    }
    return pages.page(request, "sync/push_ours.html", context)


def overwrite(request: Request, assistant: Assistant) -> HttpResponse:
    """Push the live version over exactly what was shown."""
    order = upstream_page.order_of(assistant)
    if order is None:
        return _settled(request, assistant)
    try:
        push_decisions.keep_ours(order, actor=request.actor, digest=request.POST.get("digest", ""))
    except Conflict as conflict:
        return moved(request, assistant, str(conflict))
    messages.success(request, _("Ours is being pushed again."))
    return pages.go(request, upstream_page.url(assistant))
