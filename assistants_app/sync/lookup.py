"""Did a create of ours arrive? The marker in metadata tells, in a list that is newest first."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from assistants_app import contract
from assistants_app.sync.outcomes import Outcome
from assistants_app.sync.paging import PullFailed, Walk

if TYPE_CHECKING:
    from assistants_app.contract import Reading
    from assistants_app.sync.client import AssistantsClient

__all__ = ["PAGES", "PullFailed", "find_marker"]

PAGES = 50
_UNCLEAR = Outcome(
    "unknown",
    "broken",
    "The server's list could not be read far enough to tell whether the assistant was created.",
)


def find_marker(client: AssistantsClient, op_id: str, *, since: float) -> list[Reading]:
    """The assistants whose marker begins with `op_id`, newest first, each id once.

    `since`: Unix seconds of the server's clock before which ours cannot have been made. Raises
    PullFailed when the list fails, and also when it stalls before it reached `since` or its end:
    an empty answer means "it is not there" and permits to create it, so it must not be a guess.
    """
    walk = Walk(client, "desc", waits=0)  # an order waits by itself and holds nobody's hand
    search = _Search(op_id, since)
    profile = client.endpoint.rules
    is_far_enough = False
    for entries in islice(walk, PAGES):
        is_far_enough = search.is_past([contract.read(entry, profile) for entry in entries])
        if is_far_enough:
            break
    if search.hits or is_far_enough or walk.has_ended:
        return search.hits
    raise PullFailed(_UNCLEAR)


class _Search:
    """Collects hits and knows when older entries can no longer be ours."""

    def __init__(self, op_id: str, since: float) -> None:
        self.hits: list[Reading] = []
        self._op_id = op_id
        self._since = since
        self._times: list[int] = []

    def is_past(self, page: list[Reading]) -> bool:
        """Take in a page; whether the rest of the list is surely older than `since`.

        Only if the list has shown that it runs backwards in time: a server that ignores the order
        begins with its oldest entries.
        """
        self.hits += [item for item in page if item.marker.split(":")[0] == self._op_id]
        self._times += [item.created_at for item in page if item.created_at is not None]
        is_backwards = self._times == sorted(self._times, reverse=True)
        return is_backwards and len(set(self._times)) > 1 and self._times[-1] < self._since
