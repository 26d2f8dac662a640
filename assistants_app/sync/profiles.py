"""Where an upstream lives and how it is greeted: addresses, keys and headers.

The address rules are security.md §7: a host must be spelled the one way it is used, so that the
list of allowed origins, the screen and the connection all mean the same machine.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from assistants_app import contract
from assistants_app.errors import Invalid
from assistants_app.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_MAX = 4096
USUAL_VERSION = "2024-05-01-preview"
DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}")
_PASTED = re.compile(r"([^?#]*)\?api-version=([^&#]*)")
_OURS = re.compile(
    r"authorization|host|cookie|connection|expect|te|upgrade|openai-beta|accept.*", re.I
)
_FRAMING = re.compile(r"(content|transfer|proxy|if|idempotency)-.*", re.I)
_KEY_FAULTS = (
    ("\r\n\v\f\x85\u2028\u2029", "a line break"),
    ("\0", "a NUL character"),
    ("\t", "a tab"),
    (" \xa0\u2002\u2003\u2007\u2009\u202f\u3000", "a blank"),
    ("\u2018\u2019\u201a\u201c\u201d\u201e\xab\xbb", "a typographic quote"),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One upstream as a client needs it. `base_url` is in the form `normal_base` gives it.

    `key` may be empty: then no Authorization header is sent (a server without keys, or one that
    wants its key in a header of its own, which stands in `headers`). `auth`: "bearer", or "api-key"
    for a header of that name. `api_version` goes into every address where it is set. `rules`: what
    this server accepts and keeps, as far as it is known.
    """

    profile: str
    base_url: str
    key: Secret
    organization: str = ""
    project: str = ""
    headers: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    auth: str = "bearer"
    api_version: str = ""
    rules: contract.Profile = contract.PROFILES["openai-compatible"]

    def greeting(self) -> dict[str, Secret]:
        """The header that carries the key; none without a key."""
        if not self.key:
            return {}
        if self.auth == "api-key":
            return {"api-key": self.key}
        return {"Authorization": Secret(f"Bearer {self.key.reveal()}")}


def normal_base(url: str) -> str:
    """The base URL without a trailing slash, a pasted `/assistants` or a default port.

    Raises `Invalid("base_url", …)` for anything but http(s), for user names, queries and fragments,
    and for hosts and paths that another program might read as a different address.
    """
    parts = _split(url)
    path = re.sub(r"(/assistants)?/*$", "", parts.path.rstrip("/"))
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise Invalid("base_url", "The path holds characters that do not belong into a base URL.")
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{_bracketed(parts)}{port}{path}"


def is_bare(base: str) -> bool:
    """Whether a base URL names no path."""
    return not urlsplit(base).path


def without_version(url: str) -> tuple[str, str]:
    """An address as it is copied from a portal, without its `?api-version=…`, and that version."""
    found = _PASTED.fullmatch(url)
    return (found[1], found[2]) if found else (url, "")


def origin(url: str) -> str:
    """`scheme://host:port`, the port spelled out. Raises like `normal_base`."""
    parts = _split(url)
    return f"{parts.scheme}://{_bracketed(parts)}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


def check_key(text: str) -> None:
    """Raises `Invalid("key", …)` unless `text` can stand in a header; never repeats any of it."""
    if not text:
        raise Invalid("key", "Required.")
    if len(text) > KEY_MAX:
        raise Invalid("key", f"{len(text):,} characters; the limit is {KEY_MAX:,}.")
    _check_visible("key", text)


def check_header(name: str, value: str) -> None:
    """Raises `Invalid("headers", …)` for an extra header that is ours to send or cannot be sent."""
    if not _HEADER.fullmatch(name):
        raise Invalid("headers", "A header's name is a letter, then letters, digits and hyphens.")
    if _OURS.fullmatch(name) or _FRAMING.fullmatch(name):
        raise Invalid("headers", f"{name} is not an extra header.")
    if not value or len(value) > KEY_MAX:
        raise Invalid("headers", f"A header's value has 1 to {KEY_MAX:,} characters.")
    _check_visible("headers", value.replace(" ", "-"))


def check_version(text: str) -> None:
    """Raises `Invalid("api_version", …)` for what cannot be a version in an address."""
    if not _VERSION.fullmatch(text):
        raise Invalid("api_version", f"Write the version as the server names it: {USUAL_VERSION}")


def check_endpoint(endpoint: Endpoint) -> None:
    """Raises `Invalid` for a key or header that must not reach the HTTP library.

    Its errors repeat a header it refuses, value and all.
    """
    if endpoint.key:
        check_key(endpoint.key.reveal())
    for name, value in endpoint.headers.items():
        check_header(name, value.reveal())
    if endpoint.api_version:
        check_version(endpoint.api_version)
    _check_visible("organization", endpoint.organization)
    _check_visible("project", endpoint.project)


def _check_visible(where: str, text: str) -> None:
    for position, character in enumerate(text, start=1):
        if not "!" <= character <= "~":
            raise Invalid(where, f"Contains {_fault(character)} at position {position}.")


def _fault(character: str) -> str:
    for characters, words in _KEY_FAULTS:
        if character in characters:
            return words
    return "a control character" if character < " " else "a character that is not ASCII"


def _split(url: str) -> SplitResult:
    # urlsplit drops tabs and line breaks without a word, so they are refused before it sees them.
    if not url.isascii():
        raise Invalid("base_url", "Write the address in ASCII; a foreign name in its xn-- form.")
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise Invalid("base_url", "Contains a blank, a control character or a backslash.")
    if "?" in url or "#" in url:
        raise Invalid("base_url", "A base URL has no query and no fragment.")
    parts = _parsed(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise Invalid("base_url", "Must begin with https:// or http://.")
    if "@" in parts.netloc:
        raise Invalid("base_url", "A base URL holds no user name or password.")
    _check_host(parts)
    return parts


def _parsed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid("base_url", "Not a usable address.") from None
    spelled = "" if port is None else f":{port}"
    if port == 0 or not parts.netloc.endswith(spelled) or parts.netloc.endswith(":"):
        raise Invalid("base_url", "Not a usable port.")
    return parts


def _check_host(parts: SplitResult) -> None:
    """A host is a canonical IP address, or a name that nothing reads as a number."""
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        good = _is_canonical(host, ipaddress.IPv6Address)
    elif re.fullmatch(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)", host):
        good = _is_canonical(host, ipaddress.IPv4Address)
    else:
        good = len(host) <= 253 and _HOST.fullmatch(host) is not None
    if not good:
        raise Invalid("base_url", "Write the host as a plain name or in its usual number form.")


def _is_canonical(
    host: str, kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address]
) -> bool:
    try:
        return "%" not in host and str(kind(host)) == host
    except ValueError:
        return False


def _bracketed(parts: SplitResult) -> str:
    return f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
