"""`contract.compact`: the quick look never vouches for what a closer look would fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import compact, faults, json_schema
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


_NAMES = st.sampled_from(["get_order", "", "a" * 65, "é", "a\n", 3, None])
_SCHEMAS: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "thing"}}},
        {"type": "object", "required": "a"},
        {"type": "string"},
        {"type": ["object"]},
        {"properties": []},
        {"minimum": 1.5},
        {},
        [],
        None,
        True,
        "{}",
    ]
)
_FUNCTIONS = st.fixed_dictionaries(
    {},
    optional={
        "name": _NAMES,
        "description": st.sampled_from(["", "Looks.", None, 3]),
        "strict": st.sampled_from([True, False, None, 0, "no"]),
        "parameters": _SCHEMAS,
        "unknown": st.sampled_from([None, {}]),
    },
)
_TOOLS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["function", "file_search", "", None, 3]),
        "function": _FUNCTIONS | st.sampled_from([None, [], "f"]),
    },
)


@given(_TOOLS)
def test_a_tool_that_is_passed_over_has_nothing_to_say(tool: Any) -> None:
    # A reference beside it asks for the closer look at each.
    closer = {"type": "function", "function": {"name": "other", "parameters": {"$ref": "#"}}}
    doc = {"model": "gpt-5.2", "tools": [tool]}
    quick = contract.check(doc, "create")
    slow = contract.check({**doc, "tools": [tool, closer]}, "create")
    assert [one for one in slow if one.path[:2] != ("tools", 1)] == quick
    if json_schema.is_usual(tool):
        assert quick == []


def test_what_is_no_json_is_not_usual() -> None:
    assert not json_schema.is_usual(object())
