"""Annotations of Python code as JSON Schema: read as text, never evaluated."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Final

from assistants_app.schema.importers import docstrings, samples
from assistants_app.schema.importers.found import Refusal
from assistants_app.schema.importers.merging import nullable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.contract import Document

_TEXT: Final[Document] = {"type": "string"}
_PLAIN: Final[dict[str, Document]] = {
    "str": _TEXT,
    "bytes": _TEXT,
    "Path": _TEXT,
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "complex": {"type": "number"},
    "Decimal": {"type": "number"},
    "bool": {"type": "boolean"},
    "Any": {},
    "object": {},
    "None": {"type": "null"},
    "datetime": _TEXT | {"format": "date-time"},
    "date": _TEXT | {"format": "date"},
    "time": _TEXT | {"format": "time"},
    "timedelta": _TEXT | {"format": "duration"},
    "UUID": _TEXT | {"format": "uuid"},
    "EmailStr": _TEXT | {"format": "email"},
}
_LISTS: Final = frozenset(
    {"list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "Sequence"}
    | {"Iterable", "Collection", "MutableSequence", "AbstractSet"}
)
_MAPS: Final = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict"})
_SAME: Final = frozenset({"Final", "Required", "NotRequired", "ClassVar", "ReadOnly"})
_ENUMS: Final = frozenset({"Enum", "IntEnum", "StrEnum"})
_LIMITS: Final = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "multiple_of": "multipleOf",
}
_WORDS: Final = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
}
_DEEPEST: Final = 20
_MOST: Final = 100_000  # annotations of one text: classes that name each other twice double


def literal(node: ast.expr | None) -> tuple[Any, bool]:
    """A value that JSON has and that is written out, and whether there is one."""
    if node is None:
        return None, False
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None, False
    return (value, True) if _is_json(value) else (None, False)


def _is_json(value: Any, depth: int = 0) -> bool:
    if isinstance(value, dict):
        parts = value.values() if all(isinstance(key, str) for key in value) else [b""]
        return depth < _DEEPEST and all(_is_json(part, depth + 1) for part in parts)
    if isinstance(value, list):
        return depth < _DEEPEST and all(_is_json(part, depth + 1) for part in value)
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, str):
        return not re.search("[\0\ud800-\udfff]", value)
    if isinstance(value, int):
        return abs(value) < 10**300
    return value is None


class Kinds:
    """The kinds that a text's annotations name; `classes` and `aliases` it defines itself."""

    def __init__(
        self, classes: Mapping[str, ast.ClassDef], aliases: Mapping[str, ast.expr] | None = None
    ) -> None:
        self.classes, self.aliases = classes, aliases or {}
        self._left = _MOST

    def of(self, node: ast.expr, above: tuple[str, ...] = ()) -> Document | None:
        """The schema of an annotation, None where it says nothing that we know.

        Raises Refusal where classes within classes never seem to end.
        """
        self._left -= 1
        if self._left < 0:
            raise Refusal("python_deep")
        if len(above) > _DEEPEST:
            return None
        if isinstance(node, ast.Constant):
            return self._constant(node, above)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union(_alternatives(node), above)
        if isinstance(node, ast.Subscript):
            return self._subscript(node, (*above, ""))
        return self._named(_last(node), above)

    def in_words(self, text: str) -> Document | None:
        """The kind that a docstring names: "int, optional", "list[str]", "string or None"."""
        plain = re.sub(r",?\s*(optional|default.*)\Z", "", text.strip(), flags=re.IGNORECASE)
        plain = re.sub(r"\s+or\s+", " | ", plain)
        if choices := re.fullmatch(r"\{(.+)\}", plain):
            plain = f"Literal[{choices[1]}]"
        plain = re.sub(r"\w+", lambda word: _WORDS.get(word[0].lower(), word[0]), plain)
        node = _expression(plain)
        return self.of(node) if node is not None else None

    def of_value(self, value: Any) -> Document | None:
        """The kind of a default."""
        return samples.infer(value)

    def _constant(self, node: ast.Constant, above: tuple[str, ...]) -> Document | None:
        if node.value is None:
            return _PLAIN["None"]
        inner = _expression(node.value) if isinstance(node.value, str) else None
        return self.of(inner, (*above, "")) if inner is not None else None

    def _named(self, name: str, above: tuple[str, ...]) -> Document | None:
        if name in _PLAIN:
            return dict(_PLAIN[name])
        if name in _LISTS:
            return {"type": "array", "items": {"type": "string"}}
        if name in _MAPS:
            return {"type": "object"}
        if name in self.classes and name not in above:
            return self.of_class(self.classes[name], (*above, name))
        if name in self.aliases and name not in above:
            return self.of(self.aliases[name], (*above, name))
        return None

    def value(self, node: ast.expr | None) -> tuple[Any, bool]:
        """As `literal`; a member of an enumeration of this text is its value."""
        owner = self.classes.get(_last(node.value)) if isinstance(node, ast.Attribute) else None
        return literal(dict(_members(owner)).get(_last(node)) if node and owner else node)

    def _subscript(self, node: ast.Subscript, above: tuple[str, ...]) -> Document | None:
        name, parts = _last(node.value), _parts(node.slice)
        if name == "Literal":
            return _choice([literal(part) for part in parts])
        if name == "Optional":
            return self._union([*parts[:1], ast.Constant(None)], above)
        if name == "Union":
            return self._union(parts, above)
        if name == "Annotated":
            return self._annotated(parts, above)
        if name in _LISTS:
            return self._list(name, parts, above)
        if name in _MAPS:
            values = self.of(parts[1], above) if len(parts) > 1 else None
            return {"type": "object", "additionalProperties": values or True}
        return self.of(parts[0], above) if name in _SAME and parts else None

    def _list(self, name: str, parts: list[ast.expr], above: tuple[str, ...]) -> Document:
        items = [self.of(part, above) for part in parts if not _is_dots(part)]
        known = [item for item in items if item is not None]
        one = known[0] if known else {"type": "string"}
        made: Document = {"type": "array", "items": one}
        if name.lower() == "tuple" and len(parts) > 1 and not _is_dots(parts[-1]):
            same = all(item == one for item in known)
            items_of = one if same else {"anyOf": _different(known)}
            return {**made, "items": items_of, "minItems": len(parts), "maxItems": len(parts)}
        return made | {"uniqueItems": True} if name.lower() in ("set", "frozenset") else made

    def _union(self, parts: list[ast.expr], above: tuple[str, ...]) -> Document | None:
        schemas = [self.of(part, above) for part in parts]
        known = _different([schema for schema in schemas if schema is not None])
        real = [schema for schema in known if schema != {"type": "null"}]
        if not real:
            return None
        made = real[0] if len(real) == 1 else {"anyOf": real}
        return nullable(made) if len(real) < len(known) else made

    def _annotated(self, parts: list[ast.expr], above: tuple[str, ...]) -> Document | None:
        schema = self.of(parts[0], above) if parts else None
        if schema is None:
            return None
        for part in parts[1:]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                schema = schema | {"description": part.value}
            elif isinstance(part, ast.Call):
                schema = schema | _field(part)
        return schema

    def of_class(self, node: ast.ClassDef, above: tuple[str, ...] = ()) -> Document | None:
        """A class of this text: the values of an enumeration, or the fields it declares."""
        if any(_last(base) in _ENUMS for base in node.bases):
            return _choice([literal(value) for _name, value in _members(node)])
        properties: Document = {}
        required: list[str] = []
        for base in (_last(base) for base in node.bases):
            if base in self.classes and base not in above:
                held = self.of_class(self.classes[base], (*above, base)) or {}
                properties |= held.get("properties", {})
                required += held.get("required", [])
        said = docstrings.read(ast.get_docstring(node) or "")
        for name, one in _fields(node):
            properties[name] = self._of_field(one, said.arguments.get(name), above)
            if _must_be_given(one, node):
                required.append(name)
        if not properties:
            return None
        made: Document = {"type": "object", "properties": properties}
        made |= {"required": required} if required else {}
        return made | {"description": said.text} if said.text else made

    def _of_field(self, one: ast.AnnAssign, said: str | None, above: tuple[str, ...]) -> Document:
        call = one.value if isinstance(one.value, ast.Call) else None
        value, is_known = self.value(_default(call) if call else one.value)
        schema = self.of(one.annotation, above)
        if schema is None:
            schema = (self.of_value(value) if is_known and value is not None else None) or _TEXT
        schema = schema | ({"description": said} if said else {}) | (_field(call) if call else {})
        return schema | {"default": value} if is_known and value is not None else schema


def _members(node: ast.ClassDef) -> list[tuple[str, ast.expr]]:
    """The names and values of an enumeration."""
    given = [one for one in node.body if isinstance(one, ast.Assign)]
    return [(_last(one.targets[0]), one.value) for one in given]


def _fields(node: ast.ClassDef) -> list[tuple[str, ast.AnnAssign]]:
    """What a data class, a model or a typed dictionary declares, by name."""
    given = [one for one in node.body if isinstance(one, ast.AnnAssign)]
    named = [(one.target.id, one) for one in given if isinstance(one.target, ast.Name)]
    return [(name, one) for name, one in named if _outer(one.annotation) != "ClassVar"]


def _outer(node: ast.expr) -> str:
    return _last(node.value) if isinstance(node, ast.Subscript) else _last(node)


def _must_be_given(one: ast.AnnAssign, node: ast.ClassDef) -> bool:
    """Without a default, and not left open by the dictionary that it belongs to."""
    if (outer := _outer(one.annotation)) in ("Required", "NotRequired"):
        return outer == "Required"
    total = [literal(keyword.value)[0] for keyword in node.keywords if keyword.arg == "total"]
    return total != [False] and (one.value is None or _is_needed(one.value))


def _default(call: ast.Call) -> ast.expr | None:
    """The default that `Field(3, …)` and `field(default=3)` name."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "default"]
    return next(iter([*named, *call.args]), None)


def _alternatives(node: ast.expr) -> list[ast.expr]:
    """`A | B | C` as a list, from the left."""
    found: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _last(node: ast.expr) -> str:
    """The name at the end of `typing.Optional`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _parts(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _is_needed(node: ast.expr) -> bool:
    """`Field(...)` without a default."""
    if not isinstance(node, ast.Call):
        return False
    named = {keyword.arg for keyword in node.keywords}
    return not named & {"default", "default_factory"} and all(_is_dots(one) for one in node.args)


def _choice(values: list[tuple[Any, bool]]) -> Document | None:
    known = [value for value, is_known in values if is_known]
    kinds = {type(value) for value in known}
    if not known or len(known) != len(values) or dict in kinds or list in kinds:
        return None
    names = {str: "string", int: "integer", bool: "boolean", float: "number"}
    kind = names.get(kinds.pop()) if len(kinds) == 1 else None
    return {"type": kind, "enum": known} if kind else {"enum": known}


def _field(call: ast.Call) -> Document:
    """What `Field(description=…, ge=…)` says."""
    made: Document = {}
    for keyword in call.keywords:
        value, is_known = literal(keyword.value)
        if is_known and keyword.arg == "description" and isinstance(value, str):
            made["description"] = value
        elif is_known and keyword.arg in _LIMITS:
            made[_LIMITS[keyword.arg]] = value
    return made


def _different(schemas: list[Document]) -> list[Document]:
    return [one for index, one in enumerate(schemas) if one not in schemas[:index]]
