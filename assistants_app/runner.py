"""The runner: claims due PushOrders and Jobs; a thread of `serve`, or `worker` processes.

The rows are the truth: a runner may be killed at any instant and another one goes on.
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

from django.db import close_old_connections, connection

from assistants_app import doorbell
from assistants_app.actions import connections, jobs, pulling, pushes, pushing, receipts, testing
from assistants_app.models import Job, triggers

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)
HANDS = 4  # calls to upstreams at once
_KINDS: dict[str, Callable[[Job], None]] = {Job.Kind.PULL: pulling.run, Job.Kind.TEST: testing.test}


class Runner:
    """`run()` works until `stop` is set and the calls under way have ended.

    `hands` is how many calls go on at once; 0 does everything in the calling thread.
    """

    def __init__(self, *, hands: int = HANDS, stop: Event | None = None) -> None:
        self.stop = stop or Event()
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._pool = ThreadPoolExecutor(hands, "push") if hands else None
        self._busy: dict[tuple[str, int], Future[None]] = {}
        self._ticks = 0

    def run(self) -> None:
        """The loop: look at once when the bell rings, else every tick."""
        while not self.stop.is_set():
            doorbell.bell.clear()
            try:
                self.tick()
            except Exception:
                log.exception("The runner's tick failed; it goes on.")
                close_old_connections()
            doorbell.bell.wait(connections.times().tick)
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
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
        begun = 0
        for pk in pushes.due():
            begun += self._begin(("push_order", pk), partial(self._push, pk))
        for pk in jobs.due():
            begun += self._begin(("job", pk), partial(self._job, pk))
        return begun

    def _begin(self, key: tuple[str, int], work: Callable[[], None]) -> int:
        if key in self._busy:
            return 0
        if self._pool is None:
            work()
        else:
            self._busy[key] = self._pool.submit(self._in_thread, work)
        return 1

    def _in_thread(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connection.close()
            doorbell.bell.set()  # what had to wait for this one may be due now

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
            _KINDS[job.kind](job)
        except Exception:
            log.exception("A run failed unexpectedly.")
            jobs.finish(job, state=Job.State.FAILED, progress="It failed here; see the log.")

    def _forget_done(self) -> None:
        self._busy = {key: future for key, future in self._busy.items() if not future.done()}

    def _housekeeping(self) -> None:
        """Now and then: guards that went missing are put back, old receipts forgotten."""
        if self._ticks % 300 == 0:
            if restored := triggers.install(connection):
                log.error("Append-only guards were missing and put back: %s", restored)
            receipts.purge()
        self._ticks += 1
