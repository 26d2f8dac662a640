"""What a process of the fault tests does before it is killed, or instead."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from assistants_app import contract, serving
from assistants_app.actions import changes, importing, publishing, pulling, reviews
from assistants_app.errors import Conflict
from assistants_app.models import Change, PushOrder, User, Workspace
from assistants_app.policies import Actor
from assistants_app.runner import Runner
from tests.faults import pushers

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
    """With the times of the product: what must be over in a moment is not hurried, and what takes
    long is made to pass by the test (`invariants.pass_time`).
    """
    settings.SYNC_TIME_SCALE = 1.0
    return str(Runner(hands=0).tick())


def keep_publishing(workspace: int, notes: str, seed: int) -> str:
    """Publish at random until killed; each one that was acknowledged is noted in a file."""
    chance = random.Random(seed)
    place, actor = Workspace.objects.get(pk=workspace), _as("alice")
    with Path(notes).open("a") as file:
        while True:
            assistant = chance.choice(list(place.assistants.all()))
            document = assistant.document() | {"name": f"{seed}-{chance.random()}"}
            try:
                done = publishing.write_through(place, assistant, document, actor=actor)
            except Conflict:
                continue  # another publisher was first
            file.write(f"{done.pk} {contract.fingerprint(document)}\n")
            file.flush()
            time.sleep(chance.random() * 0.3)


def keep_working(scale: float) -> str:
    """The runner, until killed; `scale` is SYNC_TIME_SCALE."""
    settings.SYNC_TIME_SCALE = scale
    Runner(hands=3).run()
    return ""


def keep_naive(seed: int) -> str:
    """What `pushers.naive` would do as a worker, until killed."""
    chance = random.Random(seed)
    while True:
        orders = PushOrder.objects.exclude(state=PushOrder.State.IDLE)
        for pk in orders.values_list("pk", flat=True):
            pushers.naive(pk, owner="naive")
        time.sleep(chance.random() * 0.1)


def serve_work() -> str:
    """What `manage.py worker` does, until it is told to end."""
    serving.work(ready=lambda: None)
    return ""


def push_by(pusher: str, order: int) -> str:
    """One push, by one of `pushers`."""
    return str(pushers.PUSHERS[pusher](order, owner="step"))


def keep_checking(workspace: int) -> str:
    """Ask for one check and one import after the other, until killed."""
    place, actor = Workspace.objects.get(pk=workspace), _as("alice")
    while True:
        pulling.ask(place, actor=actor)
        with contextlib.suppress(Conflict):  # the last import is still under way
            importing.ask(place, actor=actor)
        time.sleep(0.4)


STEPS: dict[str, Callable[..., str]] = {
    "edit": edit,
    "approve": approve,
    "publish": publish,
    "tick": tick,
    "keep_publishing": keep_publishing,
    "keep_working": keep_working,
    "keep_checking": keep_checking,
    "keep_naive": keep_naive,
    "push_by": push_by,
    "serve_work": serve_work,
}
