"""Every refusal and fault under /v1 wears the API's envelope, whoever makes it."""

from __future__ import annotations

import logging
from itertools import product
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError, connection
from django.test import Client

from assistants_app.models import AuditHead
from tests.api.conftest import API, LIST, error

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

BODY = {"model": "gpt-4o"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/assistants/",
        "/v1/threads",
        "/v1/chat/completions",
        "/v1/assistant",
        "/v1/models/gpt-4o",
        "/v1/%00",
        "/v1/x%0Ay",
        "/v1/%FF",
        "/v1//assistants",
        "/v1/../v1/nothing",
    ],
)
def test_an_unknown_path_is_a_404_whoever_asks_and_however(api: API, path: str) -> None:
    anyone = API()
    for caller, method in product((api, anyone), ("GET", "POST", "DELETE", "PUT", "OPTIONS")):
        answer = caller.call(method, path, {})
        told = error(answer, 404)
        assert (told["type"], told["param"]) == ("invalid_request_error", None)
        assert told["code"] == "unknown_url"
        assert "Location" not in answer


def test_a_path_that_only_begins_alike_is_a_page(api: API) -> None:
    assert api.get("/v10/assistants")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/vnd.api+json",
        "*/*",
        "nonsense",
    ],
)
def test_what_is_not_json_is_a_415(api: API, content_type: str) -> None:
    headers = {"Content-Type": content_type}

    told = error(api.call("POST", LIST, BODY, **headers), 415)

    assert (told["type"], told["message"]) == ("invalid_request_error", "Send application/json.")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=latin-1"],
)
def test_json_is_taken_as_utf_8_whatever_the_charset_says(api: API, content_type: str) -> None:
    headers = {"Content-Type": content_type}

    answer = api.call("POST", LIST, BODY | {"name": "Zoë"}, **headers)

    assert answer.status_code == 200
    assert answer.json()["name"] == "Zoë"


def test_a_body_of_more_than_8_mib_is_a_413(api: API) -> None:
    body = b'{"model":"gpt-4o","name":"' + b"x" * 9_000_000 + b'"}'

    told = error(api.call("POST", LIST, body), 413)

    assert told["code"] == "too_large"
    assert f"but got {len(body)} bytes" in told["message"]


def test_a_body_of_exactly_8_mib_is_read(api: API) -> None:
    body = b'{"model":"gpt-4o"' + b" " * (8 * 1024 * 1024 - 18) + b"}"
    assert len(body) == 8 * 1024 * 1024

    assert api.call("POST", LIST, body).status_code == 200


def test_a_fault_is_a_500_with_its_number_and_no_details(
    api: API, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError("the inside of the product")

    monkeypatch.setattr("assistants_app.contract.served", fail)
    with caplog.at_level(logging.ERROR):
        answer = api.post(LIST, BODY)

    told = error(answer, 500)
    assert (told["type"], told["code"]) == ("server_error", None)
    assert answer["X-Request-ID"] in told["message"]
    assert b"inside" not in answer.content
    (line,) = [r for r in caplog.records if r.name == "assistants_app.api.errors"]
    assert line.request_id == answer["X-Request-ID"]  # type: ignore[attr-defined]
    assert line.exc_info


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_is_a_503_that_says_when_to_come_back(api: API) -> None:
    def busy(*_args: object) -> None:
        raise OperationalError("database is locked")

    with connection.execute_wrapper(busy):
        answer = api.get(LIST)

    told = error(answer, 503)
    assert told["type"] == "server_error"
    assert answer["Retry-After"] == "5"


def test_a_broken_audit_log_is_a_503_and_nothing_is_written(api: API) -> None:
    AuditHead.objects.update(hash="f" * 64)

    answer = api.post(LIST, BODY)

    assert error(answer, 503)["type"] == "server_error"
    assert answer["Retry-After"] == "5"
    assert api.get(LIST).json()["data"] == []


def test_a_wrong_host_is_refused_in_the_envelope(api: API) -> None:
    told = error(api.get(LIST, Host="evil.example"), 400)

    assert "evil" not in str(told)


def test_plain_http_is_refused_and_not_redirected(api: API, settings: SettingsWrapper) -> None:
    settings.SECURE_SSL_REDIRECT = True

    answer = API(api.secret).get(LIST)

    assert error(answer, 400)["code"] == "https_required"
    assert "Location" not in answer


def test_a_fault_before_our_views_wears_the_envelope_too(
    api: API, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("assistants_app.middleware.HouseMiddleware.__call__", fail)
    client = Client(raise_request_exception=False)

    assert error(API(api.secret, client).get(LIST), 500)["type"] == "server_error"


def test_a_page_keeps_its_own_errors(client: Client, db: None) -> None:
    answer = client.get("/nowhere/")

    assert (answer.status_code, answer["Content-Type"][:9]) == (404, "text/html")


def test_a_post_needs_no_csrf_token(api: API) -> None:
    assert api.client.handler.enforce_csrf_checks
    assert api.post(LIST, BODY).status_code == 200
