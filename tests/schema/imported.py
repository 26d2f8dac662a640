"""What the tests of the importers ask of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.errors import InvalidDocument
from assistants_app.schema import importers

if TYPE_CHECKING:
    from assistants_app.schema.importers import Function


def functions(text: str) -> list[Function]:
    return [offer.make() for offer in importers.read(text).offers]


def only(text: str) -> Function:
    (made,) = functions(text)
    return made


def parameters(text: str) -> Any:
    return only(text).tool["function"]["parameters"]


def properties(text: str) -> Any:
    return parameters(text)["properties"]


def kinds(made: Function) -> list[str]:
    """The kinds of its notes."""
    return [note.kind for note in made.notes]


def refused(text: str) -> str:
    """The sentence of the refusal."""
    with pytest.raises(importers.Refusal) as raised:
        importers.read(text)
    return str(raised.value)


def invalid(text: str) -> Any:
    """The first problem of a text that is refused by the contract."""
    with pytest.raises(InvalidDocument) as raised:
        importers.read(text)
    return raised.value.problems[0]
