"""An edited line in one row: both texts can be read out of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistants_app.textdiff import Row, difference
from assistants_app.textdiff.inline import inline


def told(before: str, after: str) -> list[Row]:
    return list(inline(difference(before, after, context=None).rows))


def test_what_went_stands_before_what_came() -> None:
    [row] = told("Refunds within 30 days of purchase.", "Refunds within 14 days of any purchase.")
    assert row == Row(
        "same",
        1,
        1,
        (
            ("same", "Refunds within "),
            ("del", "30"),
            ("ins", "14"),
            ("same", " days of"),
            ("ins", " any"),
            ("same", " purchase."),
        ),
    )


def test_a_line_with_nothing_in_common_stays_two() -> None:
    assert [row.kind for row in told("Good morning", "Bye")] == ["del", "add"]
    assert [row.kind for row in told("a\nGood morning", "a")] == ["same", "del"]
    assert [row.kind for row in told("a", "a\nGood morning")] == ["same", "add"]


lines = st.lists(st.lists(st.sampled_from(["a", "b", "c", " ", "  ", ".", "é"])).map("".join))


@given(lines.map("\n".join), lines.map("\n".join))
def test_both_texts_are_in_it(before: str, after: str) -> None:
    rows = told(before, after)
    for gone, kept in (("ins", before), ("del", after)):
        own = [row for row in rows if row.kind not in ("add" if gone == "ins" else "del", "fold")]
        texts = ["".join(text for kind, text in row.pieces if kind != gone) for row in own]
        assert "\n".join(texts) == kept
