"""Pull: take in what is new, notice what changed, write nothing upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistants_app.actions import assistants, jobs, pulling
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import (
    Assistant,
    AuditEntry,
    Job,
    PushOrder,
    UpstreamCopy,
)
from tests.actions.pulled import check, take_all, tally
from tests.actions.pushed import order_of
from tests.actions.told import refuses, rows, tells, writes_nothing
from tests.builders import acting, make_member

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason


def imported(up_id: str) -> Assistant:
    return Assistant.objects.get(upstream_id=up_id)


# --- ask --------------------------------------------------------------------------------------


def test_a_check_is_a_run_and_one_at_a_time(
    workspace: Workspace, connected: Connection, bob: User
) -> None:
    with tells("upstream.check_asked"):
        job = pulling.ask(workspace, actor=acting(bob))
    assert (job.kind, job.state, job.asked_by) == (Job.Kind.PULL, Job.State.WAITING, bob)
    with writes_nothing():
        assert pulling.ask(workspace, actor=acting(bob)) == job
    jobs.claim(job.pk, owner="x")
    assert pulling.ask(workspace, actor=acting(bob)) == job
    assert connected.pk


@pytest.mark.parametrize("roles", [(), ("viewer",), ("editor",), ("reviewer",), ("auditor",)])
def test_only_who_may_pull_asks(
    workspace: Workspace, connected: Connection, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    with refuses(NotAllowed):
        pulling.ask(workspace, actor=acting(carol))
    assert connected.pk


def test_where_there_is_no_connection_there_is_nothing_to_check(
    workspace: Workspace, bob: User
) -> None:
    with refuses(Conflict, "no_connection"):
        pulling.ask(workspace, actor=acting(bob))


# --- new --------------------------------------------------------------------------------------


def test_what_is_new_is_counted_and_not_taken_in(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    for n in range(3):
        up.add(name=f"Found {n}")
    with tells("upstream.check_asked", "upstream.checked"):
        job = check(workspace, bob)
    assert (job.state, tally(job)) == (Job.State.DONE, (3, 3, 0))
    assert job.progress == "3 seen, 3 not here, none changed upstream."
    assert not Assistant.objects.exists()
    assert up.writes() == []
    assert connected.pk


def test_a_second_check_finds_everything_as_it_was(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    for n in range(3):
        up.add(name=f"Found {n}")
    take_all(workspace, bob)
    up.add(name="Nobody chose this one")
    with tells("upstream.check_asked", "upstream.checked"):
        job = check(workspace, bob)
    assert tally(job) == (4, 1, 0)
    assert Assistant.objects.count() == 3
    assert connected.pk


@pytest.mark.parametrize("count", [30, 90])
def test_what_is_as_it_was_costs_no_query_of_its_own(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream, count: int
) -> None:
    for n in range(count):
        up.add(created_at=1_700_000_000 + n, owner="somebody")
    take_all(workspace, bob)
    writes_before, before = len(up.writes()), UpstreamCopy.objects.first()
    with CaptureQueriesContext(connection) as found:
        job = check(workspace, bob)
    assert tally(job) == (count, 0, 0)
    compared = [q["sql"] for q in found if "upstreamcopy" in q["sql"]]
    assert len(compared) == 2  # one reads them all, one writes their age
    assert len(up.writes()) == writes_before
    after = UpstreamCopy.objects.first()
    assert before
    assert after
    assert after.seen_at > before.seen_at
    assert connected.pk


def test_a_second_check_asks_for_all_pages_at_once_and_a_third_again(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    up.control({"profile": {"page_max": 7}})
    for n in range(30):
        up.add(f"asst_{n:02d}", created_at=1_700_000_000 + n)
    first = check(workspace, bob)
    assert first.result["cursors"]["after"] == ["asst_06", "asst_13", "asst_20", "asst_27"]
    for _ in range(2):
        up.requests.clear()
        assert tally(check(workspace, bob)) == (30, 30, 0)
        asked = [request.query for request in up.requests]
        assert {query["limit"] for query in asked} == {"7"}
        assert {query.get("after") for query in asked} == {None, *first.result["cursors"]["after"]}
        assert len(asked) == 5
    assert "cursors" not in AuditEntry.objects.latest("seq").body
    assert connected.pk


@pytest.mark.parametrize("flag", ["repeat_pages", "only_data", "ignores_limit", "page_shifting"])
def test_odd_paging_loses_nothing_and_ends(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream, flag: str
) -> None:
    up.control({"profile": {flag: True}})
    for n in range(25):
        up.add(f"asst_{n:02d}", created_at=1_700_000_000 + n)
    assert take_all(workspace, bob).state == Job.State.DONE
    assert Assistant.objects.count() == 25
    for _ in range(2):
        assert tally(check(workspace, bob)) == (25, 0, 0)
    assert connected.pk


# --- nothing is inferred from what is missing -----------------------------------------------------


def test_an_empty_list_changes_nothing(
    pushed: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    up.assistants.clear()
    before = rows()["assistants_app.Assistant"]
    job = check(workspace, bob)
    assert tally(job) == (0, 0, 0)
    assert rows()["assistants_app.Assistant"] == before
    assert order_of(pushed).state == State.IDLE


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}, "{}"),
        (410, {}, "{}"),
        (500, {}, "{}"),
        (401, {}, "{}"),
        (429, {"Retry-After": "9"}, "{}"),
        (200, {"Content-Type": "text/html"}, "<html>"),
        (200, {}, '{"data": 5}'),
        (200, {}, "[]"),
        "reset",
        "truncate",
    ],
)
def test_a_list_that_fails_fails_the_run_in_words_and_changes_nothing(
    pushed: Assistant, workspace: Workspace, bob: User, up: Upstream, answer: Any
) -> None:
    up.on("GET", "/assistants", times=9, answer=answer)
    before = rows()
    job = check(workspace, bob)
    assert job.state == Job.State.FAILED
    assert job.progress
    after = rows()
    for table in ("Assistant", "Version", "PushOrder", "UpstreamCopy"):
        assert after[f"assistants_app.{table}"] == before[f"assistants_app.{table}"]
    assert AuditEntry.objects.latest("seq").action == "upstream.check_asked"


def test_a_check_that_another_process_took_over_stops_without_an_end(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    up.add()
    asked = pulling.ask(workspace, actor=acting(bob))
    mine = jobs.claim(asked.pk, owner="one")
    assert mine is not None
    Job.objects.filter(pk=asked.pk).update(fence=9, lease_owner="two")
    pulling.run(mine)
    now = Job.objects.get(pk=asked.pk)
    assert (now.state, now.lease_owner) == (Job.State.RUNNING, "two")
    assert not AuditEntry.objects.filter(action="upstream.checked").exists()
    assert connected.pk


def test_what_is_archived_here_is_not_new(
    pushed: Assistant, workspace: Workspace, bob: User
) -> None:
    assistants.archive(pushed, actor=acting(bob))
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert Assistant.objects.count() == 1


def test_a_check_tells_when_upstream_was_last_heard(
    workspace: Workspace, connected: Connection, bob: User
) -> None:
    before = timezone.now()
    check(workspace, bob)
    connected.health.refresh_from_db()
    assert connected.health.last_ok_at >= before


def test_the_sum_of_a_check_names_only_what_there_was() -> None:
    assert str(pulling.Tally(seen=6, same=6)) == "6 seen, none changed upstream"
    assert str(pulling.Tally(seen=6_120, new=1, changed=2)) == (
        "6,120 seen, 1 not here, 2 changed upstream"
    )
