"""The mark of what the warnings of a document depend on besides its text."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest

from assistants_app import contract
from assistants_app.contract.catalogue import FAMILIES, STARTING
from assistants_app.contract.model_advice import SOON
from assistants_app.contract.profiles import AZURE_OPENAI, OPENAI_COMPATIBLE
from tests.contract import warned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from assistants_app.contract import Catalogue, Profile

DAY = warned.DAY
KEPT = ("5df758fec207ec62", "0635410b5b4739b3")  # the mark, and the digest of what it judged
ENDS = sorted({row.shutdown for row in FAMILIES if row.shutdown})


def mark(
    profile: Profile = OPENAI_COMPATIBLE, catalogue: Catalogue = STARTING, day: date = DAY
) -> str:
    return contract.rules_mark(profile, catalogue, today=day)


def told(model: str, end: str) -> Catalogue:
    return contract.known_models([{"id": model, "shutdown_date": end}])


@pytest.mark.parametrize("end", ENDS, ids=str)
def test_it_moves_when_the_end_of_a_model_comes_near(end: date) -> None:
    near = end - timedelta(days=SOON)
    assert mark(day=near - timedelta(days=1)) != mark(day=near)


def test_it_moves_on_the_day_that_check_begins_to_warn() -> None:
    models = [row.ids[0].rstrip("*") for row in FAMILIES]
    days = [date(2026, 6, 1) + timedelta(days=n) for n in range(0, 400, 5)]

    def warned(day: date) -> list[str]:
        documents = ({"model": model} for model in models)
        found = (contract.check(one, "import", OPENAI_COMPATIBLE, today=day) for one in documents)
        return [p.code for some in found for p in some if p.level == "warning"]

    said = [(mark(day=day), warned(day)) for day in days]
    assert len({mark for mark, _codes in said}) > 3
    for (before, then), (after, now) in pairwise(said):
        assert (before == after) == (then == now)


@pytest.mark.parametrize(
    "other",
    [
        mark(AZURE_OPENAI),
        mark(replace(OPENAI_COMPATIBLE, instructions_max=32_768)),
        mark(OPENAI_COMPATIBLE.with_learned({"keeps": {"top_p": False}})),
        mark(catalogue=told("mine", "2026-12-01")),
        mark(catalogue=told("gpt-4o", "2030-01-01")),  # the file says sooner
        mark(catalogue=contract.known_models(added={"mine": "gpt-5.2"})),
        mark(catalogue=STARTING.under(AZURE_OPENAI)),
    ],
)
def test_whatever_the_server_says_of_itself_counts(other: str) -> None:
    assert len(other) == 16
    assert other != mark()


def test_other_models_in_the_servers_list_count_nothing() -> None:
    assert mark(catalogue=contract.known_models([{"id": "x"}, {"id": "y"}])) == mark()
    later = told("mine", "2029-12-01"), told("mine", "2030-01-01")
    assert mark(catalogue=later[0]) == mark(catalogue=later[1])


def test_every_process_makes_the_same() -> None:
    code = (
        "from datetime import date; from assistants_app import contract as c;"
        f"print(c.rules_mark(c.PROFILES['openai-compatible'], c.known_models(), today={DAY!r}))"
    ).replace("datetime.date", "date")
    for seed in ("1", "2"):  # by which sets are in another order
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        )
        assert done.stdout.strip() == mark()


def test_whoever_changes_the_rules_raises_their_number() -> None:
    """The counts in the lists are made anew only where the mark is another one."""
    now = mark(), warned.digest()
    assert now[0] != KEPT[0] or now[1] == KEPT[1], (
        "These documents are judged otherwise than before: raise contract.marks.RULES."
    )
    assert now == KEPT, f"The rules, or what is known of models, are others now: KEPT = {now}"


def places_that_warn() -> Iterator[tuple[str, range]]:
    """File and lines of every call in the contract that says "warning" in so many words."""
    for path in Path(contract.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given = [*node.args, *(k.value for k in node.keywords)] if _is_call(node) else []
            if any(isinstance(one, ast.Constant) and one.value == "warning" for one in given):
                yield str(path), range(node.lineno, (node.end_lineno or 0) + 1)


def _is_call(node: ast.AST) -> TypeGuard[ast.Call]:
    """Of a function: what begins with a capital is a value that is made once."""
    return isinstance(node, ast.Call) and not ast.unparse(node.func)[0].isupper()


def test_the_documents_that_watch_the_rules_meet_every_one_that_warns() -> None:
    places = list(places_that_warn())
    files, met = {path for path, _lines in places}, set()

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        met.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        warned.told()
    finally:
        sys.settrace(before)
    assert len(places) > 12
    missed = [at for at in places if not any((at[0], line) in met for line in at[1])]
    assert missed == [], "No document of tests/contract/warned.py meets this: add one."
