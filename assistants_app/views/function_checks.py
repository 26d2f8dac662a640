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
    misnamed = {p.path[2:] for p in found if p.data.get("kind") == "characters"}
    lines = [
        replace(line, rule="name", action=_use(suggested(tool, [])))
        if line.path == _NAME and _NAME in misnamed
        else line
        for line in schema_checks.lines(found, subject)
    ]
    names, own = tools.names(change), function_name(tool)
    if own and names.count(own) > 1:
        text = _("Another function here is already called %(name)s. Choose a different name.")
        lines.append(_name_line(text % {"name": own}, own, names))
    lines = schema_checks.sort(lines)
    if refusal := refusals.of_function(change, tool):
        here = replace(refusal, path=(*ROOT, *refusal.path[2:]))
        lines.insert(0, schema_checks.refused(here, subject))
    return Checks(lines, _fine(own, names, change), names)


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
    plain = "".join(
        c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in str(own or "")
    )
    plain = plain.strip("_")[:60] or "function"
    number, free = 1, plain
    while free in names:
        number += 1
        free = f"{plain}_{number}"
    return free
