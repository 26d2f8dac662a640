"""Problem: what is wrong or doubtful in a document, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Path: TypeAlias = tuple[str | int, ...]
Level: TypeAlias = Literal["error", "warning", "hint"]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_KEY_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of the contract.

    `path` holds keys and indices from the document's root, () for the whole document. `level`
    error blocks review and is a 400 at `/v1`; warning and hint never block. `code` is a word of
    contract.md sections 6 and 11. `message` is in the API's own words; `contract.plain` gives the
    words people read. `data` holds what both sentences are made of (`kind`, `n`, `max`, …), safe to
    show and to encode: found values are cut to 60 characters and carry no control characters.
    """

    path: Path
    level: Level
    code: str
    message: str
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def param(self) -> str:
        """The path in OpenAI's spelling: `tools[0].function.name`, `metadata['a.b']`."""
        return param(self.path)


def param(path: Path) -> str:
    """Spell a path as the API does; keys outside `[A-Za-z0-9_-]+` are quoted and escaped."""
    return "".join(_step(part) for part in path).removeprefix(".")


def shown(text: str, limit: int = 60) -> str:
    """At most `limit` characters of a found text, control characters and half pairs escaped."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", cut)


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if _PLAIN_KEY.match(part) and len(part) <= _KEY_CHARACTERS:
        return "." + part
    quoted = part.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{shown(quoted, _KEY_CHARACTERS)}']"
