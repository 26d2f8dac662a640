"""A workspace that is connected to an upstream over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.actions import changes
from assistants_app.models import Assistant, Change, PushOrder
from tests.actions.pushed import push
from tests.builders import acting, make_assistant, make_connection, make_member, make_workspace
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Connection, User, Workspace


@pytest.fixture
def up(settings: SettingsWrapper) -> Iterator[Upstream]:
    """A server that keeps to the references; times are a tenth of the real ones."""
    settings.SYNC_TIME_SCALE = 0.1
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def connected(workspace: Workspace, dora: User, up: Upstream) -> Connection:
    return make_connection(workspace, dora, up)


@pytest.fixture
def published(workspace: Workspace, connected: Connection, alice: User, bob: User) -> Assistant:
    """Live here and not pushed yet."""
    return make_assistant(workspace, author=alice, reviewer=bob, metadata={"team": "care"})


@pytest.fixture
def pushed(published: Assistant) -> Assistant:
    """Live here and in sync."""
    assert push(published).state == PushOrder.State.IDLE
    return Assistant.objects.get(pk=published.pk)


@pytest.fixture
def publish(alice: User, bob: User) -> Callable[..., Assistant]:
    """Make the next Version of an assistant live."""

    def make(assistant: Assistant, **fields: Any) -> Assistant:
        return make_assistant(assistant, author=alice, reviewer=bob, **fields)

    return make


@pytest.fixture
def assistant(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return make_assistant(workspace, author=alice, reviewer=bob)


@pytest.fixture
def draft(assistant: Assistant, alice: User) -> Change:
    return changes.open(assistant, actor=acting(alice))


@pytest.fixture
def free(alice: User) -> Workspace:
    """A workspace that asks for no approval."""
    place = make_workspace("Alone", approvals=0)
    make_member(place, alice, "editor", "publisher")
    return place
