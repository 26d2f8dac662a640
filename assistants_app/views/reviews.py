"""Reviews: what waits for whom, and one Change against its base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.models import Change, Contribution, ShownText
from assistants_app.views import access, badges, comparison, pages, review_page

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Workspace
    from assistants_app.views.pages import Request

State = Change.State
SHOWN = 50
LONG = ("instructions", "tools", "tool_resources", "metadata", "response_format")


@access.signed_in("GET")
def review_list(request: Request) -> HttpResponse:
    """Changes that wait for a decision: for mine, of mine, or all of them; oldest first."""
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    may = policies.allowed(request.actor, "change.review", workspace)
    groups = _groups(request, workspace, may=may)
    if not policies.allowed(request.actor, "change.write", workspace):
        groups = {"all": groups.pop("all"), **groups}  # who writes nothing finds what others do
    asked = request.GET.get("show", "")
    current = asked if asked in groups else next(iter(groups))
    rows = list(groups[current].rows[: SHOWN + 1])
    url = f"{reverse('review_list')}?workspace={workspace.slug}&show="
    context = {
        "may": may,
        "current": current,
        "tabs": [
            {"label": one.title, "url": url + key, "current": key == current, "count": one.count}
            for key, one in groups.items()
        ],
        "rows": [_row(change, differs) for change, differs in _with_facts(rows[:SHOWN])],
        "has_more": len(rows) > SHOWN,
        "all_url": f"{reverse('assistant_list')}?workspace={workspace.slug}&view=in_review",
    }
    return pages.page(request, "reviews/list.html", context)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: QuerySet[Change]
    count: int


def _groups(request: Request, workspace: Workspace, *, may: bool) -> dict[str, Group]:
    """By the word in the address; for who cannot review nothing is waiting."""
    long = (f"{at}__{name}" for at in ("assistant", "base") for name in LONG)
    rows = (
        Change.objects.filter(
            assistant__workspace=workspace, state__in=(State.IN_REVIEW, State.APPROVED)
        )
        .select_related("assistant", "author", "base")
        .defer(*LONG, *long)
        .order_by("submitted_at", "pk")
    )
    own = Exists(Contribution.objects.filter(user=request.user, change=OuterRef("pk")))
    mine = Q(own) | Q(author=request.user)
    counts = rows.order_by().aggregate(mine=Count("pk", filter=mine), all=Count("pk"))
    found = {
        "mine": Group(_("By me"), rows.filter(mine), counts["mine"]),
        "all": Group(_("All"), rows, counts["all"]),
    }
    if may:
        waiting = rows.awaiting(request.user)
        return {"waiting": Group(_("Waiting for me"), waiting, waiting.count()), **found}
    return found


def _with_facts(rows: list[Change]) -> list[tuple[Change, Any]]:
    """Each with what was kept of its difference when it was shown to reviewers."""
    kept = ShownText.objects.filter(change__in=rows).values_list("change", "digest", "differs")
    found = {(pk, digest): differs for pk, digest, differs in kept}
    return [(row, found.get((row.pk, row.digest))) for row in rows]


def _row(change: Change, differs: Any) -> dict[str, Any]:
    is_new = change.base_id is None
    return {
        "change": change,
        "badge": badges.work_badge(change) if change.state == State.APPROVED else None,
        "says": _("A new assistant") if is_new else comparison.told(differs or ()),
    }


@access.signed_in("GET")
def review(request: Request, pk: int) -> HttpResponse:
    """One Change against its base, with everything a reviewer needs to decide."""
    change = access.change(request, pk)
    return review_page.fold(request, change) or review_page.show(request, change)
