"""The difference of two texts: nothing lost, the right words marked, and an end to every work."""

from __future__ import annotations

import random
import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import textdiff
from assistants_app.textdiff import Diff, Row, difference

RANDOM = random.Random(20261121)
WORDS = ["".join(RANDOM.choices("abcdefghijklmnopqrstuvwxyz", k=n)) for n in range(2, 9)] * 40
WORDS = [w + str(i) for i, w in enumerate(WORDS)]


def lines(text: str) -> list[str]:
    return re.split(r"\r\n?|\n", text) if text else []


def told(diff: Diff, kinds: tuple[str, ...], side: str) -> list[str]:
    """The lines of one side, put together again from the rows."""
    found: dict[int, str] = {}
    for row in diff.rows:
        if row.kind in kinds:
            number = getattr(row, side)
            found[number] = found.get(number, "") + "".join(text for _, text in row.pieces)
    assert list(found) == list(range(1, len(found) + 1))
    return list(found.values())


def holds_both(diff: Diff, before: str, after: str) -> bool:
    return told(diff, ("same", "del"), "old_no") == lines(before) and (
        told(diff, ("same", "add"), "new_no") == lines(after)
    )


def changed(diff: Diff) -> list[Row]:
    return [row for row in diff.rows if row.kind in ("add", "del")]


def marked(diff: Diff, kind: str) -> list[str]:
    return [text for row in diff.rows for k, text in row.pieces if k == kind]


def prose(size: int) -> list[str]:
    found: list[str] = []
    while size > 0:
        found.append(" ".join(RANDOM.choices(WORDS, k=RANDOM.randint(8, 14))) + ".")
        size -= len(found[-1]) + 1
    return found


def edited(texts: list[str], times: int) -> list[str]:
    found = list(texts)
    for at in RANDOM.sample(range(len(found)), times):
        words = found[at].split(" ")
        words[RANDOM.randrange(len(words) - 1)] = "other"  # not the one with the full stop
        found[at] = " ".join(words)
    return found


letters = st.text(alphabet="ab. \n\r猫ก\u0301\u200b")
texts = st.one_of(
    letters,
    st.text(),
    st.lists(
        st.sampled_from(["One two.", "Three, four!", "", "  five", "x" * 500]), max_size=12
    ).map("\n".join),
    st.lists(st.sampled_from(["One two. ", "Three, four! ", "A", "\n"]), max_size=90).map("".join),
)


@given(texts, texts)
def test_both_texts_can_be_read_from_the_rows(before: str, after: str) -> None:
    diff = difference(before, after, context=None)
    assert holds_both(diff, before, after)
    assert (not changed(diff)) == (lines(before) == lines(after))


@given(texts, texts, st.integers(0, 4))
def test_a_fold_hides_nothing_but_unchanged_rows(before: str, after: str, context: int) -> None:
    whole = difference(before, after, context=None)
    folded = difference(before, after, context=context)
    assert changed(folded) == changed(whole)
    shown = sum(row.hidden if row.kind == "fold" else 1 for row in folded.rows)
    assert shown == len(whole.rows)
    assert (folded.added_words, folded.removed_words) == (whole.added_words, whole.removed_words)


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    diff = difference(text, text, context=None)
    assert not changed(diff)
    assert not diff.plain
    assert not diff.newlines_changed


def test_the_words_of_an_edited_line_are_marked() -> None:
    diff = difference("Refunds within 30 days of purchase.", "Refunds within 14 days of delivery.")
    assert diff.rows == (
        Row(
            "del",
            1,
            None,
            (
                ("same", "Refunds within "),
                ("del", "30"),
                ("same", " days of "),
                ("del", "purchase"),
                ("same", "."),
            ),
        ),
        Row(
            "add",
            None,
            1,
            (
                ("same", "Refunds within "),
                ("ins", "14"),
                ("same", " days of "),
                ("ins", "delivery"),
                ("same", "."),
            ),
        ),
    )
    assert (diff.added_words, diff.removed_words) == (2, 2)


def test_neighbouring_changed_words_are_one_mark() -> None:
    diff = difference("Always answer very slowly today.", "Always answer rather quickly today.")
    assert marked(diff, "del") == ["very slowly"]
    assert marked(diff, "ins") == ["rather quickly"]


def test_a_line_that_is_wholly_new_is_one_piece() -> None:
    diff = difference("a\nb", "a\nnew line here\nb")
    assert changed(diff) == [Row("add", None, 2, (("ins", "new line here"),))]
    assert (diff.added_words, diff.removed_words) == (3, 0)


def test_lines_that_share_little_are_not_paired() -> None:
    diff = difference("Greet the customer by name.", "Never promise an amount.")
    assert [len(row.pieces) for row in diff.rows] == [1, 1]


def test_an_edited_line_finds_its_partner_behind_new_lines() -> None:
    after = "\n".join([*(f"Wholly new {n}" for n in range(9)), "Call the parcel service first."])
    diff = difference("Call the parcel service.", after)
    assert diff.rows[-2].kind == "del"
    assert diff.rows[-2].pieces == (("same", "Call the parcel service."),)
    assert marked(diff, "ins")[-1] == " first"


def test_characters_are_words_where_a_script_has_no_spaces() -> None:
    chinese = difference("请先核对订单号码。", "请先核对客户号码。")
    assert marked(chinese, "ins") == ["客户"]
    assert chinese.added_words == 2
    thai = difference("กรุณาตรวจสอบหมายเลข", "กรุณาตรวจสอบชื่อ")
    assert marked(thai, "ins") == ["ชื่อ"]


def test_combining_marks_stay_with_their_letter() -> None:
    assert marked(difference("un café ici bas", "un cafe\u0301 ici bas"), "ins") == ["cafe\u0301"]
    assert marked(difference("मेरा नाम हिन्दी है", "मेरा नाम हिन्दू है"), "ins") == ["हिन्दू"]


def test_a_hidden_character_is_a_change_of_its_own() -> None:
    diff = difference("Pay to account 12 now", "Pay to\u200b account 12 now")
    assert marked(diff, "ins") == ["\u200b"]
    assert marked(diff, "del") == []


def test_only_the_changed_sentence_of_a_long_line_is_shown() -> None:
    before = " ".join(f"Sentence number {n} says what to do." for n in range(60))
    diff = difference(before, before.replace("number 30 says", "number 30 tells"), context=1)
    assert [row.kind for row in diff.rows] == ["fold", "same", "del", "add", "same", "fold"]
    assert marked(diff, "ins") == ["tells"]
    assert {row.new_no or row.old_no for row in diff.rows} == {1}
    assert [row.part for row in diff.rows] == [0, 29, 30, 30, 31, 32]


def test_a_line_break_between_two_sentences_shows() -> None:
    before = " ".join(f"Sentence number {n} says what to do." for n in range(30))
    after = before.replace("do. Sentence number 9", "do. \nSentence number 9")
    assert [row.kind for row in changed(difference(before, after))] == ["del", "add"]


def test_the_context_is_kept_around_each_change() -> None:
    before = [f"line {n}" for n in range(1, 31)]
    after = ["first" if n == 10 else "second" if n == 18 else x for n, x in enumerate(before, 1)]
    rows = difference("\n".join(before), "\n".join(after)).rows
    folds = [(row.old_no, row.hidden) for row in rows if row.kind == "fold"]
    assert folds == [(1, 6), (22, 9)]  # a gap of one row between two changes is shown


def test_texts_that_are_alike_are_one_fold() -> None:
    assert difference("a\nb\nc", "a\nb\nc").rows == (Row("fold", 1, 1, (), 3),)
    assert difference("", "").rows == ()


def test_other_line_ends_are_flagged_and_not_shown_as_changes() -> None:
    for end in ("\r\n", "\r"):
        diff = difference("a\nb\n", f"a{end}b{end}")
        assert diff.newlines_changed
        assert not changed(diff)
    mixed = difference("a\nb\r\nc", "a\r\nb\nc")
    assert mixed.newlines_changed
    assert not difference("a\nb", "a\nb\nc").newlines_changed
    assert not difference("a\r\nb", "a\r\nb\r\nc").newlines_changed
    assert not difference("a", "a\r\nb").newlines_changed


def test_blank_lines_stay_unchanged_between_edited_paragraphs() -> None:
    paragraphs = prose(40_000)
    diff = difference("\n\n".join(paragraphs), "\n\n".join(edited(paragraphs, len(paragraphs))))
    assert all("".join(text for _, text in row.pieces) for row in changed(diff))


def test_every_second_line_edited_is_still_compared_by_words() -> None:
    before = prose(120_000)
    after = [edited([x], 1)[0] if n % 2 else x for n, x in enumerate(before)]
    diff = difference("\n".join(before), "\n".join(after), context=None)
    assert not diff.plain
    assert diff.added_words == len(before) // 2


def test_a_few_edits_in_a_long_text_take_no_time() -> None:
    before = prose(256_000)
    for joint in ("\n", " "):
        start = process_time()
        diff = difference(joint.join(before), joint.join(edited(before, 10)))
        assert process_time() - start < 3  # a guard: difflib takes 7 s
        assert marked(diff, "ins") == ["other"] * 10
        assert not diff.plain


def test_a_rewritten_text_ends_in_time() -> None:
    for joint in ("\n", " "):
        before, after = joint.join(prose(256_000)), joint.join(prose(256_000))
        start = process_time()
        assert holds_both(difference(before, after, context=None), before, after)
        assert process_time() - start < 5


def hostile(size: int) -> list[tuple[str, str]]:
    """Pairs of texts of about `size` characters."""
    lines, third = size // 2, size // 3
    few = [[RANDOM.choice("abcdefghijklmnop") for _ in range(lines)] for _ in range(2)]
    blob = "".join(RANDOM.choices("abcdefghijklmnopqrstuvwxyz0123456789+/", k=size))
    twice = [[x for n in range(size // 13) for x in (str(n // 2), f"{s}{n}")] for s in "xy"]
    return [
        ("\n" * lines, "x\n" * lines),
        ("\n".join(few[0]), "\n".join(few[1])),
        (" ".join(few[0]), " ".join(few[1])),
        ("\n".join(twice[0]), "\n".join(twice[1])),
        (blob, blob[:1_000] + "new" + blob[1_000 : third * 2] + blob[third * 2 + 100 :]),
        (blob, blob[::-1]),
        *((x * size, x * third + "b" + x * (size - third)) for x in "a! "),
        (("a b " * 90 + "\n") * (size // 361), ("b a " * 90 + "a\n") * (size // 361)),
    ]


@pytest.mark.parametrize(
    ("size", "seconds"), [(16_000, 5), pytest.param(256_000, 10, marks=pytest.mark.merge)]
)
def test_hostile_texts_end_in_time_and_lose_nothing(size: int, seconds: float) -> None:
    for before, after in hostile(size):
        start = process_time()
        diff = difference(before, after, context=None)
        assert process_time() - start < seconds, before[:20]
        assert holds_both(diff, before, after)


def test_a_spent_budget_is_told(monkeypatch) -> None:
    before = prose(2_000)
    after = [f"other {line} other" for line in before]
    assert not difference("\n".join(before), "\n".join(after)).plain
    monkeypatch.setattr(textdiff, "BUDGET", 200)
    diff = difference("\n".join(before), "\n".join(after), context=None)
    assert diff.plain
    assert holds_both(diff, "\n".join(before), "\n".join(after))
    assert any(len(row.pieces) == 1 for row in changed(diff))
