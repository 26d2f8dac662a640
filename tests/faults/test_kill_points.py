"""A process is killed at each named point; another one goes on, and nothing is lost or doubled."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from assistants_app import killpoints
from assistants_app.actions import bulk, changes, importing
from assistants_app.models import (
    Assistant,
    AuditEntry,
    Change,
    Job,
    PushOrder,
    Review,
    Version,
    chain,
)
from tests.actions.told import rows
from tests.builders import acting, make_approved, make_assistant, make_change
from tests.faults import invariants

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace
    from tests.faults.conftest import Processes
    from tests.upstream import Upstream

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("faults"),
    pytest.mark.usefixtures("watched"),
]
State = PushOrder.State

# What reliability.md 11.3 calls each of them; F06 takes place once the write has arrived.
FAULTS = {
    "publish.before_commit": "F01",
    "publish.committed": "F02",
    "claim.committed": "F03",
    "sending.committed": "F04",
    "http.half_sent:1": "F05",
    "http.sent:2": "F06",
    "http.answer_read:2": "F07",
    "result.before_commit": "F08",
    "save.committed": "F09",
}


def named(point: str) -> str:
    """The name of a test at this point."""
    return " ".join(filter(None, (FAULTS.get(point), point)))


# A create speaks three times: list, write, read back. An update too: read, write, read back.
# What is read back comes over the line of the write, so there is no third one to open.
PUSH = [
    "claim.committed",
    "http.connected:1",
    "http.sent:1",
    "http.headers_read:1",
    "http.answer_read:1",
    "sending.before_commit",
    "sending.committed",
    "http.connected:2",
    "http.half_sent:1",
    "http.sent:2",
    "http.headers_read:2",
    "http.answer_read:2",
    "readback.before",
    "http.sent:3",
    "http.answer_read:3",
    "audit.inserted",
    "result.before_commit",
    "result.committed",
]
PUBLISH = ["audit.inserted", "publish.before_commit", "publish.committed"]
PULL = [
    "http.answer_read",
    "audit.inserted",
    "audit.inserted:2",
    "pull.before_commit:2",
    "pull.mid_page",
]
EDIT = ["audit.inserted", "save.committed"]
SEVERAL = ["audit.inserted", "audit.inserted:3", "audit.inserted:4"]
# Killed at one of these, the write has not left.
BEFORE_THE_WRITE = PUSH[:8]


def test_every_point_is_reached_by_one_of_these_tests() -> None:
    """And `Processes.kill` fails where a point is not reached."""
    reached = {point.partition(":")[0] for point in [*PUSH, *PUBLISH, *PULL, *EDIT, *SEVERAL]}
    assert reached == set(killpoints.NAMES)


@pytest.fixture
def approved(workspace: Workspace, connected: Connection, alice: User, bob: User) -> Change:
    """A new assistant, approved, in a workspace that is connected."""
    return make_approved(workspace, author=alice, reviewer=bob, metadata={"team": "care"})


def arrived(up: Upstream, writes: int) -> None:
    """What left a process that was killed is read by upstream, and done, a moment later."""
    end = time.monotonic() + 5
    while min(len(up.writes()), len(up.assistants)) < writes and time.monotonic() < end:
        time.sleep(0.005)
    assert len(up.writes()) == writes


@pytest.mark.parametrize("at", PUSH, ids=named)
def test_a_create(
    workspace: Workspace,
    connected: Connection,
    alice: User,
    bob: User,
    up: Upstream,
    processes: Processes,
    at: str,
) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    processes.kill("tick", at)
    has_left = at not in [*BEFORE_THE_WRITE, "http.half_sent:1"]
    arrived(up, has_left)
    assert len(up.assistants) == has_left
    invariants.come_to_rest()
    invariants.hold(up)
    assert PushOrder.objects.get().state == State.IDLE
    assert list(up.assistants) == [Assistant.objects.get(pk=assistant.pk).upstream_id]
    assert AuditEntry.objects.filter(action="assistant.pushed").count() == 1
    assert connected.pk


@pytest.mark.merge
@pytest.mark.parametrize("at", PUSH, ids=named)
def test_an_update(
    workspace: Workspace,
    connected: Connection,
    alice: User,
    bob: User,
    up: Upstream,
    processes: Processes,
    at: str,
) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    invariants.come_to_rest()
    make_assistant(assistant, author=alice, reviewer=bob, name="Second", instructions=None)
    processes.kill("tick", at)
    invariants.come_to_rest()
    invariants.hold(up)
    assert PushOrder.objects.get().state == State.IDLE
    (there,) = up.assistants.values()
    assert (there["name"], there["instructions"]) == ("Second", None)
    assert AuditEntry.objects.filter(action="assistant.pushed").count() == 2
    assert connected.pk


@pytest.mark.merge
@pytest.mark.parametrize("at", PUSH, ids=named)
def test_a_create_after_which_a_newer_version_is_published(
    workspace: Workspace,
    connected: Connection,
    alice: User,
    bob: User,
    up: Upstream,
    processes: Processes,
    at: str,
) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    processes.kill("tick", at)
    make_assistant(assistant, author=alice, reviewer=bob, name="Second")
    invariants.come_to_rest()
    invariants.hold(up)
    assert PushOrder.objects.get().pushed_version.number == 2
    (there,) = up.assistants.values()
    assert there["name"] == "Second"
    assert connected.pk


@pytest.mark.merge
@pytest.mark.parametrize("second", PUSH, ids=named)
@pytest.mark.parametrize("first", ["sending.committed", "http.sent:2", "result.before_commit"])
def test_a_create_that_is_killed_twice(
    workspace: Workspace,
    connected: Connection,
    alice: User,
    bob: User,
    up: Upstream,
    processes: Processes,
    first: str,
    second: str,
) -> None:
    make_assistant(workspace, author=alice, reviewer=bob)
    processes.kill("tick", first)
    invariants.pass_time()
    processes.run("tick", kill_at=second)  # it may find everything done before it comes there
    invariants.come_to_rest()
    invariants.hold(up)
    assert PushOrder.objects.get().state == State.IDLE
    assert len(up.assistants) == 1
    assert connected.pk


@pytest.mark.parametrize("at", PUBLISH, ids=named)
def test_publishing_happens_wholly_or_not_at_all(
    approved: Change, up: Upstream, processes: Processes, at: str
) -> None:
    before = rows()
    processes.kill("publish", at, change=approved.pk)
    if at != "publish.committed":
        assert rows() == before
        processes.run("publish", change=approved.pk)
    version = Version.objects.get()
    assert Change.objects.get().state == Change.State.LIVE
    assert Assistant.objects.get().live_version == version
    assert PushOrder.objects.get().desired_version == version
    assert AuditEntry.objects.filter(action="version.published").count() == 1
    invariants.come_to_rest()
    invariants.hold(up)
    assert len(up.assistants) == 1


@pytest.mark.parametrize("at", EDIT, ids=named)
def test_a_saved_text_is_there_with_its_entry_or_neither_is(
    workspace: Workspace, alice: User, processes: Processes, at: str
) -> None:
    change = make_change(workspace, alice)
    before = rows()
    processes.kill("edit", at, change=change.pk, instructions="Saved.")
    entries = AuditEntry.objects.filter(action="change.edited").count()
    if at == "save.committed":
        assert (Change.objects.get().instructions, entries) == ("Saved.", 1)
    else:
        assert rows() == before
    assert chain.verify().is_intact


def test_f10_an_approval_and_its_entry_are_there_or_neither_is(
    workspace: Workspace, alice: User, bob: User, processes: Processes
) -> None:
    change = changes.submit(make_change(workspace, alice), actor=acting(alice))
    before = rows()
    processes.kill("approve", "audit.inserted", change=change.pk)
    assert rows() == before
    assert processes.run("approve", change=change.pk)["said"] == "approved"
    assert Review.objects.get().reviewer == bob
    assert chain.verify().is_intact


def test_what_was_said_is_there(approved: Change, processes: Processes) -> None:
    """The digest that a process said before it ended is the one that is live."""
    said = processes.run("publish", change=approved.pk)["said"]
    assert Assistant.objects.get().digest == said


@pytest.mark.parametrize("at", PULL, ids=named)
def test_an_import_goes_on_where_it_was_cut_off(
    workspace: Workspace,
    connected: Connection,
    bob: User,
    up: Upstream,
    processes: Processes,
    at: str,
) -> None:
    up.control({"profile": {"page_max": 2}})
    for n in range(5):
        up.add(f"asst_{n}", created_at=1_700_000_000 + n, name=f"Found {n}")
    importing.ask(workspace, actor=acting(bob))
    processes.kill("tick", at)
    taken = Assistant.objects.count()
    assert Version.objects.count() == PushOrder.objects.count() == taken
    assert AuditEntry.objects.filter(action="version.imported").count() == taken
    invariants.come_to_rest()
    invariants.hold(up)
    assert Assistant.objects.count() == 5
    job = Job.objects.get()
    assert (job.state, job.attempts) == (Job.State.DONE, 2)
    assert AuditEntry.objects.filter(action="import.ended").count() == 1
    assert up.writes() == []
    assert connected.pk


@pytest.mark.parametrize("at", SEVERAL, ids=named)
def test_a_run_on_several_counts_each_exactly_once(
    workspace: Workspace, alice: User, bob: User, dora: User, processes: Processes, at: str
) -> None:
    ids = [make_assistant(workspace, author=alice, reviewer=bob).pk for _ in range(3)]
    job = bulk.ask(workspace, actor=acting(dora), verb="archive", ids=ids)
    processes.kill("tick", at)
    archived = Assistant.objects.exclude(archived_at=None).count()
    assert AuditEntry.objects.filter(action="assistant.archived").count() == archived
    assert (Job.objects.get().done, bulk.outcomes(job)["done"]) == (archived, archived)
    invariants.come_to_rest()
    assert bulk.outcomes(job) == {"done": 3, "skipped": 0, "failed": 0}
    assert AuditEntry.objects.filter(action="assistant.archived").count() == 3
    assert AuditEntry.objects.filter(action="bulk.ended").count() == 1
    assert chain.verify().is_intact
