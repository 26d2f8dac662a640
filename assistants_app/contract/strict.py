"""Strict structured outputs: the part of JSON Schema that `strict: true` allows.

Rules and numbers: contract.md section 4. A server names one fault at a time, this names all of
them, each at its own place. Nothing is fetched, no `pattern` is run, circles of `$ref` are fine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import json_schema, limits
from assistants_app.contract.ordered_json import dumps
from assistants_app.contract.problems import shown
from assistants_app.contract.references import References

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistants_app.contract.problems import Level, Path
    from assistants_app.contract.report import Report

_SAYS_TYPE: Final = frozenset({"type", "enum", "const", "anyOf", "allOf", "oneOf", "$ref"})
_BESIDE_REF: Final = frozenset({"$ref", "$defs", "definitions"})
_LEAF: Final = frozenset({"type", "title", "description"})
_LEAF_TYPES: Final = frozenset(limits.STRICT_TYPES) - {"object", "array"}
_NAMED: Final = ("$defs", "definitions")
_CHOICES: Final = ("anyOf", "oneOf", "allOf")
_NAMES_SHOWN: Final = 10
_CONTEXT_CHARACTERS: Final = 200


def check(report: Report, path: Path, schema: Any, code: str, owner: str) -> None:
    """Judge the schema at `path` of something strict; null and absent are a warning.

    `code` is the API's word for a fault in this place, `owner` how the API calls what the schema
    belongs to: "function 'f'". What the metaschema refuses is an error here, since a server that
    follows a schema exactly has to understand it. Replaces `json_schema.check`.
    """
    if schema is None:
        report.add(path, code, "bare", "warning", owner=owner)
    elif json_schema.readable_text(report, path, schema) is not None:
        _Walk(report, path, code, owner, schema).run()
        json_schema.check_metaschema(report, path, schema, code, "error")


def owner(kind: str, holder: dict[str, Any]) -> str:
    """ "function 'f'" or "response_format 'r'"; the kind alone where it has no name yet."""
    name = holder.get("name")
    return f"{kind} '{shown(name)}'" if isinstance(name, str) and name else kind


def is_object(schema: dict[str, Any]) -> bool:
    """Whether rule 2 binds it: an object by its type, or by its properties where no type is."""
    return _is_kind(schema, "object") or ("properties" in schema and "type" not in schema)


def some(names: Iterable[str]) -> tuple[str, ...]:
    """The first ten names, ready to be shown; an ellipsis stands for the rest."""
    listed = list(names)
    more = ("…",) if len(listed) > _NAMES_SHOWN else ()
    return (*(shown(name) for name in listed[:_NAMES_SHOWN]), *more)


class _Walk:
    """One pass over one schema; sums stand for the whole, `deepest` is (objects, path)."""

    def __init__(
        self, report: Report, path: Path, code: str, owner: str, root: dict[str, Any]
    ) -> None:
        self.report, self.path, self.code, self.owner = report, path, code, owner
        self.references = References(root)
        is_fine_tuned = report.model.startswith(limits.FINE_TUNED)
        self.doubtful = limits.FINE_TUNED_REFUSED if is_fine_tuned else frozenset()
        self.allowed = limits.STRICT_KEYWORDS - self.doubtful
        self.sums = {"properties": 0, "characters": 0, "enums": 0}
        self.deepest: tuple[int, Path] = (0, ())
        self.waiting: list[tuple[Path, Any, int]] = [((), root, 0)]
        self.seen: set[int] = set()
        self.refs: list[str] = []

    def run(self) -> None:
        self._root(self.references.root)
        self._drain()
        # A reference may lead to where no schema is looked for, and what is there counts as well.
        for ref in self.refs:
            trail = self.references.trail(ref)
            if trail and id(trail[-1][1]) not in self.seen:
                self.waiting = [(tuple(step for step, _ in trail), trail[-1][1], 0)]
                self._drain()
        self._limit(self.deepest[1], "depth", self.deepest[0])
        for key, total in self.sums.items():
            self._limit((), key, total)

    def _drain(self) -> None:
        while self.waiting:
            path, node, depth = self.waiting.pop()
            if isinstance(node, dict):
                self.seen.add(id(node))
                self._node(path, node, depth)
            elif isinstance(node, bool):
                self._add(path, "untyped")

    def _add(
        self, path: Path, kind: str, *step: str | int, level: Level = "error", **data: Any
    ) -> None:
        """Note a fault of the schema at `path`, standing at `step` of it."""
        if self.report.is_full:
            return
        context = shown(str(tuple(shown(str(part)) for part in path)), _CONTEXT_CHARACTERS)
        words = {"owner": self.owner, "context": context, **data}
        self.report.add((*self.path, *path, *step), self.code, kind, level, **words)

    def _root(self, root: dict[str, Any]) -> None:
        """Rule 1."""
        if "anyOf" in root:
            self._add((), "root_choice", "anyOf")
        if "$ref" in root:
            end = self.references.end(root)
            if self.references.target(root["$ref"]) and not (end and end.get("type") == "object"):
                kind = dumps(end["type"]) if end and "type" in end else '"None"'
                self._add((), "root", "$ref", found=shown(kind))
        elif "type" in root and root["type"] != "object":
            self._add((), "root", "type", found=shown(dumps(root["type"])))
        elif "type" not in root and "anyOf" not in root:
            self._add((), "root", "type", found='"None"')

    def _node(self, path: Path, node: dict[str, Any], depth: int) -> None:
        if not node.keys() <= self.allowed:
            self._keywords(path, node)
        if "$ref" in node:
            self._reference(path, node)
        if "format" in node:
            self._format(path, node["format"])
        self._type(path, node)
        self._values(path, node)
        if is_object(node):
            depth += 1
            self._object(path, node, depth)
        self._parts(path, node, depth)

    def _keywords(self, path: Path, node: dict[str, Any]) -> None:
        """Rules 4 and 5."""
        for key in node:
            if key in limits.STRICT_REFUSED:
                self._add(path, "keyword", key, x=shown(key))
            elif key in self.doubtful:
                self._add(path, "fine_tuned", key, level="warning", x=shown(key))
            elif key not in self.allowed:
                self._add(path, "unlisted", key, level="warning", x=shown(key))

    def _reference(self, path: Path, node: dict[str, Any]) -> None:
        """Rule 6. Definitions may stand beside: a root that is a reference has no other place."""
        ref = node["$ref"]
        if siblings := [key for key in node if key not in _BESIDE_REF]:
            names = some(siblings)
            quoted = ", ".join(f"'{name}'" for name in names)
            self._add(path, "siblings", "$ref", names=names, quoted=quoted)
        if not isinstance(ref, str):
            return
        if not ref.startswith("#"):
            self._add(path, "foreign", "$ref", found=shown(ref))
        elif self.references.target(ref) is None:
            self._add(path, "dangling", "$ref", found=shown(ref))
        else:
            self.refs.append(ref)

    def _format(self, path: Path, found: Any) -> None:
        if isinstance(found, str) and found not in limits.STRICT_FORMATS:
            choices = limits.STRICT_FORMATS
            self._add(path, "format", "format", x=shown(found), choices=choices)

    def _type(self, path: Path, node: dict[str, Any]) -> None:
        """Rule 3; the root's own type is rule 1."""
        kind = node.get("type")
        if isinstance(kind, list):
            for index, one in enumerate(kind):
                self._known_type(path, one, "type", index)
        else:
            self._known_type(path, kind, "type")
        if path and _SAYS_TYPE.isdisjoint(node):
            self._add(path, "untyped")
        if "items" not in node and (
            kind == "array" or (isinstance(kind, list) and "array" in kind)
        ):
            self._add(path, "no_items")

    def _known_type(self, path: Path, kind: Any, *step: str | int) -> None:
        if isinstance(kind, str) and kind not in limits.STRICT_TYPES:
            self._add(path, "type", *step, x=shown(kind), choices=limits.STRICT_TYPES)

    def _values(self, path: Path, node: dict[str, Any]) -> None:
        """Count enum and const."""
        if isinstance(const := node.get("const"), str):
            self.sums["characters"] += len(const)
        values = node.get("enum")
        if not isinstance(values, list):
            return
        characters = sum(len(value) for value in values if isinstance(value, str))
        self.sums["enums"] += len(values)
        self.sums["characters"] += characters
        if len(values) > limits.LONG_ENUM:
            self._limit((*path, "enum"), "enum_characters", characters)

    def _object(self, path: Path, node: dict[str, Any], depth: int) -> None:
        """Rule 2."""
        if node.get("additionalProperties") is not False:
            self._add(path, "additional", "additionalProperties")
        names = node.get("properties")
        self._required(path, names if isinstance(names, dict) else {}, node.get("required"))
        if depth > self.deepest[0]:
            self.deepest = depth, path

    def _required(self, path: Path, names: dict[str, Any], required: Any) -> None:
        listed = required if isinstance(required, list) else []
        known = {name for name in listed if isinstance(name, str)}
        if not names.keys() <= known:
            missing = some(name for name in names if name not in known)
            self._add(path, "required", "required", x=missing[0], names=missing)
        if not known <= names.keys():
            for index, name in enumerate(listed):
                if isinstance(name, str) and name not in names:
                    self._add(path, "extra", "required", index, x=shown(name))

    def _parts(self, path: Path, node: dict[str, Any], depth: int) -> None:
        """Put aside what is below, last part first, so that the first is judged first."""
        below = list(self._below(path, node, depth))
        if below:
            self.waiting += reversed(below)

    def _below(
        self, path: Path, node: dict[str, Any], depth: int
    ) -> Iterator[tuple[Path, Any, int]]:
        if isinstance(properties := node.get("properties"), dict):
            self.sums["properties"] += len(properties)
            self.sums["characters"] += sum(map(len, properties))
            for name, part in properties.items():
                if not _is_leaf(part):
                    yield (*path, "properties", name), part, depth
        if isinstance(items := node.get("items"), dict | bool):
            yield (*path, "items"), items, depth
        for key in _NAMED:
            if isinstance(named := node.get(key), dict):
                self.sums["characters"] += sum(map(len, named))
                for name, part in named.items():
                    yield (*path, key, name), part, 0
        for key in _CHOICES:
            if isinstance(choices := node.get(key), list):
                if key == "anyOf":
                    self._first_keys(path, choices)
                for index, part in enumerate(choices):
                    yield (*path, key, index), part, depth

    def _first_keys(self, path: Path, choices: list[Any]) -> None:
        """Rule 7, once for each choice between objects."""
        first: set[str] = set()
        for choice in choices:
            end = self.references.end(choice)
            names = end.get("properties") if isinstance(end, dict) else None
            name = next(iter(names), None) if isinstance(names, dict) else None
            if name in first:
                self._add(path, "first_key", "anyOf", level="warning", x=shown(name))
                return
            first |= {name} if name is not None else set()

    def _limit(self, path: Path, key: str, found: int) -> None:
        """Over the number that holds for the server an error, over the old one a warning."""
        old, new = limits.STRICT_LIMITS[key]
        holds = old if self.report.profile.strict_limits == "old" else new
        if found > holds:
            self._add(path, key, n=found, max=holds)
        elif found > old:
            self._add(path, key, level="warning", n=found, max=old)


def _is_kind(schema: dict[str, Any], name: str) -> bool:
    kind = schema.get("type")
    return kind == name or (isinstance(kind, list) and name in kind)


def _is_leaf(part: Any) -> bool:
    """A plain value and its words: nothing to judge, and by far the most frequent part."""
    if type(part) is not dict or not part.keys() <= _LEAF:
        return False
    kind = part.get("type")
    return isinstance(kind, str) and kind in _LEAF_TYPES
