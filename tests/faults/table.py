"""Prints what each fault makes of one assistant: ours, a naive client, the official SDK.

`python -m tests.faults.table [--only F15]`, a few minutes; on a database of its own, or on
PostgreSQL where DATABASE_URL says so. "2 made" are two assistants for one create; "(still trying)"
and "(stopped: …)" are orders at the end, which a person sees.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.table", description=__doc__)
    parser.add_argument("--only", default="", help="rows that hold these words")
    asked = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="faults-")
    os.environ["DATA_DIR"] = folder
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    os.environ.setdefault("LOG_LEVEL", "CRITICAL")
    try:
        _run(asked.only, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(only: str, folder: str) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment()
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = (
        None
        if "postgresql" in settings.DATABASES["default"]["ENGINE"]
        else f"{folder}/test.sqlite3"
    )
    before = setup_databases(verbosity=0, interactive=False)
    from tests.faults.conftest import zygote

    try:
        with zygote() as processes:
            _print(only, processes)
    finally:
        teardown_databases(before, verbosity=0)


def _say(first: str, cells: Iterable[object]) -> None:
    line = f"{first:46}" + "".join(f"{cell!s:34}" for cell in cells)
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def _print(only: str, processes: Any) -> None:
    from tests.faults.harness import PUSHERS, scenes

    began = time.monotonic()
    total = dict.fromkeys(PUSHERS, 0)
    _say("fault", PUSHERS)
    for name, play in scenes(processes).items():
        if only not in name:
            continue
        told = {who: play(who) for who in PUSHERS}
        for who, outcome in told.items():
            total[who] += not outcome.is_clean
        _say(name, told.values())
    _say("promises broken", total.values())
    _say(f"{time.monotonic() - began:.0f} s", ())


if __name__ == "__main__":
    main()
