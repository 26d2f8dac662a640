"""An upstream and the means to speak to it, with times that fit a test."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.secret import Secret
from assistants_app.sync.client import AssistantsClient
from assistants_app.sync.profiles import Endpoint
from assistants_app.sync.times import Times
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Long enough for a busy machine; SHORT is for the tests that wait for the deadline to come.
TIMES = replace(Times().scaled(0.01), connect=3.0, call=5.0)
SHORT = replace(TIMES, call=0.3)


def endpoint(up: Upstream, **changes: Any) -> Endpoint:
    """How a Connection to `up` looks to sync."""
    return replace(Endpoint("openai-compatible", up.url, Secret(up.key)), **changes)


@pytest.fixture
def up() -> Iterator[Upstream]:
    """A server that keeps to the references."""
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def client_of() -> Iterator[Callable[..., AssistantsClient]]:
    """A client for an upstream; keyword arguments change its Endpoint."""
    clients: list[AssistantsClient] = []

    def make(up: Upstream, times: Times = TIMES, **changes: Any) -> AssistantsClient:
        clients.append(
            AssistantsClient(
                endpoint(up, **changes), times=times, may_send=lambda: None, private_ok=True
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()
