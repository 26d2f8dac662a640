"""`contract.check`: the limits of strict structured outputs, and that judging them stays quick."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from assistants_app import contract
from tests.contract.judged import document, function
from tests.contract.test_strict import FORMAT, STRING, as_format, as_function, group, judged

KINDS = ("properties", "depth", "characters", "enums", "enum_characters")


def limits(
    schema: Any, profile: contract.Profile = contract.KEPT_HERE
) -> dict[str, tuple[str, str, str]]:
    """kind → (level, param, plain words) of the limits that a reply format exceeds."""
    found = contract.check(as_format(schema), "create", profile)
    return {
        one.data["kind"]: (one.level, one.param.removeprefix(FORMAT), contract.plain(one))
        for one in found
        if one.data.get("kind") in KINDS
    }


def wide(count: int) -> dict[str, Any]:
    return group(**{f"{number:x}": STRING for number in range(count)})


def deep(levels: int) -> dict[str, Any]:
    return group(a=deep(levels - 1) if levels > 1 else STRING)


def chosen(count: int, size: int) -> dict[str, Any]:
    return group(a={"enum": [f"{number:0{size}}" for number in range(count)]})


def test_properties_in_total() -> None:
    assert limits(wide(100)) == {}
    assert limits(wide(101)) == {"properties": ("warning", "", "101 names; the limit is 100.")}
    halves = {**wide(50), "$defs": {"x": wide(51)}}
    assert limits(halves)["properties"][2] == "101 names; the limit is 100."
    assert limits(wide(5000))["properties"][0] == "warning"
    assert limits(wide(5001))["properties"] == ("error", "", "5,001 names; the limit is 5,000.")


def test_objects_within_objects() -> None:
    assert limits(deep(5)) == {}
    assert limits(deep(6)) == {
        "depth": ("warning", ".properties.a" * 5, "6 levels; the limit is 5.")
    }
    assert limits(deep(10))["depth"][0] == "warning"
    assert limits(deep(11)) == {
        "depth": ("error", ".properties.a" * 10, "11 levels; the limit is 10.")
    }


def test_lists_and_choices_are_no_levels_and_definitions_begin_anew() -> None:
    listed = deep(4)
    for _ in range(5):
        listed = {"type": "array", "items": {"anyOf": [listed, {"type": "null"}]}}
    assert limits(group(a=listed)) == {}
    assert limits({**deep(5), "$defs": {"x": deep(5)}}) == {}
    assert limits({**deep(5), "$defs": {"x": deep(6)}})["depth"][1].startswith("['$defs'].x")


@pytest.mark.parametrize(
    ("many", "where"),
    [
        (lambda size: group(**{"n" * size: STRING}), "properties"),
        (lambda size: {**group(), "$defs": {"n" * size: STRING}}, "definitions"),
        (lambda size: group(**{"": {"enum": ["n" * size, 12345]}}), "enums"),
        (lambda size: group(**{"": {"const": "n" * size}, "n": {"const": 5}}), "consts"),
    ],
)
def test_characters_of_all_names_and_values(many: Any, where: str) -> None:
    spare = 1 if where == "consts" else 0
    said = "{} characters in names and allowed values; the limit is {}."
    assert limits(many(15_000 - spare)) == {}
    assert limits(many(15_001 - spare)) == {
        "characters": ("warning", "", said.format("15,001", "15,000"))
    }
    assert limits(many(120_000 - spare))["characters"][0] == "warning"
    assert limits(many(120_001 - spare)) == {
        "characters": ("error", "", said.format("120,001", "120,000"))
    }


def test_allowed_values_in_total() -> None:
    assert limits(chosen(500, 3)) == {}
    assert limits(chosen(501, 3)) == {
        "enums": ("warning", "", "501 allowed values; the limit is 500.")
    }
    assert limits(chosen(1001, 4)) == {
        "enums": ("error", "", "1,001 allowed values; the limit is 1,000.")
    }
    halves = group(a={"enum": [*range(250)]}, b={"enum": [*range(251)]})
    assert limits(halves)["enums"][2] == "501 allowed values; the limit is 500."


def test_characters_of_one_long_list() -> None:
    said = "{} characters in these allowed values; the limit is {}."
    here = ".properties.a.enum"
    assert limits(chosen(250, 59)) == {}
    assert limits(chosen(251, 29)) == {}
    assert limits(chosen(251, 30)) == {
        "enum_characters": ("warning", here, said.format("7,530", "7,500"))
    }
    assert limits(chosen(251, 60))["enum_characters"] == (
        "error",
        here,
        said.format("15,060", "15,000"),
    )


def test_a_server_that_knows_the_old_limits_only_makes_them_errors() -> None:
    old = replace(contract.KEPT_HERE, strict_limits="old")
    assert limits(wide(100), old) == {}
    assert limits(wide(101), old) == {"properties": ("error", "", "101 names; the limit is 100.")}
    assert limits(wide(5001), old)["properties"][2] == "5,001 names; the limit is 100."
    assert limits(deep(6), old)["depth"][0] == "error"


def test_the_api_s_words_are_those_of_the_limits() -> None:
    said = {
        one.data["kind"]: one.message
        for schema in (wide(144), deep(6))
        for one in contract.check(as_format(schema), "create")
        if one.data.get("kind") in KINDS
    }
    assert said == {
        "properties": "Invalid schema for response_format 'r': "
        "144 parameters exceed the limit of 100.",
        "depth": "Invalid schema for response_format 'r': 6 levels of nesting exceeds limit of 5.",
    }


def seconds(doc: contract.Document, rounds: int = 5) -> float:
    """The least processor time of a check in some rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        contract.check(doc, "create")
        times.append(time.process_time() - start)
    return min(times)


def tools(count: int, levels: int, *, strict: bool = True) -> contract.Document:
    """Functions that are looked at closely, for a key that nobody knows."""

    def level(left: int) -> dict[str, Any]:
        inner = {"inner": level(left - 1)} if left > 1 else {}
        words = {f"p{number}": {**STRING, "description": "What it is."} for number in range(5)}
        return group(**words, **inner)

    return document(
        tools=[
            function(name=f"f{number}", strict=strict, parameters=level(levels), unknown=0)
            for number in range(count)
        ]
    )


def test_strict_costs_about_as_much_as_any_schema() -> None:
    assert seconds(tools(20, 5)) < 4 * seconds(tools(20, 5, strict=False))


def test_time_grows_with_the_number_of_tools_and_levels_only() -> None:
    assert seconds(tools(128, 5)) < 3 * 6.4 * seconds(tools(20, 5))
    assert seconds(tools(20, 5)) < 3 * 5 * seconds(tools(20, 1))


def chain(count: int) -> dict[str, Any]:
    links = {f"d{number}": {"$ref": f"#/$defs/d{number + 1}"} for number in range(count)}
    return {**group(a={"$ref": "#/$defs/d0"}), "$defs": {**links, f"d{count}": STRING}}


def test_references_of_any_number_and_shape_are_judged_quickly() -> None:
    many = 5_000
    fan = {f"p{number}": {"$ref": "#/$defs/d0"} for number in range(many)}
    choices = [{"$ref": "#/$defs/d0"}] * many
    lost = {f"p{number}": {"$ref": f"#/{number}" + "/a" * 50} for number in range(many)}
    wild = {
        "$ref": "#/x/0",
        "x": {str(number): {"$ref": f"#/x/{number + 1}"} for number in range(many)},
    }
    start = time.process_time()
    for schema in (
        chain(many),
        {**chain(many), **group(**fan)},
        {**chain(many), **group(a={"anyOf": choices})},
        group(**lost),
        group(a=wild),
        wild,
    ):
        contract.check(as_function(schema), "create")
    assert time.process_time() - start < 4


def test_the_deepest_document_is_judged() -> None:
    # Four levels lead to the schema, and a list of them takes the rest.
    schema: dict[str, Any] = STRING
    for _ in range(57):
        schema = {"type": "array", "items": schema}
    assert judged(as_function(group(a=schema))) == []


def test_no_more_than_500_faults_are_named() -> None:
    schema = group(**{f"p{number}": {"default": 1} for number in range(2_000)})
    assert len(contract.check(as_format(schema), "create")) == 500
