"""Prints the table: python -m tests.bench [--quick | --full] [--json]."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict

import django


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a tenth of the sizes (default)")
    size.add_argument("--full", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    from tests.bench import (
        builder_bench,
        contract_bench,
        diff_bench,
        editor_bench,
        list_bench,
        serving_bench,
        sync_bench,
        tools_bench,
    )

    benches = (
        builder_bench,
        contract_bench,
        diff_bench,
        editor_bench,
        list_bench,
        serving_bench,
        sync_bench,
        tools_bench,
    )
    found = [row for bench in benches for row in bench.rows(is_full=asked.full)]
    if asked.json:
        print(json.dumps([asdict(row) for row in found], indent=2))  # noqa: T201
        return
    for row in found:
        other = f"{row.theirs_ms:10.2f}" if row.theirs_ms is not None else " " * 9 + "-"
        ratio = f"{row.ratio:8.2f}" if row.ratio is not None else " " * 7 + "-"
        line = f"{row.goal:58} {row.ours_ms:10.2f} ms {other} ms {ratio}  bar {row.bar}"
        print(f"{line}  {row.note}".rstrip())  # noqa: T201


if __name__ == "__main__":
    main()
