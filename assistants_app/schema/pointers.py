"""JSON Pointers (RFC 6901) into one tree: read, find, and put without touching what is beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract.limits import JSON_DEPTH
from assistants_app.contract.ordered_json import digest, dumps
from assistants_app.contract.references import unescaped

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path

_INDEX_DIGITS: Final = 9


class Nowhere(LookupError):
    """A pointer leads to nothing in this tree."""


def spelled(path: Path) -> str:
    """`("properties", "a/b")` as `/properties/a~1b`; "" for the whole tree."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def resolve(tree: Any, pointer: str) -> Path:
    """The path that a pointer means in this tree, list places as numbers. Raises Nowhere."""
    if (pointer and not pointer.startswith("/")) or pointer.count("/") > JSON_DEPTH * 2:
        raise Nowhere(pointer)
    path: list[str | int] = []
    for part in pointer.split("/")[1:]:
        step = _step(tree, unescaped(part))
        path.append(step)
        tree = tree[step]
    return tuple(path)


def _step(node: Any, part: str) -> str | int:
    if isinstance(node, dict) and part in node:
        return part
    if isinstance(node, list) and part.isascii() and part.isdigit() and len(part) <= _INDEX_DIGITS:
        index = int(part)
        if index < len(node):
            return index
    raise Nowhere(part)


def at(tree: Any, path: Path) -> Any:
    """What stands at a path that `resolve` found."""
    for step in path:
        tree = tree[step]
    return tree


def put(tree: Any, path: Path, value: Any) -> Any:
    """The tree with another value at `path`: only what leads there is copied, every other part
    stays the same object in the same place. A last key that is missing is added at the end."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    inner = tree[step] if rest else None
    changed = tree.copy()
    changed[step] = put(inner, rest, value)
    return changed


def without(tree: Any, path: Path) -> Any:
    """The tree without the key at the end of `path`."""
    holder = at(tree, path[:-1])
    return put(tree, path[:-1], {key: value for key, value in holder.items() if key != path[-1]})


def fingerprint(node: Any) -> str:
    """A short digest of a node's own text, by which a page knows what it showed."""
    return digest(dumps(node))[:16]
