"""`contract.compact`: the quick look never vouches for what a closer look would fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import compact, faults
from assistants_app.contract.spelling import SpelledFloat, SpelledInt
from tests.contract import trees

_ODD = st.sampled_from(
    ["\0", "a\ud800", 2**53 + 1, -(2**60), float("nan"), SpelledFloat("1e400"), faults.Twice([])]
)


@given(trees.TREES)
def test_the_text_of_a_plain_tree_is_that_of_the_standard_library(tree: Any) -> None:
    plain = json.loads(json.dumps(tree))
    assert compact.text(plain) == json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize(
    "odd",
    [SpelledFloat("1.50"), SpelledInt("-0"), faults.Twice([]), faults.Broken("x", "y"), {1, 2}],
)
def test_what_the_encoder_would_lose_has_no_quick_text(odd: Any) -> None:
    assert compact.text(odd) is None
    assert compact.text({"a": [1, {"b": odd}]}) is None


@given(trees.TREES, trees.TREES)
def test_what_is_called_the_same_has_one_text(one: Any, other: Any) -> None:
    for a, b in ((one, other), (one, contract.parse(contract.dumps(one)))):
        assert not compact.is_same(a, b) or contract.dumps(a) == contract.dumps(b)


def test_values_that_only_python_holds_for_equal_are_not_the_same() -> None:
    assert compact.is_same([1, {"a": 0.5}], [1, {"a": 0.5}])
    for one, other in ((1, 1.0), (1, True), (0.0, -0.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1})):
        assert not compact.is_same(one, other)
    assert not compact.is_same(SpelledFloat("1.50"), SpelledFloat("1.50"))


@given(st.recursive(_ODD | st.text() | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_what_is_called_sound_has_no_fault(tree: Any) -> None:
    if faults.is_sound(tree, compact.text(tree)):
        assert list(faults.find(tree)) == []


@pytest.mark.parametrize(("levels", "is_flat"), [(64, True), (65, False)])
def test_64_levels_are_flat_enough(levels: int, is_flat: bool) -> None:
    lists: Any = 0
    objects: Any = 0
    for _ in range(levels):
        lists, objects = [lists], {"a": objects}
    for tree in (lists, objects):
        short = json.dumps(tree)
        assert compact.is_flat(tree, short) is is_flat
        assert compact.is_flat(tree, short + " " * 5_000) is is_flat


def test_many_brackets_beside_each_other_are_flat() -> None:
    """More of them than levels are allowed, so that counting is not enough."""
    tree = [[]] * 100
    assert compact.is_flat(tree, json.dumps(tree))
