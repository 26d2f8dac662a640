"""`contract.normal`: the table of contract.md section 3."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given

from assistants_app import contract
from tests.contract import trees
from tests.contract.judged import document, function

UNSET: dict[str, list[Any]] = {
    "name": [None, ""],
    "description": [None, ""],
    "instructions": [None, ""],
    "tools": [None, []],
    "metadata": [None, {}, {"_dash": "x"}],
    "tool_resources": [
        None,
        {},
        {"code_interpreter": None},
        {"code_interpreter": {}, "file_search": {}},
        {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": None}},
    ],
    "temperature": [None, 1, 1.0, contract.parse("1e0"), 1.00000001],
    "top_p": [None, 1, 1.0],
    "response_format": [None, "auto"],
    "reasoning_effort": [None],
}


@pytest.mark.parametrize("field", UNSET)
def test_null_and_default_are_absent(field: str) -> None:
    for value in UNSET[field]:
        assert contract.normal(document(**{field: value})) == {"model": "gpt-5.2"}
        assert contract.same({}, {field: value}, field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("response_format", {"type": "text"}),
        ("temperature", 0),
        ("temperature", True),
        ("reasoning_effort", "medium"),
        ("tools", [None]),
        ("tools", [{}]),
        ("metadata", {"a": ""}),
        ("tool_resources", {"code_interpreter": {"file_ids": ["f"]}}),
    ],
)
def test_what_only_looks_like_a_default_is_not(field: str, value: Any) -> None:
    assert field in contract.normal({field: value})
    assert not contract.same({}, {field: value}, field)


def tool(left: Any, right: Any) -> bool:
    return contract.same({"tools": [left]}, {"tools": [right]}, "tools")


def search(options: Any) -> dict[str, Any]:
    return {"type": "file_search", "file_search": options}


@pytest.mark.parametrize(
    ("padded", "bare"),
    [
        (function(description=None, parameters=None, strict=None), function()),
        (function(strict=False), function()),
        ({"type": "code_interpreter", "x": None}, {"type": "code_interpreter"}),
        (search(None), {"type": "file_search"}),
        (search({}), {"type": "file_search"}),
        (search({"max_num_results": None, "ranking_options": None}), {"type": "file_search"}),
        (search({"ranking_options": {"score_threshold": 0}}), {"type": "file_search"}),
        (search({"ranking_options": {"score_threshold": 0.0, "ranker": "auto"}}), search({})),
        (search({"ranking_options": {"ranker": "auto"}}), search({})),
        (search({"ranking_options": {"ranker": None}}), search({})),
        (
            search({"ranking_options": {"score_threshold": 0.5, "ranker": "auto"}}),
            search({"ranking_options": {"score_threshold": 0.5}}),
        ),
        ({"type": "mcp", "mcp": {"a": None, "b": 1}}, {"mcp": {"b": 1}, "type": "mcp"}),
        (
            {"function": {"strict": None, "name": "f"}, "type": "function"},
            {"type": "function", "function": {"name": "f"}},
        ),
    ],
)
def test_padding_defaults_and_wrapper_order_are_ignored(padded: Any, bare: Any) -> None:
    assert tool(padded, bare)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (function(parameters={}), function()),
        (function(strict=True), function()),
        (function(parameters={"default": None}), function(parameters={})),
        (
            function(parameters={"properties": {"a": {"const": None}}}),
            function(parameters={"properties": {"a": {}}}),
        ),
        (function(parameters={"strict": False}), function(parameters={})),
        (search({"max_num_results": 20}), search({})),
        (search({"ranking_options": {"score_threshold": 0.1}}), search({})),
        (
            search({"ranking_options": {"score_threshold": 0, "ranker": "default_2024_08_21"}}),
            search({}),
        ),
        (search({"ranking_options": {"score_threshold": 0, "x": 1}}), search({})),
        ({"type": "mcp", "mcp": {"strict": False}}, {"type": "mcp", "mcp": {}}),
        ({"type": "mcp", "x": False}, {"type": "mcp"}),
        ({"type": "mcp", "x": True}, {"type": "mcp", "x": 1}),
        ({"type": "function", "function": "f"}, {"type": "function"}),
        (search([]), search({})),
    ],
)
def test_data_is_not_padding(left: Any, right: Any) -> None:
    assert not tool(left, right)


def test_the_format_of_a_reply_is_normalised_too() -> None:
    def reply(**inner: Any) -> contract.Document:
        return {"response_format": {"type": "json_schema", "json_schema": {"name": "r", **inner}}}

    assert contract.same(
        reply(), reply(strict=False, description=None, schema=None), "response_format"
    )
    assert not contract.same(reply(), reply(strict=True), "response_format")
    assert not contract.same(reply(), reply(schema={}), "response_format")
    schema = {"default": None}
    assert not contract.same(reply(schema={}), reply(schema=schema), "response_format")
    odd = {"response_format": {"json_schema": 5, "type": "json_schema"}}
    assert contract.normal(odd) == odd


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        ("1", "1.0", True),
        ("1", "1e0", True),
        ("0.30", "0.3", True),
        ("-0", "0.0", True),
        ("1e23", "100000000000000000000000", True),
        ("9007199254740993", "9007199254740993.0", True),
        ("9007199254740992", "9007199254740993", False),
        ("1e-400", "0", True),
        ("1", "2", False),
        ("1", "true", False),
        ("0", "false", False),
        ("1", '"1"', False),
        ("0.3", "0.30000001192092896", False),
    ],
)
def test_numbers_are_compared_by_value(left: str, right: str, is_same: bool) -> None:
    docs = [
        {"tools": contract.parse(f'[{{"type":"x","parameters":{{"maximum":{text}}}}}]')}
        for text in (left, right)
    ]
    assert contract.same(docs[0], docs[1], "tools") is is_same


@pytest.mark.parametrize("field", ["temperature", "top_p"])
@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        (0.3, 0.30000001192092896, True),
        (0.7, 0.699999988079071, True),
        (0.3, 0.3001, False),
        (1.0, 0.99999999, True),
        (1e-50, 0, True),
        (1e300, 1e300, True),
        (1e300, 1e301, False),
        (2, 2.0, True),
    ],
)
def test_samplings_are_compared_as_32_bit_floats(
    field: str, left: float, right: float, is_same: bool
) -> None:
    assert contract.same({field: left}, {field: right}, field) is is_same


def test_a_threshold_is_compared_as_a_32_bit_float() -> None:
    options = [{"ranking_options": {"score_threshold": n}} for n in (0.3, 0.30000001192092896)]
    assert tool(search(options[0]), search(options[1]))


def test_fields_that_are_no_part_of_the_document_are_ignored() -> None:
    doc = {"model": "m", "id": "asst_1", "object": "assistant", "created_at": 1, "x": 2}
    assert contract.normal(doc) == {"model": "m"}


def test_a_draft_may_hold_what_is_no_number() -> None:
    assert contract.normal({"temperature": "x", "top_p": float("inf")})["temperature"] == "x"


@given(trees.DOCUMENTS | trees.ODD_DOCUMENTS)
def test_the_normal_form_of_a_normal_form_is_itself(doc: contract.Document) -> None:
    once = contract.normal(doc)
    assert contract.dumps(contract.normal(once)) == contract.dumps(once)


@given(trees.DOCUMENTS | trees.ODD_DOCUMENTS)
@example({"model": 0, "reasoning_effort": ""})
def test_a_document_equals_its_normal_form(doc: contract.Document) -> None:
    before = contract.dumps(doc)
    assert contract.compare(doc, contract.normal(doc)).verdict == "same"
    assert contract.dumps(doc) == before


@given(trees.DOCUMENTS)
def test_equal_normal_texts_mean_the_same(doc: contract.Document) -> None:
    shuffled = dict(reversed(doc.items()))
    assert contract.dumps(contract.normal(doc)) == contract.dumps(contract.normal(shuffled))
