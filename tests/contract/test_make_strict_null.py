"""`contract.make_strict`, steps 5 and 6: what was optional, and defaults."""

from __future__ import annotations

from typing import Any

import pytest

from assistants_app import contract
from tests.contract.test_make_strict import EMPTY, field, left, made, optional, told
from tests.contract.test_strict import STRING, group

# Step 5


@pytest.mark.parametrize(
    ("part", "becomes"),
    [
        (STRING, {"type": ["string", "null"]}),
        ({"type": ["string", "number"]}, {"type": ["string", "number", "null"]}),
        (
            {"type": "string", "enum": ["x"]},
            {"type": ["string", "null"], "enum": ["x", None]},
        ),
        ({"enum": ["x", 0, False]}, {"enum": ["x", 0, False, None]}),
        ({"type": ["null"], "enum": ["x"]}, {"type": ["null"], "enum": ["x", None]}),
        ({"type": "string", "enum": [None]}, {"type": ["string", "null"], "enum": [None]}),
        (group(), {**group(), "type": ["object", "null"]}),
        ({"type": "array", "items": STRING}, {"type": ["array", "null"], "items": STRING}),
        ({"const": "x"}, {"anyOf": [{"const": "x"}, EMPTY]}),
        ({"type": "string", "const": "x"}, {"anyOf": [{"type": "string", "const": "x"}, EMPTY]}),
        ({"anyOf": [STRING], "title": "A"}, {"anyOf": [STRING, EMPTY], "title": "A"}),
        ({"oneOf": [STRING, STRING]}, {"anyOf": [STRING, STRING, EMPTY]}),
        (
            {"anyOf": [STRING], "enum": ["x"]},
            {"anyOf": [{"anyOf": [STRING], "enum": ["x"]}, EMPTY]},
        ),
        ({"$ref": "#/$defs/s"}, {"anyOf": [{"$ref": "#/$defs/s"}, EMPTY]}),
        ({"$ref": "#"}, {"anyOf": [{"$ref": "#"}, EMPTY]}),
        ({"$ref": "#/$defs/loop"}, {"anyOf": [{"$ref": "#/$defs/loop"}, EMPTY]}),
    ],
)
def test_an_optional_property_becomes_required_and_nullable(part: Any, becomes: Any) -> None:
    defs = {"s": STRING, "loop": {"anyOf": [{"$ref": "#/$defs/loop"}, STRING]}}
    assert optional(part, **{"$defs": defs}) == becomes
    assert field(part, **{"$defs": defs}) != becomes


@pytest.mark.parametrize(
    "part",
    [
        EMPTY,
        {"type": ["null", "string"]},
        {"type": ["string", "null"], "enum": ["x", None]},
        {"enum": [None]},
        {"const": None},
        {"anyOf": [STRING, {"enum": [None, 1]}]},
        {"anyOf": [STRING, {"$ref": "#/$defs/n"}]},
        {"$ref": "#/$defs/n"},
        {"$ref": "#/$defs/m"},
    ],
)
def test_what_null_fits_already_only_becomes_required(part: Any) -> None:
    schema = group([], a=part)
    schema["$defs"] = {"n": {"type": ["string", "null"]}, "m": {"$ref": "#/$defs/n"}}
    assert told(schema) == [("required", "Required now: a.")]
    assert made(schema)["properties"]["a"] == part


@pytest.mark.parametrize(
    "part",
    [{}, True, False, 5, {"type": 5}, {"enum": "x"}, {"anyOf": []}, {"$ref": 5}, {"$ref": "x"}],
)
def test_a_property_that_makes_no_sense_becomes_required(part: Any) -> None:
    schema = group([], a=part)
    result = contract.make_strict(schema)
    assert result.schema["required"] == ["a"]
    assert [one.param.startswith("properties.a") for one in result.left] == [True]
    assert made(schema)


def test_a_part_of_several_is_nullable_only_if_all_its_parts_are() -> None:
    nullable = {"type": ["string", "null"]}
    both, one = {"allOf": [nullable, nullable]}, {"allOf": [nullable, STRING]}
    assert optional(both) == both
    assert optional(one) == {"anyOf": [one, EMPTY]}


def test_required_lists_every_name_in_the_order_of_the_properties() -> None:
    schema = group(["c", "x", "a"], a=STRING, b=STRING, c=STRING)
    assert made(schema)["required"] == ["a", "b", "c"]
    assert told(schema)[-1] == ("required", "Required now: b.")
    for required in (["a", "x"], ["a", "a"], ["a", 5], "a", None):
        odd = {**group(a={"type": ["string", "null"]}), "required": required}
        assert made(odd)["required"] == ["a"]
        assert told(odd)[-1][0] == "required"
    bare = {key: value for key, value in group().items() if key != "required"}
    assert made(bare)["required"] == []
    assert told(bare) == [("required", "Holds each name that exists, once.")]


def test_references_to_an_optional_property_go_on_meaning_it_without_null() -> None:
    schema = group(["b", "c"], a=STRING, b={"$ref": "#/properties/a"}, c={"$ref": "#name"})
    schema["properties"]["d"] = {"$anchor": "name", "type": "number"}
    schema["$defs"] = {"e": {"$ref": "#other"}, "f": {"$dynamicAnchor": "other", "enum": [1]}}
    result = made(schema)
    assert result["properties"] == {
        "a": {"anyOf": [STRING, EMPTY]},
        "b": {"$ref": "#/properties/a/anyOf/0"},
        "c": {"$ref": "#/properties/d/anyOf/0"},
        "d": {"anyOf": [{"type": "number"}, EMPTY]},
    }
    assert result["$defs"] == {"e": {"$ref": "#/$defs/f"}, "f": {"enum": [1]}}


# Step 6


def test_an_empty_default_goes() -> None:
    part = {"type": ["string", "null"], "default": None}
    assert field(part) == {"type": ["string", "null"]}
    assert told(group(a=part)) == [("properties.a.default", "The empty default was removed.")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("red", 'Default: "red".'),
        (False, "Default: false."),
        ([1, {"a": None}], 'Default: [1,{"a":null}].'),
        (contract.parse("1.50"), "Default: 1.50."),
        ("{value}", 'Default: "{value}".'),
    ],
)
def test_any_other_default_becomes_a_sentence(value: Any, text: str) -> None:
    part = {"type": "string", "default": value}
    assert field(part) == {**STRING, "description": text}
    assert told(group(a=part)) == [
        ("properties.a.default", '"default" became a sentence of the description.')
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "Default: 1."),
        ("The colour", "The colour. Default: 1."),
        ("The colour.", "The colour. Default: 1."),
        ("Which? ", "Which?  Default: 1."),
        ("Now!", "Now! Default: 1."),
    ],
)
def test_a_sentence_follows_the_description(before: str, after: str) -> None:
    part = {"description": before, "type": "integer", "default": 1}
    assert contract.dumps(field(part)) == contract.dumps({"description": after, "type": "integer"})


def test_a_description_that_is_no_text_takes_no_sentence() -> None:
    part = {**STRING, "description": 5, "default": 1, "uniqueItems": True}
    assert field(part) == part
    assert [param for param, _ in left(group(a=part))] == [
        "properties.a.description",
        "properties.a.default",
        "properties.a.uniqueItems",
    ]
