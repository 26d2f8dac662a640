"""What hangs on a connection: the links of assistants to it, and setting them aside."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from assistants_app import contract, policies
from assistants_app.actions import audit, health
from assistants_app.errors import Conflict
from assistants_app.models import PushAttempt, PushOrder, UpstreamCopy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from assistants_app.models import Connection

State, Reason = PushOrder.State, PushOrder.Reason
NAMED = 20  # links that an audit entry names; there may be ten thousand
_UNAPPROVED = (
    "It was approved for another server: nothing was sent there. Have a new change reviewed."
)


def holds(connection: Connection) -> bool:
    """Whether assistants are linked to this server, or a create of ours may be there."""
    linked = connection.workspace.assistants.exclude(upstream_id=None)
    in_doubt = connection.push_orders.filter(state__in=(State.SENDING, State.UNKNOWN))
    return linked.exists() or in_doubt.exists()


def on_their_way(connection: Connection) -> QuerySet[PushOrder]:
    """Orders of which a request may still travel: their fate would be lost with the connection."""
    settling = timezone.now() - timedelta(seconds=health.times().settle)
    held = Q(lease_until__gt=Now()) | Q(state=State.SENDING)
    fresh = Q(state=State.UNKNOWN, sent_at__gt=settling)
    return connection.push_orders.filter(held | fresh)


def told(links: Mapping[str, str]) -> dict[str, Any]:
    """Links, assistant → upstream id, as an audit entry tells them: how many, the first by name,
    and the digest of all. Each stands in full in the entry of the push or import that made it.
    """
    first = dict(list(links.items())[:NAMED])
    return {"links": first, "links_digest": contract.digest(contract.dumps(dict(links)))}


@audit.bookkeeping
def set_aside(connection: Connection, *, was: str, keep_orders: bool = True) -> dict[str, str]:
    """Unlink every assistant from the server, within the caller's transaction.

    `was`: the print of the server that is left. Returns what was set aside, assistant → upstream
    id; the ids keep answering at our `/v1`. Orders that stay begin anew: those whose approval holds
    for the connection as it is now wait, the others are stopped. Raises Conflict (`busy`).
    """
    if n := on_their_way(connection).count():
        what = "1 push is" if n == 1 else f"{n:,} pushes are"
        raise Conflict(
            f"{what} on the way and may still arrive. Try again in a few minutes.", code="busy"
        )
    assistants = connection.workspace.assistants.exclude(upstream_id=None)
    rows = assistants.order_by("pk").values_list("pk", "upstream_id")
    links = {str(pk): id_ for pk, id_ in rows if id_}
    assistants.update(former_id=F("upstream_id"), former_print=was, upstream_id=None)
    UpstreamCopy.objects.filter(assistant__workspace=connection.workspace).delete()
    if keep_orders:
        _begin_anew(connection)
    else:
        connection.push_orders.all().delete()
    return links


def _begin_anew(connection: Connection) -> None:
    orders = connection.push_orders.all()
    # What the former server was sent, or may have got, says nothing about this one.
    PushAttempt.objects.filter(order__in=orders).update(outcome=PushAttempt.Outcome.SUPERSEDED)
    orders.update(
        state=State.STOPPED,
        reason=Reason.APPROVAL,
        message=_UNAPPROVED,
        param="",
        pushed_version=None,
        notes=None,
        sent_version=None,
        sent_at=None,
        attempts=0,
        looks=0,
        sends=0,
        failing_since=None,
        check_again_at=None,
        not_before=timezone.now(),
        asked_at=timezone.now(),
        changed_at=timezone.now(),
        lease_owner="",
        lease_until=None,
        fence=F("fence") + 1,
    )
    fit = [order.pk for order in _candidates(connection) if policies.may_go(order.desired_version)]
    orders.filter(pk__in=fit).update(state=State.WAITING, reason="", message="")


def _candidates(connection: Connection) -> QuerySet[PushOrder]:
    """Orders that may be approved for this place: few have a review that was given for it."""
    orders = connection.push_orders.select_related(
        "desired_version__assistant__workspace", "desired_version__change__assistant__workspace"
    )
    if connection.workspace.approvals:
        here = connection.print
        orders = orders.filter(desired_version__change__reviews__connection_print=here).distinct()
    return orders
