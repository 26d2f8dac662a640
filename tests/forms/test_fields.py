"""Fields that keep what was typed: text, numbers and JSON in their spelling."""

from __future__ import annotations

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.forms.fields import JSONText, KeptText, NumberText, located

TOOLS = JSONText("tools", shape=(list,))
REPLY = JSONText("response_format", shape=(str, dict), bare=("auto",))
NUMBER = NumberText("temperature")
TEXT = KeptText("instructions")
KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
json_values = st.recursive(
    st.booleans() | st.integers() | KEYS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner | st.none(), max_size=4)
        | st.dictionaries(KEYS, inner | st.none(), max_size=4)
    ),
    max_leaves=12,
)


def said(field: KeptText, text: str) -> list[str]:
    with pytest.raises(forms.ValidationError) as caught:
        field.read(text, None)
    return caught.value.messages


@pytest.mark.parametrize(
    ("typed", "spelling"),
    [
        ("0.30", "0.30"),
        (" 1 ", "1"),
        ("1.0", "1.0"),
        ("1e0", "1e0"),
        ("-0", "-0"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("2.0001", "2.0001"),
        ("12345678901234567890", "12345678901234567890"),
    ],
)
def test_a_number_keeps_its_spelling(typed: str, spelling: str) -> None:
    assert contract.dumps(NUMBER.read(typed, None)) == spelling


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("1,5", "Must be a number. Use a point, not a comma."),
        (",5", "Must be a number. Use a point, not a comma."),
        ("abc", "Must be a number."),
        ("1 000", "Must be a number."),
        ("0x10", "Must be a number."),
        ("+1", "Must be a number."),
        ("1.", "Must be a number."),
        ("true", "Must be a number."),
        ('"1"', "Must be a number."),
        ("\u0661", "Must be a number."),
        ("NaN", "Must be a finite number."),
        ("-Infinity", "Must be a finite number."),
        ("1e999", "Must be a finite number."),
        ("9" * 5000, "A number here has more than 400 digits."),
    ],
)
def test_what_is_no_number(typed: str, message: str) -> None:
    assert said(NUMBER, typed) == [message]


@pytest.mark.parametrize("field", [NUMBER, TOOLS, REPLY, TEXT])
def test_empty_is_unset(field: KeptText) -> None:
    assert field.read("", None) is None
    assert field.shown(None) == ""


@given(json_values)
def test_an_unchanged_box_reads_as_the_stored_tree(value: contract.JSON) -> None:
    stored = contract.parse(contract.dumps(value))
    field = JSONText("tools", shape=(object,))
    shown = field.shown(stored).replace("\n", "\r\n")  # as a browser sends it
    assert contract.dumps(field.read(shown, stored)) == contract.dumps(stored)
    assert field.read(shown, stored) is stored


def test_key_order_and_number_spelling_are_content() -> None:
    text = '[{"type": "function", "b": 1.50, "a": 12345678901234567890, "2": 1e3}]'
    stored = TOOLS.read(text, None)
    assert contract.dumps(stored) == text.replace(": ", ":").replace(", ", ",")
    moved = TOOLS.read('[{"b": 1.50, "type": "function", "a": 1, "2": 1e3}]', stored)
    assert list(moved[0]) == ["b", "type", "a", "2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"type" "x"}]', "Not valid JSON at line 1, column 10. A colon is missing."),
        ("[\r\n  1\r\n  2\r\n]", "Not valid JSON at line 3, column 3. A comma is missing"),
        ("[1, ]", "A value is missing"),
        ('["a', "A closing quote is missing."),
        ("[] []", "Something stands behind the end."),
        ("[NaN]", "Line 1, column 2: Not valid JSON: NaN and Infinity are not numbers."),
        ('[{"a": 1,\n"a": 2}]', 'Line 2, column 1: "a" appears more than once.'),
        ('["\\u0000"]', "Contains a NUL character at position 1."),
        ('["\\ud800"]', "Contains half of a character pair at position 1."),
        ("[" * 65 + "]" * 65, "Nested more than 64 levels."),
        ("{}", "Must be a list."),
        ("1", "Must be a list."),
    ],
)
def test_what_is_not_json_yet(text: str, message: str) -> None:
    assert message in said(TOOLS, text)[0]


def test_a_long_text_is_read_and_left_to_the_check_of_the_document() -> None:
    """Indented, what was stored may be several times as long as it counts."""
    stored = [{"type": "x", "values": ["y"] * 200_000}]
    shown = TOOLS.shown(stored)
    assert len(shown) > 1_048_576 > len(contract.dumps(stored))
    assert TOOLS.read(shown, stored) is stored


def test_every_fault_of_a_readable_text_is_listed() -> None:
    assert len(said(TOOLS, '[NaN, {"a": 1, "a": 2}, 1e999]')) == 3


@pytest.mark.parametrize("text", ["auto", '"auto"', ' "auto"\r\n'])
def test_auto_needs_no_quotes(text: str) -> None:
    assert REPLY.read(text, None) == "auto"
    assert REPLY.shown("auto") == '"auto"'


@given(KEYS)
def test_text_comes_back_byte_for_byte(stored: str) -> None:
    """Shown in a text area, sent back untouched: the stored text, whatever its line ends."""
    sent = stored.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    assert (TEXT.read(sent, stored) or "") == stored


@pytest.mark.parametrize(
    ("text", "position"), [("\0", 1), ("abcd\0", 5), ("a\r\nb\0", 4), ("\0\0", 1)]
)
@pytest.mark.parametrize("field", [TEXT, NUMBER, TOOLS])
def test_nul_is_named_by_its_place(field: KeptText, text: str, position: int) -> None:
    with pytest.raises(forms.ValidationError) as caught:
        field.run_validators(text)
    assert caught.value.messages == [f"Contains a NUL character at position {position}."]
    assert caught.value.code == "refused"


def test_a_problem_inside_a_box_is_located() -> None:
    text = '[\n  {\n    "type": "function",\n    "function": {\n      "name": "a b"\n    }\n  }\n]'
    found = contract.check({"model": "gpt-5.2", "tools": contract.parse(text)}, "create")
    assert [located(one, text) for one in found] == [
        "Line 5, ability 1, Function name: Only a-z, A-Z, 0-9, _ and - are allowed."
    ]


def test_what_is_missing_is_placed_at_its_parent() -> None:
    text = '[\n  {"type": "function"}\n]'
    found = contract.check({"model": "gpt-5.2", "tools": contract.parse(text)}, "create")
    assert located(found[0], text) == "Line 2, ability 1, function: Required."
