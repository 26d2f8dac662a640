"""A schema as the rows of a list: what each input is called, what it is, what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract.ordered_json import digest
from assistants_app.schema import kinds, pointers, tree
from assistants_app.schema.kinds import look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.contract.problems import Path
    from assistants_app.schema.kinds import Kind, Look

LEVELS: Final = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `depth` counts from 0; an entry is what a list holds, without a name of its own.

    `is_first`, `is_last`: among the inputs of its group. `is_folded`: what it holds is beyond the
    levels shown here.
    """

    path: Path
    node: Any
    look: Look
    depth: int
    is_required: bool = False
    is_first: bool = True
    is_last: bool = True
    is_folded: bool = False

    @property
    def pointer(self) -> str:
        return pointers.spelled(self.path)

    @property
    def rid(self) -> str:
        return row_id(self.pointer)

    @property
    def fingerprint(self) -> str:
        return pointers.fingerprint(self.node)

    @property
    def is_entry(self) -> bool:
        return tree.is_entry(self.path)

    @property
    def name(self) -> str:
        return "" if self.is_entry else str(self.path[-1])

    @property
    def kind(self) -> Kind:
        return self.look.kind

    @property
    def description(self) -> str:
        text = self.node.get("description") if isinstance(self.node, dict) else None
        return text if isinstance(text, str) else ""

    @property
    def core(self) -> dict[str, Any]:
        """The schema that holds the kind."""
        found = pointers.at(self.node, self.look.core)
        return found if isinstance(found, dict) else {}

    @property
    def inner(self) -> int:
        return len(self.core.get("properties", {})) if self.kind == "group" else 0

    @property
    def items(self) -> Look:
        return look(self.core.get("items"))

    @property
    def values(self) -> list[Any]:
        values = self.core.get("enum")
        return [one for one in values if one is not None] if isinstance(values, list) else []

    @property
    def holds_group(self) -> bool:
        """Whether inputs can be put into it: a group, or a list of groups."""
        return self.kind == "group" or (self.kind == "list" and self.items.kind == "group")

    @property
    def group_path(self) -> Path:
        """The way from here to the group that its inputs lie in."""
        return () if self.kind == "group" else (*self.look.core, "items")

    @property
    def group(self) -> str:
        """The pointer of that group."""
        return pointers.spelled((*self.path, *self.group_path))


def row_id(pointer: str) -> str:
    """A short id of a place, for the elements of its row."""
    return digest(pointer)[:8]


def rows(schema: Any, at: Path = (), levels: int = LEVELS) -> list[Row]:
    """The rows below the group at `at`, with everything nested to `levels` levels."""
    return list(_below(schema, at, 0, levels))


def row(schema: Any, path: Path) -> Row:
    """The one row of a node; its depth counts from the root."""
    node = pointers.at(schema, path)
    depth = sum(step == "properties" for step in path) - 1
    if tree.is_entry(path):
        return Row(path, node, look(node), depth)
    holder = pointers.at(schema, path[:-2])
    names = list(holder["properties"])
    ends = {"is_first": names[0] == path[-1], "is_last": names[-1] == path[-1]}
    is_required = path[-1] in _texts(holder.get("required"))
    return Row(path, node, look(node), depth, is_required=is_required, **ends)


def groups(schema: Any) -> list[tuple[Path, str]]:
    """Every group with its path, as places to move an input into; the whole first."""
    found: list[tuple[Path, str]] = [((), "")]
    for one in rows(schema, levels=64):
        if one.holds_group and len(found) < 200:
            target = pointers.resolve(schema, one.group)
            found.append((target, " / ".join(_names(target))))
    return found


def ancestors(path: Path) -> list[Path]:
    """Every schema on the way from the whole to this node, outermost first."""
    found: list[Path] = []
    is_key = False  # the next step is a name or a place within a keyword
    for index, step in enumerate(path):
        if not is_key:
            found.append(path[:index])
        is_key = not is_key and step in ("properties", "anyOf")
    return found


def _names(path: Path) -> list[str]:
    return [str(path[i + 1]) for i in range(len(path) - 1) if path[i] == "properties"]


def _below(schema: Any, path: Path, depth: int, levels: int) -> Iterator[Row]:
    node = pointers.at(schema, path) if schema is not None else None
    seen = look(node)
    here = (*path, *seen.core)
    if seen.kind == "group" or (not path and isinstance(node, dict) and "properties" in node):
        group = pointers.at(schema, here)
        held = group.get("properties", {})
        names = list(held) if isinstance(held, dict) else []
        required = _texts(group.get("required"))
        for index, name in enumerate(names):
            at = (*here, "properties", name)
            ends = {"is_first": index == 0, "is_last": index == len(names) - 1}
            seen = look(held[name])
            one = Row(at, held[name], seen, depth, is_required=name in required, **ends)
            yield from _one(schema, one, levels)
    elif seen.kind == "list" and "items" in pointers.at(schema, here):
        at = (*here, "items")
        entry = pointers.at(schema, at)
        if kinds.is_group(entry):
            yield from _below(schema, at, depth, levels)
        elif look(entry).kind not in kinds.TYPES or look(entry).kind == "list":
            yield from _one(schema, Row(at, entry, look(entry), depth), levels)


def _one(schema: Any, row: Row, levels: int) -> Iterator[Row]:
    has_inner = row.kind in ("group", "list")
    if has_inner and row.depth + 1 >= levels:
        below = next(_below(schema, row.path, row.depth + 1, 64), None)
        yield replace(row, is_folded=True) if below or row.holds_group else row
        return
    yield row
    if has_inner:
        yield from _below(schema, row.path, row.depth + 1, levels)


def _texts(required: Any) -> frozenset[str]:
    listed = required if isinstance(required, list) else []
    return frozenset(one for one in listed if isinstance(one, str))
