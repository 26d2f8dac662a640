"""`contract.dumps`: the one JSON writer."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from assistants_app import contract
from tests.contract import trees


@given(trees.TREES)
def test_what_is_written_reads_as_the_same_tree(tree: Any) -> None:
    assert json.loads(contract.dumps(tree)) == tree
    assert json.loads(contract.dumps(tree, indent=2)) == tree


@given(trees.TREES)
def test_the_indented_text_only_adds_white_space(tree: Any) -> None:
    assert contract.dumps(contract.parse(contract.dumps(tree, indent=3))) == contract.dumps(tree)


@given(trees.TREES)
def test_plain_trees_are_written_as_the_standard_library_does(tree: Any) -> None:
    plain = json.loads(json.dumps(tree))
    compact = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    assert contract.dumps(plain) == compact
    assert contract.dumps(plain, indent=2) == json.dumps(plain, ensure_ascii=False, indent=2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.2, "0.2"),
        (1e16, "1e+16"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (10**30, "1" + "0" * 30),
        ('"\\/\n\x1f\x7f', '"\\"\\\\/\\n\\u001f\x7f"'),
        ("é😀\u2028", '"é😀\u2028"'),
        ("\ud800é", '"\\ud800é"'),
        ({"\udfff": 1}, '{"\\udfff":1}'),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_values_a_program_made_are_written_too(value: Any, text: str) -> None:
    assert contract.dumps(value) == text


def test_subclasses_of_text_and_object_are_written_as_such() -> None:
    class Safe(str):
        __slots__ = ()

    class Ordered(dict[str, Any]):
        pass

    assert contract.dumps(Ordered(a=Safe("b"))) == '{"a":"b"}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_in_json_is_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        contract.dumps([value])


@pytest.mark.parametrize("value", [{"a": object()}, Decimal(1), {1, 2}, b"x", {"a": [b"x"]}])
def test_what_is_no_json_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        contract.dumps(value)
