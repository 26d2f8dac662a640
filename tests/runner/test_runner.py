"""The runner: begins what is due, and once."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from assistants_app import doorbell
from assistants_app.actions import pulling
from assistants_app.models import (
    Assistant,
    AuditEntry,
    ConnectionHealth,
    Job,
    PushOrder,
)
from assistants_app.runner import Runner
from tests.builders import (
    acting,
)
from tests.runner.free import idle, make_live, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)
State = PushOrder.State
# --- due ----------------------------------------------------------------------------------------


def test_what_is_published_is_pushed_when_the_bell_rings(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    running()
    assistant = make_live(free, alice, "Onboarding")
    wait_until(lambda: idle(assistant))
    assert [row["name"] for row in up.assistants.values()] == ["Onboarding"]


def test_a_tick_does_a_push_and_a_run(free: Workspace, alice: User) -> None:
    assistant = make_live(free, alice, "Onboarding")
    job = pulling.ask(free, actor=acting(alice))
    assert Runner(hands=0).tick() == 2
    assert idle(assistant)
    assert Job.objects.get(pk=job.pk).state == Job.State.DONE


@pytest.mark.parametrize(
    "state", ["later", "leased", "paused", "key", "quota", "slow down", "archived", "idle"]
)
def test_what_is_not_due_is_not_begun(
    free: Workspace, alice: User, up: Upstream, state: str
) -> None:
    assistant = make_live(free, alice, "Onboarding")
    order = PushOrder.objects.filter(assistant=assistant)
    later = Now() + timedelta(minutes=1)
    if state == "later":
        order.update(not_before=later)
    elif state == "leased":
        order.update(lease_until=later)
    elif state == "slow down":
        ConnectionHealth.objects.update(retry_not_before=later)
    elif state == "archived":
        Assistant.objects.update(archived_at=Now())
    elif state == "idle":
        order.update(state="idle", pushed_version=assistant.live_version)
    else:
        ConnectionHealth.objects.update(state=state, open_until=later)
    assert Runner(hands=0).tick() == 0
    assert up.requests == []


def test_an_idle_runner_writes_nothing(free: Workspace, alice: User) -> None:
    assistant = make_live(free, alice, "Onboarding")
    runner = Runner(hands=0)
    while runner.tick():
        pass
    assert idle(assistant)
    with CaptureQueriesContext(connection) as seen:
        runner.tick()
    words = {query["sql"].split()[0] for query in seen.captured_queries}
    assert words == {"SELECT"}
    assert len(seen.captured_queries) <= 3


# --- once ---------------------------------------------------------------------------------------


def test_two_runners_make_one_push_of_each_order(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    live = [make_live(free, alice, f"Assistant {n}") for n in range(6)]
    running()
    running()
    wait_until(lambda: all(idle(assistant) for assistant in live), seconds=15)
    assert len(up.assistants) == 6
    assert len(up.writes()) == 6
    assert AuditEntry.objects.filter(action="assistant.pushed").count() == 6


def test_a_doorbell_rung_ten_times_makes_one_push(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    running()
    assistant = make_live(free, alice, "Onboarding")
    for _ in range(10):
        doorbell.bell.set()
        time.sleep(0.005)
    wait_until(lambda: idle(assistant))
    assert len(up.writes()) == 1


def test_what_a_lost_process_left_in_sending_is_swept_and_looked_at(
    free: Workspace,
    alice: User,
    up: Upstream,
    settings: SettingsWrapper,
    running: Callable[..., Runner],
) -> None:
    settings.SYNC_TIME_SCALE = 0.02
    assistant = make_live(free, alice, "Onboarding")
    PushOrder.objects.update(
        state=State.SENDING,
        sent_at=Now() - timedelta(hours=1),
        sent_version=assistant.live_version,
        lease_until=Now() - timedelta(minutes=1),
        lease_owner="gone",
        fence=7,
    )
    running()
    # Found neither by the first look nor by the second, a settling time later, it is sent.
    wait_until(lambda: idle(assistant), seconds=20)
    assert len(up.assistants) == 1
    assert PushOrder.objects.get().fence > 7


def test_a_tick_counts_the_warnings_that_other_rules_counted(free: Workspace, alice: User) -> None:
    assistant = make_live(free, alice, "Onboarding")
    Assistant.objects.update(model="gpt-4-32k", warnings_mark="")
    Runner(hands=0).tick()
    assert Assistant.objects.get(pk=assistant.pk).warnings == 1
