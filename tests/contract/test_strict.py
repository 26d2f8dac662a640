"""`contract.check`: the rules of strict structured outputs (contract.md section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from assistants_app import contract
from tests.contract.judged import document, function

FORMAT = "response_format.json_schema.schema"
PARAMETERS = "tools[0].function.parameters"
STRING = {"type": "string"}


def group(required: Any = None, /, **properties: Any) -> dict[str, Any]:
    """An object schema as strict wants it."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


def as_format(schema: Any, *, strict: Any = True, **fields: Any) -> contract.Document:
    inner = {"name": "r", "strict": strict, "schema": schema}
    return document(response_format={"type": "json_schema", "json_schema": inner}, **fields)


def as_function(schema: Any, *, strict: Any = True) -> contract.Document:
    return document(tools=[function(strict=strict, parameters=schema)])


def judged(doc: contract.Document, level: str = "error", op: str = "create") -> list[str]:
    """The params of one level below the strict schema's place, without that place."""
    return [
        one.param.removeprefix(FORMAT).removeprefix(PARAMETERS)
        for one in contract.check(doc, op)
        if one.level == level and one.code.startswith("invalid_")
    ]


def faults(schema: Any, level: str = "error") -> list[tuple[str, str]]:
    """(param, plain words) of a strict reply format, which a function must get as well."""
    both = []
    for doc, start, code in (
        (as_format(schema), FORMAT, "invalid_json_schema"),
        (as_function(schema), PARAMETERS, "invalid_function_parameters"),
    ):
        found = [one for one in contract.check(doc, "create") if one.code == code]
        both.append(
            [
                (one.param.removeprefix(start), contract.plain(one))
                for one in found
                if one.level == level
            ]
        )
    assert both[0] == both[1]
    return both[0]


ACCEPTED: dict[str, Any] = {
    "nothing": group(),
    "no properties at all": {"type": "object", "additionalProperties": False},
    "every type": group(
        a=STRING,
        b={"type": "number"},
        c={"type": "integer"},
        d={"type": "boolean"},
        e={"type": "null"},
        f=group(),
        g={"type": "array", "items": STRING},
    ),
    "optional": group(a={"type": ["string", "null"]}, b={"anyOf": [STRING, {"type": "null"}]}),
    "values": group(a={"enum": ["x", 1, None]}, b={"const": 5}, c={"type": "string", "const": "x"}),
    "words": {**group(a={**STRING, "title": "A", "description": "…"}), "title": "T"},
    "texts": group(a={**STRING, "pattern": "^a", "format": "date-time"}),
    "numbers": group(
        a={"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.5},
        b={"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
    ),
    "lists": group(a={"type": "array", "items": STRING, "minItems": 1, "maxItems": 2}),
    "required in another order": group(["b", "a"], a=STRING, b=STRING),
    "definitions": {
        **group(a={"$ref": "#/$defs/x"}, b={"$ref": "#/definitions/y"}),
        "$defs": {"x": group(a=STRING)},
        "definitions": {"y": STRING},
    },
    "recursion": group(children={"type": "array", "items": {"$ref": "#"}}),
    "a circle of references": {
        **group(a={"$ref": "#/$defs/x"}),
        "$defs": {"x": {"anyOf": [{"$ref": "#/$defs/y"}, STRING]}, "y": {"$ref": "#/$defs/x"}},
    },
    "a root that refers to an object": {"$ref": "#/$defs/x", "$defs": {"x": group(a=STRING)}},
    "a root that refers on": {
        "$ref": "#/$defs/x",
        "$defs": {"x": {"$ref": "#/$defs/y"}, "y": group()},
    },
    "a choice": group(a={"anyOf": [group(x=STRING), group(y=STRING), STRING, {"type": "null"}]}),
    "odd names": group(**{"": STRING, "$ref": STRING, "default": STRING, "a/b~c%d": STRING}),
    "references to odd names": {
        **group(a={"$ref": "#/$defs/a~1b~0c%25%20d"}, b={"$ref": "#/$defs/"}),
        "$defs": {"a/b~c% d": STRING, "": STRING},
    },
    "references into lists": group(
        a={"anyOf": [STRING, group(b=STRING)]}, c={"$ref": "#/properties/a/anyOf/1"}
    ),
    "data that looks like a schema": group(a={"enum": [{"type": "object", "default": 1}]}),
}


@pytest.mark.parametrize("schema", ACCEPTED.values(), ids=list(ACCEPTED))
def test_what_strict_allows_is_accepted(schema: Any) -> None:
    for level in ("error", "warning", "hint"):
        assert faults(schema, level) == []


NEEDS_CLOSED = "Following exactly needs this switched on."
NEEDS_TYPE = "Strict needs a type here."
ROOT = "The outermost type must be object."
OUTSIDE = "Must point inside this document."
LOOSE = "Points to nothing in this document."
TYPES = "Must be one of: string, number, integer, boolean, object, array, null."
FORMATS = "Must be one of: date-time, time, date, duration, email, hostname, ipv4, ipv6, uuid."
ITEMS = 'A list must say of what: add "items".'


def missing(*names: str) -> str:
    listed = ", ".join(names)
    return f"Following exactly needs every name; each can still be left empty. Missing: {listed}."


REFUSED: list[tuple[Any, list[tuple[str, str]]]] = [
    # Rule 1
    ({}, [(".type", ROOT)]),
    (STRING, [(".type", ROOT)]),
    ({"type": ["object", "null"], "additionalProperties": False}, [(".type", ROOT)]),
    ({"anyOf": [group(a=STRING), group(b=STRING)]}, [(".anyOf", ROOT)]),
    ({**group(), "anyOf": [group(a=STRING)]}, [(".anyOf", ROOT)]),
    ({"type": "array", "items": STRING, "anyOf": [STRING]}, [(".type", ROOT), (".anyOf", ROOT)]),
    ({"$ref": "#/$defs/x", "$defs": {"x": STRING}}, [("['$ref']", ROOT)]),
    ({"$ref": "#/$defs/x", "$defs": {"x": {"enum": [1]}}}, [("['$ref']", ROOT)]),
    ({"$ref": "#"}, [("['$ref']", ROOT)]),
    ({"$ref": "#/$defs/x"}, [("['$ref']", LOOSE)]),
    ({"$ref": "http://x"}, [("['$ref']", OUTSIDE)]),
    # Rule 2
    (
        {"type": "object", "properties": {"a": STRING, "b": STRING}},
        [(".additionalProperties", NEEDS_CLOSED), (".required", missing("a", "b"))],
    ),
    ({**group(), "additionalProperties": True}, [(".additionalProperties", NEEDS_CLOSED)]),
    ({**group(), "additionalProperties": STRING}, [(".additionalProperties", NEEDS_CLOSED)]),
    ({**group(), "additionalProperties": 0}, [(".additionalProperties", NEEDS_CLOSED)]),
    (group(["b"], a=STRING, b=STRING), [(".required", missing("a"))]),
    (
        group([], **dict.fromkeys("abcdefghijkl", STRING)),
        [(".required", missing(*"abcdefghij", "…"))],
    ),
    (
        group(["a", "x", "y"], a=STRING),
        [
            (".required[1]", '"x" is required but does not exist.'),
            (".required[2]", '"y" is required but does not exist.'),
        ],
    ),
    (
        group(a={"type": ["object", "null"], "properties": {"b": STRING}, "required": ["b"]}),
        [(".properties.a.additionalProperties", NEEDS_CLOSED)],
    ),
    (
        group(a={"properties": {}}),
        [
            (".properties.a", NEEDS_TYPE),
            (".properties.a.additionalProperties", NEEDS_CLOSED),
        ],
    ),
    # Rule 3
    (group(a={}), [(".properties.a", NEEDS_TYPE)]),
    (group(a={"description": "d", "minimum": 1}), [(".properties.a", NEEDS_TYPE)]),
    (group(a=True), [(".properties.a", NEEDS_TYPE)]),
    (group(a={"type": "array", "items": False}), [(".properties.a.items", NEEDS_TYPE)]),
    (group(a={"anyOf": [STRING, True]}), [(".properties.a.anyOf[1]", NEEDS_TYPE)]),
    (group(a={"type": "strng"}), [(".properties.a.type", TYPES)]),
    (group(a={"type": ["null", "text"]}), [(".properties.a.type[1]", TYPES)]),
    (group(a={"type": "array"}), [(".properties.a", ITEMS)]),
    (group(a={"type": ["null", "array"]}), [(".properties.a", ITEMS)]),
    # Rule 4
    (group(a={**STRING, "format": "uri"}), [(".properties.a.format", FORMATS)]),
    # Rule 6
    (
        group(a={"$ref": "#", "description": "d", "title": "t"}),
        [(".properties.a['$ref']", 'Nothing may stand beside "$ref": description, title.')],
    ),
    (group(a={"$ref": "other.json"}), [(".properties.a['$ref']", OUTSIDE)]),
    (group(a={"$ref": "#/$defs/x"}), [(".properties.a['$ref']", LOOSE)]),
    (group(a={"$ref": "#name"}), [(".properties.a['$ref']", LOOSE)]),
    (group(a={"$ref": "#/required/0"}), [(".properties.a['$ref']", LOOSE)]),
    (group(a={"$ref": "#/required/x"}), [(".properties.a['$ref']", LOOSE)]),
    (group(a={"$ref": "#/required/" + "9" * 5000}), [(".properties.a['$ref']", LOOSE)]),
    (group(a={"$ref": "#/type/x"}), [(".properties.a['$ref']", LOOSE)]),
]


@pytest.mark.parametrize(("schema", "said"), REFUSED)
def test_what_strict_does_not_allow_is_an_error_at_its_place(
    schema: Any, said: list[tuple[str, str]]
) -> None:
    assert faults(schema) == said


KEYWORDS = {
    "default": 1,
    "allOf": [STRING],
    "oneOf": [STRING],
    "not": {},
    "if": {},
    "then": {},
    "else": {},
    "dependentRequired": {},
    "dependentSchemas": {},
    "dependencies": {},
    "patternProperties": {},
    "propertyNames": {},
    "minProperties": 1,
    "maxProperties": 1,
    "unevaluatedProperties": False,
    "unevaluatedItems": False,
    "uniqueItems": True,
    "contains": {},
    "minContains": 1,
    "maxContains": 1,
    "prefixItems": [STRING],
    "contentEncoding": "base64",
    "contentMediaType": "text/plain",
    "contentSchema": {},
    "$anchor": "a",
    "$dynamicAnchor": "b",
    "$dynamicRef": "#b",
    "$recursiveRef": "#",
    "$recursiveAnchor": True,
}


@pytest.mark.parametrize("key", KEYWORDS)
def test_a_refused_keyword_is_an_error_at_the_keyword(key: str) -> None:
    step = f"['{key}']" if key.startswith("$") else f".{key}"
    said = f'Strict does not know "{key}".'
    assert faults(group(a={**STRING, key: KEYWORDS[key]})) == [(f".properties.a{step}", said)]
    assert faults({**group(), key: KEYWORDS[key]}) == [(step, said)]


@pytest.mark.parametrize("key", ["minLength", "maxLength", "examples", "x-order", "discriminator"])
def test_a_keyword_that_nobody_lists_is_a_warning(key: str) -> None:
    schema = group(a={**STRING, key: 1 if key.endswith("Length") else []})
    assert faults(schema) == []
    assert faults(schema, "warning") == [
        (f".properties.a.{key}", f'Strict may not know "{key}".'),
    ]


@pytest.mark.parametrize("key", ["allOf", "oneOf", "anyOf"])
def test_the_parts_of_a_refused_choice_are_judged_too(key: str) -> None:
    params = [param for param, _ in faults(group(a={key: [{"type": "object"}]}))]
    assert f".properties.a.{key}[0].additionalProperties" in params


def test_what_only_a_reference_reaches_is_judged() -> None:
    schema = {
        **group(a={"$ref": "#/x-shapes/one"}, b={"$ref": "#/x-shapes/one"}),
        "x-shapes": {"one": {"type": "object", "properties": {"c": {"$ref": "#/x-shapes/two"}}}},
    }
    schema["x-shapes"]["two"] = {"type": "array"}
    assert [param for param, _ in faults(schema)] == [
        ".x-shapes.one.additionalProperties",
        ".x-shapes.one.required",
        ".x-shapes.two",
    ]


def test_choices_that_begin_with_the_same_name_are_a_warning() -> None:
    cats = {"$ref": "#/$defs/cat"}
    said = 'More than one choice begins with "kind"; the first names must differ.'
    for choices, count in (
        ([cats, group(kind=STRING)], 1),
        ([cats, cats, group(kind=STRING)], 1),
        ([group(breed=STRING, kind=STRING), cats], 0),
        ([group(), group(), STRING, STRING], 0),
        ([{"$ref": "#/$defs/loop"}, {"$ref": "#/$defs/loop"}], 0),
    ):
        schema = {
            **group(a={"anyOf": choices}),
            "$defs": {"cat": group(kind=STRING), "loop": {"$ref": "#/$defs/loop"}},
        }
        assert faults(schema) == []
        assert faults(schema, "warning") == [(".properties.a.anyOf", said)] * count


def test_all_faults_are_named_at_once_in_document_order() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "array", "uniqueItems": True, "items": {"type": "object"}},
            "b": {"$ref": "#/nowhere"},
        },
        "required": ["z", "a"],
        "$defs": {"c": {"default": None}},
    }
    assert [param for param, _ in faults(schema)] == [
        ".properties.a.uniqueItems",
        ".properties.a.items.additionalProperties",
        ".properties.b['$ref']",
        ".required",
        ".required[0]",
        "['$defs'].c",
        "['$defs'].c.default",
        ".additionalProperties",
    ]
