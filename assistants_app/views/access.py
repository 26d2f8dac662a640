"""Who gets to a view, and fetching by policy: what one may not know of does not exist (404)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from assistants_app import policies
from assistants_app.models import Assistant, Change, Workspace
from assistants_app.views import errors, pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from assistants_app.policies import Right
    from assistants_app.views.pages import Request

P = ParamSpec("P")
M = TypeVar("M", bound="Model")
LAST_USED = "workspace"  # session key: the slug last looked at; no permission is read from it


def signed_in(
    *methods: str, is_part: bool = False
) -> Callable[
    [Callable[Concatenate[Request, P], HttpResponseBase]], Callable[..., HttpResponseBase]
]:
    """Only for signed-in people, only these methods (GET brings HEAD with it).

    Signing in leads to this address; where that is no page (`is_part`, or no GET), to the page
    that it was asked from.
    """
    allowed = [*methods, *(["HEAD"] if "GET" in methods else [])]

    def wrap(
        view: Callable[Concatenate[Request, P], HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method not in allowed:
                return errors.wrong_method(request, allowed)
            if not request.user.is_authenticated:
                is_page = "GET" in methods and not is_part
                here = request.get_full_path() if is_page else pages.came_from(request)
                return redirect_to_login(here or reverse("home"))
            return view(cast("Request", request), *args, **kwargs)

        return guarded

    return wrap


def fetch(request: Request, rows: QuerySet[M], *, by: str = "workspace", **lookup: Any) -> M:
    """The one visible row, else 404; remembers its workspace as the last used one."""
    row = get_object_or_404(policies.visible(request.actor, rows, by=by), **lookup)
    workspace: Any = row
    for step in by.split("__"):
        workspace = getattr(workspace, step)
    remember(request, workspace)
    return row


def assistant(request: Request, pk: int, right: Right = "workspace.read") -> Assistant:
    rows = Assistant.objects.select_related("workspace__connection", "live_version", "changed_by")
    row = fetch(request, rows, pk=pk)
    policies.require(request.actor, right, row.workspace, on=row)
    return row


def change(
    request: Request, pk: int, right: Right = "workspace.read", *, is_bare: bool = False
) -> Change:
    """A Change with what pages show around it; `is_bare` for those that never look at its base."""
    rows = Change.objects.select_related(
        "assistant__workspace__connection", "assistant__live_version", "base", "author"
    )
    # Of the three other texts of an assistant hardly any page needs the tools, and 128 take long.
    rows = rows.defer("assistant__tools", "assistant__live_version__tools")
    rows = rows.defer("base__tools") if is_bare else rows
    row = fetch(request, rows, by="assistant__workspace", pk=pk)
    policies.require(request.actor, right, row.assistant.workspace, on=row)
    return row


def after(request: Request, was: Change, now: Change) -> Change:
    """A Change after an edit, with what pages show around it; read again where `now` is `was`."""
    if now is was:
        return change(request, was.pk, is_bare=True)
    now.assistant, now.base, now.author = was.assistant, was.base, was.author
    return now


def workspace(request: Request, slug: str, right: Right = "workspace.read") -> Workspace:
    """A workspace by its slug, for its settings pages."""
    row = next((row for row in mine_of(request) if row.slug == slug), None)
    if row is None:
        raise Http404
    remember(request, row)
    policies.require(request.actor, right, row, on=row)
    return row


def remember(request: Request, workspace: Workspace) -> None:
    """This request is about that workspace: the shell shows it, lists begin with it next time."""
    request.workspace = workspace
    if request.session.get(LAST_USED) != workspace.slug:
        request.session[LAST_USED] = workspace.slug


def mine_of(request: Request) -> list[Workspace]:
    """The person's workspaces, read once per request."""
    if not hasattr(request, "workspaces"):
        rows = policies.workspaces(request.actor)
        request.workspaces = list(rows.select_related("connection__health"))
    return request.workspaces


def current(request: Request, *, usual: bool = False) -> Workspace | None:
    """The workspace that a list is about: of the query, else the last used, else the first.

    `usual`: whatever the query says.
    """
    mine = mine_of(request)
    named = None if usual else request.GET.get("workspace")
    asked = named or request.session.get(LAST_USED)
    chosen = next((row for row in mine if row.slug == asked), None)
    if chosen is None and named:
        raise Http404
    chosen = chosen or (mine[0] if mine else None)
    if chosen:
        remember(request, chosen)
    return chosen


def admins(workspace: Workspace) -> str:
    """Whom to ask for what one may not do here: at most three names."""
    rows = workspace.memberships.select_related("user").filter(user__is_active=True)
    rows = rows.filter(roles_text__contains="admin").order_by("pk")
    return ", ".join(row.user.display_name for row in rows[:3])
