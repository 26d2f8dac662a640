"""What make strict does to single parts of a schema: join two, make one nullable, describe a rule.

Every shape that JSON can have passes through; what makes no sense is left as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract.ordered_json import dumps
from assistants_app.contract.strict_words import DESCRIPTIONS

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path
    from assistants_app.contract.references import References

_JOINED: Final = frozenset({"properties", "$defs", "definitions"})
_REMARKS: Final = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
)
_COMPOSITE: Final = ("$ref", "const", "anyOf", "allOf", "oneOf")
_SAYS_NOTHING_WHEN_FALSE: Final = frozenset(
    {"uniqueItems", "unevaluatedProperties", "unevaluatedItems"}
)
_WORDS: Final = frozenset({"format", "contentEncoding", "contentMediaType"})
_HOPS: Final = 64
# Ten objects within each other are allowed at all; below this, null may need some levels more.
_COPY_DEPTH: Final = 48
_COPY_CHARACTERS: Final = 262_144


class Inlining:
    """How much may still be copied in one pass, so that references to references stay payable."""

    def __init__(self) -> None:
        self.room = _COPY_CHARACTERS
        self._measures: dict[int, tuple[int, int]] = {}

    def has_room(self, target: dict[str, Any], path: Path) -> bool:
        """Whether `target` may be copied to `path`; if so, its size is taken off the room."""
        if id(target) not in self._measures:
            self._measures[id(target)] = len(dumps(target)), _height(target)
        size, height = self._measures[id(target)]
        if size > self.room or len(path) + height > _COPY_DEPTH:
            return False
        self.room -= size
        return True


class Nulls:
    """Whether null fits a schema, references followed; asked once for each of their targets."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._targets: dict[int, bool] = {}

    def fits(self, schema: Any, hops: int = 0) -> bool:
        """By membership: every rule in the schema has to let null through. Shapes that are no
        rule at all do; a circle or a loose end does not."""
        if not isinstance(schema, dict):
            return True
        return (
            _fits_values(schema)
            and ("$ref" not in schema or self._fits_target(schema["$ref"], hops))
            and all(self._fits_one(schema.get(key), hops) for key in ("anyOf", "oneOf"))
            and all(self.fits(part, hops) for part in _list(schema.get("allOf")))
        )

    def _fits_one(self, choices: Any, hops: int) -> bool:
        parts = _list(choices)
        return not parts or any(self.fits(part, hops) for part in parts)

    def _fits_target(self, ref: Any, hops: int) -> bool:
        target = self._references.target(ref)
        if target is None or hops > _HOPS:
            return False
        if id(target) not in self._targets:
            self._targets[id(target)] = False
            self._targets[id(target)] = self.fits(target, hops + 1)
        return self._targets[id(target)]


def nullable(schema: dict[str, Any], *, is_pinned: bool) -> dict[str, Any]:
    """`schema`, which null does not fit, altered in place so that it does, or put beside null.

    `is_pinned`: references lead to it, which go on meaning it without null.
    """
    empty = {"type": "null"}
    if (
        not is_pinned
        and isinstance(schema.get("anyOf"), list)
        and _REMARKS | {"anyOf"} >= (schema.keys())
    ):
        schema["anyOf"] = [*schema["anyOf"], empty]
        return schema
    if is_pinned or any(key in schema for key in _COMPOSITE):
        return {"anyOf": [schema, empty]}
    kind, values = schema.get("type"), schema.get("enum")
    if isinstance(kind, str | list) and not _holds_null(kind):
        schema["type"] = [*([kind] if isinstance(kind, str) else kind), "null"]
    if isinstance(values, list) and None not in values:
        schema["enum"] = [*values, None]
    return schema


def is_mergeable(upper: dict[str, Any], part: dict[str, Any]) -> bool:
    """Whether nothing is lost when the one part of an allOf joins what stands beside it."""
    return all(
        name in _REMARKS or name == "allOf" or _agree(name, upper[name], value)
        for name, value in part.items()
        if name in upper
    )


def joined(upper: dict[str, Any], key: str, lower: dict[str, Any]) -> dict[str, Any]:
    """`upper` with the keys of `lower` in the place of `key`; where both have one, upper's holds.

    Names within `properties` and definitions are united, and so are the lists `required`.
    """
    new: dict[str, Any] = {}
    for name, value in upper.items():
        if name == key:
            new |= {k: v for k, v in lower.items() if k not in upper or k == key}
        else:
            new[name] = _united(name, value, lower.get(name))
    return new


def renamed(schema: dict[str, Any], key: str, to: str) -> dict[str, Any]:
    """The same schema with one key of another name, in its place."""
    return {to if name == key else name: value for name, value in schema.items()}


def described(schema: dict[str, Any], key: str) -> bool:
    """Take `key` out of `schema`, whose description, if any, is text; whether a sentence of it
    says now what the keyword meant."""
    value = schema.pop(key)
    if key not in DESCRIPTIONS or (key in _SAYS_NOTHING_WHEN_FALSE and value is False):
        return False
    word = value if key in _WORDS and isinstance(value, str) else dumps(value)
    before = schema.get("description", "")
    gap = "" if not before else " " if before.rstrip().endswith((".", "!", "?")) else ". "
    schema["description"] = f"{before}{gap}{DESCRIPTIONS[key].format(value=word)}"
    return True


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _holds_null(kind: Any) -> bool:
    return kind == "null" or (isinstance(kind, list) and "null" in kind)


def _fits_values(schema: dict[str, Any]) -> bool:
    kind, values = schema.get("type"), schema.get("enum")
    return (
        (not isinstance(kind, str | list) or _holds_null(kind))
        and (not isinstance(values, list) or None in values)
        and schema.get("const") is None
    )


def _agree(name: str, upper: Any, lower: Any) -> bool:
    if name in _JOINED and isinstance(upper, dict) and isinstance(lower, dict):
        return all(dumps(upper[key]) == dumps(lower[key]) for key in upper.keys() & lower.keys())
    if name == "required" and isinstance(upper, list) and isinstance(lower, list):
        return True
    return dumps(upper) == dumps(lower)


def _united(name: str, upper: Any, lower: Any) -> Any:
    if name in _JOINED and isinstance(upper, dict) and isinstance(lower, dict):
        return {**lower, **upper}
    if name == "required" and isinstance(upper, list) and isinstance(lower, list):
        return [*lower, *(entry for entry in upper if entry not in lower)]
    return upper


def _height(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_height, value.values()), default=0)
    return 1 + max(map(_height, value), default=0) if isinstance(value, list) else 0
