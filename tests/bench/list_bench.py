"""W1 to W3: the list of 100 and of very many assistants, against Django's admin and `icontains`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.bench.measure import Row

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows(*, is_full: bool) -> list[Row]:
    n = 100_000 if is_full else 10_000
    few, many = run(100), run(n)
    size = f"{n:,}"
    admin, bare, place = (
        many["admin"],
        many["bare"],
        os.environ.get("DATABASE_URL", "").partition(":")[0] or "sqlite",
    )
    bar = "≥ 15" if place.startswith("postgres") else "≥ 10"
    queries = f"{few['queries']} and {many['queries']} queries"
    found = [
        _row(f"W1 list of {size}, against 100", many["list"], few["list"], "≤ 1.25", queries),
        _row("W1 deep page, against the first", *many["deep"], "≤ 1.3"),
        Row(f"W2 list of {size}, against Django's admin", *admin, admin[1] / admin[0], bar, place),
        Row("   the same, that admin without any filter", *bare, bare[1] / bare[0], "-", place),
    ]
    for name, bar in (("rare", "≥ 50"), ("none", "≥ 50"), ("two", "≥ 4"), ("common", "60 ms")):
        mine, theirs = many[name]
        goal = f"W3 search of {size}, {name}, against icontains"
        found.append(Row(goal, mine, theirs, theirs / mine, bar))
    return found


def _row(goal: str, ours: float, theirs: float, bar: str, note: str = "") -> Row:
    return Row(goal, ours, theirs, ours / theirs, bar, note)


def run(n: int) -> dict[str, Any]:
    """What a fresh process finds with so many assistants in a database of its own."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with _database(n) as address:
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.list_runs", str(n)],
                env=os.environ | {"DATA_DIR": str(folder)} | address,
                stdout=subprocess.PIPE,
                check=True,
            )
    finally:
        shutil.rmtree(folder)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextlib.contextmanager
def _database(n: int) -> Iterator[dict[str, str]]:
    """The environment that names it: a file in the folder, or one beside DATABASE_URL's."""
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not url.scheme.startswith("postgres"):
        yield {}
        return
    import psycopg

    name = f"bench_{os.getpid()}_{n}"
    with psycopg.connect(url.geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield {"DATABASE_URL": url._replace(path=f"/{name}").geturl()}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
