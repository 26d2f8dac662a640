"""Back at a server that was left: what was linked there is linked again, once a person saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import assistants, connection_links, connections, relinking
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import (
    Assistant,
    Connection,
    ConnectionHealth,
    Job,
    PushOrder,
    Workspace,
    listed,
)
from tests.actions.pulled import looked, outcome, take_all
from tests.actions.pushed import settle
from tests.actions.told import refuses, tells
from tests.builders import acting, make_assistant, make_connection, make_member
from tests.upstream import Upstream

if TYPE_CHECKING:
    from assistants_app.models import User

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason


def back(workspace: Workspace, admin: User, up: Upstream) -> Workspace:
    """Leave the server, and connect to this one."""
    again = Workspace.objects.get(pk=workspace.pk)
    connections.remove_connection(again, actor=acting(admin), name=again.name)
    again = Workspace.objects.get(pk=workspace.pk)
    make_connection(again, admin, up)
    return Workspace.objects.get(pk=workspace.pk)


def left(job: Job) -> list[Any]:
    rows = job.listed.against(job.workspace.connection).filter(listed.LEFT)
    return [(row.was, row.upstream_id) for row in rows]


@pytest.fixture
def linked(published: Assistant) -> Assistant:
    assert settle(published).state == State.IDLE
    return Assistant.objects.get(pk=published.pk)


@pytest.fixture
def here(linked: Assistant, workspace: Workspace, dora: User, up: Upstream) -> Workspace:
    """Left, and connected to the same server again."""
    assert linked.upstream_id
    return back(workspace, dora, up)


def test_it_is_shown_linked_again_and_read_without_a_write(
    here: Workspace, linked: Assistant, bob: User, up: Upstream
) -> None:
    writes = len(up.writes())
    job = looked(here, bob)
    assert left(job) == [(linked.pk, linked.upstream_id)]
    with tells("import.relinked") as entries:
        assert relinking.relink(job, actor=acting(bob)) == 1
    assert f'"links":{{"{linked.pk}":"{linked.upstream_id}"}}' in entries[0].body
    now = Assistant.objects.get(pk=linked.pk)
    assert (now.upstream_id, now.former_id, now.former_print) == (linked.upstream_id, None, None)
    order = settle(linked)
    assert (order.state, order.pushed_version) == (State.IDLE, now.live_version)
    assert len(up.writes()) == writes
    assert left(job) == []
    with refuses(Conflict, "state"):
        relinking.relink(job, actor=acting(bob))


def test_what_changed_on_either_side_meanwhile_waits_for_a_person(
    here: Workspace, linked: Assistant, bob: User, up: Upstream
) -> None:
    writes = len(up.writes())
    up.assistants[linked.upstream_id or ""]["name"] = "Changed there"
    relinking.relink(looked(here, bob), actor=acting(bob))
    order = settle(linked)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)
    assert len(up.writes()) == writes


def test_it_is_not_taken_in_as_a_new_one_unless_somebody_archived_it(
    here: Workspace, linked: Assistant, bob: User
) -> None:
    job = looked(here, bob)
    assert not job.listed.against(here.connection).filter(listed.OPEN).exists()
    assistants.archive(linked, actor=acting(bob))
    assert left(job) == []
    assert outcome(take_all(here, bob)) == (1, 0, 0)


def test_another_server_that_knows_the_same_id_is_no_proof(
    linked: Assistant, workspace: Workspace, dora: User, bob: User
) -> None:
    with Upstream() as other:
        other.add(linked.upstream_id or "")
        there = back(workspace, dora, other)
        assert left(looked(there, bob)) == []


def test_an_id_that_is_not_there_any_more_is_not_offered(
    here: Workspace, linked: Assistant, bob: User, up: Upstream
) -> None:
    up.assistants.pop(linked.upstream_id or "")
    assert left(looked(here, bob)) == []


def test_one_whose_create_may_be_there_is_left_to_its_push(
    here: Workspace, linked: Assistant, bob: User
) -> None:
    job = looked(here, bob)
    order = PushOrder.objects.create(
        assistant=linked, connection=here.connection, desired_version=linked.live_version
    )
    assert left(job) != []
    PushOrder.objects.filter(pk=order.pk).update(state=State.UNKNOWN)
    assert left(job) == []


def test_a_push_that_waits_goes_to_what_was_linked_and_makes_no_second_one(
    here: Workspace, linked: Assistant, bob: User, up: Upstream
) -> None:
    PushOrder.objects.create(
        assistant=linked, connection=here.connection, desired_version=linked.live_version
    )
    relinking.relink(looked(here, bob), actor=acting(bob))
    assert settle(linked).state == State.IDLE
    assert len(up.assistants) == 1


@pytest.mark.parametrize("role", ["viewer", "editor", "reviewer", "auditor"])
def test_only_who_may_push_links(here: Workspace, bob: User, carol: User, role: str) -> None:
    make_member(here, carol, role)
    job = looked(here, bob)
    with refuses(NotAllowed):
        relinking.relink(job, actor=acting(carol))


def test_a_frozen_connection_links_nothing(here: Workspace, bob: User) -> None:
    job = looked(here, bob)
    ConnectionHealth.objects.update(state=ConnectionHealth.State.FROZEN)
    with refuses(Conflict, "frozen"):
        relinking.relink(job, actor=acting(bob))


def test_a_look_at_the_server_before_says_nothing(
    here: Workspace, dora: User, bob: User, up: Upstream
) -> None:
    job = looked(here, bob)
    back(here, dora, up)
    with refuses(Conflict, "no_connection"):
        relinking.relink(Job.objects.get(pk=job.pk), actor=acting(bob))


def test_an_entry_names_the_first_links_and_the_digest_of_all(
    connected: Connection, workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    rows = [make_assistant(workspace, author=alice, reviewer=bob, name=f"A{n}") for n in range(3)]
    for n, row in enumerate(rows):
        Assistant.objects.filter(pk=row.pk).update(upstream_id=f"asst_{n}")
    PushOrder.objects.all().delete()
    links = {str(row.pk): f"asst_{n}" for n, row in enumerate(rows)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection_links, "NAMED", 2)
        again = Workspace.objects.get(pk=workspace.pk)
        with tells("connection.removed") as entries:
            connections.remove_connection(again, actor=acting(dora), name=again.name)
    data: Any = contract.parse(entries[0].body)
    assert data["data"]["set_aside"] == 3
    assert list(data["data"]["links"].values()) == ["asst_0", "asst_1"]
    assert data["data"]["links_digest"] == contract.digest(contract.dumps(links))
    assert connected.pk
