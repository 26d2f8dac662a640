"""`contract.make_strict`, steps 7 to 9: references, refused keywords, and what needs a person."""

from __future__ import annotations

import time
from typing import Any

import pytest

from assistants_app import contract
from assistants_app.contract.strict_words import DESCRIPTIONS
from tests.contract.test_make_strict import EMPTY, field, left, made, optional, told
from tests.contract.test_strict import KEYWORDS, STRING, as_format, group, judged

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
