"""Abilities of an assistant as short tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from assistants_app.models.content import AssistantFields


@dataclass(frozen=True, slots=True)
class Tag:
    """What `ui/parts/_tag.html` draws."""

    label: str
    icon: str = ""


def abilities(fields: AssistantFields) -> list[Tag]:
    """What it may use and how it replies; kinds of tools that we do not know are counted.

    A Draft may hold anything here, so nothing is taken for granted.
    """
    tools = fields.tools if isinstance(fields.tools, list) else []
    kinds = [tool.get("type") if isinstance(tool, dict) else None for tool in tools]
    found = []
    if n := kinds.count("function"):
        label = ngettext("%(n)s function", "%(n)s functions", n) % {"n": n}
        found.append(Tag(label, "code-bracket"))
    if "code_interpreter" in kinds:
        found.append(Tag(_("Runs code"), "command-line"))
    if "file_search" in kinds:
        found.append(Tag(_("Searches files"), "document-magnifying-glass"))
    if n := sum(k not in ("function", "code_interpreter", "file_search") for k in kinds):
        found.append(Tag(ngettext("%(n)s other", "%(n)s others", n) % {"n": n}, "puzzle-piece"))
    if _replies_in_json(fields.response_format):
        found.append(Tag(_("JSON reply"), "document-text"))
    return found


def _replies_in_json(value: object) -> bool:
    return isinstance(value, dict) and value.get("type") in ("json_object", "json_schema")
