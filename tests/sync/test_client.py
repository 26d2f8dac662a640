"""What goes out, and what comes back, over real HTTP."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from traceback import TracebackException
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.secret import Secret
from assistants_app.sync.client import USER_AGENT, AssistantsClient
from tests.sync.conftest import SHORT, TIMES, endpoint
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = b'{"model": "gpt-4o", "temperature": 0.30, "metadata": {"_dash": "op-1:1:abcdef12"}}'


@pytest.fixture
def client(up: Upstream, client_of: Callable[..., AssistantsClient]) -> AssistantsClient:
    return client_of(up)


def test_the_five_operations_and_the_models_work(up: Upstream, client: AssistantsClient) -> None:
    made = client.create(BODY)
    assert (made.op, made.status, made.outcome.kind) == ("create", 200, "done")
    assert made.document is not None
    id_ = made.document["id"]
    assert client.retrieve(id_).document == made.document
    changed = client.modify(id_, b'{"name": "Ada"}').document
    assert changed is not None
    assert changed["name"] == "Ada"
    listed = client.list().document
    assert listed is not None
    assert [item["id"] for item in listed["data"]] == [id_]
    assert client.models().outcome.kind == "done"
    assert client.delete(id_).outcome.kind == "done"
    assert client.retrieve(id_).outcome.reason == "missing"
    assert up.assistants == {}


def test_a_body_goes_out_byte_for_byte(up: Upstream, client: AssistantsClient) -> None:
    client.create(BODY)
    assert up.requests[0].body == BODY
    assert up.requests[0].body_hash == hashlib.sha256(BODY).hexdigest()


def test_every_call_carries_its_headers(up: Upstream, client: AssistantsClient) -> None:
    client.create(BODY)
    client.list()
    client.delete("asst_x")
    post, get, delete = up.requests
    for request in (post, get, delete):
        assert request.has_right_key
        assert request.headers["openai-beta"] == "assistants=v2"
        assert request.headers["accept"] == "application/json"
        assert request.headers["user-agent"] == USER_AGENT
        assert not {"openai-organization", "openai-project", "cookie"} & request.headers.keys()
    assert post.headers["content-type"] == "application/json"
    assert "content-type" not in get.headers
    assert "content-type" not in delete.headers
    assert not {"idempotency-key", "if-match"} & post.headers.keys()


def test_what_is_set_is_sent(up: Upstream, client_of: Callable[..., AssistantsClient]) -> None:
    client = client_of(
        up, organization="org-1", project="proj-2", headers={"X-Token": Secret("tok en")}
    )
    client.create(BODY, idempotency_key="op-1")
    client.modify("asst_x", BODY, etag='"7"')
    made, changed = up.requests
    assert made.headers["openai-organization"] == "org-1"
    assert made.headers["openai-project"] == "proj-2"
    assert made.headers["x-token"] == "tok en"
    assert made.headers["idempotency-key"] == "op-1"
    assert changed.headers["if-match"] == '"7"'


def test_without_a_key_there_is_no_authorization(
    up: Upstream, client_of: Callable[..., AssistantsClient]
) -> None:
    answer = client_of(up, key=Secret(""), headers={"astra-api-token": Secret("abcdef")}).list()
    assert answer.outcome.reason == "key"
    assert up.requests[0].headers["astra-api-token"] == "abcdef"


def test_a_list_asks_for_what_it_was_told(up: Upstream, client: AssistantsClient) -> None:
    client.list()
    client.list(limit=7, order="desc", after="asst_&=/ü")
    client.list(order="")
    assert [request.query for request in up.requests] == [
        {"limit": "100", "order": "asc"},
        {"limit": "7", "order": "desc", "after": "asst_&=/ü"},
        {"limit": "100"},
    ]


@pytest.mark.parametrize("id_", ["a/b", "a?b#c", "a b", "ü", "%2e%2e", "~-_.", "a%2Fb"])
def test_an_id_of_any_shape_reaches_its_assistant(
    up: Upstream, client: AssistantsClient, id_: str
) -> None:
    up.add(id_)
    answer = client.retrieve(id_)
    assert answer.outcome.kind == "done"
    assert answer.document is not None
    assert answer.document["id"] == id_


@pytest.mark.parametrize("id_", ["", ".", ".."])
def test_an_id_that_would_address_something_else_is_not_sent(
    up: Upstream, client: AssistantsClient, id_: str
) -> None:
    for answer in (client.retrieve(id_), client.modify(id_, BODY), client.delete(id_)):
        assert (answer.outcome.kind, answer.outcome.reason) == ("surely_not", "refused")
    assert up.requests == []


def test_a_key_that_cannot_be_sent_is_not_sent(
    up: Upstream, client_of: Callable[..., AssistantsClient]
) -> None:
    answer = client_of(up, key=Secret("sk-abcd\nefgh")).list()
    assert (answer.outcome.kind, answer.outcome.reason) == ("surely_not", "key")
    assert answer.outcome.message.endswith("Contains a line break at position 8.")
    assert "efgh" not in repr(answer)
    assert up.requests == []


def test_an_answer_knows_its_etag_request_and_clock(up: Upstream, client: AssistantsClient) -> None:
    headers = {"ETag": '"v7"', "x-request-id": "req_1", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"}
    up.on("GET", "/models", answer=(200, headers, {"data": []}))
    answer = client.models()
    assert (answer.etag, answer.request_id) == ('"v7"', "req_1")
    assert answer.date == datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
    assert 0 <= answer.ms < 2000


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "text/html"}, "<html>Sign in</html>"),
        (200, {}, b""),
        (204, {}, b""),
        (200, {}, b'{"id": "asst_1", "object": "assist'),
        (200, {}, b"[]"),
        (200, {}, b'"asst_1"'),
        (200, {}, b'{"id": "asst_1", "object": "assistant", "x": NaN}'),
        (200, {}, b"\xff\xfe"),
        (200, {}, {"id": "asst_1", "object": "thread"}),
        (200, {}, {"object": "assistant"}),
        (202, {}, {"status": "queued"}),
        "truncate",
        "reset",
        "silence",
        (500, {}, {"error": {"message": "Oops."}}),
        (502, {}, "<html>Bad Gateway</html>"),
        (408, {}, b""),
        (409, {}, b""),
    ],
)
def test_an_answer_that_says_nothing_leaves_a_create_unknown(
    up: Upstream, client_of: Callable[..., AssistantsClient], answer: Any
) -> None:
    up.on("POST", "/assistants", answer=answer)
    given = client_of(up, SHORT).create(BODY)
    assert given.outcome.kind == "unknown"
    assert given.document is None
    assert given.outcome.message
    assert len(up.requests) == 1


def test_json_under_another_name_is_still_json(up: Upstream, client: AssistantsClient) -> None:
    document = {"id": "asst_1", "object": "assistant", "created_at": 1.5}
    up.on("POST", "/assistants", answer=(201, {"Content-Type": "text/html"}, document))
    answer = client.create(BODY)
    assert (answer.outcome.kind, answer.status) == ("done", 201)


def test_another_assistant_than_the_one_asked_for_is_not_taken(
    up: Upstream, client: AssistantsClient
) -> None:
    up.on("GET", "/assistants/", answer=(200, {}, {"id": "asst_2", "object": "assistant"}))
    answer = client.retrieve("asst_1")
    assert (answer.outcome.kind, answer.outcome.reason) == ("unknown", "broken")
    assert answer.document is None


def test_numbers_keep_their_spelling(up: Upstream, client: AssistantsClient) -> None:
    text = b'{"id": "asst_1", "object": "assistant", "temperature": 0.30, "top_p": 1e0}'
    up.on("GET", "/assistants/", answer=(200, {}, text))
    document = client.retrieve("asst_1").document
    assert document is not None
    assert document["temperature"].text == "0.30"


def test_a_server_that_cannot_change_says_so(client_of: Callable[..., AssistantsClient]) -> None:
    with Upstream(no_update=True) as up:
        answer = client_of(up).modify(up.add(), BODY)
    assert (answer.outcome.kind, answer.outcome.reason) == ("surely_not", "no_update")


def test_a_wrong_key_is_named(up: Upstream, client_of: Callable[..., AssistantsClient]) -> None:
    answer = client_of(up, key=Secret("sk-wrong")).create(BODY)
    assert (answer.outcome.kind, answer.outcome.reason) == ("surely_not", "key")
    assert answer.outcome.code == "invalid_api_key"
    assert up.assistants == {}


def test_an_etag_that_no_longer_fits_is_refused(client_of: Callable[..., AssistantsClient]) -> None:
    with Upstream(etags=True) as up:
        client = client_of(up)
        id_ = up.add()
        etag = client.retrieve(id_).etag
        assert client.modify(id_, BODY, etag=etag).outcome.kind == "done"
        again = client.modify(id_, BODY, etag=etag)
    assert (again.status, again.outcome.kind, again.outcome.reason) == (
        412,
        "surely_not",
        "refused",
    )


def test_a_key_that_the_server_repeats_is_hidden(up: Upstream, client: AssistantsClient) -> None:
    error = {"message": f"Bad key {up.key}", "code": up.key, "param": up.key}
    answer = (401, {"x-request-id": up.key}, {"error": error})
    up.on("GET", "/models", answer=answer)
    given = client.models()
    assert up.key not in repr(given)
    assert given.outcome.message == "Bad key ***"
    assert given.request_id == "***"


def test_a_failing_caller_finds_no_key_in_the_traceback(up: Upstream) -> None:
    def may_not() -> None:
        raise RuntimeError("a transaction is open")

    client = AssistantsClient(endpoint(up), times=TIMES, may_send=may_not, private_ok=True)
    with client, pytest.raises(RuntimeError) as caught:
        client.create(BODY)
    shown = "".join(TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert up.key not in shown
    assert up.requests == []


def test_loopback_needs_permission(up: Upstream) -> None:
    with AssistantsClient(endpoint(up), times=TIMES, may_send=lambda: None) as client:
        answer = client.list()
    assert answer.outcome.message == "Not on the list of allowed addresses."
    assert answer.outcome.kind == "surely_not"
    assert up.requests == []


def test_the_sdks_retries_are_not_ours(up: Upstream, client: AssistantsClient) -> None:
    for answer in ("reset", (500, {}, b""), (429, {"Retry-After": "0"}, b"")):
        up.on("POST", "/assistants", answer=answer)
        client.create(BODY)
    assert len(up.requests) == 3
    assert json.loads(up.requests[0].body)["model"] == "gpt-4o"
