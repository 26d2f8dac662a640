"""Saving a part of a Change: taken, refused, stale; each with the slots that say so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app.actions import changes
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.views import access, editing, findings, merging, pages, redrawing
from assistants_app.views.redrawing import Done

if TYPE_CHECKING:
    from assistants_app.forms.parts import PartForm
    from assistants_app.models import Change
    from assistants_app.views.pages import Request


def save(request: Request, row: Change, form: PartForm) -> HttpResponse:
    """Store what was typed in one part, and answer. To take back is to type what was there."""
    if request.POST.get("act") == "undo":
        return press(request, row, form, Done(_("Undone."), focus=f"{form.slug}-h"), is_typed=False)
    is_read = form.is_valid() or not form.is_refused
    if is_read and row.state not in changes.EDITABLE and (_is_autosave(request) or form.errors):
        return _not_by_itself(request, row, form)
    if not is_read:
        return _unsaved(request, row, form)
    try:
        now = changes.edit(
            row, actor=request.actor, lock=form.lock_of(lock(request)), **form.edits()
        )
    except InvalidDocument as refusal:
        form.note(refusal.problems)
        return _unsaved(request, row, form, refusal)
    except Conflict as conflict:
        return _stale(request, row, form, conflict)
    return _saved(request, now, form)


def press(
    request: Request, row: Change, form: PartForm, done: Done, *, is_typed: bool = True
) -> HttpResponse:
    """A button inside a part: what it made of the boxes is stored, where the part saves by itself.

    `is_typed`: the boxes come back as `form` holds them, else as they are stored.
    """
    if not form.is_valid() and form.is_refused:
        return _unsaved(request, row, form)
    now = row
    if row.state in changes.EDITABLE:
        try:
            now = changes.edit(row, actor=request.actor, lock=lock(request), **form.edits())
        except Conflict as conflict:
            return _stale(request, row, form, conflict)
    else:
        done = replace(done, is_saved=False, before=None)
        is_typed = True
    return redrawn(request, now, form, done, is_typed=is_typed)


def redrawn(
    request: Request, now: Change, form: PartForm, done: Done, *, is_typed: bool
) -> HttpResponse:
    now = access.change(request, now.pk)
    checked = findings.check(now)
    if done.is_saved:
        form.change, form.lock = now, now.lock
    if is_typed:
        form.note(checked.problems)
    else:
        form = editing.part_form(form.slug, now, checked, None)
    return redrawing.answer(request, now, form, checked, done)


def check(request: Request, row: Change, form: PartForm) -> HttpResponse:
    """What would be said at the boxes, were it saved as it is typed; nothing is stored."""
    form.full_clean()
    for field, value in form.values.items():
        setattr(row, field, value)  # of this row in memory alone
    form.note(changes.problems(row))
    return _messages(HttpResponse(), request, form)


def _is_autosave(request: Request) -> bool:
    return bool(request.POST.get("autosave"))


def lock(request: Request) -> int:
    """The lock number of the page; one that cannot be read is older than all."""
    text = request.POST.get("lock", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _saved(request: Request, now: Change, form: PartForm) -> HttpResponse:
    """Stored. What is wrong in this part is said; a save that was asked for then answers 422."""
    if request.htmx and request.POST.get("act") == "by-hand":
        return redrawn(request, now, form, Done(_("Saved."), f"{form.slug}-h"), is_typed=False)
    now = access.change(request, now.pk)
    checked = findings.check(now)
    form.change, form.lock = now, now.lock
    form.note(checked.problems)
    if not request.htmx:
        if form.errors:
            return editing.page(request, now, typed=form, status=422, was_kept=True)
        return pages.go(request, f"{reverse('change', args=[now.pk])}#form-{form.slug}")
    context = findings.facts(now, checked) | {"form": form, "mode": editing.mode(request, now)}
    status = 422 if form.errors and not _is_autosave(request) else 200
    template = "_save_state.html" if _is_autosave(request) else "_summary.html"
    response = render(
        request, f"changes/parts/{template}", context | {"was_kept": True}, status=status
    )
    slots = redrawing.SLOTS | form.slots() | {f"lock-{form.slug}": "changes/parts/_lock.html"}
    if not _is_autosave(request):
        slots |= {"save-state": "changes/parts/_save_state.html"}
        slots |= {"merge": "changes/parts/_nothing.html", "announcer": "changes/parts/_said.html"}
        if context["mode"] == "auto":
            slots |= {f"auto-{form.slug}": "changes/parts/_autosave.html"}
    pages.with_slots(response, request, slots, context)
    if events := form.events():
        response["HX-Trigger"] = ", ".join(events)
    return _messages(response, request, form)


def _messages(response: HttpResponse, request: Request, form: PartForm) -> HttpResponse:
    """Fill the message slot of each box of this part."""
    for box, said in form.messages():
        pages.with_slots(response, request, {f"{box}-msg": "ui/parts/_field_msg.html"}, said)
    return response


def _unsaved(
    request: Request, row: Change, form: PartForm, refusal: InvalidDocument | None = None
) -> HttpResponse:
    """Nothing was stored; what was typed stays where it is."""
    elsewhere = _elsewhere(row, form, refusal) if refusal else []
    if not request.htmx:
        return editing.page(request, row, typed=form, status=422, elsewhere=elsewhere)
    context = {"change": row, "form": form, "is_unsaved": True, "elsewhere": elsewhere}
    if _is_autosave(request):
        response = render(request, "changes/parts/_save_state.html", context)
    else:
        response = render(request, "changes/parts/_summary.html", context, status=422)
        response["HX-Retarget"], response["HX-Reswap"] = f"#{form.slug}-summary", "innerHTML"
        slots = {"save-state": "changes/parts/_save_state.html"}
        pages.with_slots(response, request, slots, context)
    return _messages(response, request, form)


def _elsewhere(row: Change, form: PartForm, refusal: InvalidDocument) -> list[tuple[str, str]]:
    """Errors of other parts, as links with what they say."""
    found = findings.of_document(row, list(refusal.problems))
    return [
        (one.url, f"{one.label}: {one.message}")
        for one in found
        if one.level == "error" and one.field not in form.fields
    ]


def _not_by_itself(request: Request, row: Change, form: PartForm) -> HttpResponse:
    """In review, only a save that was asked for and has no errors is taken."""
    if not _is_autosave(request):
        return _unsaved(request, row, form)
    text = _("Someone asked for review meanwhile, so this is not saved by itself any more.")
    return _alert(request, row, text)


def _alert(request: Request, row: Change, text: str) -> HttpResponse:
    context = {"text": text, "url": reverse("change", args=[row.pk]), "action": _("Load it again")}
    response = render(request, "changes/parts/_alert.html", context, status=409)
    response["HX-Retarget"], response["HX-Reswap"] = "#alerts", "innerHTML"
    return response


def _stale(request: Request, row: Change, form: PartForm, conflict: Conflict) -> HttpResponse:
    """409: both texts, and a person decides; the fields keep what was typed."""
    now = access.change(request, row.pk)
    differences = merging.differences(now, form)
    context = {
        "change": now,
        "form": form,
        "differences": differences,
        "same": merging.same(form, differences),
        "reason": str(conflict),
        "is_open": now.is_open,
    }
    if request.htmx:
        response = render(request, "changes/parts/_merge.html", context, status=409)
        response["HX-Retarget"], response["HX-Reswap"] = "#merge", "innerHTML"
        # Nothing is saved by itself before a person chose; the focus stays where they type.
        slots = {"save-state": "changes/parts/_save_state.html"}
        slots |= {f"auto-{form.slug}": "changes/parts/_nothing.html"}
        if _is_autosave(request):
            slots |= {"announcer": "changes/parts/_said_stale.html"}
        return pages.with_slots(response, request, slots, context | {"is_stale": True})
    panel = render_to_string("changes/parts/_merge.html", context, request)
    form.lock = now.lock
    return editing.page(request, now, typed=form, status=409, merge=panel)
