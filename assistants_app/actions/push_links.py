"""Which upstream assistant is which of ours, and whether a create of ours may be one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from assistants_app import contract, doorbell
from assistants_app.actions import assistants, audit, pushes
from assistants_app.models import Assistant, PushAttempt, PushOrder, UpstreamCopy, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from assistants_app.models import Workspace
    from assistants_app.sync.client import Answer

State = PushOrder.State
SKEW = 3600  # seconds by which a server's clock may be wrong


UNKNOWN = "We do not know whether it was created. We will not try again by ourselves."
_TWICE = "Upstream holds this assistant more than once: also "
_MAY_BE = f"{UNKNOWN} It may be "
_ROOM = 500  # characters that an order keeps of its message


class Taken(Exception):  # not an error of ours: a person looks at both
    """Another assistant here is linked to this upstream id."""


def more_than_once(others: Sequence[str]) -> str:
    """What a stopped order says of the ids that carry its mark beside the linked one."""
    return _naming(_TWICE, others)


def may_be(found: Sequence[str]) -> str:
    """What it says of ids that look like what was sent and carry no mark."""
    return _naming(_MAY_BE, found)


def _naming(before: str, ids: Sequence[str]) -> str:
    """As many whole ids as there is room for: a person copies them."""
    told = before
    for id_ in ids:
        if len(told) + len(id_) + 3 <= _ROOM:
            told += f"{id_}, "
    return told.removesuffix(", ") + "."


def candidates(order: PushOrder) -> list[str]:
    """The ids among which a person chooses: the linked one, and those that the order names."""
    named = [
        id_
        for before in (_TWICE, _MAY_BE)
        if order.message.startswith(before)
        for id_ in order.message.removeprefix(before).removesuffix(".").split(", ")
    ]
    return list(dict.fromkeys(id_ for id_ in (order.assistant.upstream_id, *named) if id_))


def foreign_mark(assistant: Assistant) -> str:
    """The op_id of a mark of ours, or of another dashboard, that nothing here knows; "" for none.

    A restored backup looks like this: made by this dashboard, and forgotten since.
    """
    metadata = assistant.metadata
    marker = metadata.get(contract.MARKER) if isinstance(metadata, dict) else None
    op_id = str(marker or "").partition(":")[0]
    return op_id if op_id and op_id not in known_marks(assistant.workspace) else ""


def known_marks(workspace: Workspace) -> set[str]:
    """The op_ids that this workspace's pushes carry."""
    orders = PushOrder.objects.filter(assistant__workspace=workspace)
    return {str(op_id) for op_id in orders.values_list("op_id", flat=True)}


def never_read(order: PushOrder) -> bool:
    """Its upstream id is a person's word, or a list's: nobody has read it there yet."""
    base = order.assistant.upstream_copies.filter(kind=UpstreamCopy.Kind.BASE)
    return order.pushed_version_id is None and not base.exists()


@audit.bookkeeping
@transaction.atomic
def forget(order: PushOrder) -> str:
    """Take the upstream id away again that turned out to be wrong; returns it.

    From here on it is in doubt whether there is one: whoever goes on looks before it creates.
    """
    if pushes.mine(order).update(state=State.UNKNOWN) != 1:
        raise pushes.Superseded
    wrong = order.assistant.upstream_id or ""
    Assistant.objects.filter(pk=order.assistant_id).update(upstream_id=None)
    order.assistant.upstream_id, order.state = None, State.UNKNOWN
    return wrong


@audit.bookkeeping
@transaction.atomic
def link(order: PushOrder, upstream_id: str) -> None:
    """This upstream assistant is ours: found by our mark, or answered to our create.

    Raises Taken when another assistant here is linked to it.
    """
    if not pushes.mine(order).exists():
        raise pushes.Superseded
    if order.assistant.upstream_id == upstream_id:
        return
    others = order.assistant.workspace.assistants.exclude(pk=order.assistant_id)
    if others.filter(upstream_id=upstream_id).exists():
        raise Taken(upstream_id)
    Assistant.objects.filter(pk=order.assistant_id).update(upstream_id=upstream_id)
    order.assistant.upstream_id = upstream_id


@audit.bookkeeping
@transaction.atomic
def answered(attempt: PushAttempt, answer: Answer, *, order: PushOrder, seen: pushes.Seen) -> None:
    """The server said that it holds this now: ours from here on, whatever the read-back brings.

    One step with the attempt's outcome: of an attempt that is done nobody asks any more whether
    what is there may be its late arrival.
    """
    assistants.lock(order.assistant_id)
    pushes.note(attempt, answer)
    link(order, seen.id)
    pushes.keep(order.assistant, UpstreamCopy.Kind.BASE, seen)


def creating(orders: QuerySet[PushOrder]) -> QuerySet[PushOrder]:
    """Those of which a create may be on its way, or may have arrived without our knowing its id."""
    sent = Q(state=State.SENDING) | Q(push_attempts__outcome=PushAttempt.Outcome.UNKNOWN)
    return orders.filter(sent, assistant__upstream_id=None).distinct()


def is_in_doubt(order: PushOrder) -> bool:
    """The last create had no usable answer and was not found: a stop in between settles nothing."""
    newest = order.push_attempts.first()
    is_linked = Assistant.objects.filter(pk=order.assistant_id).exclude(upstream_id=None).exists()
    return not is_linked and newest is not None and newest.outcome == PushAttempt.Outcome.UNKNOWN


def is_since(order: PushOrder, created_at: int | None) -> bool:
    """May something that was made then (Unix seconds, the server's clock) be what we sent?"""
    if created_at is None or order.sent_at is None:
        return True
    return created_at >= order.sent_at.timestamp() - SKEW


def uncertain(order: PushOrder) -> list[contract.Document]:
    """Versions of ours that may still arrive, or arrived late: their answers were lost."""
    rows = order.push_attempts.filter(outcome=PushAttempt.Outcome.UNKNOWN)
    return texts(rows.values_list("version_id", flat=True))


def texts(versions: Iterable[int]) -> list[contract.Document]:
    """What these Versions hold, by primary key."""
    return [version.document() for version in Version.objects.filter(pk__in=set(versions))]


@audit.bookkeeping
@transaction.atomic
def push_over(order: PushOrder, seen: pushes.Seen) -> None:
    """An older write of ours arrived after a newer one was pushed: the newer one goes again."""
    assistants.lock(order.assistant_id)
    free = pushes.mine(order).filter(lease_until=None).select_for_update()
    if free.first() is None:
        return  # a push has it: it reads for itself
    pushes.keep(order.assistant, UpstreamCopy.Kind.BASE, seen)
    now = timezone.now()
    free.filter(state=State.IDLE).update(state=State.WAITING, not_before=now, changed_at=now)
    doorbell.ring("push_order", order.pk)
