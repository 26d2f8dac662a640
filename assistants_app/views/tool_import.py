"""Functions from a pasted text: read it, choose, name, take in; and undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.actions import tools
from assistants_app.contract import limits
from assistants_app.contract.tools import function_name
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms import tool_imports
from assistants_app.forms.tool_imports import CARDS, ToolImportForm
from assistants_app.views import access, editing, pages
from assistants_app.views.input_words import inputs

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.forms.tool_imports import Card
    from assistants_app.models import Change
    from assistants_app.views.pages import Request

PARTS = {
    "import-result": "tools/parts/_import_result.html",
    "import-rows": "tools/parts/_import_rows.html",
}
KINDS = {
    "openai": "JSON",
    "openapi": "OpenAPI",
    "curl": "curl",
    "python": "Python",
    "mcp": "MCP",
}


@access.signed_in("GET", "POST")
def tool_import(request: Request, pk: int) -> HttpResponse:
    """POST with `do`: read (or nothing), filter, show the chosen ones, add, undo."""
    change = access.change(request, pk, "change.write")
    if editing.mode(request, change) == "read":
        return redirect("change", pk)
    if request.method != "POST":
        return _page(request, change, ToolImportForm(), done=_done(request, change))
    do = request.POST.get("do", "")
    if do == "undo":
        return _undo(request, change)
    form = ToolImportForm(request.POST, request.FILES)
    if not form.is_valid() or form.found is None:
        return _page(request, change, form, status=422)
    if do == "add":
        return _add(request, change, form)
    return _result(request, change, form, is_chosen=do == "show", is_filtered=do == "filter")


def _here(change: Change) -> dict[str, str]:
    """The names of its functions, with their keys."""
    named = [(function_name(row.tool), row.key) for row in tools.rows(change)]
    return {name: key for name, key in named if name is not None}


def _picked(request: Request, form: ToolImportForm) -> list[int]:
    """The places that were ticked, those that the text has, in its order."""
    offers = form.found.offers if form.found else ()
    sent = set(request.POST.getlist("pick"))
    return [at for at in range(len(offers)) if str(at) in sent]


def _result(
    request: Request,
    change: Change,
    form: ToolImportForm,
    *,
    is_chosen: bool = False,
    is_filtered: bool = False,
) -> HttpResponse:
    """The functions that were read as cards; of many, a list to choose from."""
    offers = form.found.offers if form.found else ()
    picked = _picked(request, form)
    if len(offers) > CARDS and not (is_chosen and picked):
        return _page(request, change, form, **_listing(request, form, picked, is_filtered))
    chosen = picked if is_chosen and picked else range(len(offers))
    assert form.found  # noqa: S101  # a valid form has read something
    made = tool_imports.cards(form.found, _here(change), data=None, chosen=chosen)
    return _page(request, change, form, cards=_drawn(made))


def _listing(
    request: Request, form: ToolImportForm, picked: list[int], is_filtered: bool
) -> dict[str, Any]:
    """What the list shows: all that fit the search, and what is ticked besides."""
    query = request.POST.get("q", "").strip()[:200] if is_filtered else ""
    offers = list(enumerate(form.found.offers if form.found else ()))
    fits = [
        (at, one, at in picked)
        for at, one in offers
        if query.lower() in f"{one.name} {one.place} {one.text}".lower()
    ]
    shown = {at for at, _one, _is in fits}
    return {"rows": fits, "beside": [at for at in picked if at not in shown], "query": query}


def _drawn(made: list[Card]) -> list[dict[str, Any]]:
    is_few = len(made) <= CARDS
    return [
        {
            "card": card,
            "inputs": inputs(card.function.tool["function"].get("parameters")),
            "said": card.function.tool["function"].get("description") or "",
            "json": contract.dumps(card.function.tool, indent=2) if is_few else "",
        }
        if card.function
        else {"card": card}
        for card in made
    ]


def _add(request: Request, change: Change, form: ToolImportForm) -> HttpResponse:
    assert form.found  # noqa: S101  # a valid form has read something
    here = _here(change)
    sent = [at for at in range(len(form.found.offers)) if f"name-{at}" in request.POST]
    made = tool_imports.cards(form.found, here, data=request.POST, chosen=sent)
    chosen = [card for card in made if card.is_picked]
    errors = _refusals(change, chosen)
    if not tool_imports.judge(chosen, here) or errors:
        return _page(request, change, form, status=422, cards=_drawn(made), errors=errors)
    prints = {row.key: row.fingerprint for row in tools.rows(change)}
    instead = {c.taken: (prints[c.taken], c.tool) for c in chosen if c.how == "replace"}
    new = [card.tool for card in chosen if card.how != "replace"]
    try:
        done = tools.bring_in(change, actor=request.actor, tools=new, instead=instead)
    except Conflict as conflict:
        errors = [("", str(conflict))]
        return _page(request, change, form, status=409, cards=_drawn(made), errors=errors)
    except InvalidDocument as refusal:
        errors = [("", contract.plain(found, _)) for found in refusal.problems]
        return _page(request, change, form, status=422, cards=_drawn(made), errors=errors)
    keys = {"added": done.keys[len(instead) :], "replaced": done.keys[: len(instead)]}
    asked = urlencode({name: ".".join(some) for name, some in keys.items() if some})
    return pages.go(request, f"{reverse('tool_import', args=[change.pk])}?{asked}")


def _refusals(change: Change, chosen: list[Card]) -> list[tuple[str, str]]:
    """Nothing was ticked, or there is no room for so many."""
    if not chosen:
        return [("", _("Tick at least one function."))]
    keys = {card.taken for card in chosen if card.how == "replace"}
    if len(keys) < sum(card.how == "replace" for card in chosen):
        return [("", _("Two of these would take the place of the same function."))]
    total = len(tools.rows(change)) + len(chosen) - len(keys)
    if total <= limits.TOOLS_MAX:
        return []
    words = {"n": f"{total:,}", "max": limits.TOOLS_MAX}
    return [("", _("That would be %(n)s tools; the limit is %(max)s. Tick fewer.") % words)]


def _done(request: Request, change: Change) -> dict[str, Any] | None:
    """What was just taken in, as the address says it, with what undoing it needs."""
    asked = {name: request.GET.get(name, "").split(".") for name in ("added", "replaced")}
    found = {
        name: [row for row in tools.rows(change) if row.key in keys] for name, keys in asked.items()
    }
    if not found["added"] and not found["replaced"]:
        return None
    return found | {"names": [function_name(row.tool) for rows in found.values() for row in rows]}


def _undo(request: Request, change: Change) -> HttpResponse:
    sent = {
        name: dict(value.split(":", 1) for value in request.POST.getlist(name) if ":" in value)
        for name in ("added", "replaced")
    }
    try:
        tools.take_back(change, actor=request.actor, **sent)
    except Conflict as conflict:
        errors = [("", str(conflict))]
        return _page(request, change, ToolImportForm(), status=409, errors=errors)
    return pages.go(request, f"{reverse('tool_import', args=[change.pk])}?undone=1")


def _page(
    request: Request, change: Change, form: ToolImportForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    used = len(tools.rows(change))
    head = editing.head(request, change)
    (home, assistant, (label, _url)) = head["crumbs"]
    back = f"{reverse('change', args=[change.pk])}#form-abilities"
    context = head | {
        "form": form,
        "found": form.found,
        "kind": KINDS.get(form.found.kind, "") if form.found else "",
        "notes": [note.said(_) for note in form.found.notes] if form.found else [],
        "used": used,
        "most": limits.TOOLS_MAX,
        "room": max(limits.TOOLS_MAX - used, 0),
        "back": back,
        "undone": request.GET.get("undone"),
        "crumbs": [home, assistant, (label, back), (_("Paste functions"), "")],
        **more,
    }
    response = pages.page(request, "tools/import.html", context, parts=PARTS, status=status)
    if request.htmx:  # the boxes stay as they are, so what is said of them goes to its own places
        for bound in (form["text"], form["file"]):
            said = {"errors": bound.errors}
            slot = {f"{bound.auto_id}-msg": "ui/parts/_field_msg.html"}
            pages.with_slots(response, request, slot, said)
    return response
