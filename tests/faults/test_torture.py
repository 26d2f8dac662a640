"""Publishers, workers and a puller, killed at random, against an upstream that fails at random."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.actions import publishing, push_decisions
from assistants_app.models import Assistant, PushOrder
from tests.builders import acting, make_connection, make_document, make_member, make_workspace
from tests.faults import invariants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assistants_app.models import User, Workspace
    from tests.faults.conftest import Processes
    from tests.upstream import Upstream

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.merge,
    pytest.mark.xdist_group("faults"),
]
State, Reason = PushOrder.State, PushOrder.Reason
SECONDS = 20
SEEDS = [int(seed) for seed in os.environ.get("FAULT_SEEDS", "1,2").split(",")]
SCALE = 0.02  # of all times: what has no answer is settled after 2.4 s, a lease runs out in 1.8 s
ASSISTANTS = 10
WRITES = 12  # acknowledged here, and made there, that a torture takes at least
FAULTS: list[tuple[Any, Any]] = [
    ("never", "reset"),
    ("before", "reset"),
    ("before", "truncate"),
    ("never", (500, {}, "{}")),
    ("before", (502, {}, "<html>")),
    ("never", (429, {"retry-after-ms": "50"}, "{}")),
    ("before", (200, {"Content-Type": "text/html"}, "<html>")),
    (0.3, "reset"),  # late, and well before the settling time is over
]


@pytest.fixture
def free(alice: User, up: Upstream) -> Workspace:
    """Connected, asks for no approval, holds the assistants that all of them work on."""
    place = make_workspace("Alone", approvals=0)
    make_member(place, alice, "publisher", "admin")
    make_connection(place, alice, up)
    _fill(place, alice, ASSISTANTS)
    return type(place).objects.get(pk=place.pk)


def _fill(place: Workspace, author: User, count: int) -> None:
    for n in range(count):
        publishing.write_through(place, None, make_document(name=f"{n}"), actor=acting(author))


class Crowd:
    """The processes at work; whoever is killed is replaced."""

    def __init__(
        self, processes: Processes, place: Workspace, notes: Path, worker: str = "work"
    ) -> None:
        self.processes = processes
        self.place = place
        self.notes = notes
        self.kinds = [*[worker] * 2, *["publish"] * 2, "check"]
        self.seed = 0
        self.killed = 0
        self.pids = {n: self._begin(kind) for n, kind in enumerate(self.kinds)}

    def _begin(self, kind: str) -> int:
        self.seed += 1
        if kind == "work":
            return self.processes.begin("keep_working", scale=SCALE)
        if kind == "naive":
            return self.processes.begin("keep_naive", seed=self.seed)
        if kind == "check":
            return self.processes.begin("keep_checking", workspace=self.place.pk)
        return self.processes.begin(
            "keep_publishing", workspace=self.place.pk, notes=str(self.notes), seed=self.seed
        )

    def kill(self, n: int) -> None:
        self.processes.end(self.pids.pop(n))
        self.killed += 1

    def replace(self, n: int) -> None:
        self.kill(n)
        self.pids[n] = self._begin(self.kinds[n])


def _fail_at_random(up: Upstream, chance: random.Random) -> None:
    apply, answer = chance.choice(FAULTS)
    method = chance.choice(["GET", "POST", "POST"])
    path = chance.choice(["/assistants", "/assistants/"])
    up.on(method, path, nth=chance.randint(1, 6), apply=apply, answer=answer)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_doubled_or_overtaken(
    free: Workspace,
    alice: User,
    up: Upstream,
    processes: Processes,
    tmp_path: Path,
    seed: int,
) -> None:
    notes = tmp_path / "acknowledged"
    crowd = Crowd(processes, free, notes)

    def is_enough() -> bool:
        told = set(notes.read_text().splitlines()) if notes.exists() else set()
        return min(len(up.writes()), len(told)) > WRITES

    _torture(crowd, up, random.Random(seed), until=is_enough)
    up.control({"clear": True})
    time.sleep(0.5)  # what was late has arrived
    _rest(alice, up)
    _check(up, notes, crowd)


def test_a_naive_worker_does_not_come_through(
    free: Workspace, alice: User, up: Upstream, processes: Processes, tmp_path: Path
) -> None:
    """Else this torture would prove nothing. Each is created once: few of them, and on a slow
    machine hardly one is met by a fault just then.
    """
    _fill(free, alice, 3 * ASSISTANTS)
    crowd = Crowd(processes, free, tmp_path / "acknowledged", worker="naive")

    def is_doubled() -> bool:
        return sum(len(ids) > 1 for ids in up.store.created.values()) > 2

    _torture(crowd, up, random.Random(SEEDS[0]), seconds=6, until=is_doubled)
    assert is_doubled()


def _torture(
    crowd: Crowd,
    up: Upstream,
    chance: random.Random,
    *,
    until: Callable[[], bool],
    seconds: float = SECONDS,
) -> None:
    """Faults and kills at random; in the end everybody is killed.

    A machine with much else to do gets more time, four times as much at most, `until` enough was
    done to prove something.
    """
    start = time.monotonic()
    try:
        while (spent := time.monotonic() - start) < 4 * seconds:
            if spent > seconds and until():
                break
            _fail_at_random(up, chance)
            time.sleep(chance.uniform(0.05, 0.4))
            crowd.replace(chance.randrange(len(crowd.kinds)))
    finally:
        for n in list(crowd.pids):
            crowd.kill(n)


def _rest(alice: User, up: Upstream) -> None:
    """Everything comes to rest; a person tries again what gave up."""
    invariants.come_to_rest(ticks=40)
    for order in PushOrder.objects.filter(state=State.STOPPED):
        assert order.reason in (Reason.ATTEMPTS, Reason.UNCLEAR), _story(order, up)
        push_decisions.retry(order, actor=acting(alice))
    invariants.come_to_rest(ticks=40)


def _story(order: PushOrder, up: Upstream) -> str:
    """What happened to one assistant, for whoever has to find out why."""
    id_ = order.assistant.upstream_id or ""
    calls = [(r.time, r.method, r.path, r.body) for r in up.requests if r.path.endswith(id_)]
    parts: dict[str, object] = {
        "order": [vars(order)],
        "there": [up.assistants.get(id_)],
        "copies": order.assistant.upstream_copies.values(),
        "versions": order.assistant.versions.values("pk", "number", "name", "at"),
        "attempts": order.push_attempts.values(),
        "calls": calls,
    }
    lines = [f"{name}: {item}" for name, items in parts.items() for item in items]  # type: ignore[attr-defined]
    return "\n".join(lines)


def _check(up: Upstream, notes: Path, crowd: Crowd) -> None:
    acknowledged = {
        (pk, digest) for pk, digest in (line.split() for line in notes.read_text().splitlines())
    }
    invariants.hold(up, acknowledged=acknowledged)
    states = Counter(PushOrder.objects.values_list("state", "reason"))
    assert states == {(State.IDLE.value, ""): ASSISTANTS}
    assert Assistant.objects.count() == len(up.assistants) == ASSISTANTS
    # Else it was no torture.
    assert crowd.killed > 20
    assert len(acknowledged) > WRITES
    assert len(up.writes()) > WRITES
