"""`contract.usual`: where a function is passed over, the closer look finds nothing either."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import faults, limits
from assistants_app.contract.spelling import SpelledFloat, SpelledInt
from assistants_app.contract.usual import is_usual
from tests.contract.judged import function

_ODD: st.SearchStrategy[Any] = (
    st.sampled_from(["a\0", "a\ud800", "thing", None, True, [], {}, ["array", "null"], ["x", "x"]])
    | st.sampled_from([2**53 + 1, -(2**60), 10**400, 1.5, -1, float("nan"), float("inf")])
    | st.sampled_from([SpelledFloat("1.50"), SpelledInt("-0"), faults.Twice([("a", 1), ("a", 2)])])
)
_WORDS = st.sampled_from(["a", "b", "", "\u20ac", "a\0", "a\ud800", "type", "$ref"])
_RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["string", "integer", "object", "array", ["string", "null"]]),
    "title": _WORDS,
    "description": _WORDS,
    "required": st.lists(_WORDS, max_size=2),
    "additionalProperties": st.booleans(),
    "enum": st.lists(st.sampled_from(["a", 1, 1.5, True]), max_size=2),
    "const": st.sampled_from(["a", 1]),
    "default": st.sampled_from(["a", 1, False]),
    "format": st.sampled_from(["date", "thing"]),
    "pattern": st.sampled_from(["^a$", "["]),
    "minimum": st.sampled_from([0, -1.5, 2**53]),
    "exclusiveMaximum": st.just(3),
    "minLength": st.sampled_from([0, 2, 2.0]),
    "maxItems": st.just(4),
}
_ONE_IN_TEN = st.integers(0, 9).map(lambda n: n == 0)


@st.composite
def _parts(draw: st.DrawFn, levels: int = 3) -> Any:
    """Schemas as people write them, now and then with something odd in any place."""
    part = draw(st.fixed_dictionaries({}, optional=_RIGHT))
    if part.get("type") == "array" and draw(st.booleans()):
        part["items"] = {}
    if levels and draw(st.booleans()):
        inner = _parts(levels - 1)
        part |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "properties": st.dictionaries(_WORDS, inner, max_size=2),
                    "items": inner,
                    "anyOf": st.lists(inner, max_size=2),
                },
            )
        )
    if draw(_ONE_IN_TEN):
        part[draw(st.sampled_from([*_RIGHT, "items", "properties", "$ref", "\0"]))] = draw(_ODD)
    return part


_TOOLS: st.SearchStrategy[Any] = _parts().map(lambda part: function(parameters=part)) | (
    st.fixed_dictionaries(
        {"type": st.sampled_from(["function", "function", "file_search", "", None, 3])},
        optional={
            "function": st.sampled_from([None, [], "f"])
            | st.fixed_dictionaries(
                {"name": st.sampled_from(["get_order", "", "a" * 65, "\u00e9", "a\n", 3, None])},
                optional={
                    "description": st.sampled_from(["", "Looks.", None, 3, "a\0"]),
                    "strict": st.sampled_from([True, False, None, 0, "no"]),
                    "parameters": _parts() | _ODD,
                },
            )
        },
    )
)


@given(_TOOLS)
def test_a_tool_that_is_passed_over_has_nothing_to_say(tool: Any) -> None:
    quick = contract.check({"model": "gpt-5.2", "tools": [tool]}, "create")
    # A key that nobody knows is never touched, and asks for the closer look.
    slow = contract.check({"model": "gpt-5.2", "tools": [{**tool, "unknown": 0}]}, "create")
    assert not is_usual({**tool, "unknown": 0})
    assert quick == slow
    if is_usual(tool):
        assert quick == []


@given(_parts())
def test_what_is_passed_over_is_what_json_can_carry(schema: Any) -> None:
    tool = function(parameters=schema)
    if is_usual(tool):
        assert list(faults.find(tool)) == []
        assert contract.parse(contract.dumps(tool)) == tool


def _nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return function(parameters=schema)


@pytest.mark.parametrize(
    "tool",
    [
        function(),
        function(description=None, strict=False, parameters={}),
        function(parameters={"properties": {"a": {"type": "array", "items": {}}}}),
        function(
            parameters={"properties": {"a": {"type": ["string", "null"], "enum": ["x", 1.5]}}}
        ),
        _nested(5),
    ],
)
def test_what_most_functions_are_made_of_is_usual(tool: Any) -> None:
    assert is_usual(tool)
    assert contract.check({"model": "gpt-5.2", "tools": [tool, tool]}, "create")[0].path == (
        "tools",
        1,
        "function",
        "name",
    )  # that there are two of one name is found all the same


@pytest.mark.parametrize(
    "tool",
    [
        object(),
        {"type": "function", "function": {"name": "f"}, 1: 2},
        {"type": "code_interpreter"},
        function(strict=True),
        function(parameters={"type": "string"}),
        function(parameters={"$ref": "#"}),
        function(parameters={"properties": {"a": {"type": "array"}}}),
        function(parameters={"properties": {"a": {"enum": [float("nan")]}}}),
        function(parameters=faults.Twice([("a", 1)])),
        function(parameters={"description": "a" * (limits.JSON_FIELD_BYTES // 6)}),
        _nested(13),
    ],
)
def test_whatever_else_is_looked_at_closely(tool: Any) -> None:
    assert not is_usual(tool)
