"""Several pages of a list at once, where the ids that they begin after are known beforehand."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from assistants_app.sync.paging import PullFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistants_app.sync.client import Answer, AssistantsClient

ABREAST = 8  # calls at once


@dataclass(frozen=True, slots=True)
class Cursors:
    """Where the pages of a list began when it was last read whole, oldest first.

    `size` entries lie between one cursor and the next; the first page begins after nothing.
    """

    size: int
    after: tuple[str, ...]

    @classmethod
    def of(cls, ids: Sequence[str], size: int) -> Cursors:
        """The cursors of a list of these ids; the last id is where it ended, not a cursor."""
        return cls(size, tuple(ids[size - 1 : -1 : size]) if size > 0 else ())

    def steps(self) -> Iterator[tuple[str, str]]:
        """For each page the id it begins after and the one that the next page begins after."""
        return zip(("", *self.after), (*self.after, ""), strict=True)


def pages(
    client: AssistantsClient, afters: Iterable[str], *, limit: int, order: str
) -> Iterator[Answer]:
    """The page after each of these ids, in their order.

    `client.turn` and `client.told` are called in this thread, so that only the calls themselves
    happen in others. Raises what `turn` raises.
    """
    with _Twins(client) as twins, ThreadPoolExecutor(ABREAST, "list") as pool:
        asked: deque[Future[Answer]] = deque()
        try:
            for after in afters:
                client.turn()
                asked.append(pool.submit(twins.list, after, limit, order))
                if len(asked) == ABREAST:
                    yield _next(client, asked)
            while asked:
                yield _next(client, asked)
        finally:
            for future in asked:
                future.cancel()


class Ahead:
    """Asks for the next page of a list while the one before it is being read.

    As in `pages`, only the call itself happens in another thread.
    """

    def __init__(self, client: AssistantsClient) -> None:
        self._client, self._twin = client, client.twin()
        self._pool = ThreadPoolExecutor(1, "ahead")
        self._page: dict[str, Any] = {}
        self._asked: deque[Future[Answer]] = deque()

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def ask(self, **page: Any) -> None:
        """Ask for this page; who may not just now is told so when it is needed."""
        try:
            self._client.turn()
        except PullFailed:
            return
        self._page, self._asked = page, deque([self._pool.submit(self._twin.list, **page)])

    def list(self, **page: Any) -> Answer:
        """The page, asked for already or not."""
        if self._asked and self._page == page:
            return _next(self._client, self._asked)
        return self._client.list(**page)


def _next(client: AssistantsClient, asked: deque[Future[Answer]]) -> Answer:
    answer = asked.popleft().result()
    client.told(answer)
    return answer


class _Twins:
    """Clients for the same server that threads borrow, since one is not for two at once."""

    def __init__(self, client: AssistantsClient) -> None:
        self._all = [client.twin() for _ in range(ABREAST)]
        self._idle: SimpleQueue[AssistantsClient] = SimpleQueue()

    def __enter__(self) -> _Twins:
        for twin in self._all:
            self._idle.put(twin)
        return self

    def __exit__(self, *error: object) -> None:
        for twin in self._all:
            twin.close()

    def list(self, after: str, limit: int, order: str) -> Answer:
        twin = self._idle.get()
        try:
            return twin.list(limit=limit, order=order, after=after)
        finally:
            self._idle.put(twin)
