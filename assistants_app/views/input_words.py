"""The inputs of a function or the fields of a reply, for reading: name, kind in words, what for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Input:
    name: str
    kind: str
    text: str
    is_required: bool


def inputs(schema: Any) -> list[Input]:
    """Those at the top of a schema; none where it lists none."""
    schema = schema if isinstance(schema, dict) else {}
    properties, required = schema.get("properties"), schema.get("required")
    needed = set(required) if _is_names(required) else set()
    rows = properties.items() if isinstance(properties, dict) else ()
    return [Input(name, kind(part), _text(part), name in needed) for name, part in rows]


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _text(part: Any) -> str:
    said = part.get("description") if isinstance(part, dict) else ""
    return said if isinstance(said, str) else ""


def kind(schema: Any) -> str:
    """The kind of one value, as ux.md section 6.2 calls it, and whether it may be left empty."""
    own = _kind(schema)
    return _("%(kind)s, or nothing") % {"kind": own} if _may_be_empty(schema) else own


def _may_be_empty(schema: Any) -> bool:
    held = schema if isinstance(schema, dict) else {}
    types, choices = held.get("type"), held.get("anyOf")
    if isinstance(types, list):
        return "null" in types and types != ["null"]
    return isinstance(choices, list) and len(choices) == 2 and {"type": "null"} in choices


def _kind(schema: Any) -> str:
    if not isinstance(schema, dict):
        return _("Anything") if schema is True else _("Advanced")
    kinds = schema.get("type")
    real = [one for one in kinds if one != "null"] if isinstance(kinds, list) else [kinds]
    if len(real) != 1:
        return _("Advanced")
    if isinstance(schema.get("enum"), list):
        return _("Choice")
    if real[0] == "array":
        return _("List of: %(kind)s") % {"kind": kind(schema.get("items", {}))}
    named = {
        "string": _("Text"),
        "number": _("Number"),
        "integer": _("Whole number"),
        "boolean": _("Yes or no"),
        "object": _("Group"),
    }
    if isinstance(real[0], str) and real[0] in named:
        return named[real[0]]
    return _untyped(schema)


def _untyped(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _("Shared shape")
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        real = [one for one in choices if one != {"type": "null"}]
        return _kind(real[0]) if len(real) == 1 else _("Advanced")
    return _("Advanced") if schema.keys() - {"description", "title"} else _("Anything")
