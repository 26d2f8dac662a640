"""What can be set, called and recorded is written down."""

from __future__ import annotations

import ast
import re

import pytest

from assistants_app.models.audit import ACTIONS
from tests.checks.tree import APP, ROOT, calls, dotted, parsed, sources

README = ROOT / "README.md"
SETTINGS = ROOT / "dashboard" / "settings.py"
COMMANDS = APP / "management" / "commands"
MOST_KNOBS = 25


def knobs(tree: ast.Module) -> set[str]:
    """Names that the settings read: `env.str("NAME", …)` and `_read("int", "NAME", …)`."""
    return {
        name.value
        for call in calls(tree)
        for place in [{"_read": 1}.get(dotted(call.func), 0)]
        if re.fullmatch(r"env\.\w+|_read", dotted(call.func))
        and len(call.args) > place
        and isinstance(name := call.args[place], ast.Constant)
    }


def recorded(tree: ast.Module) -> set[str]:
    """The actions that a file records, also as either way of a condition or through a helper.

    An action is a dotted word of small letters, passed first to `record`, `audit.record`,
    `_record`, `self.record` or `audit.record_each`.
    """
    return {
        part.value
        for call in calls(tree)
        if dotted(call.func).rpartition(".")[2].strip("_") in ("record", "record_each")
        and call.args
        for part in _literals(call.args[0])
    }


def _literals(node: ast.expr) -> list[ast.Constant]:
    if isinstance(node, ast.IfExp):
        return [*_literals(node.body), *_literals(node.orelse)]
    return [node] if isinstance(node, ast.Constant) else []


def commands() -> list[str]:
    return sorted(path.stem for path in COMMANDS.glob("[a-z]*.py"))


def test_every_knob_is_told_in_the_readme() -> None:
    found, text = knobs(parsed(SETTINGS)), README.read_text(encoding="utf-8")
    assert "DATABASE_URL" in found
    assert len(found) <= MOST_KNOBS
    assert [name for name in sorted(found) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("command", commands())
def test_every_command_is_told_in_the_readme(command: str) -> None:
    assert f"manage.py {command}" in README.read_text(encoding="utf-8")


def test_what_is_recorded_is_in_the_register_and_the_other_way_round() -> None:
    found = {action for path in sources(APP / "actions") for action in recorded(parsed(path))}
    assert found - ACTIONS.keys() == set()
    assert ACTIONS.keys() - found == set()


def test_a_knob_and_an_action_are_seen() -> None:
    assert knobs(ast.parse("A = env.bool('NEW_KNOB', default=True)")) == {"NEW_KNOB"}
    code = (
        "audit.record('a.b' if x else 'c.d', actor=a)\n_record('e.f', now)\nrecord(name)\n"
        "audit.record_each('g.h')"
    )
    assert recorded(ast.parse(code)) == {"a.b", "c.d", "e.f", "g.h"}
