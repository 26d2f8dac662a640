"""Models: a match of the other fields at one press, and all that are known, to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.contract import words
from assistants_app.forms.model import ModelForm, usable_first
from assistants_app.models.connections import catalogue_of
from assistants_app.views import access, editing, pages, saving
from assistants_app.views.redrawing import Done

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse

    from assistants_app.models import Change
    from assistants_app.views.pages import Request

SHOWN = 200  # of a server that lists thousands; the search finds the others


@dataclass(frozen=True, slots=True)
class Known:
    """One model of the picker; `about` is what to know of it once it were chosen."""

    id: str
    good_for: str
    about: contract.Effects | None
    is_chosen: bool


@access.signed_in("GET", "POST")
def change_model(request: Request, pk: int) -> HttpResponse:
    """GET: every model that is known. POST sets one field of the part: `set` is "field:value"."""
    change = access.change(request, pk, "change.write")
    if request.method != "POST":
        return _picker(request, change)
    boxes = ModelForm.held(change)
    boxes |= {name: request.POST[name] for name in boxes if name in request.POST}
    field, colon, value = request.POST.get("set", "").partition(":")
    if not colon or field not in boxes:
        return saving.press(request, change, ModelForm(boxes, change=change), Done())
    done = Done(_said(field, value), f"id_{field}", before=boxes, closes=True)
    after = boxes | {field: value}
    return saving.press(request, change, ModelForm(after, change=change), done)


def _said(field: str, value: str) -> str:
    said = {"field": _(words.LABELS[field].label), "value": value}
    return (_("%(field)s is now %(value)s.") if value else _("%(field)s is cleared.")) % said


def _picker(request: Request, change: Change) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    context = editing.head(request, change) | {
        "query": query,
        "known": list(_known(change, query))[:SHOWN],
        "is_typed": "q" in request.GET,
    }
    parts = {
        "dialog": "changes/parts/_models.html",
        "models-found": "changes/parts/_models_found.html",
    }
    return pages.page(request, "changes/models.html", context, parts=parts)


def _known(change: Change, query: str) -> Iterator[Known]:
    """What fits the search in its id or its use: the chosen one first, last those that are over."""
    catalogue = catalogue_of(change.assistant.workspace.upstream)
    ids = dict.fromkeys([*([change.model] if change.model else ()), *usable_first(catalogue)])
    document = change.document()
    for model in ids:
        good_for = _(contract.good_for(model)) if contract.good_for(model) else ""
        if query.lower() in f"{model} {good_for}".lower():
            about = contract.effects(document | {"model": model}, catalogue)
            yield Known(model, good_for, about, model == change.model)
