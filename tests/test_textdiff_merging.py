"""Three texts by lines: nothing is lost, whoever changed alone is followed, overlaps are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import textdiff
from assistants_app.textdiff.merging import Block, Side, merge, result

WORDS = st.sampled_from(["a", "b", "c", "d", "", "A long line.", "日本"])
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r"])
TEXTS = st.lists(st.tuples(WORDS, ENDS), max_size=8).map(lambda rows: "".join(map("".join, rows)))
THREE = st.tuples(TEXTS, TEXTS, TEXTS)
BASE = "one\ntwo\nthree\nfour\nfive\n"


def told(blocks: tuple[Block, ...], side: str) -> str:
    return "".join(text + end for block in blocks for text, end in getattr(block, side))


def kinds(*texts: str) -> list[str]:
    return [block.kind for block in merge(*texts)]


@given(THREE)
def test_the_blocks_cover_all_three_texts(three: tuple[str, str, str]) -> None:
    blocks = merge(*three)
    for side, text in zip(("base", "ours", "theirs"), three, strict=True):
        assert told(blocks, side) == text


@given(TEXTS, TEXTS)
def test_who_changed_alone_is_followed(base: str, text: str) -> None:
    assert result(merge(base, base, text)) == text
    assert result(merge(base, text, base)) == text


@given(TEXTS, TEXTS)
def test_what_both_made_of_it_stays(base: str, text: str) -> None:
    blocks = merge(base, text, text)
    assert result(blocks) == text
    assert {block.kind for block in blocks} <= {"same", "both"}


@given(THREE, st.data())
def test_every_line_comes_from_a_side_and_no_line_is_lost(
    three: tuple[str, str, str], data: st.DataObject
) -> None:
    blocks = merge(*three)
    sides: st.SearchStrategy[Side] = st.sampled_from(["ours", "theirs"])
    picks = {at: data.draw(sides) for at in range(len(blocks))}
    lines: list[str] = []
    for at, block in enumerate(blocks):
        side = picks[at] if block.kind in ("ours", "theirs", "overlap") else "ours"
        lines += [text for text, _ in getattr(block, side)]
    assert textdiff.LINE_END.split(result(blocks, picks)) == (lines or [""])


@given(THREE)
def test_one_side_throughout_is_that_side(three: tuple[str, str, str]) -> None:
    _, ours, theirs = (text.replace("\r\n", "\n").replace("\r", "\n") for text in three)
    base = three[0].replace("\r\n", "\n").replace("\r", "\n")
    blocks = merge(base, ours, theirs)
    for side, text in (("ours", ours), ("theirs", theirs)):
        picks = dict.fromkeys(range(len(blocks)), side)
        assert result(blocks, picks) == text  # type: ignore[arg-type]


def test_changes_of_other_lines_do_not_overlap() -> None:
    ours, theirs = BASE.replace("two", "TWO"), BASE.replace("five", "FIVE")
    assert kinds(BASE, ours, theirs) == ["same", "ours", "same", "theirs", "same"]
    assert result(merge(BASE, ours, theirs)) == "one\nTWO\nthree\nfour\nFIVE\n"


def test_changes_of_neighbouring_lines_do_not_overlap() -> None:
    ours, theirs = BASE.replace("two", "TWO"), BASE.replace("three", "THREE")
    assert kinds(BASE, ours, theirs) == ["same", "ours", "theirs", "same"]
    assert result(merge(BASE, ours, theirs)) == "one\nTWO\nTHREE\nfour\nfive\n"


def test_two_texts_for_one_line_overlap_and_stay_ours_before_someone_chose() -> None:
    ours, theirs = BASE.replace("two", "deux"), BASE.replace("two", "zwei")
    blocks = merge(BASE, ours, theirs)
    assert [block.kind for block in blocks] == ["same", "overlap", "same"]
    assert (blocks[1].first, blocks[1].text("base")) == (2, "two")
    assert result(blocks) == ours
    assert result(blocks, {1: "theirs"}) == theirs


def test_two_additions_at_one_place_overlap() -> None:
    assert kinds(BASE, BASE + "ours", BASE + "theirs")[-1] == "overlap"
    assert "overlap" in kinds("a\nb", "a\nX\nb", "a\nY\nb")


def test_a_line_that_one_removed_and_one_changed_overlaps() -> None:
    assert kinds(BASE, BASE.replace("two\n", ""), BASE.replace("two", "TWO")) == [
        "same",
        "overlap",
        "same",
    ]


def test_line_ends_alone_are_no_change_of_a_line() -> None:
    theirs = BASE.replace("\n", "\r\n")
    assert kinds(BASE, BASE, theirs) == ["same"]
    ours = BASE.replace("two", "TWO")
    assert kinds(BASE, ours, theirs) == ["same", "ours", "same"]


def test_a_last_line_without_an_end_gets_one_when_it_stands_in_the_middle() -> None:
    blocks = merge("a\nb", "a", "a\nb\nc")
    picks: dict[int, Side] = dict.fromkeys(range(len(blocks)), "theirs")
    assert result(blocks, picks) == "a\nb\nc"


@pytest.mark.parametrize("text", ["", "\n", "a", "a\n"])
def test_nothing_changed_is_one_text(text: str) -> None:
    assert result(merge(text, text, text)) == text
    assert result(merge("", text, "")) == text


def test_hostile_texts_come_to_an_end() -> None:
    texts = ["\n".join(f"{n % m}" for n in range(20_000)) for m in (7, 11, 13)]
    blocks = merge(*texts)
    assert told(blocks, "theirs") == texts[2]
