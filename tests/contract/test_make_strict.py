"""`contract.make_strict`: the nine steps of contract.md section 4, one by one: the first four."""

from __future__ import annotations

from typing import Any

import pytest

from assistants_app import contract
from tests.contract.test_strict import STRING, group

EMPTY = {"type": "null"}


def made(schema: Any, **options: bool) -> Any:
    """The schema made strict; the one given is not altered, and a second time changes nothing."""
    before = contract.dumps(schema)
    result = contract.make_strict(schema, **options)
    assert contract.dumps(schema) == before
    again = contract.make_strict(result.schema, **options)
    assert contract.dumps(again.schema) == contract.dumps(result.schema)
    assert (again.changes, again.left) == ((), result.left)
    return result.schema


def told(schema: Any, **options: bool) -> list[tuple[str, str]]:
    """(param, plain words) of every change, in order."""
    changes = contract.make_strict(schema, **options).changes
    return [(contract.problems.param(one.path), one.what) for one in changes]


def left(schema: Any, **options: bool) -> list[tuple[str, str]]:
    """(param, plain words) of what needs a person."""
    return [
        (one.param, contract.plain(one)) for one in contract.make_strict(schema, **options).left
    ]


def field(part: Any, **others: Any) -> Any:
    """What the required property `a` becomes."""
    result = made({**group(a=part), **others})
    assert list(result["properties"]) == ["a"]
    return result["properties"]["a"]


def optional(part: Any, **others: Any) -> Any:
    """What the property `a` becomes when it was not required."""
    result = made({**group([], a=part), **others})
    assert result["required"] == ["a"]
    return result["properties"]["a"]


def test_the_smallest_example() -> None:
    schema = {"type": "object", "properties": {"a": STRING}}
    assert made(schema) == group(a={"type": ["string", "null"]})
    assert told(schema) == [
        ("additionalProperties", "Switched on."),
        ("properties.a", "May be left empty now."),
        ("required", "Required now: a."),
    ]
    assert left(schema) == []


def test_what_is_strict_stays_as_it_is() -> None:
    schema = {**group(["b", "a"], a=STRING, b={"$ref": "#/$defs/x"}), "$defs": {"x": group()}}
    assert contract.make_strict(schema) == contract.Strict(schema, (), ())


def test_key_order_and_the_spelling_of_numbers_stay() -> None:
    text = (
        '{"title":"T","properties":{"b":{"maximum":1e3,"type":"number","minimum":-0},'
        '"a":{"enum":[1.50,2],"x-extra":{"z":1.0}}},"type":"object","required":["a","b"]}'
    )
    result = contract.make_strict(contract.parse(text))
    assert contract.dumps(result.schema) == text[:-1] + ',"additionalProperties":false}'


def test_nothing_of_the_result_is_shared_with_what_was_given() -> None:
    schema = group(a={"enum": ["x"]}, b={"$ref": "#/$defs/e", "title": "B"})
    schema["$defs"] = {"e": {"enum": ["y"]}}
    result = made(schema)
    for part in (*result["properties"].values(), result["$defs"]["e"]):
        part["enum"].append("z")
    assert schema["properties"]["a"]["enum"] == ["x"]
    assert result["properties"]["b"]["enum"] == ["y", "z"]


# Step 1


def test_a_root_with_properties_gets_its_type() -> None:
    schema = {"properties": {"a": STRING}, "required": ["a"], "additionalProperties": False}
    assert contract.dumps(made(schema)) == contract.dumps({"type": "object", **schema})
    assert told(schema) == [("type", 'The type "object" was added.')]
    assert field({"properties": {}, "additionalProperties": False}) == group()


@pytest.mark.parametrize(
    "root",
    [
        {"type": "array", "items": STRING},
        {"anyOf": [STRING, group()]},
        {"oneOf": [STRING, group()]},
        {"type": ["object", "null"], "additionalProperties": False, "required": []},
        {**group(), "anyOf": [group()]},
        {"$ref": "#/$defs/x"},
    ],
)
def test_any_other_root_is_wrapped_only_if_the_person_agrees(root: Any) -> None:
    schema = {**root, "$defs": {"x": STRING}}
    assert left(schema) != []
    result = made(schema, may_wrap=True)
    assert left(schema, may_wrap=True) == []
    assert list(result) == ["type", "properties", "required", "additionalProperties", "$defs"]
    assert (list(result["properties"]), result["required"]) == (["value"], ["value"])
    assert ("", 'Put into an object, under the name "value".') in told(schema, may_wrap=True)


def test_an_object_is_not_wrapped() -> None:
    assert made(group(a=STRING), may_wrap=True) == group(a=STRING)


def test_what_points_into_a_wrapped_root_follows_it() -> None:
    schema = {
        "type": "array",
        "items": {"anyOf": [STRING, {"$ref": "#"}, {"$ref": "#/$defs/x"}, {"$ref": "#/items"}]},
        "$defs": {"x": STRING},
    }
    result = made(schema, may_wrap=True)
    assert [part["$ref"] for part in result["properties"]["value"]["items"]["anyOf"][1:]] == [
        "#/properties/value",
        "#/$defs/x",
        "#/properties/value/items",
    ]
    assert ("items.anyOf[1]['$ref']", '"$ref" follows what it points to.') in told(
        schema, may_wrap=True
    )


# Steps 2 and 3


def test_every_object_is_found() -> None:
    bare = {"type": "object", "properties": {"x": STRING}, "required": ["x"]}
    schema = {
        **group(
            a={"type": "array", "items": bare},
            b={"anyOf": [bare, STRING]},
            c={"oneOf": [bare, STRING]},
            d={"allOf": [bare, bare]},
        ),
        "$defs": {"e": bare},
        "definitions": {"f": bare},
    }
    assert {param.rpartition(".")[0] for param, what in told(schema) if what == "Switched on."} == {
        "properties.a.items",
        "properties.b.anyOf[0]",
        "properties.c.oneOf[0]",
        "properties.d.allOf[0]",
        "properties.d.allOf[1]",
        "['$defs'].e",
        "definitions.f",
    }


def test_one_of_becomes_any_of_in_its_place() -> None:
    part = {"title": "A", "oneOf": [STRING, EMPTY], "description": "d"}
    assert contract.dumps(field(part)) == contract.dumps(
        {"title": "A", "anyOf": [STRING, EMPTY], "description": "d"}
    )
    assert told(group(a=part)) == [("properties.a.oneOf", '"oneOf" became "anyOf".')]


def test_both_choices_in_one_place_are_left() -> None:
    part = {"oneOf": [STRING], "anyOf": [STRING]}
    assert field(part) == part
    assert left(group(a=part)) == [("properties.a.oneOf", 'Strict does not know "oneOf".')]


def test_the_one_part_of_all_of_joins_its_parent() -> None:
    part = {
        "title": "A",
        "allOf": [{**group(x=STRING), "title": "B", "$defs": {"d": STRING}}],
        "properties": {"y": STRING},
        "required": ["y"],
        "$defs": {"e": STRING},
    }
    assert field(part) == {
        **group(x=STRING, y=STRING),
        "title": "A",
        "$defs": {"d": STRING, "e": STRING},
    }
    assert told(group(a=part)) == [
        ("properties.a.allOf", 'The one part of "allOf" was joined with what stood beside it.')
    ]
    assert field({"allOf": [{"allOf": [{"allOf": [STRING]}]}]}) == STRING
    assert field({"type": "string", "allOf": [{"type": "string", "minLength": 1}]}) == {
        "type": "string",
        "minLength": 1,
    }


@pytest.mark.parametrize(
    "part",
    [
        {"allOf": [STRING, {"type": "string", "minLength": 1}]},
        {"allOf": [{"type": "string"}], "type": ["string", "null"]},
        {"allOf": [group(x=STRING)], "properties": {"x": EMPTY}, "required": ["x"]},
        {"allOf": [True]},
        {"allOf": []},
        {"allOf": STRING},
    ],
)
def test_all_of_that_cannot_join_is_left(part: Any) -> None:
    schema = group(a=part)
    assert "allOf" in contract.make_strict(schema).schema["properties"]["a"]
    assert ("properties.a.allOf", 'Strict does not know "allOf".') in left(schema)


def test_what_points_into_a_joined_part_follows_it() -> None:
    schema = group(
        a={"allOf": [group(x=group())]},
        b={"$ref": "#/properties/a/allOf/0"},
        c={"$ref": "#/properties/a/allOf/0/properties/x"},
    )
    result = made(schema)
    assert result["properties"]["b"] == {"$ref": "#/properties/a"}
    assert result["properties"]["c"] == {"$ref": "#/properties/a/properties/x"}


# Step 4


def test_extra_names_are_ruled_out_where_nothing_else_is_said() -> None:
    bare = {"type": "object"}
    assert (
        field(bare)
        == field({**bare, "additionalProperties": True})
        == {
            "type": "object",
            "additionalProperties": False,
            "required": [],
        }
    )
    assert field({"type": ["object", "null"]})["additionalProperties"] is False


@pytest.mark.parametrize("value", [STRING, {}, 0, None])
def test_a_map_is_not_expressible(value: Any) -> None:
    schema = group(a={**group(), "additionalProperties": value})
    assert made(schema) == schema
    assert ("properties.a.additionalProperties") in [param for param, _ in left(schema)]


def test_a_change_is_a_value_and_can_be_translated() -> None:
    (first, *_) = contract.make_strict({"properties": {}}).changes
    assert first == contract.Change(("type",), "type")
    assert len({first, contract.Change(("type",), "type")}) == 1
    required = contract.Change(("required",), "required", {"names": ("a", "b")})
    german = {"Required now: {names}.": "Jetzt nötig: {names}."}
    assert required.said(lambda text: german[text]) == "Jetzt nötig: a, b."
