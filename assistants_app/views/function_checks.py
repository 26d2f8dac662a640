"""What is wrong or doubtful in one function, with its fixes: ux.md section 6.4."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.actions import changes, tools
from assistants_app.contract.limits import TOOLS_MAX
from assistants_app.contract.tools import function_name
from assistants_app.views import refusals, schema_checks
from assistants_app.views.schema_checks import Check, Checks, Subject

if TYPE_CHECKING:
    from assistants_app.models import Change

ROOT = ("tools", 0)
AT = ("function", "parameters")
_NAME = ("function", "name")


def of(change: Change, tool: dict[str, Any], page_url: str) -> Checks:
    """Only this tool is looked at, and the names of the others."""
    document = {"model": change.model or "?", "tools": [tool]}
    rules = changes.profile(change.assistant.workspace)
    found = [p for p in contract.check(document, "create", rules) if p.path[:1] == ("tools",)]
    subject = Subject(document, ROOT, AT, page_url, "#id_name")
    names, own = tools.names(change), function_name(tool)
    misnamed = tuple(contract.plain(p, _) for p in found if p.data.get("kind") == "characters")
    lines = [
        _mended(line, tool, names) if line.path == _NAME and line.text.endswith(misnamed) else line
        for line in schema_checks.lines(found, subject)
    ]
    if own and names.count(own) > 1:
        text = _("Another function here is already called %(name)s. Choose a different name.")
        lines.append(_name_line(text % {"name": own}, own, names))
    lines = schema_checks.sort(lines)
    if refusal := refusals.of_function(change, tool):
        here = replace(refusal, path=(*ROOT, *refusal.path[2:]))
        lines.insert(0, schema_checks.refused(here, subject))
    is_wrong = any(line.level == "error" and line.path == _NAME for line in lines)
    return Checks(lines, [] if is_wrong else _fine(own, names, change), names)


def _mended(line: Check, tool: dict[str, Any], names: list[str]) -> Check:
    """What is said of characters that a name cannot have, and a name without them."""
    said = _misnamed(function_name(tool) or "")
    return replace(line, text=said, rule="name", action=_use(suggested(tool, names)))


def _misnamed(name: str) -> str:
    """What a name can have, and the first character to take out of this one."""
    at = next(n for n, character in enumerate(name) if not _is_taken(character))
    told = {"before": name[:at], "what": _("the space") if name[at].isspace() else f"“{name[at]}”"}
    rule = _("Function name can only have letters, numbers, _ and -.")
    mend = _("Remove %(what)s after “%(before)s”.") if at else _("Remove %(what)s at the start.")
    return f"{rule} {mend % told}"


def _is_taken(character: str) -> bool:
    """Whether servers take it in a name."""
    return character.isascii() and (character.isalnum() or character in "_-")


def _fine(own: str | None, names: list[str], change: Change) -> list[str]:
    if not own or names.count(own) > 1:
        return []
    count = len(change.tools) if isinstance(change.tools, list) else 0
    text = _("Name is free in this assistant (%(n)s of %(max)s tools)")
    return [text % {"n": count, "max": TOOLS_MAX}]


def _name_line(text: str, own: str, names: list[str]) -> Check:
    action = _use(suggested({"function": {"name": own}}, names))
    return Check("error", text, url="#id_name", rule="name", action=action)


def _use(name: str) -> str:
    return _("Use %(name)s") % {"name": name}


def suggested(tool: dict[str, Any], names: list[str]) -> str:
    """A name for a function that servers take and no other one here has."""
    own = tool["function"].get("name")
    plain = "".join(c if _is_taken(c) else "_" for c in str(own or ""))
    plain = plain.strip("_")[:60] or "function"
    number, free = 1, plain
    while free in names:
        number += 1
        free = f"{plain}_{number}"
    return free
