"""The outbox's bookkeeping: what is due, claiming, writing ahead, recording what came of it.

Every write carries the fence of its claim: a row count of 0 means that someone else owns the order
by now, and the result is dropped (reliability.md 5.2).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from assistants_app import contract, killpoints, policies
from assistants_app.actions import assistants, audit, health
from assistants_app.models import (
    Assistant,
    ConnectionHealth,
    PushAttempt,
    PushOrder,
    UpstreamCopy,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

    from assistants_app.models import Version
    from assistants_app.sync.client import Answer
    from assistants_app.sync.outcomes import Outcome

State, Reason = PushOrder.State, PushOrder.Reason
MAX_ATTEMPTS, MAX_SENDS = 8, 3
LONG = ("instructions", "tools", "tool_resources", "metadata", "response_format")
FAILING_AT_MOST = timedelta(hours=1)


class Superseded(Exception):  # not an error: another process owns the order now
    """The fence moved on; what this process found is dropped."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an answer showed of the upstream assistant, normalised by the contract."""

    id: str
    document: contract.Document
    extra: str = ""
    etag: str = ""
    marker: str = ""


def _ready() -> QuerySet[PushOrder]:
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    calm = Q(connection__health__retry_not_before=None) | Q(
        connection__health__retry_not_before__lte=Now()
    )
    return PushOrder.objects.filter(
        free,
        calm,
        state__in=(State.WAITING, State.UNKNOWN),
        not_before__lte=Now(),
        assistant__archived_at=None,
        connection__health__state=ConnectionHealth.State.OPEN,
    )


def due(*, without: Collection[int] = ()) -> list[tuple[int, int | None]]:
    """Orders that may be claimed now, each with its connection; none of the connections `without`.

    Shuffled, so that several workers seldom meet.
    """
    rows = _ready().exclude(connection__in=without).order_by("not_before")
    found: list[tuple[int, int | None]] = list(rows.values_list("pk", "connection")[:20])
    random.shuffle(found)
    return found


@audit.bookkeeping
def sweep() -> int:
    """Orders left in `sending` by a process that ended become `unknown`; returns how many.

    Nothing is written for them before the settling time has passed since the bytes left.
    """
    settle = timedelta(seconds=health.times().settle)
    lost = PushOrder.objects.filter(state=State.SENDING, lease_until__lt=Now())
    if not lost.exists():
        return 0  # an idle dashboard writes nothing
    return lost.update(
        state=State.UNKNOWN,
        message="An answer was lost; we look again.",
        not_before=F("sent_at") + settle,
        lease_owner="",
        lease_until=None,
        fence=F("fence") + 1,
        changed_at=Now(),
    )


@audit.bookkeeping
def claim(pk: int, *, owner: str) -> PushOrder | None:
    """Take the order for a lease by compare-and-swap; None when someone else was first."""
    seen = _ready().filter(pk=pk).values_list("fence", "state").first()
    if seen is None:
        return None
    fence, state = seen
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    moved = PushOrder.objects.filter(
        free, pk=pk, fence=fence, state=state, not_before__lte=Now()
    ).update(
        fence=F("fence") + 1, attempts=F("attempts") + 1, lease_owner=owner, lease_until=lease_end()
    )
    if moved != 1:
        return None
    killpoints.point("claim.committed")
    return _whole(pk)


def _whole(pk: int) -> PushOrder:
    """The order with all that a push reads of it, each row once."""
    of_change = (f"desired_version__change__{name}" for name in LONG)
    order = (
        PushOrder.objects.select_related(
            "assistant__workspace", "connection__health", "desired_version__change"
        )
        .defer(*of_change)
        .get(pk=pk)
    )
    order.assistant.workspace.connection = order.connection
    order.desired_version.assistant = order.assistant
    if order.desired_version.change:
        order.desired_version.change.assistant = order.assistant
    return order


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=health.times().lease)


def mine(order: PushOrder, *states: PushOrder.State) -> QuerySet[PushOrder]:
    """The order's row as long as nobody else claimed it."""
    rows = PushOrder.objects.filter(pk=order.pk, fence=order.fence)
    return rows.filter(state__in=states) if states else rows


def _write(order: PushOrder, *states: PushOrder.State, **fields: Any) -> None:
    fields.setdefault("changed_at", timezone.now())
    if mine(order, *states).update(**fields) != 1:
        raise Superseded


@audit.bookkeeping
def release(order: PushOrder, *, seconds: float, message: str, count: bool = True) -> None:
    """Nothing was written upstream: wait `seconds`, then start over. `count` uses up an attempt."""
    fields: dict[str, Any] = {"attempts": F("attempts") - 1}
    if count:
        fields = {"failing_since": order.failing_since or timezone.now()}
    _write(
        order,
        message=message[:500],
        state=order.state if order.state == State.UNKNOWN else State.WAITING,
        not_before=timezone.now() + timedelta(seconds=seconds),
        lease_owner="",
        lease_until=None,
        **fields,
    )


def backoff(attempts: int) -> float:
    """Seconds to the next try: 0.5·2ⁿ with 25 % jitter three times, then full jitter to 5 min."""
    step: float = 0.5 * 2 ** min(attempts, 12)
    factor = random.uniform(0.75, 1.25) if attempts <= 3 else random.uniform(0.1, 1.0)  # noqa: S311
    return min(step * factor, 300.0)


def is_worn_out(order: PushOrder) -> bool:
    """True after 8 attempts or an hour of failures of unclear kind."""
    since = order.failing_since
    return order.attempts >= MAX_ATTEMPTS or bool(
        since and timezone.now() - since > FAILING_AT_MOST
    )


@transaction.atomic
def stop(
    order: PushOrder,
    reason: PushOrder.Reason,
    message: str,
    *,
    actor: policies.Actor,
    param: str = "",
    theirs: Seen | None = None,
) -> None:
    """Stop until a person decides; `theirs` keeps what upstream holds instead."""
    assistants.lock(order.assistant_id)
    _write(
        order,
        state=State.STOPPED,
        reason=reason,
        message=message[:500],
        param=param[:300],
        lease_owner="",
        lease_until=None,
    )
    if theirs:
        keep(order.assistant, UpstreamCopy.Kind.THEIRS, theirs)
    audit.record(
        "upstream.changed" if reason == Reason.DRIFT else "push.stopped",
        actor=actor,
        workspace=order.assistant.workspace,
        assistant=order.assistant,
        on=order,
        before=order.desired_version.digest,
        after=contract.fingerprint(theirs.document) if theirs else "",
        outcome=str(reason),
    )


@audit.bookkeeping
def keep(assistant: Assistant, kind: UpstreamCopy.Kind, seen: Seen) -> None:
    """Remember what upstream holds, as its canonical text."""
    new = copy(assistant, kind, seen)
    names = ("text", "digest", "etag", "extra", "seen_at")
    rows = UpstreamCopy.objects.filter(assistant=assistant, kind=kind)
    if not rows.update(**{name: getattr(new, name) for name in names}):
        new.save()


def copy(assistant: Assistant, kind: UpstreamCopy.Kind, seen: Seen) -> UpstreamCopy:
    """What `keep` writes, not saved."""
    text = contract.canonical(seen.document)
    return UpstreamCopy(
        assistant=assistant,
        kind=kind,
        text=text,
        digest=contract.digest(text),
        etag=seen.etag[:200],
        extra=seen.extra,
        seen_at=timezone.now(),
    )


@audit.bookkeeping
@transaction.atomic
def write_ahead(order: PushOrder, version: Version, op: str, *, n: int, gap_ms: int) -> PushAttempt:
    """Commit that bytes are about to leave, before the first one does; `n`: its number, from 1."""
    order.sends += 1
    _write(
        order,
        State.WAITING,
        State.UNKNOWN,
        state=State.SENDING,
        sent_version=version,
        sent_at=Now(),
        sends=F("sends") + 1,
        looks=0,
        lease_until=lease_end(),
    )
    attempt = PushAttempt.objects.create(
        order=order,
        n=n,
        op=op,
        version=version,
        digest=version.digest,
        gap_ms=gap_ms,
    )
    order.state = State.SENDING
    killpoints.point("sending.before_commit")
    return attempt


@audit.bookkeeping
def note(attempt: PushAttempt, answer: Answer) -> None:
    """What became of one writing request."""
    outcomes = {"done": "done", "surely_not": "refused", "unknown": "unknown"}
    outcome: Outcome = answer.outcome
    PushAttempt.objects.filter(pk=attempt.pk).update(
        outcome=outcomes[outcome.kind],
        status=answer.status or None,
        ms=answer.ms,
        upstream_request_id=answer.request_id[:200],
        message=outcome.message[:500],
    )
    if outcome.kind == "surely_not":  # what counts are sends of which something may have arrived
        PushOrder.objects.filter(pk=attempt.order_id, sends__gt=0).update(sends=F("sends") - 1)


@audit.bookkeeping
def doubt(order: PushOrder, message: str) -> None:
    """No usable answer to a write: nothing is sent for this assistant until it has settled."""
    settle = timedelta(seconds=health.times().settle)
    _write(
        order,
        State.SENDING,
        state=State.UNKNOWN,
        message=message[:500],
        not_before=F("sent_at") + settle,
        lease_owner="",
        lease_until=None,
    )


@audit.bookkeeping
def look_later(order: PushOrder) -> None:
    """Our mark was not found yet; lists may lag, so look once more after another settling time."""
    settle = timedelta(seconds=health.times().settle)
    _write(
        order,
        looks=F("looks") + 1,
        attempts=0,
        not_before=timezone.now() + settle,
        lease_owner="",
        lease_until=None,
    )


@transaction.atomic
def succeed(
    order: PushOrder,
    version: Version,
    seen: Seen,
    *,
    actor: policies.Actor,
    notes: tuple[str, ...] = (),
    found: bool = False,
    request_id: str = "",
) -> None:
    """Upstream was read and holds this Version: idle, or waiting when a newer one is wanted.

    `found`: nothing had to be sent. `notes` are the parts that upstream did not keep.
    """
    assistants.lock(order.assistant_id)
    rows = PushOrder.objects.select_for_update().filter(pk=order.pk)
    is_newest = rows.values_list("desired_version_id", flat=True).get() == version.pk
    if order.assistant.upstream_id != seen.id:
        Assistant.objects.filter(pk=order.assistant_id).update(upstream_id=seen.id)
    _write(
        order,
        state=State.IDLE if is_newest else State.WAITING,
        pushed_version=version,
        reason="",
        message="",
        param="",
        notes=list(notes) or None,
        not_before=timezone.now(),
        attempts=0,
        looks=0,
        sends=0,
        failing_since=None,
        check_again_at=None,
        lease_owner="",
        lease_until=None,
    )
    keep(order.assistant, UpstreamCopy.Kind.BASE, seen)
    UpstreamCopy.objects.filter(assistant=order.assistant, kind=UpstreamCopy.Kind.THEIRS).delete()
    audit.record(
        "assistant.pushed",
        actor=actor,
        workspace=order.assistant.workspace,
        assistant=order.assistant,
        on=version,
        after=version.digest,
        outcome="found" if found else "done",
        data={"upstream_id": seen.id, "upstream_request": request_id, "not_kept": list(notes)},
    )
    killpoints.point("result.before_commit")
    transaction.on_commit(lambda: killpoints.point("result.committed"))


@audit.bookkeeping
def look_for_missing(order: PushOrder, message: str) -> None:
    """A first 404 proves nothing: look again after a minute before anything is said of it."""
    again = order.check_again_at or timezone.now() + timedelta(seconds=health.times().second_look)
    _write(
        order,
        state=State.WAITING,
        message=message,
        check_again_at=again,
        not_before=again,
        attempts=0,
        lease_owner="",
        lease_until=None,
    )
