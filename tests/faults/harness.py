"""One fault, one way to push, and what upstream holds afterwards: the same for all of them."""

from __future__ import annotations

import itertools
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models.functions import Now
from django.test import override_settings

from assistants_app import contract
from assistants_app.actions import publishing, pushes
from assistants_app.models import Assistant, PushOrder, User
from tests.actions.pushed import make_due
from tests.builders import (
    acting,
    make_connection,
    make_document,
    make_member,
    make_person,
    make_workspace,
)
from tests.faults.pushers import PUSHERS
from tests.faults.test_faults import FAULTS
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.test_faults import Fault

TRIES = 6
OURS = "openai-compatible"
_count = itertools.count(1)


@dataclass(frozen=True)
class Outcome:
    """What a create, an update or a decision of somebody else's came to.

    `made`: assistants upstream for one that was asked for. `is_lost`: upstream does not hold the
    newest text, and the order says that it does. `is_overwritten`: what someone else wrote is gone
    without a word. `strayed`: requests that a redirect took to another server. `rest`: the order
    at the end.
    """

    made: int
    is_lost: bool = False
    is_overwritten: bool = False
    strayed: int = 0
    rest: str = ""

    @property
    def is_clean(self) -> bool:
        return self.made <= 1 and not (self.is_lost or self.is_overwritten or self.strayed)

    def __str__(self) -> str:
        said = [f"{self.made} made"] if self.made > 1 else []
        said += ["lost update"] * self.is_lost + ["overwritten"] * self.is_overwritten
        said += [f"{self.strayed} to another host"] * bool(self.strayed)
        return f"{', '.join(said) or 'ok'} ({self.rest})"


class Stage:
    """A workspace with one assistant and an upstream of its own, for one way to push."""

    def __init__(self, pusher: str) -> None:
        self.push = PUSHERS[pusher]
        self.up = Upstream(drip=0.05)
        name = f"{pusher}-{next(_count)}"
        self.person: User = make_person(name)
        self.place = make_workspace(name, approvals=0)
        make_member(self.place, self.person, "publisher", "admin")

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            stack.enter_context(override_settings(SYNC_TIME_SCALE=0.02))
            stack.enter_context(self.up)
            self._stack = stack.pop_all()
        make_connection(self.place, self.person, self.up)
        self.place = type(self.place).objects.get(pk=self.place.pk)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def publish(self, assistant: Assistant | None = None, **fields: Any) -> Assistant:
        document = (assistant.document() if assistant else make_document()) | fields
        kept = {name: value for name, value in document.items() if value is not None}
        actor = acting(self.person)
        done = publishing.write_through(self.place, assistant, kept, actor=actor)
        return Assistant.objects.get(pk=done.pk)

    def settle(self, assistant: Assistant, tries: int = TRIES) -> None:
        """Push as long as there is something to do, at most so often."""
        for _ in range(tries):
            if not self.push(make_due(assistant).pk, owner="harness"):
                return

    def outcome(self, assistant: Assistant, *, foreign: str = "", strayed: int = 0) -> Outcome:
        """What upstream holds; `foreign` is what someone else had written as description."""
        order = PushOrder.objects.select_related("assistant", "desired_version").get(
            assistant=assistant
        )
        held = self.up.assistants.get(order.assistant.upstream_id or "")
        is_idle = order.pushed_version_id == order.desired_version_id
        wanted = order.desired_version.document()
        is_there = held is not None and not contract.not_kept(
            wanted, contract.read(held, contract.PROFILES[OURS]).document
        )
        is_kept = not foreign or any(
            row["description"] == foreign for row in self.up.assistants.values()
        )
        return Outcome(
            made=sum(map(len, self.up.store.created.values())),
            is_lost=is_idle and not is_there and not foreign,
            is_overwritten=not is_kept,
            strayed=strayed,
            rest=f"{order.state}{': ' + order.reason if order.reason else ''}"
            if is_idle or order.reason or order.state != "waiting"
            else "still trying",
        )


def create(pusher: str, fault: Fault) -> Outcome:
    with Stage(pusher) as stage:
        stage.up.on("POST", "/assistants", apply=fault.apply, answer=fault.answer)  # type: ignore[arg-type]
        assistant = stage.publish()
        stage.settle(assistant)
        return stage.outcome(assistant)


def update(pusher: str, fault: Fault) -> Outcome:
    with Stage(pusher) as stage:
        assistant = stage.publish()
        stage.settle(assistant)
        stage.up.on("POST", "/assistants/", apply=fault.apply, answer=fault.answer)  # type: ignore[arg-type]
        assistant = stage.publish(assistant, name="Second")
        stage.settle(assistant)
        return stage.outcome(assistant)


def late_create(pusher: str) -> Outcome:
    """F18: the answer is lost, and the create arrives later."""
    with Stage(pusher) as stage:
        stage.up.on("POST", "/assistants", apply="late", answer="reset")
        assistant = stage.publish()
        stage.settle(assistant, 1)
        stage.settle(assistant, 1)
        stage.up.arrive()
        stage.settle(assistant)
        return stage.outcome(assistant)


def late_update(pusher: str) -> Outcome:
    """F19: an older update arrives within the settling time, when a newer one was published."""
    with Stage(pusher) as stage:
        assistant = stage.publish()
        stage.settle(assistant)
        stage.up.on("POST", "/assistants/", apply="late", answer="reset")
        assistant = stage.publish(assistant, name="Second")
        stage.push(make_due(assistant).pk, owner="harness")
        assistant = stage.publish(assistant, name="Third")
        if stage.push is not PUSHERS["ours"]:  # ours does not write before it has settled
            stage.settle(assistant)
        stage.up.arrive()
        stage.settle(assistant)
        return stage.outcome(assistant)


def redirected(pusher: str, status: int) -> Outcome:
    """F35: a redirect to another server, which would take the text and the key."""
    with Stage(pusher) as stage, Upstream() as elsewhere:
        to = {"Location": f"{elsewhere.url}/assistants"}
        stage.up.on("POST", "/assistants", times=9, apply="never", answer=(status, to, ""))
        assistant = stage.publish()
        stage.settle(assistant, 2)
        return stage.outcome(assistant, strayed=len(elsewhere.requests))


def foreign_edit(pusher: str) -> Outcome:
    """F47: someone else changes the assistant upstream before our next push."""
    with Stage(pusher) as stage:
        assistant = stage.publish()
        stage.settle(assistant)
        (row,) = stage.up.assistants.values()
        row["description"] = "By someone else."
        assistant = stage.publish(assistant, name="Second")
        stage.settle(assistant)
        return stage.outcome(assistant, foreign="By someone else.")


def foreign_delete(pusher: str) -> Outcome:
    """F49: someone else deletes it; another of ours is still there."""
    with Stage(pusher) as stage:
        for assistant in (stage.publish(name="Other"), stage.publish()):
            stage.settle(assistant)
        gone = assistant.__class__.objects.get(pk=assistant.pk).upstream_id
        del stage.up.assistants[gone or ""]
        stage.up.store.created.clear()
        assistant = stage.publish(assistant, name="Second")
        stage.settle(assistant)
        return stage.outcome(assistant)


def killed(pusher: str, processes: Any, at: str) -> Outcome:
    """F06, F07: applied, and the process is killed before it reads the answer, or before it keeps
    the id; another process goes on.
    """
    with Stage(pusher) as stage:
        assistant = stage.publish()
        pk = make_due(assistant).pk
        if at == "F06":
            stage.up.on("POST", "/assistants", answer="silence")
            pid = processes.begin("push_by", pusher=pusher, order=pk)
            end = time.monotonic() + 20
            while not stage.up.assistants and time.monotonic() < end:
                time.sleep(0.01)
            processes.end(pid)
        else:
            nth = 2 if pusher == "ours" else 1
            processes.kill("push_by", f"http.answer_read:{nth}", pusher=pusher, order=pk)
        hour = timedelta(hours=1)
        PushOrder.objects.exclude(lease_until=None).update(lease_until=Now() - hour)
        pushes.sweep()
        stage.settle(assistant)
        return stage.outcome(assistant)


def scenes(processes: Any = None) -> dict[str, Callable[[str], Outcome]]:
    """Every row of the table: its name, and what plays it for one way to push."""
    rows: dict[str, Callable[[str], Outcome]] = {}
    if processes:
        rows["F06 killed before the answer, create"] = lambda who: killed(who, processes, "F06")
        rows["F07 killed before the id is kept, create"] = lambda who: killed(who, processes, "F07")
    for name, fault in FAULTS.items():
        rows[f"{name}, create"] = lambda who, fault=fault: create(who, fault)  # type: ignore[misc]
        rows[f"{name}, update"] = lambda who, fault=fault: update(who, fault)  # type: ignore[misc]
    rows["F18 applied late, create"] = late_create
    rows["F19 applied late, update"] = late_update
    for status in (301, 302, 303, 307, 308):
        rows[f"F35 redirect {status}, create"] = lambda who, status=status: redirected(who, status)  # type: ignore[misc]
    rows["F47 foreign edit, update"] = foreign_edit
    rows["F49 foreign delete, update"] = foreign_delete
    return rows
