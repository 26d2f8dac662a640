"""Every assistant upstream, once, whatever the paging does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_app import contract, killpoints
from assistants_app.sync.paging import PullFailed, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_app.contract import Document
    from assistants_app.sync.client import AssistantsClient

__all__ = ["CAP", "Found", "Page", "Pull", "PullFailed", "pull"]

CAP = 10_000
PASSES = 3
STOPPED = f"stopped at {CAP:,}"


@dataclass(frozen=True, slots=True)
class Found:
    """One assistant as upstream shows it. `document`: the eleven fields; `extras`: what else the
    object holds; `notes`: what was odd about it; `created_at`: Unix seconds; `marker`: our `_dash`.
    """

    id: str
    document: Document
    extras: Mapping[str, Any]
    notes: tuple[str, ...]
    created_at: int | None
    marker: str


@dataclass(frozen=True, slots=True)
class Page:
    """What one call added."""

    items: tuple[Found, ...]


class Pull:
    """The iterator that `pull` gives. `notes` grows while it runs, each note once."""

    def __init__(self, client: AssistantsClient) -> None:
        self.notes: list[str] = []
        self._client = client
        self._profile = client.endpoint.rules
        self._ids: set[str] = set()
        self._pages = self._run()

    def __iter__(self) -> Pull:
        return self

    def __next__(self) -> Page:
        return next(self._pages)

    def _run(self) -> Iterator[Page]:
        """Passes until one is sure or two agree: a list that shifts under us loses rows."""
        before: set[str] | None = None
        for _ in range(PASSES):
            walk = Walk(self._client, self._profile.list_order)
            yield from self._pass(walk)
            is_sure = walk.has_ended and walk.order == "asc" and not walk.has_repeated
            if is_sure or set(walk.ids) == before or len(self._ids) >= CAP:
                return
            before = set(walk.ids)

    def _pass(self, walk: Walk) -> Iterator[Page]:
        for entries in walk:
            found = tuple(self._read(entries))
            room = CAP - len(self._ids)
            self._ids.update(item.id for item in found[:room])
            self._note(walk.notes + [STOPPED] * (len(found) > room))
            if found[:room]:
                yield Page(found[:room])
            if len(found) > room:
                return
            killpoints.point("pull.mid_page")
        self._note(walk.notes)

    def _read(self, entries: list[dict[str, Any]]) -> Iterator[Found]:
        for entry in entries:
            if entry["id"] not in self._ids:
                seen = contract.read(entry, self._profile)
                yield Found(
                    seen.id, seen.document, seen.extras, seen.notes, seen.created_at, seen.marker
                )

    def _note(self, notes: list[str]) -> None:
        self.notes += [note for note in notes if note not in self.notes]


def pull(client: AssistantsClient) -> Pull:
    """Every assistant that `client` can list, each id once, oldest first where the server can.

    Ends always: at the first page without a new id, and at 10,000. `.notes` then says what was
    odd: "paging repeats", "stopped at 10,000". Raises PullFailed(outcome) when a page cannot be
    had; what was yielded before stands.
    """
    return Pull(client)
