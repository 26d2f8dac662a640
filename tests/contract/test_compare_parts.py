"""`contract.compare_tools` and its likes: what came, went or changed, by meaning."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from tests.contract import trees
from tests.contract.judged import function

TEXT = {"type": "string"}


def schema(required: tuple[str, ...] = (), **inputs: Any) -> dict[str, Any]:
    return {"type": "object", "properties": inputs, "required": list(required)}


def changed(before: Any, after: Any) -> dict[str, dict[str, tuple[Any, Any]]]:
    """By input, the facts old and new; "" is the function itself."""
    (item,) = contract.compare_tools([before], [after])
    told = {"": item.facts} if item.facts else {}
    told |= {row.name: row.facts for row in item.rows}
    return {
        name: {fact.what: (fact.before, fact.after) for fact in facts}
        for name, facts in told.items()
    }


def inputs(before: Any, after: Any) -> dict[str, dict[str, tuple[Any, Any]]]:
    return changed(function(parameters=before), function(parameters=after))


def test_tools_come_go_and_change_by_name() -> None:
    kept, gone = function(name="kept"), function(name="gone")
    old, new = function(name="other"), function(name="other", description="Now with words.")
    found = contract.compare_tools([kept, gone, old], [kept, new, {"type": "file_search"}])
    assert [(one.came, one.kind, one.name) for one in found] == [
        ("new", "file_search", ""),
        ("gone", "function", "gone"),
        ("changed", "function", "other"),
    ]


def test_another_order_of_tools_is_told_once() -> None:
    one, two = function(name="one"), function(name="two")
    (item,) = contract.compare_tools([one, two], [two, one])
    assert item.facts == (contract.Fact("order", ("one", "two"), ("two", "one")),)


def test_two_tools_of_one_name_are_two() -> None:
    one, two = function(description="a"), function(description="b")
    (item,) = contract.compare_tools([one], [one, two])
    assert item.came == "new"


def test_a_new_function_lists_its_inputs_and_a_gone_one_those_it_had() -> None:
    tool = function(parameters=schema(("order_id",), order_id=TEXT, why=TEXT))
    for pair, came in (((None, [tool]), "new"), (([tool], None), "gone")):
        (item,) = contract.compare_tools(*pair)
        assert item.came == came
        assert [(row.came, row.name) for row in item.rows] == [(came, "order_id"), (came, "why")]


@pytest.mark.parametrize(
    ("old", "new", "what", "sides"),
    [
        (TEXT, {"type": "integer"}, "kind", (("string",), ("integer",))),
        (TEXT, {"type": ["string", "null"]}, "kind", (("string",), ("string", "null"))),
        (TEXT, {"type": "array", "items": TEXT}, "kind", (("string",), ("array", "string"))),
        (TEXT, TEXT | {"description": "Which"}, "description", (None, "Which")),
        (TEXT | {"enum": ["a"]}, TEXT | {"enum": ["a", "b"]}, "values", (('"a"',), ('"a"', '"b"'))),
        (TEXT | {"enum": ["1"]}, TEXT | {"enum": [1]}, "values", (('"1"',), ("1",))),
        (TEXT, TEXT | {"const": None}, "values", (None, ("null",))),
        (TEXT, TEXT | {"maxLength": 5}, "other", (None, '{"maxLength":5}')),
        (TEXT, {"$ref": "#/$defs/a"}, "other", (None, '{"$ref":"#/$defs/a"}')),
        (
            {"type": "array", "items": TEXT},
            {"type": "array", "items": TEXT | {"enum": ["a"]}},
            "values",
            (None, ('"a"',)),
        ),
        (
            {"type": "array", "items": {"type": "array", "items": TEXT}},
            {"type": "array", "items": {"type": "array", "items": TEXT | {"enum": ["a"]}}},
            "values",
            (None, ('"a"',)),
        ),
        (
            {"type": "array", "items": TEXT},
            {"type": "array", "items": TEXT | {"maxLength": 5}},
            "other",
            (None, '{"items":{"type":"string","maxLength":5}}'),
        ),
        (
            {"type": "array", "enum": [], "items": TEXT},
            {"type": "array", "enum": [], "items": TEXT | {"enum": ["a"]}},
            "other",
            ('{"items":{"type":"string"}}', '{"items":{"type":"string","enum":["a"]}}'),
        ),
        (True, False, "other", ('{"schema":true}', '{"schema":false}')),
    ],
)
def test_what_changes_of_one_input(old: Any, new: Any, what: str, sides: tuple[Any, Any]) -> None:
    facts = inputs(schema(a=old), schema(a=new))["a"]
    assert facts[what] == sides


def test_required_is_told_on_the_input() -> None:
    assert inputs(schema(("a",), a=TEXT), schema(a=TEXT)) == {"a": {"required": (True, False)}}


def test_inputs_within_inputs_have_dotted_names() -> None:
    old = schema(lines={"type": "array", "items": schema(price={"type": "number"})})
    new = schema(lines={"type": "array", "items": schema(price={"type": "integer"})})
    assert inputs(old, new) == {"lines[].price": {"kind": (("number",), ("integer",))}}
    deep = {"type": "array", "items": {"type": "array", "items": schema(x=TEXT)}}
    assert "a[][].x" in inputs(schema(a=TEXT), schema(a=deep))


def test_a_function_says_what_changes_of_itself() -> None:
    old = function(parameters=schema(a=TEXT))
    new = function(description="d", strict=True, parameters=schema(a=TEXT))
    new["function"]["parameters"] |= {"additionalProperties": False, "$defs": {}}
    assert changed(old, new) == {
        "": {
            "description": (None, "d"),
            "strict": (False, True),
            "only": (False, True),
            "other": (None, '{"$defs":{}}'),
        }
    }


def test_another_kind_of_all_inputs_together_is_told_on_the_function() -> None:
    found = inputs({"type": "array", "items": TEXT}, {"type": "object"})
    assert found[""]["whole"] == (("array", "string"), ("object",))
    assert inputs({}, {"type": "object"})[""] == {"whole": (None, ("object",))}
    (new,) = contract.compare_tools([], [function(parameters=schema(a=TEXT))])
    assert not any(fact.what == "whole" for fact in new.facts)


def test_the_order_of_inputs_is_content() -> None:
    told = inputs(schema(a=TEXT, b=TEXT), schema(b=TEXT, a=TEXT))
    assert told == {"": {"order": (("a", "b"), ("b", "a"))}}


def test_a_difference_of_spelling_only_is_said_to_be_one() -> None:
    assert changed(function(strict=None), function(strict=False)) == {"": {"written": (None, None)}}


def test_options_of_other_tools_go_by_their_dotted_name() -> None:
    old = {"type": "file_search", "file_search": {"max_num_results": 8}}
    new = {"type": "file_search", "file_search": {"max_num_results": 9}}
    assert changed(old, new) == {"": {"file_search.max_num_results": ("8", "9")}}


def test_the_reply_format_by_kind_and_fields() -> None:
    assert contract.compare_reply("auto", "auto") is None
    after = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema(a=TEXT)}}
    item = contract.compare_reply(None, after)
    assert item
    assert item.facts[0] == contract.Fact("kind", ("auto",), ("json_schema",))
    assert [(row.came, row.name) for row in item.rows] == [("new", "a")]
    same = contract.compare_reply(None, "auto")
    assert same
    assert [fact.what for fact in same.facts] == ["written"]


def test_labels_by_key() -> None:
    rows = contract.compare_labels({"a": "1", "b": "2", "c": "3"}, {"d": "4", "a": "1", "c": "5"})
    assert [(row.came, row.name, row.facts[0].before, row.facts[0].after) for row in rows] == [
        ("new", "d", None, "4"),
        ("gone", "b", "2", None),
        ("changed", "c", "3", "5"),
    ]


def test_resources_by_id() -> None:
    old, new = ({"code_interpreter": {"file_ids": ids}} for ids in (["a", "b"], ["b", "c"]))
    (row,) = contract.compare_resources(old, new)
    assert (row.name, row.facts) == (
        "code_interpreter.file_ids",
        (contract.Fact("ids", ("a",), ("c",)),),
    )


@given(st.lists(trees.TREES, max_size=4), st.lists(trees.TREES, max_size=4))
def test_anything_can_be_compared_and_no_difference_is_left_out(old: Any, new: Any) -> None:
    found = contract.compare_tools(old, new)
    assert bool(found) == (contract.dumps(old) != contract.dumps(new))
    assert all(item.facts or item.rows or item.came != "changed" for item in found)
    for one, other in ((old, new), ({"type": "json_schema", "json_schema": {"schema": old}}, new)):
        assert (contract.compare_reply(one, other) is None) == (
            contract.dumps(one) == contract.dumps(other)
        )
    contract.compare_labels(old, new)
    contract.compare_resources({"a": old}, {"a": {"b": new}})
