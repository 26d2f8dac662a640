"""Frozen: the evidence that stops everything, and how it ends."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from assistants_app.actions import assistants, frozen, jobs, pulling
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import (
    Assistant,
    AuditEntry,
    ConnectionHealth,
    Job,
    PushOrder,
    UpstreamCopy,
    Workspace,
)
from tests.actions.pushed import make_due, order_of, push, settle
from tests.actions.told import refuses, rows, tells
from tests.builders import acting, make_assistant

if TYPE_CHECKING:
    from assistants_app.models import Connection, User
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
Health = ConnectionHealth.State
UNTOUCHED = ("assistants_app.Assistant", "assistants_app.Version", "assistants_app.UpstreamCopy")


@pytest.fixture
def linked(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> list[Assistant]:
    """Six assistants that upstream holds, read back."""
    place = Workspace.objects.get(pk=workspace.pk)
    made = [
        make_assistant(place, author=alice, reviewer=bob, name=f"Assistant {n}") for n in range(6)
    ]
    for assistant in made:
        assert push(assistant).state == State.IDLE
    return [Assistant.objects.get(pk=assistant.pk) for assistant in made]


def check(workspace: Workspace, person: User) -> Job:
    """A check that a person asks for, run to its end."""
    job = pulling.ask(Workspace.objects.get(pk=workspace.pk), actor=acting(person))
    return run(job)


def run(job: Job) -> Job:
    mine = jobs.claim(job.pk, owner="test")
    assert mine is not None
    pulling.run(mine)
    return Job.objects.get(pk=job.pk)


def health_now() -> ConnectionHealth:
    return ConnectionHealth.objects.get()


def untouched() -> dict[str, object]:
    return {name: found for name, found in rows().items() if name in UNTOUCHED}


def lose(up: Upstream, *gone: Assistant) -> None:
    for assistant in gone:
        del up.assistants[assistant.upstream_id or ""]


def test_an_empty_list_freezes_and_changes_no_assistant(
    linked: list[Assistant], workspace: Workspace, bob: User, up: Upstream
) -> None:
    up.assistants.clear()
    before = untouched()
    job = check(workspace, bob)
    assert (health_now().state, health_now().cause) == (Health.FROZEN, "empty")
    assert "6 of the 6" in health_now().reason
    assert (job.state, job.result["cause"]) == (Job.State.FAILED, "empty")
    assert untouched() == before
    assert health_now().checked_at is None
    entry = AuditEntry.objects.order_by("-seq").first()
    assert entry is not None
    assert (entry.action, entry.outcome) == ("upstream.checked", "frozen")


def test_the_list_of_another_project_is_not_taken_in(
    linked: list[Assistant], workspace: Workspace, bob: User, up: Upstream
) -> None:
    up.assistants.clear()
    for n in range(3):
        up.add(f"asst_other{n}", name=f"Other {n}")
    before = untouched()
    check(workspace, bob)
    assert (health_now().state, health_now().cause) == (Health.FROZEN, "foreign")
    assert untouched() == before


def test_a_list_that_lacks_many_freezes_and_one_that_lacks_a_few_does_not(
    linked: list[Assistant], workspace: Workspace, bob: User, up: Upstream
) -> None:
    lose(up, *linked[:3])
    job = check(workspace, bob)
    assert (health_now().state, job.state) == (Health.OPEN, Job.State.DONE)
    lose(up, linked[3])
    check(workspace, bob)
    assert (health_now().state, health_now().cause) == (Health.FROZEN, "missing")
    assert not PushOrder.objects.filter(state=State.STOPPED).exists()


def test_one_that_the_list_lacks_is_asked_for_and_only_a_second_look_proves_its_deletion(
    linked: list[Assistant], workspace: Workspace, bob: User, up: Upstream
) -> None:
    lose(up, linked[0])
    check(workspace, bob)
    order = order_of(linked[0])
    assert (order.state, order.reason) == (State.WAITING, "")
    assert order.check_again_at is not None
    assert order.check_again_at > timezone.now()
    order = settle(linked[0])
    assert (order.state, order.reason) == (State.STOPPED, Reason.DELETED)
    assert up.writes() == [request for request in up.writes() if request.method == "POST"]
    assert len(up.writes()) == 6  # the six that were made, and nothing since


def test_a_list_that_lags_changes_nothing(
    linked: list[Assistant], workspace: Workspace, bob: User, up: Upstream
) -> None:
    shown = [row for id_, row in up.assistants.items() if id_ != linked[0].upstream_id]
    up.on("GET", "/assistants", answer=(200, {}, {"data": shown, "has_more": False}))
    before = order_of(linked[0]).fence
    check(workspace, bob)
    assert (order_of(linked[0]).state, order_of(linked[0]).fence) == (State.IDLE, before)
    assert health_now().state == Health.OPEN


def test_what_is_archived_here_may_be_missing_there(
    linked: list[Assistant], workspace: Workspace, bob: User, up: Upstream
) -> None:
    for assistant in linked[:5]:
        assistants.archive(assistant, actor=acting(bob))
    lose(up, *linked[:5])
    check(workspace, bob)
    assert health_now().state == Health.OPEN


def test_a_check_by_hand_leaves_it_once_the_evidence_is_gone(
    linked: list[Assistant], workspace: Workspace, bob: User, up: Upstream
) -> None:
    kept = dict(up.assistants)
    up.assistants.clear()
    check(workspace, bob)
    up.assistants.update(kept)
    up.add("asst_new", name="New there")
    job = check(workspace, bob)
    row = health_now()
    assert (row.state, row.cause, row.reason, row.open_until) == (Health.OPEN, "", "", None)
    assert (job.state, job.result["new"]) == (Job.State.DONE, 1)


def test_a_probe_leaves_it_too_and_asks_one_page_while_nothing_is_ours(
    linked: list[Assistant], workspace: Workspace, bob: User, up: Upstream
) -> None:
    kept = dict(up.assistants)
    up.assistants.clear()
    for n in range(150):
        up.add(f"asst_other{n:03}")
    check(workspace, bob)
    for expected in (Health.FROZEN, Health.OPEN):
        ConnectionHealth.objects.update(open_until=Now() - timedelta(seconds=1))
        before = len(up.requests)
        assert frozen.probe(health_now().pk)
        assert health_now().state == expected
        assert len(up.requests) - before == 1
        up.assistants.clear()
        up.assistants.update(kept)
    assert workspace.assistants.count() == 6


def test_a_service_that_is_back_is_judged_by_its_list(
    linked: list[Assistant], up: Upstream
) -> None:
    gone = (404, {}, {"error": {"message": "Not Found"}})
    up.on("GET", "/assistants", times=2, answer=gone)
    ConnectionHealth.objects.update(state=Health.FROZEN, cause="gone")
    for expected in (Health.FROZEN, Health.FROZEN, Health.OPEN):
        ConnectionHealth.objects.update(open_until=Now() - timedelta(seconds=1))
        assert frozen.probe(health_now().pk)
        assert health_now().state == expected


def test_unconfirmed_404s_in_a_row_freeze_before_anything_is_believed(
    linked: list[Assistant], alice: User, bob: User, up: Upstream
) -> None:
    for assistant in linked:
        make_assistant(assistant, author=alice, reviewer=bob, instructions="New.")
    kept = dict(up.assistants)
    up.assistants.clear()
    states = []
    for assistant in linked[:4]:
        push(assistant)
        states.append(health_now().state)
    assert states == [Health.OPEN] * 3 + [Health.FROZEN]
    assert health_now().cause == "missing"
    up.assistants.update(kept)
    ConnectionHealth.objects.update(open_until=Now() - timedelta(seconds=1))
    assert frozen.probe(health_now().pk)
    for assistant in linked:
        assert settle(assistant).state == State.IDLE


def test_nothing_is_pushed_while_it_is_frozen(
    linked: list[Assistant], workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    up.assistants.clear()
    check(workspace, bob)
    make_assistant(linked[0], author=alice, reviewer=bob, instructions="New.")
    writes = len(up.writes())
    order = make_due(linked[0])
    assert settle(linked[0]).state == State.WAITING
    assert (order_of(linked[0]).attempts, order.state) == (0, State.WAITING)
    assert len(up.writes()) == writes


def test_a_paused_connection_is_not_frozen_and_believes_nothing_either(
    linked: list[Assistant], workspace: Workspace, bob: User, up: Upstream
) -> None:
    ConnectionHealth.objects.update(state=Health.PAUSED)
    up.assistants.clear()
    up.add("asst_other")
    before = untouched()
    assert check(workspace, bob).state == Job.State.FAILED
    assert health_now().state == Health.PAUSED
    assert untouched() == before


# --- an admin's way out ---------------------------------------------------------------------------


def test_an_admin_who_types_the_name_says_that_they_are_gone(
    linked: list[Assistant], workspace: Workspace, dora: User, up: Upstream
) -> None:
    lose(up, *linked[:5])
    check(workspace, dora)
    with tells("connection.confirmed") as told:
        job = frozen.confirm(
            Workspace.objects.get(pk=workspace.pk), actor=acting(dora), name=" Customer Care "
        )
    assert json.loads(told[0].body)["data"] == {"cause": "missing"}
    assert health_now().state == Health.FROZEN
    with tells(*["push.stopped"] * 5, "upstream.checked"):
        assert run(job).state == Job.State.DONE
    assert health_now().state == Health.OPEN
    stopped = PushOrder.objects.filter(state=State.STOPPED, reason=Reason.DELETED)
    assert {order.assistant_id for order in stopped} == {one.pk for one in linked[:5]}
    check(workspace, dora)  # what is known to be gone is no evidence any more
    assert health_now().state == Health.OPEN


def test_only_what_the_list_of_the_confirmed_check_lacks_is_believed_gone(
    linked: list[Assistant], workspace: Workspace, dora: User, up: Upstream
) -> None:
    kept = dict(up.assistants)
    up.assistants.clear()
    check(workspace, dora)
    place = Workspace.objects.get(pk=workspace.pk)
    job = frozen.confirm(place, actor=acting(dora), name=place.name)
    up.assistants.update(kept)
    run(job)
    assert health_now().state == Health.OPEN
    assert not PushOrder.objects.filter(state=State.STOPPED).exists()


def test_a_confirmed_check_that_fails_takes_nothing_away(
    linked: list[Assistant], workspace: Workspace, dora: User, up: Upstream
) -> None:
    up.assistants.clear()
    check(workspace, dora)
    place = Workspace.objects.get(pk=workspace.pk)
    job = frozen.confirm(place, actor=acting(dora), name=place.name)
    up.on("GET", "/assistants", times=2, answer="reset")
    assert run(job).state == Job.State.FAILED
    assert health_now().state == Health.FROZEN
    assert not PushOrder.objects.filter(state=State.STOPPED).exists()


def test_confirming_takes_the_exact_name_an_admin_and_something_frozen(
    linked: list[Assistant], workspace: Workspace, bob: User, dora: User, up: Upstream
) -> None:
    place = Workspace.objects.get(pk=workspace.pk)
    with refuses(Conflict, "state"):
        frozen.confirm(place, actor=acting(dora), name=place.name)
    up.assistants.clear()
    check(workspace, bob)
    with pytest.raises(NotAllowed):
        frozen.confirm(place, actor=acting(bob), name=place.name)
    with refuses(Invalid, match="Customer Care") as caught:
        frozen.confirm(place, actor=acting(dora), name="customer care")
    assert caught.value.field == "name"
    running = pulling.ask(place, actor=acting(bob))
    with refuses(Conflict, "state"):
        frozen.confirm(place, actor=acting(dora), name=place.name)
    run(running)
    ConnectionHealth.objects.update(cause="gone")
    with refuses(Conflict, "state"):
        frozen.confirm(place, actor=acting(dora), name=place.name)


def test_one_that_is_being_pushed_is_left_to_its_push(
    linked: list[Assistant], workspace: Workspace, up: Upstream
) -> None:
    PushOrder.objects.filter(assistant=linked[0]).update(
        lease_until=timezone.now() + timedelta(minutes=1)
    )
    with tells():
        frozen.take_away(linked[0], actor=acting(None))
    assert order_of(linked[0]).state == State.IDLE
    assert UpstreamCopy.objects.filter(assistant=linked[0]).exists()
