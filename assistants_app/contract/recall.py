"""Stored texts parsed once: a large one that was read lately is not scanned again.

A request reads the same row several times, and the next request the same text. What is kept is no
tree, which somebody could alter, but its marshalled bytes: each reader gets a tree of its own.
"""

from __future__ import annotations

import marshal
from functools import lru_cache
from typing import Final

from assistants_app.contract.ordered_json import JSON, parse

_WORTH: Final = 16_384  # characters; below that a scan is as quick
_KEPT: Final = 16  # texts of at most 1 MiB each (limits.JSON_FIELD_BYTES)


def recall(text: str) -> JSON:
    """`parse(text)`, quickly where the same text was read lately. Raises as `parse` does."""
    if len(text) < _WORTH:
        return parse(text)
    held = _held(text)
    tree: JSON = parse(text) if held is None else marshal.loads(held)  # noqa: S302  # our own bytes
    return tree


@lru_cache(maxsize=_KEPT)
def _held(text: str) -> bytes | None:
    """None for a tree with numbers that keep a spelling: marshal refuses each subclass."""
    try:
        return marshal.dumps(parse(text))
    except ValueError:
        return None
