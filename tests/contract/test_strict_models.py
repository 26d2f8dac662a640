"""Strict structured outputs against the official SDK: what it makes of typed models is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openai.lib._pydantic import to_strict_json_schema

from assistants_app import contract
from tests.contract.test_strict import as_format, as_function, judged
from tests.contract.typed_models import MODELS, Discriminated, Rooted

if TYPE_CHECKING:
    from pydantic import BaseModel


def test_there_are_models_enough() -> None:
    assert len(MODELS) == len(set(MODELS)) >= 25


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_the_sdk_makes_of_a_model_is_accepted(model: type[BaseModel]) -> None:
    schema = to_strict_json_schema(model)
    assert judged(as_format(schema)) == []
    assert judged(as_function(schema)) == []
    made = contract.make_strict(schema)
    assert (made.schema, made.changes, made.left) == (schema, (), ())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_make_strict_makes_of_a_model_what_the_sdk_makes(model: type[BaseModel]) -> None:
    made = contract.make_strict(model.model_json_schema())
    assert made.schema == to_strict_json_schema(model)
    assert made.left == ()


def test_a_model_whose_choice_is_declared_needs_make_strict() -> None:
    """pydantic writes `oneOf` for it, the SDK leaves that, and servers answer "'oneOf' is not
    permitted"."""
    schema: dict[str, Any] = to_strict_json_schema(Discriminated)
    assert judged(as_format(schema)) == [".properties.pet.oneOf"]
    made = contract.make_strict(schema)
    assert [one.kind for one in made.changes] == ["any_of"]
    assert judged(as_format(made.schema)) == []


def test_a_model_that_is_a_list_needs_an_object_around_it() -> None:
    schema = to_strict_json_schema(Rooted)
    assert judged(as_format(schema)) == [".type"]
    assert [one.param for one in contract.make_strict(schema).left] == ["type"]
    assert contract.make_strict(schema, may_wrap=True).left == ()
