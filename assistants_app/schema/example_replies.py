"""A made-up value that fits a schema: how a reply would look."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from assistants_app import contract
from assistants_app.contract.references import References

if TYPE_CHECKING:
    from assistants_app.contract import Document

_TEXTS: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:30:00Z",
    "time": "09:30:00Z",
    "duration": "P3D",
    "email": "lena@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "uri": "https://example.com/",
}
_TEXT: Final = "text"
_DEEPEST: Final = 12
_ENTRIES: Final = 3
_ROWS: Final = 60


def sample_of(schema: Document) -> Any:
    """One value for the whole schema; where it holds itself, the circle ends as soon as it may."""
    return _Maker(References(schema)).make(schema, 0)


def flat(value: Any, place: str = "") -> list[tuple[str, str]]:
    """Each single value with where it stands, as in `lines[1].price`; the first 60 of them."""
    found: list[tuple[str, str]] = []
    waiting: list[tuple[str, Any]] = [(place, value)]
    while waiting and len(found) < _ROWS:
        here, part = waiting.pop(0)
        if isinstance(part, dict) and part:
            inner = [(f"{here}.{key}" if here else key, one) for key, one in part.items()]
            waiting = inner + waiting
        elif isinstance(part, list) and part:
            waiting = [(f"{here}[{n}]", one) for n, one in enumerate(part, 1)] + waiting
        else:
            found.append((here, part if isinstance(part, str) else contract.dumps(part)))
    return found


class _Maker:
    def __init__(self, references: References) -> None:
        self.references = references

    def make(self, schema: Any, depth: int) -> Any:
        """A value for one part; None where it says nothing, or nests without an end."""
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return None
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        for key in ("enum", "examples"):
            if isinstance(schema.get(key), list) and schema[key]:
                return next((one for one in schema[key] if one is not None), None)
        if "$ref" in schema:
            return self.make(self.references.target(schema["$ref"]), depth + 1)
        if (part := self._choice(schema, depth)) is not None:
            return self.make(part, depth + 1)
        return self._of_kind(schema, _kind(schema, is_deep=depth > _DEEPEST // 2), depth)

    def _choice(self, schema: Document, depth: int) -> Any:
        """The first choice that is something; far inside, the one that ends soonest."""
        for key in ("anyOf", "oneOf", "allOf"):
            parts = schema.get(key)
            if isinstance(parts, list) and parts:
                ends = [one for one in parts if one == {"type": "null"}]
                if ends and depth > _DEEPEST // 2:
                    return ends[0]
                return next((one for one in parts if one != {"type": "null"}), parts[0])
        return None

    def _of_kind(self, schema: Document, kind: Any, depth: int) -> Any:
        if kind == "object":
            properties = schema.get("properties")
            parts = properties.items() if isinstance(properties, dict) else ()
            return {name: self.make(part, depth + 1) for name, part in parts}
        if kind == "array":
            least = _number(schema.get("minItems"), 0)
            most = _number(schema.get("maxItems"), _ENTRIES)
            count = max(int(least), 0 if depth > _DEEPEST // 2 else int(min(1, most)))
            entry = self.make(schema.get("items", {}), depth + 1)
            return [entry] * min(count, _ENTRIES)
        if kind in ("number", "integer"):
            return _fitting(schema, is_whole=kind == "integer")
        if kind == "boolean":
            return True
        return _text(schema) if kind == "string" else None


def _kind(schema: Document, *, is_deep: bool) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else None)
    if not isinstance(kind, list):
        return kind
    if is_deep and "null" in kind:
        return "null"
    return next((one for one in kind if one != "null"), "null")


def _number(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) and abs(value) < 2**53 else otherwise


def _fitting(schema: Document, *, is_whole: bool) -> int | float:
    step = _number(schema.get("multipleOf"), 0)
    least = _number(schema.get("minimum"), -math.inf)
    above = _number(schema.get("exclusiveMinimum"), -math.inf)
    most = min(_number(schema.get(key), math.inf) for key in ("maximum", "exclusiveMaximum"))
    gap = step or (1 if is_whole or most == math.inf else 0.5)
    value: float = 1 if is_whole else 1.5
    if value < least or value <= above:
        value = max(least, above + gap)
    if value > most or (value == most and "exclusiveMaximum" in schema):
        value = most - (gap if "exclusiveMaximum" in schema else 0)
    if step > 0:
        value = math.ceil(round(value / step, 9)) * step
    return int(value) if is_whole or float(value).is_integer() else round(float(value), 9)


def _text(schema: Document) -> str:
    form = schema.get("format")
    text = _TEXTS.get(form, _TEXT) if isinstance(form, str) else _TEXT
    least, most = int(_number(schema.get("minLength"), 0)), _number(schema.get("maxLength"), 200)
    longer = text + " text" * max(0, -(-(min(least, 200) - len(text)) // 5))
    return longer[: int(max(most, 0))] if longer != text or most < len(text) else text
