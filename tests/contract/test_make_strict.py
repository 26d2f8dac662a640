"""`contract.make_strict`: the nine steps of contract.md section 4, one by one."""

from __future__ import annotations

import time
from typing import Any

import pytest

from assistants_app import contract
from assistants_app.contract.strict_words import DESCRIPTIONS
from tests.contract.test_strict import KEYWORDS, STRING, as_format, group, judged

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
        ("additionalProperties", "additionalProperties: false was added."),
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
    assert {param.rpartition(".")[0] for param, what in told(schema) if "added" in what} == {
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
    assert told(bare) == [("required", "required lists each name that exists once.")]


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


# Step 7


def test_a_reference_with_siblings_is_replaced_by_what_it_points_to() -> None:
    target = {**group(x=STRING), "title": "T", "description": "theirs", "$defs": {"y": STRING}}
    part = {"description": "mine", "$ref": "#/$defs/t", "examples": []}
    schema = {**group(a=part), "$defs": {"t": target}}
    result = made(schema)
    assert contract.dumps(result["properties"]["a"]) == contract.dumps(
        {"description": "mine", **group(x=STRING), "title": "T", "examples": []}
    )
    assert result["$defs"] == {"t": target}
    assert told(schema) == [("properties.a['$ref']", 'What "$ref" points to was copied here.')]


def test_a_reference_without_siblings_stays() -> None:
    schema = {**group(a={"$ref": "#/$defs/t"}, b={"$ref": "#/$defs/t", "default": None})}
    schema["$defs"] = {"t": STRING}
    assert made(schema)["properties"]["b"] == {"$ref": "#/$defs/t"}
    assert [what for _, what in told(schema)] == ["The empty default was removed."]


def test_references_are_followed_on() -> None:
    defs = {"t": {"$ref": "#/$defs/u"}, "u": {"$ref": "#/$defs/v", "title": "U"}, "v": STRING}
    assert field({"$ref": "#/$defs/t", "description": "d"}, **{"$defs": defs}) == {
        **STRING,
        "title": "U",
        "description": "d",
    }


def test_names_beside_a_reference_are_added_to_those_it_brings() -> None:
    part = {"$ref": "#/$defs/t", "properties": {"y": STRING}, "required": ["y"]}
    assert field(part, **{"$defs": {"t": group(x=STRING)}}) == group(x=STRING, y=STRING)


def test_of_a_recursive_reference_only_the_description_stays() -> None:
    part = {"$ref": "#", "title": "t", "default": 1, "description": "d", "uniqueItems": False}
    schema = group(a=part, b={"$ref": "#", "title": "t"})
    result = made(schema)
    assert result["properties"] == {
        "a": {"anyOf": [{"$ref": "#"}], "description": "d. Default: 1."},
        "b": {"$ref": "#"},
    }
    dropped = 'Removed beside "$ref", which cannot be copied here: title.'
    assert told(schema) == [
        ("properties.a.default", '"default" became a sentence of the description.'),
        ("properties.a.uniqueItems", '"uniqueItems" was removed.'),
        ("properties.a", dropped),
        (
            "properties.a['$ref']",
            '"$ref" moved into "anyOf", so that the description may stay.',
        ),
        ("properties.b", dropped),
    ]
    assert optional(part) == {
        "anyOf": [{"$ref": "#"}, EMPTY],
        "description": "d. Default: 1.",
    }
    odd = {"$ref": "#", "description": 5}
    assert field(odd) == {"$ref": "#"}


def test_recursion_that_goes_through_others_ends() -> None:
    defs = {
        "x": group(y={"$ref": "#/$defs/y", "description": "of x"}),
        "y": group(x={"$ref": "#/$defs/x", "description": "of y"}),
    }
    result = made({**group(a={"$ref": "#/$defs/x", "title": "A"}), "$defs": defs})
    inmost = result["properties"]["a"]["properties"]["y"]["properties"]["x"]
    assert inmost == {"anyOf": [{"$ref": "#/$defs/x"}], "description": "of y"}


def test_the_root_is_never_a_reference() -> None:
    node = group(children={"type": "array", "items": {"$ref": "#/$defs/node"}})
    result = made({"$ref": "#/$defs/node", "$defs": {"node": node}})
    assert result == {**node, "$defs": {"node": node}}
    for loose in ({"$ref": "#"}, {"$ref": "#/$defs/x", "$defs": {"x": {"$ref": "#"}}}):
        assert left(made(loose)) != []


@pytest.mark.parametrize("ref", ["#/nowhere", "other.json", 5])
def test_a_reference_to_nothing_is_left(ref: Any) -> None:
    part = {"$ref": ref, "description": "d"}
    assert field(part) == part
    assert "properties.a['$ref']" in [param for param, _ in left(group(a=part))]


# Step 8


@pytest.mark.parametrize(
    "key", [key for key in KEYWORDS if key not in ("default", "allOf", "oneOf")]
)
def test_a_refused_keyword_becomes_a_sentence(key: str) -> None:
    result = field({**STRING, key: KEYWORDS[key]})
    assert key not in result
    is_silent = KEYWORDS[key] is False or key not in DESCRIPTIONS
    assert ("description" in result) == (not is_silent)
    assert left(group(a={**STRING, key: KEYWORDS[key]})) == []


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"uniqueItems": True}, "Items are unique."),
        ({"minProperties": 2, "maxProperties": 3}, "At least 2 properties. At most 3 properties."),
        ({"contentEncoding": "base64"}, "Content encoding: base64."),
        ({"format": "uri"}, "Format: uri."),
        ({"not": {"const": 1}}, 'Does not match {"const":1}.'),
        (
            {"if": {"const": 1}, "then": {}, "else": False},
            'Condition: {"const":1}. When the condition holds: {}. '
            "When the condition does not hold: false.",
        ),
    ],
)
def test_the_sentence_says_what_the_keyword_said(part: Any, text: str) -> None:
    assert field({**STRING, **part}) == {**STRING, "description": text}


def test_what_is_only_doubtful_stays() -> None:
    part = {**STRING, "minLength": 1, "x-order": 2, "format": "date", "pattern": "a"}
    assert field(part) == part
    assert field({**STRING, "format": 5}) == {**STRING, "format": 5}


# Step 9


def test_what_needs_a_person_is_listed() -> None:
    schema = group(
        a={"type": "array"}, b={}, c={"allOf": [STRING, STRING]}, d={**STRING, "minLength": "x"}
    )
    assert left(schema) == [
        ("properties.a", 'A list must say of what: add "items".'),
        ("properties.b", "Strict needs a type here."),
        ("properties.c.allOf", 'Strict does not know "allOf".'),
        (
            "properties.d.minLength",
            'JSON Schema does not allow this: it is not of type "integer".',
        ),
    ]
    assert judged(as_format(made(schema))) == [f".{param}" for param, _ in left(schema)]


@pytest.mark.parametrize("schema", [None, 5, "x", [], True])
def test_what_is_no_object_stays(schema: Any) -> None:
    assert made(schema) == schema
    assert left(schema) == [("", "Must be an object.")]


def test_what_cannot_be_read_stays() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"items": deep}
    broken = group(a={"title": "\0", "type": "object"})
    large = {"description": "x" * (1_048_577 - len('{"description":""}'))}
    for schema, said in (
        (deep, "Nested more than 64 levels."),
        (broken, "Contains a NUL character at position 1."),
        (large, "1,048,577 bytes; the limit is 1,048,576."),
    ):
        result = contract.make_strict(schema)
        assert result.schema is schema
        assert result.changes == ()
        assert [contract.plain(one) for one in result.left] == [said]


def test_a_result_that_became_too_deep_is_listed() -> None:
    schema: Any = STRING
    for _ in range(62):
        schema = {"items": schema, "type": "array"}
    schema["items"]["const"] = 1
    result = contract.make_strict({"type": "object", "properties": {"a": schema["items"]}})
    assert [contract.plain(one) for one in result.left] == ["Nested more than 64 levels."]
    again = contract.make_strict(result.schema)
    assert (again.schema, again.changes, again.left) == (result.schema, (), result.left)


def test_a_large_integer_is_no_hindrance() -> None:
    assert field({"type": "integer", "maximum": 2**63}) == {"type": "integer", "maximum": 2**63}


def doubling(levels: int) -> dict[str, Any]:
    """Definitions of which each takes the next in twice, with siblings."""
    defs: dict[str, Any] = {
        f"d{number}": group(
            a={"$ref": f"#/$defs/d{number + 1}", "title": "A"},
            b={"$ref": f"#/$defs/d{number + 1}", "title": "B"},
        )
        for number in range(levels)
    }
    return {
        **group(a={"$ref": "#/$defs/d0", "title": "A"}),
        "$defs": {**defs, f"d{levels}": STRING},
    }


def test_copies_stop_before_the_schema_is_too_deep_or_too_large() -> None:
    chain = {
        f"d{number}": group(a={"$ref": f"#/$defs/d{number + 1}", "description": "d"})
        for number in range(60)
    }
    deep = {**group(a={"$ref": "#/$defs/d0", "description": "d"}), "$defs": chain | {"d60": STRING}}
    wide = group(**{f"p{number}": {"$ref": "#/$defs/e", "title": "P"} for number in range(60)})
    wide["$defs"] = {"e": {"enum": [f"{number:06}" for number in range(4_000)]}}
    start = time.process_time()
    for schema in (doubling(10), doubling(40), deep, wide):
        result = contract.make_strict(schema)
        assert not [one for one in result.left if "stand beside" in contract.plain(one)]
        assert not [one for one in result.left if one.code == "invalid_json"]
        assert contract.dumps(contract.make_strict(result.schema).schema) == contract.dumps(
            result.schema
        )
    assert "cannot be copied" in "".join(what for _, what in told(wide))
    assert time.process_time() - start < 6


def test_whether_null_fits_is_found_out_quickly() -> None:
    defs: dict[str, Any] = {
        f"d{number}": {"anyOf": [{"$ref": f"#/$defs/d{number + 1}"}] * 2} for number in range(2_000)
    }
    schema = group([], **{f"p{number}": {"$ref": f"#/$defs/d{number}"} for number in range(2_000)})
    start = time.process_time()
    result = contract.make_strict({**schema, "$defs": defs | {"d2000": STRING}})
    assert result.left == ()
    assert time.process_time() - start < 4


def test_parts_that_become_alike_join_however_long_it_takes() -> None:
    early: dict[str, Any] = STRING
    late: dict[str, Any] = {**STRING, "default": None}
    for _ in range(12):
        early, late = group(x=early), {**group(x=early), "allOf": [group(x=late)]}
    assert made(group(a=late)) == group(a=early)


def test_properties_that_are_no_object_stay() -> None:
    schema = {"type": "object", "properties": [], "required": [], "additionalProperties": False}
    assert made(schema) == schema
    assert [param for param, _ in left(schema)] == ["properties"]


def test_a_change_is_a_value_and_can_be_translated() -> None:
    (first, *_) = contract.make_strict({"properties": {}}).changes
    assert first == contract.Change(("type",), "type")
    assert len({first, contract.Change(("type",), "type")}) == 1
    required = contract.Change(("required",), "required", {"names": ("a", "b")})
    german = {"Required now: {names}.": "Jetzt nötig: {names}."}
    assert required.said(lambda text: german[text]) == "Jetzt nötig: a, b."
