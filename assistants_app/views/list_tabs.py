"""The tabs of the assistants list, each with how many it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import IntegerField, Subquery
from django.utils.translation import gettext as _

from assistants_app.filters import VIEWS, in_view
from assistants_app.models import Assistant, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistants_app.views.pages import Request

MOST = 10_000  # a tab that holds more says so, and costs no more to count


class _Counted(Subquery):
    """How many rows a query that was cut off has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def counts(request: Request, places: Sequence[Workspace]) -> dict[str, int]:
    """How many assistants each tab holds, MOST + 1 for more: one query."""
    found = {view: _count(view, request, places) for view in VIEWS}
    rows = Workspace.objects.filter(pk=places[0].pk).annotate(**found)
    return dict(zip(VIEWS, rows.values_list(*VIEWS).get(), strict=True))


def _count(view: str, request: Request, places: Sequence[Workspace]) -> _Counted:
    rows = Assistant.objects.filter(
        in_view(view, request.user),
        workspace__in=[place.pk for place in places],
        archived_at__isnull=view != "archived",
    )
    return _Counted(rows.order_by().values("pk")[: MOST + 1])


def tabs(url: Callable[..., str], current: str, counted: dict[str, int]) -> list[dict[str, Any]]:
    """What `_list_tabs.html` draws; `url` makes the present address with parameters exchanged."""
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
            "url": url(view="" if view == "all" else view),
            "current": view == current,
            "count": min(counted[view], MOST),
            "has_more": counted[view] > MOST,
            "bad": view in ("drift", "failed") and counted[view] > 0,
        }
        for view, label in labels.items()
    ]
