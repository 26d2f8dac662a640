"""The fields of a reply as one JSON text: the other side of their rows, with the same undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract, textdiff
from assistants_app.actions import building, changes
from assistants_app.contract import tool_keys
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms.reply_fields import FieldsForm
from assistants_app.schema import pointers
from assistants_app.views import access, builder_refusals, editing, pages, reply_fields
from assistants_app.views.reply_fields import ReplyDesk

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.views.pages import Request


@access.signed_in("GET", "POST")
def reply_json(request: Request, pk: int) -> HttpResponse:
    """Read and save the text; what cannot be saved comes back as it was typed."""
    desk = reply_fields.desk_of(request, pk)
    if not isinstance(desk, ReplyDesk):
        return desk
    form = FieldsForm(request.POST if request.method == "POST" else None, schema=desk.schema)
    if request.method != "POST":
        _note(desk, form)
        return _page(desk, form)
    return _save(desk, form) if form.is_valid() else _page(desk, form, status=422, was_sent=True)


def _save(desk: ReplyDesk, form: FieldsForm) -> HttpResponse:
    schema = form.cleaned_data["fields_json"]
    try:
        done = building.replace(
            desk.change,
            actor=desk.request.actor,
            host=desk.host,
            operation=lambda held: pointers.put(held, desk.host.at, schema),
            said=_("Changed the JSON."),
            fingerprint=desk.request.POST.get("fingerprint", ""),
            seen=lambda held: tool_keys.fingerprint(building.schema_of(desk.host, held)),
        )
    except InvalidDocument as refusal:
        form.note(refusal.problems, desk.change.document(), (*desk.root, *desk.host.at))
        if not form.errors:
            for one in refusal.problems[:5]:
                form.add_error(None, contract.plain(one, _))
        return _page(desk, form, status=422, was_sent=True)
    except Conflict as conflict:
        return _stale(desk, form, conflict)
    now = desk.again(done.change)
    messages.success(desk.request, _("The fields are saved."))
    return pages.go(desk.request, now.page_url)


def _note(desk: ReplyDesk, form: FieldsForm) -> None:
    found = changes.problems(desk.change)
    form.note(found, desk.change.document(), (*desk.root, *desk.host.at))


def _stale(desk: ReplyDesk, form: FieldsForm, conflict: Conflict) -> HttpResponse:
    """409: both texts, and a person decides; the box keeps what was typed."""
    change = access.change(desk.request, desk.change.pk)
    if not building.has_fields(change):
        return builder_refusals.gone(desk.request, change, "reply")
    now = desk.again(change)
    text = FieldsForm(schema=now.schema).text
    diff = textdiff.difference(text, form.text)
    return _page(now, form, status=409, reason=_(str(conflict)), theirs=text, diff=diff)


def _page(desk: ReplyDesk, form: FieldsForm, *, status: int = 200, **more: Any) -> HttpResponse:
    top = editing.head(desk.request, desk.change)
    change_url = reverse("change", args=[desk.change.pk])
    crumbs = [*top["crumbs"][:-1], (top["crumbs"][-1][0], change_url), (_("Fields"), "")]
    context = {**top, "crumbs": crumbs, "desk": desk, "form": form, **more}
    context["mode"] = editing.mode(desk.request, desk.change)
    context["fingerprint"] = tool_keys.fingerprint(desk.schema)
    return pages.page(desk.request, "changes/fields_json.html", context, status=status)
