"""The tabs of the assistants list, each with how many it holds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField
from django.utils.translation import gettext as _

from assistants_app.filters import VIEWS, in_view
from assistants_app.models import Assistant, Workspace
from assistants_app.models.statements import Counted, Given, Select

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

    from assistants_app.models import User
    from assistants_app.views.pages import Request

MOST = 10_000  # a tab that holds more says so, and costs no more to count


def counts(request: Request, places: Sequence[Workspace]) -> dict[str, int]:
    """How many assistants each tab holds, MOST + 1 for more: one query."""
    if len(places) == 1:
        found = _in_one(MOST).first(place=places[0].pk, person=request.user.pk)
    else:
        found = _counted(request.user, places[0].pk, [place.pk for place in places], MOST).get()
    return dict(zip(VIEWS, found, strict=True))


@cache
def _in_one(most: int) -> Select:
    person, place = Given("person", BigIntegerField()), Given("place", BigIntegerField())
    return Select(lambda: _counted(person, place, place, most))


def _counted(
    person: User | Given, one: int | Given, places: list[int] | Given, most: int
) -> QuerySet[Workspace, Any]:
    """A row of all of them, which stands beside `one` workspace."""
    inside = {"workspace__in" if isinstance(places, list) else "workspace": places}
    found = {view: _count(view, person, inside, most) for view in VIEWS}
    return Workspace.objects.filter(pk=one).order_by().annotate(**found).values_list(*VIEWS)


def _count(view: str, person: User | Given, inside: dict[str, Any], most: int) -> Counted:
    is_archive = {"archived_at__isnull": view != "archived"}
    rows = Assistant.objects.filter(in_view(view, person), **inside, **is_archive)
    return Counted(rows, most=most)


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
