"""`$ref` inside one JSON Schema: what a local reference points to. Nothing is ever fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote

from assistants_app.contract.json_schema import subschemas

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path

Trail: TypeAlias = tuple[tuple[str | int, Any], ...]
"""Each step of a pointer with the value it leads to."""

# A chain of references this long is as good as a circle.
_HOPS: Final = 64
_INDEX_DIGITS: Final = 9


class References:
    """The targets of one schema's local references; each is looked up once."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self._trails: dict[str, Trail | None] = {}
        self._anchors: dict[str, Path] | None = None

    def trail(self, ref: str) -> Trail | None:
        """The way from the root to what `ref` points to; None where it points to nothing here."""
        if ref not in self._trails:
            steps = self._steps(ref)
            self._trails[ref] = None if steps is None else _walked(self.root, steps)
        return self._trails[ref]

    def target(self, ref: Any) -> dict[str, Any] | None:
        """The object that `ref` points to, whatever stands there; None where there is none."""
        trail = self.trail(ref) if isinstance(ref, str) else None
        if trail is None:
            return None
        found = trail[-1][1] if trail else self.root
        return found if isinstance(found, dict) else None

    def end(self, schema: Any) -> Any:
        """`schema`, or where its `$ref` leads in the end; None for a circle or a loose end."""
        for _ in range(_HOPS):
            if not isinstance(schema, dict) or "$ref" not in schema:
                return schema
            schema = self.target(schema["$ref"])
        return None

    def _steps(self, ref: str) -> Path | None:
        if ref == "#":
            return ()
        if not ref.startswith("#"):
            return None
        # RFC 6901, section 6: the fragment is decoded first, then split.
        fragment = unquote(ref[1:]) if "%" in ref else ref[1:]
        if not fragment.startswith("/"):
            return self._named().get(fragment)
        parts = fragment[1:].split("/")
        return tuple(map(unescaped, parts))

    def _named(self) -> dict[str, Path]:
        if self._anchors is None:
            self._anchors = {
                name: path
                for path, part in subschemas(self.root)
                for key in ("$anchor", "$dynamicAnchor")
                if isinstance(name := part.get(key), str)
            }
        return self._anchors


def unescaped(part: str) -> str:
    """What a part of a pointer names (RFC 6901, section 4)."""
    return part.replace("~1", "/").replace("~0", "~")


def pointer(path: Path) -> str:
    """The reference to a path of the same document, as RFC 6901 spells it."""
    steps = (str(step).replace("~", "~0").replace("/", "~1").replace("%", "%25") for step in path)
    return "".join(["#", *(f"/{step}" for step in steps)])


def _walked(node: Any, steps: Path) -> Trail | None:
    trail: list[tuple[str | int, Any]] = []
    for step in steps:
        key = _index(step) if isinstance(node, list) else step
        try:
            node = node[key]
        except (LookupError, TypeError):
            return None
        trail.append((key, node))
    return tuple(trail)


def _index(step: str | int) -> int:
    """The index that a step into a list spells; one beyond every list where it spells none."""
    text = str(step)
    return int(text) if text.isdecimal() and len(text) <= _INDEX_DIGITS else 10**_INDEX_DIGITS
