"""A Connection's states: who turns them, who may call meanwhile, how they are left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistants_app.actions import frozen, health, pausing, pushes, pushing
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import Connection, ConnectionHealth, PushOrder
from assistants_app.sync.client import Answer
from assistants_app.sync.outcomes import Outcome
from tests.actions.pushed import make_due, order_of
from tests.actions.told import refuses, tells
from tests.builders import acting

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Assistant, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State = ConnectionHealth.State
DOWN = Outcome("surely_not", "network", "The server did not accept the connection.")
DONE = Outcome("done")


def now_of(connection: Connection) -> ConnectionHealth:
    return ConnectionHealth.objects.get(connection=connection)


def seconds_left(connection: Connection) -> float:
    until = now_of(connection).open_until
    assert until is not None
    return (until - timezone.now()).total_seconds()


def set_state(state: State, **fields: Any) -> None:
    ConnectionHealth.objects.update(state=state, since=timezone.now(), **fields)


def make_probe_due() -> None:
    ConnectionHealth.objects.update(open_until=Now() - timedelta(seconds=1))


@pytest.fixture
def slow_clock(settings: SettingsWrapper, connected: Connection) -> Connection:
    """Times as they really are, so that they can be told apart."""
    settings.SYNC_TIME_SCALE = 1.0
    return connected


# --- the breaker ----------------------------------------------------------------------------------


def test_five_failures_in_a_row_open_the_breaker_and_four_do_not(slow_clock: Connection) -> None:
    for _ in range(4):
        health.heard(slow_clock, DOWN)
    assert (now_of(slow_clock).state, now_of(slow_clock).failures) == (State.OPEN, 4)
    health.heard(slow_clock, DOWN)
    row = now_of(slow_clock)
    assert (row.state, row.reason) == (State.UNREACHABLE, DOWN.message)
    assert 28 < seconds_left(slow_clock) <= 30
    assert row.since is not None


@pytest.mark.parametrize(
    "answer",
    [DONE, Outcome("surely_not", "refused", "No."), Outcome("surely_not", "missing", "No.")],
)
def test_any_answer_between_them_begins_the_count_anew(
    connected: Connection, answer: Outcome
) -> None:
    for _ in range(4):
        health.heard(connected, DOWN)
    health.heard(connected, answer, status=400)
    health.heard(connected, DOWN)
    assert (now_of(connected).state, now_of(connected).failures) == (State.OPEN, 1)


@pytest.mark.parametrize(("status", "counts"), [(500, 5), (503, 5), (0, 5), (409, 0), (200, 0)])
def test_a_server_error_counts_and_an_odd_answer_does_not(
    connected: Connection, status: int, counts: int
) -> None:
    for _ in range(5):
        health.heard(connected, Outcome("unknown", "broken", "Odd."), status=status)
    assert now_of(connected).failures == counts


def test_answers_to_calls_under_way_do_not_lengthen_the_wait(slow_clock: Connection) -> None:
    for _ in range(9):
        health.heard(slow_clock, DOWN)
    assert seconds_left(slow_clock) <= 30
    assert now_of(slow_clock).failures == 5


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(
    slow_clock: Connection, up: Upstream, settings: SettingsWrapper
) -> None:
    up.stop()
    for _ in range(5):
        health.heard(slow_clock, DOWN)
    waits = []
    for _ in range(7):
        make_probe_due()
        assert frozen.probe(slow_clock.pk)
        waits.append(round(seconds_left(slow_clock) / 10) * 10)
    assert waits == [60, 120, 240, 480, 900, 900, 900]
    up.closing.clear()
    up.start()


def test_one_probe_at_a_time_and_a_good_one_opens(
    published: Assistant, connected: Connection, up: Upstream
) -> None:
    for _ in range(5):
        health.heard(connected, DOWN)
    order = PushOrder.objects.filter(assistant=published)
    order.update(failing_since=timezone.now() - timedelta(hours=2))
    assert health.due_probes() == []
    assert not frozen.probe(connected.pk)
    make_probe_due()
    assert health.due_probes() == [(connected.pk, connected.pk)]
    assert health.due_probes(without=[connected.pk]) == []
    assert frozen.probe(connected.pk)
    assert [(r.method, r.path) for r in up.requests] == [("GET", "/assistants")]
    row = now_of(connected)
    assert (row.state, row.failures, row.reason, row.open_until) == (State.OPEN, 0, "", None)
    assert order_of(published).failing_since is None
    assert not frozen.probe(connected.pk)


def test_of_two_that_see_it_due_one_wins(connected: Connection) -> None:
    set_state(State.UNREACHABLE, failures=5, open_until=timezone.now() - timedelta(seconds=1))
    assert health.claim_probe(connected.pk) is not None
    assert health.claim_probe(connected.pk) is None


@pytest.mark.parametrize("state", [s for s in State if s != State.OPEN])
def test_waiting_for_the_connection_uses_up_no_attempt(
    published: Assistant, connected: Connection, up: Upstream, state: State
) -> None:
    set_state(state, open_until=timezone.now() + timedelta(minutes=5))
    order = make_due(published)
    ConnectionHealth.objects.update(state=state)  # `make_due` closes the breaker
    assert pushes.due() == []
    assert not pushing.push(order.pk, owner="test")
    assert order_of(published).attempts == 0
    assert up.requests == []


# --- key, quota, slow down ------------------------------------------------------------------------


def test_quota_is_probed_once_in_a_quarter_of_an_hour(slow_clock: Connection, up: Upstream) -> None:
    used_up = Outcome("surely_not", "quota", "You exceeded your current quota.")
    health.heard(slow_clock, used_up)
    assert now_of(slow_clock).state == State.QUOTA
    assert 890 < seconds_left(slow_clock) <= 900
    body = {"error": {"message": "Still nothing.", "code": "insufficient_quota"}}
    up.on("GET", "/assistants", answer=(429, {}, body))
    make_probe_due()
    assert frozen.probe(slow_clock.pk)
    assert (now_of(slow_clock).state, now_of(slow_clock).reason) == (State.QUOTA, "Still nothing.")
    assert 890 < seconds_left(slow_clock) <= 900
    make_probe_due()
    assert frozen.probe(slow_clock.pk)
    assert now_of(slow_clock).state == State.OPEN
    assert len(up.requests) == 2


def test_a_key_that_is_not_accepted_is_never_probed(connected: Connection) -> None:
    health.heard(connected, Outcome("surely_not", "key", "Incorrect API key."))
    row = now_of(connected)
    assert (row.state, row.open_until) == (State.KEY, None)
    assert health.due_probes() == []


@pytest.mark.parametrize("state", [State.KEY, State.QUOTA])
def test_a_refusal_of_something_else_proves_neither_key_nor_quota(
    connected: Connection, state: State
) -> None:
    set_state(state)
    health.heard(connected, Outcome("surely_not", "slow_down", "Later."), status=429)
    assert now_of(connected).state == state


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"Retry-After": "30"}, 25, 31),
        ({"Retry-After": "1.5"}, 0, 2),
        ({"retry-after-ms": "20000"}, 15, 21),
        ({"Retry-After": "1e9"}, 3590, 3600),
        ({"Retry-After": "-1"}, 0, 1),
        ({"Retry-After": "NaN"}, 0, 1),
        ({"Retry-After": "soon"}, 0, 1),
        ({}, 0, 1),
    ],
)
def test_a_wish_to_slow_down_is_obeyed_as_it_was_meant(
    connected: Connection, up: Upstream, headers: dict[str, str], low: float, high: float
) -> None:
    up.on("GET", "/assistants", answer=(429, headers, {"error": {"message": "Slow."}}))
    with health.client(connected) as client:
        client.list()
    row = now_of(connected)
    assert row.state == State.OPEN
    assert row.retry_not_before is not None
    assert low <= (row.retry_not_before - timezone.now()).total_seconds() + 0.5 <= high + 1
    assert ("more than an hour" in row.reason) == (headers.get("Retry-After") == "1e9")


# --- the whole service is gone --------------------------------------------------------------------


def test_a_service_that_is_gone_is_believed_at_the_second_answer(slow_clock: Connection) -> None:
    gone = Outcome("surely_not", "gone", "Not Found")
    health.heard(slow_clock, gone, status=404)
    assert now_of(slow_clock).state == State.OPEN
    health.heard(slow_clock, gone, status=404)
    row = now_of(slow_clock)
    assert (row.state, row.cause, row.reason) == (State.FROZEN, "gone", "Not Found")
    assert 290 < seconds_left(slow_clock) <= 300


def test_a_good_answer_between_takes_the_suspicion_back(connected: Connection) -> None:
    gone = Outcome("surely_not", "gone", "Not Found")
    for outcome in (gone, DONE, gone):
        health.heard(connected, outcome)
    assert now_of(connected).state == State.OPEN


def test_where_the_service_is_known_to_have_ended_one_answer_is_enough(
    connected: Connection,
) -> None:
    connected.base_url = "https://api.openai.com/v1"
    health.heard(connected, Outcome("surely_not", "gone", "Not Found"))
    assert now_of(connected).state == State.FROZEN


@pytest.mark.parametrize(
    "outcome", [DONE, DOWN, Outcome("surely_not", "key", "No."), Outcome("surely_not", "quota", "")]
)
def test_no_single_answer_ends_frozen_or_paused(connected: Connection, outcome: Outcome) -> None:
    for state in (State.FROZEN, State.PAUSED):
        set_state(state, cause="empty")
        health.heard(connected, outcome)
        assert (now_of(connected).state, now_of(connected).cause) == (state, "empty")


# --- paused ---------------------------------------------------------------------------------------


def test_an_admin_pauses_and_resumes_and_both_are_told(
    workspace: Workspace, connected: Connection, dora: User
) -> None:
    place = connected.workspace
    with tells("connection.paused"):
        pausing.pause(place, actor=acting(dora))
    assert now_of(connected).state == State.PAUSED
    with refuses(Conflict, "state"):
        pausing.pause(place, actor=acting(dora))
    health.freeze(connected, "empty", "Nothing is there.")
    assert now_of(connected).state == State.PAUSED
    health.thaw(connected)
    assert now_of(connected).state == State.PAUSED
    with tells("connection.resumed"):
        pausing.resume(place, actor=acting(dora))
    row = now_of(connected)
    assert (row.state, row.open_until, row.failures) == (State.OPEN, None, 0)
    with refuses(Conflict, "state"):
        pausing.resume(place, actor=acting(dora))


def test_pausing_is_for_admins_and_takes_a_connection(
    connected: Connection, bob: User, dora: User, workspace: Workspace
) -> None:
    for verb in (pausing.pause, pausing.resume):
        with pytest.raises(NotAllowed):
            verb(connected.workspace, actor=acting(bob))
    ConnectionHealth.objects.all().delete()
    Connection.objects.all().delete()
    bare = type(workspace).objects.get(pk=workspace.pk)
    for verb in (pausing.pause, pausing.resume):
        with refuses(Conflict, "no_connection"):
            verb(bare, actor=acting(dora))


def test_what_was_frozen_is_frozen_again_after_the_pause_and_looked_at_first(
    connected: Connection, dora: User
) -> None:
    health.freeze(connected, "foreign", "None of ours.")
    pausing.pause(connected.workspace, actor=acting(dora))
    pausing.resume(connected.workspace, actor=acting(dora))
    assert (now_of(connected).state, now_of(connected).cause) == (State.FROZEN, "foreign")
    assert health.due_probes() == [(connected.pk, connected.pk)]


def test_who_walks_a_list_quickly_takes_the_places_of_a_second_at_once(
    connected: Connection,
) -> None:
    ConnectionHealth.objects.update(next_call_at=None)
    Connection.objects.update(rate=100_000.0)  # nobody waits
    walker = health.client(Connection.objects.get())
    with CaptureQueriesContext(connection) as asked:
        for _ in range(11):
            walker.turn()
    assert 3 <= len(asked) <= 9  # one place, and twice five; each of these may have to wait


def test_a_slow_walk_and_a_slow_rate_take_one_place_at_a_time(
    connected: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(
        health, "take_call", lambda *_, places=1, **__: taken.append(places) or True
    )
    Connection.objects.update(rate=0.5)
    slow = health.client(Connection.objects.get())
    for _ in range(3):
        slow.turn()
    Connection.objects.update(rate=1000.0)
    late = health.client(Connection.objects.get())
    for _ in range(3):
        late.turn()
        late._taken_at = -10.0
    assert taken == [1, 1, 1, 1, 1, 1]


def test_places_that_were_taken_are_given_up_when_something_goes_wrong(
    connected: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(
        health, "take_call", lambda *_, places=1, **__: taken.append(places) or True
    )
    Connection.objects.update(rate=1000.0)
    walker = health.client(Connection.objects.get())
    walker.turn()
    walker.turn()
    walker.told(Answer("list", 429, Outcome("surely_not", "slow_down", "Slowly.")))
    walker.turn()
    assert taken == [1, 5, 5]
