"""A JSON example → the schema of what it is an example of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.contract import Document

_DATE: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\Z")
_TIME: Final = r"[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[-+]\d\d:\d\d)\Z"
_DATE_TIME: Final = re.compile(_DATE.pattern[:-2] + _TIME)
_NULL: Final[Document] = {"type": "null"}


def infer(value: Any, *, closed: bool = False) -> Document:
    """The schema of one example: every field required, in the example's order.

    `closed`: every object takes no further fields, and what some entries of a list lack may be
    empty instead, as exact mode asks.
    """
    return _finished(_of(value), closed=closed)


def guessed(value: Any, path: str = "") -> list[str]:
    """The fields whose kind an example cannot tell: those that hold nothing."""
    if isinstance(value, dict):
        found = [guessed(item, f"{path}.{key}" if path else key) for key, item in value.items()]
        return [name for names in found for name in names]
    if isinstance(value, list) and value:
        names = [name for item in value for name in guessed(item, path)]
        return list(dict.fromkeys(names))
    return [path] if value is None or value == [] else []


def _of(value: Any) -> Document:
    if isinstance(value, dict):
        properties = {key: _of(item) for key, item in value.items()}
        return {"type": "object", "properties": properties, "required": list(properties)}
    if isinstance(value, list):
        return {"type": "array", "items": _merged([_of(item) for item in value])}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return _NULL
    return {"type": "integer" if isinstance(value, int) else "number"}


def _text(value: str) -> Document:
    for form, pattern in (("date", _DATE), ("date-time", _DATE_TIME)):
        if pattern.match(value):
            return {"type": "string", "format": form}
    return {"type": "string"}


def _merged(schemas: list[Document]) -> Document:
    """One schema for all of these; `{}`, of which nothing is known, for none."""
    kinds: dict[str, Document] = {}
    for schema in filter(None, schemas):
        kind = schema["type"]
        kinds[kind] = _joined(kinds[kind], schema) if kind in kinds else schema
    if "number" in kinds:
        kinds.pop("integer", None)
    is_nullable = kinds.pop("null", None) is not None
    choices = list(kinds.values())
    if not choices:
        return dict(_NULL) if is_nullable else {}
    made = choices[0] if len(choices) == 1 else {"anyOf": choices}
    return _nullable(made) if is_nullable else made


def _joined(first: Document, second: Document) -> Document:
    """Two schemas of one kind as one."""
    kind = first["type"]
    if kind == "object":
        return _joined_objects(first, second)
    if kind == "array":
        return {"type": "array", "items": _merged(_choices(first) + _choices(second))}
    return first if first == second else {"type": kind}


def _choices(array: Document) -> list[Document]:
    """The kinds that the entries of a list have, as they went into it."""
    items = array["items"]
    listed = items.get("anyOf", [items])
    return [one for choice in listed for one in _apart(choice)]


def _apart(schema: Document) -> list[Document]:
    kind = schema.get("type")
    if not isinstance(kind, list):
        return [schema]
    return [{**schema, "type": one} if one != "null" else _NULL for one in kind]


def _joined_objects(first: Document, second: Document) -> Document:
    ours, theirs = first["properties"], second["properties"]
    properties = {
        name: _merged([*_parts(ours.get(name)), *_parts(theirs.get(name))])
        for name in dict.fromkeys([*ours, *theirs])
    }
    required = [name for name in properties if name in first["required"]]
    both = [name for name in required if name in second["required"]]
    return {"type": "object", "properties": properties, "required": both}


def _parts(schema: Document | None) -> list[Document]:
    if schema is None:
        return []
    return [one for choice in schema.get("anyOf", [schema]) for one in _apart(choice)]


def _nullable(schema: Document) -> Document:
    if "anyOf" in schema:
        return {"anyOf": [*schema["anyOf"], dict(_NULL)]}
    return {**schema, "type": [schema["type"], "null"]}


def _finished(schema: Document, *, closed: bool) -> Document:
    """With the kind of what held nothing made text or nothing, and objects closed if asked."""
    if schema == _NULL:
        return {"type": ["string", "null"]}
    if not schema:
        return {"type": "string"}
    made = dict(schema)
    if "anyOf" in made:
        made["anyOf"] = [
            dict(c) if c == _NULL else _finished(c, closed=closed) for c in made["anyOf"]
        ]
    if "items" in made:
        made["items"] = _finished(made["items"], closed=closed)
    if "properties" not in made:
        return made
    required = made["required"]
    made["properties"] = {
        name: _finished(part, closed=closed) for name, part in made["properties"].items()
    }
    if closed:
        made |= _closed(made["properties"], required)
    elif not required:
        del made["required"]
    return made


def _closed(properties: Document, required: Iterable[str]) -> Document:
    always = set(required)
    nullable = {
        name: part if name in always or _may_be_null(part) else _nullable(part)
        for name, part in properties.items()
    }
    return {"properties": nullable, "required": list(nullable), "additionalProperties": False}


def _may_be_null(schema: Document) -> bool:
    kind = schema.get("type")
    return (isinstance(kind, list) and "null" in kind) or _NULL in schema.get("anyOf", [])
