"""Walking a list that may repeat itself, shift, ignore what is asked or never end.

The rules are contract.md section 7, "Paging": every server seen so far broke one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.sync.abreast import Ahead
    from assistants_app.sync.client import Answer, AssistantsClient
    from assistants_app.sync.outcomes import Outcome

FULL = 100
SMALL = 20
WAITS = 2  # times that a page is asked for again after "too many calls"
REPEATS = "paging repeats"
LOST = "paging lost its place"
NO_ID = "an entry without an id was left out"


class PullFailed(Exception):
    """The list could not be read; `outcome` says why, and `str()` is its sentence."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


@dataclass(slots=True)
class Walk:
    """One pass over the list. Read after iterating: `ids` in order of appearance; `notes`, each
    once; `has_ended`: the list came to its end rather than stalling; `has_repeated`: an entry came
    twice; `order`: as asked for, "" once the server refused it; `largest`: entries of the longest
    page. `start` is the id after which to begin; `waits`, how often a page is asked for again after
    "too many calls". `ahead`: by what the next page is asked for before this one is handed out.
    `limit`: entries asked for at once, fewer after a page that was too large.
    """

    client: AssistantsClient
    order: str
    ids: dict[str, None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    has_ended: bool = False
    has_repeated: bool = False
    largest: int = 0
    start: str = ""
    waits: int = WAITS
    ahead: Ahead | None = None
    limit: int = FULL

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        """The new entries of each page, in the server's order; raises PullFailed."""
        after = self.start
        while True:
            answer = self._ask(after)
            if answer is None:
                return
            entries = answer.document["data"] if answer.document else []
            self.largest = max(self.largest, len(entries))
            fresh = self._fresh(entries)
            after = self._next(answer, entries, bool(fresh))
            if after and self.ahead:
                self.ahead.ask(limit=self.limit, order=self.order, after=after)
            if fresh:
                yield fresh
            if not after:
                return

    def note(self, text: str) -> None:
        """Add a note once."""
        if text not in self.notes:
            self.notes.append(text)

    def _ask(self, after: str) -> Answer | None:
        """A page; None when the server no longer knows where we were."""
        waits = self.waits
        while True:
            lists = self.ahead or self.client
            answer = lists.list(limit=self.limit, order=self.order, after=after)
            if answer.outcome.kind == "done":
                return answer
            if after and answer.status in (400, 404, 422):
                self.note(LOST)
                return None
            if answer.outcome.reason == "slow_down" and waits:
                waits -= 1  # the client waits as long as the server asked for before it asks again
            elif not self._can_ask_otherwise(answer.outcome.reason):
                raise PullFailed(answer.outcome)

    def _can_ask_otherwise(self, reason: str) -> bool:
        """Ask for less, or without an order, as long as that may help."""
        if reason == "too_large" and self.limit > 1:
            self.limit = max(self.limit // 10, 1)
        elif reason == "refused" and self.order:
            self.order = ""
        elif reason == "refused" and self.limit > SMALL:
            self.limit = SMALL
        else:
            return False
        return True

    def _fresh(self, entries: list[Any]) -> list[dict[str, Any]]:
        fresh = []
        for entry in entries:
            id_ = id_of(entry)
            if not id_:
                self.note(NO_ID)
            elif id_ in self.ids:
                self.has_repeated = True
            else:
                self.ids[id_] = None
                fresh.append(entry)
        return fresh

    def _next(self, answer: Answer, entries: list[Any], has_fresh: bool) -> str:
        """The cursor for the next page; "" at the end, whether by itself or because it stalls."""
        more = (answer.document or {}).get("has_more")
        if more is False or not entries:
            self.has_ended = True
            return ""
        if not has_fresh:
            self._stalled(more, len(entries))
            return ""
        after = id_of(entries[-1])
        if not after:
            self.note(LOST)
        return after

    def _stalled(self, more: Any, size: int) -> None:
        """A page brought nothing new. A server that knows no pages, and so no `has_more`, sends
        the same list again: then that list is all there is, unless it is just as long as asked.
        """
        self.has_ended = more is None and size == len(self.ids) != self.limit
        if self.has_ended:
            self.has_repeated = False
        else:
            self.note(REPEATS)


def id_of(entry: Any) -> str:
    """The id by which an entry of a list is known; "" when it has none."""
    found = entry.get("id") if isinstance(entry, dict) else None
    return found if isinstance(found, str) else ""
