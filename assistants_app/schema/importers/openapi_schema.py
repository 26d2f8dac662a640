"""The schemas of an OpenAPI document, 3.0 or 3.1, as JSON Schema 2020-12 that stands by itself.

What belongs to OpenAPI alone is turned into what JSON Schema has for it, or left out. References
stay within the text; what they lead to comes along, in its place where it is short or used once,
else below `$defs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from assistants_app import contract
from assistants_app.contract.references import unescaped
from assistants_app.schema.importers.found import Told, note, once, valid_name
from assistants_app.schema.importers.inheritance import MOST, Kinds, told_apart, told_by
from assistants_app.schema.importers.merging import merged_all_of, nullable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.contract import Document

_ONLY_THERE: Final = frozenset(
    {"nullable", "discriminator", "xml", "externalDocs", "example", "examples", "readOnly"}
    | {"writeOnly", "$id", "$schema", "$comment"}
)
_ONE: Final = frozenset(
    {"items", "contains", "not", "if", "then", "else", "additionalProperties", "propertyNames"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
_LISTED: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
# How a machine holds a number: nothing that a person or an assistant can keep to.
_MACHINE_FORMATS: Final = frozenset({"int32", "int64", "float", "double"})
_SHORT: Final = 500  # characters of a shared shape that is copied to each place
_BRANCH: Final = 4_000  # characters of a branch that is copied to say what tells it apart
_EXAMPLE: Final = 80
_PREFIX: Final = "#/$defs/"
# Schemas that are converted within other shared shapes: rules that hold each other in a circle
# would else be put together in every order there is.
_WORK: Final = 5_000  # for one function
_WORK_IN_ALL: Final = 50_000


class Shapes:
    """The shared shapes of one document, converted once and by need."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.names: dict[str, str] = {}  # reference → name below $defs
        self.made: dict[str, Document] = {}  # name → converted
        self.told: dict[str, Told] = {}
        self.left = _WORK_IN_ALL
        self.kinds = Kinds(root)

    def target(self, reference: str) -> Any:
        """What a local reference leads to, None where there is nothing."""
        node = self.root
        for step in reference.removeprefix("#").split("/")[1:]:
            key = unescaped(step)
            key = key if isinstance(node, dict) and key in node else unquote(key)
            if isinstance(node, list) and key.isascii() and key.isdigit() and len(key) < 9:
                node = node[int(key)] if int(key) < len(node) else None
            else:
                node = node.get(key) if isinstance(node, dict) else None
        return node

    def followed(self, node: Any) -> Any:
        """A parameter, body or path item itself, where it is a reference."""
        for _ in range(20):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node
            if not node["$ref"].startswith("#"):
                return None
            node = self.target(node["$ref"])
        return None

    def name_for(self, reference: str) -> str:
        if reference not in self.names:
            last = valid_name(unescaped(reference.rpartition("/")[2])) or "shape"
            taken, name, number = set(self.names.values()), last, 2
            while name in taken:
                name, number = f"{last}_{number}", number + 1
            self.names[reference] = name
        return self.names[reference]


class Converter:
    """Converts for one function; `notes` collects what had to be said."""

    def __init__(self, shapes: Shapes, notes: Told) -> None:
        self.shapes, self.notes = shapes, notes
        self.under_way: set[str] = set()
        self.work_until = shapes.left - _WORK
        self.read_only: list[str] = []

    def schema(self, node: Any) -> Any:
        """One schema; a boolean stays, anything else that is none allows everything."""
        if not isinstance(node, dict):
            return node if isinstance(node, bool) else {}
        if isinstance(node.get("$ref"), str):
            return self._reference(node)
        self.shapes.left -= len(self.under_way) > 1
        if constants := _constants(node):
            return self.schema(constants)
        made: Document = {}
        for key, value in node.items():
            if key not in _ONLY_THERE and not key.startswith("x-") and key != "allOf":
                self._keyword(made, key, value, node)
            elif key == "allOf" and isinstance(value, list):
                made[key] = [self._part(part) for part in value]
        self._discriminate(made, node)
        _with_example(made, node)
        if "allOf" in made:
            made = self._all_of(made)
        return nullable(made) if node.get("nullable") is True else made

    def _keyword(self, made: Document, key: str, value: Any, node: Document) -> None:
        if key == "properties" and isinstance(value, dict):
            made[key] = self._properties(value)
        elif key == "required":
            if names := self._required(value, node):
                made[key] = names
        elif key in _NAMED and isinstance(value, dict):
            made[key] = {name: self.schema(part) for name, part in value.items()}
        elif key in _LISTED and isinstance(value, list):
            made[key] = [self.schema(part) for part in value]
        elif key in _ONE and isinstance(value, dict | bool):
            made[key] = self.schema(value)
        elif key in ("exclusiveMinimum", "exclusiveMaximum") and isinstance(value, bool):
            _exclusive(made, key, value, node)
        elif _is_left_out(key, value, node):
            return
        else:
            made[key] = value

    def _discriminate(self, made: Document, node: Document) -> None:
        """Say in each branch what the input that tells them apart holds there."""
        teller = node.get("discriminator")
        name = teller.get("propertyName") if isinstance(teller, dict) else None
        mapping = teller.get("mapping") if isinstance(teller, dict) else None
        for key in ("oneOf", "anyOf"):
            if not isinstance(name, str) or not isinstance(node.get(key), list):
                continue
            told = told_apart(node[key], mapping if isinstance(mapping, dict) else {})
            made[key] = [
                self._branch(part, name, values)
                for part, values in zip(made[key], told, strict=True)
            ]

    def _branch(self, part: Any, name: str, values: list[str]) -> Any:
        shape = self._shape_of(part)
        told: Any = told_by(shape, name, values) if values and isinstance(shape, dict) else shape
        return part if told is shape or len(contract.dumps(shape)) > _BRANCH else told

    def _properties(self, properties: Document) -> Document:
        """Without what only the server fills in."""
        kept = {}
        for name, part in properties.items():
            if isinstance(part, dict) and part.get("readOnly") is True:
                self.read_only.append(name)
            else:
                kept[name] = self.schema(part)
        return kept

    def _required(self, value: Any, node: Document) -> list[str]:
        listed = (
            [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
        )
        parts = node.get("properties")
        parts = parts if isinstance(parts, dict) else {}
        left = {k for k, v in parts.items() if isinstance(v, dict) and v.get("readOnly") is True}
        return [name for name in dict.fromkeys(listed) if name not in left]

    def _part(self, part: Any) -> Any:
        """A part of an allOf: of a shape that has kinds what they have in common."""
        is_reference = isinstance(part, dict) and isinstance(part.get("$ref"), str)
        return self._reference(part, is_common=True) if is_reference else self.schema(part)

    def _reference(self, node: Document, *, is_common: bool = False) -> Any:
        reference = node["$ref"]
        if not reference.startswith("#"):
            self.notes.append(note("foreign", x=reference))
            return _beside({}, node)
        if not isinstance(self.shapes.target(reference), dict | bool):
            self.notes.append(note("missing", x=reference))
            return _beside({}, node)
        kinds = [] if is_common else self.shapes.kinds.of(reference)
        if len(kinds) > MOST:
            self.notes.append(
                note("kinds_left", n=len(kinds), name=self.shapes.name_for(reference))
            )
        elif kinds:
            parts = [{"$ref": _PREFIX + self.shapes.name_for(kind)} for kind in kinds]
            return _beside({"oneOf": parts}, node)
        return _beside({"$ref": _PREFIX + self.shapes.name_for(reference)}, node)

    def _all_of(self, made: Document) -> Document:
        parts = [self._shape_of(part) for part in made["allOf"]]
        together = merged_all_of(made, parts)
        if together is None:
            self.notes.append(note("parts_kept"))
            return made
        return together

    def _shape_of(self, part: Any) -> Any:
        """A part of an allOf, itself where it is a shared shape that does not hold this one."""
        if not isinstance(part, dict) or "$ref" not in part:
            return part
        name = part["$ref"].removeprefix(_PREFIX)
        if name in self.under_way or self.shapes.left <= max(self.work_until, 0):
            return part
        return {**self.made(name), **{k: v for k, v in part.items() if k != "$ref"}}

    def made(self, name: str) -> Document:
        """A shared shape, converted."""
        if name in self.shapes.made:
            self.notes += self.shapes.told[name]
            return self.shapes.made[name]
        reference = next(ref for ref, known in self.shapes.names.items() if known == name)
        self.under_way.add(name)
        inner = Converter(self.shapes, [])
        inner.under_way, inner.work_until = self.under_way, self.work_until
        made = inner.schema(self.shapes.target(reference))
        self.under_way.discard(name)
        if inner.read_only:
            inner.notes.append(note("read_only_left", names=inner.read_only))
        made = made if isinstance(made, dict) else {} if made else {"not": {}}
        inner.notes = once(inner.notes)
        if not self.under_way:  # in the middle of a circle it may lack what it would have alone
            self.shapes.made[name], self.shapes.told[name] = made, inner.notes
        self.notes += inner.notes
        return made

    def alone(self, name: str) -> Document:
        """A shared shape that no other begins from here: it says which kind it is."""
        made = self.made(name)
        reference = next(ref for ref, known in self.shapes.names.items() if known == name)
        for own, values in self.shapes.kinds.told(reference).items():
            made = told_by(made, own, values)
        return made

    def standing_alone(self, schema: Document) -> Document:
        """The schema with every shared shape that it leads to: in its place, or below `$defs`."""
        definitions = self._reached(schema)
        circular = {name for name in definitions if _leads_to(name, name, definitions)}
        uses = _counts([schema, *definitions.values()])
        inlined = {
            name
            for name, shape in definitions.items()
            if name not in circular and (uses[name] == 1 or _is_short(shape))
        }
        if circular:
            self.notes.append(note("recursive", names=sorted(circular)))
        made = _expanded(schema, definitions, inlined)
        kept = {
            name: _expanded(shape, definitions, inlined)
            for name, shape in definitions.items()
            if name not in inlined
        }
        if self.read_only:
            self.notes.append(note("read_only_left", names=self.read_only))
        return {**made, "$defs": kept} if kept else made

    def _reached(self, schema: Document) -> dict[str, Document]:
        found: dict[str, Document] = {}
        waiting = _references(schema)
        while waiting:
            name = waiting.pop(0)
            # Data, such as an allowed value, may look like a reference and is none.
            if name not in found and name in self.shapes.names.values():
                found[name] = self.alone(name)
                waiting += _references(found[name])
        return found


def _constants(node: Document) -> Document | None:
    """A list of allowed values that was written as one schema for each, with its words."""
    for key in ("oneOf", "anyOf"):
        branches = node.get(key)
        if not isinstance(branches, list) or len(branches) < 2 or {"type", "enum"} & node.keys():
            continue
        if not all(isinstance(b, dict) and isinstance(b.get("const"), str) for b in branches):
            continue
        if any(b.keys() - {"const", "type", "title", "description"} for b in branches):
            continue
        rest = {name: value for name, value in node.items() if name != key}
        lines = [
            f"{b['const']}: {b.get('description') or b.get('title')}"
            for b in branches
            if (b.get("description") or b.get("title") or b["const"]) != b["const"]
        ]
        said = "\n".join([*filter(None, [str(node.get("description", ""))]), *lines])
        made = {**rest, "type": "string", "enum": [b["const"] for b in branches]}
        return made | {"description": said} if said else made
    return None


def _is_left_out(key: str, value: Any, node: Document) -> bool:
    if key in ("$defs", "definitions", "$ref"):  # they come along where something refers to them
        return True
    if key == "format":
        return isinstance(value, str) and value in _MACHINE_FORMATS
    is_limit = key in ("minimum", "maximum")
    return is_limit and node.get(f"exclusive{key.capitalize()}") is True


def _exclusive(made: Document, key: str, value: bool, node: Document) -> None:
    """3.0 says with a flag what JSON Schema says with a number."""
    limit = node.get("minimum" if key == "exclusiveMinimum" else "maximum")
    if value and isinstance(limit, int | float) and not isinstance(limit, bool):
        made[key] = limit


def _beside(made: Document, node: Document) -> Document:
    """What stands beside a reference and says something of it."""
    kept = {key: node[key] for key in ("description", "title", "default") if key in node}
    return made | kept


def _with_example(made: Document, node: Document) -> None:
    """A short example as a sentence of the description, which is what an assistant reads."""
    listed = node.get("examples")
    example = node.get("example", listed[0] if isinstance(listed, list) and listed else None)
    said = made.get("description", "")
    if example is None or isinstance(example, dict | list) or not isinstance(said, str):
        return
    text = example if isinstance(example, str) else contract.dumps(example)
    if text and len(text) <= _EXAMPLE and text not in said and "enum" not in made:
        made["description"] = f"{said.rstrip()} Example: {text}".strip()


def _is_short(shape: Document) -> bool:
    return not any(_references(shape)) and len(contract.dumps(shape)) <= _SHORT


def _walk(node: Any) -> Iterator[Document]:
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _references(node: Any) -> list[str]:
    """The shared shapes that a schema names, in no order that matters; data may name some too."""
    found = (part["$ref"] for part in _walk(node) if isinstance(part.get("$ref"), str))
    return [ref.removeprefix(_PREFIX) for ref in found if ref.startswith(_PREFIX)]


def _counts(schemas: list[Document]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in (name for schema in schemas for name in _references(schema)):
        counts[name] = counts.get(name, 0) + 1
    return counts


def _leads_to(name: str, goal: str, definitions: dict[str, Document]) -> bool:
    seen: set[str] = set()
    waiting = _references(definitions[name])
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        if here not in seen and here in definitions:
            seen.add(here)
            waiting += _references(definitions[here])
    return False


def _expanded(node: Any, definitions: dict[str, Document], inlined: set[str]) -> Any:
    if isinstance(node, list):
        return [_expanded(part, definitions, inlined) for part in node]
    if not isinstance(node, dict):
        return node
    name = str(node.get("$ref", "")).removeprefix(_PREFIX)
    if name not in inlined:
        return {key: _expanded(part, definitions, inlined) for key, part in node.items()}
    own = {key: value for key, value in node.items() if key != "$ref"}
    inner: Document = _expanded(definitions[name], definitions, inlined)
    return inner | own
