"""Sync: what upstream holds and what is on its way, with plain reasons and what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import pulling, push_decisions
from assistants_app.errors import Conflict
from assistants_app.models import Job, PushOrder, UpstreamCopy
from assistants_app.views import access, badges, comparison, pages

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from assistants_app.models import Assistant, Workspace
    from assistants_app.views.pages import Request

State, Reason = PushOrder.State, PushOrder.Reason
SHOWN = 50
PARTS = {"sync-live": "sync/parts/_live.html"}


@access.signed_in("GET")
def sync(request: Request) -> HttpResponse:
    """The workspace's push orders by what they need; the live part polls while work waits."""
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    if workspace.upstream is None:
        return pages.page(request, "sync/not_connected.html", {"workspace": workspace})
    return pages.page(request, "sync/sync.html", _context(request, workspace), parts=PARTS)


def _context(request: Request, workspace: Workspace) -> dict[str, Any]:
    groups = {name: list(rows[:SHOWN]) for name, rows in _groups(workspace).items()}
    job = workspace.jobs.filter(kind=Job.Kind.PULL).order_by("-pk").first()
    busy = bool(groups["moving"]) or bool(job and not job.is_over)
    return {
        "workspace": workspace,
        "upstream": workspace.upstream,
        "groups": [(key, _TITLES[key](), _rows(request, rows)) for key, rows in groups.items()],
        "counts": {name: rows.count() for name, rows in _groups(workspace).items()},
        "job": job,
        "busy": busy,
        "may_push": policies.allowed(request.actor, "push", workspace),
        "url": f"{reverse('sync')}?workspace={workspace.slug}",
    }


_TITLES = {
    "trouble": lambda: _("Failed and not sure"),
    "drift": lambda: _("Changed upstream"),
    "moving": lambda: _("Waiting and pushing"),
    "done": lambda: _("Done in the last 24 hours"),
}


def _groups(workspace: Workspace) -> dict[str, QuerySet[PushOrder]]:
    rows = (
        PushOrder.objects.filter(assistant__workspace=workspace, assistant__archived_at=None)
        .select_related("assistant", "desired_version", "pushed_version", "connection__health")
        .order_by("-changed_at")
    )
    drift = Q(reason__in=(Reason.DRIFT, Reason.DELETED))
    recent = timezone.now() - timedelta(hours=24)
    return {
        "trouble": rows.filter(Q(state=State.UNKNOWN) | Q(state=State.STOPPED) & ~drift),
        "drift": rows.filter(drift, state=State.STOPPED),
        "moving": rows.filter(state__in=(State.WAITING, State.SENDING)),
        "done": rows.filter(state=State.IDLE, changed_at__gt=recent),
    }


def _rows(request: Request, orders: list[PushOrder]) -> list[dict[str, Any]]:
    may = orders and policies.allowed(request.actor, "push", orders[0].assistant.workspace)
    return [
        {
            "order": order,
            "badge": badges.upstream_badge(order.assistant, order, order.connection.health),
            "says": says(order),
            "may_retry": bool(may)
            and order.state in (State.STOPPED, State.UNKNOWN, State.WAITING)
            and order.reason != Reason.DRIFT
            and not order.lease_until,
        }
        for order in orders
    ]


def says(order: PushOrder) -> str:
    """Why it stands where it stands, in a plain sentence; the server's own words stay apart."""
    at = timezone.localtime(order.not_before).strftime("%H:%M")
    plain = {
        Reason.DRIFT: _("Someone changed it on the server since we last looked."),
        Reason.DELETED: _("It no longer exists on the server."),
        Reason.REFUSED: _("The server refused it. It is not tried again by itself."),
        Reason.APPROVAL: _("The approval does not match what would be sent, so nothing was sent."),
        Reason.UNCLEAR: _("We do not know whether it arrived. Look on the server first."),
        Reason.DUPLICATE: _("The server holds it more than once."),
        Reason.ATTEMPTS: _("The server could not be reached for too long."),
    }
    if order.state == State.STOPPED:
        return plain[Reason(order.reason)]
    if order.state == State.UNKNOWN:
        return _("Not sure it arrived; we look again at %(at)s.") % {"at": at}
    if order.state == State.SENDING:
        return _("On its way.")
    if order.state == State.IDLE:
        return _("Version %(n)s, read back.") % {"n": order.desired_version.number}
    if order.not_before > timezone.now():
        return _("We go on at %(at)s.") % {"at": at}
    return _("Waiting for its turn.")


@access.signed_in("POST")
def check(request: Request) -> HttpResponse:
    """Ask the runner to read what upstream holds."""
    workspace = access.current(request)
    if workspace is None:
        raise Http404
    pulling.ask(workspace, actor=request.actor)
    return _back(request, workspace, _("Checking upstream now."))


@access.signed_in("POST")
def retry(request: Request, pk: int) -> HttpResponse:
    """Push again: a stopped order, or an assistant that was never pushed."""
    assistant = access.assistant(request, pk)
    order = PushOrder.objects.filter(assistant=assistant).first()
    try:
        if order:
            push_decisions.retry(order, actor=request.actor)
        else:
            push_decisions.first_push(assistant, actor=request.actor)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return pages.go(request, _url(assistant.workspace))
    return _back(request, assistant.workspace, _("It is tried again now."))


def _back(request: Request, workspace: Workspace, said: str) -> HttpResponse:
    messages.success(request, said)
    return pages.go(request, _url(workspace))


def _url(workspace: Workspace) -> str:
    return f"{reverse('sync')}?workspace={workspace.slug}"


@access.signed_in("GET", "POST")
def upstream(request: Request, pk: int) -> HttpResponse:
    """What upstream holds against what is live here; POST pushes ours over what was shown."""
    assistant = access.assistant(request, pk)
    order = PushOrder.objects.filter(assistant=assistant).select_related("desired_version").first()
    if request.method != "POST":
        return _upstream(request, assistant, order)
    if order is None:
        raise Http404
    try:
        push_decisions.keep_ours(order, actor=request.actor, digest=request.POST.get("digest", ""))
    except Conflict as conflict:
        order.refresh_from_db()
        return _upstream(request, assistant, order, status=409, conflict=str(conflict))
    return _back(request, assistant.workspace, _("Ours is being pushed again."))


def _upstream(
    request: Request,
    assistant: Assistant,
    order: PushOrder | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    copies = {copy.kind: copy for copy in assistant.upstream_copies.all()}
    theirs = copies.get(UpstreamCopy.Kind.THEIRS)
    base = copies.get(UpstreamCopy.Kind.BASE)
    shown = theirs or base
    connection = assistant.workspace.upstream
    health = connection.health if connection else None
    context = {
        "assistant": assistant,
        "order": order,
        "badge": badges.upstream_badge(assistant, order, health),
        "says": says(order) if order else "",
        "theirs": theirs,
        "shown": shown,
        "sections": comparison.sections(shown.document(), assistant.document()) if shown else [],
        "attempts": order.push_attempts.select_related("version")[:20] if order else [],
        "may_push": policies.allowed(request.actor, "push", assistant.workspace),
        "crumbs": [
            (_("Sync"), _url(assistant.workspace)),
            (str(assistant), reverse("assistant", args=[assistant.pk])),
            (_("Upstream"), ""),
        ],
        **more,
    }
    return pages.page(request, "sync/upstream.html", context, status=status)
