"""Parts that must all hold (allOf) put together where that means the same; and "or nothing"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from assistants_app.contract import Document

_OBJECT: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "title", "description", "default"}
)
# Rules of which each holds by itself, whatever stands beside it.
_ALONE: Final = frozenset(
    {"type", "enum", "const", "format", "pattern", "minLength", "maxLength", "multipleOf"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)
_SAYING: Final = frozenset({"title", "description", "default", "deprecated"})


def merged_all_of(schema: Document, parts: list[Any]) -> Document | None:
    """`schema` with its allOf put together; None where that might mean another thing.

    `parts` are the schemas of its allOf, shared shapes as what they are. A single part joins what
    only says something about it; several groups become one when no input is in two of them with
    different meanings, and none of them rules others out.
    """
    rest = {key: value for key, value in schema.items() if key != "allOf"}
    real = [part for part in parts if isinstance(part, dict) and part]
    if len(real) != len([part for part in parts if part is not True and part != {}]):
        return None
    saying = [part for part in real if part.keys() <= _SAYING]
    holding = [part for part in real if part not in saying]
    words: Document = {}
    for part in reversed(saying):
        words |= part
    if not holding:
        return words | rest
    if len(holding) == 1 and rest.keys() <= _SAYING:
        return holding[0] | words | rest
    groups = [*holding, rest] if rest.keys() - _SAYING else holding
    joined = _joined(groups)
    said = {key: value for key, value in rest.items() if key in _SAYING}
    return None if joined is None else joined | words | said


def _joined(groups: list[Document]) -> Document | None:
    properties: Document = {}
    required: list[str] = []
    made: Document = {"type": "object", "properties": properties}
    for group in groups:
        if not _is_plain(group):
            return None
        for name, part in group.get("properties", {}).items():
            together = _both(properties.setdefault(name, part), part)
            if together is None:
                return None
            properties[name] = together
        required += [name for name in group.get("required", []) if name not in required]
        made |= {k: v for k, v in group.items() if k in ("title", "description") and k not in made}
    return made | {"required": required} if required else made


def _both(first: Any, second: Any) -> Any:
    """Two meanings of one input as one: rules that only one of them has stand side by side."""
    if first == second:
        return first
    if not isinstance(first, dict) or not isinstance(second, dict):
        return None
    if (first.keys() | second.keys()) - _ALONE - _SAYING:
        return None
    shared = first.keys() & second.keys() - _SAYING
    return None if any(first[key] != second[key] for key in shared) else {**first, **second}


def _is_plain(group: Document) -> bool:
    """A group of inputs that lets others stand beside its own."""
    return (
        group.keys() <= _OBJECT
        and group.get("type", "object") == "object"
        and group.get("additionalProperties", True) is True
        and isinstance(group.get("properties", {}), dict)
        and isinstance(group.get("required", []), list)
        and "default" not in group
    )


def nullable(schema: Document) -> Document:
    """The schema with "or nothing" added, in the form that fits it."""
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "null" and "const" not in schema:
        made = {**schema, "type": [kind, "null"]}
    elif isinstance(kind, list):
        made = schema if "null" in kind else {**schema, "type": [*kind, "null"]}
    else:
        said = {key: value for key, value in schema.items() if key in ("title", "description")}
        rest = {key: value for key, value in schema.items() if key not in said}
        choices = rest["anyOf"] if rest.keys() == {"anyOf"} else [rest]
        return {"anyOf": [*choices, {"type": "null"}], **said} if rest else schema
    if isinstance(made.get("enum"), list) and None not in made["enum"]:
        made = {**made, "enum": [*made["enum"], None]}
    return made
