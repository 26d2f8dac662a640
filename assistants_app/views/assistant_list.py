"""The list of a workspace's assistants: tabs, search, sorting and pages, all in the address."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import keyset, policies
from assistants_app.filters import SEARCH_MAX, AssistantFilter
from assistants_app.models import Assistant, Workspace
from assistants_app.models.assistants import BY_MODEL, BY_NAME
from assistants_app.views import access, bulk, list_filters, list_rows, list_tabs, pages

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from assistants_app.views.pages import Request

ROWS = 50
BY_PLACE = 20  # workspaces whose assistants are sorted one by one; of more a query each adds up
SORTS = {
    "changed": keyset.Key("changed_at", descending=True, read=keyset.moment),
    "name": keyset.Key("sort_name"),
    "model": keyset.Key("sort_model"),
}
HELD = {*list_filters.NARROWING, *list_filters.STATE} - {"q"}  # what a search keeps
SLOTS = {
    "list-tabs": "assistants/parts/_list_tabs.html",
    "list-chips": "assistants/parts/_list_chips.html",
    "list-state": "assistants/parts/_list_state.html",
    "announcer": "assistants/parts/_list_announcement.html",
}
PARTS = {"results": "assistants/parts/_results.html"}


@access.signed_in("GET")
def assistant_list(request: Request) -> HttpResponse:
    """One workspace's assistants or all of mine, what is being changed, what the server holds."""
    places = list_filters.places(request)
    if not places:
        return pages.page(request, "home/no_workspace.html", {})
    if complete := _completed(request, places):
        return redirect(request.path + complete)
    found = AssistantFilter(request.GET, _rows(places), request=request)
    form = keyset.PageForm(request.GET, sorts=SORTS, limit=ROWS)
    if not (found.form.is_valid() & form.is_valid()):
        return _refused(request, places, [*_errors(found.form), *_errors(form)])
    asked = found.form.cleaned_data
    if hit := _exact(request, asked["q"]):
        return pages.go(request, "assistant", hit.pk)
    try:
        page = _page(found.qs, form.cleaned_data | {"q": asked["q"]}, places)
    except keyset.CursorError:
        error = _("This page link does not belong to this list.")
        return _refused(request, places, [("after", error)])
    context = _context(request, places, asked | form.cleaned_data, page)
    return _answer(request, context)


def _completed(request: Request, places: list[Workspace]) -> str:
    """The whole address, where the present one leaves out its workspace or names empty filters."""
    if "workspace" not in request.GET and len(access.mine_of(request)) > 1:
        return list_filters.address(request.GET, workspace=places[0].slug)
    if "apply" in request.GET:  # a form without script names all its fields
        return list_filters.address(request.GET, apply="")
    return ""


def _rows(places: list[Workspace]) -> QuerySet[Assistant]:
    one = len(places) == 1
    rows = Assistant.objects.filter(
        **{"workspace": places[0]} if one else {"workspace__in": [place.pk for place in places]}
    )
    return rows.annotate(sort_name=BY_NAME, sort_model=BY_MODEL)


def _errors(form: Any) -> list[tuple[str, str]]:
    return [(name, str(error)) for name, errors in form.errors.items() for error in errors]


def _refused(
    request: Request, places: list[Workspace], errors: list[tuple[str, str]]
) -> HttpResponse:
    """422: which parameter of the address is wrong, and ways to a list that is right."""
    slug = places[0].slug if len(places) == 1 else list_filters.EVERY
    plain = QueryDict(f"workspace={slug}")
    url = partial(list_filters.address, plain)
    context = {
        "place": places[0] if len(places) == 1 else None,
        "state": [("workspace", slug)],
        "errors": errors,
        "tabs": list_tabs.tabs(url, "", list_tabs.counts(request, places)),
        "filters_url": reverse("assistant_filters") + url(),
        "q": request.GET.get("q", "")[:SEARCH_MAX],
        "clear_url": f"{request.path}?{plain.urlencode()}",
    }
    return pages.page(request, "assistants/list.html", context, parts=PARTS, status=422)


def _exact(request: Request, text: str) -> Assistant | None:
    """Whoever searches for an id wants that assistant."""
    text = text.strip()
    if not text or " " in text:
        return None
    return policies.visible(request.actor, Assistant.objects.answering_to(text)).first()


def _key(sort: str) -> keyset.Key:
    key = SORTS[sort.removeprefix("-")]
    if not sort.startswith("-"):
        return key
    return keyset.Key(key.name, descending=not key.descending, read=key.read)


def _page(
    rows: QuerySet[Assistant], asked: dict[str, Any], places: list[Workspace]
) -> keyset.Page[Assistant]:
    is_by_place = 1 < len(places) <= BY_PLACE and not asked.get("q")
    rows = rows.select_related("changed_by", "push_order").defer(*list_rows.UNSHOWN)
    rows = rows if asked.get("q") else rows.defer("instructions")
    return keyset.page(
        rows,
        _key(asked["sort"]),
        limit=asked["limit"],
        after=asked["after"],
        before=asked["before"],
        parts=[Q(workspace=place) for place in places] if is_by_place else (),
    )


def _columns(request: Request, sort: str) -> dict[str, dict[str, str]]:
    """By sort key: the link that sorts by it, or the other way round, and its `aria-sort`."""
    found = {}
    for name, key in SORTS.items():
        is_current = sort.removeprefix("-") == name
        other = f"-{name}" if sort == name else name
        descending = key.descending != sort.startswith("-")
        found[name] = {
            "url": list_filters.address(request.GET, sort=other),
            "aria": ("descending" if descending else "ascending") if is_current else "",
        }
    return found


def _context(
    request: Request,
    places: list[Workspace],
    asked: dict[str, Any],
    page: keyset.Page[Assistant],
) -> dict[str, Any]:
    view, text = asked["view"] or "all", asked["q"].strip()
    url = partial(list_filters.address, request.GET)
    counted = list_tabs.counts(request, places)
    people = {row.changed_by_id: row.changed_by.display_name for row in page.rows if row.changed_by}
    chips = list_filters.chips(asked, url, people)
    place = places[0] if len(places) == 1 else None
    home = place or access.current(request, usual=True)
    slug = place.slug if place else list_filters.EVERY
    return {
        "place": place,
        "home": home,
        "rows": list_rows.rows(request, places, page.rows, text),
        "verbs": bulk.offered(request, place) if place else [],
        "form_id": uuid.uuid4(),
        "is_all": bool(place) and request.GET.get("selected") == "all",
        "query": url()[1:],
        "select_all_url": url(selected="all"),
        "unselect_url": url(),
        "tabs": list_tabs.tabs(url, view, counted),
        "columns": _columns(request, asked["sort"]),
        "chips": chips,
        "filters_url": reverse("assistant_filters") + url(),
        "state": [(n, v) for n, v in request.GET.items() if n in HELD and v],
        "page": {
            "previous_url": page.before and url(before=page.before),
            "next_url": page.after and url(after=page.after),
        },
        "sizes": [(n, url(limit=n)) for n in (25, 50, 100)],
        "limit": asked["limit"],
        "view": view,
        "q": text,
        "unknown": list_filters.unknown(request.GET),
        "is_empty": not (counted["all"] or counted["archived"] or text or chips),
        "clear_url": f"{request.path}?workspace={slug}",
        "new_url": f"{reverse('assistant_new')}?workspace={home.slug if home else ''}",
        **_total(page, None if text or chips else counted[view]),
    }


def _total(page: keyset.Page[Assistant], counted: int | None) -> dict[str, Any]:
    """How many there are: as the tab says; of what was searched or filtered, whether there are
    more than stand here. Nobody counts the hits.
    """
    if counted is not None:
        return {"total": min(counted, list_tabs.MOST), "has_more": counted > list_tabs.MOST}
    return {"total": len(page.rows), "has_more": bool(page.before or page.after)}


def _answer(request: Request, context: dict[str, Any]) -> HttpResponse:
    is_part = bool(request.htmx) and request.htmx.target in PARTS
    home = context["home"]
    if home and (not is_part or not context["rows"]):
        context["may_write"] = policies.allowed(request.actor, "change.write", home)
        if policies.allowed(request.actor, "push", home):
            context["import_url"] = f"{reverse('import')}?workspace={home.slug}"
    if is_part and str(request.htmx.trigger or "").startswith("chip-"):
        context["focus_after"] = "#filters-open"  # the chip that was pressed is gone
    if is_part and request.htmx.trigger == "select-all":
        context["focus_after"] = "#bulk-clear"
    response = pages.page(request, "assistants/list.html", context, parts=PARTS)
    return pages.with_slots(response, request, SLOTS, context) if is_part else response
