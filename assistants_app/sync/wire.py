"""One call on the wire: its deadline, the address it may go to, and what has left so far.

urllib3 is used through its one seam for this, the method of a connection that opens the socket.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from assistants_app import killpoints
from assistants_app.sync import addresses

if TYPE_CHECKING:
    from types import TracebackType

    from assistants_app.sync.times import Times

_now: ContextVar[Call] = ContextVar("call")


class TransportError(Exception):
    """No whole answer. Holds nothing of the request, so it may be logged.

    `kind`: dns, refused, tls, timeout, reset, too_large, redirect, address. `sent`: whether any
    byte of the request may have left. `status` and `ms`: what the answer began with, 0 if nothing,
    and the milliseconds spent. `detail`: a plain sentence about a failed TLS handshake, or "".
    """

    def __init__(
        self, kind: str, *, sent: bool, status: int = 0, ms: int = 0, detail: str = ""
    ) -> None:
        super().__init__(kind)
        self.kind, self.sent, self.status, self.ms, self.detail = kind, sent, status, ms, detail


class Call:
    """A running call, as a context manager; ends itself when `times.call` is over.

    A read timeout alone would not do: it starts anew with every byte (a server that dripped one per
    0.3 s held a call for 36 s). The watch shuts down a duplicate of the socket: TLS moves the file
    descriptor to another object during the handshake, and a duplicate stays valid through it.
    """

    def __init__(self, times: Times, *, private_ok: bool) -> None:
        self.times = times
        self.private_ok = private_ok
        self.sent = False
        self.expired = False
        self.status = 0
        self._began = time.monotonic()
        self._line: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Call:
        self._token = _now.set(self)
        _watch.begin(self, self._began + self.times.call)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _watch.end(self)
        _now.reset(self._token)
        with self._lock:
            if self._line is not None:
                self._line.close()
                self._line = None

    @property
    def ms(self) -> int:
        """Milliseconds since the call began."""
        return int((time.monotonic() - self._began) * 1000)

    def failed(self, kind: str, detail: str = "") -> TransportError:
        """The error that says how far this call had come."""
        kind = "timeout" if self.expired else kind
        return TransportError(kind, sent=self.sent, status=self.status, ms=self.ms, detail=detail)

    def open(self, host: str, port: int) -> socket.socket:
        """A socket connected to an allowed address of `host`; raises TransportError."""
        until = self._began + min(self.times.connect, self.times.call)
        found = self._addresses(host, port, until)
        kind = "dns"
        for left, (family, address) in zip(range(len(found), 0, -1), found, strict=True):
            # An address that swallows everything must leave time for those after it.
            share = max((until - time.monotonic()) / left, 0.001)
            try:
                return self._watched(_connected(family, address, share))
            except TimeoutError:
                kind = "timeout"
            except OSError:
                kind = "refused"
        raise self.failed(kind)

    def _addresses(self, host: str, port: int, until: float) -> list[addresses.Found]:
        try:
            found = addresses.resolve(host, port, seconds=until - time.monotonic())
        except TimeoutError:
            raise self.failed("timeout") from None
        except OSError:
            raise self.failed("dns") from None
        if not all(addresses.allowed(to[0], private_ok=self.private_ok) for _, to in found):
            raise self.failed("address")
        return found

    def _watched(self, line: socket.socket) -> socket.socket:
        line.settimeout(self.times.connect)  # for the handshake; the library sets its own after it
        with self._lock:
            self._line = line.dup()
            if self.expired:
                _shut(self._line)
        return line

    def expire(self) -> None:
        """The deadline is over: whatever waits on the line ends."""
        with self._lock:
            self.expired = True
            if self._line is not None:
                _shut(self._line)


class _Watch:
    """Ends calls at their deadlines: one thread for all of them, since one for each would cost a
    third of what a call costs.
    """

    def __init__(self) -> None:
        self._ends: dict[Call, float] = {}
        self._bell = threading.Condition()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def begin(self, call: Call, until: float) -> None:
        with self._bell:
            self._ends[call] = until
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif until < self._wakes_at:
                self._bell.notify()

    def end(self, call: Call) -> None:
        with self._bell:
            self._ends.pop(call, None)

    def _run(self) -> None:
        while True:
            with self._bell:
                now = time.monotonic()
                over = [call for call, until in self._ends.items() if until <= now]
                for call in over:
                    del self._ends[call]
                if not over:
                    self._wakes_at = min(self._ends.values(), default=math.inf)
                    wait = self._wakes_at - now
                    self._bell.wait(min(wait, threading.TIMEOUT_MAX))
            for call in over:
                call.expire()


_watch = _Watch()


def _start_anew() -> None:
    global _watch  # a child that was forked has no thread of its parent's
    _watch = _Watch()


os.register_at_fork(after_in_child=_start_anew)


def _shut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side may have closed it already
        line.shutdown(socket.SHUT_RDWR)


def _connected(family: int, address: tuple[Any, ...], seconds: float) -> socket.socket:
    line = socket.socket(family, socket.SOCK_STREAM)
    try:
        line.settimeout(seconds)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.connect(address)
    except BaseException:
        line.close()
        raise
    return line


class _Seam:
    """What our connections do otherwise: open by address, note what leaves, pass kill points."""

    def _new_conn(self: Any) -> socket.socket:
        return _now.get().open(self._dns_host, self.port)

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        killpoints.point("http.connected")

    def request(self, *args: Any, **options: Any) -> None:
        super().request(*args, **options)  # type: ignore[misc]
        killpoints.point("http.sent")

    def send(self: Any, data: Any) -> None:
        if self.sock is None:  # else the library connects within its own send, after we noted it
            self.connect()
        call, send = _now.get(), super().send  # type: ignore[misc]
        is_body, call.sent = call.sent, True
        if not is_body or not killpoints.armed():
            send(data)
            return
        send(data[: len(data) // 2])
        killpoints.point("http.half_sent")
        send(data[len(data) // 2 :])


class _Plain(_Seam, HTTPConnection):
    pass


class _Secure(_Seam, HTTPSConnection):
    pass


class _Once:
    """A connection that was used is closed before it goes back, whatever the server thinks."""

    def _put_conn(self: Any, conn: Any) -> None:
        if conn is not None:
            conn.close()
        super()._put_conn(conn)  # type: ignore[misc]


class PlainPool(_Once, HTTPConnectionPool):
    """Plain http over a `Call`'s socket."""

    ConnectionCls = _Plain


class SecurePool(_Once, HTTPSConnectionPool):
    """https over a `Call`'s socket; the certificate is checked against the name."""

    ConnectionCls = _Secure


POOLS = {"http": PlainPool, "https": SecurePool}
