"""Golden cases 1 to 26 of contract.md section 11, by their numbers; and that none is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from tests.contract import test_golden_findings
from tests.contract.golden import advice, document, parsed
from tests.contract.judged import CONNECTED, found, function, messages

if TYPE_CHECKING:
    from collections.abc import Callable

MATH_TUTOR = {
    "instructions": "You are a personal math tutor. When asked a question, write and run Python "
    "code to answer the question.",
    "name": "Math Tutor",
    "tools": [{"type": "code_interpreter"}],
    "model": "gpt-4o",
}
MATH_TUTOR_ANSWER = {
    "id": "asst_abc123",
    "object": "assistant",
    "created_at": 1698984975,
    "name": "Math Tutor",
    "description": None,
    "model": "gpt-4o",
    "instructions": MATH_TUTOR["instructions"],
    "tools": [{"type": "code_interpreter"}],
    "metadata": {},
    "top_p": 1.0,
    "temperature": 1.0,
    "response_format": "auto",
}
HR_HELPER = {
    "instructions": "You are an HR bot, and you have access to files to answer employee questions "
    "about company policies.",
    "tools": [{"type": "file_search"}],
    "tool_resources": {"file_search": {"vector_store_ids": ["vs_123"]}},
    "model": "gpt-4o",
}
MODIFY_EXAMPLE = {
    "instructions": "You are an HR bot, and you have access to files to answer employee questions "
    "about company policies. Always response with info from either of the files.",
    "tools": [{"type": "file_search"}],
    "model": "gpt-4o",
    "tool_resources": {"code_interpreter": {"file_ids": []}},
}
GROUNDING = (
    '{"type":"bing_grounding","bing_grounding":{"connections":[{"connection_id":"/a","x":1.0}]}}'
)


TESTS = Path(__file__).parent.parent


def refusal(text: str | bytes) -> contract.Problem:
    with pytest.raises(InvalidDocument) as caught:
        contract.parse(text)
    return caught.value.problems[0]


def case_1() -> None:
    accepted = contract.accept(document(), "create")
    assert contract.canonical(accepted.document) == '{"model":"gpt-4o"}'
    answer = contract.dumps(contract.served(accepted.document, id="a", created_at=1))
    for part in ('"tools":[]', '"metadata":{}', '"temperature":1.0', '"top_p":1.0'):
        assert part in answer
    assert '"response_format":"auto"' in answer


def case_2() -> None:
    assert advice(MATH_TUTOR) == []
    assert contract.normal(MATH_TUTOR) == contract.normal(MATH_TUTOR_ANSWER)
    seen = contract.read(MATH_TUTOR_ANSWER, CONNECTED)
    assert contract.compare(MATH_TUTOR, seen.document).verdict == "same"


def case_3() -> None:
    assert advice(HR_HELPER) == []
    kept = contract.accept(HR_HELPER, "create").document["tool_resources"]
    assert kept == {"file_search": {"vector_store_ids": ["vs_123"]}}


def case_4() -> None:
    assert found(MODIFY_EXAMPLE, "modify") == []
    assert "tool_resources" not in contract.normal(MODIFY_EXAMPLE)


def case_5() -> None:
    assert found({}) == [("model", "missing_required_parameter")]
    assert messages({}) == ["Missing required parameter: 'model'."]


def case_6() -> None:
    doc = document(name="n")
    assert contract.check({}, "modify") == []
    merged = contract.merge(doc, contract.accept({}, "modify").document)
    assert contract.fingerprint(merged) == contract.fingerprint(doc)


def case_7() -> None:
    assert found({"model": None}, "modify") == [("model", "invalid_type")]
    assert found({"model": ""}, "modify") == [("model", "string_below_min_length")]


def case_8() -> None:
    assert found(document(modle="x")) == [("modle", "unknown_parameter")]
    assert messages(document(modle="x")) == ["Unknown parameter: 'modle'. Did you mean 'model'?"]


def case_9() -> None:
    assert found(document(name="😀" * 256)) == []
    assert found(document(name="😀" * 257)) == [("name", "string_above_max_length")]
    assert messages(document(name="😀" * 257)) == [
        "Invalid 'name': string too long. Expected a string with maximum length 256, "
        "but got a string with length 257 instead."
    ]


def case_10() -> None:
    assert found(document(description="d" * 513)) == [("description", "string_above_max_length")]
    assert found(document(instructions="i" * 256_000)) == []
    too_long = document(instructions="i" * 256_001)
    assert found(too_long) == [("instructions", "string_above_max_length")]


def case_11() -> None:
    assert found(document(instructions="a\0")) == [("instructions", "invalid_value")]
    problem = refusal('{"model":"m","instructions":"a\\u0000"}')
    assert (problem.param, problem.code) == ("instructions", "invalid_value")


def case_12() -> None:
    assert contract.canonical(document(name="")) == '{"model":"gpt-4o"}'


def case_13() -> None:
    problem = refusal('{"model":"a","model":"b"}')
    assert (problem.param, problem.code) == ("model", "duplicate_key")
    broken = refusal('{"model":')
    assert (broken.param, broken.code) == ("", "invalid_json")
    assert "line 1, column 10" in broken.message


def case_14() -> None:
    assert found(document(temperature=2)) == []
    for text, code in (
        ("2.01", "decimal_above_max_value"),
        ("-0.1", "decimal_below_min_value"),
        ('"1"', "invalid_type"),
        ("true", "invalid_type"),
    ):
        doc = parsed(f'{{"model":"gpt-4o","temperature":{text}}}')
        assert found(doc) == [("temperature", code)]
    assert messages(document(temperature=2.01)) == [
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, "
        "but got 2.01 instead."
    ]
    problem = refusal('{"model":"gpt-4o","temperature":NaN}')
    assert (problem.param, problem.code) == ("temperature", "invalid_json")


def case_15() -> None:
    typed = parsed('{"model":"gpt-4o","temperature":1.0}')
    assert contract.compare(document(), typed).verdict == "same"
    assert contract.canonical(typed) == '{"model":"gpt-4o","temperature":1.0}'


def case_16() -> None:
    upstream = contract.read(document(top_p=parsed("0.30000001192092896")), CONNECTED)
    assert contract.compare(document(top_p=0.3), upstream.document).verdict == "same"


def case_17() -> None:
    doc = document(temperature=0.2, top_p=0.5)
    assert found(doc) == []
    assert found(doc, level="hint") == [("top_p", "both_sampling")]


def case_18() -> None:
    tools = [function(name=f"f{number}") for number in range(129)]
    assert found(document(tools=tools[:128])) == []
    assert found(document(tools=tools)) == [("tools", "array_above_max_length")]


def case_19() -> None:
    assert found(document(tools=None)) == [("tools", "invalid_type")]
    assert contract.read(document(tools=None), CONNECTED).document["tools"] == []


def case_20() -> None:
    doc = document(tools=[{"type": "function"}])
    assert found(doc) == [("tools[0].function", "missing_required_parameter")]


def case_21() -> None:
    path = "tools[0].function.name"
    assert found(document(tools=[function(name="get weather")])) == [(path, "invalid_value")]
    assert found(document(tools=[function(name="a" * 65)])) == [(path, "string_above_max_length")]


def case_22() -> None:
    flat = {"type": "function", "name": "f", "parameters": {}}
    problem = contract.check(document(tools=[flat]), "create")[-1]
    assert (problem.param, problem.code) == ("tools[0].function", "missing_required_parameter")
    nested = {"type": "function", "function": {"name": "f", "parameters": {}}}
    assert problem.data["nested"] == nested
    assert found(document(tools=[nested])) == []


def case_23() -> None:
    twice = document(tools=[{"type": "code_interpreter"}] * 2)
    assert found(twice) == [("tools[1]", "duplicate_tool")]
    same_name = document(tools=[function(), function()])
    assert found(same_name) == [("tools[1].function.name", "duplicate_function")]


def case_24() -> None:
    text = f'{{"model":"gpt-4o","tools":[{GROUNDING}]}}'
    doc = parsed(text)
    assert found(doc, "create", CONNECTED) == []
    assert advice(doc, CONNECTED) == [("tools[0].type", "unknown_tool_type", "warning")]
    foundry = replace(CONNECTED, extra_tool_types=frozenset({"bing_grounding"}))
    assert advice(doc, foundry) == []
    assert contract.canonical(doc) == text
    assert GROUNDING in contract.dumps(contract.body("modify", doc, CONNECTED))
    assert contract.dumps(contract.read(doc, CONNECTED).document["tools"]) == f"[{GROUNDING}]"


def case_25() -> None:
    doc = document(tools=[{"type": "file_search", "file_search": {"max_num_results": 51}}])
    assert found(doc) == [("tools[0].file_search.max_num_results", "integer_above_max_value")]


def case_26() -> None:
    options = {"ranking_options": {"ranker": "auto"}}
    assert found(document(tools=[{"type": "file_search", "file_search": options}])) == [
        (
            "tools[0].file_search.ranking_options.score_threshold",
            "missing_required_parameter",
        )
    ]


CASES: dict[str, Callable[[], None]] = {
    name.removeprefix("case_"): test for name, test in list(globals().items()) if "case_" in name
}


@pytest.mark.parametrize("number", CASES)
def test_the_golden_case_holds(number: str) -> None:
    CASES[number]()


# Where HTTP is part of the case.
ELSEWHERE = {
    5: ("api/test_golden.py", "test_a_refused_case_names_its_param_and_code"),
    30: ("api/test_create.py", "test_vector_stores_beside_ids_are_left_out_and_named_in_a_header"),
    46: ("sync/test_pull.py", "test_a_page_that_repeats_ends_with_a_note"),
    47: ("api/test_list.py", "test_golden_case_47"),
}


@pytest.mark.parametrize("number", ELSEWHERE)
def test_the_golden_case_is_tested_over_http(number: int) -> None:
    file, test = ELSEWHERE[number]
    assert f"def {test}(" in (TESTS / file).read_text("utf-8")


def test_no_case_is_missing() -> None:
    numbers = map(int, (*CASES, *test_golden_findings.CASES))
    assert {*numbers, *ELSEWHERE} == set(range(1, 48))
