"""`contract.parse`: the one JSON parser (security.md section 4)."""

from __future__ import annotations

import copy
import json
import pickle
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract.ordered_json import _syntax
from assistants_app.errors import InvalidDocument
from tests.contract import trees


def refused(data: str | bytes, limit: int | None = None) -> list[contract.Problem]:
    with pytest.raises(InvalidDocument) as caught:
        contract.parse(data, limit=limit)
    return list(caught.value.problems)


def only(problems: list[contract.Problem]) -> contract.Problem:
    (found,) = problems
    return found


@given(trees.TEXTS)
def test_parsing_and_writing_gives_the_text_back(text: str) -> None:
    assert contract.dumps(contract.parse(text)) == text


@given(trees.TEXTS)
def test_values_are_those_of_the_standard_library(text: str) -> None:
    assert contract.parse(text) == json.loads(text)
    assert contract.parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "1.50",
        "1e3",
        "1E+2",
        "-0",
        "-0.0",
        "0.30",
        "1e23",
        "100000000000000000000",
        "2e-7",
        "[1,1.0]",
    ],
)
def test_a_number_keeps_its_spelling(text: str) -> None:
    assert contract.dumps(contract.parse(text)) == text


def test_numbers_are_numbers_with_a_text_and_never_texts() -> None:
    number, zero, plain = contract.parse("[1.50, -0, 12]")  # type: ignore[misc]
    assert isinstance(number, float)
    assert number == 1.5
    assert number.text == "1.50"  # type: ignore[attr-defined]
    assert isinstance(zero, int)
    assert zero == 0
    assert zero.text == "-0"  # type: ignore[attr-defined]
    assert type(plain) is int
    assert not isinstance(number, str)


def test_a_copied_or_pickled_tree_keeps_its_spelling() -> None:
    tree = contract.parse('{"a":[1.50,-0,1e3]}')
    for again in (copy.deepcopy(tree), pickle.loads(pickle.dumps(tree))):  # noqa: S301
        assert contract.dumps(again) == '{"a":[1.50,-0,1e3]}'


def test_true_is_no_number_and_one_is_not_true() -> None:
    assert contract.parse("true") is True
    assert contract.parse("1") is not True


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ('{"type" "object"}', 1, 9, "colon"),
        ('{"model":', 1, 10, "value"),
        ("not JSON", 1, 1, "value"),
        ("", 1, 1, "value"),
        ('{"a":1,}', 1, 8, "name"),
        ('{\n"a": 1\n"b": 2}', 3, 1, "comma"),
        ('{\r\n"a": tru}', 2, 6, "value"),
        ('["a]', 1, 2, "quote"),
        ("[1] 2", 1, 5, "end"),
        ('["\t"]', 1, 3, ""),
        ('["\\x"]', 1, 3, ""),
        ("[01]", 1, 3, "comma"),
        ("{'a':1}", 1, 2, "name"),
        ("[1,]", 1, 4, "value"),
    ],
)
def test_broken_json_is_named_by_line_and_column(
    text: str, line: int, column: int, expected: str
) -> None:
    found = only(refused(text))
    assert (found.code, found.param, found.level) == ("invalid_json", "", "error")
    assert contract.plain(found) == f"Not valid JSON at line {line}, column {column}."
    assert (found.data["line"], found.data["column"]) == (line, column)
    assert found.data["expected"] == expected


def test_the_place_of_a_trailing_comma_does_not_depend_on_the_python() -> None:
    text = '{"a":1 , }'
    newer = json.JSONDecodeError("Illegal trailing comma before end of object", text, 7)
    assert _syntax(text, newer).data["column"] == only(refused(text)).data["column"] == 10


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_nan_and_infinity_are_no_numbers(text: str) -> None:
    found = only(refused(f'{{"model":"m",\n "temperature":{text}}}'))
    assert (found.param, found.code) == ("temperature", "invalid_json")
    assert contract.plain(found) == "Not valid JSON: NaN and Infinity are not numbers."
    assert (found.data["line"], found.data["column"]) == (2, 16)


@pytest.mark.parametrize("text", ["1e999", "-1e999", "1" + "0" * 309 + ".5"])
def test_a_number_must_be_finite(text: str) -> None:
    found = only(refused(f'{{"top_p":{text}}}'))
    assert (found.param, found.code) == ("top_p", "invalid_value")
    assert contract.plain(found) == "Must be a finite number."


@pytest.mark.parametrize("text", ["9" * 401, "9" * 5000, "0." + "1" * 400, "-" + "1" * 401])
def test_a_number_has_at_most_400_digits(text: str) -> None:
    found = only(refused(f"[{text}]"))
    assert (found.param, found.code) == ("[0]", "invalid_value")
    assert contract.plain(found) == "A number here has more than 400 digits."


@pytest.mark.parametrize("text", ["9" * 400, "-" + "9" * 400, "0." + "1" * 399])
def test_400_digits_are_kept(text: str) -> None:
    assert contract.dumps(contract.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "param", "line", "column"),
    [
        ('{"model":"a","model":"b"}', "model", 1, 14),
        ('{"metadata":{"team":"a",\n"team":"a"}}', "metadata.team", 2, 1),
        ('[{"a":1},{"a":{"b":1,"b":2}}]', "[1].a.b", 1, 22),
        ('{"a":1,"\\u0061":2}', "a", 1, 8),
        ('{"a":1,"a":2,"a":3}', "a", 1, 8),
    ],
)
def test_a_key_stands_once(text: str, param: str, line: int, column: int) -> None:
    found = only(refused(text))
    assert (found.code, found.param) == ("duplicate_key", param)
    assert contract.plain(found) == f'"{param.split(".")[-1]}" appears more than once.'
    assert (found.data["line"], found.data["column"]) == (line, column)


def test_every_fault_is_listed_in_the_order_of_the_text() -> None:
    text = '{"a":NaN,"b":{"c":1e999,"c":1},"d":"x\\u0000","e":[' + "1" * 500 + "]}"
    assert [(found.param, found.code) for found in refused(text)] == [
        ("a", "invalid_json"),
        ("b.c", "invalid_value"),
        ("b.c", "duplicate_key"),
        ("d", "invalid_value"),
        ("e[0]", "invalid_value"),
    ]


@pytest.mark.parametrize(
    ("text", "param", "message"),
    [
        ('{"a":"1234\\u00005"}', "a", "Contains a NUL character at position 5."),
        ('{"a\\u0000":1}', r"['a\u0000']", "Contains a NUL character at position 2."),
        ('["\\ud83d"]', "[0]", "Contains half of a character pair at position 1."),
        ('["é\\uDE00"]', "[0]", "Contains half of a character pair at position 2."),
        ('{"k\\udfff":1}', r"['k\udfff']", "Contains half of a character pair at position 2."),
        ('["\ud83d"]', "[0]", "Contains half of a character pair at position 1."),
    ],
)
def test_nul_and_half_pairs_are_refused_in_keys_too(text: str, param: str, message: str) -> None:
    found = only(refused(text))
    assert (found.code, found.param) == ("invalid_value", param)
    assert contract.plain(found) == message
    found.message.encode()
    assert found.data["line"] == 1


def test_an_escaped_pair_and_an_escaped_backslash_are_fine() -> None:
    assert contract.parse('"\\ud83d\\ude00"') == "😀"
    assert contract.parse('"\\\\u0000 \\\\ud800"') == "\\u0000 \\ud800"


def nested(levels: int, opening: str = "[", closing: str = "]", core: str = "") -> str:
    return opening * levels + core + closing * levels


@pytest.mark.parametrize(
    "text", [nested(64), nested(64, '{"a":', "}", "1"), f"[{nested(63)},{nested(63)}]"]
)
def test_64_levels_are_accepted(text: str) -> None:
    assert contract.dumps(contract.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        nested(65),
        nested(65, '{"a":', "}", "1"),
        nested(900),
        nested(100_000),
        "[" * 100_000,
        f"[1,{nested(64)}]",
    ],
)
def test_more_than_64_levels_are_refused_with_one_sentence(text: str) -> None:
    found = only(refused(text))
    assert (found.code, found.data["kind"]) == ("invalid_json", "depth")
    assert contract.plain(found) == "Nested more than 64 levels."
    assert found.data["line"] == 1
    assert found.data["column"] > 64


def test_depth_is_named_by_the_first_four_steps_of_its_path() -> None:
    deep = '{"tools":[{"function":{"parameters":' + nested(64) + "}}]}"
    assert only(refused(deep)).param == "tools[0].function.parameters"
    unfinished = '{"tools":[{"function":{"parameters":' + "[" * 50_000
    assert only(refused(unfinished)).param == "tools[0].function.parameters"


def test_a_deep_fault_does_not_hide_another_one() -> None:
    found = refused('{"a":[' + nested(64) + '],"b":NaN}')
    assert [one.code for one in found] == ["invalid_json", "invalid_json"]
    assert [one.data["kind"] for one in found] == ["depth", "constant"]


def test_a_text_too_long_for_a_second_look_has_no_place() -> None:
    padding = '"' + "x" * 2_100_000 + '"'
    assert "line" not in only(refused(f"[{padding},NaN]")).data
    deep = only(refused(f"[{padding}," + "[" * 100_000))
    assert contract.plain(deep) == "Nested more than 64 levels."
    assert (deep.param, "line" in deep.data) == ("", False)


@pytest.mark.parametrize(
    ("data", "byte"),
    [
        (b'{"model":"a\xff"}', 12),
        (b"\xff\xfe{\x00}\x00", 1),
        (b'"\xed\xa0\x80"', 2),
        (b'"\xc0\x80"', 2),
        (b'"\xf4\x90\x80\x80"', 2),
        (b'\xef\xbb\xbf"\xff"', 5),
        (b'"\xe2\x82', 2),
    ],
)
def test_bytes_are_strict_utf_8(data: bytes, byte: int) -> None:
    found = only(refused(data))
    assert found.code == "invalid_json"
    assert contract.plain(found) == f"Not UTF-8 at byte {byte}."


def test_a_byte_order_mark_is_dropped_and_can_be_told() -> None:
    assert contract.parse(b"\xef\xbb\xbf{}") == {}
    assert contract.parse("\ufeff{}") == {}
    assert contract.starts_with_bom(b"\xef\xbb\xbf{}")
    assert contract.starts_with_bom("\ufeff{}")
    assert not contract.starts_with_bom("{}")
    assert not contract.starts_with_bom(b"{}")
    assert only(refused("\ufeff\ufeff{}")).data["column"] == 1


@pytest.mark.parametrize("data", ['"' + "x" * 9 + '"', b'"' + b"x" * 9 + b'"', '"éééé"1'])
def test_the_limit_is_in_bytes(data: str | bytes) -> None:
    found = only(refused(data, limit=10))
    assert (found.code, found.param) == ("too_large", "")
    assert contract.plain(found) == "11 bytes; the limit is 10."


def test_exactly_the_limit_is_accepted() -> None:
    assert contract.parse('"éééé"', limit=10) == "éééé"
    assert contract.parse(b'"' + b"x" * 8 + b'"', limit=10) == "x" * 8
    assert only(refused('"\ud800"', limit=5)).code == "invalid_value"
    assert only(refused('"\ud800"', limit=4)).code == "too_large"


def test_large_numbers_in_the_sentence_carry_commas() -> None:
    found = only(refused(b" " * 9_000_000, limit=8_388_608))
    assert contract.plain(found) == "9,000,000 bytes; the limit is 8,388,608."


def test_keys_that_programs_trip_over_are_ordinary() -> None:
    text = '{"constructor":1,"__proto__":{"a":2},"":3}'
    assert contract.dumps(contract.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "[" + ",".join(["NaN"] * 200_000) + "]",
        "[" + ",".join(["[]"] * 200_000) + ",[[",
        "{" + ",".join(['"a":1'] * 200_000) + "}",
        '["' + "\\u0000" * 200_000 + '"]',
        "[" + "1" * 1_000_000 + "]",
    ],
    ids=["constants", "brackets", "equal keys", "escapes", "digits"],
)
def test_a_hostile_text_is_refused_in_time_and_in_few_words(text: str) -> None:
    start = time.process_time()
    found = refused(text)
    assert 1 <= len(found) <= 500
    assert time.process_time() - start < 5


SHARDS = st.sampled_from(
    [
        *("{", "}", "[", "]", ",", ":", '"', '"a"', '"a":', "\\", "\\u0000", "\\ud800", "1", "-"),
        *(
            "0.5",
            "1e999",
            "NaN",
            "-Infinity",
            "true",
            "null",
            " ",
            "\n",
            "é",
            "\ufeff",
            "'",
            "\x01",
        ),
    ]
)


@given(st.lists(SHARDS, max_size=25).map("".join) | st.text(max_size=20))
def test_any_text_is_read_or_refused_with_problems_that_can_be_sent(text: str) -> None:
    try:
        tree = contract.parse(text)
    except InvalidDocument as refusal:
        for found in refusal.problems:
            assert found.level == "error"
            f"{found.param} {found.message} {contract.plain(found)}".encode()
    else:
        assert tree == json.loads(text.removeprefix("\ufeff"))


@given(st.binary(max_size=20))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(InvalidDocument):
        assert contract.parse(data, limit=16) == json.loads(data.removeprefix(b"\xef\xbb\xbf"))
