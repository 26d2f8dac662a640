"""The tools of a Change as rows of a list: what each is called, says, takes, and what is wrong."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app.actions import tools
from assistants_app.contract import words
from assistants_app.contract.problems import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistants_app.actions.tools import Row
    from assistants_app.contract.problems import Problem
    from assistants_app.models import Change

BUILT_IN = ("code_interpreter", "file_search")


@dataclass(frozen=True, slots=True)
class ToolRow:
    """One row. `kind`: function, built-in, or other: kept as it is.

    `errors` and `warnings` count what the checks say of this tool.
    """

    key: str
    fingerprint: str
    number: int
    kind: str
    name: str
    text: str
    inputs: str = ""
    is_strict: bool = False
    errors: int = 0
    warnings: int = 0

    @property
    def sight(self) -> str:
        """What its buttons send along: which tool, and which text of it was seen."""
        return f"{self.key}:{self.fingerprint}"


def of(change: Change, problems: Iterable[Problem]) -> list[ToolRow]:
    """All rows, in the order of the tools."""
    return rows(tools.rows(change), problems)


def rows(found: Sequence[Row], problems: Iterable[Problem]) -> list[ToolRow]:
    """Rows of some tools; `problems` are those of the whole document."""
    counted: dict[tuple[int, str], int] = defaultdict(int)
    for problem in problems:
        if problem.path[:1] == ("tools",) and len(problem.path) > 1:
            counted[int(problem.path[1]), problem.level] += 1
    return [
        row(one, errors=counted[one.index, "error"], warnings=counted[one.index, "warning"])
        for one in found
    ]


def row(found: Row, *, errors: int = 0, warnings: int = 0) -> ToolRow:
    """The row of one tool; reads with tolerance, for a Draft may hold anything."""
    tool = found.tool
    kind = tool.get("type") if isinstance(tool, dict) else None
    function = tool.get("function") if isinstance(tool, dict) else None
    told: dict[str, Any] = {"kind": "other", "name": name(tool), "text": ""}
    if kind == "function" and isinstance(function, dict):
        told = {
            "kind": "function",
            "name": name(tool),
            "text": _text(function.get("description")),
            "inputs": inputs(function.get("parameters")),
            "is_strict": function.get("strict") is True,
        }
    elif kind in BUILT_IN:
        told = {"kind": "built-in", "name": name(tool), "text": _(words.LABELS[kind].help)}
    return ToolRow(
        key=found.key,
        fingerprint=found.fingerprint,
        number=found.index + 1,
        errors=errors,
        warnings=warnings,
        **told,
    )


def name(tool: Any) -> str:
    """What a tool is called on screen: the function's own name, the ability's, or its type."""
    kind = tool.get("type") if isinstance(tool, dict) else None
    function = tool.get("function") if isinstance(tool, dict) else None
    if kind == "function" and isinstance(function, dict):
        return _text(function.get("name")) or _("A function without a name")
    if kind in BUILT_IN:
        return _(words.LABELS[kind].label)
    return shown(kind) if isinstance(kind, str) and kind else _("Something without a type")


def inputs(parameters: Any) -> str:
    """How many inputs a function has, in words."""
    held = parameters.get("properties") if isinstance(parameters, dict) else None
    count = len(held) if isinstance(held, dict) else 0
    return ngettext("%(n)s input", "%(n)s inputs", count) % {"n": count}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
