"""The editor of a Change: every part a form of its own, saved by itself while it is a Draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import changes
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms.changes import PARTS
from assistants_app.models import Review
from assistants_app.models.connections import catalogue_of
from assistants_app.views import access, badges, documents, findings, merging, pages

if TYPE_CHECKING:
    from assistants_app.forms.changes import PartForm
    from assistants_app.models import Change
    from assistants_app.views.pages import Request

# What stands beside the forms and is drawn anew after every save.
SLOTS = {
    "checks": "changes/parts/_checks.html",
    "outline": "changes/parts/_outline.html",
    "against-live": "changes/parts/_against_live.html",
    "change-title": "changes/parts/_title.html",
}


@access.signed_in("GET")
def change(request: Request, pk: int) -> HttpResponse:
    """Every field of a Change; without the right to write, or when it is over, to read."""
    return editor(request, access.change(request, pk))


def mode(request: Request, row: Change) -> str:
    """How this person may work on it: `auto` saves by itself, `asked` by a button, or `read`."""
    workspace = row.assistant.workspace
    if not row.is_open or not policies.allowed(request.actor, "change.write", workspace):
        return "read"
    return "auto" if row.state in changes.EDITABLE else "asked"


def editor(
    request: Request, row: Change, *, typed: PartForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """The page; `typed` is the part that was sent and comes back as it was typed."""
    checked = findings.check(row)
    how = mode(request, row)
    sent = {"form": typed, "was_sent": typed.slug if typed else ""}
    context = head(request, row) | {"mode": how, "checked": checked, **sent, **more}
    if how == "read":
        context["shown"] = documents.shown(row)
    else:
        context["forms"] = [_form(slug, row, checked, typed) for slug in PARTS]
        context["models"] = catalogue_of(row.assistant.workspace.upstream).ids
    template = "changes/read.html" if how == "read" else "changes/editor.html"
    return pages.page(request, template, context, status=status)


def _form(slug: str, row: Change, checked: findings.Checked, typed: PartForm | None) -> PartForm:
    if typed is not None and typed.slug == slug:
        return typed
    form = PARTS[slug](change=row)
    form.note(checked.problems)
    return form


def head(request: Request, row: Change) -> dict[str, Any]:
    """What stands at the top and the bottom of a Change's pages."""
    assistant = row.assistant
    is_own = row.author_id == request.user.pk
    right: policies.Right = "change.write" if is_own else "change.withdraw_any"
    return {
        "change": row,
        "assistant": assistant,
        "badge": badges.work_badge(row),
        "outdated": badges.outdated_badge() if row.is_outdated else None,
        "archived": badges.archived_badge() if assistant.is_archived else None,
        "wanted": _wanted(row),
        "is_own": is_own,
        "may_withdraw": row.is_open and policies.allowed(request.actor, right, assistant.workspace),
        "may_update": row.is_outdated
        and policies.allowed(request.actor, "change.write", assistant.workspace),
        "may_submit": row.state in changes.EDITABLE
        and policies.allowed(request.actor, "change.write", assistant.workspace),
        "crumbs": [
            (_("Assistants"), f"{reverse('assistant_list')}?workspace={assistant.workspace.slug}"),
            (str(assistant), reverse("assistant", args=[assistant.pk])),
            (_("Change %(n)s") % {"n": row.pk}, ""),
        ],
    }


def _wanted(row: Change) -> Review | None:
    """What a reviewer asked for instead, while that is what stands."""
    if row.state != row.State.CHANGES_REQUESTED:
        return None
    asked = row.reviews.filter(decision=Review.Decision.CHANGES_REQUESTED)
    return asked.select_related("reviewer").order_by("-pk").first()


@access.signed_in("GET", "POST")
def change_part(request: Request, pk: int, part: str) -> HttpResponse:
    """Save one part; GET brings the part as it is stored now."""
    if part not in PARTS:
        raise Http404
    if request.method == "GET":
        return _part(request, access.change(request, pk), part)
    row = access.change(request, pk, "change.write")
    form = PARTS[part](request.POST, change=row)
    is_read = form.is_valid() or not form.is_refused
    if is_read and row.state not in changes.EDITABLE and (_is_autosave(request) or form.errors):
        return _not_by_itself(request, row, form)
    if not is_read:
        return _unsaved(request, row, form)
    try:
        now = changes.edit(row, actor=request.actor, lock=_lock(request), **form.edits())
    except InvalidDocument as refusal:
        form.note(refusal.problems)
        return _unsaved(request, row, form, refusal)
    except Conflict as conflict:
        return _stale(request, row, form, conflict)
    return _saved(request, now, form)


def _is_autosave(request: Request) -> bool:
    return bool(request.POST.get("autosave"))


def _lock(request: Request) -> int:
    """The lock number of the page; one that cannot be read is older than all."""
    text = request.POST.get("lock", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _part(request: Request, row: Change, part: str) -> HttpResponse:
    if not request.htmx or mode(request, row) == "read":
        return redirect(f"{reverse('change', args=[row.pk])}#form-{part}")
    checked = findings.check(row)
    context = {
        "change": row,
        "form": _form(part, row, checked, None),
        "mode": mode(request, row),
        "checked": checked,
    }
    response = render(request, "changes/parts/_part.html", context)
    return pages.with_slots(response, request, {"merge": "changes/parts/_nothing.html"}, {})


def _saved(request: Request, now: Change, form: PartForm) -> HttpResponse:
    """Stored. What is wrong in this part is said; a save that was asked for then answers 422."""
    now = access.change(request, now.pk)
    checked = findings.check(now)
    form.change, form.lock = now, now.lock
    form.note(checked.problems)
    if not request.htmx:
        if form.errors:
            return editor(request, now, typed=form, status=422, was_kept=True)
        return pages.go(request, f"{reverse('change', args=[now.pk])}#form-{form.slug}")
    context = findings.facts(now, checked) | {"form": form, "mode": mode(request, now)}
    status = 422 if form.errors and not _is_autosave(request) else 200
    template = "_save_state.html" if _is_autosave(request) else "_summary.html"
    response = render(
        request, f"changes/parts/{template}", context | {"was_kept": True}, status=status
    )
    slots = SLOTS | {f"lock-{form.slug}": "changes/parts/_lock.html"}
    if not _is_autosave(request):
        slots |= {"save-state": "changes/parts/_save_state.html"}
        slots |= {"merge": "changes/parts/_nothing.html", "announcer": "changes/parts/_said.html"}
        if context["mode"] == "auto":
            slots |= {f"auto-{form.slug}": "changes/parts/_autosave.html"}
    pages.with_slots(response, request, slots, context)
    return _messages(response, request, form)


def _messages(response: HttpResponse, request: Request, form: PartForm) -> HttpResponse:
    """Fill the message slot of each field of this part."""
    for bound in form:
        slot = {f"{bound.auto_id}-msg": "ui/parts/_field_msg.html"}
        said = {
            "errors": bound.errors,
            "warnings": form.warnings.get(bound.name),
            "hints": form.hints.get(bound.name),
        }
        pages.with_slots(response, request, slot, said)
    return response


def _unsaved(
    request: Request, row: Change, form: PartForm, refusal: InvalidDocument | None = None
) -> HttpResponse:
    """Nothing was stored; what was typed stays where it is."""
    elsewhere = _elsewhere(row, form, refusal) if refusal else []
    if not request.htmx:
        return editor(request, row, typed=form, status=422, elsewhere=elsewhere)
    context = {"change": row, "form": form, "is_unsaved": True, "elsewhere": elsewhere}
    if _is_autosave(request):
        response = render(request, "changes/parts/_save_state.html", context)
    else:
        response = render(request, "changes/parts/_summary.html", context, status=422)
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
    context = {
        "change": now,
        "form": form,
        "differences": merging.differences(now, form),
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
    return editor(request, now, typed=form, status=409, merge=panel)
