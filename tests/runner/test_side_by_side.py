"""The runner lets nobody wait for a slow server, and looks by itself."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models.functions import Now

from assistants_app.models import (
    Connection,
    ConnectionHealth,
    Job,
    PushOrder,
)
from assistants_app.runner import Runner
from assistants_app.sync.turns import AT_ONCE
from tests.builders import (
    make_workspace,
)
from tests.runner.free import idle, make_free, make_live, wait_until
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db(transaction=True)
State = PushOrder.State
# --- side by side -------------------------------------------------------------------------------


def test_a_slow_server_does_not_hold_up_another_workspace(
    free: Workspace,
    alice: User,
    up: Upstream,
    settings: SettingsWrapper,
    running: Callable[..., Runner],
) -> None:
    settings.SYNC_TIME_SCALE = 0.3  # a silent server holds a call for 18 seconds
    for n in range(25):
        make_live(free, alice, f"Slow {n}")
    up.on("GET", "/assistants", times=99, apply="never", answer="silence")
    with Upstream() as quick:
        other = make_free("Quick", alice, quick)
        runner = running()
        wait_until(lambda: len(up.requests) >= AT_ONCE)
        assistant = make_live(other, alice, "Quick")
        began = time.monotonic()
        wait_until(lambda: idle(assistant))
        assert time.monotonic() - began < 5
        assert len(up.requests) == AT_ONCE
        runner.stop.set()
        up.stop()
        up.control({"clear": True})  # or whoever looks again waits for the silent server once more
        up.closing.clear()
        up.start()


def test_hands_go_on_with_what_was_found_without_being_told(free: Workspace, alice: User) -> None:
    for n in range(6):
        make_live(free, alice, str(n))
    runner = Runner(hands=2)
    assert runner.tick() == 2
    wait_until(lambda: not PushOrder.objects.filter(fence=0).exists(), seconds=40)
    runner.stop.set()
    runner.run()  # lets go of what its hands held


def test_a_failing_assistant_does_not_hold_up_its_neighbour(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    bad = make_live(free, alice, "Bad")
    up.on("POST", "/assistants", times=1, apply="never", answer=(400, {}, "{}"))
    running(hands=1)
    wait_until(lambda: PushOrder.objects.get(assistant=bad).state == State.STOPPED)
    good = make_live(free, alice, "Good")
    wait_until(lambda: idle(good))


def test_a_tick_that_fails_is_not_the_last(
    free: Workspace, alice: User, running: Callable[..., Runner], caplog: pytest.LogCaptureFixture
) -> None:
    """A push of nonsense fails in its thread; the next one is done all the same."""
    bad = make_live(free, alice, "Bad")
    PushOrder.objects.filter(assistant=bad).update(connection=_nonsense())
    running()
    good = make_live(free, alice, "Good")
    wait_until(lambda: idle(good))
    assert "A push failed unexpectedly" in caplog.text
    assert PushOrder.objects.get(assistant=bad).lease_until is not None


def _nonsense() -> Connection:
    row = Connection.objects.create(
        workspace=make_workspace("Broken"), base_url="no address at all"
    )
    ConnectionHealth.objects.create(connection=row)
    return row


# --- by itself ----------------------------------------------------------------------------------


def test_a_server_that_was_away_is_found_again_and_gets_what_waited(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    up.stop()
    assistant = make_live(free, alice, "Onboarding")
    running()
    health = ConnectionHealth.objects.all()
    wait_until(lambda: health.get().state == ConnectionHealth.State.UNREACHABLE)
    waited = PushOrder.objects.get(assistant=assistant)
    assert waited.state == State.WAITING
    up.closing.clear()
    up.start()
    wait_until(lambda: idle(assistant), seconds=20)
    assert health.get().state == ConnectionHealth.State.OPEN
    assert len(up.writes()) == 1


def test_what_somebody_changed_there_is_noticed_without_anybody_asking(
    free: Workspace, alice: User, up: Upstream, running: Callable[..., Runner]
) -> None:
    assistant = make_live(free, alice, "Onboarding")
    running()
    wait_until(lambda: idle(assistant))
    next(iter(up.assistants.values()))["name"] = "Changed there"
    Connection.objects.update(check_every=20)  # a twentieth of that
    ConnectionHealth.objects.update(checked_at=Now() - timedelta(minutes=1))
    order = PushOrder.objects.filter(assistant=assistant)
    wait_until(lambda: order.get().reason == PushOrder.Reason.DRIFT, seconds=20)
    assert Job.objects.exclude(asked_by=None).count() == 0
