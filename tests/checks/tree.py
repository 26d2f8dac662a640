"""The project's files as the house rules see them."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "assistants_app"


def sources(folder: Path = APP) -> list[Path]:
    """Python files below `folder`, without migrations, in a fixed order."""
    return sorted(path for path in folder.rglob("*.py") if "migrations" not in path.parts)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def walked(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Every node, for the many rules that look at each."""
    return tuple(ast.walk(tree))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run(*arguments: str, env: dict[str, str] | None = None, cwd: Path = ROOT) -> tuple[int, str]:
    """Run this Python with these arguments: exit code and everything it said."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of names and calls: `Change.objects.filter(pk=1).update` → with `()`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}()"
    return "?"


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))
