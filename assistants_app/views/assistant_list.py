"""The list of a workspace's assistants: tabs, search, sorting and pages, all in the address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import keyset, policies
from assistants_app.filters import SEARCH_MAX, VIEWS, AssistantFilter, in_view
from assistants_app.models import Assistant, Change, Workspace
from assistants_app.models.assistants import BY_MODEL, BY_NAME
from assistants_app.views import access, badges, pages, tags

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from assistants_app.views.pages import Request

ROWS = 50
SORTS = {
    "changed": keyset.Key("changed_at", descending=True, read=keyset.moment),
    "name": keyset.Key("sort_name"),
    "model": keyset.Key("sort_model"),
}
FOUND_MAX = 1000  # beyond it a search says "more than"
SLOTS = {
    "list-tabs": "assistants/parts/_list_tabs.html",
    "list-state": "assistants/parts/_list_state.html",
    "announcer": "assistants/parts/_list_announcement.html",
}
PARTS = {"results": "assistants/parts/_results.html"}


@access.signed_in("GET")
def assistant_list(request: Request) -> HttpResponse:
    """Everything in one workspace, with what is being changed and what the server holds."""
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    if "workspace" not in request.GET and len(access.mine_of(request)) > 1:
        return redirect(f"{request.path}?{_query(request.GET, workspace=workspace.slug)}")
    found = AssistantFilter(request.GET, _rows(workspace), request=request)
    form = keyset.PageForm(request.GET, sorts=SORTS, limit=ROWS)
    if not (found.form.is_valid() & form.is_valid()):
        return _refused(request, workspace, [*_errors(found.form), *_errors(form)])
    asked = found.form.cleaned_data
    if hit := _exact(request, asked["q"]):
        return pages.go(request, "assistant", hit.pk)
    try:
        page = _page(found.qs, form.cleaned_data)
    except keyset.CursorError:
        error = _("This page link does not belong to this list.")
        return _refused(request, workspace, [("after", error)])
    context = _context(request, workspace, asked | form.cleaned_data, page, found.qs)
    return _answer(request, context)


def _query(present: QueryDict, **changes: Any) -> str:
    """The present query with some parameters exchanged; empty ones are dropped."""
    query = present.copy()
    for name, value in changes.items():
        query[name] = value
    for name in [name for name, value in query.items() if value in ("", None)]:
        del query[name]
    return query.urlencode()


def _rows(workspace: Workspace) -> QuerySet[Assistant]:
    rows = Assistant.objects.filter(workspace=workspace)
    return rows.annotate(sort_name=BY_NAME, sort_model=BY_MODEL)


def _errors(form: Any) -> list[tuple[str, str]]:
    return [(name, str(error)) for name, errors in form.errors.items() for error in errors]


def _refused(request: Request, workspace: Workspace, errors: list[tuple[str, str]]) -> HttpResponse:
    """422: which parameter of the address is wrong, and ways to a list that is right."""
    plain = QueryDict(f"workspace={workspace.slug}")
    context = {
        "workspace": workspace,
        "errors": errors,
        "tabs": _tabs(plain, "", _counts(request, workspace)),
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
    rows = rows.select_related("changed_by", "push_order").defer("tool_resources", "metadata")
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


def _drawn(workspace: Workspace, assistants: list[Assistant], text: str) -> list[Row]:
    changes = _newest(assistants)
    upstream = workspace.upstream
    health = upstream.health if upstream else None
    found = []
    for assistant in assistants:
        assistant.workspace = workspace
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


def _newest(assistants: list[Assistant]) -> dict[int, Change]:
    """The newest open Change of each assistant that has one."""
    rows = Change.objects.open().filter(assistant__in=[a.pk for a in assistants])
    rows = rows.order_by("pk").defer("tool_resources", "metadata", "unread", "touched")
    return {change.assistant_id: change for change in rows}


def _hit(shown: Assistant | Change, text: str) -> tuple[str, str, str] | None:
    """Where the instructions hold the text, unless what the row shows holds it anyway."""
    wanted = re.compile(re.escape(text), re.IGNORECASE)
    if any(wanted.search(part or "") for part in (shown.name, shown.description, shown.model)):
        return None
    match = wanted.search(shown.instructions or "")
    if match is None:
        return None
    whole, start, end = match.string, match.start(), match.end()
    before = whole[max(0, start - 24) : start].rpartition("\n")[2]
    after = whole[end : end + 40].partition("\n")[0]
    return before, match[0], after


def _counts(request: Request, workspace: Workspace) -> dict[str, int]:
    """How many assistants each tab holds: one query."""
    found = {view: _count(view, request) for view in VIEWS}
    row = Workspace.objects.filter(pk=workspace.pk).annotate(**found).values_list(*VIEWS).get()
    return dict(zip(VIEWS, row, strict=True))


def _count(view: str, request: Request) -> Coalesce:
    rows = Assistant.objects.filter(
        in_view(view, request.user),
        workspace=OuterRef("pk"),
        archived_at__isnull=view != "archived",
    )
    counted = rows.order_by().values("workspace").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _tabs(query: QueryDict, current: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    labels = {
        "all": _("All"),
        "mine": _("My changes"),
        "in_review": _("In review"),
        "ready": _("Ready to publish"),
        "drift": _("Changed upstream"),
        "failed": _("Push failed"),
        "archived": _("Archived"),
    }
    return [
        {
            "id": view,
            "label": label,
            "url": "?" + _query(query, view="" if view == "all" else view, after="", before=""),
            "current": view == current,
            "count": counts[view],
            "bad": view in ("drift", "failed") and counts[view] > 0,
        }
        for view, label in labels.items()
    ]


def _columns(request: Request, sort: str) -> dict[str, dict[str, str]]:
    """By sort key: the link that sorts by it, or the other way round, and its `aria-sort`."""
    found = {}
    for name, key in SORTS.items():
        is_current = sort.removeprefix("-") == name
        other = f"-{name}" if sort == name else name
        descending = key.descending != sort.startswith("-")
        found[name] = {
            "url": "?" + _query(request.GET, sort=other, after="", before=""),
            "aria": ("descending" if descending else "ascending") if is_current else "",
        }
    return found


def _context(
    request: Request,
    workspace: Workspace,
    asked: dict[str, Any],
    page: keyset.Page[Assistant],
    rows: QuerySet[Assistant],
) -> dict[str, Any]:
    view, text = asked["view"] or "all", asked["q"].strip()
    counts = _counts(request, workspace)
    total = rows[: FOUND_MAX + 1].count() if text else counts[view]
    links = {
        "previous_url": page.before and "?" + _query(request.GET, before=page.before, after=""),
        "next_url": page.after and "?" + _query(request.GET, after=page.after, before=""),
    }
    return {
        "workspace": workspace,
        "rows": _drawn(workspace, page.rows, text),
        "tabs": _tabs(request.GET, view, counts),
        "columns": _columns(request, asked["sort"]),
        "sort": asked["sort"],
        "page": links,
        "sizes": [
            (n, "?" + _query(request.GET, limit=n, after="", before="")) for n in (25, 50, 100)
        ],
        "limit": asked["limit"],
        "view": view,
        "q": text,
        "total": min(total, FOUND_MAX) if text else total,
        "has_more": bool(text) and total > FOUND_MAX,
        "is_empty": not counts["all"] and not counts["archived"] and not text,
        "clear_url": f"{request.path}?workspace={workspace.slug}",
        "new_url": f"{reverse('assistant_new')}?workspace={workspace.slug}",
    }


def _answer(request: Request, context: dict[str, Any]) -> HttpResponse:
    is_part = bool(request.htmx) and request.htmx.target in PARTS
    if not is_part or not context["rows"]:
        workspace = context["workspace"]
        context["may_write"] = policies.allowed(request.actor, "change.write", workspace)
        if policies.allowed(request.actor, "push", workspace):
            context["import_url"] = f"{reverse('import')}?workspace={workspace.slug}"
    response = pages.page(request, "assistants/list.html", context, parts=PARTS)
    return pages.with_slots(response, request, SLOTS, context) if is_part else response
