"""Every cell of the decision: reliability.md 5.2 and 6.1."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from assistants_app.sync.plan import plan


def document(text: str, *keys: str) -> dict[str, Any]:
    """A document whose schema has `keys` in that order; order is meaning there."""
    schema = {"type": "object", "properties": {key: {"type": "string"} for key in keys or "ab"}}
    function = {"type": "function", "function": {"name": "f", "parameters": schema}}
    return {"model": "gpt-4o", "instructions": text, "tools": [function]}


A = document("first\nsecond")
A_REORDERED = document("first\nsecond", "b", "a")
A_CRLF = document("first\r\nsecond")
B = document("new\ntext")
B_REORDERED = document("new\ntext", "b", "a")
B_CRLF = document("new\r\ntext")
OLD = document("an older version of ours")
OLD_REORDERED = document("an older version of ours", "b", "a")
FOREIGN = document("somebody else's")
DOCUMENTS = {
    "none": None, "A": A, "A reordered": A_REORDERED, "A crlf": A_CRLF, "B": B,
    "B reordered": B_REORDERED, "B crlf": B_CRLF, "old": OLD, "old reordered": OLD_REORDERED,
    "foreign": FOREIGN,
}  # fmt: skip

# What is there → what to do, when we last saw A there, and B, or A again, is wanted.
WANTED_B = {
    "none": "missing",
    "A": "update",
    "A reordered": "update",  # the server's own doing is no drift
    "A crlf": "update",
    "B": "nothing",
    "B reordered": "nothing",  # it arrived, and the server sorted it
    "B crlf": "nothing",
    "old": "drift",
    "old reordered": "drift",
    "foreign": "drift",
}
WANTED_A = {
    "none": "missing",
    "A": "nothing",
    "A reordered": "nothing",
    "A crlf": "nothing",
    "B": "drift",
    "B reordered": "drift",
    "B crlf": "drift",
    "old": "drift",
    "old reordered": "drift",
    "foreign": "drift",
}
# The same when nothing was ever seen there: what we did not see is not overwritten.
NEVER_SEEN_B = WANTED_B | dict.fromkeys(("A", "A reordered", "A crlf"), "drift")
LATE = dict.fromkeys(("old", "old reordered"), "late")


@pytest.mark.parametrize("theirs", DOCUMENTS)
def test_a_linked_assistant_follows_the_table(theirs: str) -> None:
    there = DOCUMENTS[theirs]
    assert plan(A, B, there, linked=True) == WANTED_B[theirs]
    assert plan(A, A, there, linked=True) == WANTED_A[theirs]
    assert plan(None, B, there, linked=True) == NEVER_SEEN_B[theirs]


@pytest.mark.parametrize("theirs", DOCUMENTS)
def test_an_older_write_of_ours_that_came_late_is_no_drift(theirs: str) -> None:
    there = DOCUMENTS[theirs]
    assert plan(A, B, there, linked=True, uncertain=[OLD]) == (WANTED_B | LATE)[theirs]
    assert plan(A, A, there, linked=True, uncertain=[OLD]) == (WANTED_A | LATE)[theirs]
    assert (
        plan(None, B, there, linked=True, uncertain=[FOREIGN, OLD])
        == (NEVER_SEEN_B | LATE | {"foreign": "late"})[theirs]
    )


@pytest.mark.parametrize("theirs", DOCUMENTS)
def test_without_a_link_only_absence_means_something_else(theirs: str) -> None:
    there = DOCUMENTS[theirs]
    expected = (NEVER_SEEN_B | LATE | {"none": "create"})[theirs]
    assert plan(None, B, there, linked=False, uncertain=[OLD]) == expected
    assert plan(A, B, there, linked=False) == (WANTED_B | {"none": "create"})[theirs]


@pytest.mark.parametrize("ours", [A_REORDERED, A_CRLF])
def test_an_order_or_line_ends_that_a_person_changed_are_pushed(ours: dict[str, Any]) -> None:
    assert plan(A, ours, A, linked=True) == "update"
    assert plan(A, ours, ours, linked=True) == "nothing"


def test_an_order_changed_on_both_sides_is_pushed() -> None:
    wanted, here, there = (document("x", *keys) for keys in ("abc", "bca", "cab"))
    assert plan(wanted, here, there, linked=True) == "update"


@pytest.mark.parametrize(("theirs", "linked"), list(product(DOCUMENTS, [True, False])))
def test_more_than_one_with_our_marker_is_for_a_person(theirs: str, *, linked: bool) -> None:
    assert plan(A, B, DOCUMENTS[theirs], linked=linked, others=1) == "duplicate"


def test_a_write_in_doubt_that_equals_what_is_wanted_has_arrived() -> None:
    assert plan(A, B, B, linked=True, uncertain=[B, OLD]) == "nothing"


def test_a_write_in_doubt_that_equals_the_base_is_a_plain_update() -> None:
    assert plan(A, B, A, linked=True, uncertain=[A]) == "update"


def test_a_field_that_the_server_never_keeps_is_not_looked_at() -> None:
    ours = B | {"reasoning_effort": "high"}
    fields = ("model", "instructions", "tools")
    assert plan(A, ours, B, linked=True) == "drift"
    assert plan(A, ours, B, linked=True, fields=fields) == "nothing"


def test_what_the_server_fills_in_is_no_difference() -> None:
    filled = B | {"name": None, "metadata": {}, "temperature": 1.0, "response_format": "auto"}
    assert plan(A, B, filled, linked=True) == "nothing"
