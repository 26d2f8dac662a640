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
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from assistants_app import contract, killpoints, policies
from assistants_app.actions import assistants, audit, health, push_statements
from assistants_app.models import (
    Assistant,
    PushAttempt,
    PushOrder,
    UpstreamCopy,
    storage,
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


def due(*, without: Collection[int] = ()) -> list[tuple[int, int | None]]:
    """Orders that may be claimed now, each with its connection; none of the connections `without`.

    Shuffled, so that several workers seldom meet.
    """
    full = {f"full_{n}": pk for n, pk in enumerate(without)}
    found: list[tuple[int, int | None]] = push_statements.due(len(full)).all(**full)
    random.shuffle(found)
    return found


@audit.bookkeeping
def sweep() -> int:
    """Orders left in `sending` by a process that ended become `unknown`; returns how many.

    Nothing is written for them before the settling time has passed since the bytes left.
    """
    settle = timedelta(seconds=health.times().settle)
    if not push_statements.LOST.all():
        return 0  # an idle dashboard writes nothing
    lost = PushOrder.objects.filter(state=State.SENDING, lease_until__lt=Now())
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
    if push_statements.CLAIM.run(pk=pk, owner=owner, until=lease_end()) != 1:
        return None
    killpoints.point("claim.committed")
    return _whole(pk)


def _whole(pk: int) -> PushOrder:
    """The order with all that a push reads of it, each row once."""
    order: PushOrder = push_statements.WHOLE.all(pk=pk)[0]
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
    told = {name: getattr(new, name) for name in push_statements.COPIED}
    if not push_statements.KEEP.run(assistant=assistant.pk, kind=kind, **told):
        new.save()


def base_of(assistant: Assistant) -> contract.Document | None:
    """What was last seen in agreement, None when it never was."""
    found = push_statements.TEXT.first(assistant=assistant.pk, kind=UpstreamCopy.Kind.BASE)
    return UpstreamCopy(text=found[0]).document() if found else None


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
@storage.in_turn()
@transaction.atomic
def write_ahead(order: PushOrder, version: Version, op: str, *, n: int, gap_ms: int) -> PushAttempt:
    """Commit that bytes are about to leave, before the first one does; `n`: its number, from 1."""
    order.sends += 1
    told = {"pk": order.pk, "fence": order.fence, "version": version.pk}
    if push_statements.ANNOUNCE.run(until=lease_end(), now=timezone.now(), **told) != 1:
        raise Superseded
    attempt = PushAttempt(
        order=order,
        n=n,
        op=op,
        version=version,
        digest=version.digest,
        gap_ms=gap_ms,
    )
    push_statements.ATTEMPT.run(attempt)
    order.state = State.SENDING
    killpoints.point("sending.before_commit")
    return attempt


@audit.bookkeeping
def note(attempt: PushAttempt, answer: Answer) -> None:
    """What became of one writing request."""
    outcomes = {"done": "done", "surely_not": "refused", "unknown": "unknown"}
    outcome: Outcome = answer.outcome
    push_statements.NOTE.run(
        pk=attempt.pk,
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


@storage.in_turn()
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
    answered: tuple[PushAttempt, Answer, Seen] | None = None,
) -> None:
    """Upstream was read and holds this Version: idle, or waiting when a newer one is wanted.

    `found`: nothing had to be sent. `notes` are the parts that upstream did not keep. `answered`:
    the write and its answer, where nothing was said of it yet.
    """
    assistants.lock(order.assistant_id)
    if answered:
        note(*answered[:2])
    if order.assistant.upstream_id != seen.id:
        Assistant.objects.filter(pk=order.assistant_id).update(upstream_id=seen.id)
    told = {"pk": order.pk, "fence": order.fence, "version": version.pk}
    if push_statements.SUCCEED.run(notes=list(notes) or None, now=timezone.now(), **told) != 1:
        raise Superseded
    keep(order.assistant, UpstreamCopy.Kind.BASE, seen)
    push_statements.FORGET.run(assistant=order.assistant_id, kind=UpstreamCopy.Kind.THEIRS)
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
