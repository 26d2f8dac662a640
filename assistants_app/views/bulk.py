"""Acting on several assistants of the list: always asks first, in counts by outcome."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import contract, policies
from assistants_app.actions import bulk, pulling, receipts
from assistants_app.filters import AssistantFilter
from assistants_app.models import Assistant, Job
from assistants_app.views import access, bulk_words, pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from assistants_app.models import Workspace
    from assistants_app.policies import Right
    from assistants_app.views.pages import Request

MOST = 100_000  # that one run takes
SHOWN = 200  # of each outcome are named; the others are counted
VERBS: dict[str, Right] = {**bulk.VERBS, "check": "push", "export": "workspace.read"}
PARTS = {"dialog": "assistants/parts/_bulk_confirm.html"}


def offered(request: Request, workspace: Workspace) -> list[tuple[str, str, str]]:
    """What this person may do with several: verb, words, icon."""
    return [
        (verb, *bulk_words.button(verb))
        for verb in ("submit", "publish", "check", "export", "archive")
        if policies.allowed(request.actor, VERBS[verb], workspace)
        and (verb != "check" or workspace.upstream)
    ]


@access.signed_in("GET", "POST")
def assistant_bulk(request: Request) -> HttpResponseBase:
    """GET asks, with what each of them would come to; POST does it, once."""
    data = request.POST if request.method == "POST" else request.GET
    workspace = _workspace(request, data)
    verb = data.get("action", "")
    if verb not in VERBS:
        messages.warning(request, _("Choose what to do with them."))
        return pages.go(request, f"{reverse('assistant_list')}?workspace={workspace.slug}")
    policies.require(request.actor, VERBS[verb], workspace, on=workspace)
    if verb == "check" and workspace.upstream is None:
        raise Http404
    ids = _chosen(request, workspace, data)
    if not ids:
        return _page(request, workspace, verb, ids, status=422)
    if request.method != "POST":
        return _page(request, workspace, verb, ids)
    if data.get("seen") != _told_apart(ids):
        return _page(request, workspace, verb, ids, status=409, has_moved=True)
    if verb == "export":
        return _file(request, workspace, ids)
    return pages.go(request, _begin(request, workspace, verb, ids))


def _workspace(request: Request, data: QueryDict) -> Workspace:
    asked = data.get("workspace") or request.GET.get("workspace")
    found = next((row for row in access.mine_of(request) if row.slug == asked), None)
    if found is None:
        raise Http404
    access.remember(request, found)
    return found


def _chosen(request: Request, workspace: Workspace, data: QueryDict) -> list[int]:
    """The ids that were ticked, or those that the list's address finds now; oldest first."""
    rows = Assistant.objects.filter(workspace=workspace)
    if "all" not in data:
        ticked = [int(x) for x in data.getlist("id") if x.isascii() and x.isdigit() and len(x) < 19]
        return sorted(rows.filter(pk__in=ticked).values_list("pk", flat=True))
    found = AssistantFilter(QueryDict(data.get("query", "")), rows, request=request)
    if not found.form.is_valid():
        raise Http404
    return list(found.qs.order_by("pk").values_list("pk", flat=True)[:MOST])


def _told_apart(ids: list[int]) -> str:
    """Names exactly these: one more and one less are as many, but not those that were seen."""
    return f"{len(ids)}-{hashlib.sha256(repr(ids).encode()).hexdigest()}"


def _page(
    request: Request,
    workspace: Workspace,
    verb: str,
    ids: list[int],
    *,
    status: int = 200,
    has_moved: bool = False,
) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    query = data.get("query", "") if "all" in data else f"workspace={workspace.slug}"
    back = f"{reverse('assistant_list')}?{query}"
    can_go, lines = _outcomes(workspace, verb, ids)
    if len(ids) == MOST:
        more = _("One run takes %(n)s at most, those that are here longest first.")
        lines.append(more % {"n": number_format(MOST, force_grouping=True)})
    heading = bulk_words.question(verb, len(ids), can_go)
    context = {
        "heading": heading if ids else _("Nothing is chosen"),
        "lines": lines
        if ids
        else [_("Tick the assistants that this is about, then choose again.")],
        "consequences": bulk_words.consequences(verb, workspace, can_go) if ids else [],
        "action": bulk_words.press(verb, can_go) if can_go else "",
        "has_moved": has_moved,
        "is_export": verb == "export",
        "danger": verb == "archive",
        "back_url": back,
        "hidden": [
            ("workspace", workspace.slug),
            ("action", verb),
            ("seen", _told_apart(ids)),
            ("form_id", uuid.uuid4()),
            *([("all", "1"), ("query", query)] if "all" in data else [("id", pk) for pk in ids]),
        ],
        "crumbs": [(_("Assistants"), back), (bulk_words.button(verb)[0], "")],
    }
    return pages.page(request, "assistants/bulk.html", context, parts=PARTS, status=status)


def _outcomes(workspace: Workspace, verb: str, ids: list[int]) -> tuple[int, list[str]]:
    """How many can go, and a line for each outcome with its number."""
    if verb == "check":
        return len(ids), []
    if verb == "export":
        rows = Assistant.objects.filter(workspace=workspace).exclude(live_version=None)
        counted = Counter({"": 0, "no_live": 0})
        for at in range(0, len(ids), bulk.CHUNK):
            part = ids[at : at + bulk.CHUNK]
            n = rows.filter(pk__in=part).count()
            counted += Counter({"": n, "no_live": len(part) - n})
    else:
        counted = Counter(bulk.judge(workspace, verb, ids).values())  # type: ignore[arg-type]
    lines = [bulk_words.outcome(code, counted[code]) for code in sorted(counted) if counted[code]]
    return counted[""], lines


def _begin(request: Request, workspace: Workspace, verb: str, ids: list[int]) -> str:
    """The address of the run; the same again for the same form."""
    key = request.POST.get("form_id", "")[:255]
    body = f"{workspace.pk} {verb} {ids}".encode()
    if key and (known := receipts.first(request.actor, key, body)):
        return known.answer
    with transaction.atomic():
        if verb == "check":
            job = pulling.ask(workspace, actor=request.actor)
        else:
            job = bulk.ask(workspace, actor=request.actor, verb=verb, ids=ids)  # type: ignore[arg-type]
        url = reverse("job", args=[job.pk])
        if key:
            receipts.keep(actor=request.actor, key=key, body=body, status=303, answer=url)
    if verb != "check":
        bulk.begin(job)
    return url


def _file(request: Request, workspace: Workspace, ids: list[int]) -> StreamingHttpResponse:
    """A list as the API answers it, of what is live."""
    rows = bulk.export(workspace, actor=request.actor, ids=ids)
    response = StreamingHttpResponse(_written(rows), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{workspace.slug}-assistants.json"'
    return response


def _written(rows: Iterable[Assistant]) -> Iterator[str]:
    yield '{"object":"list","data":['
    for at, row in enumerate(rows):
        made = int(row.created_at.timestamp())
        document = contract.without_marker(row.document())
        yield "," * bool(at) + contract.dumps(
            contract.served(document, id=row.answers_to, created_at=made)
        )
    yield '],"has_more":false}\n'


def right_of(row: Job) -> Right:
    """What one must be allowed to do for having a part in this run."""
    asked: Any = row.ask
    return VERBS[asked["verb"]]


def results(request: Request, row: Job) -> dict[str, Any]:
    """What the page of a run shows of it: what was asked, and what came of each assistant."""
    asked: Any = row.ask
    share = ngettext("%(n)s of %(total)s", "%(n)s of %(total)s", row.total or 0)
    return {
        "bulk": _groups(row) if row.is_over else [],
        "bulk_title": bulk_words.button(asked["verb"])[0],
        "may_stop": not row.is_over
        and policies.allowed(request.actor, right_of(row), row.workspace),
        "share": share % {"n": f"{row.done:,}", "total": f"{row.total or 0:,}"},
    }


def _groups(row: Job) -> list[tuple[str, str, int, list[tuple[Assistant, str]], int]]:
    """By outcome: its title, how many, the first SHOWN of them, and how many more there are."""
    counts, items = bulk.outcomes(row), row.items.select_related("assistant").order_by("n")
    only = items.only("code", "assistant__name", "assistant__public_id")
    groups = []
    for outcome, title in bulk_words.GROUPS.items():
        first = only.filter(outcome=outcome)[:SHOWN] if counts[outcome] else ()
        lines = [(item.assistant, bulk_words.reason(item.code)) for item in first]
        groups.append((outcome, str(title), counts[outcome], lines, counts[outcome] - len(lines)))
    return [group for group in groups if group[2]]
