"""D1 of the speed goals: the words that differ in the longest text, and the same asked again."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import tempfile
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from assistants_app import textdiff
from assistants_app.contract.limits import INSTRUCTIONS_MAX
from assistants_app.textdiff import kept
from tests.bench.measure import Row, against, left_out

if TYPE_CHECKING:
    from collections.abc import Callable

TENTH = INSTRUCTIONS_MAX // 10
_WORDS = [
    "customer",
    "order",
    "refund",
    "delivery",
    "greet",
    "photo",
    "parcel",
    "shop",
    "policy",
    "answer",
    "ask",
    "never",
    "always",
    "promise",
    "amount",
    "date",
    "number",
    "name",
    "before",
    "after",
    "within",
    "days",
    "of",
    "the",
    "a",
    "and",
    "or",
    "not",
]


def text(size: int) -> str:
    """Prose in lines of some 90 characters, the same for every run."""
    dice, lines, length = random.Random(1), [], 0
    while length < size:
        lines.append(" ".join(dice.choices(_WORDS, k=15)) + ".")
        length += len(lines[-1]) + 1
    return "\n".join(lines)[:size]


def edited(before: str, edits: int) -> str:
    """So many words, anywhere, are other ones."""
    dice, tokens = random.Random(2), re.split(r"(\s+)", before)
    for at in dice.sample(range(0, len(tokens), 2), edits):
        tokens[at] = f"changed{at}"
    return "".join(tokens)


def rows(*, is_full: bool) -> list[Row]:
    size, rounds = (INSTRUCTIONS_MAX, 5) if is_full else (TENTH, 3)
    before = text(size)
    found = [_difflib(10), _difflib(100)]
    for edits in (10, 1_000 if is_full else 100):
        after = edited(before, edits)
        name = f"D1 {size:,} characters, {edits:,} edits"
        found += [
            _git(name, before, after, rounds),
            _again(name, before, after, rounds),
        ]
    return found


def _ours(before: str, after: str) -> Callable[[], object]:
    return lambda: textdiff.difference(before, after)


def _difflib(edits: int) -> Row:
    """With a tenth of the longest text: what difflib takes grows with the square of the length."""
    before = text(TENTH)
    after = edited(before, edits)
    a, b = (re.findall(r"\w+|\s+|[^\w\s]", side) for side in (before, after))

    def theirs() -> None:
        # In a long text every usual word would count as junk, and nothing would be found to stay.
        SequenceMatcher(None, a, b, autojunk=False).get_opcodes()

    goal = f"D1 {TENTH:,} characters, {edits:,} edits, against difflib over words"
    return against(goal, _ours(before, after), theirs, bar=">= 20", rounds=1)


def _git(name: str, before: str, after: str, rounds: int) -> Row:
    """At most five times as long as git, which starts a process for it and draws no page."""
    goal, bar, git = f"{name}, against git diff --word-diff", ">= 0.2", shutil.which("git")
    if git is None:
        note = "git is not installed"
        return left_out(goal, _ours(before, after), bar=bar, rounds=rounds, note=note)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("before", "after")]
        for file, side in zip(files, (before, after), strict=True):
            file.write_text(side, encoding="utf-8")
        command = [git, "diff", "--no-index", "--word-diff", *map(str, files)]

        def theirs() -> None:
            subprocess.run(command, check=False, capture_output=True)

        # A process is begun each time, and a busy machine takes its time over that.
        return against(goal, _ours(before, after), theirs, bar=bar, rounds=3 * rounds)


def _again(name: str, before: str, after: str, rounds: int) -> Row:
    def first() -> None:
        kept.whole.cache_clear()
        kept.difference(before, after)

    def second() -> None:
        kept.difference(before, after)

    goal = f"{name}, the second look against the first"
    return against(goal, second, first, bar=">= 10", rounds=rounds)
