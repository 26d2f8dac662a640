"""A sample call is judged in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from assistants_app import contract
from assistants_app.contract import samples


def told(schema: Any, sample: str) -> list[tuple[tuple[Any, ...], str]]:
    parsed = contract.parse(contract.dumps(schema))
    return [(one.path, one.said()) for one in samples.faults(parsed, contract.parse(sample))]


@pytest.mark.parametrize(
    ("schema", "sample", "said"),
    [
        ({"type": "string"}, "3", "Must be text."),
        ({"type": ["null", "integer"]}, "1.5", "Must be a whole number / nothing (null)."),
        ({"anyOf": [{"type": "array"}, {"type": "null"}]}, "1", "Must be a list / nothing (null)."),
        ({"anyOf": [{"type": "array"}, {"minimum": 2}]}, "1",
         "Fits none of the shapes that are allowed here."),
        ({"oneOf": [{}, {}]}, "1", "Fits several shapes, of which only one may be met."),
        ({"enum": ["a", 1, None]}, "3", "Must be one of: a, 1."),
        ({"enum": list(range(9))}, "10", "Must be one of: 0, 1, 2, 3, 4, 5, 6, 7, …."),
        ({"enum": [None]}, "3", "No value is allowed here yet."),
        ({"const": {"a": 1}}, "3", 'Must be {"a":1}.'),
        ({"required": ["a b"]}, "{}", "“a b” is missing."),
        ({"properties": {"a": {}}, "additionalProperties": False}, '{"x":1,"y":2}',
         "Nothing here is called “x”, “y”."),
        ({"minimum": 3}, "1", "Must be at least 3."),
        ({"exclusiveMaximum": 3}, "3", "Must be less than 3."),
        ({"multipleOf": 3}, "4", "Must be a multiple of 3."),
        ({"maxLength": 2}, '"abc"', "Must have at most 2 characters."),
        ({"minItems": 2}, "[1]", "Must have at least 2 entries."),
        ({"uniqueItems": True}, "[1,1]", "Has the same entry twice."),
        ({"pattern": "^a{2}$"}, '"b"', "Does not match the pattern ^a{2}$."),
        (False, "1", "Nothing may stand here."),
        ({"not": {}}, "1", "{} is not allowed for 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_plain_words(schema: Any, sample: str, said: str) -> None:
    assert told(schema, sample) == [((), said)]


def test_a_fault_knows_its_place_and_what_fits_has_none() -> None:
    schema = {"properties": {"a": {"items": {"type": "boolean"}}}}
    assert told(schema, '{"a":[true,1]}') == [(("a", 1), "Must be true or false.")]
    assert told(schema, '{"a":[true]}') == []


def test_a_schema_that_is_none_cannot_be_tried() -> None:
    with pytest.raises(samples.Untried):
        samples.faults({"type": "strin"}, 1)
