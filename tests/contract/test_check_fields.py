"""`contract.check`: the document as a whole and its plain fields (contract.md section 2)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import limits
from tests.contract import trees
from tests.contract.judged import document, doubts, found, messages, sentences

OPS = ("create", "modify", "import", "serve")


@pytest.mark.parametrize("op", OPS)
def test_a_document_that_uses_everything_is_accepted(op: str) -> None:
    whole = document(
        name="Ada",
        description="For the team.",
        instructions="Be brief.",
        tools=[{"type": "code_interpreter"}, {"type": "file_search"}],
        tool_resources={"code_interpreter": {"file_ids": ["file-1"]}},
        response_format={"type": "text"},
        reasoning_effort="low",
        temperature=0.5,
        top_p=1,
        metadata={"team": "a"},
    )
    assert found(whole, op) == []


@pytest.mark.parametrize("op", OPS)
def test_fields_that_may_be_null_are_accepted_as_null(op: str) -> None:
    nullable = [field for field in limits.FIELDS if field not in ("model", "tools")]
    assert contract.check(document(**dict.fromkeys(nullable)), op) == []


@pytest.mark.parametrize(
    ("op", "is_needed"), [("create", True), ("modify", False), ("import", True), ("serve", True)]
)
def test_only_modify_needs_no_model(op: str, is_needed: bool) -> None:
    expected = [("model", "missing_required_parameter")] if is_needed else []
    assert found({}, op) == expected
    assert found({"name": "x"}, op) == expected


@pytest.mark.parametrize("doc", [[], "x", 1, 1.5, True, None])
def test_only_an_object_is_a_document(doc: Any) -> None:
    (problem,) = contract.check(doc, "create")
    assert (problem.path, problem.param, problem.code) == ((), "", "invalid_type")
    assert contract.plain(problem) == "Must be an object."
    assert problem.message.startswith("Invalid type for body: expected an object, but got ")


WRONG_TYPES: dict[str, tuple[list[Any], str]] = {
    "model": ([None, 1, True, [], {}], "Must be text."),
    "name": ([1, 1.5, False, [], {}], "Must be text."),
    "description": ([1, True, [], {}], "Must be text."),
    "instructions": ([1, True, ["x"], {}], "Must be text."),
    "tools": ([None, "x", {}, 1, True], "Must be a list."),
    "tool_resources": (["x", [], 1, True], "Must be an object."),
    "response_format": ([1, True, [], 1.5], "Must be text or an object."),
    "reasoning_effort": ([1, True, [], {}], "Must be text."),
    "temperature": (["1", "", True, False, [], {}], "Must be a number."),
    "top_p": (["0.5", True, [], {}], "Must be a number."),
    "metadata": (["x", [], 1, True], "Must be an object."),
}


@pytest.mark.parametrize("field", limits.FIELDS)
def test_types_are_exact(field: str) -> None:
    values, sentence = WRONG_TYPES[field]
    for value in values:
        doc = {"model": "m", field: value}
        assert found(doc) == [(field, "invalid_type")]
        assert sentences(doc) == [sentence]


def test_the_api_names_both_types() -> None:
    assert messages(document(temperature="1")) == [
        "Invalid type for 'temperature': expected a decimal, but got a string instead."
    ]
    assert messages({"model": None}) == [
        "Invalid type for 'model': expected a string, but got null instead."
    ]
    assert messages(document(name=object())) == [
        "Invalid type for 'name': expected a string, but got no JSON value instead."
    ]


@pytest.mark.parametrize(
    ("field", "most"),
    [("model", 256), ("name", 256), ("description", 512), ("instructions", 256_000)],
)
@pytest.mark.parametrize("character", ["x", "é", "😀"])
def test_lengths_count_code_points(field: str, most: int, character: str) -> None:
    assert found({"model": "m", field: character * most}) == []
    too_long = {"model": "m", field: character * (most + 1)}
    assert found(too_long) == [(field, "string_above_max_length")]
    assert sentences(too_long) == [f"{most + 1:,} characters; the limit is {most:,}."]
    assert messages(too_long) == [
        f"Invalid '{field}': string too long. Expected a string with maximum length {most}, "
        f"but got a string with length {most + 1} instead."
    ]


@pytest.mark.parametrize("model", ["", " ", "\t\n"])
@pytest.mark.parametrize("op", OPS)
def test_a_model_is_not_blank(model: str, op: str) -> None:
    assert found({"model": model}, op) == [("model", "string_below_min_length")]
    assert sentences({"model": model}, op) == ["Required."]


@pytest.mark.parametrize("model", ["my-own-model", "ft:gpt-4o:team::1", "Ω", "a b"])
def test_any_other_model_is_accepted(model: str) -> None:
    assert doubts({"model": model}) == []


@pytest.mark.parametrize("field", ["name", "description", "instructions"])
def test_empty_and_blank_texts_are_accepted(field: str) -> None:
    for text in ("", "   ", "\n", "\u202eabc", "\u200b"):
        assert found(document(**{field: text})) == []


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("temperature", 2.0001, "decimal_above_max_value"),
        ("temperature", 3, "decimal_above_max_value"),
        ("temperature", -0.1, "decimal_below_min_value"),
        ("temperature", 10**300, "decimal_above_max_value"),
        ("top_p", 1.01, "decimal_above_max_value"),
        ("top_p", -1, "decimal_below_min_value"),
    ],
)
def test_numbers_have_bounds(field: str, value: float, code: str) -> None:
    most = 2 if field == "temperature" else 1
    assert found(document(**{field: value})) == [(field, code)]
    assert sentences(document(**{field: value})) == [f"Must be between 0 and {most}."]


@pytest.mark.parametrize(
    ("field", "values"), [("temperature", [0, 0.0, -0.0, 1, 2, 2.0]), ("top_p", [0, 1, 1.0, 0.5])]
)
def test_the_bounds_themselves_are_accepted(field: str, values: list[float]) -> None:
    for value in values:
        assert found(document(**{field: value})) == []


def test_the_api_echoes_a_number_as_it_was_written() -> None:
    doc = contract.parse('{"model":"m","temperature":2.010}')
    assert messages(doc) == [
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, "
        "but got 2.010 instead."
    ]
    assert messages(document(top_p=-1)) == [
        "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -1 instead."
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_a_form_brings_must_be_finite(value: float) -> None:
    assert found(document(temperature=value)) == [("temperature", "invalid_value")]
    assert sentences(document(temperature=value)) == ["Must be a finite number."]


@pytest.mark.parametrize("effort", limits.EFFORTS)
def test_every_effort_is_accepted_whatever_the_model(effort: str) -> None:
    assert found(document(reasoning_effort=effort)) == []


@pytest.mark.parametrize("effort", ["ultra", "", "Low", "extreme"])
def test_other_efforts_are_refused(effort: str) -> None:
    doc = document(reasoning_effort=effort)
    assert found(doc) == [("reasoning_effort", "invalid_value")]
    assert sentences(doc) == ["Must be one of: none, minimal, low, medium, high, xhigh, max."]
    assert messages(doc) == [
        f"Invalid value: '{effort}'. Supported values are: "
        "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'."
    ]


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("modle", "model"),
        ("Model", "model"),
        ("tool", "tools"),
        ("toolResources", "tool_resources"),
        ("tool-resources", "tool_resources"),
        ("respons_format", "response_format"),
        ("temprature", "temperature"),
        ("topp", "top_p"),
        ("meta_data", "metadata"),
        ("instruction", "instructions"),
    ],
)
def test_a_misspelt_field_is_answered_with_the_nearest(key: str, nearest: str) -> None:
    doc = document(**{key: "x"})
    assert found(doc) == [(key, "unknown_parameter")]
    assert messages(doc) == [f"Unknown parameter: '{key}'. Did you mean '{nearest}'?"]
    assert sentences(doc) == [f'Unknown field "{key}". Did you mean "{nearest}"?']


@pytest.mark.parametrize(
    "key",
    [
        "owner",
        "approved",
        "is_staff",
        "workspace",
        "state",
        "id",
        "object",
        "created_at",
        "file_ids",
    ],
)
@pytest.mark.parametrize("op", OPS)
def test_a_strange_field_is_refused_without_a_guess(key: str, op: str) -> None:
    assert found(document(**{key: "x"}), op) == [(key, "unknown_parameter")]
    assert sentences(document(**{key: "x"}), op) == [f'Unknown field "{key}".']
    assert messages(document(**{key: "x"}), op) == [f"Unknown parameter: '{key}'."]


def test_a_strange_key_is_echoed_safely_and_briefly() -> None:
    (problem,) = contract.check(document(**{"k" * 5000: 1}), "create")
    assert problem.data["x"] == "k" * 60 + "…"
    assert len(problem.param) < 200
    (first, second) = contract.check(document(**{"a\0\ud800": 1}), "create", contract.KEPT_HERE)[:2]
    assert first.param == second.param == r"['a\u0000\ud800']"


def test_problems_stand_in_document_order_and_missing_ones_behind() -> None:
    doc = {
        "zebra": 1,
        "metadata": {"b": 1, "a": 2},
        "tools": [{"type": "function", "function": {"strict": "x"}}, {"type": 5}],
        "instructions": "a\0",
        "name": 1,
    }
    assert [param for param, _ in found(doc)] == [
        "zebra",
        "metadata.b",
        "metadata.a",
        "tools[0].function.strict",
        "tools[0].function.name",
        "tools[1].type",
        "instructions",
        "name",
        "model",
    ]


def test_tree_faults_stand_among_the_others_in_document_order() -> None:
    doc = {"name": 1, "model": "m\0", "top_p": float("nan"), "metadata": {"a": "\ud800", "b": 2}}
    assert [param for param, _ in found(doc)] == [
        "name",
        "model",
        "top_p",
        "metadata.a",
        "metadata.b",
    ]


@pytest.mark.parametrize("op", OPS)
def test_nul_and_half_pairs_are_refused_in_every_text(op: str) -> None:
    doc = document(name="ab\0", description="\ud83dx", metadata={"k\0": "v"})
    assert found(doc, op) == [
        ("name", "invalid_value"),
        ("description", "invalid_value"),
        (r"metadata['k\u0000']", "invalid_value"),
    ]
    assert sentences(doc, op) == [
        "Contains a NUL character at position 3.",
        "Contains half of a character pair at position 1.",
        "Contains a NUL character at position 2.",
    ]


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_a_document_is_as_shallow_as_what_parse_reads() -> None:
    deepest = document(tools=[{"type": "x", "x": nested(61)}])
    assert found(deepest) == []
    assert contract.parse(contract.dumps(deepest)) == deepest
    deeper = document(tools=[{"type": "x", "x": nested(62)}])
    assert found(deeper) == [("tools[0].x.a", "invalid_json")]
    assert sentences(deeper) == ["Nested more than 64 levels."]


def test_a_tree_of_any_depth_is_judged() -> None:
    doc = document(
        tools=[{"type": "function", "function": {"name": "f", "parameters": nested(5000)}}]
    )
    assert found(doc) == [("tools[0].function.parameters", "invalid_json")]


def test_large_integers_are_kept_with_a_warning_except_at_v1() -> None:
    doc = document(tools=[{"type": "x", "n": [2**53, 2**53 + 1, -(2**63)]}])
    assert found(doc) == []
    assert found(doc, level="warning") == [
        ("tools[0].type", "unknown_tool_type"),
        ("tools[0].n[1]", "big_integer"),
        ("tools[0].n[2]", "big_integer"),
    ]
    assert sentences(doc, level="warning")[1] == "Larger than 2^53; some programs round it."
    assert contract.check(doc, "serve") == []


@pytest.mark.parametrize(
    ("temperature", "top_p", "is_hinted"),
    [(0.2, 0.5, True), (0, 0, True), (1, 0.5, False), (0.2, 1.0, False), (0.2, None, False)],
)
def test_changing_both_samplings_is_a_hint(
    temperature: float, top_p: float | None, is_hinted: bool
) -> None:
    doc = document(temperature=temperature, top_p=top_p)
    assert found(doc) == []
    assert found(doc, level="hint") == ([("top_p", "both_sampling")] if is_hinted else [])
    assert found(doc, "serve", level="hint") == []
    if is_hinted:
        assert sentences(doc, level="hint") == ["Change one of the two, not both."]


@given(trees.ODD_DOCUMENTS, st.sampled_from(OPS))
def test_any_document_is_judged_with_problems_that_can_be_sent(doc: Any, op: str) -> None:
    for one in contract.check(doc, op):
        f"{one.param} {one.message} {contract.plain(one)}".encode()


@given(trees.TREES, st.sampled_from(OPS))
def test_any_json_value_is_judged(doc: Any, op: str) -> None:
    assert all(one.message for one in contract.check(doc, op))


@pytest.mark.parametrize(
    "doc",
    [
        {"model": "m", **{f"k{n}": n for n in range(100_000)}},
        {"model": "m", "tools": [{}] * 100_000},
        {"model": "m", "metadata": {f"k{n}": n for n in range(100_000)}},
        {"model": "m", "tools": [{"type": "x", "x": ["\0"] * 100_000}]},
    ],
    ids=["keys", "tools", "pairs", "texts"],
)
def test_a_hostile_document_is_refused_in_time_and_in_few_words(doc: Any) -> None:
    start = time.process_time()
    problems = contract.check(doc, "create")
    assert 1 <= len(problems) <= 500
    assert any(one.level == "error" for one in problems)
    assert time.process_time() - start < 5


def test_checking_leaves_the_document_alone() -> None:
    doc = document(metadata={"_dash": "x"}, tools=[{"type": "function", "name": "f"}])
    before = contract.dumps(doc)
    contract.check(doc, "create")
    assert contract.dumps(doc) == before
