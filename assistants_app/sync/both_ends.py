"""A long list is read from both its ends at once: half the time of a walk, and as many calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_app.sync.abreast import Ahead
from assistants_app.sync.paging import PullFailed, Walk, id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistants_app.sync.client import AssistantsClient

FAR = 5  # pages from the start before the end is looked at: a short list is nearly read by then


class FromEnd:
    """Reads a list newest first, beside the walk `front`, until `has_met`: both hold all of it.

    They meet where a page of one runs into what the other read, in exactly the opposite order and
    over more than one time of creation, since rows of one second may stand in any order. Whatever
    else happens here, the walk from the start goes on as if there were no other.
    """

    def __init__(self, client: AssistantsClient, front: Walk) -> None:
        self.has_met = False
        self._front = front
        self._walk = Walk(client, "desc", waits=0)
        self._ahead = Ahead(client)
        self._pages: Iterator[list[dict[str, Any]]] | None = None
        self._read, self._is_over = 0, False
        self._newest: Any = None  # the latest time of creation that `front` read
        self._oldest: Any = None  # the earliest one of this side

    def __enter__(self) -> FromEnd:
        return self

    def __exit__(self, *error: object) -> None:
        self._ahead.__exit__(*error)

    @property
    def ids(self) -> list[str]:
        """The ids of both sides, oldest first; the whole list once they met."""
        mine, other = self._walk.ids, self._front.ids
        return [*other, *(id_ for id_ in reversed(mine) if id_ not in other)]

    def beside(self, entries: Sequence[Any]) -> Iterator[list[dict[str, Any]]]:
        """The page of the end that came while `front` read `entries`, if there is one."""
        self._read += 1
        self._newest = _made(entries[-1])
        is_asked = self._read >= FAR and self._front.order == "asc" and not self._front.has_ended
        if self._is_over or not is_asked:
            return
        if self._pages is None:
            self._begin(entries)
        elif not self._meet(entries, self._walk):
            yield from self._next(self._pages)

    def _begin(self, entries: Sequence[Any]) -> None:
        first, last = _made(entries[0]), _made(entries[-1])
        if first is None or last is None or first >= last:
            self._is_over = True  # not in order of creation, or no telling
            return
        self._walk.ahead = self._ahead
        self._pages = iter(self._walk)
        self._ahead.ask(limit=self._walk.limit, order="desc", after="")

    def _next(self, pages: Iterator[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
        try:
            entries = next(pages, [])
        except PullFailed:
            entries = []
        if not entries or self._walk.order != "desc":
            self._is_over = True  # the end cannot be had in this way
            return
        self._oldest = _made(entries[-1])
        self._meet(entries, self._front)
        yield entries

    def _meet(self, entries: Sequence[Any], other: Walk) -> bool:
        """Whether this page runs into what `other` read, and if so, whether that is the end."""
        ids = [id_of(entry) for entry in entries]
        start = next((n for n, id_ in enumerate(ids) if id_ in other.ids), None)
        if start is None:
            return False
        common = len(ids) - start
        is_mirrored = ids[start:] == list(other.ids)[: -common - 1 : -1]
        known = self._newest is not None and self._oldest is not None
        self.has_met = is_mirrored and known and self._oldest < self._newest
        self.has_met &= not (self._front.has_repeated or self._walk.has_repeated)
        self._is_over = True
        return True


def _made(entry: Any) -> Any:
    """When an entry says that it was created, in whatever unit; None where that is no number."""
    made = entry.get("created_at")
    return made if isinstance(made, int | float) and not isinstance(made, bool) else None
