"""A server's refusal on the field it means: every shape of contract.md section 4."""

from __future__ import annotations

import pytest

from assistants_app import contract
from tests.contract.judged import document, function
from tests.contract.refused import (
    ADDITIONAL,
    IN_A,
    OF_F,
    OF_X,
    REPLY,
    REQUIRED,
    blamed,
)

FORMAT = "response_format.json_schema.schema"
PARAMETERS = "tools[2].function.parameters"
ODD = """In context=('properties', "it's (odd)", 'anyOf', '0', 'items'), """
ESCAPED = r"In context=('properties', 'it\'s (odd)', 'anyOf', 0, 'items'), "


@pytest.mark.parametrize(
    ("message", "given", "param", "code", "plain"),
    [
        # --- schemas
        (
            OF_X + IN_A + ADDITIONAL,
            "response_format",
            f"{FORMAT}.properties.a",
            "invalid_json_schema",
            "Following exactly needs this switched on.",
        ),
        (
            OF_X + "In context=(), " + REQUIRED + "Missing 'x'.",
            "text.format.schema",
            f"{FORMAT}.required",
            "invalid_json_schema",
            "Following exactly needs every name; each can still be left empty. Missing: x.",
        ),
        (
            OF_X + "In context=(), " + REQUIRED + "Extra required key 'z' supplied.",
            "",
            f"{FORMAT}.required",
            "invalid_json_schema",
            '"z" is required but does not exist.',
        ),
        (
            OF_X + IN_A + "'default' is not permitted.",
            "",
            f"{FORMAT}.properties.a.default",
            "invalid_json_schema",
            'Strict does not know "default".',
        ),
        (
            OF_F + ODD + "'uniqueItems' is not permitted.",
            "tools[2].parameters",
            f"{PARAMETERS}.properties['it\\'s (odd)'].anyOf[0].items.uniqueItems",
            "invalid_function_parameters",
            'Strict does not know "uniqueItems".',
        ),
        (
            OF_F + ESCAPED + "'minLength' is not permitted.",
            "tools[2].function.parameters",
            f"{PARAMETERS}.properties['it\\'s (odd)'].anyOf[0].items",
            "invalid_function_parameters",
            'Strict does not know "minLength".',
        ),
        # a context beyond what is there: as far as it goes
        (
            OF_F + "In context=('properties', 'gone', 'items'), " + ADDITIONAL,
            "",
            f"{PARAMETERS}.properties",
            "invalid_function_parameters",
            "Following exactly needs this switched on.",
        ),
        # a param that leads nowhere: the function of that name
        (
            OF_F + IN_A + ADDITIONAL,
            "tools[22].function.parameters",
            f"{PARAMETERS}.properties.a",
            "invalid_function_parameters",
            "Following exactly needs this switched on.",
        ),
        (
            OF_F + "In context=(), 'a' is odd.",
            "tools",
            PARAMETERS,
            "invalid_function_parameters",
            OF_F + "In context=(), 'a' is odd.",
        ),
        # an exact param of its own
        (
            "In context=(), wrong.",
            "tools[2].function.parameters.properties.a",
            f"{PARAMETERS}.properties.a",
            "invalid_function_parameters",
            "In context=(), wrong.",
        ),
        # a function called like a field
        (
            "Invalid schema for function 'name': In context=(), wrong.",
            "",
            "tools[1].function.parameters",
            "invalid_function_parameters",
            "Invalid schema for function 'name': In context=(), wrong.",
        ),
        (
            "Objects provided via 'anyOf' must not share identical first keys",
            "",
            "",
            "invalid_json_schema",
            "Objects provided via 'anyOf' must not share identical first keys",
        ),
        (
            "Objects provided via 'anyOf' must not share identical first keys",
            "tools[2]",
            PARAMETERS,
            "invalid_function_parameters",
            "Objects provided via 'anyOf' must not share identical first keys",
        ),
        (
            OF_F + "144 parameters exceed the limit of 100",
            "",
            PARAMETERS,
            "invalid_function_parameters",
            "144 names; the limit is 100.",
        ),
        (
            OF_X + "12 levels of nesting exceeds limit of 10.",
            "response_format",
            FORMAT,
            "invalid_json_schema",
            "12 levels; the limit is 10.",
        ),
        # --- sizes
        (
            "Invalid 'tools': array too long. Expected an array with maximum length 128, but got "
            "an array with length 133 instead.",
            "tools",
            "tools",
            "array_above_max_length",
            "133 tools; the limit is 128.",
        ),
        (
            "Invalid 'tool_resources.code_interpreter.file_ids': array too long. Expected an array "
            "with maximum length 20, but got an array with length 21 instead.",
            "",
            "tool_resources.code_interpreter.file_ids",
            "array_above_max_length",
            "21 files; the limit is 20.",
        ),
        (
            "Invalid 'x': array too long. Expected an array with maximum length 1, but got an "
            "array with length 2 instead.",
            "",
            "",
            "array_above_max_length",
            "Invalid 'x': array too long. Expected an array with maximum length 1, but got an "
            "array with length 2 instead.",
        ),
        (
            "Invalid 'metadata': too many properties. Expected an object with at most 16 "
            "properties, but got an object with 17 properties instead.",
            "metadata",
            "metadata",
            "object_above_max_properties",
            "17 pairs; the limit is 16.",
        ),
        (
            "Invalid 'instructions': string too long. Expected a string with maximum length 32768, "
            "but got a string with length 40000 instead.",
            "",
            "instructions",
            "string_above_max_length",
            "40,000 characters; the limit is 32,768.",
        ),
        # --- models
        (
            "Unsupported value: 'reasoning_effort' does not support 'medium' with this model.",
            "",
            "reasoning_effort",
            "unsupported_value",
            'This model does not take "medium".',
        ),
        (
            "Unsupported value: 'reasoning.effort' does not support 'max' with this model.",
            "reasoning.effort",
            "reasoning_effort",
            "unsupported_value",
            'This model does not take "max".',
        ),
        (
            "Unsupported parameter: 'temperature' is not supported with this model.",
            "temperature",
            "temperature",
            "unsupported_parameter",
            "This model does not take it.",
        ),
        (
            "'response_format' of type 'json_schema' is not supported with model version gpt-4.",
            "",
            "response_format",
            "unsupported_value",
            'This model does not take "json_schema".',
        ),
        # --- the rest of the table
        ("Missing required parameter: 'model'.", "", "model", "missing_required_parameter", None),
        ("Field required", "model", "model", "missing_required_parameter", None),
        (
            "Missing required parameter: 'tools[1].function.description'.",
            "",
            "tools[1].function.description",
            "missing_required_parameter",
            None,
        ),
        (
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'.",
            "messages",
            "instructions",
            "json_word_missing",
            "The instructions never mention JSON; upstream may refuse.",
        ),
    ],
)
def test_the_shapes_of_the_table(
    message: str, given: str, param: str, code: str, plain: str | None
) -> None:
    found = blamed(message, given)
    assert (found.param, found.code, found.level) == (param, code, "error")
    assert found.message == message
    assert contract.plain(found) == (plain or "Required.")


@pytest.mark.parametrize(
    ("message", "given", "param"),
    [
        # param, in every spelling
        ("no", "name", "name"),
        ("no", "tools[1].function.name", "tools[1].function.name"),
        ("no", "tools.1.function.name", "tools[1].function.name"),
        ("no", "tools[1].name", "tools[1].function.name"),
        ("no", "tools[1].strict", "tools[1].function.strict"),
        ("no", "tools[1].type", "tools[1].type"),
        ("no", "tools[1].FunctionTool.function.name", "tools[1].function.name"),
        ("no", "tools[1].function.function-after[check()].name", "tools[1].function.name"),
        ("no", "tools[3].file_search.max_num_results", "tools[3].file_search.max_num_results"),
        ("no", "tools[0].function", "tools[0].function"),
        ("no", "tools[9]", "tools"),
        ("no", "tools[-1].name", "tools"),
        ("no", "tools.first", "tools"),
        ("no", "metadata['a.b']", "metadata['a.b']"),
        ("no", 'metadata["a.b"]', "metadata['a.b']"),
        ("no", "metadata.team", "metadata.team"),
        ("no", "metadata.team.x", "metadata.team"),
        ("no", "response_format.json_schema.name", "response_format.json_schema.name"),
        ("no", "text.format.name", "response_format.json_schema.name"),
        ("no", "text.format", "response_format"),
        ("no", "reasoning", "reasoning_effort"),
        ("no", "top_p.Float", "top_p"),
        ("no", "temperature", "temperature"),
        ("no", "assistant_id", ""),
        ("no", "[0]", ""),
        ("no", "...", ""),
        # a name in quotes
        ("Value of 'top_p' is odd", "", "top_p"),
        ("Value of `tools[1].function.name` is odd", "", "tools[1].function.name"),
        ('Not "nothing", but "description"', "", "description"),
        ("Value of 'top_p' is odd", "input", "top_p"),
        # param before quoted name
        ("Value of 'top_p' is odd", "temperature", "temperature"),
        # a function's name
        ("Function 'f' is refused", "", "tools[2]"),
        ("Function 'f' is refused", "tools", "tools[2]"),
        ("Function 'unheard' is refused", "tools", "tools"),
        ("Function 'unheard' is refused", "", ""),
        # an id in quotes or brackets
        ("The model `gpt-5.2` does not exist", "", "model"),
        ("No file found with id 'file_2'", "", "tool_resources.code_interpreter.file_ids[1]"),
        ("Vector store [vs_9] not found", "", "tool_resources.file_search.vector_store_ids[0]"),
        # none
        ("Something went wrong.", "", ""),
        ("", "", ""),
    ],
)
def test_evidence_in_order(message: str, given: str, param: str) -> None:
    found = blamed(message, given)
    assert found.param == param
    assert contract.plain(found) == message


def test_the_only_schema_is_meant_where_nothing_else_is_said() -> None:
    message = "144 parameters exceed the limit of 100"
    reply = document(response_format=REPLY, tools=[function()])
    assert blamed(message, doc=reply).param == FORMAT
    assert blamed(message, doc=document(tools=[{}, function(parameters={})])).param == (
        "tools[1].function.parameters"
    )
    assert blamed(message, doc=document()).param == ""


def test_old_limits_are_to_be_learned() -> None:
    assert blamed("144 parameters exceed the limit of 100").data["strict_limits"] == "old"
    assert blamed("6 levels of nesting exceeds limit of 5").data["strict_limits"] == "old"
    assert "strict_limits" not in blamed("5001 parameters exceed the limit of 5000").data
    assert "strict_limits" not in blamed("no").data


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("quota", "No more today.", "quota"),
        ("", "No more today.", "refused"),
        ("string_above_max_length", "Too long.", "string_above_max_length"),
        ("invalid_json_schema", "Wrong: In context=()", "invalid_json_schema"),
    ],
)
def test_a_message_of_no_known_shape_keeps_its_code_and_words(
    code: str, message: str, expected: str
) -> None:
    found = blamed(message, "instructions", code)
    assert (found.code, found.data["kind"]) == (expected, "upstream")
    assert contract.plain(found) == message


def test_messages_are_cut() -> None:
    assert len(blamed("'instructions' " + "x" * 100_000).message) == 500


def test_a_message_cut_within_its_context_still_leads_somewhere() -> None:
    assert (
        blamed(OF_F + "In context=('properties', 'a', 'any…").param == f"{PARAMETERS}.properties.a"
    )
