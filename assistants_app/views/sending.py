"""What a push sends, before it does: which fields change upstream, and every byte of the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistants_app import contract
from assistants_app.actions import push_bodies
from assistants_app.contract import words
from assistants_app.models import PushOrder, UpstreamCopy
from assistants_app.models.connections import profile_of

if TYPE_CHECKING:
    from assistants_app.contract.words import Label
    from assistants_app.models import Assistant, Change


@dataclass(frozen=True, slots=True)
class Sending:
    """`fields`: labels of what is different there afterwards; `body`: the text that leaves."""

    is_new: bool
    host: str
    path: str
    fields: list[Label]
    body: str
    size: int
    is_whole: bool  # nothing in it is only known once it is published


def of_change(change: Change) -> Sending | None:
    """What publishing this Change will send; None where nothing is connected."""
    is_whole = PushOrder.objects.filter(assistant=change.assistant_id).exists()
    body = push_bodies.preview_body(change)
    return _sending(change.assistant, change.document(), body, is_whole=is_whole)


def of_order(order: PushOrder) -> Sending | None:
    """What the next write of this order sends."""
    version = order.desired_version
    body = push_bodies.push_body(order, version)
    return _sending(order.assistant, version.document(), body, is_whole=True)


def _sending(
    assistant: Assistant, document: contract.Document, body: contract.Document, *, is_whole: bool
) -> Sending | None:
    upstream = assistant.workspace.upstream
    if upstream is None:
        return None
    held = _held(assistant)
    keeps = profile_of(upstream).keeps
    found = contract.compare(held, document, fields=keeps).parts
    sent = push_bodies.wire(body)
    id_ = assistant.upstream_id
    return Sending(
        is_new=not id_,
        host=upstream.host,
        path=f"/assistants/{id_}" if id_ else "/assistants",
        fields=[words.LABELS[str(part.path[0])] for part in found],
        body=sent.decode(),
        size=len(sent),
        is_whole=is_whole,
    )


def _held(assistant: Assistant) -> contract.Document:
    """What upstream holds as far as we know: what differs there, else what was last read."""
    if not assistant.upstream_id:
        return {}
    copies = {copy.kind: copy for copy in assistant.upstream_copies.all()}
    copy = copies.get(UpstreamCopy.Kind.THEIRS) or copies.get(UpstreamCopy.Kind.BASE)
    return copy.document() if copy else {}
