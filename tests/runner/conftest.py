"""A connected workspace, and runners that end whatever a test does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app import doorbell
from assistants_app.runner import Runner
from tests.runner.free import make_free
from tests.upstream import Upstream

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User, Workspace


@pytest.fixture
def up(settings: SettingsWrapper) -> Iterator[Upstream]:
    settings.SYNC_TIME_SCALE = 0.05
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def free(alice: User, up: Upstream) -> Workspace:
    """A connected workspace that asks for no approval; Alice publishes and administers it."""
    return make_free("Alone", alice, up)


@pytest.fixture
def running() -> Iterator[Callable[..., Runner]]:
    """Start runners; whatever a test does, they end."""
    started: list[tuple[Runner, threading.Thread]] = []

    def start(**options: int) -> Runner:
        runner = Runner(**options)
        started.append((runner, runner.start()))
        return runner

    yield start
    for runner, thread in started:
        runner.stop.set()
        doorbell.bell.set()
        thread.join(10)
