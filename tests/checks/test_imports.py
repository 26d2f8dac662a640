"""The floors: import-linter holds the rules of pyproject.toml against every import."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.checks.tree import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

LINT = """
from importlinter.cli import lint_imports
raise SystemExit(lint_imports(no_cache=True, no_logo=True))
"""


def test_imports_go_down_only() -> None:
    code, said = run("-c", LINT)
    assert code == 0, said


def broken(folder: Path, file: str, line: str) -> str:
    """What import-linter says of a copy of the tree with one more import."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("assistants_app", "dashboard"):
        shutil.copytree(ROOT / package, folder / package, ignore=ignore)
    path = folder / "assistants_app" / file
    text = path.read_text() if path.exists() else '"""A stray."""\n'
    path.write_text(f"{text}\n{line}\n")
    code, said = run("-c", LINT, cwd=folder)
    assert code == 1
    return said


def test_an_import_that_goes_up_is_seen(tmp_path: Path) -> None:
    said = broken(tmp_path, "policies.py", "from assistants_app.actions import changes")
    assert "assistants_app.policies is not allowed to import assistants_app.actions" in said


def test_django_on_a_pure_floor_is_seen(tmp_path: Path) -> None:
    said = broken(tmp_path, "textdiff/__init__.py", "from django.utils import timezone")
    assert "assistants_app.textdiff is not allowed to import django" in said


@pytest.mark.parametrize("library", ["requests", "urllib3"])
def test_a_stray_user_of_http_is_seen(tmp_path: Path, library: str) -> None:
    said = broken(tmp_path, "actions/changes.py", f"import {library}")
    assert f"assistants_app.actions.changes -> {library}" in said


def test_a_stray_module_is_seen(tmp_path: Path) -> None:
    assert "assistants_app.utils" in broken(tmp_path, "utils.py", "")
