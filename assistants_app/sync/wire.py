"""One call on the wire: its deadline, the address it may go to, and what has left so far."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from assistants_app.sync import addresses

if TYPE_CHECKING:
    from collections.abc import Hashable
    from contextvars import Token
    from types import TracebackType

    from assistants_app.sync.times import Times


now: ContextVar[Call] = ContextVar("call")


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
    0.3 s held a call for 36 s). The watch shuts down a duplicate of the socket, its handle: TLS
    moves the file descriptor to another object during the handshake, and a duplicate stays valid
    through it.
    """

    def __init__(self, times: Times, *, private_ok: bool, is_write: bool) -> None:
        self.times = times
        self.private_ok = private_ok
        self.is_write = is_write
        self.kept_to: Hashable = None  # where the kept line leads that it speaks on
        self.wants_new_line = False
        self.sent = False
        self.expired = False
        self.status = 0
        self._began = time.monotonic()
        self._handle: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Call:
        self._token: Token[Call] = now.set(self)
        watch.begin(self, self._began + self.times.call)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        watch.end(self)
        now.reset(self._token)
        self._drop()

    @property
    def ms(self) -> int:
        """Milliseconds since the call began."""
        return int((time.monotonic() - self._began) * 1000)

    def failed(self, kind: str, detail: str = "") -> TransportError:
        """The error that says how far this call had come."""
        kind = "timeout" if self.expired else kind
        return TransportError(kind, sent=self.sent, status=self.status, ms=self.ms, detail=detail)

    def hold(self, handle: socket.socket | None) -> None:
        """What the deadline shuts from here on; None once the line is somebody else's again."""
        with self._lock:
            self._handle = handle
            if self.expired and handle is not None:
                _shut(handle)

    def start_anew(self) -> None:
        """The line broke before a byte of an answer came: once more, on a new one."""
        self._drop()
        self.sent, self.wants_new_line = False, True

    def _drop(self) -> None:
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None

    def open(self, host: str, port: int) -> socket.socket:
        """A socket connected to an allowed address of `host`; raises TransportError."""
        until = self._began + min(self.times.connect, self.times.call)
        found = self._addresses(host, port, until)
        kind = "dns"
        for left, (family, address) in zip(range(len(found), 0, -1), found, strict=True):
            # An address that swallows everything must leave time for those after it.
            share = max((until - time.monotonic()) / left, 0.001)
            try:
                line = _connected(family, address, share)
            except TimeoutError:
                kind = "timeout"
            except OSError:
                kind = "refused"
            else:
                line.settimeout(self.times.connect)  # for the handshake
                return line
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

    def expire(self) -> None:
        """The deadline is over: whatever waits on the line ends."""
        with self._lock:
            self.expired = True
            if self._handle is not None:
                _shut(self._handle)


class Ending(Protocol):
    """What has a time at which it ends."""

    def expire(self) -> None: ...


class _Watch:
    """Ends calls, and lines that nobody uses, in time: one thread for all of them, since one for
    each would cost a third of what a call costs.
    """

    def __init__(self) -> None:
        self._ends: dict[Ending, float] = {}
        self._bell = threading.Condition()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def begin(self, what: Ending, until: float) -> None:
        with self._bell:
            self._ends[what] = until
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif until < self._wakes_at:
                self._wakes_at = until  # so that one bell is enough until the thread wakes
                self._bell.notify()

    def end(self, what: Ending) -> None:
        with self._bell:
            self._ends.pop(what, None)

    def _run(self) -> None:
        while True:
            with self._bell:
                now = time.monotonic()
                over = [what for what, until in self._ends.items() if until <= now]
                for what in over:
                    del self._ends[what]
                if not over:
                    self._wakes_at = min(self._ends.values(), default=math.inf)
                    wait = self._wakes_at - now
                    self._bell.wait(min(wait, threading.TIMEOUT_MAX))
            for what in over:
                what.expire()


watch = _Watch()


def _start_anew() -> None:
    global watch  # a child that was forked has no thread of its parent's
    watch = _Watch()


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
