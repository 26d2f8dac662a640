"""Where things stand in a JSON text: a slow reader, run only to report a failure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from json import JSONDecoder
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract.limits import JSON_DEPTH

if TYPE_CHECKING:
    from collections.abc import Collection

    from assistants_app.contract.problems import Path

_DECODER: Final = JSONDecoder()
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)


@dataclass(slots=True)
class Places:
    """Offsets in one text: of every key and of the value at the wanted paths.

    `deep` is the first bracket beyond 64 levels with the path that leads to it, else None.
    """

    keys: dict[Path, list[int]] = field(default_factory=dict)
    values: dict[Path, int] = field(default_factory=dict)
    deep: tuple[int, Path] | None = None


def find(text: str, wanted: Collection[Path]) -> Places:
    """Read `text`, whose brackets need not close, and note where the `wanted` paths stand."""
    reader = _Reader(wanted)
    for found in _PIECE.finditer(text):
        reader.take(found[0], found.start())
    return reader.places


def line_and_column(text: str, offset: int) -> dict[str, Any]:
    """`line` and `column` of an offset, both from 1, in characters."""
    return {
        "line": text.count("\n", 0, offset) + 1,
        "column": offset - text.rfind("\n", 0, offset),
    }


class _Reader:
    """Follows the pieces of one text; `path` ends with the key or index read last."""

    def __init__(self, wanted: Collection[Path]) -> None:
        self.places = Places()
        self.wanted = frozenset(wanted)
        self.path: list[str | int] = []
        self.awaits_key = False

    def take(self, piece: str, offset: int) -> None:
        if piece in ("{", "["):
            self._open(piece, offset)
        elif piece in ("}", "]"):
            del self.path[-1:]
            self.awaits_key = False
        elif piece == ",":
            self._next()
        elif piece == ":":
            self.awaits_key = False
        elif self.awaits_key:
            self.path[-1] = _DECODER.decode(piece)
            self._note_key(offset)
        else:
            self._note_value(offset)

    def _open(self, bracket: str, offset: int) -> None:
        self._note_value(offset)
        if len(self.path) >= JSON_DEPTH and not self.places.deep:
            self.places.deep = offset, tuple(self.path)
        self.awaits_key = bracket == "{"
        self.path.append("" if self.awaits_key else 0)

    def _next(self) -> None:
        last = self.path[-1]
        self.awaits_key = isinstance(last, str)
        if isinstance(last, int):
            self.path[-1] = last + 1

    def _note_key(self, offset: int) -> None:
        if self._is_wanted():
            self.places.keys.setdefault(tuple(self.path), []).append(offset)

    def _note_value(self, offset: int) -> None:
        if self._is_wanted():
            self.places.values.setdefault(tuple(self.path), offset)

    def _is_wanted(self) -> bool:
        """Nothing is wanted below the allowed depth, where spelling out a path would be slow."""
        return len(self.path) <= JSON_DEPTH and tuple(self.path) in self.wanted
