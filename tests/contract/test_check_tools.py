"""`contract.check`: tools and tool_resources (contract.md section 2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistants_app import contract
from tests.contract.judged import CONNECTED, document, doubts, found, function, messages, sentences


def of(*tools: Any) -> contract.Document:
    return document(tools=list(tools))


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "code_interpreter"},
        {"type": "code_interpreter", "future": {"a": 1}},
        {"type": "file_search"},
        {"type": "file_search", "file_search": None},
        {"type": "file_search", "file_search": {}},
        {"type": "file_search", "file_search": {"max_num_results": 1, "other": []}},
        {"type": "file_search", "file_search": {"max_num_results": 50}},
        {"type": "file_search", "file_search": {"max_num_results": None, "ranking_options": None}},
        {"type": "file_search", "file_search": {"ranking_options": {"score_threshold": 0}}},
        {
            "type": "file_search",
            "file_search": {
                "ranking_options": {"score_threshold": 1.0, "ranker": "default_2024_08_21"}
            },
        },
        {
            "type": "file_search",
            "file_search": {"ranking_options": {"score_threshold": 0.5, "ranker": None}},
        },
        function(),
        function(name="a" * 64),
        function(name="get_Weather-2"),
        function(description="", parameters={}, strict=None),
        function(description=None, parameters=None, strict=False),
        function(
            strict=True, future=1, parameters={"type": "object", "additionalProperties": False}
        ),
    ],
)
def test_what_the_api_knows_is_accepted(tool: Any) -> None:
    assert doubts(of(tool)) == []


BAD: list[tuple[Any, str, str, str]] = [
    (1, "tools[0]", "invalid_type", "Must be an object."),
    ([], "tools[0]", "invalid_type", "Must be an object."),
    (None, "tools[0]", "invalid_type", "Must be an object."),
    ({}, "tools[0].type", "missing_required_parameter", "Required."),
    ({"type": ""}, "tools[0].type", "string_below_min_length", "Required."),
    ({"type": None}, "tools[0].type", "invalid_type", "Must be text."),
    ({"type": ["function"]}, "tools[0].type", "invalid_type", "Must be text."),
    ({"type": "function"}, "tools[0].function", "missing_required_parameter", "Required."),
    (
        {"type": "function", "function": None},
        "tools[0].function",
        "invalid_type",
        "Must be an object.",
    ),
    (
        {"type": "function", "function": {}},
        "tools[0].function.name",
        "missing_required_parameter",
        "Required.",
    ),
    (function(name=None), "tools[0].function.name", "invalid_type", "Must be text."),
    (function(name=""), "tools[0].function.name", "string_below_min_length", "Required."),
    (
        function(name="a" * 65),
        "tools[0].function.name",
        "string_above_max_length",
        "65 characters; the limit is 64.",
    ),
    *(
        (
            function(name=name),
            "tools[0].function.name",
            "invalid_value",
            "Only a-z, A-Z, 0-9, _ and - are allowed.",
        )
        for name in ("get weather", "ünï", "a.b", "name\n", "é", " ")
    ),
    (function(description=1), "tools[0].function.description", "invalid_type", "Must be text."),
    (function(strict="yes"), "tools[0].function.strict", "invalid_type", "Must be true or false."),
    (function(strict=1), "tools[0].function.strict", "invalid_type", "Must be true or false."),
    (function(parameters=[]), "tools[0].function.parameters", "invalid_type", "Must be an object."),
    (
        function(parameters="x"),
        "tools[0].function.parameters",
        "invalid_type",
        "Must be an object.",
    ),
    (
        {"type": "file_search", "file_search": 5},
        "tools[0].file_search",
        "invalid_type",
        "Must be an object.",
    ),
    *(
        (
            {"type": "file_search", "file_search": {"max_num_results": value}},
            "tools[0].file_search.max_num_results",
            code,
            sentence,
        )
        for value, code, sentence in (
            (51, "integer_above_max_value", "Must be between 1 and 50."),
            (0, "integer_below_min_value", "Must be between 1 and 50."),
            (20.0, "invalid_type", "Must be a whole number."),
            ("20", "invalid_type", "Must be a whole number."),
            (True, "invalid_type", "Must be a whole number."),
        )
    ),
    (
        {"type": "file_search", "file_search": {"ranking_options": []}},
        "tools[0].file_search.ranking_options",
        "invalid_type",
        "Must be an object.",
    ),
    *(
        (
            {"type": "file_search", "file_search": {"ranking_options": options}},
            f"tools[0].file_search.ranking_options.{key}",
            code,
            sentence,
        )
        for options, key, code, sentence in (
            ({}, "score_threshold", "missing_required_parameter", "Required."),
            ({"ranker": "auto"}, "score_threshold", "missing_required_parameter", "Required."),
            (
                {"score_threshold": 1.5},
                "score_threshold",
                "decimal_above_max_value",
                "Must be between 0 and 1.",
            ),
            ({"score_threshold": True}, "score_threshold", "invalid_type", "Must be a number."),
            ({"score_threshold": None}, "score_threshold", "invalid_type", "Must be a number."),
            (
                {"score_threshold": 0, "ranker": "best"},
                "ranker",
                "invalid_value",
                "Must be one of: auto, default_2024_08_21.",
            ),
        )
    ),
]


@pytest.mark.parametrize("op", ["create", "modify", "import", "serve"])
@pytest.mark.parametrize(("tool", "param", "code", "sentence"), BAD)
def test_what_the_api_refuses_is_named(
    tool: Any, param: str, code: str, sentence: str, op: str
) -> None:
    assert found(of(tool), op) == [(param, code)]
    assert sentences(of(tool), op) == [sentence]


def test_a_name_can_be_wrong_in_two_ways() -> None:
    assert [code for _, code in found(of(function(name="é" * 65)))] == [
        "string_above_max_length",
        "invalid_value",
    ]


def test_two_choices_are_listed_as_the_api_lists_them() -> None:
    tool = {
        "type": "file_search",
        "file_search": {"ranking_options": {"score_threshold": 0, "ranker": "best"}},
    }
    assert messages(of(tool)) == [
        "Invalid value: 'best'. Supported values are: 'auto' and 'default_2024_08_21'."
    ]


def test_there_are_at_most_128_tools() -> None:
    tools = [function(name=f"f{number}") for number in range(129)]
    assert found(document(tools=tools[:128])) == []
    assert found(document(tools=tools)) == [("tools", "array_above_max_length")]
    assert sentences(document(tools=tools)) == ["129 tools; the limit is 128."]
    assert messages(document(tools=tools)) == [
        "Invalid 'tools': array too long. Expected an array with maximum length 128, "
        "but got an array with length 129 instead."
    ]


def test_a_flat_function_is_refused_and_the_nested_form_offered() -> None:
    flat = {"type": "function", "name": "f", "parameters": {"a": 1}, "strict": True}
    (problem,) = contract.check(of(flat), "create")
    assert (problem.param, problem.code) == ("tools[0].function", "missing_required_parameter")
    nested = {"name": "f", "parameters": {"a": 1}, "strict": True}
    assert problem.data["nested"] == {"type": "function", "function": nested}
    (bare,) = contract.check(of({"type": "function"}), "create")
    assert "nested" not in bare.data


def test_two_functions_of_one_name_are_an_error() -> None:
    doc = of(function(name="f"), function(name="g"), function(name="f"), function(name="f"))
    assert found(doc) == [
        ("tools[2].function.name", "duplicate_function"),
        ("tools[3].function.name", "duplicate_function"),
    ]
    assert sentences(doc)[0] == '"f" appears more than once.'


@pytest.mark.parametrize("kind", ["code_interpreter", "file_search"])
def test_a_tool_that_is_on_or_off_stands_once(kind: str) -> None:
    doc = of({"type": kind}, function(), {"type": kind})
    assert found(doc) == [("tools[2]", "duplicate_tool")]
    assert sentences(doc) == [f'"{kind}" appears more than once.']


def test_an_unknown_tool_twice_is_a_warning() -> None:
    doc = of({"type": "mcp"}, {"type": "mcp"})
    assert found(doc) == []
    assert found(doc, level="warning") == [
        ("tools[0].type", "unknown_tool_type"),
        ("tools[1]", "duplicate_tool"),
        ("tools[1].type", "unknown_tool_type"),
    ]


@pytest.mark.parametrize("tool", [{"type": "function", "function": {"name": ["f"]}}, 5, {}])
def test_broken_tools_are_no_duplicates(tool: Any) -> None:
    assert not [code for _, code in found(of(tool, tool)) if code.startswith("duplicate")]


def test_unknown_tools_are_warned_about_by_profile_and_not_at_v1() -> None:
    doc = of({"type": "retrieval"}, {"type": "bing_grounding", "bing_grounding": {"a": 1}})
    assert found(doc, level="warning") == [
        ("tools[0].type", "unknown_tool_type"),
        ("tools[1].type", "unknown_tool_type"),
    ]
    assert sentences(doc, level="warning")[0] == 'Unknown kind of tool: "retrieval".'
    able = replace(CONNECTED, extra_tool_types=frozenset({"bing_grounding"}))
    assert found(doc, "create", able, "warning") == [("tools[0].type", "unknown_tool_type")]
    assert contract.check(doc, "serve") == []


def test_at_v1_duplicates_are_accepted_as_section_6_does_not_apply() -> None:
    doc = of(function(), function(), {"type": "file_search"}, {"type": "file_search"})
    assert contract.check(doc, "serve") == []


@pytest.mark.parametrize(
    "resources",
    [
        {},
        {"code_interpreter": None, "file_search": None},
        {"code_interpreter": {}, "file_search": {}},
        {"code_interpreter": {"file_ids": None}, "file_search": {"vector_store_ids": None}},
        {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}},
        {"code_interpreter": {"file_ids": ["f"] * 20, "other": 1, "vector_stores": [{}]}},
        {"file_search": {"vector_store_ids": ["vs_1"], "vector_stores": None}},
        {"azure_ai_search": {"indexes": [{"index_name": "x"}]}},
    ],
)
@pytest.mark.parametrize("op", ["create", "modify", "import", "serve"])
def test_resources_the_api_knows_are_accepted(resources: Any, op: str) -> None:
    assert doubts(document(tool_resources=resources), op) == []


CODE_FILES = "tool_resources.code_interpreter.file_ids"
STORES = "tool_resources.file_search.vector_store_ids"


@pytest.mark.parametrize(
    ("resources", "param", "code", "sentence"),
    [
        (
            {"code_interpreter": []},
            "tool_resources.code_interpreter",
            "invalid_type",
            "Must be an object.",
        ),
        ({"file_search": "x"}, "tool_resources.file_search", "invalid_type", "Must be an object."),
        ({"code_interpreter": {"file_ids": "f"}}, CODE_FILES, "invalid_type", "Must be a list."),
        (
            {"code_interpreter": {"file_ids": [1]}},
            f"{CODE_FILES}[0]",
            "invalid_type",
            "Must be text.",
        ),
        (
            {"code_interpreter": {"file_ids": ["f", ""]}},
            f"{CODE_FILES}[1]",
            "string_below_min_length",
            "Required.",
        ),
        (
            {"code_interpreter": {"file_ids": ["f"] * 21}},
            CODE_FILES,
            "array_above_max_length",
            "21 files; the limit is 20.",
        ),
        (
            {"file_search": {"vector_store_ids": ["a", "b"]}},
            STORES,
            "array_above_max_length",
            "2 collections; the limit is 1.",
        ),
        (
            {"file_search": {"vector_store_ids": [None]}},
            f"{STORES}[0]",
            "invalid_type",
            "Must be text.",
        ),
    ],
)
def test_resources_the_api_refuses_are_named(
    resources: Any, param: str, code: str, sentence: str
) -> None:
    doc = document(tool_resources=resources)
    assert found(doc) == [(param, code)]
    assert sentences(doc) == [sentence]


@pytest.mark.parametrize("op", ["create", "modify", "import"])
@pytest.mark.parametrize("stores", [[], [{}], [{"file_ids": ["f"]}], "x"])
def test_the_create_only_shortcut_is_never_part_of_a_document(op: str, stores: Any) -> None:
    for ids in ({}, {"vector_store_ids": ["vs_1"]}):
        doc = document(tool_resources={"file_search": {**ids, "vector_stores": stores}})
        param = "tool_resources.file_search.vector_stores"
        assert found(doc, op) == [(param, "unsupported_parameter")]
        assert sentences(doc, op) == ["Send the id of an existing vector store."]
