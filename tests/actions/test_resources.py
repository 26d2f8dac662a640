"""Reading the server's files and knowledge: whole, with its true age, and never a write there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from assistants_app.actions import connections, jobs, resources
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import Change, Job, Resource, ResourceList
from tests.actions.told import refuses, tells, writes_nothing
from tests.builders import COMMAND, acting, make_assistant, make_change
from tests.upstream import Upstream

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(workspace: Workspace, connected: Connection, alice: User) -> Change:
    return make_change(workspace, alice, tool_resources=named("file-1", "file-gone"))


def named(*ids: str) -> dict[str, Any]:
    return {"code_interpreter": {"file_ids": list(ids)}}


def read(change: Change, person: User) -> Job:
    asked = resources.ask(change, actor=acting(person))
    job = jobs.claim(asked.pk, owner="test")
    assert job is not None
    resources.run(job)
    return Job.objects.get(pk=job.pk)


def files(connected: Connection) -> list[tuple[str, str]]:
    rows = Resource.objects.filter(list__connection=connected, list__kind="files")
    return list(rows.order_by("-made_at").values_list("upstream_id", "name"))


def test_both_lists_are_read_with_what_is_worth_knowing(
    change: Change, connected: Connection, alice: User, up: Upstream
) -> None:
    up.store.hold("files", "file-1", filename="sales.csv", bytes=1_234, purpose="assistants")
    up.store.hold("files", "file-x", filename="batch.jsonl", bytes=1, purpose="batch")
    counts = {"total": 12, "completed": 12}
    up.store.hold(
        "vector_stores",
        "vs_1",
        name="Handbook",
        usage_bytes=9,
        file_counts=counts,
        status="expired",
    )
    with tells("resources.asked"):
        job = read(change, alice)
    assert job.state == Job.State.DONE
    (file,) = Resource.objects.filter(list__kind="files")
    assert (file.upstream_id, file.name, file.size) == ("file-1", "sales.csv", 1_234)
    (store,) = Resource.objects.filter(list__kind="knowledge")
    assert (store.name, store.files, store.state) == ("Handbook", 12, "expired")
    assert up.writes() == []


def test_page_by_page(change: Change, connected: Connection, alice: User, up: Upstream) -> None:
    for n in range(230):
        up.store.hold("vector_stores", f"vs_{n}", name=f"Store {n}")
    read(change, alice)
    assert Resource.objects.filter(list__kind="knowledge").count() == 230
    asked = [one for one in up.requests if one.path == "/vector_stores"]
    assert [one.query.get("after", "") for one in asked] == ["", "vs_130", "vs_30"]


def test_what_the_change_names_is_looked_for_by_itself(
    change: Change, connected: Connection, alice: User, up: Upstream
) -> None:
    up.store.hold("files", "file-1", filename="made.png", purpose="assistants_output")
    read(change, alice)
    assert files(connected) == [("file-1", "made.png")]  # and file-gone is not there


@pytest.mark.parametrize("status", [404, 405, 410, 501])
def test_a_server_without_lists_is_said_to_have_none(
    change: Change, connected: Connection, alice: User, up: Upstream, status: int
) -> None:
    up.on("GET", "/files", times=9, answer=(status, {}, "{}"), apply="never")
    assert read(change, alice).state == Job.State.DONE
    found = resources.lists(connected)
    assert (found["files"].is_offered, found["files"].read_at) == (False, None)
    assert found["knowledge"].is_offered is True


@pytest.mark.parametrize("answer", ["reset", (500, {}, "{}"), (200, {}, "[]"), (401, {}, "{}")])
def test_a_failure_keeps_what_was_read_and_its_age(
    change: Change, connected: Connection, alice: User, up: Upstream, answer: Any
) -> None:
    up.store.hold("files", "file-1", filename="sales.csv", purpose="assistants")
    read(change, alice)
    then = timezone.now() - timedelta(hours=3)
    ResourceList.objects.update(read_at=then)
    up.on("GET", "/files", times=9, answer=answer, apply="never")
    read(change, alice)
    found = resources.lists(connected)["files"]
    assert found.read_at == then
    assert found.note
    assert found.tried_at > then
    assert files(connected) == [("file-1", "sales.csv")]


def test_a_server_that_refuses_what_is_asked_along_is_asked_plainly(
    change: Change, connected: Connection, alice: User, up: Upstream
) -> None:
    up.store.hold("files", "file-1", filename="sales.csv", purpose="assistants")
    up.on("GET", "/files", answer=(400, {}, '{"error":{"message":"No limit."}}'), apply="never")
    read(change, alice)
    assert files(connected) == [("file-1", "sales.csv")]


def test_odd_entries_are_left_out_and_odd_facts_too(
    change: Change, connected: Connection, alice: User, up: Upstream
) -> None:
    rows: list[Any] = [
        3,
        {"id": 7},
        {"id": "a\tb"},
        {"id": "x" * 513},
        {"id": "ok", "filename": "a\nb" + "n" * 500, "bytes": -1, "created_at": 1e300},
        {"id": "huge", "bytes": 10**30, "created_at": 10**30, "filename": None, "status": 3},
        {"id": "huge", "filename": "twice"},
    ]
    up.on("GET", "/files", answer=(200, {}, {"data": rows}), apply="never")
    read(change, alice)
    found = {one.upstream_id: one for one in Resource.objects.filter(list__kind="files")}
    assert sorted(found) == ["huge", "ok"]
    assert found["ok"].name == "ab" + "n" * 398
    assert (found["ok"].size, found["huge"].size, found["huge"].made_at) == (None, None, None)


def test_another_server_knows_nothing_of_these(
    change: Change, workspace: Workspace, connected: Connection, alice: User, dora: User
) -> None:
    read(change, alice)
    assert resources.lists(connected)
    with Upstream() as other:
        connections.allow_origin(other.url, actor=COMMAND, private=True)
        ResourceList.objects.update(print="another")
        assert resources.lists(connected) == {}
    read(change, alice)
    assert set(resources.lists(connected)) == {"files", "knowledge"}


def test_asking_twice_gives_the_one_under_way(change: Change, alice: User) -> None:
    first = resources.ask(change, actor=acting(alice))
    with writes_nothing():
        assert resources.ask(change, actor=acting(alice)) == first


def test_who_may_ask(change: Change, carol: User, workspace: Workspace, alice: User) -> None:
    with refuses(NotAllowed):
        resources.ask(change, actor=acting(carol))


def test_without_a_connection_there_is_nothing_to_read(workspace: Workspace, alice: User) -> None:
    change = make_change(workspace, alice)
    with refuses(Conflict, "no_connection"):
        resources.ask(change, actor=acting(alice))


def test_by_how_many_each_is_used(
    workspace: Workspace, alice: User, bob: User, django_assert_num_queries: Any
) -> None:
    for ids in (("file-1", "file-10"), ("file-1",)):
        make_assistant(workspace, author=alice, reviewer=bob, tool_resources=named(*ids))
    with django_assert_num_queries(1):
        found = resources.used(workspace, ["file-1", "file-10", "file_1", "%"])
    assert found == {"file-1": 2, "file-10": 1, "file_1": 0, "%": 0}
