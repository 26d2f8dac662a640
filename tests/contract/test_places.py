"""`contract.in_words`: where something is, in words that people use."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from tests.contract import trees

DOC = {
    "tools": [
        {"type": "code_interpreter"},
        {"type": "function", "function": {"name": "get_order", "parameters": {}}},
        {"type": "function", "function": {}},
        {"type": "browser"},
    ]
}
INPUTS = ("tools", 1, "function", "parameters")
REPLY = ("response_format", "json_schema", "schema")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ((), ""),
        (("name",), ""),
        (("tools",), ""),
        (("tools", 0), "Run code and read data files"),
        (("tools", 0, "type"), "Run code and read data files, type"),
        (("tools", 1), "get_order"),
        (("tools", 1, "function"), "get_order"),
        (("tools", 1, "function", "name"), "get_order, Function name"),
        (("tools", 1, "function", "odd"), "get_order, odd"),
        (INPUTS, "get_order, Inputs"),
        ((*INPUTS, "properties", "city"), "get_order, input city"),
        ((*INPUTS, "properties"), "get_order, inputs"),
        ((*INPUTS, "properties", "a", "items", "properties", "b", "type"),
         "get_order, input a, each entry, input b, type"),
        ((*INPUTS, "required"), "get_order, Must always be filled in"),
        ((*INPUTS, "properties", "a", "enum", 2), "get_order, input a, Allowed values, entry 3"),
        ((*INPUTS, "anyOf", 0), "get_order, choice 1"),
        ((*INPUTS, "anyOf"), "get_order, anyOf"),
        ((*INPUTS, "$defs", "Address"), "get_order, definition Address"),
        ((*INPUTS, "$defs"), "get_order, definition"),
        (("tools", 2), "ability 3"),
        (("tools", 3, "type"), "ability 4, type"),
        (("tools", 9, "function", "name"), "ability 10, Function name"),
        ((*REPLY, "properties", "total"), "field total"),
        (("response_format", "json_schema", "name"), "name"),
        (("response_format", "type"), "type"),
        (("metadata", "team"), "team"),
        (("tool_resources", "code_interpreter", "file_ids", 2),
         "Files for the code ability, entry 3"),
        (("tool_resources", "browser", "ids"), "browser, ids"),
    ],
)  # fmt: skip
def test_a_place_is_said_as_people_say_it(path: tuple[str | int, ...], words: str) -> None:
    assert contract.in_words(path, DOC) == words


def test_what_we_say_can_be_translated_and_what_people_wrote_stays() -> None:
    path = (*INPUTS, "properties", "input", "enum", 0)
    said = contract.in_words(path, DOC, lambda text: text.replace("input", "Eingabe"))
    assert said.startswith("get_order, Eingabe input, ")


STEPS = st.lists(
    st.sampled_from([*contract.FIELDS, "function", "parameters", "properties", "items", "anyOf"])
    | st.integers(0, 300)
    | st.text(max_size=9),
    max_size=9,
).map(tuple)


@given(STEPS, trees.DOCUMENTS | trees.ODD_DOCUMENTS | trees.TREES | st.just(DOC))
def test_any_path_into_anything_has_words(path: tuple[str | int, ...], doc: Any) -> None:
    words = contract.in_words(path, doc)
    assert isinstance(words, str)
    assert not any("\ud800" <= character <= "\udfff" for character in words)
