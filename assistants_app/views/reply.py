"""The buttons of "Shape of the reply": from an example or a template, fix all, the missing word."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import contract
from assistants_app.actions import building, changes
from assistants_app.contract import tool_keys
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms import reply as shapes
from assistants_app.forms.reply import ReplyForm, Shape
from assistants_app.forms.reply_templates import TEMPLATES
from assistants_app.forms.tool_imports import said
from assistants_app.schema import importers, pointers
from assistants_app.views import access, editing, pages, saving
from assistants_app.views.redrawing import Done

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Change
    from assistants_app.views.pages import Request

SENTENCE = "Answer with a JSON object."


@access.signed_in("GET", "POST")
def change_reply(request: Request, pk: int) -> HttpResponse:
    """GET: what to begin from. POST with `op`: example, template:NAME, fix, or word."""
    change = access.change(request, pk, "change.write")
    if editing.mode(request, change) == "read":
        return redirect("change", pk)
    op, _colon, name = request.POST.get("op", "").partition(":")
    if request.method != "POST" or op not in ("example", "template", "fix", "word"):
        return _begin(request, change)
    if op == "word":
        return _word(request, change)
    if op == "fix":
        return _fix(request, change)
    if op == "template" and name in TEMPLATES:
        chosen = TEMPLATES[name]
        text = _("The fields are those of “%(name)s” now.") % {"name": chosen.label}
        return _made(request, change, chosen.schema, text, name=name)
    return _example(request, change)


def _typed(request: Request, change: Change) -> Shape:
    """The boxes as they were sent along, else as they are stored."""
    shape = shapes.posted(request.POST) or ReplyForm(change=change).shape
    return shape or Shape()


def _example(request: Request, change: Change) -> HttpResponse:
    text = request.POST.get("example", "").replace("\r\n", "\n")
    try:
        schema = importers.read_example(text)
    except (importers.Refusal, InvalidDocument) as refusal:
        return _begin(request, change, text=text, errors=said(refusal), status=422)
    return _made(request, change, schema, _("The fields are those of the example now."))


def _made(
    request: Request, change: Change, schema: Any, text: str, *, name: str = ""
) -> HttpResponse:
    """The part with another schema in its box, and the boxes before to be had back."""
    if _is_of_rows(request, change):
        return _as_rows(request, change, schema, text)
    shape = _typed(request, change)
    made = replace(shape, kind="json_schema", schema=contract.dumps(schema, indent=2))
    if name and shape.name in ("", shapes.NAME):
        made.name = name
    made.name = made.name or shapes.NAME
    done = Done(text, "reply-rows", before=shapes.boxes(shape), closes=True)
    return saving.press(request, change, ReplyForm(change=change, shape=made), done)


def _is_of_rows(request: Request, change: Change) -> bool:
    """Whether it was asked for on the page of the fields, which shows what comes of it."""
    asked = request.POST.get("from") or request.GET.get("from")
    return asked == "fields" and building.has_fields(change)


def _as_rows(request: Request, change: Change, schema: Any, text: str) -> HttpResponse:
    """The fields replaced in one step, which Undo on their own page takes back."""
    host = building.ReplyHost()
    try:
        building.replace(
            change,
            actor=request.actor,
            host=host,
            operation=lambda held: pointers.put(held, host.at, schema),
            said=_("Began from an example or a template."),
            fingerprint=request.POST.get("fp", ""),
        )
    except (Conflict, InvalidDocument) as refusal:
        now = access.change(request, change.pk)
        example = request.POST.get("example", "").replace("\r\n", "\n")
        told = said(refusal) if isinstance(refusal, InvalidDocument) else [_(str(refusal))]
        return _begin(request, now, text=example, errors=told, status=422)
    messages.success(request, text)
    return pages.go(request, "reply_fields", change.pk)


def _fix(request: Request, change: Change) -> HttpResponse:
    shape = _typed(request, change)
    form = ReplyForm(change=change, shape=shape)
    form.full_clean()
    if form.fix is None:
        return saving.press(request, change, form, Done(_("There was nothing to fix."), "reply-h"))
    made = replace(shape, schema=contract.dumps(form.fix.schema, indent=2))
    count = len(form.fixes)
    text = ngettext(
        "Made %(n)s change for exact mode.", "Made %(n)s changes for exact mode.", count
    )
    done = Done(text % {"n": count}, "reply-rows", before=shapes.boxes(shape))
    return saving.press(request, change, ReplyForm(change=change, shape=made), done)


def _word(request: Request, change: Change) -> HttpResponse:
    """Put the sentence to the end of the instructions, as they are by now."""
    text = str(change.instructions or "")
    joined = f"{text.rstrip()}\n\n{SENTENCE}" if text.strip() else SENTENCE
    values = {"instructions": joined}
    try:
        changes.edit(change, actor=request.actor, lock=change.lock, values=values)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    except InvalidDocument:
        messages.warning(request, _("Nothing was saved: this change has errors to fix first."))
    else:
        messages.success(request, _("The sentence stands at the end of the instructions now."))
    return pages.go(request, f"{reverse('change', args=[change.pk])}#form-instructions")


def _begin(
    request: Request,
    change: Change,
    *,
    text: str = "",
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    form = ReplyForm(change=change)
    context = editing.head(request, change) | {
        "templates": TEMPLATES.values(),
        "text": text,
        "errors": errors,
        "summary": [("#reply-example", error) for error in errors or ()],
        "replaces": bool(form.shape and form.shape.schema),
        "is_part": bool(request.htmx),
    }
    if _is_of_rows(request, change):
        context["fp"] = tool_keys.fingerprint(change.response_format)
    parts = {"dialog": "changes/parts/_reply_begin.html"}
    if request.htmx and status == 422:
        response = pages.page(request, parts["dialog"], context, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response
    return pages.page(request, "changes/reply.html", context, parts=parts, status=status)
