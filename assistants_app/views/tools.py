"""One tool of a Change on a page of its own, as JSON: every kind of tool, known or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract, textdiff
from assistants_app.actions import building, changes, tools
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms.tools import ToolForm
from assistants_app.views import access, builder_refusals, editing, functions, pages, tool_rows

if TYPE_CHECKING:
    from assistants_app.actions.tools import Row
    from assistants_app.models import Change
    from assistants_app.views.pages import Request


@access.signed_in("GET", "POST")
def tool(request: Request, pk: int, key: str) -> HttpResponse:
    """Read and save one tool's JSON. What cannot be saved comes back as it was typed.

    The box is the whole tool, and the page knows the tool by its stable key and by the fingerprint
    of the text it showed (`actions.tools`), so that two tools can be worked on at once.
    """
    row = access.change(request, pk, "change.write")
    found = tools.find(row, key)
    if found is None and request.method != "POST":
        raise Http404
    if editing.mode(request, row) == "read":
        return redirect("change", pk)
    is_json = "tool" in request.POST or request.GET.get("view") == "json"
    if found and functions.is_function(found.tool) and not is_json:
        return functions.editor(request, row, key)
    if "basics" in request.POST:
        return builder_refusals.gone(request, row)
    found = found or tools.Row(key, None, -1)  # taken out meanwhile: what was typed is not lost
    form = ToolForm(request.POST if request.method == "POST" else None, row=found)
    if request.method != "POST":
        form.note(changes.problems(row), row.document())
        return _page(request, row, form)
    return _save(request, row, form) if form.is_valid() else _page(request, row, form, status=422)


def _save(request: Request, row: Change, form: ToolForm) -> HttpResponse:
    fingerprint = request.POST.get("fingerprint", "")
    changed, key = form.cleaned_data["tool"], form.row.key
    try:
        done = building.replace(
            row,
            actor=request.actor,
            host=building.ToolHost(key),
            operation=lambda _tool: changed,
            said=_("Changed the JSON."),
            fingerprint=fingerprint,
        )
    except InvalidDocument as refusal:
        form.note(refusal.problems, row.document())
        return _page(request, row, form, status=422)
    except Conflict as conflict:
        return _stale(request, access.change(request, row.pk), form, conflict)
    now = access.change(request, done.change.pk)
    form.row = next(one for one in tools.rows(now) if one.key == key)
    form.note(changes.problems(now), now.document())
    if form.errors:
        return _page(request, now, form, status=422, was_kept=True)
    messages.success(request, _("%(name)s is saved.") % {"name": tool_rows.name(changed)})
    return pages.go(request, f"{reverse('change', args=[now.pk])}#t-{key}")


def _stale(request: Request, now: Change, form: ToolForm, conflict: Conflict) -> HttpResponse:
    """409: both texts, and a person decides; the box keeps what was typed."""
    theirs: Row | None = tools.find(now, form.row.key)
    text = contract.dumps(theirs.tool, indent=2) if theirs else ""
    form.row = theirs or form.row
    diff = textdiff.difference(text, form.text) if theirs else None
    more = {"reason": str(conflict), "theirs": text, "mine": form.text, "diff": diff}
    return _page(request, now, form, status=409, is_gone=theirs is None, **more)


def _page(
    request: Request, row: Change, form: ToolForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    name = tool_rows.name(form.row.tool)
    top = editing.head(request, row)
    change_url = reverse("change", args=[row.pk])
    crumbs = [*top["crumbs"][:-1], (top["crumbs"][-1][0], change_url), (name, "")]
    context = {**top, "crumbs": crumbs, "form": form, "row": form.row, "name": name, **more}
    context["mode"] = editing.mode(request, row)
    context["was_sent"] = request.method == "POST"
    context["has_form"] = functions.is_function(form.row.tool)
    return pages.page(request, "tools/tool.html", context, status=status)
