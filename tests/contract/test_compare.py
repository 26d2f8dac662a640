"""`contract.compare`, `same` and `not_kept`: what differs, and how much it matters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from assistants_app import contract
from tests.contract import trees
from tests.contract.judged import document, function


def verdicts(before: contract.Document, after: contract.Document) -> dict[str, str]:
    parts = contract.compare(before, after).parts
    return {str(part.path[0]): part.verdict for part in parts}


def test_only_what_is_not_the_same_is_listed_in_canonical_order() -> None:
    before = document(name="a", tools=[], metadata={"a": "b"})
    after = document(metadata={"a": "c"}, name="b", temperature=1)
    comparison = contract.compare(before, after)
    assert comparison.verdict == "different"
    assert [(part.path, part.before, part.after) for part in comparison.parts] == [
        (("name",), "a", "b"),
        (("metadata",), {"a": "b"}, {"a": "c"}),
    ]


def test_parts_hold_what_is_stored_not_its_normal_form() -> None:
    before, after = document(tools=[function(strict=False)]), document(tools=None)
    (part,) = contract.compare(before, after).parts
    assert part.before is before["tools"]
    assert part.after is None


A_B = {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]}
B_A = {"type": "object", "properties": {"b": {}, "a": {}}, "required": ["a", "b"]}


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({}, {}, "same"),
        ({"instructions": "a\r\nb"}, {"instructions": "a\r\nb"}, "same"),
        ({"instructions": "a\r\nb\rc"}, {"instructions": "a\nb\nc"}, "newlines-only"),
        ({"instructions": "a\n\rb"}, {"instructions": "a\n\nb"}, "newlines-only"),
        ({"instructions": "a\n"}, {"instructions": "a"}, "different"),
        ({"instructions": "a "}, {"instructions": "a"}, "different"),
        ({"name": "é"}, {"name": "e\u0301"}, "different"),
        (
            {"tools": [function(parameters=A_B)]},
            {"tools": [function(parameters=B_A)]},
            "order-only",
        ),
        (
            {"tools": [function(parameters={"required": ["a", "b"]})]},
            {"tools": [function(parameters={"required": ["b", "a"]})]},
            "order-only",
        ),
        (
            {"tools": [function(parameters={"enum": ["a", "b"]})]},
            {"tools": [function(parameters={"enum": ["b", "a"]})]},
            "different",
        ),
        (
            {"tools": [function(name="a"), function(name="b")]},
            {"tools": [function(name="b"), function(name="a")]},
            "different",
        ),
        (
            {"tools": [function(description="a\r\nb")]},
            {"tools": [function(description="a\nb")]},
            "newlines-only",
        ),
        (
            {"tools": [function(description="a\r\nb", parameters=A_B)]},
            {"tools": [function(description="a\nb", parameters=B_A)]},
            "newlines-only",
        ),
        (
            {"tool_resources": {"code_interpreter": {"file_ids": ["a", "b"]}}},
            {"tool_resources": {"code_interpreter": {"file_ids": ["b", "a"]}}},
            "order-only",
        ),
        (
            {"tool_resources": {"file_search": {"vector_store_ids": ["a", "b"]}}},
            {"tool_resources": {"file_search": {"vector_store_ids": ["b", "a"]}}},
            "different",
        ),
        ({"metadata": {"a": "1", "b": "2"}}, {"metadata": {"b": "2", "a": "1"}}, "same"),
        ({"metadata": {"a": "1", "_dash": "x"}}, {"metadata": {"_dash": "y", "a": "1"}}, "same"),
        ({"metadata": {"a": "1\r\n"}}, {"metadata": {"a": "1\n"}}, "newlines-only"),
        ({"temperature": True}, {"temperature": 1}, "different"),
        ({"model": "a"}, {"model": "b"}, "different"),
        ({"model": "a"}, {}, "different"),
    ],
)
def test_each_pair_has_its_verdict(before: Any, after: Any, verdict: str) -> None:
    assert contract.compare(before, after).verdict == verdict
    assert contract.compare(after, before).verdict == verdict


def test_the_heaviest_part_gives_the_verdict() -> None:
    before = document(instructions="a\r\n", tools=[function(parameters=A_B)], name="a")
    light = document(instructions="a\n", tools=[function(parameters=B_A)], name="a")
    assert contract.compare(before, light).verdict == "newlines-only"
    assert verdicts(before, light) == {"instructions": "newlines-only", "tools": "order-only"}
    assert contract.compare(before, {**light, "name": "b"}).verdict == "different"


def test_fields_a_server_never_returns_can_be_left_out() -> None:
    before, after = document(reasoning_effort="low"), document()
    assert contract.compare(before, after).verdict == "different"
    keeps = frozenset(contract.FIELDS) - {"reasoning_effort"}
    assert contract.compare(before, after, fields=keeps).verdict == "same"


def test_one_field_can_be_asked_for() -> None:
    before, after = document(temperature=1.0, name="a"), document(name="b")
    assert contract.same(before, after, "temperature")
    assert not contract.same(before, after, "name")
    assert not contract.same({"instructions": "a\r\n"}, {"instructions": "a\n"}, "instructions")


@given(trees.DOCUMENTS | trees.ODD_DOCUMENTS)
def test_everything_is_the_same_as_itself(doc: contract.Document) -> None:
    assert contract.compare(doc, contract.parse(contract.dumps(doc))) == contract.Comparison(
        "same", ()
    )
    assert contract.not_kept(doc, doc) == ()


@given(trees.DOCUMENTS | trees.ODD_DOCUMENTS, trees.DOCUMENTS | trees.ODD_DOCUMENTS)
def test_the_quick_look_finds_the_same_fields(before: Any, after: Any) -> None:
    parts = contract.compare(before, after).parts
    assert list(contract.differing(before, after)) == [part.path[0] for part in parts]
    tools = contract.packed(before.get("tools"))
    assert contract.differing(before, after, tools=tools) == contract.differing(before, after)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([function()], [function()], ()),
        ([function()], [function(strict=False)], ()),
        ([function(), function()], [function()], ("tools",)),
        ([], None, ()),
        ([function()], [function(name="other")], ("tools",)),
    ],
)
def test_the_quick_look_at_tools(before: Any, after: Any, expected: tuple[str, ...]) -> None:
    assert contract.differing({"tools": before}, {"tools": after}) == expected
    tools = contract.packed(before)
    assert contract.differing({}, {"tools": after}, tools=tools) == expected


@pytest.mark.parametrize("odd", ["tools", {"a": 1}, [contract.parse("1.50")]])
def test_odd_tools_are_not_packed_and_equal_no_packed_ones(odd: Any) -> None:
    assert contract.packed(odd) is None
    efforts = {"model": "gpt-5.2", "reasoning_effort": "high"}
    assert contract.differing(efforts, dict(efforts), tools=()) == ()
    assert contract.differing({}, {"tools": odd}, tools=contract.packed([{}])) == ("tools",)


@given(trees.DOCUMENTS | trees.ODD_DOCUMENTS, trees.DOCUMENTS | trees.ODD_DOCUMENTS)
def test_both_directions_agree(before: contract.Document, after: contract.Document) -> None:
    there, back = contract.compare(before, after), contract.compare(after, before)
    assert there.verdict == back.verdict
    assert [(part.path, part.verdict, part.before, part.after) for part in there.parts] == [
        (part.path, part.verdict, part.after, part.before) for part in back.parts
    ]
    for field in contract.FIELDS:
        assert contract.same(before, after, field) == (field not in verdicts(before, after))


@given(trees.DOCUMENTS, trees.DOCUMENTS)
def test_what_was_kept_and_what_is_the_same_agree(
    sent: contract.Document, got: contract.Document
) -> None:
    got = {**got, "reasoning_effort": sent.get("reasoning_effort")}
    is_alike = contract.compare(sent, got).verdict in ("same", "order-only")
    assert (contract.not_kept(sent, got) == ()) == is_alike


@pytest.mark.parametrize(
    ("sent", "got", "params"),
    [
        (
            {"tools": [function(strict=True)]},
            {"tools": [function(strict=None)]},
            ["tools[0].function.strict"],
        ),
        ({"tools": [function(strict=False)]}, {"tools": [function()]}, []),
        ({"tools": [function(), function(name="g")]}, {"tools": [function()]}, ["tools"]),
        (
            {"tools": [function(), {"type": "mcp", "a": {"b": 1, "c": 2}}]},
            {"tools": [function(), {"type": "mcp", "a": {"b": 2}}]},
            ["tools[1].a.b", "tools[1].a.c"],
        ),
        (
            {"tools": [function(parameters={"properties": {"a": {"default": None}}})]},
            {"tools": [function(parameters={"properties": {"a": {}}})]},
            ["tools[0].function.parameters.properties.a.default"],
        ),
        (
            {"tools": [function(parameters={})]},
            {"tools": [function(parameters={"additionalProperties": False})]},
            ["tools[0].function.parameters.additionalProperties"],
        ),
        ({"tools": [function(parameters=A_B)]}, {"tools": [function(parameters=B_A)]}, []),
        ({"metadata": {"a.b": "1", "c": "2"}}, {"metadata": {"c": "2"}}, ["metadata['a.b']"]),
        ({"metadata": {"a": "1", "_dash": "x"}}, {"metadata": {"a": "1"}}, []),
        ({"reasoning_effort": "low", "name": "n"}, {}, ["name"]),
        ({"reasoning_effort": "low"}, {"reasoning_effort": "high"}, ["reasoning_effort"]),
        ({"reasoning_effort": "low", "model": "gpt-4o"}, {}, ["model", "reasoning_effort"]),
        ({"name": None}, {"name": "old"}, ["name"]),
        ({}, {"temperature": 0.5}, ["temperature"]),
        ({}, {"reasoning_effort": "medium"}, []),
        ({}, {"tools": [], "metadata": {}, "temperature": 1.0, "response_format": "auto"}, []),
        ({"temperature": 0.3}, {"temperature": 0.30000001192092896}, []),
        ({"instructions": "a\r\nb"}, {"instructions": "a\nb"}, ["instructions"]),
        (
            {"tool_resources": {"code_interpreter": {"file_ids": ["a", "b"]}}},
            {"tool_resources": {"code_interpreter": {"file_ids": ["a", "c"]}}},
            ["tool_resources.code_interpreter.file_ids[1]"],
        ),
    ],
)
def test_what_a_server_dropped_or_altered_is_named(sent: Any, got: Any, params: list[str]) -> None:
    assert contract.not_kept({"model": "m", **sent}, {"model": "m", **got}) == tuple(params)
