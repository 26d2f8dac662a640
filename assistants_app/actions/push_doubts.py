"""What only a person can tell: which upstream assistant is ours, and whether one is gone.

Nothing here speaks to the server: the push that follows reads before it writes (reliability.md 5.4
and 6.2). No upstream assistant is ever deleted by us.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import assistants, audit, health, push_decisions, push_links
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import Assistant, PushAttempt, PushOrder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.policies import Actor, Right

State, Reason = PushOrder.State, PushOrder.Reason
LONGEST = 512
_SETTLED = "This is settled already."


def _held(order: PushOrder, actor: Actor, *reasons: str, right: Right = "push") -> PushOrder:
    """The order as it is now, its assistant held; Conflict (`state`) unless stopped for these."""
    policies.require(actor, right, order.assistant.workspace, on=order.assistant)
    assistants.lock(order.assistant_id)
    rows = PushOrder.objects.select_for_update(of=("self",)).select_related("assistant__workspace")
    now = rows.filter(pk=order.pk, state=State.STOPPED, reason__in=reasons).first()
    if now is None:
        raise Conflict(_SETTLED, code="state")
    return now


@transaction.atomic
def link(order: PushOrder, *, actor: Actor, upstream_id: str) -> PushOrder:
    """This upstream assistant is ours: it is read next, and nothing is written unless it agrees.

    Raises Conflict (`state`), or Invalid on upstream_id: not an id, or linked elsewhere.
    """
    now = _held(order, actor, Reason.UNCLEAR, Reason.DUPLICATE)
    if now.assistant.upstream_id:
        raise Conflict(_SETTLED, code="state")
    id_ = _id(now.assistant, upstream_id)
    _point(now.assistant, id_)
    _renew(now)
    _record("push.linked", now, actor, {"upstream_id": id_})
    return PushOrder.objects.get(pk=now.pk)


def _id(assistant: Assistant, text: str) -> str:
    id_ = text.strip()
    if not id_:
        raise Invalid("upstream_id", "Paste the ID that the server shows.")
    if len(id_) > LONGEST or not id_.isascii() or not id_.isprintable() or set(id_) & set(" /?#%"):
        raise Invalid("upstream_id", "An ID is one word without spaces, like asst_abc123.")
    _refuse_taken(assistant, id_)
    return id_


def _refuse_taken(assistant: Assistant, id_: str) -> None:
    others = assistant.workspace.assistants.exclude(pk=assistant.pk)
    if other := others.filter(upstream_id=id_).first():
        raise Invalid("upstream_id", f"“{other}” is linked to this ID already.")


def _point(assistant: Assistant, id_: str) -> None:
    try:
        with transaction.atomic():
            Assistant.objects.filter(pk=assistant.pk).update(upstream_id=id_)
    except IntegrityError:  # linked by another process a moment ago
        _refuse_taken(assistant, id_)
        raise
    assistant.upstream_id = id_


@transaction.atomic
def unlink(order: PushOrder, *, actor: Actor) -> PushOrder:
    """What was linked turns out to be another one: as unclear as it was before.

    Only for a link that was never in agreement. Raises Conflict (`state`).
    """
    now = _held(order, actor, Reason.DRIFT)
    if not is_doubtful(now):
        raise Conflict("It was in agreement once, so it is ours.", code="state")
    was = now.assistant.upstream_id or ""
    Assistant.objects.filter(pk=now.assistant_id).update(upstream_id=None)
    now.assistant.upstream_copies.all().delete()
    PushOrder.objects.filter(pk=now.pk).update(
        reason=Reason.UNCLEAR, message=push_links.UNKNOWN, changed_at=timezone.now()
    )
    _record("push.unlinked", now, actor, {"upstream_id": was})
    return PushOrder.objects.get(pk=now.pk)


def is_doubtful(order: PushOrder) -> bool:
    """Linked, and never in agreement with what is there: it may be somebody else's."""
    is_linked = Assistant.objects.filter(pk=order.assistant_id).exclude(upstream_id=None).exists()
    return is_linked and push_links.never_read(order)


@transaction.atomic
def choose(order: PushOrder, *, actor: Actor, upstream_id: str) -> PushOrder:
    """Of several upstream with our mark, this one is ours; the others stay there untouched.

    Raises Conflict (`state`), or Invalid on upstream_id when it is none of them.
    """
    now = _held(order, actor, Reason.DUPLICATE)
    candidates = push_links.candidates(now)
    if upstream_id not in candidates:
        raise Invalid("upstream_id", "Choose one of these.")
    _refuse_taken(now.assistant, upstream_id)
    if upstream_id != now.assistant.upstream_id:
        now.assistant.upstream_copies.all().delete()  # they were read from the other one
        _point(now.assistant, upstream_id)
    others = [id_ for id_ in candidates if id_ != upstream_id]
    _renew(now)
    _record("push.linked", now, actor, {"upstream_id": upstream_id, "others": others})
    return PushOrder.objects.get(pk=now.pk)


@transaction.atomic
def create_again(order: PushOrder, *, actor: Actor, is_sure: bool) -> PushOrder:
    """Send it once more: a person looked and it is not there, or it was deleted there.

    In doubt it keeps its op_id, so that whatever arrives late is recognised; after a confirmed
    deletion it gets a new one. Either way the mark is looked up first, and never before the
    settling time is over. Raises Conflict (`state`), or Invalid on is_sure.
    """
    now = _held(order, actor, Reason.UNCLEAR, Reason.DELETED)
    if now.reason == Reason.UNCLEAR and now.assistant.upstream_id:
        raise Conflict("Nothing confirms that it is gone.", code="state")
    if not is_sure:
        raise Invalid("is_sure", "Look on the server first, then confirm it here.")
    was = now.assistant.upstream_id or ""
    fields: dict[str, object] = {"not_before": _settled_at(now)}
    if now.reason == Reason.DELETED:
        fields = _begin_anew(now)
    told = {"reason": str(now.reason), "was": was}
    _renew(now, **fields)
    _record("push.create_asked", now, actor, told)
    return PushOrder.objects.get(pk=now.pk)


def _settled_at(order: PushOrder) -> object:
    settle = timedelta(seconds=health.times().settle)
    return max(timezone.now(), order.sent_at + settle) if order.sent_at else timezone.now()


def _begin_anew(order: PushOrder) -> dict[str, object]:
    """What the deleted one was sent, or may have got, says nothing about the next one."""
    Assistant.objects.filter(pk=order.assistant_id).update(upstream_id=None)
    order.assistant.upstream_copies.all().delete()
    unknown = order.push_attempts.filter(outcome=PushAttempt.Outcome.UNKNOWN)
    unknown.update(outcome=PushAttempt.Outcome.SUPERSEDED)
    return {
        "op_id": uuid.uuid4(),
        "asked_at": timezone.now(),
        "pushed_version": None,
        "sent_version": None,
        "sent_at": None,
        "notes": None,
    }


@transaction.atomic
def confirm_gone(order: PushOrder, *, actor: Actor, is_sure: bool) -> PushOrder:
    """An admin says that it is gone where nothing else proves it; then it can be created again.

    Raises Conflict (`state`), or Invalid on is_sure.
    """
    now = _held(order, actor, Reason.UNCLEAR, right="settings.write")
    if not now.assistant.upstream_id:
        raise Conflict("It was never linked to one on the server.", code="state")
    if not is_sure:
        raise Invalid("is_sure", "Look on the server first, then confirm it here.")
    PushOrder.objects.filter(pk=now.pk).update(
        reason=Reason.DELETED,
        message="It is gone from the server, as an admin confirmed.",
        changed_at=timezone.now(),
    )
    _record("upstream.gone", now, actor, {"upstream_id": now.assistant.upstream_id})
    return PushOrder.objects.get(pk=now.pk)


def _renew(order: PushOrder, **fields: object) -> None:
    """The order waits with its tries forgotten; no older claim counts any more."""
    fresh = push_decisions.fresh(order) | {"state": State.WAITING, "not_before": timezone.now()}
    PushOrder.objects.filter(pk=order.pk).update(**fresh | fields)
    doorbell.ring("push_order", order.pk)


def _record(action: str, order: PushOrder, actor: Actor, told: Mapping[str, object]) -> None:
    audit.record(
        action,
        actor=actor,
        workspace=order.assistant.workspace,
        assistant=order.assistant,
        on=order,
        data=told,
    )
