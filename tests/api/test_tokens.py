"""Who may call: tokens, their scopes, owners and ends."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from assistants_app.actions import tokens, workspaces
from assistants_app.models import APIToken, AuditEntry
from dashboard.logs import JSONLines
from tests import builders
from tests.api.conftest import API, LIST, error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_app.models import User, Workspace

BODY = {"model": "gpt-4o"}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer asd_" + "0" * 64,
        "Bearer two words",
        "Bearer tökén",
        "Bearer \xff\xfe",
        "Bearer \u043a\u043b\u044e\u0447",
        "Basic dXNlcjpwYXNz",
        "Token asd_" + "0" * 64,
        "Bearer " + "x" * 5000,
        "Bearer %00",
    ],
)
def test_no_token_or_a_wrong_one_is_a_401(workspace: Workspace, header: str) -> None:
    answer = API().get(LIST, Authorization=header)

    told = error(answer, 401)
    assert (told["type"], told["code"]) == ("authentication_error", "invalid_api_key")
    assert answer["WWW-Authenticate"] == "Bearer"
    assert workspace.name not in str(told)


def test_a_write_without_a_token_is_a_401_before_its_body_is_read(workspace: Workspace) -> None:
    assert workspace.approvals == 0
    for body in (BODY, b"{", b"x" * 9_000_000):
        error(API().call("POST", LIST, body), 401)


def test_the_scheme_is_spelled_in_any_case(api: API) -> None:
    assert API().get(LIST, Authorization=f"bearer {api.secret}").status_code == 200


def test_all_but_the_last_character_is_not_enough(api: API) -> None:
    error(API(api.secret[:-1]).get(LIST), 401)
    error(API(api.secret[:-1] + ("0" if api.secret[-1] != "0" else "1")).get(LIST), 401)


@pytest.mark.parametrize("name", ["api_key", "access_token", "token", "key", "after"])
def test_a_token_in_the_address_is_refused_even_beside_a_good_one(api: API, name: str) -> None:
    told = error(api.get(f"{LIST}?{name}={api.secret}"), 401)

    assert told["code"] == "invalid_api_key"
    assert "address" in told["message"]
    assert api.secret not in str(told)
    error(API().get(f"{LIST}?{name}={api.secret}"), 401)


def test_a_signed_in_browser_is_nobody_here(api: API, erin: User) -> None:
    api.client.force_login(erin)

    error(API("", api.client).get(LIST), 401)


def test_an_expired_token_is_a_401_and_stays_for_its_owner_to_see(
    api: API, token: tuple[APIToken, str]
) -> None:
    assert token[0].expiry is not None
    with time_machine.travel(token[0].expiry, tick=False):
        error(api.get(LIST), 401)
        error(api.post(LIST, BODY), 401)
    assert APIToken.objects.filter(pk=token[0].pk).exists()


def test_another_tokens_end_is_none_of_this_ones_business(
    api: API, token: tuple[APIToken, str], workspace: Workspace, erin: User
) -> None:
    short, _ = tokens.create(
        workspace, actor=builders.acting(erin), name="Short", scopes=["assistants:read"], days=1
    )
    assert short.expiry is not None
    with time_machine.travel(short.expiry, tick=False):
        assert api.get(LIST).status_code == 200
    assert APIToken.objects.count() == 2
    assert token[0] != short


def test_a_revoked_token_is_a_401_at_once(
    api: API, token: tuple[APIToken, str], erin: User
) -> None:
    tokens.revoke(token[0], actor=builders.acting(erin))

    error(api.get(LIST), 401)


def test_a_deactivated_owners_token_is_a_401_at_once(api: API, erin: User) -> None:
    assert api.get(LIST).status_code == 200
    erin.is_active = False
    erin.save(update_fields=["is_active"])

    error(api.get(LIST), 401)
    error(api.post(LIST, BODY), 401)


def test_an_owner_who_left_the_workspace_reads_and_writes_nothing(
    api: API, workspace: Workspace, erin: User, dora: User
) -> None:
    workspaces.remove_member(workspace.memberships.get(user=erin), actor=builders.acting(dora))

    assert error(api.get(LIST), 403)["type"] == "permission_error"
    error(api.post(LIST, BODY), 403)
    assert AuditEntry.objects.latest("seq").action == "access.denied"


def test_the_rights_of_the_role_count_now_not_those_of_the_day_the_token_was_made(
    api: API, workspace: Workspace, erin: User, dora: User
) -> None:
    workspaces.set_member(workspace, erin, actor=builders.acting(dora), roles=["viewer"])

    assert api.get(LIST).status_code == 200
    assert error(api.post(LIST, BODY), 403)["code"] == "review_required"


SCOPES = ("assistants:read", "assistants:write")


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [(SCOPES[:1], True, False), (SCOPES[1:], False, True), (SCOPES, True, True)],
)
def test_scopes_cut_down_what_the_owner_may(
    workspace: Workspace, erin: User, scopes: tuple[str, ...], reads: bool, writes: bool
) -> None:
    api = API(builders.make_token(workspace, erin, *scopes)[1])

    for path in (LIST, "/v1/models", "/v1/files", "/v1/vector_stores"):
        assert api.get(path).status_code == (200 if reads else 403)
    assert api.get(f"{LIST}/none").status_code == (404 if reads else 403)
    made = api.post(LIST, BODY)
    assert made.status_code == (200 if writes else 403)
    assert api.post(f"{LIST}/none", {}).status_code == (404 if writes else 403)
    assert api.delete(f"{LIST}/none").status_code == (404 if writes else 403)


def test_a_refusal_is_noted_once_a_minute_with_its_right(workspace: Workspace, erin: User) -> None:
    api = API(builders.make_token(workspace, erin, "assistants:read")[1])
    before = AuditEntry.objects.count()

    for _ in range(3):
        error(api.post(LIST, BODY), 403)

    (entry,) = AuditEntry.objects.filter(seq__gt=before)
    assert (entry.action, entry.source, entry.object_kind) == ("access.denied", "api", "apitoken")


def test_the_operator_has_no_right_without_a_membership(
    workspace: Workspace, erin: User, dora: User
) -> None:
    api = API(builders.make_token(workspace, erin, *SCOPES)[1])
    erin.is_superuser = True
    erin.save(update_fields=["is_superuser"])
    workspaces.remove_member(workspace.memberships.get(user=erin), actor=builders.acting(dora))

    error(api.get(LIST), 403)


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(
    api: API, token: tuple[APIToken, str]
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = timezone.now()
        api.get(LIST)
        clock.shift(59)
        api.get(LIST)
        token[0].refresh_from_db()
        assert token[0].last_used_at == first
        clock.shift(2)
        api.get(LIST)
        token[0].refresh_from_db()
        assert token[0].last_used_at == timezone.now()


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """All log lines of all levels, as they go to stdout."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def test_the_secret_is_in_no_log_and_in_no_table(
    api: API,
    token: tuple[APIToken, str],
    everything_logged: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    api.post(LIST, BODY, Idempotency_Key="k-1")
    api.get(f"{LIST}?api_key={api.secret}")
    api.get(LIST)
    api.get("/v1/nothing")
    api.get(LIST, Host="evil.example")

    def fail(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("assistants_app.contract.served", fail)
    error(api.post(LIST, BODY), 500)

    rest = api.secret.removeprefix("asd_")[16:]  # behind the part that knox looks up by
    logged = everything_logged.getvalue()
    assert "A request to /v1 failed." in logged
    assert '"security": true' in logged
    assert rest not in logged
    with connection.cursor() as cursor, django_assert_max_num_queries(200):
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # our own tables
            assert rest not in str(cursor.fetchall()), table
    assert token[0].token_key in api.secret
