"""Every assistant upstream, once, whatever the paging does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from assistants_app import contract, killpoints
from assistants_app.sync import abreast
from assistants_app.sync.abreast import Cursors
from assistants_app.sync.both_ends import FromEnd
from assistants_app.sync.paging import PullFailed, Walk, id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_app.contract import Document
    from assistants_app.sync.client import Answer, AssistantsClient

__all__ = ["CAP", "Cursors", "Found", "Page", "Pull", "PullFailed", "pull"]

CAP = 10_000
PASSES = 3
STOPPED = f"stopped at {CAP:,}"


@dataclass(frozen=True, slots=True)
class Found:
    """One assistant as upstream shows it. `document`: the eleven fields; `extras`: what else the
    object holds; `notes`: what was odd about it; `created_at`: Unix seconds; `marker`: our `_dash`;
    `place` rises along the list, with gaps.
    """

    id: str
    document: Document
    extras: Mapping[str, Any]
    notes: tuple[str, ...]
    created_at: int | None
    marker: str
    place: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What one call added."""

    items: tuple[Found, ...]


class Pull:
    """The iterator that `pull` gives. `notes` grows while it runs, each note once; `cursors`, at
    its end, let the next pull of the same list ask for many pages at once (None: not this list).
    """

    def __init__(
        self, client: AssistantsClient, cursors: Cursors | None = None, *, ahead: bool = True
    ) -> None:
        self._is_ahead = ahead
        self.notes: list[str] = []
        self.cursors: Cursors | None = None
        self._client = client
        self._profile = client.endpoint.rules
        self._ids: dict[str, None] = {}
        self._from_start, self._from_end = count(1), count(2 * CAP, -1)
        self._pages = self._run(cursors)

    def __iter__(self) -> Pull:
        return self

    def __next__(self) -> Page:
        return next(self._pages)

    def _run(self, cursors: Cursors | None) -> Iterator[Page]:
        if cursors and cursors.after and self._profile.list_order == "asc":
            yield from self._abreast(cursors)
        if self.cursors is None:
            yield from self._passes()

    def _passes(self) -> Iterator[Page]:
        """Passes until one is sure or two agree: a list that shifts under us loses rows."""
        before: set[str] | None = None
        for n in range(PASSES):
            walk = Walk(self._client, self._profile.list_order)
            yield from self._from_both(walk) if n == 0 and self._is_ahead else self._pass(walk)
            if self.cursors is None and _is_sure(walk):
                self.cursors = Cursors.of(list(walk.ids), walk.largest)
            is_over = self.cursors is not None or set(walk.ids) == before
            if is_over or len(self._ids) >= CAP:
                return
            before = set(walk.ids)

    def _abreast(self, cursors: Cursors) -> Iterator[Page]:
        """All the pages of last time at once, then what was added since.

        It counts only if every page ends where the next one begins; else the list is walked page
        by page from its start, and what was found already is not given twice.
        """
        steps = list(cursors.steps())
        afters = [after for after, _ in steps]
        order = self._profile.list_order
        answers = abreast.pages(self._client, afters, limit=cursors.size, order=order)
        for (after, upto), answer in zip(steps, answers, strict=True):
            ids = _sound(answer, after, upto)
            if ids is None:
                return
            yield from self._take((answer.document or {})["data"], [])
        walk = Walk(self._client, order, start=ids[-1] if ids else "")
        if ids and (answer.document or {}).get("has_more") is not False:
            yield from self._pass(walk)
            if not _is_sure(walk):
                return
        self.cursors = Cursors.of(list(self._ids), cursors.size)

    def _from_both(self, walk: Walk) -> Iterator[Page]:
        with FromEnd(self._client, walk) as other:
            yield from self._pass(walk, other)
            if other.has_met:
                self.cursors = Cursors.of(other.ids, walk.largest)

    def _pass(self, walk: Walk, other: FromEnd | None = None) -> Iterator[Page]:
        with abreast.Ahead(self._client) as ahead:
            walk.ahead = ahead if self._is_ahead else None
            for entries in walk:
                yield from self._take(entries, walk.notes)
                for late in other.beside(entries) if other else ():
                    yield from self._take(late, [], self._from_end)
                if STOPPED in self.notes or (other and other.has_met):
                    return
        self._note(walk.notes)

    def _take(
        self, entries: list[dict[str, Any]], notes: list[str], places: Iterator[int] | None = None
    ) -> Iterator[Page]:
        found = tuple(self._read(entries, places or self._from_start))
        room = CAP - len(self._ids)
        self._ids.update(dict.fromkeys(item.id for item in found[:room]))
        self._note(notes + [STOPPED] * (len(found) > room))
        if found[:room]:
            yield Page(found[:room])
        if len(found) <= room:
            killpoints.point("pull.mid_page")

    def _read(self, entries: list[dict[str, Any]], places: Iterator[int]) -> Iterator[Found]:
        for entry in entries:
            if entry["id"] not in self._ids:
                seen = contract.read(entry, self._profile)
                yield Found(
                    seen.id,
                    seen.document,
                    seen.extras,
                    seen.notes,
                    seen.created_at,
                    seen.marker,
                    next(places),
                )

    def _note(self, notes: list[str]) -> None:
        self.notes += [note for note in notes if note not in self.notes]


def _is_sure(walk: Walk) -> bool:
    return walk.has_ended and walk.order == "asc" and not walk.has_repeated


def _sound(answer: Answer, after: str, upto: str) -> list[str] | None:
    """The ids of a page that is as it was when `upto` was its last one; None for any other.

    A row that is missing, new or skipped moves `upto`; `after` in it means that the server gives
    the first page again and again.
    """
    if answer.outcome.kind != "done" or answer.document is None:
        return None
    ids = [id_of(entry) for entry in answer.document["data"]]
    is_odd = "" in ids or after in ids or len(set(ids)) < len(ids)
    return None if is_odd or (upto and ids[-1:] != [upto]) else ids


def pull(client: AssistantsClient, cursors: Cursors | None = None, *, ahead: bool = True) -> Pull:
    """Every assistant that `client` can list, each id once.

    `Found.place` says where each stands: oldest first where the server can, and a long list comes
    from both its ends. `cursors`: those of the last pull, None to walk page by page. `ahead`: the
    next page is asked for while one is read; not for whoever may stop after any page. Ends always:
    at the first page without a new id, and at 10,000. `.notes` then says what was odd: "paging
    repeats", "stopped at 10,000". Raises PullFailed(outcome) when a page cannot be had; what was
    yielded before stands.
    """
    return Pull(client, cursors, ahead=ahead)
