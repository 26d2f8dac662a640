"""Importing: look at what is upstream, choose, take in exactly what was chosen; write nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from assistants_app.actions import importing, intake, jobs
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import (
    Assistant,
    AuditEntry,
    ConnectionHealth,
    Job,
    ListedAssistant,
    PushOrder,
    Version,
    chain,
)
from tests.actions.pulled import (
    before_the_third_chunk,
    check,
    chosen,
    fill,
    looked,
    outcome,
    take,
    take_all,
    taken,
    tally,
)
from tests.actions.pushed import order_of
from tests.actions.told import refuses, tells, writes_nothing
from tests.builders import acting, make_member

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State = PushOrder.State

# --- looking ----------------------------------------------------------------------------------


def test_a_look_keeps_a_line_of_each_and_takes_nothing_in(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    fill(up, 3)
    up.add("asst_odd", created_at=1_800_000_000, name="x" * 300, tools=None)
    with tells("import.looked"):
        job = looked(workspace, bob)
    assert (job.kind, job.state, job.done, job.progress) == ("list", "done", 4, "4 found.")
    rows = job.listed.order_by("n")
    first = (rows[0].upstream_id, rows[0].name, rows[0].model, rows[0].created_at)
    assert first == ("asst_000", "0", "gpt-4o", 1_700_000_000)
    assert [row.is_odd for row in rows] == [False, False, False, True]
    assert rows[3].notes == ["tools was null"]
    assert rows[3].problem.startswith("name: ")
    assert len(rows[3].name) == importing.LINE_MAX + 1
    assert not Assistant.objects.exists()
    assert up.writes() == []
    assert connected.pk


def test_a_long_list_is_kept_in_its_order(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    """It comes from both its ends at once."""
    up.store.profile = replace(up.store.profile, page_max=20)
    fill(up, 160)
    job = looked(workspace, bob)
    assert list(job.listed.order_by("n").values_list("upstream_id", flat=True)) == list(
        up.assistants
    )
    assert {request.query["order"] for request in up.requests} == {"asc", "desc"}


def test_what_a_push_is_making_is_marked(
    published: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    order = order_of(published)
    up.add("asst_ours", metadata={"_dash": f"{order.op_id}:1:x"})
    (row,) = looked(workspace, bob).listed.all()
    assert row.is_ours
    assert outcome(take_all(workspace, bob)) == (0, 1, 0)


def test_one_look_at_a_time(workspace: Workspace, connected: Connection, bob: User) -> None:
    job = importing.look(workspace, actor=acting(bob))
    with writes_nothing():
        assert importing.look(workspace, actor=acting(bob)) == job
    with refuses(Conflict, "running"):
        importing.ask(workspace, actor=acting(bob))
    assert connected.pk


@pytest.mark.parametrize("roles", [(), ("viewer",), ("editor",), ("reviewer",), ("auditor",)])
def test_only_who_may_pull_looks_and_takes_in(
    workspace: Workspace, connected: Connection, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    with refuses(NotAllowed):
        importing.look(workspace, actor=acting(carol))
    with refuses(NotAllowed):
        importing.ask(workspace, actor=acting(carol), ids=["asst_1"])
    assert connected.pk


def test_where_there_is_no_connection_there_is_nothing_to_look_at(
    workspace: Workspace, bob: User
) -> None:
    with refuses(Conflict, "no_connection"):
        importing.look(workspace, actor=acting(bob))


def test_nothing_is_taken_in_from_a_frozen_connection(
    workspace: Workspace, connected: Connection, bob: User
) -> None:
    ConnectionHealth.objects.update(state=ConnectionHealth.State.FROZEN)
    with refuses(Conflict, "frozen"):
        importing.ask(workspace, actor=acting(bob))
    assert connected.pk


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, {}, "{}"), "key"),
        ((404, {}, "{}"), "gone"),
        ((500, {}, "{}"), "broken"),
        ("reset", "network"),
    ],
)
def test_a_look_that_fails_says_why(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream, answer: Any, reason: str
) -> None:
    up.on("GET", "/assistants", times=9, answer=answer)
    job = looked(workspace, bob)
    assert (job.state, job.result["reason"]) == (Job.State.FAILED, reason)
    assert job.progress
    assert connected.pk


def test_whoever_begins_again_reads_the_list_anew(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    fill(up, 3)
    asked = importing.look(workspace, actor=acting(bob))
    first = jobs.claim(asked.pk, owner="one")
    assert first is not None
    ListedAssistant.objects.create(job=asked, n=1, upstream_id="asst_half")
    Job.objects.filter(pk=asked.pk).update(lease_until=Now() - timedelta(seconds=1))
    second = jobs.claim(asked.pk, owner="two")
    assert second is not None
    importing.run_look(second)
    importing.run_look(first)  # it has lost its claim: nothing of it stays
    ids = asked.listed.order_by("n").values_list("upstream_id", flat=True)
    assert list(ids) == ["asst_000", "asst_001", "asst_002"]
    assert connected.pk


# --- choosing ---------------------------------------------------------------------------------


def test_a_choice_is_kept_page_by_page_with_the_look(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    fill(up, 6)
    job = looked(workspace, bob)
    rows = job.listed.order_by("n")
    assert chosen(job) == []
    importing.choose(rows, shown=["asst_000", "asst_001"], picked=["asst_001"])
    importing.choose(rows, shown=["asst_002", "asst_003"], picked=["asst_002"])
    importing.choose(rows, shown=["asst_001"], picked=["asst_004"])  # not shown
    assert chosen(job) == ["asst_002"]
    importing.choose(rows, every=True)
    importing.choose(rows, shown=["asst_000", "asst_001"], picked=["asst_000"])
    assert chosen(job) == ["asst_000", "asst_002", "asst_003", "asst_004", "asst_005"]
    importing.choose(rows, every=False)
    assert chosen(job) == []
    assert connected.pk


# --- taking in --------------------------------------------------------------------------------


def test_exactly_what_was_chosen_is_taken_in_and_nothing_else_ever(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    ids = fill(up, 250)
    job = take(workspace, bob, ids[3], ids[120], ids[249])
    assert (job.state, outcome(job), job.progress) == (Job.State.DONE, (3, 0, 0), "3 taken in.")
    assert (job.done, job.total) == (3, 3)
    for _ in range(2):
        here = set(Assistant.objects.values_list("upstream_id", flat=True))
        assert here == {ids[3], ids[120], ids[249]}
        assert tally(check(workspace, bob)) == (250, 247, 0)
    assert up.writes() == []
    assert chain.verify().is_intact
    assert connected.pk


def test_the_rest_of_the_list_is_not_read(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    ids = fill(up, 350)
    take(workspace, bob, *ids[:20])
    assert len(up.requests) <= 2  # one page more is asked for ahead
    assert connected.pk


def test_what_is_here_and_what_is_gone_is_told(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    ids = fill(up, 4)
    take(workspace, bob, ids[0])
    del up.assistants[ids[2]]
    job = take(workspace, bob, *ids)
    assert outcome(job) == (2, 1, 1)
    assert job.progress == "2 taken in, 1 here already, 1 could not be taken in."
    done = importing.Intake.of(job)
    assert (done.here, done.failed) == ([ids[0]], [[ids[2], "", "It is not upstream any more."]])
    assert connected.pk


def test_an_id_too_long_to_be_kept_is_told(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    up.add("a" * 513, name="Long")
    up.add("b" * 512)
    done = importing.Intake.of(take_all(workspace, bob))
    assert [name for _id, name, _why in done.failed] == ["Long"]
    assert done.taken == ["b" * 512]
    assert connected.pk


def test_nothing_chosen_is_said_at_the_choice(
    workspace: Workspace, connected: Connection, bob: User
) -> None:
    with refuses(Invalid):
        importing.ask(workspace, actor=acting(bob), ids=[])
    assert connected.pk


def test_many_are_taken_in_with_few_queries_and_an_entry_each(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    fill(up, 400)
    asked = importing.ask(workspace, actor=acting(bob))
    with CaptureQueriesContext(connection) as found:
        job = taken(asked)
    assert outcome(job) == (400, 0, 0)
    inserts = [q["sql"] for q in found if q["sql"].startswith("INSERT")]
    assert len(inserts) <= 60  # five tables, in as many rows at once as SQLite takes
    told = AuditEntry.objects.filter(action="version.imported")
    assert set(told.values_list("object_id", flat=True)) == {
        str(pk) for pk in Version.objects.values_list("pk", flat=True)
    }
    assert told.count() == Version.objects.count() == 400
    assert PushOrder.objects.filter(state=State.IDLE).count() == 400
    assert not Assistant.objects.filter(live_version=None).exists()
    assert chain.verify().is_intact
    assert connected.pk


def test_an_import_that_was_cut_off_goes_on_and_says_the_same_in_the_end(
    workspace: Workspace,
    connected: Connection,
    bob: User,
    up: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = importing.ask(workspace, actor=acting(bob), ids=fill(up, 35))

    def dies() -> None:
        raise KeyboardInterrupt

    before_the_third_chunk(monkeypatch, dies)
    with pytest.raises(KeyboardInterrupt):
        taken(asked)
    assert Assistant.objects.count() == 20
    assert outcome(Job.objects.get(pk=asked.pk)) == (20, 0, 0)
    Job.objects.update(lease_until=None)
    job = taken(asked)
    assert (outcome(job), job.attempts) == ((35, 0, 0), 2)
    assert Assistant.objects.count() == Version.objects.count() == 35
    assert AuditEntry.objects.filter(action="import.ended").count() == 1
    assert chain.verify().is_intact
    assert connected.pk


def test_one_that_was_linked_meanwhile_costs_the_others_nothing(
    workspace: Workspace,
    connected: Connection,
    bob: User,
    up: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = fill(up, 5)
    whole = intake.take_in

    def linked_first(job: Job, found: Any, **more: Any) -> Any:
        Assistant.objects.get_or_create(workspace=workspace, upstream_id=ids[2])
        return whole(job, found, **more)

    monkeypatch.setattr(intake, "take_in", linked_first)
    done = importing.Intake.of(take(workspace, bob, *ids))
    assert sorted(done.taken) == [ids[0], ids[1], ids[3], ids[4]]
    assert done.here == [ids[2]]
    assert connected.pk


def test_an_import_that_another_process_took_over_leaves_no_trace(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    fill(up, 3)
    asked = importing.ask(workspace, actor=acting(bob))
    mine = jobs.claim(asked.pk, owner="one")
    assert mine is not None
    Job.objects.filter(pk=asked.pk).update(fence=9, lease_owner="two")
    with tells():
        importing.run_import(mine)
    assert not Assistant.objects.exists()
    assert Job.objects.get(pk=asked.pk).lease_owner == "two"
    assert connected.pk


def test_a_failure_midway_keeps_what_was_taken_in_and_says_what_is_left(
    workspace: Workspace,
    connected: Connection,
    bob: User,
    up: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 5)
    up.control({"profile": {"page_max": 5}})
    ids = fill(up, 12)
    up.on("GET", "/assistants", 2, answer=(500, {}, "{}"))
    job = take(workspace, bob, *ids)
    assert (job.state, outcome(job), job.result["reason"]) == ("failed", (5, 0, 0), "broken")
    assert importing.left(job) == ids[5:]
    assert outcome(take(workspace, bob, *ids[5:])) == (7, 0, 0)
    assert Assistant.objects.count() == 12
    assert connected.pk
