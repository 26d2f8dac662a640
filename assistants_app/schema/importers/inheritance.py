"""Shapes of an OpenAPI document that begin from another one: what stands for that one elsewhere.

OpenAPI 3, "Composition and Inheritance": a schema that names a `discriminator` may stand for every
schema whose `allOf` holds it, without listing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract.references import pointer, unescaped

if TYPE_CHECKING:
    from assistants_app.contract import Document

_SCHEMAS: Final = ("components", "schemas")
MOST: Final = 40
"""Kinds of one shape that are offered; of more only what they have in common is."""


class Kinds:
    """Which shapes of a document are kinds of which, and the values that tell them apart."""

    def __init__(self, root: Any) -> None:
        self._shapes = _shapes(root)
        self._above = {reference: _parents(shape) for reference, shape in self._shapes.items()}
        self._below: dict[str, list[str]] = {}
        for reference, parents in self._above.items():
            for parent in parents:
                self._below.setdefault(parent, []).append(reference)
        self._known: dict[str, list[str]] = {}

    def of(self, reference: str) -> list[str]:
        """The references of all kinds of a shape that has something to tell them apart by."""
        if reference not in self._known:
            has_kinds = teller(self._shapes.get(reference)) is not None
            found = _reached(reference, self._below) if has_kinds else {}
            self._known[reference] = [one for one in self._shapes if one in found] if found else []
        return self._known[reference]

    def told(self, reference: str) -> dict[str, list[str]]:
        """Input → the values that lead to this shape, by the shapes that it begins from."""
        found = {}
        name = unescaped(reference.rpartition("/")[2])
        for above in _reached(reference, self._above, most=MOST):
            if told := teller(self._shapes.get(above)):
                own, mapping = told
                values = [key for key, to in mapping.items() if to in (reference, name)]
                found[own] = values or [name]
        return found


def _reached(start: str, ways: dict[str, list[str]], most: int | None = None) -> dict[str, None]:
    """What can be reached from there, the nearest first, itself left out."""
    found: dict[str, None] = {}
    waiting = [*ways.get(start, ())]
    for one in waiting:  # which grows on the way
        if one != start and one not in found:
            found[one] = None
            waiting += ways.get(one, ())
        if len(found) == most:
            break
    return found


def teller(shape: Any) -> tuple[str, Document] | None:
    """The input that tells the kinds of a shape apart, and its mapping; None where it lists them
    itself.
    """
    if not isinstance(shape, dict) or {"oneOf", "anyOf"} & shape.keys():
        return None
    held = shape.get("discriminator")
    name = held.get("propertyName") if isinstance(held, dict) else None
    mapping = held.get("mapping") if isinstance(held, dict) else None
    return (name, mapping if isinstance(mapping, dict) else {}) if isinstance(name, str) else None


def told_by(made: Document, name: str, values: list[str]) -> Document:
    """The same shape, with the values of the input that tells it from its like."""
    properties = made.get("properties")
    held = properties.get(name) if isinstance(properties, dict) else None
    if not isinstance(held, dict) or held.keys() & {"enum", "const", "$ref"}:
        return made
    return {**made, "properties": {**made["properties"], name: {**held, "enum": values}}}


def told_apart(branches: list[Any], mapping: Document) -> list[list[str]]:
    """For each branch the values that lead to it: those of the mapping, else the shape's name."""
    listed = []
    for branch in branches:
        reference = branch.get("$ref") if isinstance(branch, dict) else None
        name = unescaped(str(reference or "").rpartition("/")[2])
        named = [key for key, to in mapping.items() if reference and to in (reference, name)]
        listed.append(named or [name] * bool(name))
    return listed


def _shapes(root: Any) -> Document:
    held = root
    for step in _SCHEMAS:
        held = held.get(step) if isinstance(held, dict) else None
    named = held.items() if isinstance(held, dict) else ()
    return {pointer((*_SCHEMAS, name)): shape for name, shape in named}


def _parents(shape: Any) -> list[str]:
    parts = shape.get("allOf") if isinstance(shape, dict) else None
    listed = parts if isinstance(parts, list) else []
    held = [part.get("$ref") for part in listed if isinstance(part, dict)]
    return [one for one in held if isinstance(one, str)]
