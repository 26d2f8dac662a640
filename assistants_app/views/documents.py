"""A document prepared for reading: what a page shows of an assistant, a version or a change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import contract
from assistants_app.contract import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.models.content import AssistantFields

SETTINGS = ("model", "reasoning_effort", "temperature", "top_p")
_REPLIES = {kind: f'{{"type":"{kind}"}}' for kind in ("text", "json_object", "json_schema")}


@dataclass(frozen=True, slots=True)
class Ability:
    """One tool: its kind in words with the API term, its own name, what it says, its JSON."""

    label: str
    term: str
    name: str = ""
    text: str = ""
    details: tuple[str, ...] = ()
    json: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    label: str
    term: str
    value: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A document for `assistants/parts/_document.html`; `json` is all of it as the API has it."""

    instructions: str
    abilities: list[Ability]
    reply: Ability
    labels: list[tuple[str, str]]
    settings: list[Setting]
    json: str
    resources: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)


def shown(fields: AssistantFields, names: Mapping[str, str] | None = None) -> Shown:
    """Reads with tolerance: a Draft may hold anything. `names` of files and collections by ID."""
    document = contract.without_marker(fields.document())
    metadata = document.get("metadata")
    return Shown(
        instructions=str(document.get("instructions") or ""),
        abilities=[_ability(tool) for tool in _list(document.get("tools"))],
        reply=_reply(document.get("response_format")),
        labels=[(k, _text(v)) for k, v in metadata.items()] if isinstance(metadata, dict) else [],
        settings=[setting(name, document.get(name)) for name in SETTINGS],
        json=contract.dumps(document, indent=2),
        resources=_resources(document.get("tool_resources"), names or {}),
    )


def setting(name: str, value: Any) -> Setting:
    label = words.LABELS[name]
    return Setting(_(label.label), label.term, "" if value is None else _text(value))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else contract.dumps(value)


def _ability(tool: Any) -> Ability:
    kind = tool.get("type") if isinstance(tool, dict) else ""
    if kind == "function" and isinstance(tool.get("function"), dict):
        return _function(tool["function"])
    if kind in ("code_interpreter", "file_search"):
        label = words.LABELS[kind]
        more = contract.dumps(tool, indent=2) if len(tool) > 1 else ""
        return Ability(_(label.label), label.term, text=_(label.help), json=more)
    text = _("A kind of ability that we do not know; it is kept as it is.")
    return Ability(_("Other"), _text(kind or ""), text=text, json=contract.dumps(tool, indent=2))


def _function(function: dict[str, Any]) -> Ability:
    label = words.LABELS["function"]
    parameters = function.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    count = len(properties) if isinstance(properties, dict) else 0
    details = [ngettext("%(n)s input", "%(n)s inputs", count) % {"n": count}]
    if function.get("strict") is True:
        details.append(_("follows the inputs exactly"))
    return Ability(
        _(label.label),
        label.term,
        name=_text(function.get("name") or ""),
        text=_text(function.get("description") or ""),
        details=tuple(details),
        json=contract.dumps(function, indent=2),
    )


def _reply(value: Any) -> Ability:
    kind = value.get("type") if isinstance(value, dict) else None
    term = _REPLIES.get(str(kind), '"auto"')
    if value is not None and value != "auto" and kind not in _REPLIES:
        return Ability(_("Other"), "", json=contract.dumps(value, indent=2))
    label = words.LABELS[term]
    more = contract.dumps(value, indent=2) if kind == "json_schema" else ""
    return Ability(_(label.label), label.term, text=_(label.help), json=more)


def _resources(value: Any, names: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The ids that abilities may open, by what they are, each with its name or ""."""
    found = []
    for kind, key in (("code_interpreter", "file_ids"), ("file_search", "vector_store_ids")):
        part = value.get(kind) if isinstance(value, dict) else None
        ids = _list(part.get(key)) if isinstance(part, dict) else []
        if ids:
            label = words.LABELS[f"tool_resources.{kind}.{key}"].label
            found.append((_(label), [(_text(one), names.get(_text(one), "")) for one in ids]))
    return found
