"""`contract.check`: response_format (contract.md section 2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistants_app import contract
from tests.contract.judged import document, doubts, found, messages, sentences

INNER = "response_format.json_schema"


def with_json_schema(inner: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": inner}


@pytest.mark.parametrize(
    "value",
    [
        None,
        "auto",
        {"type": "text"},
        {"type": "text", "future": [1]},
        {"type": "json_object", "future": 1},
        with_json_schema({"name": "r"}),
        with_json_schema({"name": "r" * 64, "description": "d", "schema": {}, "strict": False}),
        with_json_schema({"name": "r", "description": None, "schema": None, "strict": None}),
        with_json_schema({"name": "r", "schema": {"type": "string"}, "future": 1}),
    ],
)
@pytest.mark.parametrize("op", ["create", "modify", "import", "serve"])
def test_what_the_api_knows_is_accepted(value: Any, op: str) -> None:
    assert doubts(document(response_format=value, instructions="Answer in JSON."), op) == []


@pytest.mark.parametrize(
    ("value", "param", "code", "sentence"),
    [
        (
            "json",
            "response_format",
            "invalid_value",
            "Must be one of: auto, text, json_object, json_schema.",
        ),
        (
            "",
            "response_format",
            "invalid_value",
            "Must be one of: auto, text, json_object, json_schema.",
        ),
        (
            "none",
            "response_format",
            "invalid_value",
            "Must be one of: auto, text, json_object, json_schema.",
        ),
        ({}, "response_format.type", "missing_required_parameter", "Required."),
        ({"type": None}, "response_format.type", "invalid_type", "Must be text."),
        (
            {"type": "grammar"},
            "response_format.type",
            "invalid_value",
            "Must be one of: text, json_object, json_schema.",
        ),
        ({"type": "json_schema"}, INNER, "missing_required_parameter", "Required."),
        (with_json_schema(None), INNER, "invalid_type", "Must be an object."),
        (with_json_schema([]), INNER, "invalid_type", "Must be an object."),
        (with_json_schema({}), f"{INNER}.name", "missing_required_parameter", "Required."),
        (with_json_schema({"name": ""}), f"{INNER}.name", "string_below_min_length", "Required."),
        (
            with_json_schema({"name": "a b"}),
            f"{INNER}.name",
            "invalid_value",
            "Only a-z, A-Z, 0-9, _ and - are allowed.",
        ),
        (
            with_json_schema({"name": "r" * 65}),
            f"{INNER}.name",
            "string_above_max_length",
            "65 characters; the limit is 64.",
        ),
        (
            with_json_schema({"name": "r", "description": 1}),
            f"{INNER}.description",
            "invalid_type",
            "Must be text.",
        ),
        (
            with_json_schema({"name": "r", "strict": 0}),
            f"{INNER}.strict",
            "invalid_type",
            "Must be true or false.",
        ),
        (
            with_json_schema({"name": "r", "schema": True}),
            f"{INNER}.schema",
            "invalid_type",
            "Must be an object.",
        ),
    ],
)
def test_what_the_api_refuses_is_named(value: Any, param: str, code: str, sentence: str) -> None:
    doc = document(response_format=value)
    assert found(doc) == [(param, code)]
    assert sentences(doc) == [sentence]


def test_a_flat_json_schema_is_refused_and_the_nested_form_offered() -> None:
    flat = {"type": "json_schema", "name": "r", "schema": {"type": "object"}}
    (problem,) = contract.check(document(response_format=flat), "create")
    inner = {"name": "r", "schema": {"type": "object"}}
    assert problem.data["nested"] == {"type": "json_schema", "json_schema": inner}


def test_a_profile_may_know_other_words() -> None:
    able = replace(contract.KEPT_HERE, format_words=("auto", "none"))
    assert contract.check(document(response_format="none"), "create", able) == []
    (problem,) = contract.check(document(response_format="x"), "create", able)
    assert problem.data["choices"] == ("auto", "none", "text", "json_object", "json_schema")


def test_the_api_lists_what_it_supports() -> None:
    assert messages(document(response_format="json")) == [
        "Invalid value: 'json'. "
        "Supported values are: 'auto', 'text', 'json_object', and 'json_schema'."
    ]
