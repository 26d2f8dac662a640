"""What exactly is sent: the body of a push, and our mark in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_app import contract
from assistants_app.actions import changes
from assistants_app.models import PushOrder

if TYPE_CHECKING:
    from assistants_app.models import Assistant, Change, Version


def marked_version(order: PushOrder, marker: str) -> Version | None:
    """The Version of ours that a mark names: `<op_id>:<version>:<first 8 of digest>`."""
    op_id, _, rest = marker.partition(":")
    number, _, digest = rest.partition(":")
    if op_id != str(order.op_id) or not number.isdigit():
        return None
    rows = order.assistant.versions.filter(number=int(number), digest__startswith=digest)
    return rows.first()


def mark(order: PushOrder, version: Version) -> str:
    """Our mark in the metadata: below 64 characters, opaque to everyone else."""
    return f"{order.op_id}:{version.number}:{version.digest[:8]}"


def push_body(order: PushOrder, version: Version) -> contract.Document:
    """The exact object that a push of this Version sends: a create without nulls, or everything."""
    return _body(order.assistant, version.document(), mark(order, version))


def wire(body: contract.Document) -> bytes:
    """The bytes of a body as they leave."""
    return contract.dumps(body).encode()


def preview_body(change: Change) -> contract.Document:
    """What a push of this Change will send once it is published, our mark as far as it is known."""
    assistant = change.assistant
    newest = assistant.versions.order_by("-number").first()
    order = PushOrder.objects.filter(assistant=assistant).first()
    first = str(order.op_id) if order else "set-when-published"
    number = newest.number + 1 if newest else 1
    return _body(assistant, change.document(), f"{first}:{number}:{change.digest[:8]}")


def _body(assistant: Assistant, document: contract.Document, marker: str) -> contract.Document:
    return contract.body(
        "modify" if assistant.upstream_id else "create",
        document,
        changes.profile(assistant.workspace),
        marker=marker if assistant.safe_creation else "",
    )
