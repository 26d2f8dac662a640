"""What several pages are tested with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app.actions import changes
from tests import builders
from tests.upstream import Upstream
from tests.views.reviewed import NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Change, User, Workspace


@pytest.fixture
def waiting(workspace: Workspace, alice: User, bob: User) -> Change:
    """A change by Alice, In review, against version 1."""
    live = builders.make_assistant(workspace, author=alice, reviewer=bob, instructions=OLD)
    change = builders.make_change(live, alice, instructions=NEW, temperature=0.4)
    return changes.submit(change, actor=builders.acting(alice), title="Shorter refunds", why="Law.")


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
