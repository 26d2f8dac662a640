"""Connections to servers: opened to checked addresses, and kept for whoever calls next.

To open one costs as much as a call, with TLS four times that. But a server closes what it is tired
of without a word, and a write that meets such a line is in doubt. So a line is used again only
within a second, never after anything was heard on it, and for a write only where reads have shown
that this server leaves its lines open. What then still goes wrong is an unanswered write like any
other. requests hands its calls to the pools of urllib3: ours ask here which line to use and what
becomes of it, and their connections open the socket themselves.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError

from assistants_app import killpoints
from assistants_app.sync import wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Hashable

IDLE: Final = 1.0  # seconds that a line is kept without a call
AGE: Final = 60.0  # seconds after which its address is asked for anew
MOST: Final = 16  # lines that are kept to one server


class Place(NamedTuple):
    """Where a line leads, and what it was allowed and checked by."""

    scheme: str
    host: str
    port: int
    private_ok: bool
    ca_file: str


class _Seam:
    """What our connections do otherwise: open by address, note what leaves, pass kill points."""

    auto_open = 0  # nothing is sent on a line that was not connected on purpose
    call: wire.Call
    place: Place
    handle: socket.socket | None = None
    opened_at = idle_since = 0.0

    def _new_conn(self: Any) -> socket.socket:
        line: socket.socket = self.call.open(self._dns_host, self.port)
        self.handle = line.dup()
        self.opened_at = time.monotonic()
        self.call.hold(self.handle)
        return line

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        killpoints.point("http.connected")

    def request(self, *args: Any, **options: Any) -> None:
        try:
            super().request(*args, **options)  # type: ignore[misc]
        except (ssl.SSLError, TimeoutError):
            raise
        except OSError as error:
            # The pool would pass over it and take what was heard for the answer, though it may
            # have been said before the request came.
            raise ProtocolError("The line broke under the request.") from error
        killpoints.point("http.sent")

    def send(self: Any, data: Any) -> None:
        call, send = self.call, super().send  # type: ignore[misc]
        is_body, call.sent = call.sent, True
        if not is_body or not killpoints.armed():
            send(data)
            return
        send(data[: len(data) // 2])
        killpoints.point("http.half_sent")
        send(data[len(data) // 2 :])

    def end(self: Any) -> None:
        """Close it for good. `close` alone leaves the handle, by which an answer is still ended."""
        self.close()
        if self.handle is not None:
            self.handle.close()
            self.handle = None

    def expire(self: Any) -> None:
        """Nobody has used it for a while."""
        kept.drop(self)


class _Plain(_Seam, HTTPConnection):
    pass


class _Secure(_Seam, HTTPSConnection):
    pass


Line = _Plain | _Secure


class _Asking:
    """A pool that holds nothing itself: which line to use is asked of `kept`."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port)  # type: ignore[call-arg]
        self._place = place

    def _get_conn(self, timeout: float | None = None) -> Any:
        """For the call under way: a line that was kept, or a new one."""
        del timeout  # nobody waits for a line
        call = wire.now.get()
        line = None if call.wants_new_line else kept.take(self._place, call)
        call.kept_to = None if line is None else self._place
        if line is None:
            line = self._new_conn()  # connected below, where the pool expects what can fail
            line.call, line.place = call, self._place
        return line

    def _new_conn(self) -> Any:
        place = self._place
        if place.scheme == "https":
            return _Secure(place.host, place.port, ssl_context=_context(place.ca_file))
        return _Plain(place.host, place.port)

    def _validate_conn(self, conn: Any) -> None:
        if conn.is_closed:
            conn.connect()
        super()._validate_conn(conn)  # type: ignore[misc]

    def _put_conn(self, conn: Any) -> None:
        """Comes when an answer was read whole or left, with None when there was none."""
        if conn is not None:
            kept.give(conn)


class _PlainPool(_Asking, HTTPConnectionPool):
    pass


class _SecurePool(_Asking, HTTPSConnectionPool):
    pass


Pool = _PlainPool | _SecurePool


@lru_cache(maxsize=64)
def pool(place: Place) -> Pool:
    """What requests sends its calls to `place` through."""
    return _SecurePool(place) if place.scheme == "https" else _PlainPool(place)


def _context(ca_file: str) -> ssl.SSLContext:
    """Checks certificates against one bundle, read again when the file is a new one."""
    path = Path(ca_file)
    return _read_context(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read_context(path: Path, _written_at: int) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=path)


class _Kept:
    """The lines that were answered a moment ago, and which servers leave theirs open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Place, list[Line]] = {}
        self._proven: set[Place] = set()

    def take(self, place: Place, call: wire.Call) -> Line | None:
        """A line on which nothing was heard since it was used, the newest first."""
        while True:
            with self._lock:
                idle = self._idle.get(place)
                if not idle or (call.is_write and place not in self._proven):
                    return None
                line = idle.pop()
            wire.watch.end(line)
            if time.monotonic() - line.idle_since <= IDLE and line.is_connected:
                line.call = call
                call.hold(line.handle)
                return line
            self.failed(place)
            line.end()

    def give(self, line: Line) -> None:
        """After a whole answer: somebody else may use it."""
        call = line.call
        call.hold(None)
        # Closed: the server said that it closes it, or more of the answer was to come.
        if line.is_closed or call.expired:
            line.end()
            return
        now = line.idle_since = time.monotonic()
        with self._lock:
            if call.kept_to is not None:
                self._proven.add(line.place)
            idle = self._idle.setdefault(line.place, [])
            is_welcome = len(idle) < MOST and now - line.opened_at < AGE
            if is_welcome:
                idle.append(line)
        if is_welcome:
            wire.watch.begin(line, now + IDLE)
        else:
            line.end()

    def drop(self, line: Line) -> None:
        """Close it unless somebody has it."""
        with self._lock:
            idle = self._idle.get(line.place, [])
            is_idle = line in idle
            if is_idle:
                idle.remove(line)
                if not idle:
                    del self._idle[line.place]
        if is_idle:
            line.end()

    def failed(self, place: Hashable) -> None:
        """This server closed a line that it had not said it would: no writes on kept ones."""
        with self._lock:
            self._proven.discard(place)


kept = _Kept()


def _start_anew() -> None:
    global kept  # a child that was forked must not speak on its parent's lines
    kept = _Kept()


os.register_at_fork(after_in_child=_start_anew)
