"""`contract.check`: when strict applies, what the API would say, and what is named only once."""

from __future__ import annotations

from typing import Any

import pytest

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from tests.contract.judged import document, function
from tests.contract.test_strict import (
    FORMAT,
    NEEDS_CLOSED,
    OUTSIDE,
    PARAMETERS,
    STRING,
    as_format,
    as_function,
    faults,
    group,
    judged,
)

API: list[tuple[Any, str]] = [
    (
        group(a={"type": "object"}),
        "In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to "
        "be false.",
    ),
    (
        group([], a=STRING, b=STRING),
        "In context=(), 'required' is required to be supplied and to be an array including every "
        "key in properties. Missing 'a'.",
    ),
    (
        group(["a"]),
        "In context=(), 'required' is required to be supplied and to be an array including every "
        "key in properties. Extra required key 'a' supplied.",
    ),
    (
        group(a={"anyOf": [STRING, {**STRING, "default": 1}]}),
        "In context=('properties', 'a', 'anyOf', '1'), 'default' is not permitted.",
    ),
    (
        group(a={"$ref": "#", "title": "t", "description": "d"}),
        "In context=('properties', 'a'), $ref cannot have keywords {'title', 'description'}.",
    ),
    (group(a={}), "In context=('properties', 'a'), schema must have a 'type' key."),
    (
        group(a={**STRING, "format": "uri"}),
        "In context=('properties', 'a'), 'uri' is not a valid format.",
    ),
    (group(a={"type": "array"}), "In context=('properties', 'a'), array schema missing items."),
    (
        {"anyOf": [STRING]},
        "schema must have type 'object' and not have 'anyOf' at the top level.",
    ),
]


@pytest.mark.parametrize(("schema", "said"), API)
def test_the_api_s_words_name_owner_and_context(schema: Any, said: str) -> None:
    for doc, owner in (
        (as_format(schema), "response_format 'r'"),
        (as_function(schema), "function 'f'"),
    ):
        assert f"Invalid schema for {owner}: {said}" in [
            one.message for one in contract.check(doc, "create") if one.level == "error"
        ]


def test_an_owner_without_a_name_is_named_by_its_kind() -> None:
    for name in (None, "", 5):
        tool = {"type": "function", "function": {"strict": True, "parameters": {"anyOf": []}}}
        tool["function"] |= {"name": name} if name is not None else {}  # type: ignore[operator]
        found = contract.check(document(tools=[tool]), "create")
        assert any(one.message.startswith("Invalid schema for function: ") for one in found)


def test_the_outermost_type_is_said_in_the_api_s_way() -> None:
    (found,) = (one for one in contract.check(as_format({}), "create") if one.level == "error")
    assert found.message.endswith("expected 'type: \"object\"', but got 'type: \"None\"' instead.")


@pytest.mark.parametrize("strict", [False, None])
def test_what_is_not_strict_is_judged_as_any_schema(strict: Any) -> None:
    schema = {"type": "object", "properties": {"a": {"oneOf": [], "type": "array"}}}
    for doc in (as_format(schema, strict=strict), as_function(schema, strict=strict)):
        assert judged(doc) == []
        assert judged(doc, "warning") == [".properties.a", ".properties.a.oneOf"]
    absent = document(tools=[function(parameters=schema)])
    assert judged(absent) == []


@pytest.mark.parametrize("strict", ["true", 1])
def test_a_flag_of_the_wrong_type_makes_nothing_strict(strict: Any) -> None:
    assert judged(as_function({"type": "object"}, strict=strict)) == ["tools[0].function.strict"]


def test_strict_without_a_schema_is_a_warning() -> None:
    inner = {"name": "r", "strict": True}
    for doc, param in (
        (document(response_format={"type": "json_schema", "json_schema": inner}), FORMAT),
        (as_format(None), FORMAT),
        (document(tools=[function(strict=True)]), PARAMETERS),
        (as_function(None), PARAMETERS),
    ):
        found = [one for one in contract.check(doc, "create") if one.code.startswith("invalid_")]
        assert [(one.param, one.level) for one in found] == [(param, "warning")]
        assert contract.plain(found[0]) == "Strict has nothing to follow here."


@pytest.mark.parametrize("schema", [[], "x", 5, True])
def test_what_is_no_object_is_named_once(schema: Any) -> None:
    assert judged(as_function(schema)) == [""]
    assert judged(as_format(schema)) == [""]


@pytest.mark.parametrize(
    ("schema", "params"),
    [
        ({**group(), "properties": []}, [".properties"]),
        ({**group(), "required": "a"}, [".required"]),
        ({**group(a=STRING), "required": "a"}, [".required"]),
        (group(a={"type": 5}), [".properties.a.type"]),
        (group(a={"type": []}), [".properties.a.type"]),
        (group(a={"enum": "x"}), [".properties.a.enum"]),
        (group(a={"anyOf": {}}), [".properties.a.anyOf"]),
        (group(a={"$ref": 5}), [".properties.a['$ref']"]),
        (group(a={"type": "array", "items": [STRING]}), [".properties.a.items"]),
        (group(a={**STRING, "format": 5}), [".properties.a.format"]),
        (group(a=5, b=None), [".properties.a", ".properties.b"]),
        (group(["a", 5], a=STRING), [".required[1]"]),
        ({**group(), "$defs": [], "definitions": 5}, ["['$defs']", ".definitions"]),
        (group(a={"type": "strng"}), [".properties.a.type"]),
        (group(a={**STRING, "minLength": -(2**60)}), [".properties.a.minLength"]),
    ],
)
def test_what_is_no_json_schema_is_an_error_named_once(schema: Any, params: list[str]) -> None:
    assert judged(as_format(schema)) == params
    assert judged(as_function(schema)) == params


def test_a_broken_text_is_the_only_fault_of_its_schema() -> None:
    assert judged(as_function({"type": "string", "title": "\0"})) == [".title"]


def test_fine_tuned_models_are_known_to_refuse_more() -> None:
    limits = {"minLength": 1, "maxLength": 2, "pattern": "a", "format": "date"}
    numbers = {"minimum": 1, "maximum": 2, "multipleOf": 1}
    items = {"items": STRING, "minItems": 1, "maxItems": 2}
    schema = group(
        a={**STRING, **limits}, b={"type": "number", **numbers}, c={"type": "array", **items}
    )
    doc = as_format(schema, model="ft:gpt-4o:team::1")
    assert judged(doc) == []
    assert judged(doc, "warning") == [
        *(f".properties.a.{key}" for key in limits),
        *(f".properties.b.{key}" for key in numbers),
        *(f".properties.c.{key}" for key in ("minItems", "maxItems")),
    ]
    (said,) = {
        contract.plain(one)
        for one in contract.check(doc, "create")
        if one.path[-1:] == ("minItems",)
    }
    assert said == 'With fine-tuned models, strict does not know "minItems".'
    for model in ("gpt-4o", "sft:x", 5, None):
        assert judged(as_format(schema, model=model), "warning") == [
            ".properties.a.minLength",
            ".properties.a.maxLength",
        ]


def test_a_refused_keyword_stays_refused_with_a_fine_tuned_model() -> None:
    schema = {**group(), "patternProperties": {}}
    doc = as_format(schema, model="ft:x")
    assert (judged(doc), judged(doc, "warning")) == ([".patternProperties"], [])


def test_bad_input_58_and_60() -> None:
    """security.md section 10."""
    circle = {**group(a={"$ref": "#/$defs/a"}), "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}
    assert faults(circle) == []
    address = group(a={"$ref": "https://example.com/x"})
    assert faults(address) == [(".properties.a['$ref']", OUTSIDE)]
    for level, strict in (("warning", False), ("error", True)):
        doc = as_function(address, strict=strict)
        assert judged(doc, level) == [".properties.a['$ref']"]
    open_object = {key: value for key, value in group().items() if key != "additionalProperties"}
    assert faults(open_object) == [(".additionalProperties", NEEDS_CLOSED)]


@pytest.mark.parametrize("op", ["create", "modify", "import", "serve"])
def test_every_operation_asks_for_it(op: str) -> None:
    doc = as_function({"type": "object"})
    assert judged(doc, op=op) == [".additionalProperties"]


def test_our_own_v1_refuses_it() -> None:
    with pytest.raises(InvalidDocument) as refusal:
        contract.accept(as_function(group(a={"type": "object"})), "create")
    (problem,) = refusal.value.problems
    assert problem.param == f"{PARAMETERS}.properties.a.additionalProperties"
    assert contract.accept(as_function(group(a={**STRING, "minLength": 1})), "create")
