"""Pull: take in what is new, notice what changed, write nothing upstream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from assistants_app import contract
from assistants_app.actions import assistants, jobs, pulling
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import (
    Assistant,
    AuditEntry,
    Job,
    PushOrder,
    UpstreamCopy,
    Version,
    chain,
)
from tests.actions.pulled import check, tally
from tests.actions.pushed import calls, order_of, push, there
from tests.actions.told import refuses, rows, tells, writes_nothing
from tests.builders import acting, make_assistant, make_member

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


def test_what_is_new_becomes_an_assistant_with_version_1_in_sync(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    id_ = up.add(name="Found", instructions="As it was.", created_at=1_700_000_000)
    with tells("upstream.check_asked", "version.imported", "upstream.checked") as entries:
        job = check(workspace, bob)
    assert (job.state, tally(job)) == (Job.State.DONE, (1, 1, 0))
    assistant = imported(id_)
    version = Version.objects.get()
    assert (assistant.live_version, version.number, version.origin) == (
        version,
        1,
        Version.Origin.IMPORTED,
    )
    assert (assistant.name, assistant.instructions) == ("Found", "As it was.")
    assert assistant.created_at.timestamp() == 1_700_000_000
    assert assistant.digest == version.digest == contract.fingerprint(version.document())
    order = order_of(assistant)
    assert (order.state, order.pushed_version) == (State.IDLE, version)
    assert UpstreamCopy.objects.get().kind == "base"
    assert entries[1].object_id == str(version.pk)
    assert f'"upstream_id":"{id_}"' in entries[1].body
    assert "As it was" not in entries[1].body
    assert up.writes() == []
    assert chain.verify().is_intact
    assert connected.pk


def test_a_second_check_finds_everything_as_it_was(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    for n in range(3):
        up.add(name=f"Found {n}")
    check(workspace, bob)
    with tells("upstream.check_asked", "upstream.checked"):
        job = check(workspace, bob)
    assert tally(job) == (3, 0, 0)
    assert Assistant.objects.count() == 3
    assert connected.pk


ODD_TOOLS = [
    {"type": "browser", "z": {"b": 1, "a": [None, True]}, "id": "x"},
    {"type": "retrieval"},
    {"type": "function", "function": {"name": "f", "x-note": "kept", "parameters": {}}},
]


def test_unknown_tools_and_keys_are_kept_and_pushed_back_byte_for_byte(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    resources = {"future": {"b": 2, "a": 1}, "code_interpreter": {"file_ids": ["file-1"]}}
    id_ = up.add(
        name="Odd",
        instructions="One.\r\nTwo.",
        tools=ODD_TOOLS,
        tool_resources=resources,
        metadata={"b": "2", "a": "1"},
        owner="someone",
        parallel={"x": 1},
    )
    check(workspace, bob)
    assistant = imported(id_)
    assert contract.dumps(assistant.tools) == json.dumps(ODD_TOOLS, separators=(",", ":"))
    assert contract.dumps(assistant.tool_resources) == json.dumps(resources, separators=(",", ":"))
    extra = json.loads(UpstreamCopy.objects.get().extra)
    assert extra == {"owner": "someone", "parallel": {"x": 1}}
    make_assistant(assistant, author=alice, reviewer=bob, name="Edited")
    assert push(assistant).state == State.IDLE
    sent = up.writes()[-1].body.decode()
    assert '"tools":' + contract.dumps(assistant.tools) in sent
    assert '"tool_resources":' + contract.dumps(assistant.tool_resources) in sent
    assert '"instructions":"One.\\r\\nTwo."' in sent
    row = there(up)
    assert (row["owner"], row["tools"], row["name"]) == ("someone", ODD_TOOLS, "Edited")
    assert connected.pk


@pytest.mark.parametrize(
    "odd",
    [
        {"tools": None, "metadata": None, "tool_resources": None},
        {"name": 5, "instructions": ["x"], "temperature": "1", "metadata": []},
        {"description": "", "name": "", "instructions": ""},
        {"model": None},
        {"temperature": 0, "top_p": 1, "response_format": "auto"},
        {"response_format": {"type": "json_schema", "json_schema": {"b": 1, "a": 2}}},
        {"metadata": {"_dash": "another:1:dashboard"}},
        {"created_at": None},
        {"created_at": 10**17},
        {"created_at": -5},
        {"instructions": "x" * 300_000},
    ],
)
def test_odd_shapes_are_taken_in_and_the_history_stays_whole(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream, odd: dict[str, Any]
) -> None:
    id_ = up.add()
    up.assistants[id_].update(odd)
    job = check(workspace, bob)
    assert tally(job) == (1, 1, 0)
    version = Version.objects.get()
    assert contract.fingerprint(version.document()) == version.digest
    assert chain.verify().is_intact
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert connected.pk


def test_one_with_16_pairs_is_taken_in_and_pushed_back_without_our_mark(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    pairs = {f"k{n}": "v" for n in range(16)}
    id_ = up.add(metadata=pairs)
    check(workspace, bob)
    assistant = imported(id_)
    assert not assistant.safe_creation
    make_assistant(assistant, author=alice, reviewer=bob, name="Edited")
    assert push(assistant).state == State.IDLE
    assert there(up)["metadata"] == pairs
    assert connected.pk


def test_the_mark_of_another_dashboard_is_no_obstacle(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    id_ = up.add(metadata={"team": "x", "_dash": "7e9c:3:abcdef01"})
    check(workspace, bob)
    assert imported(id_).metadata == {"team": "x"}
    assert connected.pk


def test_a_long_list_is_taken_in_page_by_page(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    up.control({"profile": {"page_max": 7}})
    for n in range(30):
        up.add(f"asst_{n:02d}", created_at=1_700_000_000 + n)
    job = check(workspace, bob)
    assert tally(job) == (30, 30, 0)
    assert calls(up).count("GET /assistants") == 5
    assert "30 seen, 30 taken in, 0 changed upstream" in job.progress
    assert connected.pk


@pytest.mark.parametrize("flag", ["repeat_pages", "only_data", "ignores_limit", "page_shifting"])
def test_odd_paging_loses_nothing_and_ends(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream, flag: str
) -> None:
    up.control({"profile": {flag: True}})
    for n in range(25):
        up.add(f"asst_{n:02d}", created_at=1_700_000_000 + n)
    job = check(workspace, bob)
    assert job.state == Job.State.DONE
    assert Assistant.objects.count() == 25
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


def test_a_failure_midway_keeps_what_was_taken_in_and_goes_on_next_time(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    up.control({"profile": {"page_max": 5}})
    for n in range(12):
        up.add(f"asst_{n:02d}", created_at=1_700_000_000 + n)
    up.on("GET", "/assistants", 2, answer=(500, {}, "{}"))
    assert check(workspace, bob).state == Job.State.FAILED
    assert Assistant.objects.count() == 5
    assert tally(check(workspace, bob)) == (12, 7, 0)
    assert connected.pk


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


def test_what_is_archived_here_is_not_taken_in_anew(
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
