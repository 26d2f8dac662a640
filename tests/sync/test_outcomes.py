"""The tables of reliability.md 5.3 and contract.md section 1, row by row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistants_app.sync.outcomes import DONE, Outcome, classify
from assistants_app.sync.transport import Reply, TransportError

OPS = ("list", "retrieve", "create", "modify", "delete", "models")
WRITES = ("create", "modify", "delete")
ASSISTANT = {"id": "asst_1", "object": "assistant", "model": "gpt-4o"}


def reply(status: int, body: Any = b"", **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, content, 3)


def refusal(op: Any, status: int, *, code: str | None = None, **headers: str) -> Outcome:
    body = {"error": {"message": "No.", "type": "t", "param": "tools[0]", "code": code}}
    return classify(op, reply(status, body, **headers))


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(
    ("kind", "reason"),
    [("dns", "network"), ("refused", "network"), ("tls", "network"), ("timeout", "network"),
     ("reset", "network"), ("address", "network")],
)  # fmt: skip
def test_what_never_left_was_surely_not_done(op: Any, kind: str, reason: str) -> None:
    outcome = classify(op, TransportError(kind, sent=False))
    assert (outcome.kind, outcome.reason) == ("surely_not", reason)
    assert outcome.message.endswith(".")


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(
    ("kind", "reason"),
    [("timeout", "network"), ("reset", "network"), ("too_large", "too_large")],
)
def test_what_left_without_a_whole_answer_is_unknown(op: Any, kind: str, reason: str) -> None:
    outcome = classify(op, TransportError(kind, sent=True, status=200))
    assert (outcome.kind, outcome.reason) == ("unknown", reason)


@pytest.mark.parametrize("op", OPS)
def test_a_redirect_was_surely_not_done(op: Any) -> None:
    for answer in (TransportError("redirect", sent=True, status=307), reply(308)):
        outcome = classify(op, answer)
        assert (outcome.kind, outcome.reason) == ("surely_not", "redirect")
        assert outcome.message == "Upstream answered with a redirect; not followed."


def test_a_failed_handshake_names_what_was_wrong() -> None:
    error = TransportError("tls", sent=False, detail="its certificate has expired")
    message = classify("list", error).message
    assert message == "No secure connection: its certificate has expired."


@pytest.mark.parametrize("op", ["create", "modify", "retrieve"])
@pytest.mark.parametrize("status", [200, 201])
def test_an_assistant_with_an_id_is_done(op: Any, status: int) -> None:
    expected_id = "" if op == "create" else "asst_1"
    assert classify(op, reply(status), ASSISTANT, expected_id=expected_id) == DONE


@pytest.mark.parametrize("op", ["create", "modify", "retrieve"])
@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"id": "asst_1"},
        {"id": "asst_1", "object": None},
        {"id": "asst_1", "object": "thread"},
        {"object": "assistant"},
        {"id": "", "object": "assistant"},
        {"id": 7, "object": "assistant"},
        {"id": None, "object": "assistant"},
    ],
)
def test_any_other_success_is_unknown(op: Any, document: Any) -> None:
    expected_id = "" if op == "create" else "asst_1"
    outcome = classify(op, reply(200), document, expected_id=expected_id)
    assert (outcome.kind, outcome.reason) == ("unknown", "broken")
    assert outcome.message


@pytest.mark.parametrize("op", ["modify", "retrieve"])
def test_another_id_than_the_one_asked_for_is_unknown(op: Any) -> None:
    outcome = classify(op, reply(200), ASSISTANT, expected_id="asst_2")
    assert (outcome.kind, outcome.reason) == ("unknown", "broken")


@pytest.mark.parametrize(
    ("op", "document", "is_done"),
    [
        ("list", {"data": []}, True),
        ("list", {"object": "page", "data": [1]}, True),
        ("list", {"data": None}, False),
        ("list", {"object": "list"}, False),
        ("list", None, False),
        ("models", {"data": []}, True),
        ("models", {"models": []}, False),
        ("resources", {"data": []}, True),
        ("resources", {"data": {}}, False),
        ("resource", {"id": "file-2", "object": "file"}, False),
        ("delete", {"id": "asst_1", "object": "assistant.deleted", "deleted": True}, True),
        ("delete", {"deleted": True}, True),
        ("delete", {"id": "asst_1", "object": "odd", "deleted": True}, True),
        ("delete", {"id": "asst_2", "deleted": True}, False),
        ("delete", {"id": "asst_1", "deleted": False}, False),
        ("delete", {"id": "asst_1", "deleted": 1}, False),
        ("delete", {}, False),
        ("delete", None, False),
    ],
)
def test_lists_and_deletions_may_lack_their_object(op: Any, document: Any, is_done: bool) -> None:
    outcome = classify(op, reply(200), document, expected_id="asst_1" if op == "delete" else "")
    assert outcome == DONE if is_done else (outcome.kind, outcome.reason) == ("unknown", "broken")


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, "surely_not", "refused"),
        (422, "surely_not", "refused"),
        (413, "surely_not", "refused"),
        (412, "surely_not", "refused"),
        (415, "surely_not", "refused"),
        (401, "surely_not", "key"),
        (403, "surely_not", "key"),
        (402, "surely_not", "quota"),
        (429, "surely_not", "slow_down"),
        (408, "unknown", "broken"),
        (409, "unknown", "broken"),
        (418, "unknown", "broken"),
        (423, "unknown", "broken"),
        (499, "unknown", "broken"),
        (500, "unknown", "broken"),
        (501, "unknown", "broken"),
        (502, "unknown", "broken"),
        (503, "unknown", "broken"),
        (504, "unknown", "broken"),
        (599, "unknown", "broken"),
        (199, "unknown", "broken"),
    ],
)
def test_a_status_means_the_same_for_every_operation(
    op: Any, status: int, kind: str, reason: str
) -> None:
    outcome = refusal(op, status)
    assert (outcome.kind, outcome.reason) == (kind, reason)
    assert (outcome.message, outcome.param) == ("No.", "tools[0]")


@pytest.mark.parametrize("status", range(400, 600))
def test_only_a_server_that_did_not_begin_is_asked_again_at_once(status: int) -> None:
    certain = {400, 401, 402, 403, 404, 405, 406, 410, 411, 412, 413, 414, 415, 417}
    certain |= {421, 422, 425, 426, 428, 429, 431, 451}
    assert refusal("create", status).kind == ("surely_not" if status in certain else "unknown")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(199, "unknown"), (299, "done"), (300, "surely_not"), (399, "surely_not"), (600, "unknown")],
)
def test_the_edges_of_the_classes_of_status(status: int, kind: str) -> None:
    assert classify("create", reply(status), ASSISTANT).kind == kind


@pytest.mark.parametrize(
    ("op", "status", "reason"),
    [
        ("list", 404, "gone"),
        ("create", 404, "gone"),
        ("retrieve", 404, "missing"),
        ("modify", 404, "missing"),
        ("delete", 404, "missing"),
        ("models", 404, "missing"),
        ("list", 410, "gone"),
        ("create", 410, "gone"),
        ("retrieve", 410, "missing"),
        ("modify", 410, "missing"),
        ("delete", 410, "missing"),
        ("models", 410, "refused"),
        ("resources", 404, "missing"),
        ("resource", 404, "missing"),
        ("resources", 410, "refused"),
        ("modify", 405, "no_update"),
        ("create", 405, "refused"),
        ("retrieve", 405, "refused"),
        ("delete", 405, "refused"),
        ("list", 405, "refused"),
    ],
)
def test_a_missing_id_a_missing_api_and_a_missing_ability_differ(
    op: Any, status: int, reason: str
) -> None:
    outcome = refusal(op, status)
    assert (outcome.kind, outcome.reason) == ("surely_not", reason)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("insufficient_quota", "quota"),
        ("quota_exceeded", "quota"),
        ("billing_hard_limit_reached", "quota"),
        ("billing_not_active", "quota"),
        ("rate_limit_exceeded", "slow_down"),
        (None, "slow_down"),
    ],
)
def test_a_used_up_quota_is_told_from_too_many_calls(code: str | None, reason: str) -> None:
    assert refusal("create", 429, code=code).reason == reason


def test_what_the_server_asks_for_is_kept() -> None:
    outcome = refusal("create", 429, retry_after="7", x_should_retry="true", code="c")
    assert (outcome.retry_after, outcome.should_retry, outcome.code) == (7.0, True, "c")
    assert refusal("create", 503, x_should_retry="FALSE").should_retry is False
    assert refusal("create", 503, x_should_retry="perhaps").should_retry is None


def test_more_than_an_hour_becomes_an_hour_and_is_said() -> None:
    outcome = refusal("create", 429, retry_after="1e9")
    assert outcome.retry_after == 3600
    assert outcome.message == "No. It asks for more than an hour; we wait one hour."
    long = classify("create", reply(429, b"x" * 5000, retry_after="86400"))
    assert len(long.message) == 500
    assert long.message.endswith("we wait one hour.")


def test_a_refusal_without_words_still_has_a_sentence() -> None:
    assert classify("list", reply(502)).message == "The server answered 502 without a message."


def test_a_secret_in_the_servers_words_is_hidden_wherever_it_stands() -> None:
    key = "sk-canary-0123456789"
    error = {"message": f"bad {key}", "param": key, "code": key, "type": key}
    texts = (
        json.dumps({"error": error}),
        json.dumps({"detail": [{"loc": ["body", key], "msg": "x" * 490 + key}]}),
        f"<html><title>{key}</title></html>",
        json.dumps({"error": {"message": "\\u0073k-canary-0123456789"}}).replace("\\\\", "\\"),
    )
    for text in texts:
        outcome = classify(
            "create", reply(401, text.encode()), hide=lambda told: told.replace(key, "***")
        )
        assert "canary" not in repr(outcome)
        assert "***" in repr(outcome)
