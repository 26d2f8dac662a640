"""My work: what waits for this person, in all of their workspaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import policies
from assistants_app.models import (
    Assistant,
    Change,
    ConnectionHealth,
    Contribution,
    PushOrder,
    Version,
)
from assistants_app.views import access, badges, model_list, pages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from assistants_app.models import User, Workspace
    from assistants_app.policies import Right
    from assistants_app.views.badges import Badge
    from assistants_app.views.pages import Request

SHOWN = 10
LONG = ("instructions", "tools", "tool_resources", "metadata", "response_format")
State = Change.State


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is, where it leads, and the one thing to do about it.

    `about`: short facts after the name. `at`: when it began to wait, or happened.
    """

    name: str
    url: str
    about: tuple[str, ...]
    at: datetime | None
    badge: Badge
    action: str = ""
    person: User | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A card of the page; `all_url` leads to the rest where there is more than is shown."""

    key: str
    title: str
    rows: Sequence[Row]
    all_url: str = ""


@access.signed_in("GET")
def home(request: Request) -> HttpResponse:
    """Waiting for me, my changes, what needs attention, what went live lately."""
    mine = access.mine_of(request)
    if not mine:
        return pages.page(request, "home/no_workspace.html", {})
    groups = [
        _waiting(request, _where(request, "change.review")),
        _own(request),
        _publishable(request, _where(request, "change.publish")),
        _attention(request, _where(request, "push"), _where(request, "change.write")),
        _recent(request),
    ]
    is_idle = not any(group.rows for group in groups[:4])
    context = {
        "groups": [group for group in groups if group.rows],
        "is_idle": is_idle,
        "next": _next(request) if is_idle else [],
    }
    return pages.page(request, "home/my_work.html", context)


def _next(request: Request) -> list[dict[str, str]]:
    """Where to go from an empty page: for admins first to what is not set up yet."""
    own = _where(request, "settings.write")
    bare = next((one for one in own if not one.assistants.exists()), None)
    ways = [{"label": _("Open the assistants"), "url": reverse("assistant_list")}]
    if bare:
        label = _("Set up %(name)s") % {"name": bare}
        url = f"{reverse('welcome')}?workspace={bare.slug}"
        ways.insert(0, {"label": label, "url": url, "tone": "primary"})
    return ways


def _where(request: Request, right: Right) -> list[Workspace]:
    """The workspaces in which this person has a right."""
    return [one for one in access.mine_of(request) if policies.allowed(request.actor, right, one)]


def _is_of(places: Sequence[Workspace]) -> Exists:
    """Asked of each change or order: a join may begin with all the assistants."""
    here = Assistant.objects.unarchived().filter(pk=OuterRef("assistant"), workspace__in=places)
    return Exists(here)


def _first(rows: QuerySet[Change], *order: str) -> list[Change]:
    """SHOWN of these and one more, found by themselves before anything is read with them."""
    found = rows.order_by(*order).values("pk")[: SHOWN + 1]
    shown = Change.objects.filter(pk__in=found).select_related("assistant__workspace", "author")
    return list(shown.defer(*LONG, *(f"assistant__{name}" for name in LONG)).order_by(*order))


def _is_own(request: Request) -> Exists:
    return Exists(Contribution.objects.filter(user=request.user, change=OuterRef("pk")))


def _row(request: Request, change: Change, at: datetime | None, action: str, url: str) -> Row:
    return Row(
        name=change.title or _("Change %(pk)s") % {"pk": change.pk},
        url=url,
        about=(str(change.assistant), *_place(request, change.assistant.workspace)),
        at=at,
        badge=badges.work_badge(change),
        action=action,
        person=change.author,
    )


def _place(request: Request, workspace: Workspace) -> tuple[str, ...]:
    """The workspace's name, where there is more than one."""
    return (workspace.name,) if len(access.mine_of(request)) > 1 else ()


def _waiting(request: Request, places: list[Workspace]) -> Group:
    """Changes in review that this person may decide on, wrote no part of and did not approve."""
    rows = Change.objects.awaiting(request.user).filter(_is_of(places))
    found = _first(rows, "submitted_at", "pk")
    return Group(
        "waiting",
        _("Waiting for my review"),
        [
            _row(request, one, one.submitted_at, _("Review"), reverse("review", args=[one.pk]))
            for one in found[:SHOWN]
        ],
        reverse("review_list") if len(found) > SHOWN else "",
    )


def _own(request: Request) -> Group:
    """This person's open changes, and others' that they wrote a part of."""
    rows = Change.objects.open().filter(_is_own(request) | Q(author=request.user))
    found = _first(rows.filter(_is_of(access.mine_of(request))), "-edited_at", "-pk")
    more = f"{reverse('assistant_list')}?view=mine" if len(found) > SHOWN else ""
    return Group("mine", _("My changes"), [_mine(request, one) for one in found[:SHOWN]], more)


def _mine(request: Request, change: Change) -> Row:
    is_open = change.state in (State.DRAFT, State.CHANGES_REQUESTED)
    url = reverse("change" if is_open else "review", args=[change.pk])
    return _row(request, change, change.edited_at, _("Go on") if is_open else _("Open"), url)


def _publishable(request: Request, places: list[Workspace]) -> Group:
    """Approved changes of others that this person may publish; their own stand above."""
    rows = Change.objects.filter(_is_of(places), ~_is_own(request), state=State.APPROVED)
    found = _first(rows, "edited_at", "pk")
    more = f"{reverse('assistant_list')}?view=ready" if len(found) > SHOWN else ""
    return Group(
        "ready",
        _("Ready to publish"),
        [
            _row(
                request, one, one.edited_at, _("Look and publish"), reverse("review", args=[one.pk])
            )
            for one in found[:SHOWN]
        ],
        more,
    )


def _attention(request: Request, places: list[Workspace], edited: list[Workspace]) -> Group:
    """Connections that do not answer as they should, models that end, pushes to settle."""
    closed = [_connection(request, place) for place in places if _is_closed(place)]
    closed += [_models(request, *found) for found in model_list.ending_soon(edited)]
    stuck = (PushOrder.State.STOPPED, PushOrder.State.UNKNOWN)
    orders = PushOrder.objects.filter(_is_of(places), state__in=stuck)
    newest = orders.order_by("-changed_at", "-pk").values("pk")[: SHOWN + 1]
    found = (
        PushOrder.objects.filter(pk__in=newest)
        .select_related("assistant__workspace", "connection__health")
        .defer(*(f"assistant__{name}" for name in LONG))
        .order_by("-changed_at", "-pk")
    )
    rows = closed + [_order(request, one) for one in found]
    more = reverse("sync") if len(rows) > SHOWN else ""
    return Group("attention", _("Needs attention"), rows[:SHOWN], more)


def _models(request: Request, place: Workspace, used: list[model_list.Used]) -> Row:
    n = sum(one.n for one in used)
    name = ngettext(
        "%(n)s assistant needs another model", "%(n)s assistants need another model", n
    ) % {"n": n}
    return Row(
        name=name,
        url=f"{reverse('model_list')}?workspace={place.slug}",
        about=(", ".join(one.model for one in used[:5]), *_place(request, place)),
        at=None,
        badge=used[0].badge,
        action=_("See which"),
    )


def _is_closed(workspace: Workspace) -> bool:
    upstream = workspace.upstream
    return upstream is not None and upstream.health.state != ConnectionHealth.State.OPEN


def _connection(request: Request, workspace: Workspace) -> Row:
    health = workspace.connection.health
    return Row(
        name=workspace.connection.host,
        url=f"{reverse('sync')}?workspace={workspace.slug}",
        about=_place(request, workspace),
        at=health.since,
        badge=badges.Badge(str(health.get_state_display()), "signal-slash", "bad"),
        action=_("See sync"),
    )


def _order(request: Request, order: PushOrder) -> Row:
    workspace = order.assistant.workspace
    return Row(
        name=str(order.assistant),
        url=reverse("upstream", args=[order.assistant_id]),
        about=_place(request, workspace),
        at=order.changed_at,
        badge=badges.upstream_badge(order.assistant, order, order.connection.health),
        action=_("See why"),
    )


def _recent(request: Request) -> Group:
    """What went live lately, whoever published it; what a pull took in is no news."""
    # The newest alone, before anything is joined: a database may begin with all the assistants.
    mine = Assistant.objects.filter(pk=OuterRef("assistant"))
    own = Version.objects.filter(Exists(mine.filter(workspace__in=access.mine_of(request))))
    newest = own.exclude(origin=Version.Origin.IMPORTED).order_by("-pk").values("pk")[:SHOWN]
    rows = (
        Version.objects.filter(pk__in=newest)
        .select_related("assistant__workspace", "by", "change")
        .defer(*LONG, *(f"{at}__{name}" for at in ("assistant", "change") for name in LONG))
        .order_by("-pk")
    )
    return Group("recent", _("Recently live"), [_version(request, one) for one in rows])


def _version(request: Request, version: Version) -> Row:
    assistant = version.assistant
    label = _("Version %(n)s") % {"n": version.number}
    return Row(
        name=str(assistant),
        url=reverse("version", args=[assistant.pk, version.number]),
        about=(
            *((version.change.title,) if version.change and version.change.title else ()),
            *_place(request, assistant.workspace),
        ),
        at=version.at,
        badge=badges.Badge(label, "check", "ok", quiet=True),
        person=version.by,
    )
