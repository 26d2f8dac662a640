"""The six shapes of contract.md section 7, and what Retry-After may say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from assistants_app.contract.upstream_errors import UpstreamError, epoch, upstream_error
from assistants_app.errors import DomainError

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def read(body: Any, status: int = 400, **headers: str) -> UpstreamError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return upstream_error(status, named, content)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        # 1: the envelope
        (
            {"error": {"message": "No.", "type": "t", "param": "name", "code": "c"}},
            ("No.", "t", "name", "c"),
        ),
        (
            {"error": {"message": "No.", "type": "t", "param": None, "code": None}},
            ("No.", "t", "", ""),
        ),
        # 2: without a type; a code may be a number
        (
            {"error": {"code": "DeploymentNotFound", "message": "No."}},
            ("No.", "", "", "DeploymentNotFound"),
        ),
        ({"error": {"code": 404, "message": "No."}}, ("No.", "", "", "404")),
        ({"error": "No."}, ("No.", "", "", "")),
        ({"message": "No.", "code": 7}, ("No.", "", "", "7")),
        # 3 and 4: FastAPI
        ({"detail": "No."}, ("No.", "", "", "")),
        (
            {"detail": [{"loc": ["body", "model"], "msg": "Field required", "type": "missing"}]},
            ("Field required", "", "model", "missing"),
        ),
        (
            {
                "detail": [
                    {"loc": ["body", "tools", 0, "function", "name"], "msg": "a"},
                    {"msg": "b"},
                ]
            },
            ("a; b", "", "tools[0].function.name", ""),
        ),
        ({"detail": [{"loc": ["query", "limit"], "msg": "a"}]}, ("a", "", "query.limit", "")),
        ({"detail": [{"loc": "body.name", "msg": "a"}]}, ("a", "", "name", "")),
        ({"detail": ["a", "b"]}, ("a; b", "", "", "")),
        ({"detail": []}, ("", "", "", "")),
        # 5: problem+json
        (
            {
                "type": "about:blank",
                "title": "Bad",
                "detail": "No.",
                "validation": [{"path": "/tools/0"}],
            },
            ("No.", "about:blank", "tools[0]", ""),
        ),
        ({"title": "Bad", "validation": {"metadata": ["No."]}}, ("Bad", "", "metadata", "")),
        ({"title": "Bad", "validation": [{"field": "name"}]}, ("Bad", "", "name", "")),
        ({"title": "Bad", "validation": None}, ("Bad", "", "", "")),
        # 6: text, HTML, nothing
        (b"upstream connect error", ("upstream connect error", "", "", "")),
        (b"", ("", "", "", "")),
        (b"  \n ", ("", "", "", "")),
        (
            b"<html><head><title>502 Bad &amp; Gateway</title></head><body>x</body></html>",
            ("502 Bad & Gateway", "", "", ""),
        ),
        (
            b"<p>Sorry,<script>steal()</script><!-- x --> closed.</p>",
            ("Sorry, closed.", "", "", ""),
        ),
        (b"\xff\xfe broken", ("\ufffd\ufffd broken", "", "", "")),
        # and what nobody documents
        ("No.", ("No.", "", "", "")),
        (7, ("", "", "", "")),
        (None, ("", "", "", "")),
        ([], ("", "", "", "")),
        ({}, ("", "", "", "")),
        ({"error": None}, ("", "", "", "")),
        ({"error": []}, ("", "", "", "")),
        ({"error": {"message": {"deep": 1}, "param": ["x"], "code": True}}, ("", "", "", "")),
        ({"detail": {"error": 1}}, ("", "", "", "")),
        ({"detail": [7]}, ("", "", "", "")),
        (
            b'{"error": {"message": "cut in the mid',
            ('{"error": {"message": "cut in the mid', "", "", ""),
        ),
    ],
)
def test_every_shape_of_refusal_is_read(body: Any, words: tuple[str, str, str, str]) -> None:
    error = read(body)
    assert (error.message, error.type, error.param, error.code) == words
    assert error.status == 400


def test_a_refusal_is_a_domain_error_with_a_sentence() -> None:
    assert isinstance(read(b""), DomainError)
    assert str(read(b"", 503)) == "The server answered 503."
    assert str(read(b"Closed.", 503)) == "Closed."


def test_texts_are_cut_and_put_on_one_line() -> None:
    error = read({"error": {"message": "a\r\nb\tc" + "\x7f" + "x" * 600, "param": "p" * 300}})
    assert error.message.startswith("a b c")
    assert len(error.message) == 500
    assert error.message.endswith("…")
    assert len(error.param) == 200
    assert len(read({"error": {"message": "x" * 500}}).message) == 500
    assert read({"error": {"message": "x" * 500}}).message.endswith("x")


def test_a_secret_at_the_cut_leaves_nothing_behind() -> None:
    body = json.dumps({"error": {"message": "x" * 495 + "sk-secret"}}).encode()
    error = upstream_error(400, {}, body, hide=lambda text: text.replace("sk-secret", "***"))
    assert error.message == "x" * 495 + "***"


def test_the_servers_request_id_is_kept() -> None:
    assert read({}, x_request_id="req_1").request_id == "req_1"
    assert read({}).request_id == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (" 20 ", 20.0),
        ("3600", 3600.0),
        ("-1", None),
        ("-0.5", None),
        ("nan", None),
        ("NaN", None),
        ("inf", None),
        ("-inf", None),
        ("soon", None),
        ("", None),
        ("6m0s", None),
    ],
)
def test_retry_after_in_seconds(text: str, seconds: float | None) -> None:
    error = read({}, 429, retry_after=text)
    assert (error.retry_after, error.is_wait_cut) == (seconds, False)


@pytest.mark.parametrize("text", ["1e9", "3601", "99999999999999999999"])
def test_more_than_an_hour_is_an_hour(text: str) -> None:
    error = read({}, 429, retry_after=text)
    assert (error.retry_after, error.is_wait_cut) == (3600.0, True)


def test_milliseconds_go_before_seconds_unless_they_are_nonsense() -> None:
    assert read({}, 429, retry_after_ms="1500", retry_after="9").retry_after == 1.5
    assert read({}, 429, retry_after_ms="-1", retry_after="9").retry_after == 9
    assert read({}, 429, retry_after_ms="soon", retry_after="9").retry_after == 9
    assert read({}, 429, retry_after_ms="1e9").retry_after == 3600
    assert read({}, 429).retry_after is None


def http_date(offset: float) -> str:
    return format_datetime(NOW + timedelta(seconds=offset), usegmt=True)


def test_a_date_is_measured_by_the_servers_own_clock() -> None:
    assert read({}, 429, retry_after=http_date(30), date=http_date(0)).retry_after == 30
    assert read({}, 429, retry_after=http_date(-30), date=http_date(0)).retry_after is None
    cut = read({}, 429, retry_after=http_date(9000), date=http_date(0))
    assert (cut.retry_after, cut.is_wait_cut) == (3600, True)


def test_without_the_servers_clock_ours_is_used() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    wait = read({}, 429, retry_after=soon).retry_after
    assert wait is not None
    assert 90 < wait <= 100


@pytest.mark.parametrize("text", ["", "yesterday", "Fri, 99 Nov 2026 12:00:00 GMT", "0"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert epoch(text) is None


def test_a_date_is_unix_seconds() -> None:
    assert epoch("Fri, 20 Nov 2026 12:00:00 GMT") == NOW.timestamp()
