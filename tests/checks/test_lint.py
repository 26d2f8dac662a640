"""Lint, format and types of the whole project, as a person would run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.checks.tree import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path


def test_ruff_finds_nothing() -> None:
    code, said = run("-m", "ruff", "check", "--quiet", ".")
    assert code == 0, said


def test_everything_is_formatted() -> None:
    code, said = run("-m", "ruff", "format", "--check", ".")
    assert code == 0, said


def test_mypy_strict_finds_nothing() -> None:
    code, said = run("-m", "mypy", "--no-error-summary")
    assert code == 0, said


def test_ruff_reads_the_rules_of_the_project(tmp_path: Path) -> None:
    """The rules are in force: a file that breaks one of each kind is refused."""
    bad = tmp_path / "bad.py"
    bad.write_text("import os\nprint(eval(input()))\n")
    code, said = run("-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), str(bad))
    assert code == 1
    assert {"F401", "T201", "S307"} <= set(said.split())
