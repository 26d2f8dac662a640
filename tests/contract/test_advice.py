"""Lints: each with its level, place and both sentences; none at `/v1` (contract.md section 6)."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import words
from tests.contract import trees
from tests.contract.advised import DAY, LINTS, advice
from tests.contract.judged import CONNECTED, document, function

FILES = "tool_resources.code_interpreter.file_ids"
STORES = "tool_resources.file_search.vector_store_ids"


def asking(text: str, *names: str, **more: Any) -> contract.Document:
    """A document with these instructions and a function of each name."""
    return document(instructions=text, tools=[function(name=name) for name in names], **more)


# --- texts ---------------------------------------------------------------------------------------
JSON_OBJECT = {"type": "json_object"}
NO_JSON = (
    "warning",
    "instructions",
    "The instructions never mention JSON; upstream may refuse.",
)


@pytest.mark.parametrize("text", [None, "", "Answer briefly.", "J S O N", 5])
def test_json_is_asked_for_and_the_instructions_do_not_say_so(text: Any) -> None:
    doc = document(response_format=JSON_OBJECT, instructions=text)
    assert NO_JSON in advice(doc)
    del doc["instructions"]
    assert advice(doc) == [NO_JSON]


@pytest.mark.parametrize("text", ["as JSON", "json", "Use Json.", "a.json"])
def test_any_mention_of_json_is_enough(text: str) -> None:
    assert advice(document(response_format=JSON_OBJECT, instructions=text)) == []


@pytest.mark.parametrize("wanted", ["auto", None, {"type": "text"}, {"type": ["json_object"]}, {}])
def test_other_shapes_of_the_reply_need_no_word(wanted: Any) -> None:
    assert advice(document(response_format=wanted, instructions="Answer briefly.")) == []


@pytest.mark.parametrize(
    ("text", "point", "position"),
    [
        ("a\u202eb", "U+202E", 2),
        ("\ufeffa", "U+FEFF", 1),
        ("\u200b", "U+200B", 1),
        ("ab\u2066c\u2069", "U+2066", 3),
        ("a\ue000", "U+E000", 2),
        ("a\U0010fffd", "U+10FFFD", 2),
        ("a\U000e0041", "U+E0041", 2),
        ("a\u200db", "U+200D", 2),
        ("\u200c", "U+200C", 1),
    ],
)
def test_a_character_that_cannot_be_seen_is_placed(text: str, point: str, position: int) -> None:
    said = f"Contains {point}, which cannot be seen, at position {position}."
    assert advice(document(instructions=text)) == [("hint", "instructions", said)]


@pytest.mark.parametrize(
    "text",
    [
        "plain\r\n\ttext",
        "👩\u200d💻 ❤\ufe0f\u200d🔥",
        "\u0645\u06cc\u200c\u062e\u0648",
        "क्\u200dष",
        "é \u00a0",
        "日本",
    ],
)
def test_joiners_where_they_belong_are_no_secret(text: str) -> None:
    assert advice(document(instructions=text, name="\u200bn")) == []


@pytest.mark.parametrize("name", [" ", "\t\n", "\u00a0", "\u200b", " \ufeff "])
def test_a_name_of_blanks_only(name: str) -> None:
    blank = [("hint", "name", "No visible characters.")]
    assert advice(document(name=name)) == blank
    assert advice(document(name=name, description=name)) == blank


def test_both_kinds_of_sampling() -> None:
    both = [("hint", "top_p", "Change one of the two, not both.")]
    assert advice(document(temperature=0.2, top_p=0.5)) == both
    assert advice(document(temperature=0.2, top_p=1.0)) == []
    assert advice(document(temperature=True, top_p=0.5)) == []
    assert advice(document(temperature="0.2", top_p=0.5)) == []


# --- tools ---------------------------------------------------------------------------------------
def test_a_function_named_in_the_instructions_that_no_tool_has() -> None:
    said = [("hint", "instructions", 'No function here is called "get_order".')]
    for text in ("Call `get_order` first.", "`get_order`, `get_order`", "Use `get_order(id)`."):
        assert advice(asking(text)) == said
        assert advice(asking(text, "send_mail")) == said
    assert advice(asking("Use `getOrder`."))[0][2] == 'No function here is called "getOrder".'
    assert advice(asking("Use `look()`."))[0][2] == 'No function here is called "look".'


@pytest.mark.parametrize("text", ["`get_ordr`", "Call `get_orders()`.", "`getorder`"])
def test_a_near_miss_is_offered(text: str) -> None:
    name = text.strip("`Cal .()").strip("`()")
    assert advice(asking(text, "send_mail", "get_order")) == [
        (
            "hint",
            "instructions",
            f'No function here is called "{name}". Did you mean "get_order"?',
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Call `get_order`, then get_ordr.",
        "Answer `true` or `null` in `JSON`, never `MAX_SIZE` or `gpt-4o`.",
        "Use `file_search` and `code_interpreter`.",
        "```get_thing```",
        "`get thing` `1get_thing` ``get_thing``",
        "`" + "a_" * 40 + "`",
        5,
    ],
)
def test_what_is_no_missing_function_is_left_alone(text: Any) -> None:
    assert advice(asking(text, "get_order")) == []


def test_names_of_inputs_and_allowed_values_are_no_functions() -> None:
    schema = {
        "type": "object",
        "properties": {"order_id": {"enum": ["in_progress", 5]}, "odd": {"properties": [["x"]]}},
    }
    doc = document(
        instructions="Give `order_id`, `in_progress` or `reply_text`.",
        tools=[function(name="get_order", parameters=schema)],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "r", "schema": {"properties": {"reply_text": {}}}},
        },
    )
    assert [one for one in advice(doc) if "function" in one[2]] == []


def test_other_kinds_of_tools_may_bring_functions_of_their_own() -> None:
    doc = document(instructions="Call `get_order`.", tools=[{"type": "openapi"}])
    assert advice(doc)[1:] == []
    doc["tools"].append(function(name="get_orders"))
    assert "get_orders" in advice(doc)[-1][2] + advice(doc)[0][2]


def test_at_most_twenty_unknown_functions_are_named() -> None:
    text = " ".join(f"`look_up_{number}`" for number in range(50))
    assert len(advice(document(instructions=text))) == 20


def test_files_for_an_ability_that_is_off() -> None:
    resources = {
        "code_interpreter": {"file_ids": ["file_1"]},
        "file_search": {"vector_store_ids": ["vs_1"]},
    }
    off = "This ability is switched off; the {} have no effect."
    assert advice(document(tool_resources=resources)) == [
        ("hint", FILES, off.format("files")),
        ("hint", STORES, off.format("collections")),
    ]
    on: Any = [{"type": "file_search"}, {"type": "code_interpreter"}]
    assert advice(document(tools=on, tool_resources=resources)) == []


@pytest.mark.parametrize(
    "resources",
    [None, {}, [], {"file_search": None}, {"file_search": {"vector_store_ids": []}}],
)
def test_a_search_without_anything_to_search(resources: Any) -> None:
    tools = [{"type": "code_interpreter"}, 5, {"type": "file_search"}]
    said = "No collection is chosen, so there is nothing to search."
    doc = document(tools=tools, tool_resources=resources)
    assert ("hint", "tools[2]", said) in advice(doc)


@pytest.mark.parametrize(
    ("size", "overlap", "is_said"),
    [(800, 400, False), (800, 401, True), (101, 50, False), (101, 51, True), ("x", 9, False)],
)
def test_an_overlap_of_more_than_half_a_chunk_is_an_error(
    size: Any, overlap: Any, is_said: bool
) -> None:
    static = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}
    store = {"chunking_strategy": {"type": "static", "static": static}}
    doc = document(tool_resources={"file_search": {"vector_stores": [{}, 5, store]}})
    place = "tool_resources.file_search.vector_stores[2].chunking_strategy.static"
    said = [
        (one.level, one.param, contract.plain(one))
        for one in contract.check(doc, "create")
        if one.code == "static_overlap"
    ]
    sentence = f"{overlap} tokens; the limit is {size // 2 if is_said else 0}, half of a chunk."
    assert said == ([("error", f"{place}.chunk_overlap_tokens", sentence)] if is_said else [])


# --- servers -------------------------------------------------------------------------------------
def test_a_server_with_a_smaller_limit() -> None:
    smaller = replace(CONNECTED, instructions_max=32_768)
    assert advice(document(instructions="i" * 32_768), "create", smaller) == []
    assert advice(document(instructions="i" * 32_769), "create", smaller) == [
        ("warning", "instructions", "32,769 characters; the connected server takes 32,768.")
    ]
    # Beyond the API's own limit the error says enough.
    assert advice(document(instructions="i" * 256_001), "create", smaller) == []


def test_a_field_that_the_server_does_not_keep() -> None:
    forgetful = CONNECTED.with_learned({"keeps": {"description": False, "top_p": False}})
    lost = ("warning", "description", "The connected server does not keep this.")
    assert advice(document(description="d", top_p=1.0), "create", forgetful) == [lost]
    assert advice(document(description="", top_p=None), "create", forgetful) == []


# --- models --------------------------------------------------------------------------------------
# --- where and how -------------------------------------------------------------------------------
EVERYTHING: dict[str, Any] = {
    "top_p": 0.5,
    "temperature": 0.5,
    "name": " ",
    "response_format": JSON_OBJECT,
    "instructions": "\u200b `get_ordr` `send_it`",
    "tools": [function(name="get_order"), {"type": "file_search"}, {"type": "odd"}],
    "reasoning_effort": "low",
    "tool_resources": {"code_interpreter": {"file_ids": ["f"]}},
    "model": "gpt-4",
}


def test_lints_come_in_document_order_among_the_errors() -> None:
    doc = {**EVERYTHING, "description": 5, "tools": [*EVERYTHING["tools"], {}]}
    places = [one.path[0] for one in contract.check(doc, "create", today=DAY)]
    assert list(dict.fromkeys(places)) == [key for key in doc if key != "temperature"]


@pytest.mark.parametrize("op", ["create", "import", "modify"])
def test_lints_are_heard_where_people_work(op: str) -> None:
    codes = {one.code for one in contract.check(EVERYTHING, op, today=DAY)}
    assert codes >= {"json_word_missing", "blank_text", "unknown_tool_type", "model_effort"}
    assert not [one for one in contract.check(EVERYTHING, op) if one.level == "error"]


@given(trees.DOCUMENTS | trees.ODD_DOCUMENTS)
def test_v1_knows_no_lints(doc: contract.Document) -> None:
    assert contract.check(EVERYTHING, "serve") == []
    assert not {one.code for one in contract.check(doc, "serve")} & LINTS
    for op in ("serve", "serve-modify"):
        assert {one.level for one in contract.check(doc, op)} <= {"error", "warning"}


@pytest.mark.parametrize(
    "changes",
    [
        {"response_format": JSON_OBJECT},
        {"instructions": "Call `get_order`."},
        {"tools": [{"type": "file_search"}]},
        {"tool_resources": {"code_interpreter": {"file_ids": ["f"]}}},
        {"reasoning_effort": "none", "temperature": 0.2},
    ],
)
def test_a_modify_is_not_blamed_for_what_it_leaves_unchanged(changes: Any) -> None:
    assert advice(changes, "modify") == []


@given(trees.DOCUMENTS | trees.ODD_DOCUMENTS, st.sampled_from(contract.MODELS))
def test_whatever_is_said_has_both_sentences(doc: contract.Document, model: str) -> None:
    for found in contract.check({**doc, "model": model}, "create", CONNECTED):
        assert (found.code, found.data.get("kind", "")) in words.SENTENCES
        assert found.message.strip()
        assert contract.plain(found).strip()


def test_lints_of_a_long_text_are_quick() -> None:
    names = [f"look_up_{'x' * 40}_{number}" for number in range(128)]
    text = " ".join(f"`ask_for_{'y' * 40}_{number}`" for number in range(4_000))
    doc = asking(text[:256_000], *names)
    began = time.perf_counter()
    assert len(advice(doc)) == 20
    assert time.perf_counter() - began < 2
