"""AssistantsClient: the API's five operations, and the lists around them, one request each."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from assistants_app import contract
from assistants_app.contract.upstream_errors import WORD_MAX, epoch
from assistants_app.errors import Invalid, InvalidDocument
from assistants_app.sync import profiles
from assistants_app.sync.outcomes import Op, Outcome, classify
from assistants_app.sync.transport import Reply, Transport, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.secret import Secret
    from assistants_app.sync.profiles import Endpoint
    from assistants_app.sync.times import Times

SHORTEST_SECRET = 4  # shorter ones ("1", "on") guard nothing and stand in every other sentence
USER_AGENT = f"assistants-dashboard/{importlib.metadata.version('assistants-dashboard')}"
_RESOURCES = {"files": "/files", "knowledge": "/vector_stores"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gave. `document`: the parsed JSON object of a usable 2xx, else None.

    `status`: 0 when there was no answer. `date`: the server's clock, Unix seconds. `ms`:
    milliseconds the call took. `etag`, `request_id`: as sent, "" when not.
    """

    op: Op
    status: int
    outcome: Outcome
    document: dict[str, Any] | None = None
    etag: str = ""
    request_id: str = ""
    date: float | None = None
    ms: int = 0


class AssistantsClient:
    """Speaks to one upstream; nothing is retried and nothing raises but what `may_send` raises.

    `may_send` is called before every request and raises while a database transaction is open.
    `private_ok`: the origin is listed as private or loopback. `ca_file`: authorities to trust in
    place of the usual ones. Call `close()` at the end, or use it as a context manager.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        times: Times,
        may_send: Callable[[], None],
        private_ok: bool = False,
        ca_file: str = "",
    ) -> None:
        self.endpoint = endpoint
        self._cap = times.cap
        self._may_send = may_send
        self._means: dict[str, Any] = {
            "times": times,
            "may_send": may_send,
            "private_ok": private_ok,
            "ca_file": ca_file,
        }
        self._transport = Transport(**self._means)
        self._greets: tuple[Endpoint | None, dict[str, str | Secret]] = (None, {})

    def __enter__(self) -> AssistantsClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing to let go of."""

    def twin(self) -> AssistantsClient:
        """A plain client for the same server, for another thread."""
        return AssistantsClient(self.endpoint, **self._means)

    def turn(self) -> None:
        """Wait until a page may be asked for; before each one that a twin asks for."""
        self._may_send()

    def told(self, answer: Answer) -> None:
        """Learn from what a twin was answered."""

    def list(self, *, limit: int = 100, order: str = "asc", after: str = "") -> Answer:
        """One page. `limit` 1 to 100; an empty `order` or `after` is not sent."""
        asked = {"limit": str(limit), "order": order, "after": after}
        return self._call("list", "GET", "/assistants", query=asked)

    def retrieve(self, id: str) -> Answer:  # noqa: A002 — the API's own word
        """The assistant `id`."""
        return self._call("retrieve", "GET", "/assistants/", id=id)

    def create(self, body: bytes, *, idempotency_key: str = "") -> Answer:
        """Create from `body`, the bytes of a JSON object. A server may or may not heed the key."""
        return self._call(
            "create", "POST", "/assistants", body=body, extra={"Idempotency-Key": idempotency_key}
        )

    def modify(self, id: str, body: bytes, *, etag: str = "") -> Answer:  # noqa: A002
        """Change `id` to `body`. A server that heeds `etag` answers 412 if it changed meanwhile."""
        return self._call(
            "modify", "POST", "/assistants/", id=id, body=body, extra={"If-Match": etag}
        )

    def delete(self, id: str) -> Answer:  # noqa: A002
        """Delete `id`."""
        return self._call("delete", "DELETE", "/assistants/", id=id)

    def models(self) -> Answer:
        """The models that the server lists."""
        return self._call("models", "GET", "/models")

    def resources(self, kind: str, *, limit: int = 0, after: str = "") -> Answer:
        """A page of the files for assistants, or of `knowledge`: the vector stores.

        Without a `limit` nothing is sent but the address, for servers that refuse the rest.
        """
        purpose = "assistants" if kind == "files" else ""
        asked = {"purpose": purpose, "limit": str(limit), "order": "desc", "after": after}
        return self._call("resources", "GET", _RESOURCES[kind], query=asked if limit else None)

    def resource(self, kind: str, id: str) -> Answer:  # noqa: A002
        """One file, or one vector store."""
        return self._call("resource", "GET", f"{_RESOURCES[kind]}/", id=id)

    def _call(
        self,
        op: Op,
        method: str,
        path: str,
        *,
        id: str | None = None,  # noqa: A002
        query: dict[str, str] | None = None,
        body: bytes | None = None,
        extra: dict[str, str] | None = None,
    ) -> Answer:
        fault = self._cannot_send(id)
        if fault is not None:
            return Answer(op, 0, fault)
        url = self._address(path, id or "", query)
        sent = self._greets[1] | {name: value for name, value in (extra or {}).items() if value}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            reply = self._transport.call(method, url, headers=sent, body=body)
        except TransportError as error:
            return Answer(op, error.status, classify(op, error), ms=error.ms)
        return self._answer(op, reply, id or "")

    def _address(self, path: str, id_: str, query: dict[str, str] | None) -> str:
        asked = {**(query or {}), "api-version": self.endpoint.api_version}
        told = urlencode({name: value for name, value in asked.items() if value})
        url = self.endpoint.base_url + path + quote(id_, safe="")
        return f"{url}?{told}" if told else url

    def _cannot_send(self, id: str | None) -> Outcome | None:  # noqa: A002
        """Why this call stops here, if it does; from here on `_greets` belongs to this endpoint."""
        if id in ("", ".", ".."):  # would address the collection, or climb out of it
            return Outcome("surely_not", "refused", "This id cannot be used in an address.")
        if self._greets[0] is self.endpoint:
            return None
        try:
            profiles.check_endpoint(self.endpoint)
        except Invalid as error:
            return Outcome("surely_not", "key", f"The {error.field} cannot be sent: {error}")
        self._greets = (self.endpoint, self._headers())
        return None

    def _headers(self) -> dict[str, str | Secret]:
        """What goes with every call; a value that is empty is not sent."""
        end = self.endpoint
        told: dict[str, str | Secret] = {
            **end.headers,
            **end.greeting(),
            "OpenAI-Beta": "assistants=v2",
            "OpenAI-Organization": end.organization,
            "OpenAI-Project": end.project,
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
        }
        return {name: value for name, value in told.items() if value}

    def _answer(self, op: Op, reply: Reply, expected_id: str) -> Answer:
        document = self._document(reply)
        outcome = classify(op, reply, document, expected_id=expected_id, hide=self._hide)
        return Answer(
            op,
            reply.status,
            outcome,
            document if outcome.kind == "done" else None,
            reply.headers.get("etag", ""),
            self._hide(reply.headers.get("x-request-id", ""))[:WORD_MAX],
            epoch(reply.headers.get("date", "")),
            reply.ms,
        )

    def _document(self, reply: Reply) -> dict[str, Any] | None:
        if not 200 <= reply.status < 300:
            return None
        try:
            tree = contract.parse(reply.body, limit=self._cap)
        except InvalidDocument:
            return None
        return tree if isinstance(tree, dict) else None

    def _hide(self, text: str) -> str:
        """`text` without the key and without the values of the extra headers."""
        for secret in (self.endpoint.key, *self.endpoint.headers.values()):
            value = secret.reveal()
            if len(value) >= SHORTEST_SECRET:
                text = text.replace(value, "***")
        return text
