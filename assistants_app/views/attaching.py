"""Files and knowledge of a Change: taken from the server's list, typed by hand, taken out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app.actions import attachments, resources
from assistants_app.contract.problems import shown
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms.attaching import IdForm
from assistants_app.models import Resource
from assistants_app.views import abilities, access, editing, findings, pages, redrawing, shelves

if TYPE_CHECKING:
    from assistants_app.models import Change
    from assistants_app.views.pages import Request

PAGE = 50
SLOTS = {
    **redrawing.SLOTS,
    "save-state": "changes/parts/_save_state.html",
    "merge": "changes/parts/_nothing.html",
    "announcer": "tools/parts/_said.html",
    "toasts": "tools/parts/_shelf_toast.html",
}


@access.signed_in("GET", "POST")
def change_resources(request: Request, pk: int, kind: str) -> HttpResponse:
    """GET: choose from what the server holds. POST: `do` says what, see `_act`."""
    if kind not in resources.MEMBERS:
        raise Http404
    row = access.change(request, pk, "change.write")
    if request.method == "POST":
        return _act(request, row, kind)
    if editing.mode(request, row) == "read":
        return redirect("change", pk)
    if request.htmx and "seen" in request.GET:
        return _poll(request, row)
    return _picker(request, row, kind)


def _act(request: Request, row: Change, kind: str) -> HttpResponse:
    """`add` the id that was typed, `put:<id>` one back, `remove:<id>`, `pick` from the list, or
    `read` the list again.
    """
    what, _colon, id_ = request.POST.get("do", "").partition(":")
    try:
        if what == "read":
            resources.ask(row, actor=request.actor)
            return pages.go(request, "change_resources", row.pk, kind)
        if what == "pick":
            return _pick(request, row, kind)
        if what == "remove":
            return _remove(request, row, kind, id_)
        return _add(request, row, kind, id_ if what == "put" else None)
    except (Conflict, InvalidDocument) as refusal:
        return abilities.refused(request, row, abilities.why(row, None, refusal))


def _remove(request: Request, row: Change, kind: str, id_: str) -> HttpResponse:
    was = resources.ids_of(row.tool_resources, kind)
    at = was.index(id_) if id_ in was else 0
    attachments.detach(row, actor=request.actor, kind=kind, id=id_)
    near = [one for one in (*was[at + 1 :], *reversed(was[:at])) if one != id_]
    focus = f"#off-{kind}-{shelves.Item(near[0]).dom}" if near else f"#id_{kind}_id"
    said = _("Removed %(id)s. Undo is available.") % {"id": shown(id_)}
    return _done(request, row, kind, said, focus=focus, undo=id_)


def _add(request: Request, row: Change, kind: str, back: str | None) -> HttpResponse:
    held = resources.ids_of(row.tool_resources, kind)
    form = IdForm({"id": back} if back is not None else request.POST, kind=kind, held=held)
    if form.is_valid():
        id_ = form.cleaned_data["id"]
        attachments.attach(row, actor=request.actor, kind=kind, ids=[id_])
        said = _("Added %(id)s.") % {"id": shown(id_)}
        return _done(request, row, kind, said, focus=f"#id_{kind}_id")
    if not request.htmx:
        return editing.page(request, row, status=422, shelf=form, shelf_kind=kind)
    shelf = shelves.all_of(row, typed=form, kind=kind)[kind]
    context = {"shelf": shelf, "change": row}
    return render(request, "tools/parts/_shelf.html", context, status=422)


def _done(
    request: Request, row: Change, kind: str, said: str, *, focus: str, undo: str = ""
) -> HttpResponse:
    if not request.htmx:
        messages.success(request, said)
        return pages.go(request, f"{reverse('change', args=[row.pk])}#shelf-{kind}")
    now = access.change(request, row.pk)
    left = IdForm(kind=kind, held=(), initial={"id": request.POST.get("id", "")} if undo else {})
    shelf = shelves.all_of(now, typed=left, kind=kind)[kind]
    context = {
        **findings.facts(now, findings.check(now)),
        "shelf": shelf,
        "said": said,
        "focus": focus,
        "undo": undo,
    }
    response = render(request, "tools/parts/_shelf.html", context)
    return pages.with_slots(response, request, SLOTS, context)


# --- the picker -----------------------------------------------------------------------------------


def _picker(
    request: Request, row: Change, kind: str, *, chosen: list[str] | None = None, error: str = ""
) -> HttpResponse:
    shelf = shelves.all_of(row)[kind]
    q = request.GET.get("q", "").replace("\0", "")[:200]
    page = Paginator(_found(shelf, q), PAGE).get_page(request.GET.get("page"))
    used = resources.used(row.assistant.workspace, [one.upstream_id for one in page])
    held = [one.id for one in shelf.items] if chosen is None else chosen
    lines = [
        (one, shelves.facts(one), used.get(one.upstream_id, 0), one.upstream_id in held)
        for one in page
    ]
    top = editing.head(request, row)
    change_url = reverse("change", args=[row.pk])
    context = {
        **top,
        "crumbs": [
            *top["crumbs"][:-1],
            (top["crumbs"][-1][0], change_url),
            (shelf.label.label, ""),
        ],
        "shelf": shelf,
        "lines": lines,
        "count": page.paginator.count,
        "pager": _pager(page, q) if page.has_other_pages() else None,
        "q": q,
        "error": error,
        "way": [{"label": _("Type the ID instead"), "url": f"{change_url}#shelf-{kind}"}],
    }
    status = 422 if error else 200
    return pages.page(request, "tools/picker.html", context, status=status)


def _found(shelf: shelves.Shelf, q: str) -> Any:
    """What the list holds, the newest first."""
    rows = Resource.objects.filter(list=shelf.listing) if shelf.listing else Resource.objects.none()
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(upstream_id__icontains=q))
    return rows.order_by("-made_at", "-pk")


def _pager(page: Any, q: str) -> dict[str, str]:
    """What `ui/parts/_pager.html` draws."""

    def url(number: int) -> str:
        return "?" + urlencode({"q": q, "page": number})

    return {
        "summary": _("Page %(n)s of %(all)s") % {"n": page.number, "all": page.paginator.num_pages},
        "previous_url": url(page.previous_page_number()) if page.has_previous() else "",
        "next_url": url(page.next_page_number()) if page.has_next() else "",
    }


def _pick(request: Request, row: Change, kind: str) -> HttpResponse:
    """What is ticked of what the page showed; what it did not show stays."""
    on_page, picked = request.POST.getlist("shown"), request.POST.getlist("id")
    held = resources.ids_of(row.tool_resources, kind)
    most = shelves.MOST[kind]
    if most == 1:
        after = picked[:1] or [one for one in held if one not in on_page]
    else:
        left = [one for one in held if one not in on_page or one in picked]
        after = [*left, *(one for one in picked if one not in left)]
    if len(after) > most:
        error = _("At most %(max)s files; that would be %(n)s.") % {"max": most, "n": len(after)}
        return _picker(request, row, kind, chosen=after, error=error)
    if most == 1:
        attachments.choose(row, actor=request.actor, kind=kind, ids=after)
    else:
        without = [one for one in on_page if one not in picked]
        attachments.attach(row, actor=request.actor, kind=kind, ids=picked, without=without)
    messages.success(request, _("Your choice is saved."))
    return pages.go(request, f"{reverse('change', args=[row.pk])}#shelf-{kind}")


def _poll(request: Request, row: Change) -> HttpResponse:
    """While the list is read: how far it is; afterwards the page is loaded anew."""
    job = resources.reading(row.assistant.workspace)
    if job is None:
        response = HttpResponse(status=200)
        response["HX-Refresh"] = "true"
        return response
    if request.GET["seen"] == str(job.done):
        return HttpResponse(status=204)
    return render(request, "tools/parts/_reading.html", {"job": job})
