"""Update, of any three documents: nothing written is lost by itself, and each side can be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.actions import updating
from tests.actions.test_updating import picked

if TYPE_CHECKING:
    from assistants_app.actions.updating import Update

LINES = st.lists(st.sampled_from(["a", "b", "c", "Greet.", "Help."]), max_size=8)
DOCUMENTS = st.fixed_dictionaries(
    {"model": st.sampled_from(["gpt-4o", "gpt-5.2"])},
    optional={
        "name": st.sampled_from(["One", "Two"]),
        "instructions": LINES.map("\n".join),
        "temperature": st.sampled_from([0, 0.5, 1, 1.0]),
        "tools": st.lists(
            st.sampled_from([{"type": "code_interpreter"}, {"type": "file_search"}]), max_size=2
        ),
        "metadata": st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=2),
    },
)


def lines(document: contract.Document) -> list[str]:
    return str(document.get("instructions") or "").split("\n")


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_nothing_that_was_written_is_lost_by_itself(base: Any, live: Any, mine: Any) -> None:
    document = updating.compared(base, live, mine).document({})
    for field in ("model", "name", "temperature", "tools", "metadata"):
        written = contract.dumps(mine.get(field)) != contract.dumps(base.get(field))
        kept = mine if written else live
        assert contract.same(document, {"model": document["model"]} | kept, field), field
    for line in set(lines(mine)) - set(lines(base)):
        assert line in lines(document)


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_either_side_can_be_had_whole(base: Any, live: Any, mine: Any) -> None:
    found = updating.compared(base, live, mine)
    assert found.is_live(picked(found, "theirs"))
    kept = contract.compare(found.document(picked(found, "ours")), mine)
    assert kept.verdict in ("same", "newlines-only")


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_whoever_goes_live_first_the_two_make_the_same(base: Any, one: Any, other: Any) -> None:
    first, second = updating.compared(base, one, other), updating.compared(base, other, one)
    assert first.overlaps == second.overlaps
    taken = first.document(picked(first, "theirs", *_overlapping(first)))
    kept = second.document({})
    if not _overlapping(first):
        assert contract.compare(first.document({}), kept).verdict in ("same", "newlines-only")
    for field in set(_overlapping(first)) - {"instructions"}:
        assert contract.same(taken, kept, field)


def _overlapping(found: Update) -> list[str]:
    return [part.field for part in found.parts if any(c.kind == "overlap" for c in part.choices)]


@given(LINES, LINES, LINES)
def test_lines_come_out_of_the_proposal_or_what_is_live(
    base: list[str], live: list[str], mine: list[str]
) -> None:
    texts = ("\n".join(one) for one in (base, live, mine))
    found = updating.compared(*({"model": "m", "instructions": text} for text in texts))
    for side in ("ours", "theirs"):
        assert set(lines(found.document(picked(found, side)))) <= {*live, *mine, ""}
