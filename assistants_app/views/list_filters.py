"""The filters of the assistants list: the dialog that sets them, and a chip for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from assistants_app.filters import ABILITIES, UPSTREAM, WARNINGS, WORK
from assistants_app.models import Assistant, User
from assistants_app.models.assistants import BY_MODEL, WITH_WARNINGS
from assistants_app.views import access, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpResponse

    from assistants_app.models import Workspace
    from assistants_app.views.pages import Request

NARROWING = ("work", "upstream", "model", "ability", "by", "since", "until", "warnings")
STATE = ("workspace", "q", "view", "sort", "limit")  # what a change of filters keeps
KNOWN = {*NARROWING, *STATE, "after", "before", "selected"}
MODELS = 200  # of a workspace, the most used first
EVERY = "all"  # the parameter's value for all of one's workspaces


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force: what it says, and the address without it."""

    name: str
    label: str
    url: str


def places(request: Request) -> list[Workspace]:
    """What the address is about: one workspace, or all of this person's; none where there is none.

    404 for a workspace that the person does not belong to.
    """
    mine = access.mine_of(request)
    if request.GET.get("workspace") == EVERY and not any(row.slug == EVERY for row in mine):
        return mine
    current = access.current(request)
    return [current] if current else []


def address(query: QueryDict, **changes: Any) -> str:
    """The present query with some parameters exchanged and the first page; empty ones drop out."""
    copy = query.copy()
    for name, value in ({"after": "", "before": "", "selected": ""} | changes).items():
        copy[name] = value
    for name in [name for name, value in copy.items() if value in ("", None)]:
        del copy[name]
    return "?" + copy.urlencode()


def chips(
    asked: dict[str, Any], url: Callable[..., str], people: dict[int | None, str]
) -> list[Chip]:
    """One for each filter in force; `people` are names that are known already."""
    texts: dict[str, tuple[str, dict[str, Any]]] = {
        "work": (_("Work"), WORK),
        "upstream": (_("Upstream"), UPSTREAM),
        "ability": (_("Ability"), ABILITIES),
    }
    found = []
    for name in NARROWING:
        value = asked.get(name)
        if value in ("", None):
            continue
        if name in texts:
            label, words = texts[name]
            said = f"{label}: {words[value]}"
        else:
            said = _said(name, value, people)
        found.append(Chip(name, said, url(**{name: ""})))
    return found


def _said(name: str, value: Any, people: dict[int | None, str]) -> str:
    if name == "warnings":
        return str(WARNINGS[value])
    if name == "model":
        return _("Model: %(name)s") % {"name": value}
    if name == "by":
        who = people.get(int(value)) or _name(int(value))
        return _("Changed by: %(who)s") % {"who": who}
    day = formats.date_format(value, "j M Y")
    return (_("Since %(day)s") if name == "since" else _("Until %(day)s")) % {"day": day}


def _name(pk: int) -> str:
    """Of whoever works in a workspace of mine; the list shows their names anyway."""
    row = User.objects.filter(pk=pk).first() if 0 < pk < 2**31 else None
    return row.display_name if row else _("somebody unknown")


def unknown(query: QueryDict) -> list[str]:
    """Parameters that mean nothing here, cut to what a line can show."""
    return [name[:40] for name in query if name not in KNOWN][:5]


@access.signed_in("GET")
def assistant_filters(request: Request) -> HttpResponse:
    """Every filter at once: a dialog over the list, or a page of its own."""
    where = places(request)
    if not where:
        raise Http404
    query = request.GET
    back = reverse("assistant_list") + address(query)
    fields = [
        ("work", _("Work"), list(WORK.items())),
        ("upstream", _("Upstream"), list(UPSTREAM.items())),
        ("model", _("Model"), _models(where, query.get("model", ""))),
        ("ability", _("Abilities"), list(ABILITIES.items())),
        ("by", _("Changed by"), _people(where)),
    ]
    context = {
        "fields": [(n, label, some, query.get(n, "")) for n, label, some in fields],
        "warnings": (query.get("warnings") == "yes", _with_warnings(where)),
        "days": [(n, w, query.get(n, "")) for n, w in (("since", _("From")), ("until", _("To")))],
        "kept": [(name, query[name]) for name in STATE if query.get(name)],
        "back_url": back,
        "clear_url": reverse("assistant_list") + address(query, **dict.fromkeys(NARROWING, "")),
        "crumbs": [
            (_("Assistants"), reverse("assistant_list") + address(query)),
            (_("Filters"), ""),
        ],
    }
    parts = {"dialog": "assistants/parts/_filters.html"}
    return pages.page(request, "assistants/filters.html", context, parts=parts)


def _models(where: Sequence[Workspace], current: str) -> list[tuple[str, str]]:
    rows = Assistant.objects.filter(workspace__in=where, archived_at=None).exclude(model="")
    counted = rows.values(short=BY_MODEL).annotate(n=Count("pk")).order_by("-n", "short")[:MODELS]
    found = [
        (row["short"], f"{row['short']} ({formats.number_format(row['n'], force_grouping=True)})")
        for row in counted
    ]
    is_there = not current or any(current == value for value, _text in found)
    return found if is_there else [(current, current), *found]


def _with_warnings(where: Sequence[Workspace]) -> int:
    return Assistant.objects.filter(WITH_WARNINGS, workspace__in=where).count()


def _people(where: Sequence[Workspace]) -> list[tuple[str, str]]:
    rows = User.objects.filter(memberships__workspace__in=where).distinct()
    return sorted(((str(row.pk), row.display_name) for row in rows), key=lambda row: row[1].lower())
