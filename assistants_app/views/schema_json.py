"""Which lines of a JSON text are marked: those of the open row, and those that have faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_app import contract
from assistants_app.contract import json_places
from assistants_app.schema import pointers

if TYPE_CHECKING:
    from collections.abc import Collection

    from assistants_app.contract.problems import Path


def lines_of(text: str, tree: Any, path: Path | None) -> range:
    """The lines of one part in the text of the whole; none without a part."""
    if path is None:
        return range(0)
    places = json_places.find(text, {path})
    if path not in places.values:
        return range(0)
    first = int(json_places.line_and_column(text, places.values[path])["line"])
    return range(first, first + contract.dumps(pointers.at(tree, path), indent=2).count("\n") + 1)


def first_lines(text: str, paths: Collection[Path]) -> set[int]:
    """Where each of these parts begins, but for the whole."""
    offsets = json_places.find(text, paths).values.values()
    return {json_places.line_and_column(text, offset)["line"] for offset in offsets} - {1}
