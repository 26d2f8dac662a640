"""What a list says against its server (reliability.md 6.2)."""

from __future__ import annotations

import pytest

from assistants_app.sync.evidence import Watch, is_too_many
from assistants_app.sync.pull import Found


def found(id_: str, marker: str = "") -> Found:
    return Found(id_, {"model": "gpt-4o"}, {}, (), None, marker)


def ids(count: int) -> frozenset[str]:
    return frozenset(f"asst_{n}" for n in range(count))


def seen(watch: Watch, *entries: Found) -> list[str]:
    return [item.id for item in watch.let_through(entries)]


@pytest.mark.parametrize(
    ("missing", "linked", "verdict"),
    [
        (3, 3, False),
        (3, 10, False),
        (4, 10, True),
        (4, 40, False),
        (5, 40, True),
        (100, 1000, False),
        (101, 1000, True),
        (0, 0, False),
    ],
)
def test_more_than_three_and_more_than_a_tenth_are_too_many(
    missing: int, linked: int, verdict: bool
) -> None:
    assert is_too_many(missing, linked) is verdict


def test_an_empty_list_is_evidence_only_while_something_is_linked() -> None:
    assert Watch(ids(1)).cause() == "empty"
    assert Watch(frozenset()).cause() == ""


def test_a_list_with_none_of_ours_is_foreign() -> None:
    watch = Watch(ids(2))
    assert seen(watch, found("asst_x"), found("asst_y", "other-op:1:abc")) == []
    assert watch.cause() == "foreign"
    assert watch.missing == ids(2)


def test_our_mark_shows_that_it_is_our_server() -> None:
    watch = Watch(ids(2), marks=frozenset({"op-1"}))
    assert seen(watch, found("asst_x", "op-1:3:abcdef01")) == ["asst_x"]
    assert watch.cause() == ""  # two of two: a person may have deleted them


def test_a_list_that_lacks_too_many_says_so_and_a_few_do_not() -> None:
    few, many = Watch(ids(20)), Watch(ids(20))
    seen(few, *(found(id_) for id_ in sorted(ids(20))[3:]))
    seen(many, *(found(id_) for id_ in sorted(ids(20))[4:]))
    assert (few.cause(), many.cause()) == ("", "missing")
    assert len(many.missing) == 4


def test_nothing_is_let_through_before_one_of_ours_was_seen() -> None:
    watch = Watch(ids(2))
    assert seen(watch, found("asst_x")) == []
    assert seen(watch, found("asst_1"), found("asst_y")) == ["asst_x", "asst_1", "asst_y"]
    assert seen(watch, found("asst_z")) == ["asst_z"]
    assert list(watch.release()) == []


def test_a_first_list_is_let_through_at_once() -> None:
    assert seen(Watch(frozenset()), found("asst_x")) == ["asst_x"]


def test_a_frozen_one_holds_everything_until_the_end() -> None:
    watch = Watch(ids(1), holds_all=True)
    assert seen(watch, found("asst_0"), found("asst_x")) == []
    assert watch.cause() == ""
    assert [item.id for item in watch.release()] == ["asst_0", "asst_x"]
