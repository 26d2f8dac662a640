"""W8: pages a second of one process, `manage.py serve` against Django's `runserver`."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.measure import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

ASSISTANTS, HANDS, PATIENCE = 200, 4, 60.0  # seconds until a server answers
PAGE = "/assistants/?workspace=bench"


def rows(*, is_full: bool) -> list[Row]:
    """Both serve the same database; one of them is asked at a time, by turns."""
    n, rounds = (40, 7) if is_full else (15, 3)
    folder = tempfile.mkdtemp(prefix="bench-")
    env = os.environ | {"DATA_DIR": folder, "DEBUG": "0"}
    try:
        key = subprocess.run(
            [sys.executable, "-m", "tests.bench.serving_runs", str(ASSISTANTS)],
            env=env, stdout=subprocess.PIPE, check=True, text=True,
        ).stdout  # fmt: skip
        with (
            _server("serve", "--port", key=key, env=env) as ours,
            _server("runserver", "--noreload", key=key, env=env) as theirs,
        ):
            pairs = [(_round(ours, key, n), _round(theirs, key, n)) for _ in range(rounds)]
    finally:
        shutil.rmtree(folder)
    mine, other = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    note = f"{1000 / mine:.0f} and {1000 / other:.0f} pages a second"
    return [Row("W8 a page, against runserver", mine, other, other / mine, "≥ 1.1", note)]


@contextlib.contextmanager
def _server(*command: str, key: str, env: dict[str, str]) -> Iterator[int]:
    """The port of a server that answers by now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "manage.py", *command, str(port)],
        env=env | {"PORT": str(port)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            _wait(port, key)
            yield port
        finally:
            process.terminate()


def _wait(port: int, key: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return _get(port, key, 1)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _round(port: int, key: str, n: int) -> float:
    """Milliseconds per page, asked by a few at once."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(HANDS) as pool:
        list(pool.map(lambda _hand: _get(port, key, n), range(HANDS)))
    return (time.perf_counter() - begin) * 1000 / (n * HANDS)


def _get(port: int, key: str, n: int) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        for _ in range(n):
            line.request("GET", PAGE, headers={"Cookie": f"sid-{port}={key}"})
            answer = line.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} from port {port}")
    finally:
        line.close()
