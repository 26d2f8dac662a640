"""The only user of requests: one request, one deadline, one answer up to a size."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from assistants_app import killpoints
from assistants_app.secret import Secret
from assistants_app.sync import lines, wire
from assistants_app.sync.wire import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assistants_app.sync.times import Times

__all__ = ["Reply", "Transport", "TransportError"]

PIECE = 16 * 1024  # small, since a compressed piece can grow a thousandfold
PLAIN_PIECE = 1024 * 1024
ERROR_CAP = 1024 * 1024
_PORTS = {"http": 80, "https": 443}
ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")
_VERIFY_WORDS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate is self-signed",
    20: "its certificate comes from an unknown authority",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: header names in lower case, the body decompressed, milliseconds spent.

    The body of a refusal (400 and up) is cut at 1 MiB; that of a success is always whole.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    ms: int


class Transport:
    """Sends requests for one Connection.

    `may_send` is called before each request and raises when a database transaction is open.
    `private_ok` permits private and loopback addresses. `ca_file`: a bundle of authorities to trust
    in place of the usual ones; certificates are always checked.
    """

    def __init__(
        self, *, times: Times, may_send: Callable[[], None], private_ok: bool, ca_file: str = ""
    ) -> None:
        self._times = times
        self._may_send = may_send
        self._private_ok = private_ok
        self._ca_file = ca_file or DEFAULT_CA_BUNDLE_PATH

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str | Secret],
        body: bytes | None = None,
    ) -> Reply:
        """One request; raises TransportError, or as may_send does.

        A read that meets a line which the server had closed is asked once more on a new one. A
        write never goes out twice.
        """
        self._may_send()
        is_write = method != "GET"
        with wire.Call(self._times, private_ok=self._private_ok, is_write=is_write) as call:
            answer = self._try(call, method, url, headers, body)
        if isinstance(answer, TransportError):
            raise answer from None
        return answer

    def _try(self, call: wire.Call, *asked: Any) -> Reply | TransportError:
        answer = self._heard(call, *asked)
        if _is_stale(answer) and call.kept_to is not None and not call.is_write:
            call.start_anew()
            answer = self._heard(call, *asked)
        return answer

    def _heard(self, call: wire.Call, *asked: Any) -> Reply | TransportError:
        # Returned, not raised: an error raised while another is handled keeps that one as its
        # context, and the library's errors, like the frames of a traceback, hold the key.
        try:
            return self._exchange(call, *asked)
        except Exception as error:
            if call.kept_to is not None:
                lines.kept.failed(call.kept_to)
            return _failure(error, call)

    def _exchange(
        self,
        call: wire.Call,
        method: str,
        url: str,
        headers: Mapping[str, str | Secret],
        body: bytes | None,
    ) -> Reply:
        request = _prepared(method, url, _opened(headers), body)
        seconds = self._times.call
        with _adapter.send(request, stream=True, timeout=seconds, verify=self._ca_file) as answer:
            killpoints.point("http.headers_read")
            call.status = answer.status_code
            told = {name.lower(): value for name, value in answer.raw.headers.items()}
            content = self._content(call, answer.raw, told.get("content-encoding", ""))
        killpoints.point("http.answer_read")
        return Reply(answer.status_code, told, content, call.ms)

    def _content(self, call: wire.Call, answer: urllib3.BaseHTTPResponse, coded: str) -> bytes:
        if 300 <= answer.status < 400:
            raise call.failed("redirect")
        if coded.strip().lower() not in ENCODINGS:
            raise call.failed("reset")
        is_refusal = answer.status >= 400
        cap = min(ERROR_CAP, self._times.cap) if is_refusal else self._times.cap
        content = _read(answer, cap, PIECE if coded else PLAIN_PIECE)
        if call.expired:  # a body without a length simply ends when the line is shut
            raise call.failed("timeout")
        if len(content) > cap and not is_refusal:
            raise call.failed("too_large")
        return content[:cap]


class _Adapter(HTTPAdapter):
    """Calls by way of `lines`, without proxies and without cookies.

    Used alone: a session would add the environment, redirects, cookies and retries.
    """

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, *_: Any, **_options: Any
    ) -> lines.Pool:
        """`verify` is the file of authorities; checking against it cannot be switched off."""
        server = _server("/".join(_cut(request)[:3]))
        return lines.pool(lines.Place(*server, wire.now.get().private_ok, verify))

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing: the line's context holds the authorities."""

    def request_url(self, request: requests.PreparedRequest, *_: Any, **_options: Any) -> str:
        """What stands in the first line of the request."""
        return f"/{_cut(request)[3]}"

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """What is read from here; cookies are not kept, and the text is always UTF-8."""
        answer = requests.Response()
        answer.request, answer.raw, answer.status_code = req, resp, resp.status
        return answer


_adapter = _Adapter(max_retries=0)


def _prepared(
    method: str, url: str, headers: dict[str, str], body: bytes | None
) -> requests.PreparedRequest:
    """The request as it goes out; the library's own way would spell address and body anew."""
    request: Any = requests.PreparedRequest()
    request.method, request.url, request.body = method, url, body
    # As they are: what cannot stand in a header is refused further down, when it is written.
    request.headers = headers if body is None else {**headers, "Content-Length": str(len(body))}
    return request  # type: ignore[no-any-return]


def _cut(request: requests.PreparedRequest) -> list[str]:
    """An address as `AssistantsClient` makes them: scheme, nothing, server, the rest."""
    return (request.url or "").split("/", 3)


@lru_cache(maxsize=64)
def _server(base: str) -> tuple[str, str, int]:
    parts = urlsplit(base)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


def _is_stale(answer: Reply | TransportError) -> bool:
    """The line broke before a byte of an answer came."""
    return isinstance(answer, TransportError) and answer.kind == "reset" and not answer.status


def _read(answer: Any, cap: int, piece: int) -> bytes:
    """The decompressed body, or a little more than `cap` bytes of it."""
    pieces: list[bytes] = []
    room = cap + 1
    while room > 0 and (found := answer.read(min(piece, room), decode_content=True)):
        pieces.append(found)
        room -= len(found)
        if piece == PLAIN_PIECE and answer.closed:
            break  # nothing waits in a decoder
    return b"".join(pieces)


def _opened(headers: Mapping[str, str | Secret]) -> dict[str, str]:
    opened = {"Accept-Encoding": "gzip"}
    for name, value in headers.items():
        opened[name] = value.reveal() if isinstance(value, Secret) else value
    return opened


def _failure(error: Exception, call: wire.Call) -> TransportError:
    """What an error says of the call; nothing else of it is kept."""
    if isinstance(error, TransportError):
        return error.with_traceback(None)
    return call.failed(*_kind(error, call))


def _kind(error: Exception, call: wire.Call) -> tuple[str, str]:
    """The kind and the detail of a library's error."""
    if isinstance(error, (requests.exceptions.SSLError, urllib3.exceptions.SSLError, ssl.SSLError)):
        return ("reset", "") if call.sent else ("tls", _tls_detail(error))
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)):
        return "timeout", ""
    if isinstance(error, (ValueError, KeyError)):
        return ("reset", "") if call.sent else ("address", "")
    return "reset", ""


def _tls_detail(error: BaseException) -> str:
    """What was wrong with the certificate: OpenSSL's verdict lies somewhere down the chain."""
    chain: list[Any] = [error]
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            return _VERIFY_WORDS.get(link.verify_code, "its certificate is not valid")
        inner = (*link.args, getattr(link, "reason", None), link.__cause__, link.__context__)
        chain += [part for part in inner if isinstance(part, BaseException) and part not in chain]
    return "it does not speak TLS as expected"
