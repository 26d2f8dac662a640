"""Which network addresses a host name leads to, and which of them may be contacted."""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import Any

Found = tuple[int, tuple[Any, ...]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def resolve(host: str, port: int, *, seconds: float) -> list[Found]:
    """(family, socket address) of every address of `host`, in the system's order.

    Raises OSError when the name is unknown and TimeoutError after `seconds`: the system's resolver
    cannot be interrupted, so a name is asked for in a thread that is left behind.
    """
    try:
        return _ask(host, port, socket.AI_NUMERICHOST)
    except OSError:
        return _ask_in_time(host, port, seconds)


def _ask(host: str, port: int, flags: int = 0) -> list[Found]:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError:  # a name that no resolver can be asked for
        raise OSError("not a host name") from None
    return [(family, address) for family, _, _, _, address in rows]


def _ask_in_time(host: str, port: int, seconds: float) -> list[Found]:
    answers: list[list[Found]] = []

    def ask() -> None:
        try:
            answers.append(_ask(host, port))
        except OSError:
            answers.append([])

    asker = threading.Thread(target=ask, daemon=True, name="resolver")
    asker.start()
    asker.join(max(seconds, 0))
    if not answers:
        raise TimeoutError
    if not answers[0]:
        raise OSError("unknown host name")
    return answers[0]


def allowed(address: str, *, private_ok: bool) -> bool:
    """Whether a resolved address may be contacted: public ones; private ones where the origin is
    listed as private (security.md §7). Link-local ones, where clouds keep their credentials,
    multicast and "any address" never.
    """
    ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return private_ok or ip.is_global


def _inner(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
