"""A workspace that asks for no approval, as the tests of the runner set it up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from assistants_app.actions import publishing
from assistants_app.models import (
    Assistant,
    PushOrder,
)
from tests.builders import (
    acting,
    make_connection,
    make_document,
    make_member,
    make_workspace,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream


def make_free(name: str, person: User, upstream: Upstream) -> Workspace:
    place = make_workspace(name, approvals=0)
    make_member(place, person, "publisher", "admin")
    make_connection(place, person, upstream)
    return type(place).objects.get(pk=place.pk)


def make_live(place: Workspace, person: User, name: str) -> Assistant:
    return publishing.write_through(place, None, make_document(name=name), actor=acting(person))


def wait_until(condition: Callable[[], bool], *, seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def idle(assistant: Assistant) -> bool:
    return PushOrder.objects.get(assistant=assistant).state == PushOrder.State.IDLE
