"""Tools pasted as JSON, in every form that tools are written in, and examples of calls."""

from __future__ import annotations

import json

import pytest

from assistants_app import contract
from assistants_app.schema import importers
from tests.schema.imported import functions, invalid, kinds, only, parameters, properties, refused

NESTED = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    "pasted",
    [
        {"type": "function", "name": "f", "parameters": {"type": "object"}},
        {"name": "f", "parameters": {"type": "object"}},
        {"name": "f", "input_schema": {"type": "object"}},
        {"name": "f", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}},
        NESTED,
        [NESTED],
        {"tools": [NESTED]},
        {"model": "gpt-4o", "tools": [{"type": "function", **NESTED["function"]}]},
        {"functions": [NESTED["function"]]},
        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [NESTED["function"]]}},
        {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}]},
        {"function_declarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]},
        [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}],
        {"toolConfig": {"tools": [{"toolSpec": {**NESTED["function"]}}]}},
    ],
)
def test_every_form_of_a_tool_becomes_the_form_of_the_api(pasted: object) -> None:
    assert only(json.dumps(pasted)).tool == NESTED


def test_a_nested_tool_stays_key_by_key_and_in_its_spelling() -> None:
    text = (
        '{"type":"function","x":1,"function":{"strict":false,"parameters":{"properties":'
        '{"2":{"maximum":1e3,"default":1.50},"1":{"type":"integer","maximum":12345678901234567890}}'
        ',"type":"object"},"name":"f"}}'
    )
    assert contract.dumps(only(text).tool) == text


def test_the_order_of_a_flat_tool_and_of_its_inputs_stays() -> None:
    text = '{"parameters":{"properties":{"b":{},"a":{}}},"strict":true,"name":"f"}'
    made = contract.dumps(only(text).tool["function"])
    assert made == text


def test_abilities_that_are_no_function_are_named_and_left_out() -> None:
    found = importers.read(json.dumps([{"type": "code_interpreter"}, NESTED]))
    assert len(found.offers) == 1
    assert found.notes[0].said() == "Left out, since it is no function: code_interpreter."


def test_a_name_that_may_not_be_is_made_one_that_may() -> None:
    made = only('{"name":"get weather!","parameters":{"type":"object"}}')
    assert made.name == "get_weather"
    assert "get weather!" in made.notes[0].said()


def test_what_the_contract_says_of_a_tool_is_told() -> None:
    made = only('{"type":"function","function":{"name":"a b"}}')
    assert [found.param for found in made.problems] == ["tools[0].function.name"]


def test_a_page_of_an_mcp_list_says_that_there_is_more() -> None:
    tools = [{"name": "a", "title": "Read it", "inputSchema": {"type": "object"}}]
    found = importers.read(json.dumps({"result": {"tools": tools, "nextCursor": "x"}}))
    assert found.kind == "mcp"
    assert [note.kind for note in found.notes] == ["more_pages"]
    assert found.offers[0].make().tool["function"]["description"] == "Read it"


def test_a_recorded_call_is_an_example_with_a_name() -> None:
    call = {"function": {"name": "look_up", "arguments": '{"city":"Oslo","days":3}'}}
    made = only(json.dumps(call))
    assert made.name == "look_up"
    assert made.tool["function"]["parameters"] == {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    }


def test_an_example_tells_kinds_and_says_what_it_could_not_tell() -> None:
    made = only('{"on":"2026-01-31","at":"2026-01-31T10:00:00Z","note":null,"tags":[],"ok":true}')
    assert made.tool["function"]["parameters"]["properties"] == {
        "on": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "note": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "ok": {"type": "boolean"},
    }
    assert kinds(made) == ["guessed", "name_made"]
    assert "note, tags" in made.notes[0].said()


def test_the_rows_of_a_list_are_one_kind_together() -> None:
    assert parameters('[{"a":1,"b":"x"},{"a":1.5,"c":null},{"a":null}]') == {
        "type": "object",
        "properties": {
            "a": {"type": ["number", "null"]},
            "b": {"type": "string"},
            "c": {"type": ["string", "null"]},
        },
        "required": ["a"],
    }


def test_entries_of_several_kinds_are_a_choice() -> None:
    items = properties('{"x":[1,"a",[2],[null],{"k":1}]}')["x"]["items"]
    assert items == {
        "anyOf": [
            {"type": "integer"},
            {"type": "string"},
            {"type": "array", "items": {"type": ["integer", "null"]}},
            {"type": "object", "properties": {"k": {"type": "integer"}}, "required": ["k"]},
        ]
    }


def test_a_schema_is_taken_as_the_inputs() -> None:
    found = importers.read('{"title":"Order it","type":"object","properties":{"b":{},"a":{}}}')
    assert found.kind == "schema"
    assert found.offers[0].make().name == "Order_it"
    assert list(found.offers[0].make().tool["function"]["parameters"]["properties"]) == ["b", "a"]


def test_a_fence_of_a_listing_is_no_part_of_the_text() -> None:
    assert only(f"```json\n{json.dumps(NESTED)}\n```\n").tool == NESTED
    assert invalid('```json\n{"a" 1}\n```').data["line"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "Here it is:\n\n```python\ntools = [\n  {BODY},\n]\n```\nUse it so.",
        "import openai\n\ntools: list = [{BODY}]  # mine\n\nclient.create(tools=tools)",
        "const tools = [{BODY}];",
        "export const tools: Tool[] = [\n  {BODY},\n]",
        "{BODY}\n{BODY}".replace("{BODY}\n", '{"type": "function", "name": "a"}\n'),
        "[{BODY},]",
    ],
)
def test_tools_within_a_program_or_an_answer_are_found(text: str) -> None:
    assert functions(text.replace("{BODY}", json.dumps(NESTED)))[-1].tool == NESTED


@pytest.mark.parametrize(
    "text",
    [
        "{type: 'function', name: 'f', parameters: {type: 'object',},}",
        "{'type': 'function', 'name': 'f', 'parameters': {'type': 'object'}}",
    ],
)
def test_a_literal_of_a_program_is_read_where_it_is_a_tool(text: str) -> None:
    assert only(text).tool == NESTED


@pytest.mark.parametrize(
    "text", ["{'a': 1}", '{"a": 1,}', "[{'name': 'f', 'name': 'g', 'parameters': {}}]"]
)
def test_what_is_no_tool_must_be_json(text: str) -> None:
    assert invalid(text).code == "invalid_json"


def test_what_belongs_elsewhere_says_what_to_paste_instead() -> None:
    assert "Open it in your browser" in refused(" https://shop.example/openapi.json\n")
    assert "as cURL" in refused('{"info": {"_postman_id": "1"}, "item": []}')


def test_a_function_without_inputs_among_others_is_one() -> None:
    mixed = [NESTED, {"name": "g", "description": "Say when."}, {"type": "file_search"}]
    assert [made.name for made in functions(json.dumps(mixed))] == ["f", "g"]


@pytest.mark.parametrize("text", ["", "  \n", "```\n```"])
def test_nothing_is_refused_as_nothing(text: str) -> None:
    assert refused(text) == "Paste something first, or choose a file."


@pytest.mark.parametrize("text", ["Dear all", "Note: this", "1", "select * from x", '"a"'])
def test_prose_is_refused_with_what_could_be_pasted(text: str) -> None:
    assert "Paste a tool as JSON" in refused(text)


@pytest.mark.parametrize("text", ['[{"type":"file_search"}]', "[]", '{"tools":[]}', "[1]"])
def test_what_has_no_function_is_refused(text: str) -> None:
    assert refused(text) == "There is no function in it."


def test_an_empty_group_is_no_example() -> None:
    assert refused("{}").startswith("This is no JSON example.")


def test_limits_are_said_with_their_numbers() -> None:
    assert invalid('{"a' + "x" * importers.PASTE_MAX).data == {"n": 1_048_579, "max": 1_048_576}
    assert invalid("[" * 65 + "]" * 65).data["kind"] == "depth"
    assert invalid('{"a":1,"a":2}').code == "duplicate_key"
    assert refused("a\0b") == "Contains a character that cannot be stored, at position 2."


def test_an_example_whose_schema_would_be_too_deep_is_refused() -> None:
    found = importers.read('{"a":' * 60 + "1" + "}" * 60)
    with pytest.raises(
        contract.InvalidDocument if hasattr(contract, "InvalidDocument") else Exception
    ):
        found.offers[0].make()


def test_an_example_of_a_reply_is_ready_for_exact_mode() -> None:
    schema = importers.read_example('{"b":[{"x":1},{"y":null}],"a":{"t":"x"}}')
    made = contract.make_strict(schema)
    assert made.changes == ()
    assert made.left == ()
    assert schema["properties"]["b"]["items"]["properties"] == {
        "x": {"type": ["integer", "null"]},
        "y": {"type": ["string", "null"]},
    }


def test_a_schema_pasted_as_an_example_stays_as_it_is() -> None:
    text = '{"type":"object","properties":{"b":{"maximum":1e3},"a":{}}}'
    assert contract.dumps(importers.read_example(text)) == text


@pytest.mark.parametrize("text", ["[1]", "{}", '"a"', "3"])
def test_a_reply_is_always_a_group(text: str) -> None:
    with pytest.raises(importers.Refusal, match="no JSON example"):
        importers.read_example(text)


def test_two_tools_of_one_name_are_two_offers() -> None:
    assert [one.name for one in functions(json.dumps([NESTED, NESTED]))] == ["f", "f"]
