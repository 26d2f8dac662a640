"""What a person may decide about a push: order the first one, try again, keep ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import assistants, audit, push_links, pushes
from assistants_app.errors import Conflict
from assistants_app.models import PushOrder, UpstreamCopy

if TYPE_CHECKING:
    from assistants_app.models import Assistant
    from assistants_app.policies import Actor

State, Reason = PushOrder.State, PushOrder.Reason


@transaction.atomic
def retry(order: PushOrder, *, actor: Actor) -> PushOrder:
    """Try a stopped or waiting order again now.

    Raises Conflict: `drift` where someone must choose first, `state` where nothing is to be done.
    """
    workspace = order.assistant.workspace
    policies.require(actor, "push", workspace, on=order.assistant)
    if order.reason == Reason.DRIFT:
        raise Conflict("Changed upstream: look at the difference first.", code="drift")
    if order.state in (State.IDLE, State.SENDING):
        raise Conflict("There is nothing to try again.", code="state")
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    moved = PushOrder.objects.filter(free, pk=order.pk, state=order.state, reason=order.reason)
    if moved.update(**fresh(order)) != 1:
        raise Conflict("It is being pushed right now.", code="state")
    order.refresh_from_db()
    audit.record(
        "push.asked", actor=actor, workspace=workspace, assistant=order.assistant, on=order
    )
    doorbell.ring("push_order", order.pk)
    return order


def fresh(order: PushOrder) -> dict[str, object]:
    """An order whose create is in doubt stays in doubt: it looks first, whatever a person says."""
    in_doubt = order.state == State.UNKNOWN or push_links.is_in_doubt(order)
    soonest = order.not_before if order.state == State.UNKNOWN else timezone.now()
    return {
        "state": State.UNKNOWN if in_doubt else State.WAITING,
        "reason": "",
        "message": "",
        "param": "",
        "attempts": 0,
        "looks": 0,
        "sends": 0,
        "failing_since": None,
        "check_again_at": None,
        "not_before": soonest,
        "lease_owner": "",
        "lease_until": None,
        "fence": F("fence") + 1,
        "changed_at": timezone.now(),
    }


@transaction.atomic
def first_push(assistant: Assistant, *, actor: Actor) -> PushOrder:
    """Push an assistant that exists only here.

    Raises Conflict: `state` where there is nothing to push, or it was pushed before; `approvals`
    where nobody approved that it goes to this server.
    """
    workspace = assistant.workspace
    policies.require(actor, "push", workspace, on=assistant)
    upstream, version = workspace.upstream, assistant.live_version
    if upstream is None or version is None or assistant.is_archived:
        raise Conflict("There is no live version to push, or nowhere to push it.", code="state")
    if not policies.may_go(version):
        raise Conflict(
            "This version was approved before there was this connection: it takes a change and a "
            "review to send it there.",
            code="approvals",
        )
    order, is_new = PushOrder.objects.get_or_create(
        assistant=assistant, defaults={"connection": upstream, "desired_version": version}
    )
    if not is_new:
        raise Conflict("It was pushed before: see sync.", code="state")
    audit.record("push.asked", actor=actor, workspace=workspace, assistant=assistant, on=order)
    doorbell.ring("push_order", order.pk)
    return order


@transaction.atomic
def keep_ours(order: PushOrder, *, actor: Actor, digest: str) -> PushOrder:
    """Push the live version over what someone changed upstream, as it was shown to this person.

    `digest` is that of the upstream text they saw: Conflict (`digest`) when it moved once more.
    """
    assistant = order.assistant
    policies.require(actor, "push", assistant.workspace, on=assistant)
    assistants.lock(assistant.pk)
    theirs = assistant.upstream_copies.filter(kind=UpstreamCopy.Kind.THEIRS).first()
    if order.reason != Reason.DRIFT or theirs is None:
        raise Conflict("This is settled already.", code="state")
    if theirs.digest != digest:
        raise Conflict("Upstream changed once more since you looked.", code="digest")
    # From here on theirs is the last text in common: the push replaces it, and nothing else.
    seen = pushes.Seen(assistant.upstream_id or "", theirs.document(), theirs.extra)
    pushes.keep(assistant, UpstreamCopy.Kind.BASE, seen)
    theirs.delete()
    moved = PushOrder.objects.filter(pk=order.pk, state=State.STOPPED, reason=Reason.DRIFT)
    if moved.update(**fresh(order)) != 1:
        raise Conflict("This is settled already.", code="state")
    order.refresh_from_db()
    audit.record(
        "push.asked",
        actor=actor,
        workspace=assistant.workspace,
        assistant=assistant,
        on=order,
        before=digest,
        after=order.desired_version.digest,
    )
    doorbell.ring("push_order", order.pk)
    return order
