"""What a button inside a part answers with: the part drawn anew, and what was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from assistants_app.views import editing, findings, pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse

    from assistants_app.forms.parts import PartForm
    from assistants_app.models import Change
    from assistants_app.views.pages import Request

# What stands beside the forms and is drawn anew after every save.
SLOTS = {
    "checks": "changes/parts/_checks.html",
    "outline": "changes/parts/_outline.html",
    "against-live": "changes/parts/_against_live.html",
    "change-title": "changes/parts/_title.html",
}


@dataclass(frozen=True, slots=True)
class Done:
    """`said`: one sentence. `focus`: the id that the focus goes to.

    `before`: box → its text before, where that can be had back. `is_saved` false: nothing was
    stored yet. `closes`: it was pressed in the dialog.
    """

    said: str = ""
    focus: str = ""
    before: Mapping[str, str] | None = None
    is_saved: bool = True
    closes: bool = False
    status: int = 200


def answer(
    request: Request, row: Change, form: PartForm, checked: findings.Checked, done: Done
) -> HttpResponse:
    """The part as `form` holds it; without htmx the page."""
    if not request.htmx:
        more: dict[str, Any] = {"done": done, "was_kept": done.is_saved}
        return editing.page(request, row, typed=form, status=done.status, **more)
    context = editing.part_context(request, row, form, checked) | {"done": done}
    response = render(request, "changes/parts/_part.html", context, status=done.status)
    response["HX-Retarget"], response["HX-Reswap"] = f"#form-{form.slug}", "outerHTML"
    slots = {"announcer": "changes/parts/_done_said.html", "toasts": "changes/parts/_undo.html"}
    if done.is_saved:
        slots |= SLOTS | {"merge": "changes/parts/_nothing.html"}
        slots |= {"save-state": "changes/parts/_save_state.html"}
    if done.closes:
        slots |= {"dialog": "changes/parts/_nothing.html"}
    return pages.with_slots(response, request, slots, context)
