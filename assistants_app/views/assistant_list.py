"""The list of a workspace's assistants: tabs, search, sorting and pages, all in the address."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import keyset, policies
from assistants_app.filters import SEARCH_MAX, AssistantFilter
from assistants_app.models import Assistant, Change, Workspace, search
from assistants_app.models.assistants import BY_MODEL, BY_NAME
from assistants_app.views import access, badges, bulk, list_filters, list_tabs, pages, tags

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from assistants_app.policies import Right
    from assistants_app.views.pages import Request

ROWS = 50
SORTS = {
    "changed": keyset.Key("changed_at", descending=True, read=keyset.moment),
    "name": keyset.Key("sort_name"),
    "model": keyset.Key("sort_model"),
}
HELD = {*list_filters.NARROWING, *list_filters.STATE} - {"q"}  # what a search keeps
UNSHOWN = ("tool_resources", "metadata", "temperature", "top_p", "reasoning_effort")
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
        page = _page(found.qs, form.cleaned_data | {"q": asked["q"]})
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


def _page(rows: QuerySet[Assistant], asked: dict[str, Any]) -> keyset.Page[Assistant]:
    rows = rows.select_related("changed_by", "push_order").defer(*UNSHOWN)
    rows = rows if asked.get("q") else rows.defer("instructions")
    return keyset.page(
        rows,
        _key(asked["sort"]),
        limit=asked["limit"],
        after=asked["after"],
        before=asked["before"],
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One assistant of the list; before it is live, `shown` is what its change proposes."""

    assistant: Assistant
    shown: Assistant | Change
    work: badges.Badge
    upstream: badges.Badge
    tags: list[tags.Tag]
    hit: tuple[str, str, str] | None


def _drawn(places: list[Workspace], assistants: list[Assistant], text: str) -> list[Row]:
    changes = _newest(assistants, text)
    workspaces = {place.pk: place for place in places}
    found = []
    for assistant in assistants:
        assistant.workspace = workspaces[assistant.workspace_id]
        upstream = assistant.workspace.upstream
        health = upstream.health if upstream else None
        change = changes.get(assistant.pk)
        shown = assistant if assistant.live_version_id or change is None else change
        order = getattr(assistant, "push_order", None)
        found.append(
            Row(
                assistant,
                shown,
                badges.work_badge(change),
                badges.upstream_badge(assistant, order, health),
                tags.abilities(shown),
                _hit(shown, text) if text else None,
            )
        )
    return found


def _newest(assistants: list[Assistant], text: str) -> dict[int, Change]:
    """The newest open Change of each assistant that has one."""
    rows = Change.objects.open().filter(assistant__in=[a.pk for a in assistants])
    rows = rows.order_by("pk").defer(*UNSHOWN, "unread", "touched", "tool_keys", "removed_tools")
    rows = rows if text else rows.defer("instructions")
    return {change.assistant_id: change for change in rows}


def _hit(shown: Assistant | Change, text: str) -> tuple[str, str, str] | None:
    """Where the instructions hold the first word, unless what the row shows holds all anyway."""
    wanted = [re.compile(_begins(term), re.IGNORECASE) for term in search.terms(text)]
    seen = "\n".join(part or "" for part in (shown.name, shown.description, shown.model))
    missed = [word for word in wanted if not word.search(seen)]
    matches = (word.search(shown.instructions or "") for word in missed)
    match = next((match for match in matches if match), None)
    if match is None:
        return None
    whole, start, end = match.string, match.start(), match.end()
    before = whole[max(0, start - 24) : start].rpartition("\n")[2]
    after = whole[end : end + 40].partition("\n")[0]
    return before, match[0], after


def _begins(term: str) -> str:
    """The words of a term in a row, whatever stands between them, as the search index reads it."""
    words = re.findall(r"[^\W_]+", term)
    if not words or not search.has_words(term):
        return re.escape(term)
    return r"(?<![^\W_])" + r"[\W_]+".join(re.escape(word) for word in words)


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
        "rows": _drawn(places, page.rows, text),
        "verbs": bulk.offered(request, place) if place else [],
        "may": _may(request, places),
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


def _may(request: Request, places: list[Workspace]) -> dict[str, list[int]]:
    """The workspaces where this person may write, and where archive."""
    rights: tuple[Right, ...] = ("change.write", "assistant.archive")
    return {
        right.partition(".")[2]: [p.pk for p in places if policies.allowed(request.actor, right, p)]
        for right in rights
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
