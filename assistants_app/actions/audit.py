"""The only insert into the audit log, and the marks that tell the kinds of writers apart."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, models, transaction
from django.utils import timezone

from assistants_app import killpoints
from assistants_app.errors import AuditBroken
from assistants_app.models import AuditEntry, AuditHead
from assistants_app.models.audit import ACTIONS
from assistants_app.models.statements import Given, Insert, Select, Update

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from django.db.models import Model

    from assistants_app.models import Assistant, Workspace
    from assistants_app.policies import Actor

F = TypeVar("F", bound="Callable[..., Any]")


def bookkeeping(function: F) -> F:
    """Marks a writer of claims, leases, budgets or progress: it leaves no audit entry."""
    function.__bookkeeping__ = True  # type: ignore[attr-defined]
    return function


def sends(function: F) -> F:
    """Marks an action that speaks to the upstream between short transactions of its own."""
    function.__sends__ = True  # type: ignore[attr-defined]
    return function


def record(
    action: str,
    *,
    actor: Actor,
    workspace: Workspace | None = None,
    assistant: Assistant | None = None,
    on: Model | tuple[str, str] | None = None,
    before: str = "",
    after: str = "",
    outcome: str = "done",
    data: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry to the chain, as the last statement of the caller's transaction.

    `before` and `after` are digests of content; `data` holds strings, integers, booleans, None,
    lists and objects only: ids and digests, never names, keys or texts. Raises AuditBroken when
    the head and the newest entry disagree, RuntimeError outside a transaction.
    """
    told = Told(assistant=assistant, on=on, before=before, after=after, data=data or {})
    return _append(action, [told], actor=actor, workspace=workspace, outcome=outcome)[0]


@dataclass(frozen=True, slots=True)
class Told:
    """What an entry says of one thing, as in `record`."""

    assistant: Assistant | None = None
    on: Model | tuple[str, str] | None = None
    before: str = ""
    after: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def record_each(
    action: str, *, actor: Actor, workspace: Workspace, told: Sequence[Told]
) -> list[AuditEntry]:
    """`record` for many things that one transaction did alike: an entry of its own for each.

    The head is read, compared and moved once. Raises as `record` does.
    """
    return _append(action, told, actor=actor, workspace=workspace, outcome="done")


def _append(
    action: str,
    told: Sequence[Told],
    *,
    actor: Actor,
    workspace: Workspace | None,
    outcome: str,
) -> list[AuditEntry]:
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry is recorded in the transaction of what it tells.")
    head = _head()
    now = timezone.now()
    entries: list[AuditEntry] = []
    for seq, one in enumerate(told, head.seq + 1):
        body = {
            "tag": "audit-1",
            "seq": seq,
            "at": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "actor": {"kind": actor.kind, "id": actor.id, **_token(actor)},
            "action": _known(action),
            "outcome": outcome,
            "source": actor.source,
            "workspace": str(workspace.pk) if workspace else "",
            "assistant": str(one.assistant.pk) if one.assistant else "",
            "object": _named(one.on),
            "before": one.before,
            "after": one.after,
            "request": actor.request_id,
            "data": dict(one.data),
        }
        prev_hash = entries[-1].hash if entries else head.hash
        entries.append(_entry(seq, prev_hash, body, now))
    _insert(head, entries)
    killpoints.point("audit.inserted")
    return entries


def _entry(seq: int, prev_hash: str, body: dict[str, Any], now: datetime) -> AuditEntry:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return AuditEntry(
        seq=seq,
        body=text,
        prev_hash=prev_hash,
        hash=AuditEntry.seal(prev_hash, text),
        at=now,
        **AuditEntry.copies(body),
    )


def _known(action: str) -> str:
    if action not in ACTIONS:
        raise KeyError(f"{action} is not in the register of audit actions.")
    return action


def _token(actor: Actor) -> dict[str, str]:
    return {"token": str(actor.token.public_id)} if actor.token else {}


def _named(on: Model | tuple[str, str] | None) -> dict[str, str]:
    """The object's kind and id; an API token goes by its public id, never by its digest."""
    if on is None or isinstance(on, tuple):
        kind, pk = on or ("", "")
        return {"kind": kind, "id": pk}
    return {"kind": on._meta.model_name or "", "id": str(getattr(on, "audit_id", on.pk))}


_HEAD = Select(lambda: AuditHead.objects.filter(pk=1))
_LOCKED = Select(lambda: AuditHead.objects.filter(pk=1).select_for_update())
_NEWEST = Select(lambda: AuditEntry.objects.order_by("-seq").values_list("seq", "hash")[:1])
_ENTRY = Insert(AuditEntry)
_MOVE = Update(
    lambda: AuditHead.objects.filter(pk=1, seq=Given("seen", models.BigIntegerField())),
    seq=Given("seq", models.BigIntegerField()),
    hash=Given("hash", models.TextField()),
)


def _head() -> AuditHead:
    """The head, locked, after comparing it with the newest entry."""
    read = _LOCKED if connection.vendor == "postgresql" else _HEAD
    head: AuditHead = read.first() or AuditHead.objects.get_or_create(pk=1)[0]
    newest = _NEWEST.first()
    if (newest or (0, head.hash)) != (head.seq, head.hash):
        raise AuditBroken(
            "The audit log and its head disagree, so nothing is saved. Run: manage.py verify_audit"
        )
    return head


def _insert(head: AuditHead, entries: list[AuditEntry]) -> None:
    if not entries:
        return
    if len(entries) == 1:
        _ENTRY.run(entries[0])
    else:
        AuditEntry.objects.bulk_create(entries)
    newest = entries[-1]
    moved = _MOVE.run(seen=head.seq, seq=newest.seq, hash=newest.hash)
    if moved != 1:
        raise AuditBroken("Another process moved the audit head; nothing was saved. Try again.")


@transaction.atomic
def deny(
    *, actor: Actor, right: str, workspace: Workspace | None, on: tuple[str, str]
) -> AuditEntry | None:
    """Record a refusal; at most one entry per actor, object and minute."""
    recent = AuditEntry.objects.filter(
        action="access.denied",
        actor_id=actor.id,
        object_kind=on[0],
        object_id=on[1],
        at__gt=timezone.now() - timedelta(minutes=1),
    )
    if recent.exists():
        return None
    return record(
        "access.denied",
        actor=actor,
        workspace=workspace,
        on=on,
        outcome="refused",
        data={"right": right},
    )
