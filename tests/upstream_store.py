"""What the upstream of the tests holds, and how the Assistants API treats it.

Written from the API's references alone; it must not ask our own contract code, whose mistakes it
is there to find.
"""

from __future__ import annotations

import contextlib
import copy
import json
import secrets
import string
import time
import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Body = bytes | str | dict[str, Any] | list[Any]
Reply = tuple[int, dict[str, str], Body]
HTML = b"<html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
DEFAULTS: dict[str, Any] = {
    "name": None,
    "description": None,
    "model": None,
    "instructions": None,
    "tools": [],
    "tool_resources": {},
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "response_format": "auto",
    "reasoning_effort": None,
}
NEVER_NULL = ("model", "tools")
TEXT_LIMITS = {"name": 256, "description": 512, "instructions": 256_000, "model": 256}
NUMBER_LIMITS = {"temperature": 2, "top_p": 1}
KINDS = {"tools": (list, "an array"), "tool_resources": (dict, "an object")}
ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Profile:
    """How this server differs from the references."""

    page_shifting: bool = False  # pages are offsets, and rows come and go between them
    strict_nulls: bool = False  # 400 on any null
    ms_dates: bool = False
    float_dates: bool = False
    no_update: bool = False  # 405 on modify
    drops: frozenset[str] = frozenset()  # fields that are taken and forgotten
    strips_metadata: bool = False
    html: bool = False  # every answer is a page with status 200
    repeat_pages: bool = False  # ignores `after`, has_more for ever
    ignores_limit: bool = False
    page_max: int = 100  # larger limits are cut to this
    limit_max: int = 100  # 400 on larger limits
    only_data: bool = False  # a list is {"data": […]}
    refuses_order: bool = False  # 400 on `order`
    keeps_idempotency_keys: bool = False
    key_header: str = "authorization"  # where its key is looked for; "" = it wants none
    api_version: str = ""  # must be in every address
    no_retrieve: bool = False  # 405 on a single assistant
    etags: bool = False  # ETag on answers, If-Match is heeded
    no_resources: bool = False  # neither files nor vector stores


class Refused(Exception):
    """Becomes an error envelope."""

    def __init__(self, status: int, message: str, *, param: str = "", code: str = "") -> None:
        super().__init__(message)
        kind = "authentication_error" if status == 401 else "invalid_request_error"
        self.status = status
        self.body = {
            "error": {
                "message": message,
                "type": kind,
                "param": param or None,
                "code": code or None,
            }
        }


@dataclass(frozen=True)
class Recorded:
    """One request as it arrived. `path` is without `/v1`; `headers` in lower case, without the key;
    `time` is Unix seconds; `body_hash` the SHA-256 of the body in hex.
    """

    time: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    body_hash: str
    has_right_key: bool

    @property
    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


@dataclass
class Store:
    """The assistants by id, in order of creation. Not locked: the server does that."""

    profile: Profile
    assistants: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: dict[str, list[str]] = field(default_factory=dict)  # op_id → ids, deleted ones too
    answered_keys: dict[str, str] = field(default_factory=dict)
    pages_served: int = 0
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    vector_stores: dict[str, dict[str, Any]] = field(default_factory=dict)

    def twin(self) -> Store:
        """A copy to try something on."""
        return copy.deepcopy(self)

    def create(self, body: Any, idempotency_key: str = "") -> dict[str, Any]:
        if self.profile.keeps_idempotency_keys and idempotency_key in self.answered_keys:
            return self.shown(self.assistants[self.answered_keys[idempotency_key]])
        self._check(body, is_create=True)
        id_ = "asst_" + "".join(secrets.choice(ALPHABET) for _ in range(24))
        kept = {name: value for name, value in body.items() if value is not None}
        return self.put(id_, kept, idempotency_key=idempotency_key)

    def put(
        self, id_: str, fields: dict[str, Any], *, created_at: int = 0, idempotency_key: str = ""
    ) -> dict[str, Any]:
        """Store an assistant as it is; a test's way to have one there."""
        row = {"id": id_, "object": "assistant", "created_at": created_at or int(time.time())}
        self.assistants[id_] = row | copy.deepcopy(DEFAULTS) | copy.deepcopy(fields)
        self._forget(id_)
        if op_id := marker(fields).split(":")[0]:
            self.created.setdefault(op_id, []).append(id_)
        if idempotency_key:
            self.answered_keys[idempotency_key] = id_
        return self.shown(self.assistants[id_])

    def retrieve(self, id_: str) -> dict[str, Any]:
        return self.shown(self._row(id_))

    def modify(self, id_: str, body: Any, if_match: str = "") -> dict[str, Any]:
        row = self._row(id_)
        if self.profile.no_update:
            raise Refused(405, "Method not allowed.")
        if self.profile.etags and if_match and if_match != etag(row):
            raise Refused(412, "The assistant was changed meanwhile.")
        self._check(body, is_create=False)
        for name, value in body.items():
            row[name] = copy.deepcopy(DEFAULTS[name] if value is None else value)
        self._forget(id_)
        return self.shown(row)

    def delete(self, id_: str) -> dict[str, Any]:
        del self.assistants[self._row(id_)["id"]]
        return {"id": id_, "object": "assistant.deleted", "deleted": True}

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        order, limit = query.get("order", "desc"), self._limit(query)
        if order not in ("asc", "desc") or ("order" in query and self.profile.refuses_order):
            raise Refused(400, "Invalid value for 'order'.", param="order", code="invalid_value")
        numbered = enumerate(self.assistants.values())
        rows = [row for _, row in sorted(numbered, key=lambda at: (at[1]["created_at"], at[0]))]
        rows = rows[::-1] if order == "desc" else rows
        left = self._between(rows, query)
        page = left[:limit]
        if query.get("before") and not query.get("after"):
            page = left[-limit:]
        self.pages_served += 1
        return self._page(page, has_more=len(left) > len(page))

    def hold(self, collection: str, id_: str, **fields: Any) -> str:
        """A test's way to have a file or a vector store there; gives its id."""
        kind = collection.removesuffix("s")
        made_at = 1_760_000_000 + len(getattr(self, collection))
        row = {"id": id_, "object": kind, "created_at": made_at} | fields
        getattr(self, collection)[id_] = row
        return id_

    def held(self, collection: str, id_: str, query: dict[str, str]) -> dict[str, Any]:
        """A page of files or vector stores, the newest first, or a single one."""
        rows: dict[str, dict[str, Any]] = getattr(self, collection)
        if self.profile.no_resources:
            raise Refused(404, f"Unknown request URL: GET /{collection}.")
        if id_:
            if id_ not in rows:
                raise Refused(404, f"No such {collection[:-1]}: '{id_}'.")
            return copy.deepcopy(rows[id_])
        wanted = query.get("purpose")
        listed = [row for row in rows.values() if wanted in (None, row.get("purpose"))][::-1]
        ids = [row["id"] for row in listed]
        start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
        limit = int(query.get("limit", "20" if collection == "vector_stores" else "10000"))
        page = copy.deepcopy(listed[start : start + limit])
        return {"object": "list", "data": page, "has_more": start + limit < len(listed)}

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row as this server answers with it."""
        shown = {name: v for name, v in row.items() if name not in self.profile.drops}
        if self.profile.ms_dates:
            shown["created_at"] = row["created_at"] * 1000 + 368
        if self.profile.float_dates:
            shown["created_at"] = row["created_at"] + 0.25
        return copy.deepcopy(shown)

    def _page(self, page: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
        data = [self.shown(row) for row in page]
        if self.profile.only_data:
            return {"data": data}
        ids = [row["id"] for row in data] or [None]
        answer = {"object": "list", "data": data, "first_id": ids[0], "last_id": ids[-1]}
        return answer | {"has_more": has_more or self.profile.repeat_pages}

    def _limit(self, query: dict[str, str]) -> int:
        text = query.get("limit", "20")
        if not text.isdecimal() or not 1 <= int(text) <= self.profile.limit_max:
            raise Refused(400, "Invalid 'limit'.", param="limit", code="invalid_value")
        if self.profile.ignores_limit:
            return len(self.assistants) or 1
        return min(int(text), self.profile.page_max)

    def _between(self, rows: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        ids = [row["id"] for row in rows]
        after, before = query.get("after", ""), query.get("before", "")
        if self.profile.repeat_pages:
            after = ""
        if {cursor for cursor in (after, before) if cursor} - set(ids):
            return []
        start = ids.index(after) + 1 if after else 0
        if after and self.profile.page_shifting:
            # A row appeared before the offset (the last one comes again), or one went (one is
            # skipped); by turns, so that another pass meets other rows.
            start += (-1, 1)[self.pages_served % 2]
        return rows[start : ids.index(before) if before else len(rows)]

    def _row(self, id_: str) -> dict[str, Any]:
        if id_ not in self.assistants:
            raise Refused(404, f"No assistant found with id '{id_}'.")
        return self.assistants[id_]

    def _forget(self, id_: str) -> None:
        if self.profile.strips_metadata:
            self.assistants[id_]["metadata"] = {}
        for name in self.profile.drops:
            self.assistants[id_][name] = DEFAULTS[name]

    def _check(self, body: Any, *, is_create: bool) -> None:
        if not isinstance(body, dict):
            raise Refused(400, "The body must be a JSON object.")
        if is_create and "model" not in body:
            raise Refused(
                400,
                "Missing required parameter: 'model'.",
                param="model",
                code="missing_required_parameter",
            )
        for name, value in body.items():
            self._check_field(name, value)

    def _check_field(self, name: str, value: Any) -> None:
        if name not in DEFAULTS:
            raise Refused(
                400, f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter"
            )
        if value is None:
            if name in NEVER_NULL or self.profile.strict_nulls:
                raise _wrong_type(name, "another type", value)
            return
        if name in TEXT_LIMITS:
            _check_text(name, value)
        elif name in NUMBER_LIMITS:
            _check_number(name, value)
        elif name in KINDS and not isinstance(value, KINDS[name][0]):
            raise _wrong_type(name, KINDS[name][1], value)
        elif name == "metadata":
            _check_metadata(value)
        if name == "tools" and len(value) > 128:
            raise _too_long(name, "array_above_max_length")


def marker(fields: dict[str, Any]) -> str:
    """The dashboard's marker in a body, or an empty string."""
    metadata = fields.get("metadata")
    return str(metadata.get("_dash", "")) if isinstance(metadata, dict) else ""


def etag(row: dict[str, Any]) -> str:
    """A strong ETag of a row's present state."""
    return f'"{zlib.crc32(repr(row).encode()):08x}"'


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise _wrong_type(name, "a string", value)
    if len(value) > TEXT_LIMITS[name]:
        raise _too_long(name, "string_above_max_length")
    if name == "model" and not value:
        raise Refused(400, "Invalid 'model': empty string.", param=name, code="invalid_value")


def _check_number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong_type(name, "a decimal", value)
    if not 0 <= value <= NUMBER_LIMITS[name]:
        code = "decimal_above_max_value" if value > 0 else "decimal_below_min_value"
        raise Refused(400, f"Invalid '{name}': out of range.", param=name, code=code)


def _check_metadata(value: Any) -> None:
    if not isinstance(value, dict):
        raise _wrong_type("metadata", "an object", value)
    if len(value) > 16:
        raise _too_long("metadata", "object_above_max_properties")
    for key, text in value.items():
        if not isinstance(text, str):
            raise _wrong_type(f"metadata.{key}", "a string", text)
        if len(key) > 64 or len(text) > 512:
            raise _too_long(f"metadata.{key}", "string_above_max_length")


def _wrong_type(name: str, wanted: str, value: Any) -> Refused:
    got = "null" if value is None else type(value).__name__
    message = f"Invalid type for '{name}': expected {wanted}, but got {got} instead."
    return Refused(400, message, param=name, code="invalid_type")


def _too_long(name: str, code: str) -> Refused:
    return Refused(400, f"Invalid '{name}': too long.", param=name, code=code)


def perform(store: Store, request: Recorded) -> Reply:
    """What the API answers to `request`, with its effect on `store`."""
    if store.profile.html:
        return 200, {"Content-Type": "text/html"}, HTML
    try:
        if not request.has_right_key:
            raise Refused(401, "Incorrect API key provided.", code="invalid_api_key")
        if store.profile.api_version != request.query.get("api-version", ""):
            raise Refused(404, "Resource not found.")
        body = _route(store, request)
    except Refused as refusal:
        return refusal.status, {}, refusal.body
    row = store.assistants.get(str(body.get("id")))
    return 200, {"ETag": etag(row)} if row and store.profile.etags else {}, body


def _route(store: Store, request: Recorded) -> dict[str, Any]:
    collection, _, id_ = request.path[1:].partition("/")
    if collection == "models" and request.method == "GET":
        return {"object": "list", "data": [{"id": "gpt-4o", "object": "model", "created": 1}]}
    if collection in ("files", "vector_stores") and request.method == "GET":
        return store.held(collection, unquote(id_), request.query)
    if collection != "assistants":
        raise Refused(404, f"Unknown request URL: {request.method} {request.path}.")
    id_, key = unquote(id_), request.headers.get("idempotency-key", "")
    if request.method == "POST":
        body = _parsed(request.body)
        if_match = request.headers.get("if-match", "")
        return store.modify(id_, body, if_match) if id_ else store.create(body, key)
    if request.method == "GET" and id_ and store.profile.no_retrieve:
        raise Refused(405, "Method not allowed.")
    if request.method == "GET":
        return store.retrieve(id_) if id_ else store.page(request.query)
    if request.method == "DELETE" and id_:
        return store.delete(id_)
    raise Refused(405, "Method not allowed.")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Refused(400, "We could not parse the JSON body of your request.") from None


def written(request: Recorded) -> str:
    """The assistant that a request writes to: by our mark, or its path; "" for a read."""
    if request.method == "GET":
        return ""
    with contextlib.suppress(ValueError):
        sent = json.loads(request.body)
        if isinstance(sent, dict) and (op_id := marker(sent).split(":")[0]):
            return op_id
    return request.path if request.path.count("/") > 1 else ""
