"""Golden cases 27 to 45 of contract.md section 11: advice, strict, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from tests.contract.golden import advice, document, parsed
from tests.contract.judged import CONNECTED, found, function, messages

if TYPE_CHECKING:
    from collections.abc import Callable


def pairs(count: int) -> dict[str, str]:
    return {f"k{number}": "v" for number in range(count)}


def case_27() -> None:
    padded = function(description=None, parameters=None, strict=None)
    upstream = contract.read(document(tools=[padded]), CONNECTED)
    assert contract.compare(document(tools=[function()]), upstream.document).verdict == "same"
    assert contract.not_kept(document(tools=[function()]), upstream.document) == ()


def case_28() -> None:
    resources = {
        "code_interpreter": {"file_ids": ["f"] * 21},
        "file_search": {"vector_store_ids": ["a", "b"]},
    }
    assert found(document(tool_resources=resources)) == [
        ("tool_resources.code_interpreter.file_ids", "array_above_max_length"),
        ("tool_resources.file_search.vector_store_ids", "array_above_max_length"),
    ]


def case_29() -> None:
    doc = document(tool_resources={"file_search": {"vector_stores": [{"file_ids": ["f"]}]}})
    expected = [("tool_resources.file_search.vector_stores", "unsupported_parameter")]
    assert found(doc, "modify") == expected
    assert found(doc, "serve") == expected


def case_30() -> None:
    search = {
        "vector_store_ids": ["vs_1"],
        "vector_stores": [{"chunking_strategy": {"type": "auto"}}],
    }
    accepted = contract.accept(document(tool_resources={"file_search": search}), "create")
    kept = {"file_search": {"vector_store_ids": ["vs_1"]}}
    assert accepted.document["tool_resources"] == kept
    assert len(accepted.notes) == 1


def case_31() -> None:
    assert found(document(metadata=pairs(17))) == [("metadata", "object_above_max_properties")]
    assert found(document(metadata=pairs(16)), "create", CONNECTED) == [
        ("metadata", "metadata_full")
    ]
    metadata = {"k" * 65: "v", "long": "v" * 513, "three": 3}
    assert found(document(metadata=metadata)) == [
        ("metadata." + "k" * 65, "property_name_above_max_length"),
        ("metadata.long", "string_above_max_length"),
        ("metadata.three", "invalid_type"),
    ]


def case_32() -> None:
    doc = document(metadata={"_dash": "x"})
    assert found(doc) == [("metadata._dash", "metadata_reserved")]
    mine, theirs = document(metadata={"a": "b"}), document(metadata={"a": "b", "_dash": "y"})
    assert contract.compare(mine, theirs).verdict == "same"


def case_33() -> None:
    assert found(document(reasoning_effort="max")) == []
    assert found(document(reasoning_effort="ultra")) == [("reasoning_effort", "invalid_value")]
    (message,) = messages(document(reasoning_effort="ultra"))
    for effort in ("none", "minimal", "low", "medium", "high", "xhigh", "max"):
        assert f"'{effort}'" in message


def case_34() -> None:
    assert advice(document(reasoning_effort="low")) == [
        ("reasoning_effort", "model_effort", "warning")
    ]
    assert advice({"model": "gpt-5", "temperature": 0.2}) == [
        ("temperature", "model_sampling", "warning")
    ]
    assert advice({"model": "gpt-5.1", "reasoning_effort": "none", "temperature": 0.2}) == []


def case_35() -> None:
    assert found(document(response_format="json")) == [("response_format", "invalid_value")]
    assert found(document(response_format={"type": "json_schema"})) == [
        ("response_format.json_schema", "missing_required_parameter")
    ]


def case_36() -> None:
    asks = {"type": "json_object"}
    assert advice(document(response_format=asks, instructions="Answer briefly.")) == [
        ("instructions", "json_word_missing", "warning")
    ]
    assert advice(document(response_format=asks, instructions="Answer as JSON")) == []


def case_37() -> None:
    doc = {
        "model": "gpt-4-turbo",
        "response_format": {"type": "json_schema", "json_schema": {"name": "r", "schema": {}}},
    }
    assert advice(doc) == [("response_format", "model_format", "warning")]


def strict_format(schema: Any) -> contract.Document:
    inner = {"name": "r", "strict": True, "schema": schema}
    return document(response_format={"type": "json_schema", "json_schema": inner})


def strict_object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def case_38() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    here = "response_format.json_schema.schema"
    assert found(strict_format(schema)) == [
        (f"{here}.additionalProperties", "invalid_json_schema"),
        (f"{here}.required", "invalid_json_schema"),
    ]
    assert messages(strict_format(schema)) == [
        "Invalid schema for response_format 'r': In context=(), 'additionalProperties' is required "
        "to be supplied and to be false.",
        "Invalid schema for response_format 'r': In context=(), 'required' is required to be "
        "supplied and to be an array including every key in properties. Missing 'a'.",
    ]
    made = contract.make_strict(schema)
    assert made.schema == strict_object(a={"type": ["string", "null"]})
    assert advice(strict_format(made.schema)) == []


def case_39() -> None:
    schema = strict_object(r={"type": "array", "items": {"type": "string"}, "uniqueItems": True})
    doc = document(tools=[function(strict=True, parameters=schema)])
    param = "tools[0].function.parameters.properties.r.uniqueItems"
    assert found(doc) == [(param, "invalid_function_parameters")]


def case_40() -> None:
    def wide(count: int) -> Any:
        return strict_object(**{f"p{number}": {"type": "string"} for number in range(count)})

    def deep(levels: int) -> Any:
        return strict_object(a=deep(levels - 1) if levels > 1 else {"type": "string"})

    for schema, kind, level in (
        (wide(100), "properties", None),
        (wide(101), "properties", "warning"),
        (wide(5000), "properties", "warning"),
        (wide(5001), "properties", "error"),
        (deep(5), "depth", None),
        (deep(6), "depth", "warning"),
        (deep(10), "depth", "warning"),
        (deep(11), "depth", "error"),
    ):
        problems = contract.check(strict_format(schema), "create")
        about = {one.data["kind"]: one for one in problems if one.code == "invalid_json_schema"}
        assert (about[kind].level if kind in about else None) == level
        assert {one.level for one in about.values()} <= {level, "warning"}


def case_41() -> None:
    orders: tuple[dict[str, Any], ...] = ({"a": {}, "b": {}}, {"b": {}, "a": {}})
    before, after = (
        document(tools=[function(parameters={"type": "object", "properties": properties})])
        for properties in orders
    )
    assert contract.compare(before, after).verdict == "order-only"
    assert contract.fingerprint(before) != contract.fingerprint(after)
    assert contract.not_kept(before, after) == ()


def case_42() -> None:
    base = "one\ntwo\n"
    assert contract.form_text("one\r\ntwo\r\n", base) is base


def blamed(status: int, body: bytes) -> contract.Problem:
    return contract.blame(contract.upstream_error(status, {}, body), document())


def case_43() -> None:
    problem = blamed(422, b'{"detail":[{"loc":["body","model"],"msg":"Field required"}]}')
    assert (problem.param, problem.message) == ("model", "Field required")


def case_44() -> None:
    said = "Unsupported value: 'reasoning_effort' does not support 'medium' with this model."
    problem = blamed(400, contract.dumps({"error": {"message": said, "param": None}}).encode())
    assert (problem.param, problem.code) == ("reasoning_effort", "unsupported_value")
    assert problem.message == said


def case_45() -> None:
    for value, seconds in (("1795224724368", 1795224724), ("1795224187.0", 1795224187)):
        seen = contract.read(document(created_at=parsed(value)), CONNECTED)
        assert seen.created_at == seconds


CASES: dict[str, Callable[[], None]] = {
    name.removeprefix("case_"): test for name, test in list(globals().items()) if "case_" in name
}


@pytest.mark.parametrize("number", CASES)
def test_the_golden_case_holds(number: str) -> None:
    CASES[number]()
