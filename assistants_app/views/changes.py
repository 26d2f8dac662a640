"""The editor of a Change: every part a form of its own, saved by itself while it is a Draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from assistants_app.forms.changes import FORMS
from assistants_app.views import access, editing, instructions, saving

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.views.pages import Request


@access.signed_in("GET")
def change(request: Request, pk: int) -> HttpResponse:
    """Every field of a Change; without the right to write, or when it is over, to read."""
    row = access.change(request, pk)
    if request.htmx and request.htmx.target in ("instructions-view", "headings"):
        return instructions.part(request, row)
    look = instructions.looked_at(row, request.GET.get("instructions", ""))
    return editing.page(request, row, look=look)


@access.signed_in("GET", "POST")
def change_part(request: Request, pk: int, part: str) -> HttpResponse:
    """Save one part; GET brings the part as it is stored now."""
    if part not in FORMS:
        raise Http404
    if request.method == "GET":
        return editing.part(request, access.change(request, pk), part)
    row = access.change(request, pk, "change.write")
    return saving.save(request, row, FORMS[part](request.POST, change=row))


@access.signed_in("POST")
def change_check(request: Request, pk: int, part: str) -> HttpResponse:
    """Field checks of a part that does not save by itself: messages only, nothing is stored."""
    if part not in FORMS:
        raise Http404
    row = access.change(request, pk, "change.write")
    return saving.check(request, row, FORMS[part](request.POST, change=row))
