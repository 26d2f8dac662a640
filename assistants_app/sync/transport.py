"""The only user of requests: one request, one deadline, one answer up to a size."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from assistants_app import killpoints
from assistants_app.secret import Secret
from assistants_app.sync import wire
from assistants_app.sync.wire import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assistants_app.sync.times import Times

__all__ = ["Reply", "Transport", "TransportError"]

PIECE = 16 * 1024  # small, since a compressed piece can grow a thousandfold
ERROR_CAP = 1024 * 1024
_ALWAYS = {"Accept-Encoding": "gzip", "Connection": "close"}
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
    """Sends requests for one Connection. Not for two threads at once.

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
        # The adapter alone: a session would add the environment, redirects, cookies and retries.
        self._adapter = _Adapter(ca_file)

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str | Secret],
        body: bytes | None = None,
    ) -> Reply:
        """One request over a connection of its own; raises TransportError, or as may_send does.

        A connection is not used twice: one that the server closed in between would leave the fate
        of a write unknown, and every connection has its address checked.
        """
        self._may_send()
        with wire.Call(self._times, private_ok=self._private_ok) as call:
            answer = self._try(call, method, url, headers, body)
        if isinstance(answer, TransportError):
            raise answer from None
        return answer

    def close(self) -> None:
        """Let go of everything; the transport may not be used again."""
        self._adapter.close()

    def _try(self, call: wire.Call, *request: Any) -> Reply | TransportError:
        # Returned, not raised: an error raised while another is handled keeps that one as its
        # context, and the library's errors, like the frames of a traceback, hold the key.
        try:
            return self._exchange(call, *request)
        except TransportError as error:
            return error.with_traceback(None)
        except Exception as error:
            return call.failed(*_kind(error, call))

    def _exchange(
        self,
        call: wire.Call,
        method: str,
        url: str,
        headers: Mapping[str, str | Secret],
        body: bytes | None,
    ) -> Reply:
        request = _prepared(method, url, _opened(headers), body)
        answer = self._adapter.send(request, stream=True, timeout=self._times.call)
        with answer:
            killpoints.point("http.headers_read")
            call.status = answer.status_code
            content = self._content(call, answer)
        killpoints.point("http.answer_read")
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status_code, lowered, content, call.ms)

    def _content(self, call: wire.Call, answer: requests.Response) -> bytes:
        if 300 <= answer.status_code < 400:
            raise call.failed("redirect")
        if answer.headers.get("content-encoding", "").strip().lower() not in ENCODINGS:
            raise call.failed("reset")
        is_refusal = answer.status_code >= 400
        cap = min(ERROR_CAP, self._times.cap) if is_refusal else self._times.cap
        content = _read(answer.raw, cap)
        if call.expired:  # a body without a length simply ends when the line is shut
            raise call.failed("timeout")
        if len(content) > cap and not is_refusal:
            raise call.failed("too_large")
        return content[:cap]


class _Adapter(HTTPAdapter):
    """Connections by way of `wire`; certificates checked against one bundle, read once."""

    def __init__(self, ca_file: str) -> None:
        self._ca_file = ca_file or DEFAULT_CA_BUNDLE_PATH
        self._context: ssl.SSLContext | None = None
        super().__init__(max_retries=0)
        self.poolmanager.pool_classes_by_scheme = wire.POOLS

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        del verify  # never asked: see cert_verify
        host, options = super().build_connection_pool_key_attributes(request, True, cert)
        if host["scheme"] == "https":
            self._context = self._context or ssl.create_default_context(cafile=self._ca_file)
            options["ssl_context"] = self._context
        return host, options

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing: the context holds the authorities, and checking cannot be switched off."""


def _prepared(
    method: str, url: str, headers: dict[str, str], body: bytes | None
) -> requests.PreparedRequest:
    """The request as it goes out; the library's own way would spell the body anew."""
    request = requests.PreparedRequest()
    request.prepare_method(method)
    request.prepare_url(url, None)
    request.prepare_headers(_ALWAYS | headers)
    if body is not None:
        request.body = body
        request.headers["Content-Length"] = str(len(body))
    return request


def _read(raw: Any, cap: int) -> bytes:
    """The decompressed body, or a little more than `cap` bytes of it."""
    content = bytearray()
    while len(content) <= cap and (piece := raw.read(PIECE, decode_content=True)):
        content += piece
    return bytes(content)


def _opened(headers: Mapping[str, str | Secret]) -> dict[str, str]:
    return {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in headers.items()
    }


def _kind(error: Exception, call: wire.Call) -> tuple[str, str]:
    """The kind and the detail of a library's error; nothing else of it is kept."""
    if isinstance(error, (requests.exceptions.SSLError, urllib3.exceptions.SSLError, ssl.SSLError)):
        return ("reset", "") if call.sent else ("tls", _tls_detail(error))
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)):
        return "timeout", ""
    if isinstance(error, (ValueError, urllib3.exceptions.LocationValueError)):
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
