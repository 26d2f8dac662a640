"""Stable keys of tools: who keeps which key when a list changes in ways unknown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import tool_keys

CODE: dict[str, Any] = {"type": "code_interpreter"}
SEARCH: dict[str, Any] = {"type": "file_search"}


def function(name: str, text: str = "") -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": text}}


A, B, C = function("a"), function("b"), function("c")
names = st.sampled_from(["a", "b", "c"])
tools = st.one_of(
    st.builds(function, names, st.sampled_from(["", "x", "y"])),
    st.sampled_from([CODE, SEARCH, SEARCH | {"file_search": {"max_num_results": 3}}]),
    st.sampled_from([{"type": "mcp"}, {"type": 1}, {}, 3, "x", None, [1]]),
)
lists = st.lists(tools, max_size=8)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        pytest.param([A, B], [B, A], [1, 0], id="moved"),
        pytest.param([A, B, C], [A, C], [0, 2], id="one taken out"),
        pytest.param([A, B], [A, function("b", "Other words")], [0, 1], id="another text"),
        pytest.param([A], [A, B], [0, None], id="one added"),
        pytest.param([A], [function("z")], [None], id="another name"),
        pytest.param([A, A], [A, A], [0, 1], id="two alike"),
        pytest.param([A, A], [A, B, A], [0, None, 1], id="something between two alike"),
        pytest.param([SEARCH], [SEARCH | {"file_search": {}}], [0], id="other settings"),
        pytest.param([CODE, A], [SEARCH, A], [None, 1], id="another ability"),
        pytest.param([3, None], [None, 4], [1, None], id="no tools at all"),
        pytest.param([A, function("a", "x")], [function("a", "x")], [1], id="equal before named"),
    ],
)
def test_keys_stay_with_their_tools(
    before: list[Any], after: list[Any], kept: list[int | None]
) -> None:
    keys = tool_keys.keys_for(before)
    found = tool_keys.reconcile(before, keys, after)
    for key, index in zip(found, kept, strict=True):
        assert (key == keys[index]) if index is not None else (key not in keys)


def test_a_tool_that_comes_back_gets_its_key_again() -> None:
    keys = tool_keys.keys_for([A, B])
    without = tool_keys.reconcile([A, B], keys, [A])
    assert tool_keys.reconcile([A], without, [A, B]) == keys


def test_a_new_tool_never_gets_a_key_that_another_one_keeps() -> None:
    keys = tool_keys.keys_for([A])
    changed = tool_keys.reconcile([A], keys, [function("a", "x"), A])
    assert changed[1] == keys[0]  # equal comes first
    assert changed[0] != keys[0]
    renamed = tool_keys.reconcile([function("a", "x")], keys, [function("a", "x"), A])
    assert renamed == [keys[0], f"{keys[0]}-2"]


@given(lists, lists)
def test_reconciling_is_whole_and_each_key_is_unique(before: list[Any], after: list[Any]) -> None:
    keys = tool_keys.keys_for(before)
    found = tool_keys.reconcile(before, keys, after)
    assert len(found) == len(after)
    assert len(set(found)) == len(found)
    assert all(key.replace("-", "").isalnum() for key in found)
    assert tool_keys.reconcile(before, keys, before) == keys


@given(lists.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_a_new_order_of_different_tools_moves_each_key_along(
    pair: tuple[list[Any], list[Any]],
) -> None:
    before, after = pair
    keys = tool_keys.keys_for(before)
    found = tool_keys.reconcile(before, keys, after)
    assert sorted(found) == sorted(keys)
    held = {key: contract.dumps(tool) for tool, key in zip(before, keys, strict=True)}
    assert [held[key] for key in found] == [contract.dumps(tool) for tool in after]


@given(lists, st.data())
def test_taking_one_out_leaves_all_other_keys(before: list[Any], data: st.DataObject) -> None:
    keys = tool_keys.keys_for(before)
    if not before or len({contract.dumps(tool) for tool in before}) != len(before):
        return
    index = data.draw(st.integers(0, len(before) - 1))
    after = before[:index] + before[index + 1 :]
    assert tool_keys.reconcile(before, keys, after) == keys[:index] + keys[index + 1 :]


def test_a_fingerprint_is_of_the_text_and_not_of_the_meaning() -> None:
    assert tool_keys.fingerprint({"a": 1, "b": 2}) != tool_keys.fingerprint({"b": 2, "a": 1})
    assert tool_keys.fingerprint(contract.parse("[1.0]")) != tool_keys.fingerprint([1])


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ([], "get_order"),
        (["get_order"], "get_order_2"),
        (["get_order", "get_order_2"], "get_order_3"),
    ],
)
def test_a_free_name_is_counted_on(taken: list[str], free: str) -> None:
    assert tool_keys.free_name("get_order", taken) == free


def test_thousands_of_one_name_find_theirs_in_few_steps() -> None:
    asked = 0

    class Taken(set[str]):
        def __contains__(self, name: object) -> bool:
            nonlocal asked
            asked += 1
            return super().__contains__(name)

    taken = Taken()
    for _ in range(25_000):
        taken.add(tool_keys.free_name("get_order", taken))
    assert len(taken) == 25_000
    assert asked < 25_000 * 40
    assert all(len(key) < 17 for key in tool_keys.keys_for([{"type": "x"}] * 3_000))


def test_a_free_name_stays_within_the_limit() -> None:
    long = "n" * 64
    assert tool_keys.free_name(long, [long]) == "n" * 62 + "_2"
