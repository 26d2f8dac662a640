"""`contract.check`: JSON Schema in functions and reply formats (contract.md section 4, intro)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given

from assistants_app import contract
from assistants_app.contract.json_schema import subschemas
from tests.contract import trees
from tests.contract.judged import document, found, function, messages, sentences, with_parameters

HERE = "tools[0].function.parameters"


def with_schema(schema: Any) -> contract.Document:
    inner = {"name": "r", "schema": schema}
    return document(response_format={"type": "json_schema", "json_schema": inner})


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object"},
        {"properties": {"a": {"type": "string"}}},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}},
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"type": "object", "properties": {"$ref": {"type": "string"}, "type": {"const": "array"}}},
        {"type": "object", "properties": {"a": {"type": "array", "items": {}}}},
        {"type": "object", "properties": {"a": {"type": ["array", "null"], "items": True}}},
        {"type": "object", "x-order": [1, 2], "constructor": 1},
        {"type": "object", "default": {"$ref": "http://x"}, "enum": [{"type": "array"}]},
        {"type": "object", "properties": {"a": {"pattern": "((("}}},
        {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"},
        {"anyOf": [{"type": "object"}, {"type": "null"}]},
        {"type": "object", "additionalProperties": False, "items": [][:0] or {}},
    ],
)
def test_any_json_schema_object_is_accepted(schema: Any) -> None:
    assert contract.check(with_parameters(schema), "create") == []
    assert contract.check(with_schema(schema), "create") == []


def test_numbers_that_keep_their_spelling_are_numbers_to_the_metaschema() -> None:
    schema = contract.parse('{"properties":{"a":{"minimum":0.50,"maximum":1e3,"multipleOf":1.0}}}')
    assert contract.check(with_parameters(schema), "create") == []


def test_a_spelling_where_no_number_belongs_is_a_warning_like_any_other() -> None:
    doc = with_parameters(contract.parse('{"properties":{"a":-0,"b":1.0}}'))
    assert found(doc, level="warning") == [
        (f"{HERE}.properties.a", "invalid_function_parameters"),
        (f"{HERE}.properties.b", "invalid_function_parameters"),
    ]


@pytest.mark.parametrize(
    "kind", ["string", "array", "null", ["object"], ["object", "null"], 5, None]
)
def test_the_outermost_type_of_a_function_is_object(kind: Any) -> None:
    doc = with_parameters({"type": kind, "items": {}})
    assert found(doc) == [(f"{HERE}.type", "invalid_function_parameters")]
    assert sentences(doc) == ["The outermost type must be object."]
    assert found(with_schema({"type": kind, "items": {}})) == []


def test_the_api_says_which_type_it_got() -> None:
    assert messages(with_parameters({"type": ["object", "null"]})) == [
        f"Invalid schema at '{HERE}.type': expected 'type: \"object\"', "
        'but got \'type: ["object","null"]\' instead.'
    ]


@pytest.mark.parametrize(
    ("schema", "params"),
    [
        ({"properties": {"a": {"type": "strng"}}}, [".properties.a.type"]),
        (
            {"properties": {"a": 5, "b": {"minLength": -1}}},
            [".properties.a", ".properties.b.minLength"],
        ),
        ({"properties": []}, [".properties"]),
        ({"required": "a"}, [".required"]),
        ({"required": ["a", "a"]}, [".required"]),
        ({"$defs": {"x": {"items": [{}]}}}, [".$defs.x.items"]),
        ({"properties": {"a": {"minimum": "1", "maximum": 1.5}}}, [".properties.a.minimum"]),
        ({"anyOf": []}, [".anyOf"]),
    ],
)
def test_what_the_metaschema_refuses_is_a_warning_at_its_place(
    schema: Any, params: list[str]
) -> None:
    tail = [step.replace(".$defs", "['$defs']") for step in params]
    for doc, start, code in (
        (with_parameters(schema), HERE, "invalid_function_parameters"),
        (with_schema(schema), "response_format.json_schema.schema", "invalid_json_schema"),
    ):
        assert found(doc) == []
        assert found(doc, level="warning") == [(start + step, code) for step in tail]


def test_what_the_metaschema_says_does_not_repeat_the_value() -> None:
    doc = with_parameters({"properties": {"a": {"minLength": -15}, "b": {"required": ["x", "x"]}}})
    assert messages(doc, level="warning") == [
        f"Invalid schema: '{HERE}.properties.a.minLength' is less than the minimum of 0.",
        f"Invalid schema: '{HERE}.properties.b.required' has non-unique elements.",
    ]
    assert sentences(doc, level="warning") == [
        "JSON Schema does not allow this: it is less than the minimum of 0.",
        "JSON Schema does not allow this: it has non-unique elements.",
    ]


def test_the_place_is_exact_whatever_the_names() -> None:
    names = ["0", "007", "+1", "a/b", "c~d", "~1", "", "é", "9" * 30]
    doc = with_parameters({"properties": dict.fromkeys(names, 5), "anyOf": [{}, 5]})
    places = [one.path[4:] for one in contract.check(doc, "create")]
    assert places == [*(("properties", name) for name in names), ("anyOf", 1)]


@pytest.mark.parametrize(
    ("schema", "param"),
    [
        ({"$ref": "https://example.com/a.json"}, "['$ref']"),
        ({"properties": {"a": {"$ref": "other.json#/a"}}}, ".properties.a['$ref']"),
        ({"$defs": {"a": {"not": {"$ref": "urn:x"}}}}, "['$defs'].a.not['$ref']"),
        ({"anyOf": [{}, {"$ref": "/x"}]}, ".anyOf[1]['$ref']"),
    ],
)
def test_a_reference_out_of_the_document_is_a_warning_and_nothing_is_fetched(
    schema: Any, param: str
) -> None:
    doc = with_parameters(schema)
    assert found(doc) == []
    assert found(doc, level="warning") == [(HERE + param, "invalid_function_parameters")]
    assert sentences(doc, level="warning") == ["Must point inside this document."]


@pytest.mark.parametrize(
    ("schema", "param"),
    [
        ({"properties": {"a": {"type": "array"}}}, ".properties.a"),
        ({"properties": {"a": {"type": ["null", "array"]}}}, ".properties.a"),
        ({"additionalProperties": {"type": "array"}}, ".additionalProperties"),
        ({"dependentSchemas": {"x": {"type": "array"}}}, ".dependentSchemas.x"),
        ({"prefixItems": [{"type": "array", "prefixItems": [{}]}]}, ".prefixItems[0]"),
    ],
)
def test_a_list_that_does_not_say_of_what_is_a_warning(schema: Any, param: str) -> None:
    doc = with_parameters(schema)
    assert found(doc) == []
    assert found(doc, level="warning") == [(HERE + param, "invalid_function_parameters")]
    assert sentences(doc, level="warning") == ['A list must say of what: add "items".']


def test_a_schema_fits_into_one_mebibyte_of_compact_text() -> None:
    def sized(size: int) -> dict[str, Any]:
        return {"description": "x" * (size - len('{"description":""}'))}

    assert found(with_parameters(sized(1_048_576))) == []
    for doc, param in (
        (with_parameters(sized(1_048_577)), HERE),
        (with_schema(sized(1_048_577)), "response_format.json_schema.schema"),
    ):
        assert found(doc) == [(param, "too_large")]
        assert sentences(doc) == ["1,048,577 bytes; the limit is 1,048,576."]


def test_the_size_is_in_bytes() -> None:
    assert found(with_parameters({"description": "é" * 600_000})) == [(HERE, "too_large")]


def test_an_integer_beyond_2_to_the_53_is_kept_with_a_warning() -> None:
    doc = with_parameters(contract.parse('{"properties":{"n":{"maximum":9223372036854775807}}}'))
    assert found(doc) == []
    assert found(doc, level="warning") == [(f"{HERE}.properties.n.maximum", "big_integer")]
    assert '"maximum":9223372036854775807' in contract.canonical(doc)


def test_a_schema_with_a_broken_text_is_judged_by_that_alone() -> None:
    doc = document(
        tools=[
            function(name="a", parameters={"properties": {"\ud800": {"type": "strng"}}}),
            function(name="b", parameters={"type": "string"}),
        ]
    )
    assert found(doc) == [
        (r"tools[0].function.parameters.properties['\ud800']", "invalid_value"),
        ("tools[1].function.parameters.type", "invalid_function_parameters"),
    ]
    assert found(doc, level="warning") == []


def test_many_faults_in_a_large_schema_are_one_warning() -> None:
    schema = {"properties": {f"p{number}": 5 for number in range(30_000)}}
    start = time.process_time()
    assert found(with_parameters(schema), level="warning") == [
        (HERE, "invalid_function_parameters")
    ]
    assert sentences(with_parameters(schema), level="warning") == [
        "JSON Schema does not allow this: it holds something wrong."
    ]
    assert time.process_time() - start < 5
    small = {"properties": {f"p{number}": 5 for number in range(30)}}
    assert len(found(with_parameters(small), level="warning")) == 30


def test_a_large_schema_whose_numbers_keep_their_spelling_is_accepted() -> None:
    properties = {f"p{number}": {"minimum": contract.parse("0.50")} for number in range(8000)}
    assert contract.check(with_parameters({"properties": properties}), "create") == []


@given(trees.SCHEMAS)
def test_any_schema_is_judged(schema: Any) -> None:
    assert all(one.message for one in contract.check(with_parameters(schema), "create"))


def test_subschemas_are_found_where_schemas_stand_and_nowhere_else() -> None:
    schema = {
        "properties": {"a": {"items": {"not": {}}}, "b": True},
        "enum": [{"properties": {}}],
        "const": {"items": {}},
        "allOf": [{"if": {}}, 5],
        "$defs": [],
    }
    assert sorted(path for path, _ in subschemas(schema)) == sorted(
        [
            (),
            ("properties", "a"),
            ("properties", "a", "items"),
            ("properties", "a", "items", "not"),
            ("allOf", 0),
            ("allOf", 0, "if"),
        ],
    )
