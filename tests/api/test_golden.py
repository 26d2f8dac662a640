"""The golden cases of contract.md section 11, over HTTP: the same verdicts, codes and places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.models import Version
from tests.api.conftest import API, LIST, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import Assistant

GPT = '"model":"gpt-4o"'
EMOJI = "\N{SMILING FACE WITH OPEN MOUTH}"


def function(inside: str) -> str:
    return f'{{{GPT},"tools":[{{"type":"function","function":{inside}}}]}}'


def tools(*items: str) -> str:
    return f'{{{GPT},"tools":[{",".join(items)}]}}'


def search(inside: str) -> str:
    return tools(f'{{"type":"file_search","file_search":{inside}}}')


def resources(inside: str) -> str:
    return f'{{{GPT},"tool_resources":{inside}}}'


def metadata(pairs: dict[str, Any]) -> str:
    return f'{{{GPT},"metadata":{contract.dumps(pairs)}}}'


FIRST_TOOL = "tools[0].function"
IDS = "tool_resources.file_search.vector_store"
REFUSED: list[tuple[str, str, str | None, str]] = [
    ("5", "{}", "model", "missing_required_parameter"),
    ("7a", '{"model":null}', "model", "invalid_type"),
    ("7b", '{"model":""}', "model", "string_below_min_length"),
    ("8", f'{{{GPT},"modle":"x"}}', "modle", "unknown_parameter"),
    ("9", f'{{{GPT},"name":"{EMOJI * 257}"}}', "name", "string_above_max_length"),
    ("10a", f'{{{GPT},"description":"{"d" * 513}"}}', "description", "string_above_max_length"),
    (
        "10b",
        f'{{{GPT},"instructions":"{"i" * 256_001}"}}',
        "instructions",
        "string_above_max_length",
    ),
    ("11", f'{{{GPT},"instructions":"nul \\u0000"}}', "instructions", "invalid_value"),
    ("13a", '{"model":"a","model":"b"}', "model", "duplicate_key"),
    ("13b", '{"model":', None, "invalid_json"),
    ("14a", f'{{{GPT},"temperature":2.01}}', "temperature", "decimal_above_max_value"),
    ("14b", f'{{{GPT},"temperature":-0.1}}', "temperature", "decimal_below_min_value"),
    ("14c", f'{{{GPT},"temperature":"1"}}', "temperature", "invalid_type"),
    ("14d", f'{{{GPT},"temperature":true}}', "temperature", "invalid_type"),
    ("14e", f'{{{GPT},"temperature":NaN}}', "temperature", "invalid_json"),
    ("18", tools(*['{"type":"x"}'] * 129), "tools", "array_above_max_length"),
    ("19", f'{{{GPT},"tools":null}}', "tools", "invalid_type"),
    ("20", tools('{"type":"function"}'), FIRST_TOOL, "missing_required_parameter"),
    ("21a", function('{"name":"get weather"}'), f"{FIRST_TOOL}.name", "invalid_value"),
    (
        "21b",
        function(f'{{"name":"{"f" * 65}"}}'),
        f"{FIRST_TOOL}.name",
        "string_above_max_length",
    ),
    (
        "22",
        tools('{"type":"function","name":"f","parameters":{}}'),
        FIRST_TOOL,
        "missing_required_parameter",
    ),
    (
        "25",
        search('{"max_num_results":51}'),
        "tools[0].file_search.max_num_results",
        "integer_above_max_value",
    ),
    (
        "26",
        search('{"ranking_options":{"ranker":"auto"}}'),
        "tools[0].file_search.ranking_options.score_threshold",
        "missing_required_parameter",
    ),
    (
        "28a",
        resources(f'{{"code_interpreter":{{"file_ids":{contract.dumps(["f"] * 21)}}}}}'),
        "tool_resources.code_interpreter.file_ids",
        "array_above_max_length",
    ),
    (
        "28b",
        resources('{"file_search":{"vector_store_ids":["a","b"]}}'),
        f"{IDS}_ids",
        "array_above_max_length",
    ),
    (
        "29",
        resources('{"file_search":{"vector_stores":[{}]}}'),
        f"{IDS}s",
        "unsupported_parameter",
    ),
    (
        "31a",
        metadata({f"k{n}": "v" for n in range(17)}),
        "metadata",
        "object_above_max_properties",
    ),
    (
        "31b",
        metadata({"k" * 65: "v"}),
        f"metadata.{'k' * 65}",
        "property_name_above_max_length",
    ),
    ("31c", metadata({"team": "v" * 513}), "metadata.team", "string_above_max_length"),
    ("31d", metadata({"a.b": 3}), "metadata['a.b']", "invalid_type"),
    ("33", f'{{{GPT},"reasoning_effort":"ultra"}}', "reasoning_effort", "invalid_value"),
    ("35a", f'{{{GPT},"response_format":"json"}}', "response_format", "invalid_value"),
    (
        "35b",
        f'{{{GPT},"response_format":{{"type":"json_schema"}}}}',
        "response_format.json_schema",
        "missing_required_parameter",
    ),
]


@pytest.mark.parametrize(
    ("body", "param", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_refused_case_names_its_param_and_code(
    api: API, body: str, param: str | None, code: str
) -> None:
    told = error(api.post(LIST, body), 400)

    assert (told["param"], told["code"]) == (param, code)
    assert told["type"] == "invalid_request_error"
    assert Version.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{}", "Missing required parameter: 'model'."),
        (f'{{{GPT},"modle":"x"}}', "Unknown parameter: 'modle'. Did you mean 'model'?"),
        (
            f'{{{GPT},"name":"{EMOJI * 257}"}}',
            "Invalid 'name': string too long. Expected a string with maximum length 256, "
            "but got a string with length 257 instead.",
        ),
        (
            f'{{{GPT},"temperature":2.01}}',
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, "
            "but got 2.01 instead.",
        ),
        (
            resources('{"file_search":{"vector_stores":[{}]}}'),
            "This server keeps no vector stores; send vector_store_ids.",
        ),
    ],
)
def test_it_speaks_in_the_apis_own_words(api: API, body: str, message: str) -> None:
    assert error(api.post(LIST, body), 400)["message"] == message


def test_a_text_that_is_no_json_is_refused_with_line_and_column(api: API) -> None:
    told = error(api.post(LIST, '{"model":\n  oops}'), 400)

    assert told["message"].endswith("at line 2, column 3.")


ACCEPTED: list[tuple[str, str, dict[str, Any]]] = [
    ("9", f'{{{GPT},"name":"{EMOJI * 256}"}}', {"name": EMOJI * 256}),
    ("10", f'{{{GPT},"instructions":"{"i" * 256_000}"}}', {"instructions": "i" * 256_000}),
    ("12", f'{{{GPT},"name":""}}', {"name": None}),
    ("14", f'{{{GPT},"temperature":2}}', {"temperature": 2}),
    ("17", f'{{{GPT},"temperature":0.2,"top_p":0.5}}', {"temperature": 0.2, "top_p": 0.5}),
    ("18", tools(*['{"type":"x"}'] * 128), {"tools": [{"type": "x"}] * 128}),
    (
        "3",
        resources('{"file_search":{"vector_store_ids":["vs_123"]}}'),
        {"tool_resources": {"file_search": {"vector_store_ids": ["vs_123"]}}},
    ),
    ("33", f'{{{GPT},"reasoning_effort":"max"}}', {"reasoning_effort": "max"}),
    ("34", '{"model":"gpt-5","temperature":0.2}', {"model": "gpt-5", "temperature": 0.2}),
]


@pytest.mark.parametrize(
    ("body", "served"), [case[1:] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED]
)
def test_an_accepted_case_is_served_as_sent(api: API, body: str, served: dict[str, Any]) -> None:
    answer = api.post(LIST, body)

    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in served} == served


def test_1_the_defaults_of_a_create_with_nothing_but_a_model(api: API) -> None:
    made = api.post(LIST, f"{{{GPT}}}").json()

    assert made["tools"] == []
    assert made["metadata"] == {}
    assert (made["temperature"], made["top_p"]) == (1.0, 1.0)
    assert made["response_format"] == "auto"
    version = Version.objects.get()
    assert contract.canonical(version.document()) == f"{{{GPT}}}"


def test_4_the_modify_example_of_the_reference_is_accepted(
    api: API, make: Callable[..., Assistant]
) -> None:
    body = {
        "instructions": "You are an HR bot, and you have access to files.",
        "tools": [{"type": "file_search"}],
        "model": "gpt-4o",
        "tool_resources": {"file_search": {"vector_store_ids": []}},
    }

    answer = api.post(f"{LIST}/{make().public_id}", body)

    assert answer.status_code == 200
    assert answer.json()["tools"] == body["tools"]


def test_24_an_unknown_tool_is_kept_byte_for_byte(api: API) -> None:
    tool = '{"type":"bing_grounding","bing_grounding":{"connections":[{"z":1.0,"a":null}]}}'

    assert f'"tools":[{tool}]'.encode() in api.post(LIST, tools(tool)).content


@pytest.mark.parametrize("case", ["23", "32"])
def test_23_and_32_lints_do_not_bind_here(api: API, case: str) -> None:
    body = tools(*['{"type":"code_interpreter"}'] * 2) if case == "23" else metadata({"_dash": "x"})

    assert api.post(LIST, body).status_code == 200
