"""What a push teaches about its server: whether it takes null, and which fields it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assistants_app import contract
from assistants_app.actions import audit, connection_lessons, push_bodies
from assistants_app.models import UpstreamCopy
from assistants_app.models.connections import profile_of

if TYPE_CHECKING:
    from assistants_app.actions import pushes
    from assistants_app.models import PushAttempt, PushOrder, Version
    from assistants_app.sync.outcomes import Outcome

_WITNESSES: Final = 20  # assistants of this server that may speak against a field being lost


@audit.sends
def taken(order: PushOrder, attempt: PushAttempt) -> None:
    """It took an update; where the body held a null, it takes that too."""
    known = _known(order)
    if attempt.op != "update" or {known.get("update"), known.get("null_ok")} == {True}:
        return
    lessons: dict[str, Any] = {"update": True}
    if None in push_bodies.push_body(order, attempt.version).values():
        lessons["null_ok"] = True
    if any(known.get(flag) is not value for flag, value in lessons.items()):
        connection_lessons.learn(order.connection, lessons)


@audit.sends
def is_null_refused(order: PushOrder, attempt: PushAttempt, said: Outcome) -> bool:
    """Whether the refusal was about a null: learned once, after which the push may go again with
    each field's cleared form instead (contract.md section 7).
    """
    if attempt.op != "update" or not profile_of(order.connection).null_ok:
        return False
    body = push_bodies.push_body(order, attempt.version)
    if not contract.refuses_null(body, param=said.param, message=said.message):
        return False
    connection_lessons.learn(order.connection, {"null_ok": False})
    return True


@audit.sends
def kept(order: PushOrder, version: Version, *seen: pushes.Seen) -> None:
    """Fields that neither the answer nor the read-back held at all are not kept by this server,
    unless it shows one of them with another assistant.
    """
    if all(found.marker for found in seen) and not contract.not_kept(
        version.document(), seen[-1].document
    ):
        return
    body = push_bodies.push_body(order, version)
    lost = set(contract.dropped(body, *(found.document for found in seen)))
    if any(found.marker for found in seen):
        lost.discard("metadata")
    known: Any = _known(order).get("keeps") or {}
    lost -= {name for name, is_kept in known.items() if not is_kept}
    if lost and (lost := lost - _shown(order)):
        keeps = {**known, **dict.fromkeys(sorted(lost), False)}
        connection_lessons.learn(order.connection, {"keeps": keeps})


def _shown(order: PushOrder) -> set[str]:
    """The fields that this server shows with one of the others."""
    copies = UpstreamCopy.objects.filter(assistant__workspace=order.assistant.workspace)
    others = copies.exclude(assistant=order.assistant).order_by("-pk")[:_WITNESSES]
    return {name for copy in others for name in contract.dropped(copy.document())}


def _known(order: PushOrder) -> dict[str, Any]:
    learned = order.connection.health.learned
    return learned if isinstance(learned, dict) else {}
