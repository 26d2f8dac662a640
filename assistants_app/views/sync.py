"""Sync: what upstream holds and what is on its way, with plain reasons and what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import policies
from assistants_app.actions import frozen, health, pausing, pulling, push_decisions
from assistants_app.errors import Conflict, Invalid
from assistants_app.forms.sync import ConfirmGoneForm
from assistants_app.models import Assistant, ConnectionHealth, Job, PushOrder, UpstreamCopy
from assistants_app.views import access, connection_words, order_words, pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from assistants_app.models import Workspace
    from assistants_app.policies import Actor
    from assistants_app.views.pages import Request

State, Reason = PushOrder.State, PushOrder.Reason
SHOWN = 50
AT_ONCE = 200  # orders that one press of "Try all again" asks for
PARTS = {"sync-live": "sync/parts/_live.html"}


@access.signed_in("GET")
def sync(request: Request) -> HttpResponse:
    """The workspace's push orders by what they need; the live part polls while something moves.

    The part names in its own address what it shows (`seen`): while that holds, a poll is a 204.
    """
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    if workspace.upstream is None:
        context = {
            "workspace": workspace,
            "may_read_settings": policies.allowed(request.actor, "settings.read", workspace),
            "may_connect": policies.allowed(request.actor, "settings.write", workspace),
        }
        return pages.page(request, "sync/not_connected.html", context)
    return _page(request, workspace, ConfirmGoneForm())


def _page(request: Request, workspace: Workspace, form: ConfirmGoneForm) -> HttpResponse:
    orders = {name: list(rows) for name, rows in _groups(workspace).items()}
    counts = _counts(workspace)
    job = workspace.jobs.filter(kind=Job.Kind.PULL).order_by("-pk").first()
    seen = _fingerprint(orders, counts, job, workspace.connection.health)
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    context = _context(request, workspace, orders, job)
    more = {"seen": seen, "form": form, "counts": counts}
    status = pages.verdict(request, form)
    return pages.page(request, "sync/sync.html", context | more, parts=PARTS, status=status)


def _fingerprint(
    orders: dict[str, list[PushOrder]],
    counts: dict[str, int],
    job: Job | None,
    row: ConnectionHealth,
) -> str:
    """Names what the live part shows, but for how long ago it was."""
    columns = ("pk", "state", "reason", "message", "desired_version_id", "changed_at", "not_before")
    shown = [[str(getattr(row, c)) for c in columns] for rows in orders.values() for row in rows]
    run = [job.pk, job.state, job.progress] if job else []
    how = [row.state, row.reason, row.cause, str(row.open_until), str(row.retry_not_before)]
    return f"{crc32(repr((shown, counts, run, how)).encode()):08x}"


def _context(
    request: Request, workspace: Workspace, orders: dict[str, list[PushOrder]], job: Job | None
) -> dict[str, Any]:
    may_push = policies.allowed(request.actor, "push", workspace)
    drawn = {name: _rows(workspace, rows, may_push) for name, rows in orders.items()}
    upstream = workspace.connection
    return {
        "workspace": workspace,
        "upstream": upstream,
        "told": connection_words.told(upstream),
        "groups": [(key, _TITLES[key](), drawn[key]) for key in ("trouble", "drift", "moving")],
        "done": drawn["done"],
        "job": job,
        "poll": _poll(orders, job, upstream.health),
        "may_push": may_push,
        "may_edit": policies.allowed(request.actor, "change.write", workspace),
        "may_pause": policies.allowed(request.actor, "settings.write", workspace),
        "may_retry_all": may_push
        and any(order.reason in order_words.BULK for order in orders["trouble"]),
        "url": url(workspace),
    }


def _poll(orders: dict[str, list[PushOrder]], job: Job | None, row: ConnectionHealth) -> int:
    """Seconds from one look to the next; 0 while nothing will change by itself."""
    is_open = row.state == ConnectionHealth.State.OPEN
    if (job and not job.is_over) or (orders["moving"] and is_open):
        return 3
    return 15 if row.state in health.PROBED else 0


def _orders(workspace: Workspace) -> QuerySet[PushOrder]:
    """Asked of each order: a join may begin with all the assistants of the workspace."""
    here = Assistant.objects.unarchived().filter(pk=OuterRef("assistant"), workspace=workspace)
    return PushOrder.objects.filter(Exists(here))


def _counts(workspace: Workspace) -> dict[str, int]:
    """How many there are in all, beyond those that are shown."""
    groups = _conditions()
    unsettled = Q(state__in=[state for state in State if state != State.IDLE])
    rows = _orders(workspace).filter(unsettled | groups["done"])
    which = groups | {"waiting": Q(state=State.WAITING), "pushing": Q(state=State.SENDING)}
    return rows.aggregate(**{name: Count("pk", filter=q) for name, q in which.items()})


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
    """The newest SHOWN of each, found by themselves before anything is read with them."""
    base = UpstreamCopy.objects.filter(assistant=OuterRef("assistant"), kind=UpstreamCopy.Kind.BASE)
    rows = (
        PushOrder.objects.select_related("assistant", "desired_version", "pushed_version")
        .select_related("connection__health")
        .defer("assistant__instructions", "desired_version__instructions")
        .defer("pushed_version__instructions")
        .annotate(read_at=Subquery(base.values("seen_at")[:1]))
        .order_by("-changed_at")
    )
    newest = _orders(workspace).order_by("-changed_at").values("pk")
    return {
        name: rows.filter(pk__in=newest.filter(condition)[:SHOWN])
        for name, condition in _conditions().items()
    }


def _rows(workspace: Workspace, orders: list[PushOrder], may_push: bool) -> list[dict[str, Any]]:
    for order in orders:
        order.assistant.workspace = workspace
    differing = order_words.differing(orders)
    return [
        order_words.row(order, may_push=may_push, differing=differing.get(order.assistant_id, []))
        for order in orders
    ]


@access.signed_in("POST")
def check(request: Request) -> HttpResponse:
    """Ask the runner to read what upstream holds."""
    workspace = _connected(request)
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


@access.signed_in("POST")
def retry_all(request: Request) -> HttpResponse:
    """Push again what failed, each by itself; what needs a person to look is left as it is."""
    workspace = _connected(request)
    policies.require(request.actor, "push", workspace, on=workspace)
    rows = PushOrder.objects.filter(
        assistant__workspace=workspace,
        assistant__archived_at=None,
        state=State.STOPPED,
        reason__in=order_words.BULK,
    ).select_related("assistant__workspace")
    tried = sum(_retried(order, request.actor) for order in rows.order_by("changed_at")[:AT_ONCE])
    if not tried:
        messages.warning(request, _("There is nothing to try again."))
        return pages.go(request, url(workspace))
    said = ngettext("%(n)s is tried again now.", "%(n)s are tried again now.", tried)
    return _back(request, workspace, said % {"n": tried})


def _retried(order: PushOrder, actor: Actor) -> bool:
    try:
        push_decisions.retry(order, actor=actor)
    except Conflict:
        return False  # settled, or being pushed, by now
    return True


@access.signed_in("POST")
def pause(request: Request) -> HttpResponse:
    """Push nothing in this workspace before an admin resumes it."""
    return _switch(request, pausing.pause, _("Pushing is paused."))


@access.signed_in("POST")
def resume(request: Request) -> HttpResponse:
    """Push again what waits."""
    return _switch(request, pausing.resume, _("Pushing goes on."))


def _switch(request: Request, verb: Callable[..., None], said: str) -> HttpResponse:
    workspace = _connected(request)
    try:
        verb(workspace, actor=request.actor)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return pages.go(request, url(workspace))
    return _back(request, workspace, said)


@access.signed_in("POST")
def confirm_gone(request: Request) -> HttpResponse:
    """An admin says that what a frozen connection's list lacks is gone, by the workspace's name."""
    workspace = _connected(request)
    policies.require(request.actor, "settings.write", workspace, on=workspace)
    form = ConfirmGoneForm(request.POST)
    if not form.is_valid():
        return _page(request, workspace, form)
    try:
        frozen.confirm(workspace, actor=request.actor, name=form.cleaned_data["name"])
    except Invalid as invalid:
        form.add_error(invalid.field, str(invalid))
        return _page(request, workspace, form)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return pages.go(request, url(workspace))
    return _back(request, workspace, _("Confirmed. Upstream is being checked once more."))


def _connected(request: Request) -> Workspace:
    workspace = access.current(request)
    if workspace is None or workspace.upstream is None:
        raise Http404
    return workspace


def _back(request: Request, workspace: Workspace, said: str) -> HttpResponse:
    messages.success(request, said)
    return pages.go(request, url(workspace))


def url(workspace: Workspace) -> str:
    return f"{reverse('sync')}?workspace={workspace.slug}"
