"""An upstream to test against: a real threaded HTTP server on 127.0.0.1 that can be told to fail.

    with Upstream() as up:
        up.on("POST", "/assistants", apply="before", answer="reset")
        … speak to up.url with up.key …
        assert len(up.assistants) == 1

As a process of its own, `python -m tests.upstream --port N --profile '{"no_update": true}'`, it
prints its address and key as one line of JSON; POST /_control scripts it and GET /_state counts.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import queue
import re
import secrets
import select
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from tests.upstream_store import Profile, Recorded, Store, perform, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.upstream_store import Body, Reply

Apply = Literal["before", "after", "never", "late"] | float
ODD = ("reset", "truncate", "drip", "drip_headers", "silence")
BASE = "/v1"


@dataclass
class Script:
    """What to do with the `nth` request that fits, and the `times - 1` after it."""

    method: str
    path: str
    nth: int = 1
    times: int = 1
    apply: Apply = "before"
    answer: Reply | str | None = None
    half: Callable[[], None] | None = None
    seen: int = 0

    def fits(self, method: str, path: str) -> bool:
        is_ours = path.startswith(self.path) or re.fullmatch(self.path, path) is not None
        if method != self.method or not is_ours:
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


class Upstream:
    """The server; a context manager, or `start()` and `stop()`.

    Profile flags (tests/upstream_store.py, Profile) are keyword arguments. `tls`: certificate and
    key file. `drip`: seconds between the bytes of a dripping answer. `watch` is called as each
    request arrives, in the thread that answers it; what it returns joins `noticed`, unless the
    client was killed meanwhile. `overlaps` names what two writes met at.
    """

    def __init__(self, *, port: int = 0, key: str = "", drip: float = 0.05, **flags: Any) -> None:
        self.tls = flags.pop("tls", None)
        self.port, self.drip = port, drip
        self.key = key or "sk-" + secrets.token_hex(16)
        flags["drops"] = frozenset(flags.get("drops", ()))
        self.store = Store(Profile(**flags))
        self.requests: list[Recorded] = []
        self.closing = threading.Event()
        self.watch: Callable[[Recorded], list[str] | None] = lambda _: None
        self.noticed: list[str] = []
        self.overlaps: list[str] = []
        self._writing: Counter[str] = Counter()
        self._scripts: list[Script] = []
        self._timers: list[threading.Timer] = []
        self._late: queue.Queue[Recorded] = queue.Queue()
        self._lock = threading.RLock()

    @property
    def url(self) -> str:
        """The base URL, ending in /v1."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{BASE}"

    @property
    def assistants(self) -> dict[str, dict[str, Any]]:
        """What it holds, by id."""
        return self.store.assistants

    def add(self, id_: str = "", *, created_at: int = 0, **fields: Any) -> str:
        """Have an assistant there, as somebody else made it; gives its id."""
        id_ = id_ or f"asst_{len(self.assistants):04d}{secrets.token_hex(8)}"
        with self._lock:
            self.store.put(id_, {"model": "gpt-4o"} | fields, created_at=created_at)
        return id_

    def on(
        self,
        method: str,
        path: str,
        nth: int = 1,
        times: int = 1,
        *,
        apply: Apply = "before",
        answer: Reply | str | None = None,
        half: Callable[[], None] | None = None,
    ) -> Script:
        """Script requests to `path` (after /v1): a prefix, or a regular expression for all of it.

        `apply`: when the request takes effect: before the answer, after it, never, that many
        seconds late, or "late": when the test calls `arrive`. `answer`: None for the usual one, or
        reset, truncate, drip, drip_headers, or silence. `half` is called when half of the body has
        arrived. The last script goes first.
        """
        script = Script(method, path, nth, times, apply, answer, half)
        with self._lock:
            self._scripts.insert(0, script)
        return script

    def writes(self) -> list[Recorded]:
        """The requests that could change something."""
        return [request for request in self.requests if request.method != "GET"]

    def start(self) -> Upstream:
        """Listen; returns at once."""
        self.server = Server(self)
        self.port = self.server.server_address[1]
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """End every answer, and wait for it."""
        self.closing.set()
        for timer in self._timers:
            timer.cancel()
        self.server.shutdown()
        self.server.hang_up()
        self.server.server_close()
        self._thread.join(5)

    def __enter__(self) -> Upstream:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def script_for(self, method: str, path: str) -> Script:
        with self._lock:
            fitting = [script for script in self._scripts if script.fits(method, path)]
        return fitting[0] if fitting else Script(method, path)

    def perform(self, request: Recorded, apply: Apply) -> Reply:
        """The usual answer; with its effect unless `apply` says otherwise."""
        with self._lock:
            store = self.store if apply == "before" else self.store.twin()
            return perform(store, request)

    @contextlib.contextmanager
    def writing(self, request: Recorded) -> Iterator[None]:
        """While a write is under way: another one to the same assistant is an overlap."""
        what = written(request)
        with self._lock:
            self._writing[what] += 1
            if what and self._writing[what] > 1:
                self.overlaps.append(what)
        try:
            yield
        finally:
            with self._lock:
                self._writing[what] -= 1

    def later(self, request: Recorded, apply: Apply) -> None:
        """Let a request take effect after its answer."""
        if isinstance(apply, (int, float)):
            timer = threading.Timer(apply, self.perform, (request, "before"))
            timer.daemon = True
            self._timers.append(timer)
            timer.start()
        elif apply == "late":
            self._late.put(request)
        elif apply == "after":
            self.perform(request, "before")

    def arrive(self) -> None:
        """Now the late request takes effect; its answer may have been faster than its note."""
        self.perform(self._late.get(timeout=10), "before")

    def state(self) -> dict[str, Any]:
        """Counts for a test in another process."""
        with self._lock:
            return {
                "assistants": self.assistants,
                "by_op": self.store.created,
                "requests": len(self.requests),
                "writes": [[r.time, r.method, r.path, r.body_hash] for r in self.writes()],
            }

    def control(self, order: dict[str, Any]) -> None:
        """`{"on": [{method, path, …}], "add": [{…}], "profile": {…}, "clear": true}`."""
        if order.get("clear"):
            self._scripts.clear()
        if "profile" in order:
            flags = order["profile"] | {"drops": frozenset(order["profile"].get("drops", ()))}
            self.store.profile = replace(self.store.profile, **flags)
        for script in order.get("on", ()):
            answer = script.pop("answer", None)
            self.on(**script, answer=tuple(answer) if isinstance(answer, list) else answer)
        for fields in order.get("add", ()):
            self.add(**fields)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for every answer
    request_queue_size = 128

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.lines: set[socket.socket] = set()
        self.accepted = 0
        self.context: ssl.SSLContext | None = None
        if upstream.tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*upstream.tls)
        super().__init__(("127.0.0.1", upstream.port), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        line, address = super().get_request()
        self.accepted += 1
        if self.context:  # the handshake happens with the first byte read, in the request's thread
            line = self.context.wrap_socket(line, server_side=True, do_handshake_on_connect=False)
        self.lines.add(line)
        return line, address

    def shutdown_request(self, request: Any) -> None:
        self.lines.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for line in list(self.lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):  # a client that went away is what the tests want
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60
    # Or else the body waits up to 40 ms, until the client has acknowledged the headers.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence."""

    def _serve(self) -> None:
        upstream = self.server.upstream
        parts = urlsplit(self.path)
        if parts.path in ("/_state", "/_control"):
            self._steer(parts.path)
            return
        path = parts.path.removeprefix(BASE)
        script = upstream.script_for(self.command, path)
        request = self._recorded(path, dict(parse_qsl(parts.query)), self._body(script))
        upstream.requests.append(request)
        if not self._has_gone() and (found := upstream.watch(request)) and not self._has_gone():
            upstream.noticed += found
        with upstream.writing(request):
            usual = upstream.perform(request, script.apply)
            answer = usual if script.answer is None else script.answer
            if answer in ODD:
                getattr(self, f"_{answer}")(usual)
            else:
                self._send(*answer)
        upstream.later(request, script.apply)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve  # noqa: N815

    def _has_gone(self) -> bool:
        """Whether the client was killed since it sent this; TLS does not tell without reading."""
        if self.server.context or not select.select([self.connection], [], [], 0)[0]:
            return False
        return not self.connection.recv(1, socket.MSG_PEEK)

    def _steer(self, path: str) -> None:
        upstream = self.server.upstream
        if path == "/_control":
            upstream.control(json.loads(self._body(Script("", ""))))
        self._send(200, {}, upstream.state())

    def _body(self, script: Script) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        first = self.rfile.read(length // 2)
        if script.half:
            script.half()
        rest = self.rfile.read(length - length // 2)
        if len(first) + len(rest) < length:
            raise ConnectionError("The client went away in the middle of its request.")
        return first + rest

    def _recorded(self, path: str, query: dict[str, str], body: bytes) -> Recorded:
        headers = {name.lower(): value for name, value in self.headers.items()}
        where, key = self.server.upstream.store.profile.key_header, self.server.upstream.key
        sent = headers.pop(where, "")
        is_right = not where or sent == (f"Bearer {key}" if where == "authorization" else key)
        digest = hashlib.sha256(body).hexdigest()
        return Recorded(time.time(), self.command, path, query, headers, body, digest, is_right)

    def _send(self, status: int, headers: dict[str, str], body: Body) -> None:
        content = self._head(status, headers, body)
        self.wfile.write(content)

    def _head(self, status: int, headers: dict[str, str], body: Body) -> bytes:
        content = body if isinstance(body, bytes) else _text(body).encode()
        usual = {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            "Date": self.date_time_string(),
            "x-request-id": f"req_{secrets.token_hex(8)}",
        }
        self.send_response_only(status)
        for name, value in (usual | headers).items():
            self.send_header(name, value)
        self.end_headers()
        return content

    def _reset(self, _usual: Any) -> None:
        # Closing with a zero linger time sends a reset in place of an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()

    def _truncate(self, usual: Reply) -> None:
        content = self._head(*usual)
        self.wfile.write(content[: len(content) // 2])
        self.close_connection = True

    def _drip(self, usual: Reply) -> None:
        self._trickle(self._head(*usual))

    def _drip_headers(self, _usual: Any) -> None:
        self._trickle(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000)

    def _trickle(self, content: bytes) -> None:
        self.close_connection = True
        for at in range(len(content)):
            if self.server.upstream.closing.wait(self.server.upstream.drip):
                return
            self.wfile.write(content[at : at + 1])

    def _silence(self, _usual: Any) -> None:
        self.close_connection = True
        self.connection.settimeout(None)
        with contextlib.suppress(OSError):
            self.rfile.read(1)  # until the client, or the end of the test, hangs up


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--key", default="")
    options.add_argument("--profile", type=json.loads, default={})
    asked = options.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with Upstream(port=asked.port, key=asked.key, **asked.profile) as upstream:
        sys.stdout.write(json.dumps({"url": upstream.url, "key": upstream.key}) + "\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
