"""Long texts: headings, hidden characters, find and replace, insert."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app.forms import texts

TEXT = "# Role 😀\nYou help.\n\n```\n# no heading\n```\n## Rules ##\nBe kind.\n#tag\n"
ZERO, SPACE = "\u200b", "\u00a0"


def test_headings_have_their_line_and_their_place_in_a_browsers_box() -> None:
    found = [(one.level, one.text, one.line, one.at) for one in texts.headings(TEXT)]
    place = len(TEXT[: TEXT.index("## Rules")].encode("utf-16-le")) // 2
    assert found == [(1, "Role 😀", 1, 0), (2, "Rules", 7, place)]


@pytest.mark.parametrize(
    ("line", "title"), [("# a #", "a"), ("# a#", "a#"), ("# #", "#"), ("#  b\t##  ", "b")]
)
def test_the_sign_that_closes_a_heading_is_no_part_of_it(line: str, title: str) -> None:
    assert [one.text for one in texts.headings(line)] == [title]


@pytest.mark.parametrize("line", ["# {}x", "# {}#", "{}#", "`{}`"])
def test_a_long_line_takes_no_longer_than_its_length(line: str) -> None:
    assert len(texts.headings(line.format(" " * 250_000))) <= 1


@given(st.text(alphabet="#`~ \na😀\u200b", max_size=80))
def test_sections_joined_are_the_text_but_for_empty_ones(text: str) -> None:
    joined = "\n".join(one.text for one in texts.sections(text))
    assert joined.replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")


def test_hidden_characters_by_kind_and_place() -> None:
    found = texts.hidden(f"a{ZERO}\nbc{SPACE}d{ZERO}{ZERO}")
    assert [(one.point, one.count, list(one.places)) for one in found] == [
        ("U+200B", 3, [(1, 2), (2, 5), (2, 6)]),
        ("U+00A0", 1, [(2, 3)]),
    ]


@pytest.mark.parametrize("text", ["plain", "a\tb\n", "👩\u200d👩", "\u0645\u06cc\u200c\u062e", ""])
def test_what_belongs_to_a_script_or_an_emoji_is_not_hidden(text: str) -> None:
    assert texts.hidden(text) == []
    assert texts.cleaned(text) == text


def test_cleaning_takes_out_one_kind_or_all_and_keeps_words_apart() -> None:
    text = f"a{ZERO}b{SPACE}c"
    assert texts.cleaned(text, "U+200B") == f"ab{SPACE}c"
    assert texts.cleaned(text) == "ab c"


@given(st.text(alphabet=f"a{ZERO}{SPACE}\u200d\n", max_size=40))
def test_after_cleaning_nothing_is_hidden(text: str) -> None:
    assert texts.hidden(texts.cleaned(text)) == []


@pytest.mark.parametrize(
    ("words", "exact", "times"), [("REFUND", True, 0), ("REFUND", False, 2), (".", True, 1)]
)
def test_finding_takes_the_words_as_they_are(words: str, exact: bool, times: int) -> None:
    assert texts.occurrences("Refund a refund.", words, exact=exact)[0] == times


def test_a_hit_shows_its_line() -> None:
    _, hits = texts.occurrences("one\ntwo refund three\nfour", "refund", exact=True)
    assert [(h.line, h.before, h.text, h.after) for h in hits] == [(2, "two ", "refund", " three")]


def test_a_long_line_is_cut_between_words_and_says_so() -> None:
    text = "first line\n" + "before " * 9 + "refund" + " after" * 9
    at = text.index("refund")
    assert texts.around(text, at, at + 6, reach=15) == ("…before before ", " after after…")
    assert texts.around(text, 0, 5) == ("", " line")
    assert texts.around("x" * 99, 50, 51, reach=3) == ("…xxx", "xxx…")


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ("Be kind. Be brief.", "Be kind. Be very brief.", "Be very brief."),
        ("# Role\nHelp.", "# Role\n\nHelp.\nNever guess", "Never guess"),
        ("Be kind. Be brief.", "Be kind.", ""),
        ("", "", ""),
    ],
)
def test_the_first_words_that_are_new(before: str, after: str, new: str) -> None:
    assert texts.first_new(before, after) == new


def test_replacing_puts_in_the_letters_as_typed() -> None:
    assert texts.replaced("a.b.c", ".", r"\1$&", exact=True) == (r"a\1$&b\1$&c", 2)


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("Hello.", None, "Hello.\n\nMore.\n"),
        ("", None, "More."),
        ("😀ab", (2, 3), "😀More.b"),
        ("ab", (1, 99), "aMore."),
        ("ab", (2, 0), "More."),
    ],
)
def test_inserting_at_the_end_or_in_place_of_a_selection(
    text: str, span: tuple[int, int] | None, expected: str
) -> None:
    assert texts.inserted(text, "More.", span) == expected
