"""Copy tools from another assistant: find it, tick what to take, and it stands in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import policies
from assistants_app.actions import tools
from assistants_app.actions.tools import Row
from assistants_app.contract import tool_keys
from assistants_app.contract.tools import function_name
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.models import Assistant
from assistants_app.views import abilities, access, editing, pages, tool_rows

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from assistants_app.models import Change
    from assistants_app.views.pages import Request

SHOWN = 50


@access.signed_in("GET", "POST")
def tool_copy(request: Request, pk: int) -> HttpResponse:
    """`q` searches by name, `from` is the assistant to take from; POST takes what is ticked."""
    row = access.change(request, pk, "change.write")
    if editing.mode(request, row) == "read":
        return redirect("change", pk)
    asked = (request.POST if request.method == "POST" else request.GET).get("from", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return _search(request, row)
    source = get_object_or_404(_sources(request, row), pk=asked)
    if request.method != "POST":
        return _choose(request, row, source)
    return _take(request, row, source)


def _sources(request: Request, row: Change) -> QuerySet[Assistant]:
    """Live assistants with tools, in every workspace that this person may read."""
    rows = policies.visible(request.actor, Assistant.objects.select_related("workspace"))
    rows = rows.exclude(live_version=None).exclude(tools=None).filter(archived_at=None)
    return rows.exclude(pk=row.assistant_id)


def _search(request: Request, row: Change) -> HttpResponse:
    q = request.GET.get("q", "").replace("\0", "")[:200]
    rows = _sources(request, row).order_by("name", "pk")
    if q:
        rows = rows.filter(name__icontains=q)
    found = list(rows[: SHOWN + 1])
    lines = [(one, _names(one)) for one in found[:SHOWN]]
    return _page(request, row, {"q": q, "lines": lines, "has_more": len(found) > SHOWN})


def _rows(source: Assistant) -> list[Row]:
    """The tools of an assistant as rows, each with the key that its text gives it."""
    listed = source.tools if isinstance(source.tools, list) else []
    keys = tool_keys.keys_for(listed)
    return [Row(key, tool, n) for n, (key, tool) in enumerate(zip(keys, listed, strict=True))]


def _names(source: Assistant) -> str:
    return ", ".join(tool_rows.name(one.tool) for one in _rows(source)[:8])


def _choose(
    request: Request, row: Change, source: Assistant, *, error: str = "", status: int = 200
) -> HttpResponse:
    taken = set(tools.names(row))
    ticked = request.POST.getlist("tool")
    lines = [
        (shown, function_name(one.tool) in taken, shown.key in ticked)
        for one, shown in ((one, tool_rows.row(one)) for one in _rows(source))
    ]
    return _page(request, row, {"source": source, "tools": lines, "error": error}, status=status)


def _take(request: Request, row: Change, source: Assistant) -> HttpResponse:
    ticked = request.POST.getlist("tool")
    chosen = [one.tool for one in _rows(source) if one.key in ticked]
    if len(chosen) != len(set(ticked)):
        error = _("This assistant changed meanwhile: look again at what you ticked.")
        return _choose(request, row, source, error=error, status=409)
    if not chosen:
        return _choose(request, row, source, error=_("Tick at least one."), status=422)
    try:
        done = tools.copy_from(row, actor=request.actor, tools=chosen)
    except (Conflict, InvalidDocument) as refusal:
        return abilities.refused(request, row, abilities.why(row, None, refusal))
    n = len(done.keys)
    words = {"n": n, "name": source}
    said = ngettext("Copied %(n)s from %(name)s.", "Copied %(n)s from %(name)s.", n) % words
    messages.success(request, said)
    return pages.go(request, f"{reverse('change', args=[row.pk])}#t-{done.keys[0]}")


def _page(
    request: Request, row: Change, more: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    top = editing.head(request, row)
    change_url = reverse("change", args=[row.pk])
    crumbs = [*top["crumbs"][:-1], (top["crumbs"][-1][0], change_url), (_("Copy abilities"), "")]
    return pages.page(request, "tools/copy.html", {**top, "crumbs": crumbs, **more}, status=status)
