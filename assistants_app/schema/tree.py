"""Edits of one JSON Schema by pointer: each changes only the keys it owns.

Everything else stays the very same object: key order, number spelling, unknown keywords, `$defs`,
references and boolean schemas survive. Every edit answers the new tree and the smallest part of it
in which anything changed; the text of that part before is all that undo needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract.ordered_json import dumps
from assistants_app.contract.strict_parts import nullable
from assistants_app.schema import kinds, moved, pointers
from assistants_app.schema.kinds import COMPOSITES, TYPES, look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistants_app.contract.problems import Path
    from assistants_app.schema.kinds import Kind

NAME_MAX: Final = 256
_NEW: Final = {"inputs": "new_input", "fields": "new_field"}
REASONS: Final = {
    "name.empty": "Enter a name.",
    "name.long": "The name is too long.",
    "name.taken": "Another one here is already called that. Choose a different name.",
    "enum.empty": "Choose at least one allowed value, or change the kind to Text.",
    "enum.kind": "A value here does not fit the kind of the others.",
    "enum.twice": "One of these values is there twice.",
    "not.here": "That cannot be done here.",
}


class Refused(ValueError):
    """An edit that makes no sense; `field` says which box it is about, `reason` why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.field, self.reason = field, reason


@dataclass(frozen=True, slots=True)
class Edited:
    """The tree after an edit: `path` is where the node is now, `changed` what holds all changes."""

    tree: Any
    path: Path
    changed: Path


def set_name(tree: Any, path: Path, name: str) -> Edited:
    """Rename an input in its place, also in what its group requires and what refers to it."""
    holder, old = _holder(tree, path)
    if name == old:
        return Edited(tree, path, path)
    group = pointers.at(tree, holder)
    _refuse_name(name, group["properties"])
    renamed = {name if key == old else key: node for key, node in group["properties"].items()}
    changed = {**group, "properties": renamed}
    if isinstance(required := group.get("required"), list):
        changed["required"] = [name if one == old else one for one in required]
    return _moved(pointers.put(tree, holder, changed), path, (*holder, "properties", name), holder)


def set_desc(tree: Any, path: Path, text: str) -> Edited:
    """Write an explanation; an empty one is taken out."""
    node = pointers.at(tree, path)
    if not isinstance(node, dict) or not isinstance(node.get("description") or "", str):
        raise Refused("desc", "not.here")
    if text == (node.get("description") or ""):
        return Edited(tree, path, path)
    if not text:
        return Edited(pointers.without(tree, (*path, "description")), path, path)
    return _replaced(tree, path, _with(node, "description", text, after="type"))


def set_required(tree: Any, path: Path, yes: bool) -> Edited:
    """Say whether an input must be filled in: listed in its place where the list has the order of
    the inputs, else at the end."""
    holder, name = _holder(tree, path)
    group = pointers.at(tree, holder)
    listed = group.get("required", [])
    if not isinstance(listed, list):
        raise Refused("required", "not.here")
    if yes == (name in listed):
        return Edited(tree, path, path)
    names = [one for one in listed if one != name] if not yes else _listed(group, listed, name)
    return Edited(pointers.put(tree, (*holder, "required"), names), path, holder)


def set_nullable(tree: Any, path: Path, yes: bool) -> Edited:
    """Say whether a value may be left empty, in the spelling that is there."""
    node = pointers.at(tree, path)
    seen = look(node)
    if yes == bool(seen.empty):
        return Edited(tree, path, path)
    if seen.kind == "advanced":
        raise Refused("empty", "not.here")
    if yes:
        return _replaced(tree, path, nullable(dict(node), is_pinned=False))
    if seen.empty == "anyOf":
        return _replaced(tree, path, _unwrapped(node, seen.core))
    changed = dict(node)
    if isinstance(said := node.get("type"), list):
        others = [name for name in said if name != "null"]
        changed["type"] = others[0] if len(others) == 1 else others
    if isinstance(values := node.get("enum"), list):
        changed["enum"] = [value for value in values if value is not None]
    return _replaced(tree, path, changed)


def set_enum(tree: Any, path: Path, values: Sequence[Any]) -> Edited:
    """Set the allowed values in this order; whether null is among them stays as it is."""
    here = _core(tree, path)
    if look(pointers.at(tree, path)).kind != "choice":
        raise Refused("values", "not.here")
    held = pointers.at(tree, here).get("enum")
    held = held if isinstance(held, list) else []
    known = {dumps(value): value for value in held}
    texts = [dumps(value) for value in values if value is not None]
    if not texts:
        raise Refused("values", "enum.empty")
    if len(set(texts)) != len(texts):
        raise Refused("values", "enum.twice")
    if texts == [dumps(value) for value in held if value is not None]:
        return Edited(tree, path, path)
    chosen = [known.get(dumps(value), value) for value in values if value is not None]
    chosen += [None] if None in held else []
    return Edited(pointers.put(tree, (*here, "enum"), chosen), path, path)


def set_limits(tree: Any, path: Path, limits: Mapping[str, Any]) -> Edited:
    """Set further rules that the kind knows; None takes one out. Others are not touched."""
    here = _core(tree, path)
    node = pointers.at(tree, here)
    owned = kinds.LIMITS.get(look(pointers.at(tree, path)).kind, ())
    changed = node
    for key, value in limits.items():
        if key not in owned:
            raise Refused(key, "not.here")
        if value is None:
            changed = {k: v for k, v in changed.items() if k != key} if key in node else changed
        elif key not in node or dumps(value) != dumps(node[key]):
            changed = {**changed, key: value}
    if changed is node:
        return Edited(tree, path, path)
    return Edited(pointers.put(tree, here, changed), path, path)


def lost_by_kind(node: Any, kind: Kind) -> list[str]:
    """What would go with another kind: names of inputs, allowed values, JSON only rules."""
    seen = look(node)
    if not isinstance(node, dict) or seen.kind == kind:
        return []
    if seen.kind == "advanced":
        return [key for key in COMPOSITES if key in node] + (["enum"] if "enum" in node else [])
    inner = pointers.at(node, seen.core) if seen.core else node
    lost = list(inner.get("properties", {})) if kind != "list" or "properties" in inner else []
    if kind == "choice":
        return lost
    lost += [value if isinstance(value, str) else dumps(value) for value in inner.get("enum", [])]
    items = inner.get("items")
    return lost + (list(items.get("properties", {})) if isinstance(items, dict) else [])


def set_kind(tree: Any, path: Path, kind: Kind) -> Edited:
    """Make it another kind of value. Owns type, items, properties and enum; of what only JSON
    shows, also the words that made it so. Null stays allowed where it was."""
    node = pointers.at(tree, path)
    seen = look(node)
    if seen.kind == kind:
        return Edited(tree, path, path)
    if kind not in TYPES and kind != "choice":
        raise Refused("kind", "not.here")
    if not isinstance(node, dict):
        node = {}
    if seen.core:
        inner = _of_kind(pointers.at(node, seen.core), kind, is_empty=False)
        return _replaced(tree, path, pointers.put(node, seen.core, inner))
    return _replaced(tree, path, _of_kind(node, kind, is_empty=bool(seen.empty)))


def add(
    tree: Any,
    path: Path,
    *,
    name: str = "",
    kind: Kind = "text",
    required: bool = False,
    is_closed: bool = False,
    words: str = "inputs",
) -> Edited:
    """Put an input at the end of a group; without a name it gets a free one.

    `is_closed`: a new group says that nothing else is allowed, as strict asks.
    """
    here = _core(tree, path)
    group = pointers.at(tree, here) if tree is not None else None
    if not isinstance(group, dict) or not isinstance(group.get("properties", {}), dict):
        if group is not None:
            raise Refused("name", "not.here")
        group = {"type": "object"}
    if not group:
        group = {"type": "object"}
    held = group.get("properties", {})
    name = name or free(_NEW[words], held)
    _refuse_name(name, held)
    changed = {**group, "properties": {**held, name: _fresh(kind, is_closed=is_closed)}}
    if required and isinstance(listed := group.get("required", []), list):
        changed["required"] = _listed(changed, listed, name)
    return Edited(pointers.put(tree, here, changed), (*here, "properties", name), path)


def remove(tree: Any, path: Path) -> Edited:
    """Take an input out of its group, and out of what the group requires."""
    holder, name = _holder(tree, path)
    group = pointers.at(tree, holder)
    kept = {key: node for key, node in group["properties"].items() if key != name}
    changed = {**group, "properties": kept}
    if isinstance(required := group.get("required"), list) and name in required:
        changed["required"] = [one for one in required if one != name]
    return Edited(pointers.put(tree, holder, changed), holder, holder)


def move(tree: Any, path: Path, by: int) -> Edited:
    """Move an input among those of its group: -1 is up, 1 is down; it stops at the ends."""
    holder, name = _holder(tree, path)
    held = pointers.at(tree, holder)["properties"]
    names = list(held)
    place = names.index(name)
    names.insert(max(0, place + by), names.pop(place))
    if names == list(held):
        return Edited(tree, path, path)
    moved = {key: held[key] for key in names}
    return Edited(pointers.put(tree, (*holder, "properties"), moved), path, holder)


def duplicate(tree: Any, path: Path) -> Edited:
    """Put a copy behind an input, under a free name, required where the first one is."""
    holder, name = _holder(tree, path)
    group = pointers.at(tree, holder)
    copy = free(name, group["properties"])
    held: dict[str, Any] = {}
    for key, node in group["properties"].items():
        held[key] = node
        if key == name:
            held[copy] = node
    changed = {**group, "properties": held}
    listed = group.get("required")
    if isinstance(listed, list) and name in listed:
        changed["required"] = _listed(changed, listed, copy)
    return Edited(pointers.put(tree, holder, changed), (*holder, "properties", copy), holder)


def into_group(tree: Any, path: Path, target: Path) -> Edited:
    """Move an input to the end of another group; it stays required where it was, and what refers
    to it follows."""
    holder, name = _holder(tree, path)
    into = _core(tree, target)
    if path == target[: len(path)] or into == holder or not _can_take(tree, target):
        raise Refused("target", "not.here")
    node = pointers.at(tree, path)
    listed = pointers.at(tree, holder).get("required", [])
    taken = remove(tree, path).tree
    group = pointers.at(taken, into)
    held = group.get("properties", {})
    _refuse_name(name, held)
    changed = {**group, "properties": {**held, name: node}}
    there = group.get("required", [])
    if isinstance(listed, list) and name in listed and isinstance(there, list):
        changed["required"] = _listed(changed, there, name)
    done = pointers.put(taken, into, changed)
    return _moved(done, path, (*into, "properties", name), common(holder, into))


def replace_json(tree: Any, path: Path, value: Any) -> Edited:
    """Put another schema in the place of a node; one with the same text changes nothing."""
    if tree is not None and dumps(value) == dumps(pointers.at(tree, path)):
        return Edited(tree, path, path)
    return _replaced(tree, path, value)


def free(name: str, taken: Mapping[str, Any]) -> str:
    """A name that is not taken yet: with _2, _3, … behind."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def is_entry(path: Path) -> bool:
    """Whether the node is what a list holds, or the whole: it has no name and no neighbours."""
    return len(path) < 2 or path[-2] != "properties"


def common(one: Path, other: Path) -> Path:
    """The path as far as both go the same way."""
    both = zip(one, other, strict=False)
    same = next((i for i, (a, b) in enumerate(both) if a != b), min(len(one), len(other)))
    return one[:same]


def _moved(tree: Any, old: Path, new: Path, changed: Path) -> Edited:
    """With the references that led through the old place."""
    followed, places = moved.follow(tree, old, new)
    for place in places:
        changed = common(changed, place)
    return Edited(followed, new, changed)


def _holder(tree: Any, path: Path) -> tuple[Path, str]:
    """The group that an input lies in, and its name there."""
    if is_entry(path) or not isinstance(pointers.at(tree, path[:-2]), dict):
        raise Refused("name", "not.here")
    return path[:-2], str(path[-1])


def _core(tree: Any, path: Path) -> Path:
    return (*path, *look(pointers.at(tree, path)).core) if tree is not None else path


def _can_take(tree: Any, target: Path) -> bool:
    return not target or kinds.is_group(pointers.at(tree, target))


def _replaced(tree: Any, path: Path, node: Any) -> Edited:
    return Edited(pointers.put(tree, path, node), path, path)


def _refuse_name(name: str, taken: Mapping[str, Any]) -> None:
    if not name:
        raise Refused("name", "name.empty")
    if len(name) > NAME_MAX:
        raise Refused("name", "name.long")
    if name in taken:
        raise Refused("name", "name.taken")


def _with(node: dict[str, Any], key: str, value: Any, *, after: str) -> dict[str, Any]:
    if key in node or after not in node:
        return {**node, key: value}
    found: dict[str, Any] = {}
    for name, held in node.items():
        found[name] = held
        if name == after:
            found[key] = value
    return found


def _listed(group: Mapping[str, Any], listed: Sequence[Any], name: str) -> list[Any]:
    places = {key: place for place, key in enumerate(group.get("properties", {}))}
    order = [places.get(one, -1) if isinstance(one, str) else -1 for one in listed]
    if name not in places or -1 in order or order != sorted(order):
        return [*listed, name]
    return sorted([*listed, name], key=lambda one: places[one])


def _of_kind(node: dict[str, Any], kind: Kind, *, is_empty: bool) -> dict[str, Any]:
    gone = {"items", "properties", "enum", *COMPOSITES}
    fresh = _fresh(kind)
    if kind == "choice" and "enum" in node:
        gone.discard("enum")
    said: Any = fresh["type"]
    if kind == "choice":
        old = [one for one in kinds.types(node) if one in kinds.SIMPLE]
        said = old[0] if old and "enum" in node else said
    said = [said, "null"] if is_empty else said
    changed = {"type": said} if "type" not in node else {}
    changed |= {key: said if key == "type" else v for key, v in node.items() if key not in gone}
    kept = {key: node.get(key, value) for key, value in fresh.items() if key != "type"}
    if is_empty and "enum" in kept and None not in kept["enum"]:
        kept["enum"] = [*kept["enum"], None]
    return {**changed, **kept}


def _fresh(kind: Kind, *, is_closed: bool = False) -> dict[str, Any]:
    """A new schema of this kind, complete enough to be valid."""
    if kind == "choice":
        return {"type": "string", "enum": []}
    found: dict[str, Any] = {"type": TYPES[kind]}
    if kind == "group":
        found |= {"properties": {}} | ({"additionalProperties": False} if is_closed else {})
    if kind == "list":
        found["items"] = {"type": "string"}
    return found


def _unwrapped(node: dict[str, Any], core: Path) -> dict[str, Any]:
    """The one choice in the place of `anyOf`, unless a key stands in both."""
    inner = pointers.at(node, core)
    outer = {key: value for key, value in node.items() if key != "anyOf"}
    if outer.keys() & inner.keys():
        return {**node, "anyOf": [inner]}
    return {**inner, **outer}
