"""What a server's whole list says of one assistant: it is gone, or a lost create is there.

Both end in a state that a person sees; nothing is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_app import contract
from assistants_app.actions import push_links
from assistants_app.sync.lookup import PullFailed
from assistants_app.sync.pull import pull

if TYPE_CHECKING:
    from assistants_app.models import PushOrder, Version
    from assistants_app.sync.client import AssistantsClient


def lookalikes(order: PushOrder, version: Version, client: AssistantsClient) -> list[str]:
    """Ids that are not linked here, no older than what we sent, with the same content: ours, if
    the server drops marks (reliability.md 5.4). One is shown, never linked by itself.
    """
    ours = {**(order.sent_version or version).document(), "metadata": None}
    known = _linked(order)
    return [
        found.id
        for page in pull(client)
        for found in page.items
        if found.id not in known
        and not found.marker
        and push_links.is_since(order, found.created_at)
        and contract.compare(ours, {**found.document, "metadata": None}).verdict != "different"
    ]


def is_deleted(order: PushOrder, client: AssistantsClient) -> bool:
    """The whole list, not a page of it, shows another one of ours and not this one."""
    try:
        listed = {found.id for page in pull(client) for found in page.items}
    except PullFailed as failure:
        if failure.outcome.reason in ("refused", "redirect"):
            return False  # a server without a list proves nothing, today or tomorrow
        raise
    return order.assistant.upstream_id not in listed and bool(_linked(order) & listed)


def _linked(order: PushOrder) -> set[str | None]:
    """The upstream ids of all that is linked in this workspace."""
    ours = order.assistant.workspace.assistants.exclude(upstream_id=None)
    return set(ours.values_list("upstream_id", flat=True))
