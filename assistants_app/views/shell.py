"""What surrounds every page: workspaces, navigation, the connection card, the person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.db.models import BigIntegerField
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.models import Assistant, Change, ConnectionHealth, PushOrder, Workspace
from assistants_app.models.statements import Counted, Given, Select
from assistants_app.views import access, connection_words, notices

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from assistants_app.models import User
    from assistants_app.views.pages import Request

MOST = 99  # beyond, the sidebar says 99+ and nothing is counted
LISTS = ("assistant_list", "review_list", "sync", "audit_list")


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    icon: str
    current: bool
    count: int | None = None
    bad: bool = False
    group: str = "main"


@dataclass(frozen=True, slots=True)
class Card:
    """The connection card: where the workspace pushes to and how that is going."""

    label: str
    detail: str
    tone: str
    url: str
    checked: str = ""


@dataclass(frozen=True, slots=True)
class Paused:
    """Who paused pushing ("" when nobody did by hand), since when; `resume_url` for admins."""

    who: str
    since: datetime | None
    resume_url: str


class Shell:
    """Read only when a whole page is drawn: a part never asks for any of it."""

    def __init__(self, request: Request, *, here: str = "") -> None:
        """`here`: the name of the page's view, where the request is not the page's own."""
        self._request = request
        self._here = here

    @cached_property
    def person(self) -> User:
        return self._request.user

    @cached_property
    def theme(self) -> str:
        return self.person.theme

    @property
    def searched(self) -> str:
        """What the list of assistants was searched for; other pages' searches are their own."""
        return self._request.GET.get("q", "") if self._view_name == "assistant_list" else ""

    @cached_property
    def unread(self) -> int:
        """How many things the bell has news of."""
        return notices.unread(self._request)

    @cached_property
    def workspace(self) -> Workspace | None:
        known = getattr(self._request, "workspace", None)
        mine = access.mine_of(self._request)
        if known is None:
            last = self._request.session.get(access.LAST_USED)
            known = next((row for row in mine if row.slug == last), mine[0] if mine else None)
        return next((row for row in mine if known and row.pk == known.pk), known)

    @property
    def shown_workspace(self) -> Workspace | None:
        """What the switcher names: None on a list of all of them, which has no one workspace."""
        is_everywhere = self._view_name in LISTS and self._request.GET.get("workspace") == "all"
        is_slug = any(row.slug == "all" for row in access.mine_of(self._request))
        return None if is_everywhere and not is_slug else self.workspace

    @cached_property
    def workspaces(self) -> list[tuple[Workspace | str, str]]:
        """Each with the present list page for it, the other filters dropped; at the end all."""
        name = self._view_name
        page = reverse(name if name in LISTS else "assistant_list")
        mine = access.mine_of(self._request)
        found: list[tuple[Workspace | str, str]] = [
            (row, f"{page}?workspace={row.slug}") for row in mine
        ]
        everywhere = f"{reverse('assistant_list')}?workspace=all"
        return [*found, (_("All my workspaces"), everywhere)] if len(mine) > 1 else found

    @property
    def _view_name(self) -> str:
        match = self._request.resolver_match
        named = self._here or getattr(self._request, "place", "")
        return named or ((match.url_name or "") if match else "")

    @property
    def counts_url(self) -> str:
        """Where the page asks for the counts again, with the fingerprint of those it shows."""
        where = {"workspace": self.workspace.slug} if self.workspace else {}
        asked = {**where, "here": self._view_name, "seen": self.seen}
        return f"{reverse('counts')}?{urlencode(asked)}"

    @cached_property
    def seen(self) -> str:
        """Names what an open page shows of this: its counts, and how the connection stands."""
        upstream = self.workspace.upstream if self.workspace else None
        shown = (self._waiting, self._trouble, self.unread, upstream and upstream.health.state)
        return "-".join(str(one or 0) for one in shown)

    @cached_property
    def nav(self) -> list[NavItem]:
        if self.workspace is None:
            return []
        return [
            NavItem(_("My work"), reverse("home"), "inbox", self._view_name == "home"),
            self._item(
                "assistant_list",
                _("Assistants"),
                "sparkles",
                (
                    "assistant",
                    "version",
                    "change",
                    "tool",
                    "reply_",
                    "model_list",
                    "compare",
                    "import",
                ),
            ),
            self._item("review_list", _("Reviews"), "eye", ("review",), count=self._waiting),
            self._item(
                "sync",
                _("Sync"),
                "arrow-path",
                ("sync_", "upstream", "push_retry"),
                count=self._trouble,
                bad=True,
                group="operations",
            ),
            self._item(
                "audit_list",
                _("Audit log"),
                "clipboard-document-list",
                ("audit",),
                group="operations",
            ),
            self._settings,
        ]

    def _item(
        self, name: str, label: str, icon: str, under: tuple[str, ...], **more: Any
    ) -> NavItem:
        slug = self.workspace.slug if self.workspace else ""
        here = self._view_name == name or any(self._view_name.startswith(p) for p in under)
        return NavItem(label, f"{reverse(name)}?workspace={slug}", icon, here, **more)

    @property
    def _settings(self) -> NavItem:
        slug = self.workspace.slug if self.workspace else ""
        may = self.workspace and policies.allowed(
            self._request.actor, "settings.read", self.workspace
        )
        url = reverse("workspace_members" if may else "workspace_tokens", args=[slug])
        everyone = ("workspace_list", "workspace_new", "workspace_restore")
        here = self._view_name.startswith("workspace_") and self._view_name not in everyone
        return NavItem(_("Settings"), url, "cog-6-tooth", here, group="operations")

    @cached_property
    def _counts(self) -> tuple[int | None, int | None]:
        """What stands beside the links (waiting, trouble), MOST + 1 for more: read at once."""
        place = self.workspace.pk if self.workspace else 0
        return _NUMBERS.first(place=place, person=self.person.pk) or (None, None)

    @property
    def _waiting(self) -> int | None:
        """Changes In review that this person may decide on and wrote no part of."""
        may = self.workspace and policies.allowed(
            self._request.actor, "change.review", self.workspace
        )
        return self._counts[0] if may else None

    @property
    def _trouble(self) -> int | None:
        return self._counts[1]

    @cached_property
    def paused(self) -> Paused | None:
        """The red line on every page of a workspace whose pushing is paused."""
        upstream = self.workspace.upstream if self.workspace else None
        if not self.workspace or not upstream:
            return None
        if upstream.health.state != ConnectionHealth.State.PAUSED:
            return None
        return Paused(
            who=connection_words.who_paused(self.workspace),
            since=upstream.health.since,
            resume_url=f"{reverse('sync_resume')}?workspace={self.workspace.slug}"
            if policies.allowed(self._request.actor, "settings.write", self.workspace)
            else "",
        )

    @cached_property
    def connection(self) -> Card | None:
        if self.workspace is None:
            return None
        url = reverse("workspace_connection", args=[self.workspace.slug])
        upstream = self.workspace.upstream
        if upstream is None:
            text = _("Assistants are kept here and served at /v1.")
            return Card(_("Not connected"), text, "neutral", url)
        told = connection_words.told(upstream)
        return Card(told.label, upstream.host, told.tone, url, _checked(upstream.health))


def _checked(health: ConnectionHealth) -> str:
    if health.checked_at is None:
        return _("No full check yet")
    return _("Checked %(age)s ago") % {"age": connection_words.age_of(health.checked_at)}


def _numbers() -> QuerySet[Workspace, Any]:
    """Both begin with the few changes and orders, and end where the sidebar says no more."""
    person, place = Given("person", BigIntegerField()), Given("place", BigIntegerField())
    waiting = Change.objects.awaiting(person).filter(assistant__workspace=place)
    unsure = (PushOrder.State.STOPPED, PushOrder.State.UNKNOWN)
    orders = PushOrder.objects.filter(state__in=unsure).values("assistant")
    trouble = Assistant.objects.unarchived().filter(pk__in=orders, workspace=place)
    rows = Workspace.objects.filter(pk=place).order_by()
    return rows.values_list(*(Counted(found, most=MOST) for found in (waiting, trouble)))


_NUMBERS = Select(_numbers)  # every page asks for them


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor of base.html; empty for people who are not signed in."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"shell": Shell(cast("Request", request))}
