"""Make strict: what a schema has to become for strict structured outputs, and what that changed.

The nine steps of contract.md section 4. Pure: the schema given is never altered, key order and
number spelling of everything untouched stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import compact, faults, json_schema, limits, strict
from assistants_app.contract.ordered_json import dumps
from assistants_app.contract.positions import in_document_order
from assistants_app.contract.problems import Path, Problem, shown
from assistants_app.contract.profiles import KEPT_HERE
from assistants_app.contract.references import References, pointer
from assistants_app.contract.report import Op, Report
from assistants_app.contract.strict_parts import (
    Inlining,
    Nulls,
    described,
    is_mergeable,
    joined,
    nullable,
    renamed,
)
from assistants_app.contract.strict_words import CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assistants_app.contract.references import Trail

_CODE: Final = "invalid_json_schema"
_OWNER: Final = "response_format"
_NAMED: Final = ("properties", "$defs", "definitions")
_LISTED: Final = ("anyOf", "oneOf", "allOf")
_DEFINITIONS: Final = frozenset({"$defs", "definitions"})
_MAY_STAY: Final = _DEFINITIONS | {"$ref"}
_HOISTED: Final = ("$schema", "$defs", "definitions")
_NO_TYPE_WITH: Final = frozenset({"type", "$ref", "anyOf", "allOf", "oneOf", "enum", "const"})
_REMOVABLE: Final = limits.STRICT_REFUSED - {"oneOf", "allOf"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that make strict did.

    `path` is the place in the schema that was given; what was copied or joined from elsewhere is
    named below the place that took it in. `kind` is a key of `strict_words.CHANGES`; `data` fills
    its words.
    """

    path: Path
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def what(self) -> str:
        """What was done, in plain words."""
        return self.said(str)

    def said(self, translate: Callable[[str], str]) -> str:
        """`what`, the sentence put through `translate` (gettext) before it is filled."""
        words = {
            key: ", ".join(value) if isinstance(value, tuple) else value
            for key, value in self.data.items()
        }
        return translate(CHANGES[self.kind]).format_map(words)


@dataclass(frozen=True, slots=True)
class Strict:
    """`schema` made strict as far as it goes; `changes` in the order they were made; `left`: the
    errors that the strict check still finds, with paths from the schema's root, for a person."""

    schema: Any
    changes: tuple[Change, ...]
    left: tuple[Problem, ...]


def make_strict(schema: Any, *, may_wrap: bool = False) -> Strict:
    """`schema` with what strict structured outputs ask for; never raises, never applied silently.

    `may_wrap`: a root that is no object may be put into one, as `{"value": …}`. What is no JSON
    object, holds broken text, is nested beyond 64 levels or is larger than 1 MiB stays as it is,
    with the reason in `left`. Idempotent: a second time changes nothing.
    """
    if not _is_readable(schema):
        return Strict(schema, (), _left(schema))
    changes: list[Change] = []
    made, before, after = schema, "", dumps(schema)
    # What one pass did may let the next do more: parts of an allOf are alike now and can join.
    while after != before and _is_readable(made):
        made, before = _Fixer(_copied(made), changes).fixed(may_wrap), after
        after = dumps(made)
    return Strict(_copied(made), tuple(changes), _left(made))


def _report(schema: Any) -> Report:
    report = Report(Op(needs_model=False), KEPT_HERE)
    if not faults.is_sound(schema, compact.text(schema)):
        report.take(faults.find(schema))
    return report


def _is_readable(schema: Any) -> bool:
    return json_schema.readable_text(_report(schema), (), schema) is not None


def _left(schema: Any) -> tuple[Problem, ...]:
    report = _report(schema)
    if report.is_object((), schema):
        strict.check(report, (), schema, _CODE, _OWNER)
    problems = in_document_order(report.problems, schema)
    return tuple(one for one in problems if one.level == "error")


def _copied(value: Any) -> Any:
    """The same tree in objects and lists of its own."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class _At:
    """Where the walk is: `path` of the given schema; `above`: ids of the referenced schemas it is
    inside of; `is_copy`: within something copied from elsewhere."""

    path: Path = ()
    above: frozenset[int] = frozenset()
    is_copy: bool = False

    def below(self, *steps: str | int) -> _At:
        return replace(self, path=(*self.path, *steps))


class _Fixer:
    """One pass over a schema of its own. `became` maps ids of its parts to what they are now."""

    def __init__(self, root: dict[str, Any], changes: list[Change]) -> None:
        self.root, self.changes = root, changes
        self.references = References(root)
        self.inlining, self.nulls = Inlining(), Nulls(self.references)
        refs = [part.get("$ref") for _, part in json_schema.subschemas(root)]
        self.targets = {id(self.references.target(ref)) for ref in refs}
        self.became: dict[int, dict[str, Any]] = {}
        self.pinned: set[int] = set()
        self.loose: list[tuple[Path, dict[str, Any]]] = []

    def fixed(self, may_wrap: bool) -> dict[str, Any]:
        """Steps 1 to 8."""
        root = self._object_schema(self.root, _At())
        if may_wrap and (root.get("type") != "object" or "anyOf" in root):
            root = self._wrapped(root)
        self._follow(root)
        return root

    def _note(self, path: Path, kind: str, **data: Any) -> None:
        self.changes.append(Change(path, kind, data))

    def _schema(self, node: Any, at: _At) -> Any:
        return self._object_schema(node, at) if isinstance(node, dict) else node

    def _object_schema(self, node: dict[str, Any], at: _At) -> dict[str, Any]:
        alike = [node]
        new, within = self._flat(dict(node), self._into(at, node), alike)
        self._describe(new, at.path)
        self._parts(new, within)
        if isinstance(new.get("oneOf"), list) and "anyOf" not in new:
            new = renamed(new, "oneOf", "anyOf")
            self._note((*at.path, "oneOf"), "any_of")
        if isinstance(new.get("properties"), dict) and _NO_TYPE_WITH.isdisjoint(new):
            new = {"type": "object", **new}
            self._note((*at.path, "type"), "type")
        if strict.is_object(new):
            self._object(new, at.path)
        self._keep(alike, new, at)
        return new

    def _into(self, at: _At, node: dict[str, Any]) -> _At:
        return replace(at, above=at.above | {id(node)}) if id(node) in self.targets else at

    def _keep(self, alike: list[dict[str, Any]], new: dict[str, Any], at: _At) -> None:
        """Remember what parts became, so that references find them where they are now."""
        if isinstance(new.get("$ref"), str):
            self.loose.append((at.path, new))
        if not at.is_copy:
            self.became |= {id(node): new for node in alike}
            if any(id(node) in self.targets for node in alike):
                self.pinned.add(id(new))

    def _flat(
        self, new: dict[str, Any], at: _At, alike: list[dict[str, Any]]
    ) -> tuple[dict[str, Any], _At]:
        """Empty defaults away, one-part allOf joined, `$ref` with siblings replaced: steps 3, 6, 7.

        Answers the schema and where its parts are; what it was joined from in place is `alike`.
        """
        while True:
            if "default" in new and new["default"] is None:
                del new["default"]
                self._note((*at.path, "default"), "empty_default")
            part, target = _sole_part(new), self._to_copy(new, at)
            if part is not None:
                new, at = joined(new, "allOf", part), self._into(at, part)
                alike += [] if at.is_copy else [part]
                self._note((*at.path, "allOf"), "merged")
            elif target is None:
                return new, at
            elif id(target) in at.above or not self.inlining.has_room(target, at.path):
                return (new if not at.path else self._alone(new, at.path)), at
            else:
                # The definitions of the target stay where they are, which is where they are found.
                own = {key: value for key, value in target.items() if key not in _DEFINITIONS}
                new = joined(new, "$ref", own)
                at = replace(at, above=at.above | {id(target)}, is_copy=True)
                self._note((*at.path, "$ref"), "inlined")

    def _to_copy(self, schema: dict[str, Any], at: _At) -> dict[str, Any] | None:
        """What a `$ref` that may not stay points to: one with siblings, or the root's."""
        if "$ref" not in schema or (at.path and schema.keys() <= _MAY_STAY):
            return None
        return self.references.target(schema["$ref"])

    def _alone(self, new: dict[str, Any], path: Path) -> dict[str, Any]:
        """A `$ref` that cannot be replaced, without siblings; its description stays around it."""
        self._describe(new, path)
        text = new.get("description")
        kept = _MAY_STAY | ({"description"} if isinstance(text, str) else set())
        if dropped := [key for key in new if key not in kept]:
            self._note(path, "dropped", names=strict.some(dropped))
        new = {key: value for key, value in new.items() if key in kept}
        if "description" not in new:
            return new
        self._note((*path, "$ref"), "beside")
        return renamed({**new, "$ref": [{"$ref": new["$ref"]}]}, "$ref", "anyOf")

    def _describe(self, new: dict[str, Any], path: Path) -> None:
        """Steps 6 and 8. A description that is no text cannot take a sentence in."""
        if not isinstance(new.get("description", ""), str):
            return
        form = new.get("format")
        is_refused = isinstance(form, str) and form not in limits.STRICT_FORMATS
        for key in [k for k in new if k in _REMOVABLE or (k == "format" and is_refused)]:
            kind = "sentence" if described(new, key) else "removed"
            self._note((*path, key), kind, x=shown(key))

    def _parts(self, new: dict[str, Any], at: _At) -> None:
        """Step 2."""
        for key in _NAMED:
            if isinstance(named := new.get(key), dict):
                below = {name: self._schema(p, at.below(key, name)) for name, p in named.items()}
                new[key] = below
        for key in _LISTED:
            if isinstance(parts := new.get(key), list):
                new[key] = [self._schema(p, at.below(key, i)) for i, p in enumerate(parts)]
        if "items" in new:
            new["items"] = self._schema(new["items"], at.below("items"))

    def _object(self, new: dict[str, Any], path: Path) -> None:
        """Steps 4 and 5."""
        if new.get("additionalProperties", True) is True:
            new["additionalProperties"] = False
            self._note((*path, "additionalProperties"), "additional")
        names = new.get("properties", {})
        if isinstance(names, dict):
            self._require(new, names, path)

    def _require(self, new: dict[str, Any], names: dict[str, Any], path: Path) -> None:
        required = new.get("required")
        listed = required if isinstance(required, list) else []
        known = {name for name in listed if isinstance(name, str)}
        optional = [name for name in names if name not in known]
        for name in optional:
            if not self.nulls.fits(part := names[name]):
                names[name] = nullable(part, is_pinned=id(part) in self.pinned)
                self._note((*path, "properties", name), "nullable")
        if optional:
            self._note((*path, "required"), "required", names=strict.some(optional))
        elif listed is required and known == names.keys() and len(listed) == len(names):
            return
        else:
            self._note((*path, "required"), "required_only")
        new["required"] = list(names)

    def _wrapped(self, root: dict[str, Any]) -> dict[str, Any]:
        self._note((), "wrapped")
        hoisted: dict[str, Any] = {key: root.pop(key) for key in _HOISTED if key in root}
        whole = {"type": "object", "properties": {"value": root}, "required": ["value"]}
        return {**whole, "additionalProperties": False, **hoisted}

    def _follow(self, root: dict[str, Any]) -> None:
        """Let references lead to where their targets are now."""
        places = {id(part): path for path, part in json_schema.subschemas(root)}
        for path, part in self.loose:
            trail = self.references.trail(part["$ref"])
            if trail is None:
                continue
            now = self._place(trail, places)
            if now != tuple(step for step, _ in trail) or part["$ref"][1:2] not in ("", "/"):
                part["$ref"] = pointer(now)
                self._note((*path, "$ref"), "moved")

    def _place(self, trail: Trail, places: dict[int, Path]) -> Path:
        """Where the end of a trail is now: below the last part on the way that is known."""
        values = [self.root, *(value for _, value in trail)]
        steps = tuple(step for step, _ in trail)
        known = (
            (*place, *steps[index:])
            for index in range(len(steps), -1, -1)
            if (place := places.get(id(self.became.get(id(values[index]))))) is not None
        )
        return next(known)


def _sole_part(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The one part of an allOf that can join what stands beside it."""
    parts = schema.get("allOf")
    part = parts[0] if isinstance(parts, list) and len(parts) == 1 else None
    return part if isinstance(part, dict) and is_mergeable(schema, part) else None
