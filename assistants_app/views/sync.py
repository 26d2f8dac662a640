"""Sync: what upstream holds and what is on its way, with plain reasons and what to do."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import pulling, push_decisions
from assistants_app.contract import words
from assistants_app.errors import Conflict
from assistants_app.models import Job, PushOrder
from assistants_app.views import access, badges, pages

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from assistants_app.models import ConnectionHealth, Workspace
    from assistants_app.views.pages import Request

State, Reason = PushOrder.State, PushOrder.Reason
SHOWN = 50
PARTS = {"sync-live": "sync/parts/_live.html"}


@access.signed_in("GET")
def sync(request: Request) -> HttpResponse:
    """The workspace's push orders by what they need; the live part polls while something moves.

    The part names in its own address what it shows (`seen`): while that holds, a poll is a 204.
    """
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    upstream = workspace.upstream
    if upstream is None:
        may = policies.allowed(request.actor, "settings.read", workspace)
        context = {"workspace": workspace, "may_read_settings": may}
        return pages.page(request, "sync/not_connected.html", context)
    orders = {name: list(rows[:SHOWN]) for name, rows in _groups(workspace).items()}
    job = workspace.jobs.filter(kind=Job.Kind.PULL).order_by("-pk").first()
    seen = _fingerprint(orders, job, upstream.health)
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    context = _context(request, workspace, orders, job)
    return pages.page(request, "sync/sync.html", context | {"seen": seen}, parts=PARTS)


def _fingerprint(
    orders: dict[str, list[PushOrder]], job: Job | None, health: ConnectionHealth
) -> str:
    """Names what the live part shows, but for how long ago it was."""
    columns = ("pk", "state", "reason", "message", "desired_version_id", "changed_at", "not_before")
    shown = [[str(getattr(row, c)) for c in columns] for rows in orders.values() for row in rows]
    run = [job.pk, job.state, job.progress] if job else []
    return f"{crc32(repr((shown, run, health.state, health.reason)).encode()):08x}"


def _context(
    request: Request, workspace: Workspace, orders: dict[str, list[PushOrder]], job: Job | None
) -> dict[str, Any]:
    may_push = policies.allowed(request.actor, "push", workspace)
    may_edit = policies.allowed(request.actor, "change.write", workspace)
    drawn = {name: _rows(workspace, rows, may_push) for name, rows in orders.items()}
    return {
        "workspace": workspace,
        "upstream": workspace.upstream,
        "groups": [(key, _TITLES[key](), drawn[key]) for key in ("trouble", "drift", "moving")],
        "done": drawn["done"],
        "counts": _counts(workspace),
        "job": job,
        "busy": bool(orders["moving"]) or bool(job and not job.is_over),
        "may_push": may_push,
        "may_edit": may_edit,
        "url": url(workspace),
    }


def _counts(workspace: Workspace) -> dict[str, int]:
    """How many there are in all, beyond those that are shown."""
    rows = PushOrder.objects.filter(assistant__workspace=workspace, assistant__archived_at=None)
    return rows.aggregate(**{name: Count("pk", filter=q) for name, q in _conditions().items()})


_TITLES = {
    "trouble": lambda: _("Failed and not sure"),
    "drift": lambda: _("Changed upstream"),
    "moving": lambda: _("Waiting and pushing"),
}


def _conditions() -> dict[str, Q]:
    """Which orders stand in which group."""
    drift = Q(reason__in=(Reason.DRIFT, Reason.DELETED))
    recent = timezone.now() - timedelta(hours=24)
    return {
        "trouble": Q(state=State.UNKNOWN) | Q(state=State.STOPPED) & ~drift,
        "drift": drift & Q(state=State.STOPPED),
        "moving": Q(state__in=(State.WAITING, State.SENDING)),
        "done": Q(state=State.IDLE, changed_at__gt=recent),
    }


def _groups(workspace: Workspace) -> dict[str, QuerySet[PushOrder]]:
    rows = (
        PushOrder.objects.filter(assistant__workspace=workspace, assistant__archived_at=None)
        .select_related("assistant", "desired_version", "pushed_version", "connection__health")
        .defer("assistant__instructions", "desired_version__instructions")
        .defer("pushed_version__instructions")
        .order_by("-changed_at")
    )
    return {name: rows.filter(condition) for name, condition in _conditions().items()}


def _rows(workspace: Workspace, orders: list[PushOrder], may_push: bool) -> list[dict[str, Any]]:
    for order in orders:
        order.assistant.workspace = workspace
    return [
        {
            "order": order,
            "badge": badges.upstream_badge(order.assistant, order, order.connection.health),
            "says": says(order),
            "versions": _versions(order),
            "is_refused": order.state == State.STOPPED and order.reason == Reason.REFUSED,
            "differs": order.state == State.STOPPED and order.reason == Reason.DRIFT,
            "may_retry": may_push
            and order.state in (State.STOPPED, State.UNKNOWN, State.WAITING)
            and order.reason != Reason.DRIFT
            and not order.lease_until,
        }
        for order in orders
    ]


def _versions(order: PushOrder) -> str:
    """One row stands for every version since the last that arrived."""
    now, was = order.desired_version.number, order.pushed_version
    if was and was.number != now:
        return _("Version %(was)s → %(now)s") % {"was": was.number, "now": now}
    return _("Version %(n)s") % {"n": now}


def says(order: PushOrder) -> str:
    """Why it stands where it stands, in a plain sentence; the server's own words stay apart."""
    at = _clock(order.not_before)
    if order.state == State.STOPPED:
        return _stopped(order)
    if order.state == State.UNKNOWN:
        return _("Not sure it arrived; we look again at %(at)s.") % {"at": at}
    if order.state == State.SENDING:
        return _("On its way.")
    if order.state == State.IDLE:
        return _("Arrived and read back.")
    if order.not_before > timezone.now():
        return _("We go on at %(at)s.") % {"at": at}
    return _("Waiting for its turn.")


def _stopped(order: PushOrder) -> str:
    if order.reason == Reason.REFUSED and (label := _field(order.param)):
        return _("The server refused “%(field)s”. It is not tried again by itself.") % {
            "field": label
        }
    return {
        Reason.DRIFT: _("Someone changed it on the server since we last looked."),
        Reason.DELETED: _("It no longer exists on the server."),
        Reason.REFUSED: _("The server refused it. It is not tried again by itself."),
        Reason.APPROVAL: _(
            "The approvals no longer fit what would be sent, so nothing was sent. "
            "Have a new change reviewed."
        ),
        Reason.UNCLEAR: _("We do not know whether it arrived. Look on the server first."),
        Reason.DUPLICATE: _("The server holds it more than once."),
        Reason.ATTEMPTS: _("The server could not be reached for too long."),
    }[Reason(order.reason)]


def _field(param: str) -> str:
    """What the field of a refusal is called on screen."""
    label = words.LABELS.get(re.split(r"[.\[]", param)[0])
    return _(label.label) if label else ""


def _clock(moment: datetime) -> str:
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return formats.date_format(local, "H:i" if is_today else "j M H:i")


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
        return pages.go(request, url(assistant.workspace))
    return _back(request, assistant.workspace, _("It is tried again now."))


def _back(request: Request, workspace: Workspace, said: str) -> HttpResponse:
    messages.success(request, said)
    return pages.go(request, url(workspace))


def url(workspace: Workspace) -> str:
    return f"{reverse('sync')}?workspace={workspace.slug}"
