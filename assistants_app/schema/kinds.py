"""What kind of value a schema describes, as the builder shows it (ux.md section 6.2).

A kind is read off a node and never stored: what the builder cannot show is "advanced", and what it
can show may hold further rules, which are named and kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from assistants_app.contract.references import unescaped

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path

Kind: TypeAlias = Literal[
    "text", "choice", "number", "integer", "flag", "group", "list", "shared", "advanced"
]

TYPES: Final[dict[Kind, str]] = {
    "text": "string",
    "number": "number",
    "integer": "integer",
    "flag": "boolean",
    "group": "object",
    "list": "array",
}
_KINDS: Final = {name: kind for kind, name in TYPES.items()}
LIMITS: Final[dict[Kind, tuple[str, ...]]] = {
    "text": ("format", "pattern", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "multipleOf"),
    "integer": ("minimum", "maximum", "multipleOf"),
    "group": ("additionalProperties",),
    "list": ("minItems", "maxItems"),
}
"""Which keywords the editor of a kind shows beside name, explanation and the like."""
SIMPLE: Final = ("string", "number", "integer", "boolean")
COMPOSITES: Final = (
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "$ref",
    "$dynamicRef",
    "const",
    "patternProperties",
    "prefixItems",
    "dependentSchemas",
)
"""Keywords that say what a value is in ways that only JSON shows."""
_SHOWN: Final[dict[Kind, frozenset[str]]] = {
    "choice": frozenset({"enum"}),
    "group": frozenset({"properties", "required"}),
    "list": frozenset({"items"}),
    "shared": frozenset({"$ref"}),
}
_ALWAYS: Final = frozenset({"type", "description"})
_DEFINITIONS: Final = ("#/$defs/", "#/definitions/")


@dataclass(frozen=True, slots=True)
class Look:
    """How a node is shown.

    `core` leads from the node to the schema that holds the kind: () but for `anyOf` with null.
    `empty`: how it may be left empty: "type", "anyOf", or "" where it may not. `extras` are the
    further keywords, in order. `uses`: the name of the shared shape.
    """

    kind: Kind
    core: Path = ()
    empty: str = ""
    extras: tuple[str, ...] = field(default=())
    uses: str = ""


def look(node: Any) -> Look:
    """How a schema is shown; any JSON value may be given."""
    if not isinstance(node, dict):
        return Look("advanced")
    core, empty = _core(node)
    inner = node[core[0]][core[1]] if core else node
    kind = _kind(inner, is_plain=not core)
    if kind == "advanced":
        return Look(kind)
    if not core and _lets_null(inner):
        empty = "type"
    extras = [key for key in node if core and key not in ("anyOf", "description")]
    extras += [key for key in inner if not _is_shown(kind, key, inner, is_inner=bool(core))]
    return Look(kind, core, empty, tuple(extras), _uses(inner))


def types(node: dict[str, Any]) -> list[Any]:
    """The types of a node as a list, null among them."""
    said = node.get("type")
    return said if isinstance(said, list) else [] if said is None else [said]


def is_group(node: Any) -> bool:
    """Whether a node has inputs of its own, null or not."""
    return isinstance(node, dict) and look(node).kind == "group"


def _core(node: dict[str, Any]) -> tuple[Path, str]:
    """The way to the one choice beside null; () for every other node."""
    parts = node.get("anyOf")
    if not isinstance(parts, list) or len(parts) != 2 or any(k in node for k in _SAYS):
        return (), ""
    others = [index for index, part in enumerate(parts) if part != {"type": "null"}]
    if len(others) != 1 or not isinstance(parts[others[0]], dict):
        return (), ""
    return ("anyOf", others[0]), "anyOf"


_SAYS: Final = ("type", "enum", "properties", "items", *COMPOSITES[1:])


def _kind(node: dict[str, Any], *, is_plain: bool) -> Kind:
    if isinstance(node.get("$ref"), str):
        others = [key for key in COMPOSITES if key in node and key != "$ref"]
        return "shared" if _uses(node) and not others and "type" not in node else "advanced"
    if any(key in node for key in COMPOSITES) or (not is_plain and "null" in types(node)):
        return "advanced"
    said = [name for name in types(node) if name != "null"]
    if "enum" in node:
        return "choice" if _is_choice(node, said) else "advanced"
    if not said and "type" not in node and isinstance(node.get("properties"), dict):
        return "group"
    if len(said) != 1 or not isinstance(said[0], str):
        return "advanced"
    kind = _KINDS.get(said[0], "advanced")
    return kind if _fits(kind, node) else "advanced"


def _is_choice(node: dict[str, Any], said: list[Any]) -> bool:
    values = node["enum"]
    is_simple = len(said) <= 1 and (
        not said or said[0] in ("string", "number", "integer", "boolean")
    )
    return (
        is_simple
        and isinstance(values, list)
        and all(isinstance(value, str | int | float | None) for value in values)
    )


def _fits(kind: Kind, node: dict[str, Any]) -> bool:
    if kind == "group":
        return isinstance(node.get("properties", {}), dict)
    return kind != "list" or isinstance(node.get("items", {}), dict)


def _lets_null(node: dict[str, Any]) -> bool:
    """By membership: what a list of types or, without a type, of values allows."""
    if "type" in node:
        return "null" in types(node)
    values = node.get("enum")
    return isinstance(values, list) and None in values


def _is_shown(kind: Kind, key: str, node: dict[str, Any], *, is_inner: bool) -> bool:
    if key == "description":
        return not is_inner
    if key == "additionalProperties" and kind == "group":
        return isinstance(node[key], bool)
    if kind == "group" and key == "required":
        return isinstance(node[key], list)
    return key in _ALWAYS or key in _SHOWN.get(kind, ()) or key in LIMITS.get(kind, ())


def _uses(node: dict[str, Any]) -> str:
    target = node.get("$ref")
    if not isinstance(target, str):
        return ""
    start = next((start for start in _DEFINITIONS if target.startswith(start)), "")
    name = target[len(start) :] if start else ""
    return unescaped(name) if name and "/" not in name else ""
