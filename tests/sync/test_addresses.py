"""Which addresses a host name may lead to, and that no other is contacted."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.sync import addresses
from assistants_app.sync.transport import Transport, TransportError
from tests.sync.conftest import TIMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.upstream import Upstream

PUBLIC = ("8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::1")
PRIVATE = (
    "127.0.0.1", "127.9.9.9", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "fd00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1",
    "192.0.2.1", "198.18.0.1",
)  # fmt: skip
NEVER = (
    "169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "0.0.0.0", "::",  # noqa: S104 — refused, not bound
    "224.0.0.1", "ff02::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_contacted(address: str) -> None:
    assert addresses.allowed(address, private_ok=False)
    assert addresses.allowed(address, private_ok=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_only_where_the_origin_is_listed_as_private(address: str) -> None:
    assert not addresses.allowed(address, private_ok=False)
    assert addresses.allowed(address, private_ok=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_never(address: str) -> None:
    assert not addresses.allowed(address, private_ok=False)
    assert not addresses.allowed(address, private_ok=True)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Make the system's resolver give these (address, port) for every name; records who asked."""
    real = socket.getaddrinfo

    def give(*found: tuple[str, int], seconds: float = 0) -> list[str]:
        asked: list[str] = []

        def answer(host: str, port: int, *args: Any, flags: int = 0, **options: Any) -> Any:
            if flags & socket.AI_NUMERICHOST:
                return real(host, port, *args, flags=flags, **options)
            asked.append(host)
            time.sleep(seconds)
            return [row for at in found for row in real(*at, *args, **options)]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return give


def call(url: str, *, private_ok: bool) -> int:
    line = Transport(times=TIMES, may_send=lambda: None, private_ok=private_ok)
    with nullcontext(line):
        return line.call("GET", url, headers={}).status


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_loopback_is_not_contacted_unless_listed(up: Upstream, host: str) -> None:
    with pytest.raises(TransportError) as caught:
        call(f"http://{host}:{up.port}/v1/models", private_ok=False)
    assert (caught.value.kind, caught.value.sent) == ("address", False)
    assert up.requests == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    up: Upstream, resolver: Callable[..., list[str]]
) -> None:
    resolver(("8.8.8.8", 80), ("127.0.0.1", up.port))
    with pytest.raises(TransportError) as caught:
        call("http://upstream.example/v1/models", private_ok=False)
    assert caught.value.kind == "address"


def test_the_connection_goes_to_the_address_that_was_checked(
    up: Upstream, resolver: Callable[..., list[str]]
) -> None:
    asked = resolver(("127.0.0.1", up.port))
    assert call("http://upstream.example/v1/models", private_ok=True) == 401
    assert asked == ["upstream.example"]
    assert up.requests[0].headers["host"] == "upstream.example"


def test_the_next_address_is_tried_when_one_refuses(
    up: Upstream, resolver: Callable[..., list[str]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    resolver(("127.0.0.1", port), ("127.0.0.1", up.port))
    assert call("http://upstream.example/v1/models", private_ok=True) == 401


def test_an_address_that_swallows_everything_leaves_time_for_the_next(
    up: Upstream, resolver: Callable[..., list[str]]
) -> None:
    with socket.socket() as full, ExitStack() as held:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # beyond its queue, whoever connects waits for ever
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        resolver(full.getsockname(), ("127.0.0.1", up.port))
        times = replace(TIMES, connect=0.6)
        line = Transport(times=times, may_send=lambda: None, private_ok=True)
        with nullcontext(line):
            reply = line.call("GET", "http://upstream.example/v1/models", headers={})
    assert reply.status == 401
    assert 250 < reply.ms < 3000


def test_a_resolver_that_hangs_does_not_hold_the_call(
    resolver: Callable[..., list[str]],
) -> None:
    resolver(("127.0.0.1", 9), seconds=1.5)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        addresses.resolve("upstream.example", 80, seconds=0.1)
    assert time.monotonic() - began < 1
