"""One deadline, one size, one address, no second request: over real HTTP on loopback."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from contextlib import nullcontext, suppress
from dataclasses import replace
from traceback import TracebackException
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.secret import Secret
from assistants_app.sync.transport import Reply, Transport, TransportError
from tests.sync.certificates import issue
from tests.sync.conftest import SHORT, TIMES
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1024 * 1024


def transport(**changes: Any) -> Transport:
    options = {"times": TIMES, "may_send": lambda: None, "private_ok": True} | changes
    return Transport(**options)


def ask(up: Upstream, path: str = "/models", **options: Any) -> Reply:
    """GET from `up` with its key; POST when there is a body."""
    method = "POST" if options.get("body") else "GET"
    headers = {"Authorization": Secret(f"Bearer {up.key}")} | options.pop("headers", {})
    body = options.pop("body", None)
    with nullcontext(transport(**options)) as line:
        return line.call(method, up.url + path, headers=headers, body=body)


def failure(up: Upstream, path: str = "/models", **options: Any) -> TransportError:
    with pytest.raises(TransportError) as caught:
        ask(up, path, **options)
    return caught.value


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_reply_has_its_status_headers_and_whole_body(up: Upstream) -> None:
    up.on("GET", "/models", answer=(207, {"X-Odd-Name": "Yes"}, "hällo"))
    reply = ask(up)
    assert (reply.status, reply.headers["x-odd-name"]) == (207, "Yes")
    assert reply.body == "hällo".encode()
    assert 0 <= reply.ms < 2000


@pytest.mark.parametrize("how", ["drip", "drip_headers", "silence"])
def test_a_slow_answer_ends_at_the_deadline(up: Upstream, how: Any) -> None:
    up.on("GET", "/models", answer=how)
    began = time.monotonic()
    error = failure(up, times=SHORT)
    assert (error.kind, error.sent) == ("timeout", True)
    assert SHORT.call * 0.9 < time.monotonic() - began < SHORT.call + 1


def test_a_dripping_body_without_a_length_is_not_taken_for_a_whole_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = threading.Thread(target=_drip_without_length, args=(server,))
        dripping.start()
        with pytest.raises(TransportError) as caught, nullcontext(transport(times=SHORT)) as line:
            line.call("GET", f"http://127.0.0.1:{server.getsockname()[1]}/v1", headers={})
        dripping.join()
    assert (caught.value.kind, caught.value.status) == ("timeout", 200)


def _drip_without_length(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"{} ")
            time.sleep(0.02)


def test_a_handshake_that_never_comes_ends_at_the_deadline(silent: int) -> None:
    began = time.monotonic()
    with pytest.raises(TransportError) as caught, nullcontext(transport(times=SHORT)) as line:
        line.call("GET", f"https://127.0.0.1:{silent}/v1", headers={})
    assert (caught.value.kind, caught.value.sent) == ("timeout", False)
    assert time.monotonic() - began < SHORT.call + 1


def test_a_gzip_bomb_is_cut_at_the_cap(up: Upstream) -> None:
    bomb = gzip.compress(b"\0" * (50 * MIB))
    assert len(bomb) < 100_000
    up.on("GET", "/bomb", answer=(200, {"Content-Encoding": "gzip"}, bomb))
    error = failure(up, "/bomb")
    assert (error.kind, error.sent, error.status) == ("too_large", True, 200)


def test_a_bomb_within_a_bomb_is_not_even_opened(up: Upstream) -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * (50 * MIB)))
    up.on("GET", "/bomb", answer=(200, {"Content-Encoding": "gzip, gzip"}, bomb))
    assert failure(up, "/bomb").kind == "reset"


def test_an_answer_that_is_compressed_is_decompressed(up: Upstream) -> None:
    up.on("GET", "/x", answer=(200, {"Content-Encoding": "gzip"}, gzip.compress(b"{}" * 9)))
    assert ask(up, "/x").body == b"{}" * 9


def test_broken_compression_is_no_answer(up: Upstream) -> None:
    up.on("GET", "/x", answer=(200, {"Content-Encoding": "gzip"}, b"not gzip at all"))
    error = failure(up, "/x")
    assert (error.kind, error.sent) == ("reset", True)


def test_fifty_megabytes_are_cut_at_the_cap(up: Upstream) -> None:
    up.on("GET", "/x", answer=(200, {}, b" " * (50 * MIB)))
    assert failure(up, "/x").kind == "too_large"


def test_the_cap_itself_still_passes(up: Upstream) -> None:
    times = replace(TIMES, cap=1000)
    up.on("GET", "/fits", answer=(200, {}, b"x" * 1000))
    up.on("GET", "/over", answer=(200, {}, b"x" * 1001))
    assert len(ask(up, "/fits", times=times).body) == 1000
    assert failure(up, "/over", times=times).kind == "too_large"


def test_the_text_of_a_refusal_is_cut_and_keeps_its_status(up: Upstream) -> None:
    up.on("GET", "/x", answer=(400, {}, b"x" * (3 * MIB)))
    reply = ask(up, "/x")
    assert (reply.status, len(reply.body)) == (400, MIB)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_body_not_sent_again(up: Upstream, status: int) -> None:
    with Upstream(key=up.key) as other:
        up.on("POST", "/", answer=(status, {"Location": f"{other.url}/assistants"}, b"x" * MIB))
        error = failure(up, "/assistants", body=b'{"model": "gpt-4o"}')
        assert (error.kind, error.status) == ("redirect", status)
        assert len(up.requests) == 1
        assert other.requests == []


def test_a_redirect_does_not_make_us_read_a_bomb(up: Upstream) -> None:
    up.on("GET", "/x", answer=(302, {"Location": "/v1/y"}, b"x" * (50 * MIB)))
    began = time.monotonic()
    assert failure(up, "/x").kind == "redirect"
    assert time.monotonic() - began < TIMES.call


def test_the_environment_is_ignored(
    up: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(up).status == 200
    assert up.requests[0].has_right_key


def test_cookies_are_not_kept(up: Upstream) -> None:
    up.on("GET", "/models", answer=(200, {"Set-Cookie": "a=b; Path=/"}, b"{}"))
    with nullcontext(transport()) as line:
        for _ in range(2):
            line.call("GET", up.url + "/models", headers={})
    assert "cookie" not in up.requests[1].headers


@pytest.mark.parametrize(("apply", "is_there"), [("before", True), ("never", False)])
def test_a_reset_is_in_doubt_whether_or_not_it_was_applied(
    up: Upstream, apply: Any, is_there: bool
) -> None:
    up.on("POST", "/assistants", apply=apply, answer="reset")
    error = failure(up, "/assistants", body=b'{"model": "gpt-4o"}')
    assert (error.kind, error.sent, error.status) == ("reset", True, 0)
    assert bool(up.assistants) is is_there
    assert len(up.requests) == 1


def test_a_truncated_body_is_no_answer(up: Upstream) -> None:
    up.on("GET", "/models", answer="truncate")
    error = failure(up)
    assert (error.kind, error.sent, error.status) == ("reset", True, 200)


def test_what_is_said_before_the_request_came_is_no_answer() -> None:
    def refuse_to_listen() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as server:
        refusing = threading.Thread(target=refuse_to_listen)
        refusing.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        with pytest.raises(TransportError) as caught:
            transport().call("POST", url, headers={}, body=b"x" * (32 * MIB))
        refusing.join()
    assert (caught.value.kind, caught.value.sent, caught.value.status) == ("reset", True, 0)


def test_what_is_not_http_is_no_answer() -> None:
    def greet() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server, nullcontext(transport()) as line:
        greeting = threading.Thread(target=greet)
        greeting.start()
        with pytest.raises(TransportError) as caught:
            line.call("GET", f"http://127.0.0.1:{server.getsockname()[1]}/v1", headers={})
        greeting.join()
    assert (caught.value.kind, caught.value.sent) == ("reset", True)


def test_a_closed_port_is_refused_and_nothing_left() -> None:
    with Upstream() as gone:
        pass
    error = failure(gone)
    assert (error.kind, error.sent) == ("refused", False)


def test_a_name_that_cannot_exist_is_not_found() -> None:
    with pytest.raises(TransportError) as caught, nullcontext(transport()) as line:
        line.call("GET", f"http://{'a' * 64}.example/v1", headers={})
    assert (caught.value.kind, caught.value.sent) == ("dns", False)


def test_nothing_is_sent_when_the_caller_may_not(up: Upstream) -> None:
    def may_not() -> None:
        raise RuntimeError("a transaction is open")

    with pytest.raises(RuntimeError, match="a transaction is open"):
        ask(up, may_send=may_not)
    assert up.requests == []


def test_the_key_is_in_no_failure_and_in_no_frame_of_its_traceback(up: Upstream) -> None:
    redirect = (302, {"Location": "/"}, b"")
    garbled = (200, {"Content-Encoding": "gzip"}, b"garbled")
    for how in ("reset", "truncate", "silence", redirect, garbled):
        up.on("GET", "/models", answer=how)
        error = failure(up, times=SHORT)
        shown = "".join(TracebackException.from_exception(error, capture_locals=True).format())
        assert up.key not in shown
        assert up.key not in repr(vars(error))
        assert error.__cause__ is None


@pytest.mark.parametrize(
    ("days", "address", "is_trusted", "words"),
    [
        (30, "127.0.0.1", False, "self-signed"),
        (-1, "127.0.0.1", True, "has expired"),
        (30, "127.0.0.2", True, "for another"),
    ],
)
def test_a_bad_certificate_is_named_and_nothing_is_sent(
    tmp_path: Path, days: int, address: str, is_trusted: bool, words: str
) -> None:
    files = issue(tmp_path, days=days, address=address)
    with Upstream(tls=files) as up:
        error = failure(up, ca_file=files[0] if is_trusted else "")
        assert (error.kind, error.sent) == ("tls", False)
        assert words in error.detail
        assert up.requests == []


def test_a_good_certificate_of_a_trusted_authority_passes(tmp_path: Path) -> None:
    files = issue(tmp_path)
    with Upstream(tls=files) as up:
        assert ask(up, ca_file=files[0]).status == 200
        up.on("GET", "/models", answer="drip")
        assert failure(up, ca_file=files[0], times=SHORT).kind == "timeout"


def test_https_to_a_plain_server_is_a_failed_handshake(up: Upstream) -> None:
    with pytest.raises(TransportError) as caught, nullcontext(transport()) as line:
        line.call("GET", up.url.replace("http:", "https:"), headers={})
    assert (caught.value.kind, caught.value.sent) == ("tls", False)
    assert caught.value.detail == "it does not speak TLS as expected"
    assert up.requests == []
