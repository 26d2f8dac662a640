"""The runner: claims due PushOrders and Jobs; a thread of `serve`, or `worker` processes.

The rows are the truth: a runner may be killed at any instant and another one goes on.
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from django.db import (
    DEFAULT_DB_ALIAS,
    OperationalError,
    close_old_connections,
    connection,
    connections,
)

from assistants_app import doorbell, policies
from assistants_app.actions import (
    bulk,
    frozen,
    guards,
    health,
    importing,
    jobs,
    notices,
    pulling,
    pushes,
    pushing,
    receipts,
    resources,
    scheduling,
    testing,
    verifying,
    warnings,
)
from assistants_app.models import Job, schema_number, storage, triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Protocol, TypeAlias

    from django.db.backends.base.base import BaseDatabaseWrapper

    Key: TypeAlias = tuple[str, int]  # kind and primary key of the row
    Lane: TypeAlias = int | None  # the connection that it speaks to

    class Due(Protocol):
        """Primary keys of what may be begun, each with its lane; not those of full lanes."""

        def __call__(self, *, without: Collection[int] = ()) -> list[tuple[int, Lane]]: ...


log = logging.getLogger(__name__)
HANDS = 30  # works at once; threads come to be as they are needed
WEIGHED, WEIGHED_FIRST = 3600, 5  # ticks between two looks at how full the tables are
MAILS = 30  # ticks from one look for e-mails to the next
LOOKS = 5  # ticks from one look for due checks and probes to the next
RULES = 60  # ticks from one look for warnings that other rules counted to the next
LANE = 10  # of them for one connection: a slow server must not take every hand
_KINDS: dict[str, Callable[[Job], None]] = {
    Job.Kind.PULL: pulling.run,
    Job.Kind.TEST: testing.test,
    Job.Kind.LIST: importing.run_look,
    Job.Kind.IMPORT: importing.run_import,
    Job.Kind.BULK: bulk.run,
    Job.Kind.RESOURCES: resources.run,
    Job.Kind.VERIFY: verifying.run,
}


def _tried(work: Callable[[Job], None], job: Job) -> None:
    """What the database undid for the sake of another is begun again, three times in all."""
    for _ in range(storage.TRIES - 1):
        try:
            return work(job)
        except OperationalError as error:
            if not storage.is_collision(error):
                raise
    return work(job)


class Runner:
    """`run()` works until `stop` is set, or the database was brought further than this code knows
    (`is_outdated`), and the calls under way have ended.

    `hands` is how many calls go on at once; 0 does everything in the calling thread.
    """

    def __init__(self, *, hands: int = HANDS, stop: Event | None = None) -> None:
        self.stop = stop or Event()
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._pool = ThreadPoolExecutor(hands, "push") if hands else None
        self._hands = hands
        self._busy: dict[Key, Future[None]] = {}
        self._lanes: dict[Key, Lane] = {}
        self._found: dict[str, list[tuple[int, Lane]]] = {}  # by kind: due, and not begun yet
        self._hold = Lock()  # of the three above: hands take the next thing by themselves
        self._open: set[BaseDatabaseWrapper] = set()  # of threads that may work again soon
        self._ticks = 0
        self._is_counting = False
        self.is_outdated = False

    def run(self) -> None:
        """The loop: look at once when the bell rings, else every tick."""
        while not self.stop.is_set():
            doorbell.bell.clear()
            try:
                if self._has_been_overtaken():
                    break
                self.tick()
            except Exception:
                log.exception("The runner's tick failed; it goes on.")
                close_old_connections()
            doorbell.bell.wait(health.times().tick)
        with self._hold:
            self._found.clear()
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._forget_done()
        connection.close()

    def start(self) -> Thread:
        """Run in a thread of its own."""
        thread = Thread(target=self.run, name="runner", daemon=True)
        thread.start()
        return thread

    def tick(self) -> int:
        """Begin everything that is due; returns how many things were begun."""
        self._forget_done()
        pushes.sweep()
        self._housekeeping()
        due: list[tuple[str, Due, Callable[[int], None]]] = [
            ("push_order", pushes.due, self._push),
            ("job", jobs.due, self._job),
        ]
        if self._ticks % LOOKS == 0:  # nobody waits for these to the second
            scheduling.ask_checks()
            due.append(("probe", health.due_probes, self._probe))
        if self._ticks % MAILS == 0:
            due.append(("mail", notices.due, self._mail))
        self._ticks += 1
        return sum(self._begin_due(*kind) for kind in due)

    def _has_been_overtaken(self) -> bool:
        """A newer version of this dashboard migrated the database: what it means is not ours to
        guess (reliability.md section 9).
        """
        if self._ticks % LOOKS == 0 and schema_number.is_newer(connection):
            self.is_outdated = True
            log.error("The database belongs to a newer version of the dashboard; no more pushes.")
        return self.is_outdated

    def _begin_due(self, kind: str, due: Due, work: Callable[[int], None]) -> int:
        """What is due and finds a hand: first what an earlier look found. Looked at again without
        the lanes that are full by then, so that a slow server's many orders do not stand before
        everybody else's.
        """
        begun = self._begin_each(kind, self._waiting(kind), work)
        while self._pool is None or len(self._busy) < self._hands:
            now = self._begin_each(kind, due(without=self._full_lanes()), work)
            begun += now
            if not now or self._pool is None:
                break
        return begun

    def _waiting(self, kind: str) -> list[tuple[int, Lane]]:
        with self._hold:
            return self._found.pop(kind, [])

    def _begin_each(
        self, kind: str, found: list[tuple[int, Lane]], work: Callable[[int], None]
    ) -> int:
        """Begin these and keep what found no hand; the work looks again whether it is due."""
        left = [(pk, lane) for pk, lane in found if not self._begin((kind, pk), lane, work)]
        with self._hold:
            kept = self._found.setdefault(kind, [])
            kept += [row for row in left if (kind, row[0]) not in self._busy and row not in kept]
        return len(found) - len(left)

    def _full_lanes(self) -> set[int]:
        with self._hold:
            counted = Counter(self._lanes.values())
        return {lane for lane, n in counted.items() if lane is not None and n >= LANE}

    def _begin(self, key: Key, lane: Lane, work: Callable[[int], None]) -> int:
        if self._pool is None:
            work(key[1])
            return 1
        is_full = len(self._busy) >= self._hands or lane in self._full_lanes()
        with self._hold:
            if is_full or key in self._busy or self.stop.is_set():
                return 0
            self._lanes[key] = lane
            self._busy[key] = self._pool.submit(self._in_thread, key, work)
        return 1

    def _in_thread(self, key: Key, work: Callable[[int], None]) -> None:
        self._open.add(connections[DEFAULT_DB_ALIAS])
        following: Key | None = key
        try:
            while following:
                work(following[1])
                close_old_connections()
                following = self._next(following)
        finally:
            close_old_connections()
            doorbell.bell.set()  # what had to wait for this one may be due now

    def _next(self, done: Key) -> Key | None:
        """The next of what was found for the same connection, in the place of what is done; None
        when the database has to be asked.
        """
        kind = done[0]
        with self._hold:
            lane, found = self._lanes[done], self._found.get(kind, [])
            mine = (row for row in found if row[1] == lane and (kind, row[0]) not in self._busy)
            row = next(mine, None)
            if row is None or self.stop.is_set():
                return None
            found.remove(row)
            following = kind, row[0]
            self._busy[following] = self._busy.pop(done)
            self._lanes[following] = self._lanes.pop(done)
        return following

    def _close_idle(self) -> None:
        """Nobody works: the threads' connections are let go of, which only this thread may do."""
        while not self._busy and self._open:
            held = self._open.pop()
            held.inc_thread_sharing()
            held.close()
            held.dec_thread_sharing()

    def _push(self, pk: int) -> None:
        try:
            pushing.push(pk, owner=self.owner)
        except Exception:
            log.exception(
                "A push failed unexpectedly; its lease runs out and it is looked at again."
            )

    def _job(self, pk: int) -> None:
        job = jobs.claim(pk, owner=self.owner)
        if job is None:
            return
        try:
            _tried(_KINDS[job.kind], job)
        except Exception:
            log.exception("A run failed unexpectedly.")
            jobs.finish(job, state=Job.State.FAILED, progress="It failed here; see the log.")

    def _probe(self, pk: int) -> None:
        try:
            frozen.probe(pk)
        except Exception:
            log.exception("A probe failed unexpectedly; the next one is due later.")

    def _mail(self, pk: int) -> None:
        try:
            notices.mail(pk)
        except Exception:
            log.exception("An e-mail failed unexpectedly.")

    def _forget_done(self) -> None:
        with self._hold:
            self._busy = {key: future for key, future in self._busy.items() if not future.done()}
            self._lanes = {key: self._lanes[key] for key in self._busy}
        self._close_idle()

    def _housekeeping(self) -> None:
        """Now and then: missing guards are put back, old receipts and runs forgotten, warnings
        counted that other rules counted.
        """
        if self._ticks % 300 == 0:
            if triggers.missing(connection):
                restored = guards.restore(actor=policies.system("worker"))
                log.error("Append-only guards were missing and put back: %s", restored)
            receipts.purge()
            jobs.purge()
        if self._ticks % WEIGHED == WEIGHED_FIRST:
            storage.weigh()
        if self._is_counting or self._ticks % RULES == 0:
            self._is_counting = warnings.refresh()
