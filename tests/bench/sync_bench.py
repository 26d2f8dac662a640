"""S1 to S7 of the speed goals: our sync against the official SDK, both in fresh processes.

The stub of the upstream is a process of its own too, and answers each call after the same latency.
Ours and theirs take turns; of each the median counts. The Connection's rate is raised to what the
stub allows.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench.measure import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

LATENCY, HANDS = 0.05, 8


@dataclass(frozen=True)
class Stub:
    """A running one; `take()` gives the counts since it was last asked."""

    url: str

    def take(self) -> dict[str, int]:
        asked = self.url.removesuffix("/v1") + "/_seen"
        with urllib.request.urlopen(asked) as answer:  # noqa: S310  # our own
            return dict(json.load(answer))


@contextlib.contextmanager
def stub(**options: float) -> Iterator[Stub]:
    flags = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "tests.bench.stub", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Stub(process.stdout.readline().strip())
        finally:
            process.kill()


def run(name: str, url: str, n: int, **env: str) -> dict[str, Any]:
    """What a fresh process measured."""
    command = [sys.executable, "-m", "tests.bench.runs", name, url, str(n)]
    env = {"DJANGO_SETTINGS_MODULE": "dashboard.settings"} | env
    done = subprocess.run(command, env=os.environ | env, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


@contextlib.contextmanager
def dashboard(url: str, n: int, rate: float, *, is_edited: bool = True) -> Iterator[Path]:
    """The folder of a dashboard whose `n` assistants came from `url`, and wait to be pushed there
    where `is_edited`.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        env = (
            os.environ
            | {"DATA_DIR": str(folder)}
            | {"BENCH": json.dumps([url, n, rate, is_edited])}
        )
        subprocess.run(
            [sys.executable, "-m", "tests.bench.prepare"], env=env, check=True, stdout=sys.stderr
        )
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fresh(folder: Path) -> dict[str, str]:
    """The environment of a run on a copy of that dashboard: each begins with everything to do."""
    copy = folder / "run.sqlite3"
    for old in folder.glob("run.sqlite3*"):
        old.unlink()
    shutil.copy(folder / "dashboard.sqlite3", copy)
    return {"DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{copy}"}


def rows(*, is_full: bool) -> list[Row]:
    rounds = 5 if is_full else 3
    size = 10 if is_full else 1
    # Eight at a time: of fewer, the last round and the first tick would decide.
    pushes, looped = (500, 500) if is_full else (160, 40)
    return [*_pull(1_000 * size, rounds), *_push(pushes, looped, rounds), *_cpu(100 * size, rounds),
            *_slow_down(130 * (3 if is_full else 1), 3 if is_full else 1),
            *_unchanged(3_000 if is_full else 1_000, rounds)]  # fmt: skip


def _row(goal: str, mine: list[float], other: list[float], bar: str, note: str = "") -> Row:
    """Of seconds: both medians, and how many times ours fits into theirs."""
    ours, theirs = median(mine) * 1000, median(other) * 1000
    spread = f"spread {min(mine) * 1000:.0f}-{max(mine) * 1000:.0f}"
    return Row(goal, ours, theirs, theirs / ours, bar, f"{note}, {spread}" if note else spread)


def _pull(n: int, rounds: int) -> list[Row]:
    names = ("our_pull", "sdk_pull", "our_pull_again", "sdk_pull_usual")
    with stub(latency=LATENCY, assistants=n) as up:
        told = [[run(name, up.url, n) for name in names] for _ in range(rounds)]
    mine, other, again, usual = zip(*told, strict=True)
    seconds = [[one["s"] for one in side] for side in (mine, other)]
    repeated = [one["s"] for one in again]
    cpu = [[one["cpu"] / n for one in side] for side in (mine, other)]
    return [
        _row(f"S1 pull of {n:,} again", repeated, seconds[1], ">= 8"),
        _row("S1 against the SDK's usual page of 20", repeated, [u["s"] for u in usual], ">= 25"),
        _row(f"S2 first pull of {n:,}", *seconds, ">= 2.2"),
        _row("S3 CPU per pulled assistant, checked, digest", *cpu, ">= 2"),
    ]


def _push(n: int, looped: int, rounds: int) -> list[Row]:
    """`n` pushes; of the loops, which do one after the other, `looped` stand for all of them."""
    mine, loop, threads, only, calls, cpu = [], [], [], [], [], []
    with stub(latency=LATENCY, assistants=n) as up, dashboard(up.url, n, 100_000) as folder:
        for _ in range(rounds):
            up.take()
            ours = run("our_push", up.url, n, **fresh(folder))
            mine.append(ours["s"])
            cpu.append(ours["cpu"] / n)
            calls.append(sum(up.take().values()))
            loop.append(run("sdk_push", up.url, looped)["s"] * n / looped)
            threads.append(run("sdk_push_threads", up.url, n)["s"])
            only.append(run("sdk_write_only", up.url, looped)["s"] * n / looped)
    floor = [median(calls) * LATENCY / HANDS]
    # Eight calls at a time, each of which takes both sides as long, are 8 times as quick at most,
    # and what the SDK computes in between.
    each = (
        f"{median(calls) / n:.2f} calls and {median(cpu) * 1000:.0f} ms CPU per push; "
        f"the floor itself is {median(loop) / floor[0]:.2f} times as quick"
    )
    # Its threads are never idle either: nobody who makes these calls can be quicker than the floor.
    most = f"the floor is {median(threads) / floor[0]:.2f} times as quick as its threads"
    return [
        _row(f"S4 push {n}, against an SDK loop of the same calls", mine, loop, ">= 8", each),
        _row("S4 against the SDK in 8 threads, the same calls", mine, threads, ">= 1.4", most),
        _row("S4 against the floor, calls x latency / 8", mine, floor, ">= 0.87"),
        _row("S4 against an SDK loop that only writes", mine, only, "-", "for comparison"),
    ]


def _cpu(n: int, rounds: int) -> list[Row]:
    """Ours speaks through requests, which by itself costs nearly what the SDK of today costs."""
    names = ("our_calls", "sdk_calls", "requests_calls")
    with stub(assistants=n) as up:
        told = [[run(name, up.url, n)["cpu"] / n for name in names] for _ in range(rounds)]
    mine, other, alone = map(list, zip(*told, strict=True))
    return [
        _row("S5 CPU per upstream call, against the SDK", mine, other, ">= 3"),
        _row("S5 against a session of requests", mine, alone, "-", "for comparison"),
    ]


def _slow_down(n: int, rounds: int) -> list[Row]:
    """200 calls in any 5 s, and a 429 without a word beyond that; ours keeps a rate of 39 a second,
    by which 5 s and the burst of 5 come to 200.
    """
    window, limit = 5.0, 200
    mine, theirs, refused, failed = [], [], [], []
    with contextlib.ExitStack() as stack:
        up = stack.enter_context(stub(latency=LATENCY, assistants=n, window=window, limit=limit))
        folder = stack.enter_context(dashboard(up.url, n, (limit - 5) / window))
        for _ in range(rounds):
            up.take()
            mine.append(run("our_push", up.url, n, **fresh(folder))["s"])
            seen = up.take()
            calls = sum(seen.values())
            refused.append(seen.get("429", 0) / calls)
            told = run("sdk_push_threads", up.url, n)
            theirs.append(told["s"])
            failed.append(told["failed"] / n)
    floor = [calls / (limit / window)]
    note = (
        f"{median(refused):.1%} of ours answered 429, 0 failed; of the SDK's {median(failed):.0%}"
    )
    return [
        _row(f"S6 push {n} under a limit, against the steady floor", mine, floor, ">= 0.95", note),
        _row("S6 against the SDK in 8 threads", mine, theirs, "-", "for comparison"),
    ]


def _unchanged(n: int, rounds: int) -> list[Row]:
    """A check that finds everything as it was, against writing each row whatever it says."""
    mine, theirs, queries, writes = [], [], [], []
    with (
        stub(assistants=n) as up,
        dashboard(up.url, n, 100_000, is_edited=False) as folder,
    ):
        for _ in range(rounds):
            up.take()
            ours = run("our_check", up.url, n, **fresh(folder))
            writes.append(sum(up.take().get(f"POST {what}", 0) for what in ("one", "all")))
            mine.append(ours["database"])
            queries.append(ours["queries"])
            theirs.append(run("loop_check", up.url, n, **fresh(folder))["database"])
    note = f"{median(queries):.0f} queries and {max(writes)} upstream writes for {n:,}"
    return [_row("S7 database time where nothing changed", mine, theirs, ">= 25", note)]
