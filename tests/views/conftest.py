"""What several pages are tested with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import changes, reviews
from assistants_app.models import PushOrder, Workspace
from tests import builders
from tests.upstream import Upstream
from tests.views.drifted import TEXT, now
from tests.views.reviewed import NEW, OLD
from tests.views.synced import work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Assistant, Change, User


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(timezone.now(), tick=True) as moved:
        yield moved


@pytest.fixture
def waiting(workspace: Workspace, alice: User, bob: User) -> Change:
    """A change by Alice, In review, against version 1."""
    live = builders.make_assistant(workspace, author=alice, reviewer=bob, instructions=OLD)
    change = builders.make_change(live, alice, instructions=NEW, temperature=0.4)
    return changes.submit(change, actor=builders.acting(alice), title="Shorter refunds", why="Law.")


@pytest.fixture
def editing(client: Client, alice: User) -> Client:
    """Alice edits."""
    client.force_login(alice)
    return client


@pytest.fixture
def upstream(workspace: Workspace, dora: User, settings: SettingsWrapper) -> Iterator[Upstream]:
    """Connected; a twentieth of all times, which a busy machine keeps to as well."""
    settings.SYNC_TIME_SCALE = 0.05
    with Upstream() as server:
        builders.make_connection(workspace, dora, server)
        yield server


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    """Bob publishes."""
    client.force_login(bob)
    return client


@pytest.fixture
def unpushed(workspace: Workspace, upstream: Upstream, alice: User, bob: User) -> Assistant:
    """Live here; its push waits."""
    place = Workspace.objects.get(pk=workspace.pk)
    return builders.make_assistant(place, author=alice, reviewer=bob, instructions=TEXT)


@pytest.fixture
def live(unpushed: Assistant) -> Assistant:
    """Live here, and in sync with the server."""
    work()
    return now(unpushed)


@pytest.fixture
def drifted(live: Assistant, upstream: Upstream, alice: User, bob: User) -> Assistant:
    """Temperature and two lines moved upstream, one of the lines here as well."""
    row = upstream.assistants[live.upstream_id or ""]
    row["temperature"] = 0.7
    row["instructions"] = TEXT.replace("Greet.", "Greet warmly.").replace("brief", "short")
    text = TEXT.replace("brief", "quick")
    builders.make_assistant(live, author=alice, reviewer=bob, instructions=text)
    work()
    assert PushOrder.objects.get().reason == PushOrder.Reason.DRIFT
    return now(live)


@pytest.fixture
def where(workspace: Workspace) -> str:
    """The address of the connection page."""
    return reverse("workspace_connection", args=[workspace.slug])


@pytest.fixture
def three(workspace: Workspace, alice: User, bob: User) -> list[Assistant]:
    """One with an approved change, one with a draft, one with none."""
    made = [
        builders.make_assistant(workspace, author=alice, reviewer=bob, name=name)
        for name in ("Ready", "Drafted", "Plain")
    ]
    change = builders.make_change(made[0], alice, description="New words.")
    change = changes.submit(change, actor=builders.acting(alice))
    reviews.approve(change, actor=builders.acting(bob), digest=change.digest)
    builders.make_change(made[1], alice, description="Other words.")
    return made
