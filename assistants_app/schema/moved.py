"""References that lead through an input follow it to its new name or place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from assistants_app.contract.json_schema import subschemas
from assistants_app.contract.references import unescaped
from assistants_app.schema import pointers

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path


def follow(tree: Any, old: Path, new: Path) -> tuple[Any, list[Path]]:
    """The tree with every local `$ref` through `old` leading through `new`, and where they stand.

    What lies in a part with an `$id` of its own points into that part and is left alone.
    """
    if not isinstance(tree, dict):
        return tree, []
    found = list(subschemas(tree))
    owned = [path for path, part in found if path and isinstance(part.get("$id"), str)]
    places: list[Path] = []
    for path, part in found:
        if any(path[: len(own)] == own for own in owned):
            continue
        reference = _followed(part.get("$ref"), old, new)
        if reference is not None:
            tree = pointers.put(tree, (*path, "$ref"), reference)
            places.append(path)
    return tree, places


def _followed(reference: Any, old: Path, new: Path) -> str | None:
    """The reference as it reads now, the rest of it as it was spelled; None where it stays."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    parts = reference[1:].split("/")[1:]
    if "%2" in reference and unquote(reference).count("/") != len(parts):
        return None  # a slash that is written as %2F: too odd to touch
    steps = [unescaped(unquote(part)) for part in parts]
    if steps[: len(old)] != [str(step) for step in old]:
        return None
    start = pointers.spelled(new).replace("%", "%25").replace(" ", "%20")
    return "#" + "/".join([start, *parts[len(old) :]])
