"""Bring a Change that is out of date up to what is live: part by part, with the result shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from assistants_app import contract, policies
from assistants_app.actions import changes, updating
from assistants_app.contract.words import LABELS
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms.changes import PART_OF
from assistants_app.views import access, drift_parts, pages
from assistants_app.views.editing import head

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.actions.merging_parts import Picks
    from assistants_app.actions.updating import Update
    from assistants_app.models import Change
    from assistants_app.views.pages import Request

SUMMARY = {"drift-result": "changes/parts/_update_result.html"}


@access.signed_in("GET", "POST")
def update(request: Request, pk: int) -> HttpResponse:
    """Where it began, what is live, what the Change says; POST chooses or, by `do=save`, saves."""
    change = access.change(request, pk, "change.write")
    found = updating.of(change)
    if found is None:
        messages.info(request, _("Change %(n)s is not out of date any more.") % {"n": pk})
        return pages.go(request, "change", pk)
    if request.method != "POST":
        return _page(request, change, found)
    chosen = drift_parts.picks(request.POST)
    if request.POST.get("do") == "save" or request.POST.get("edit"):
        return _save(request, change, found, chosen)
    return _choose(request, change, found, chosen)


def _page(
    request: Request,
    change: Change,
    found: Update,
    chosen: Picks | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _context(request, change, found, chosen or {}) | more
    return pages.page(request, "changes/update.html", context, status=status)


def _context(request: Request, change: Change, found: Update, chosen: Picks) -> dict[str, Any]:
    is_decided = change.state not in changes.EDITABLE
    unread = [LABELS[field].label for field in change.unread or {} if field in LABELS]
    return head(request, change) | {
        "update": found,
        "heading": _heading(found),
        "parts": drift_parts.shown(found.parts, chosen, _words(request, change)),
        "result": _result(found, chosen),
        "may_pick": True,
        "url": _url(change),
        "live": change.assistant.live_version,
        "unread": ", ".join(_(label) for label in unread),
        "goes_back": is_decided and change.assistant.workspace.approvals > 0,
        "becomes_author": not policies.wrote_in(request.user, change),
    }


def _url(change: Change) -> str:
    return reverse("change_update", args=[change.pk])


def _words(request: Request, change: Change) -> drift_parts.Wording:
    is_own = change.author_id == request.user.pk
    base, live = change.base, change.assistant.live_version
    began = _("Where it began (v%(n)s)") % {"n": base.number} if base else _("Where it began")
    now = _("Live now (v%(n)s)") % {"n": live.number} if live else ""
    own = _("Mine") if is_own else _("This change")
    return drift_parts.Wording(
        columns=(("base", began), ("theirs", now), ("ours", own)),
        keep=_("Keep mine") if is_own else _("Keep this change's"),
        take=_("Take live"),
        overlap=_("Changed on both sides"),
        only={
            "ours": _("Changed only by this change"),
            "theirs": _("Changed only in what is live"),
        },
        further={
            "ours": ngettext_lazy(
                "%(n)s further line changed only by this change",
                "%(n)s further lines changed only by this change",
                "n",
            ),
            "theirs": ngettext_lazy(
                "%(n)s further line changed only in what is live",
                "%(n)s further lines changed only in what is live",
                "n",
            ),
        },
        live="theirs",
        missing="" if base else _("It began before anything was live"),
    )


def _heading(found: Update) -> str:
    if not found.parts:
        return _("It says what is live already: there is nothing to choose.")
    if not found.overlaps:
        return _("Nothing overlaps, so nothing has to be chosen. This is what it becomes:")
    text = ngettext(
        "%(n)s part was changed on both sides. What you do not take stays as in this change.",
        "%(n)s parts were changed on both sides. What you do not take stays as in this change.",
        found.overlaps,
    )
    return text % {"n": found.overlaps}


def _result(found: Update, chosen: Picks) -> dict[str, Any]:
    return {"told": drift_parts.told(found.parts, chosen), "is_live": found.is_live(chosen)}


def _choose(request: Request, change: Change, found: Update, chosen: Picks) -> HttpResponse:
    """Redraw what was chosen: one part and the result for htmx, else the page."""
    if request.POST.get("seen") != found.seen:
        said = _("The change or the live version moved on since you looked.")
        return _moved(request, change, chosen, said)
    part = next((one for one in found.parts if one.field == request.POST.get("part")), None)
    if not request.htmx or part is None:
        return _page(request, change, found, chosen)
    context = {
        "part": drift_parts.part(part, chosen, _words(request, change)),
        "result": _result(found, chosen),
        "url": _url(change),
        "may_pick": True,
    }
    response = render(request, "sync/parts/_drift_part.html", context)
    return pages.with_slots(response, request, SUMMARY, context)


def _save(request: Request, change: Change, found: Update, chosen: Picks) -> HttpResponse:
    seen = request.POST.get("seen", "")
    try:
        done = updating.update(change, actor=request.actor, seen=seen, picks=chosen)
    except Conflict as conflict:
        return _moved(request, change, chosen, str(conflict))
    except InvalidDocument as refusal:
        errors = _errors(found, refusal)
        return _page(request, change, found, chosen, status=422, errors=errors)
    live = done.base
    text = _("Change %(pk)s is based on version %(n)s now.")
    messages.success(request, text % {"pk": done.pk, "n": live.number if live else ""})
    return pages.go(request, _next(done, request.POST.get("edit", "")))


def _next(change: Change, edited: str) -> str:
    """The editor at the part that was asked for; what is in review, where it is reviewed."""
    if edited in PART_OF:
        return f"{reverse('change', args=[change.pk])}#form-{PART_OF[edited]}"
    name = "change" if change.state in changes.EDITABLE else "review"
    return reverse(name, args=[change.pk])


def _moved(request: Request, change: Change, chosen: Picks, said: str) -> HttpResponse:
    """409: how it stands now, with the choices whose text is still the same."""
    now = access.change(request, change.pk, "change.write")
    found = updating.of(now)
    if found is None:
        messages.info(request, said)
        return pages.go(request, "change", now.pk)
    response = _page(request, now, found, chosen, status=409, conflict=said)
    if request.htmx:
        response["HX-Retarget"] = response["HX-Reselect"] = ".page"
        response["HX-Reswap"] = "outerHTML"
    return response


def _errors(found: Update, refusal: InvalidDocument) -> list[tuple[str, str]]:
    """Each on the part it is about, where that one is on the page."""
    shown = {part.field for part in found.parts}
    errors = []
    for problem in refusal.problems:
        field = str(problem.path[0]) if problem.path else ""
        label = _(LABELS[field].label) if field in LABELS else field
        link = f"#drift-{field}" if field in shown else ""
        if problem.level == "error":
            errors.append((link, f"{label}: {contract.plain(problem, _)}"))
    return errors
