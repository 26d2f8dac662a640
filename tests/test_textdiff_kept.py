"""textdiff.kept: folds that are opened, lines that move, and a second look that costs nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import textdiff
from assistants_app.textdiff import kept

LINES = [f"This is line {n} of the text." for n in range(1, 31)]
OLD = "\n".join(LINES)


def edited(*lines: tuple[int, str]) -> str:
    new = list(LINES)
    for at, text in lines:
        new[at - 1] = text
    return "\n".join(new)


NEW = edited((20, "This is line 20 of the new text."))


def test_it_is_the_difference_that_there_is() -> None:
    for context in (None, 3, 0):
        expected = textdiff.difference(OLD, NEW, context=context)
        assert kept.difference(OLD, NEW, context=context) == expected


def test_a_fold_is_opened_by_its_first_line() -> None:
    folds = [row for row in kept.difference(OLD, NEW).rows if row.kind == "fold"]
    assert [(row.new_no, row.hidden) for row in folds] == [(1, 16), (24, 7)]
    rows = kept.difference(OLD, NEW, opened={24}).rows
    assert [row.hidden for row in rows if row.kind == "fold"] == [16]
    assert [row.new_no for row in rows[-7:]] == list(range(24, 31))
    assert kept.behind(OLD, NEW, 24, 30) == rows[-7:]
    assert [row.new_no for row in kept.behind(OLD, NEW, 19, 21)] == [19, 21]


def test_a_marked_line_is_shown_with_those_around_it() -> None:
    rows = kept.difference(OLD, NEW, marked={8}).rows
    assert [(r.new_no, r.hidden) for r in rows if r.kind == "fold"] == [(1, 4), (12, 5), (24, 7)]
    assert [r.new_no for r in rows if r.new_no and 4 < r.new_no < 12] == list(range(5, 12))
    assert kept.difference(OLD, NEW, marked={20}) == kept.difference(OLD, NEW)


@pytest.mark.parametrize(
    ("after", "where"),
    [
        (OLD, (5, 6)),
        ("A new first line.\n" + OLD, (6, 7)),
        (edited((5, "This is line 5 of the edited text.")), (5, 6)),  # edited, and still there
        ("\n".join(LINES[:4] + LINES[5:]), (5, 5)),  # half of it
        ("\n".join(LINES[:4] + LINES[6:]), None),
        (edited((5, "Nothing like it"), (6, "nor this")), None),
        ("", None),
    ],
)
def test_lines_move_with_the_difference(after: str, where: tuple[int, int] | None) -> None:
    assert kept.moved(OLD, after, 5, 6) == where


def test_a_sentence_of_a_long_line_moves_with_its_line() -> None:
    long = "One sentence of many. " * 40
    assert kept.moved(f"a\n{long}", f"b\na\n{long}And one more.", 2, 2) == (3, 3)


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_a_line_that_stayed_is_found_with_its_text(old: list[str], new: list[str]) -> None:
    for line in range(1, len(old) + 1):
        where = kept.moved("\n".join(old), "\n".join(new), line, line)
        if where:
            assert new[where[0] - 1] == old[line - 1]


def test_a_second_look_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = kept.difference(OLD, NEW)
    monkeypatch.setattr(textdiff, "difference", None)
    assert kept.difference(OLD, NEW) == first
