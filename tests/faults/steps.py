"""What a process of the fault tests does before it is killed, or instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_app.actions import changes, publishing, reviews
from assistants_app.models import Change, User
from assistants_app.policies import Actor
from assistants_app.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable


def _as(username: str) -> Actor:
    return Actor(kind="person", source="web", user=User.objects.get(username=username))


def _change(change: int) -> Change:
    return Change.objects.get(pk=change)


def edit(change: int, instructions: str) -> str:
    now = _change(change)
    values = {"instructions": instructions}
    return changes.edit(now, actor=_as("alice"), lock=now.lock, values=values).digest


def approve(change: int) -> str:
    now = _change(change)
    return reviews.approve(now, actor=_as("bob"), digest=now.digest).state


def publish(change: int) -> str:
    return publishing.publish(_change(change), actor=_as("bob")).digest


def tick() -> str:
    return str(Runner(hands=0).tick())


STEPS: dict[str, Callable[..., str]] = {
    "edit": edit,
    "approve": approve,
    "publish": publish,
    "tick": tick,
}
