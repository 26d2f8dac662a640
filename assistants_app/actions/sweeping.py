"""What the marks in a whole list say: one of ours there twice, or marks that nobody here knows.

Nothing is linked, taken in or deleted here: a notice waits for a person (reliability.md 5.4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from assistants_app import contract
from assistants_app.actions import assistants, audit, push_links
from assistants_app.models import AuditEntry, PushOrder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.models import Workspace
    from assistants_app.policies import Actor
    from assistants_app.sync.pull import Found

State, Reason = PushOrder.State, PushOrder.Reason
NAMED = 5  # ids that a sentence names


@dataclass(slots=True)
class Marks:
    """op_id → the upstream ids that carry it, in the order of the list."""

    seen: dict[str, list[str]] = field(default_factory=dict)

    def see(self, found: Iterable[Found]) -> None:
        for item in found:
            op_id = item.marker.partition(":")[0]
            if op_id:
                self.seen.setdefault(op_id, []).append(item.id)


@audit.sends
def sweep(workspace: Workspace, marks: Marks, *, actor: Actor) -> list[str]:
    """Stop what is there more than once; returns sentences for whoever asked for the check."""
    orders = PushOrder.objects.filter(assistant__workspace=workspace)
    known = {str(op_id): pk for op_id, pk in orders.values_list("op_id", "pk")}
    linked = set(
        workspace.assistants.exclude(upstream_id=None).values_list("upstream_id", flat=True)
    )
    strange = [id_ for op_id, ids in marks.seen.items() if op_id not in known for id_ in ids]
    twice = 0
    for op_id, ids in marks.seen.items():
        if op_id in known and set(ids) - linked:
            order = orders.select_related("assistant__workspace").get(pk=known[op_id])
            twice += bool(more := _others(order, ids)) and notice(order, more, actor=actor)
    return [*_twice(twice), *_strange([id_ for id_ in strange if id_ not in linked])]


def _others(order: PushOrder, ids: list[str]) -> list[str]:
    """Those beside the linked one about which nobody decided yet."""
    linked = order.assistant.upstream_id
    if not linked:
        return []  # a push is about to find them
    decided = _decided(order)
    return [id_ for id_ in ids if id_ != linked and id_ not in decided]


def _decided(order: PushOrder) -> set[str]:
    """What a person was shown when they chose which one is ours."""
    rows = AuditEntry.objects.filter(action="push.linked", assistant_id=str(order.assistant_id))
    told: set[str] = set()
    for entry in rows:
        body: Any = contract.parse(entry.body)
        told |= {str(id_) for id_ in body["data"].get("others", ())}
    return told


@transaction.atomic
def notice(order: PushOrder, others: list[str], *, actor: Actor) -> bool:
    """Upstream holds it more than once: stop pushing it until a person says which one is ours."""
    assistants.lock(order.assistant_id)
    free = PushOrder.objects.filter(pk=order.pk, fence=order.fence, lease_until=None)
    moved = free.filter(state__in=(State.IDLE, State.WAITING)).update(
        state=State.STOPPED,
        reason=Reason.DUPLICATE,
        message=push_links.more_than_once(others),
        changed_at=timezone.now(),
    )
    if moved != 1:
        return False  # it stands still for another reason, or a push has it
    audit.record(
        "push.stopped",
        actor=actor,
        workspace=order.assistant.workspace,
        assistant=order.assistant,
        on=order,
        before=order.assistant.digest,
        outcome=str(Reason.DUPLICATE),
        data={"upstream_id": order.assistant.upstream_id, "others": others},
    )
    return True


def _twice(count: int) -> list[str]:
    if not count:
        return []
    return [f"{count:,} there more than once: say which one is ours."]


def _strange(ids: list[str]) -> list[str]:
    if not ids:
        return []
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return [
        "Made by this dashboard, but unknown here: was a backup restored? "
        f"{', '.join(ids[:NAMED])}{more}."
    ]
