"""The buttons of the part "Labels for software": add, remove, paste several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app.forms import labels as rows_of
from assistants_app.forms.labels import LabelsForm, Row
from assistants_app.views import access, findings, redrawing, saving
from assistants_app.views.redrawing import Done

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Change
    from assistants_app.views.pages import Request


@access.signed_in("POST")
def change_labels(request: Request, pk: int) -> HttpResponse:
    """`op`: "add", "paste" what is in the box, or "remove:3"; the rows come as they were typed."""
    change = access.change(request, pk, "change.write")
    rows = rows_of.posted(request.POST, LabelsForm.stored(change, "metadata"))
    if rows is None:  # the page holds the JSON box, which has no such buttons
        return saving.save(request, change, LabelsForm(request.POST, change=change))
    op, _colon, n = request.POST.get("op", "").partition(":")
    if op == "paste":
        return _paste(request, change, rows)
    if op == "remove":
        return _remove(request, change, rows, n)
    rows = rows_of.added(rows, [Row(0)])
    done = Done(focus=f"label-{rows[-1].n}-key")
    return saving.press(request, change, LabelsForm(change=change, rows=rows), done)


def _remove(request: Request, change: Change, rows: list[Row], n: str) -> HttpResponse:
    gone = next((at for at, row in enumerate(rows) if str(row.n) == n), None)
    if gone is None:  # another press was first
        return saving.press(request, change, LabelsForm(change=change, rows=rows), Done())
    left = [*rows[:gone], *rows[gone + 1 :]]
    near = left[min(gone, len(left) - 1)] if left else None
    focus = f"label-{near.n}-key" if near else "label-add"
    if rows[gone].is_blank:
        done = Done(_("Removed an empty label."), focus)
    else:
        said = _("Removed %(key)s.") % {"key": rows[gone].key or rows[gone].value}
        filled = [row for row in rows if not row.is_blank]
        done = Done(said, focus, before={"metadata": rows_of.as_text(filled)})
    return saving.press(request, change, LabelsForm(change=change, rows=left), done)


def _paste(request: Request, change: Change, rows: list[Row]) -> HttpResponse:
    text = request.POST.get("paste", "").replace("\r\n", "\n")
    try:
        found = rows_of.pasted(text)
    except ValidationError as error:
        form = LabelsForm(change=change, rows=rows)
        form.paste, form.paste_errors = text, error.messages
        form.lock = saving.lock(request)
        done = Done(focus="id_paste", is_saved=False, status=422)
        return redrawing.answer(request, change, form, findings.check(change), done)
    filled = [row for row in rows if not row.is_blank]
    said = ngettext("Added %(n)s label.", "Added %(n)s labels.", len(found)) % {"n": len(found)}
    after = rows_of.added(filled, found)
    before = {"metadata": rows_of.as_text(filled)}
    done = Done(said, f"label-{after[-1].n}-key", before=before)
    return saving.press(request, change, LabelsForm(change=change, rows=after), done)
