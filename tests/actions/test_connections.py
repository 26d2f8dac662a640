"""Connections: where a workspace pushes to, and the budget of calls."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet
from django.db import transaction
from django.utils import timezone

from assistants_app.actions import connections, health
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import (
    AllowedOrigin,
    Assistant,
    AuditEntry,
    Connection,
    ConnectionHealth,
    Job,
    PushOrder,
)
from assistants_app.secret import Secret
from assistants_app.sync.outcomes import Outcome
from tests.actions.told import refuses, rows, tells
from tests.builders import COMMAND, acting, make_assistant, make_member
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
ADDRESS = "http://127.0.0.1:9/v1"
KEY = "sk-canary-0123456789"
State = ConnectionHealth.State


@pytest.fixture
def allowed() -> None:
    connections.allow_origin(ADDRESS, actor=COMMAND, private=True)
    connections.allow_origin("http://127.0.0.1:10/v1", actor=COMMAND, private=True)


@pytest.fixture
def upstream(workspace: Workspace, allowed: None, dora: User) -> Connection:
    return connections.set_connection(workspace, actor=acting(dora), base_url=ADDRESS, key=KEY)


def _set(workspace: Workspace, user: User, **more: Any) -> Connection:
    usual = {"base_url": ADDRESS, "key": KEY}
    return connections.set_connection(workspace, actor=acting(user), **usual | more)


def _health(upstream: Connection) -> ConnectionHealth:
    return ConnectionHealth.objects.get(connection=upstream)


# --- allowed addresses --------------------------------------------------------------------------


def test_an_origin_is_allowed_once_and_told() -> None:
    with tells("origin.allowed") as entries:
        row = connections.allow_origin("HTTP://localhost:8080/v1/", actor=COMMAND, private=True)
    assert (row.origin, row.private) == ("http://localhost:8080", True)
    assert '"origin":"http://localhost:8080"' in entries[0].body
    connections.allow_origin("http://localhost:8080", actor=COMMAND)
    assert AllowedOrigin.objects.get().private is False


def test_addresses_come_from_the_command_or_the_knob(settings: SettingsWrapper) -> None:
    assert health.is_allowed("https://api.openai.com:443") == (False, False)
    settings.UPSTREAM_ORIGINS = ["https://api.openai.com"]
    assert health.is_allowed("https://api.openai.com:443")[0]
    connections.allow_origin("https://example.com", actor=COMMAND)
    assert health.is_allowed("https://example.com:443") == (True, False)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/v1",
        "http://[::1]/v1",
        "http://0177.0.0.1/v1",
        "file:///etc/passwd",
        "http://user@127.0.0.1:9/v1",
        "http://127.0.0.1:9/v1?x=1",
        "https://127.0.0.1:9/v1",
        "http://127.0.0.1:99/v1",
        "",
    ],
)
def test_an_address_off_the_list_is_refused(
    workspace: Workspace, allowed: None, dora: User, url: str
) -> None:
    with refuses(Invalid) as caught:
        _set(workspace, dora, base_url=url)
    assert caught.value.field == "base_url"


# --- set ------------------------------------------------------------------------------------------


def test_a_connection_is_set_and_open_and_told_without_its_key(
    workspace: Workspace, allowed: None, dora: User
) -> None:
    with tells("connection.set") as entries:
        row = _set(workspace, dora, base_url=ADDRESS + "/assistants/", project="proj_1")
    assert (row.base_url, row.project, row.key_hint) == (ADDRESS, "proj_1", "6789")
    assert (workspace.upstream, _health(row).state) == (row, State.OPEN)
    body = entries[0].body
    assert '"key_changed":true' in body
    assert '"origin":"http://127.0.0.1:9"' in body
    assert row.print in body


def test_the_key_is_nowhere(
    workspace: Workspace, allowed: None, dora: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    row = _set(workspace, dora)
    found = Connection.objects.get(pk=row.pk)
    for shown in (repr(vars(row)), repr(vars(found)), str(found), repr(found), caplog.text):
        assert KEY not in shown
    everything = rows()
    everything["assistants_app.Connection"][0].pop("key")
    assert KEY not in repr(everything)
    assert all(KEY not in entry.body for entry in AuditEntry.objects.all())
    with pytest.raises(Invalid) as caught:
        _set(workspace, dora, key=KEY + "\n")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-\n", "sk\u2019x", "sk x", "sk\0", "ключ"])
def test_a_key_that_cannot_be_sent_is_refused_before_it_is_stored(
    workspace: Workspace, allowed: None, dora: User, key: str
) -> None:
    with refuses(Invalid) as caught:
        _set(workspace, dora, key=key)
    assert caught.value.field == "key"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("profile", {"profile": "azure"}),
        ("organization", {"organization": "org\r\nX-Evil: 1"}),
        ("project", {"project": "a b"}),
        ("organization", {"organization": "x" * 201}),
        ("base_url", {"base_url": ADDRESS + "/" + "x" * 500}),
    ],
)
def test_what_is_wrong_is_named(
    workspace: Workspace, allowed: None, dora: User, field: str, given: dict[str, str]
) -> None:
    with refuses(Invalid) as caught:
        _set(workspace, dora, **given)
    assert caught.value.field == field


@pytest.mark.parametrize("roles", [(), ("viewer", "editor", "reviewer", "publisher", "auditor")])
def test_only_an_admin_sets_and_tests(
    workspace: Workspace, upstream: Connection, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    with refuses(NotAllowed):
        _set(workspace, carol)
    with refuses(NotAllowed):
        connections.ask_test(workspace, actor=acting(carol))


def test_an_empty_key_keeps_the_one_there_is(
    workspace: Workspace, upstream: Connection, dora: User
) -> None:
    with tells("connection.set") as entries:
        _set(workspace, dora, key="", project="proj_2")
    found = Connection.objects.get(pk=upstream.pk)
    assert (found.key.reveal(), found.key_hint, found.project) == (KEY, "6789", "proj_2")
    assert '"key_changed":false' in entries[0].body


def test_a_key_that_cannot_be_opened_just_now_is_not_lost(
    workspace: Workspace, upstream: Connection, dora: User, settings: SettingsWrapper
) -> None:
    right = settings.FIELD_KEYS
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    again = type(workspace).objects.get(pk=workspace.pk)
    _set(again, dora, key="", project="proj_2")
    settings.FIELD_KEYS = right
    assert Connection.objects.get(pk=upstream.pk).key.reveal() == KEY


def test_a_key_does_not_go_along_to_another_server(
    workspace: Workspace, upstream: Connection, dora: User
) -> None:
    with refuses(Invalid, match="Enter the key") as caught:
        _set(workspace, dora, base_url="http://127.0.0.1:10/v1", key="")
    assert caught.value.field == "key"
    _set(workspace, dora, base_url="http://127.0.0.1:10/v1", key="sk-of-the-other-server")
    _set(workspace, dora, base_url="http://127.0.0.1:10/v2", key="")
    assert upstream.pk == workspace.upstream.pk


def test_setting_opens_again_what_was_closed(
    workspace: Workspace, upstream: Connection, dora: User
) -> None:
    health.heard(upstream, Outcome("surely_not", "key", "No."))
    assert _health(upstream).state == State.KEY
    _set(workspace, dora, key="sk-new-9876543210")
    assert (_health(upstream).state, _health(upstream).reason) == (State.OPEN, "")


@pytest.fixture
def order(workspace: Workspace, upstream: Connection, alice: User, bob: User) -> PushOrder:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    return PushOrder.objects.get(assistant=assistant)


def test_the_address_stays_while_assistants_are_linked_there(
    workspace: Workspace, order: PushOrder, dora: User
) -> None:
    Assistant.objects.filter(pk=order.assistant_id).update(upstream_id="asst_1")
    with refuses(Conflict, "linked"):
        _set(workspace, dora, base_url="http://127.0.0.1:10/v1")
    _set(workspace, dora, key="sk-rotated-0123456789")


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_the_address_stays_while_a_create_may_have_arrived_there(
    workspace: Workspace, order: PushOrder, dora: User, state: str
) -> None:
    now = timezone.now()
    PushOrder.objects.filter(pk=order.pk).update(
        state=state, sent_at=now, lease_until=now, sent_version=order.desired_version
    )
    with refuses(Conflict, "linked"):
        _set(workspace, dora, base_url="http://127.0.0.1:10/v1")


def test_what_only_waits_goes_to_the_new_address(
    workspace: Workspace, order: PushOrder, dora: User
) -> None:
    _set(workspace, dora, base_url="http://127.0.0.1:10/v1")
    assert PushOrder.objects.get(pk=order.pk).connection.base_url == "http://127.0.0.1:10/v1"


def test_a_test_is_a_run(workspace: Workspace, upstream: Connection, dora: User) -> None:
    with tells("connection.tested") as entries:
        job = connections.ask_test(workspace, actor=acting(dora))
    assert (job.kind, job.state, job.asked_by) == (Job.Kind.TEST, Job.State.WAITING, dora)
    assert entries[0].object_id == str(job.pk)
    assert upstream.pk


def test_nothing_is_tested_where_there_is_no_connection(workspace: Workspace, dora: User) -> None:
    with refuses(Conflict, "no_connection"):
        connections.ask_test(workspace, actor=acting(dora))


# --- the client -----------------------------------------------------------------------------------


def test_an_address_that_was_taken_off_the_list_is_not_spoken_to(upstream: Connection) -> None:
    AllowedOrigin.objects.all().delete()
    with pytest.raises(Conflict) as caught:
        health.client(upstream)
    assert caught.value.code == "origin"


@pytest.fixture
def real(workspace: Workspace, dora: User) -> Iterator[tuple[Connection, Upstream]]:
    with Upstream() as up:
        connections.allow_origin(up.url, actor=COMMAND, private=True)
        row = connections.set_connection(workspace, actor=acting(dora), base_url=up.url, key=up.key)
        yield row, up


def test_no_call_leaves_inside_a_transaction(real: tuple[Connection, Upstream]) -> None:
    row, up = real
    with health.client(row) as client:
        with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
            client.list()
        assert up.requests == []
        assert client.list().outcome.kind == "done"


def test_a_client_just_set_and_one_loaded_send_the_same_key(
    real: tuple[Connection, Upstream],
) -> None:
    row, up = real
    for which in (row, Connection.objects.get(pk=row.pk)):
        assert isinstance(which.key, Secret)
        with health.client(which) as client:
            client.list()
    assert [request.has_right_key for request in up.requests] == [True, True]


# --- what answers say -----------------------------------------------------------------------------


def test_a_key_or_quota_answer_closes_the_connection_and_says_since_when(
    upstream: Connection,
) -> None:
    for reason, state in (("key", State.KEY), ("quota", State.QUOTA)):
        health.heard(upstream, Outcome("surely_not", reason, "Because."))
        row = _health(upstream)
        assert (row.state, row.reason) == (state, "Because.")
        assert row.since is not None
    since = _health(upstream).since
    health.heard(upstream, Outcome("surely_not", "quota", "Still."))
    assert (_health(upstream).since, _health(upstream).reason) == (since, "Still.")


def test_a_good_answer_opens_it_again(upstream: Connection) -> None:
    health.heard(upstream, Outcome("surely_not", "key", "No."))
    health.heard(upstream, Outcome("done"))
    row = _health(upstream)
    assert (row.state, row.reason) == (State.OPEN, "")
    assert row.last_ok_at is not None


def test_a_paused_connection_stays_paused_whatever_answers_say(upstream: Connection) -> None:
    ConnectionHealth.objects.update(state=State.PAUSED)
    for outcome in (Outcome("done"), Outcome("surely_not", "key", "No.")):
        health.heard(upstream, outcome)
    assert _health(upstream).state == State.PAUSED


def test_a_wish_to_slow_down_outlives_an_answer_to_an_earlier_call(upstream: Connection) -> None:
    health.heard(upstream, Outcome("surely_not", "slow_down", "Later.", retry_after=30.0))
    wanted = _health(upstream).retry_not_before
    assert wanted is not None
    assert timedelta(seconds=25) < wanted - timezone.now() < timedelta(seconds=31)
    health.heard(upstream, Outcome("done"))
    assert _health(upstream).retry_not_before == wanted
    assert not health.take_call(upstream, patience=0)


# --- the budget -----------------------------------------------------------------------------------


def _take(upstream: Connection, *, seconds: float) -> int:
    """How many calls the budget gave within that time."""
    end, taken = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        taken += health.take_call(upstream, patience=left)
    return taken


def test_a_burst_goes_at_once_and_then_the_rate_counts(upstream: Connection) -> None:
    upstream.rate = 20.0
    started = time.monotonic()
    taken = _take(upstream, seconds=0.5)
    spent = time.monotonic() - started
    assert taken <= health.BURST + 1 + 20 * spent
    assert taken >= 8


def test_without_patience_a_spent_budget_says_no(upstream: Connection) -> None:
    upstream.rate = 0.01
    given = [health.take_call(upstream, patience=0) for _ in range(8)]
    assert given == [True] * 6 + [False] * 2


def test_the_budget_is_one_for_all_processes(upstream: Connection) -> None:
    """Nothing lies in memory: another instance of the same row meets the same state."""
    upstream.rate = 0.01
    for _ in range(6):
        health.take_call(upstream, patience=0)
    other = Connection.objects.get(pk=upstream.pk)
    other.rate = 0.01
    assert not health.take_call(other, patience=0)


def test_time_spent_idle_is_not_saved_up(upstream: Connection) -> None:
    upstream.rate = 0.01
    ConnectionHealth.objects.update(next_call_at=timezone.now() - timedelta(days=1))
    given = [health.take_call(upstream, patience=0) for _ in range(8)]
    assert sum(given) == 6
