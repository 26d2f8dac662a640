"""The rules and the published description say the same about the same bodies."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import limits
from tests.contract import trees
from tests.contract.judged import CONNECTED, found
from tests.contract.test_words import OPENAPI, SCHEMAS


@cache
def described(name: str) -> jsonschema_rs.Draft202012Validator:
    """The description's own judgement of one of its schemas."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    return jsonschema_rs.Draft202012Validator(schema, offline=True)


def plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: plain(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    if isinstance(tree, bool) or not isinstance(tree, int | float):
        return tree
    return int(tree) if isinstance(tree, int) else float(tree)


def examples() -> list[dict[str, Any]]:
    """Every assistant object that the description shows."""
    shown: list[dict[str, Any]] = []
    for path in ("/assistants", "/assistants/{assistant_id}"):
        for method in ("get", "post"):
            answer = OPENAPI["paths"][path][method]["responses"]["200"]
            for example in answer["content"]["application/json"]["examples"].values():
                shown += example["value"].get("data", [example["value"]])
    return shown


def test_the_description_names_the_fields_and_limits() -> None:
    create = SCHEMAS["CreateAssistantRequest"]["properties"]
    assert set(create) == set(limits.FIELDS)
    assert set(SCHEMAS["ModifyAssistantRequest"]["properties"]) == set(limits.FIELDS)
    assert create["tools"]["maxItems"] == limits.TOOLS_MAX
    assert create["instructions"]["anyOf"][0]["maxLength"] == limits.INSTRUCTIONS_MAX
    assert tuple(SCHEMAS["ReasoningEffort"]["anyOf"][0]["enum"]) == limits.EFFORTS
    assert tuple(SCHEMAS["FileSearchRanker"]["enum"]) == limits.RANKERS


def test_every_shown_object_is_read_served_and_sent_back() -> None:
    assert len(examples()) == 7
    for shown in examples():
        seen = contract.read(shown, CONNECTED)
        assert (seen.extras, seen.notes, seen.id) == ({}, (), shown["id"])
        assert found(seen.document, "create", CONNECTED) == []
        answer = contract.served(seen.document, id=seen.id, created_at=shown["created_at"])
        assert {key: answer[key] for key in shown} == shown
        assert described("AssistantObject").is_valid(plain(answer))


@given(trees.DOCUMENTS)
def test_what_is_accepted_fits_the_description(doc: contract.Document) -> None:
    """A body made of an accepted document is one the description allows; padding apart."""
    if [one for one in contract.check(doc, "create", CONNECTED) if one.level == "error"]:
        return
    bare = contract.normal(doc)
    tools = bare.get("tools", [])
    if all(tool["type"] in limits.TOOL_TYPES for tool in tools):
        search = bare.get("tool_resources", {}).get("file_search")
        assert search != {}
        assert described("CreateAssistantRequest").is_valid(
            plain(contract.body("create", bare, CONNECTED))
        )


FIELD_VALUES: dict[str, list[Any]] = {
    "model": [None, 1, "", "m", []],
    "name": [None, 1, "n", "n" * 256, "n" * 257, True],
    "description": [None, "d" * 512, "d" * 513, []],
    "instructions": [None, "i", 5, {}],
    "reasoning_effort": [None, "low", "max", "ultra", "", 1],
    "temperature": [None, 0, 2, 2.01, -0.1, "1", True, 1.5],
    "top_p": [None, 0, 1, 1.01, -1, "1", False],
    "metadata": [None, {}, {"a": "b"}, {"a": 1}, {"a": None}, [], "x"],
    "response_format": [
        None,
        "auto",
        "json",
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {"name": "r"}},
        {"type": "json_schema", "json_schema": {}},
        {"type": "other"},
        {},
        5,
    ],
    "tools": [
        None,
        [],
        [{"type": "code_interpreter"}],
        [{"type": "file_search", "file_search": {"max_num_results": 50}}],
        [{"type": "file_search", "file_search": {"max_num_results": 51}}],
        [{"type": "file_search", "file_search": {"ranking_options": {"ranker": "auto"}}}],
        [{"type": "function"}],
        [{"type": "function", "function": {"name": "f", "parameters": {}}}],
        [{"type": "function", "function": {"name": "f", "parameters": []}}],
        [{"type": "function", "function": {"name": "f", "strict": "x"}}],
        [{}],
        [5],
        "x",
    ],
    "tool_resources": [
        None,
        {},
        {"code_interpreter": {"file_ids": ["f"] * 20}},
        {"code_interpreter": {"file_ids": ["f"] * 21}},
        {"code_interpreter": {"file_ids": [1]}},
        {"file_search": {"vector_store_ids": ["v"]}},
        {"file_search": {"vector_store_ids": ["v", "w"]}},
        {"file_search": 5},
        [],
    ],
    "unknown": [1],
}
# Where we ask more than the description does: a model is not empty.
STRICTER = [("model", "")]


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in FIELD_VALUES.items() for value in values],
)
def test_one_field_at_a_time_is_judged_as_the_description_does(field: str, value: Any) -> None:
    body = {"model": "m", field: value}
    for op, name in (("create", "CreateAssistantRequest"), ("modify", "ModifyAssistantRequest")):
        is_fine = not [one for one in contract.check(body, op) if one.level == "error"]
        assert is_fine == (described(name).is_valid(body) and (field, value) not in STRICTER)


@given(st.sampled_from(limits.FIELDS), trees.TREES)
def test_nothing_odd_slips_past_us_that_the_description_refuses(field: str, value: Any) -> None:
    """Outside tools, resources and formats, where padding and unknown kinds are kept."""
    if field in ("tools", "tool_resources", "response_format"):
        return
    body = {"model": "m", field: value}
    if not [one for one in contract.check(body, "create") if one.level == "error"]:
        assert described("CreateAssistantRequest").is_valid(plain(body))


# --- near misses: every kind of value in every place of tools, resources and formats --------------
ODD = st.sampled_from(
    [None, True, 0, 1, 50, 51, -1, 0.5, 1.5, "", "x", "auto", [], {}, ["x"], [1], {"a": "b"}]
)


def near(**places: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of these keys, most with a fitting value; now and then no object."""
    fitting = {key: st.one_of(one, one, one, one, ODD) for key, one in places.items()}
    whole = st.fixed_dictionaries(fitting)
    return st.one_of(whole, whole, st.fixed_dictionaries({}, optional=fitting), ODD)


NAMED = {"name": trees.NAMES, "description": trees.WORDS, "strict": st.booleans()}
NEAR_TOOLS = near(
    type=st.sampled_from(limits.TOOL_TYPES),
    function=near(**NAMED, parameters=trees.SCHEMAS),
    file_search=near(
        max_num_results=st.integers(-1, 52),
        ranking_options=near(
            score_threshold=st.sampled_from([0, 0.25, 1, 1.01, -0.01]),
            ranker=st.sampled_from(limits.RANKERS),
        ),
    ),
)
NEAR_RESOURCES = near(
    code_interpreter=near(file_ids=st.lists(trees.NAMES | ODD, max_size=22)),
    file_search=near(vector_store_ids=st.lists(trees.NAMES | ODD, max_size=2)),
)
NEAR_FORMATS = near(
    type=st.sampled_from(limits.FORMAT_TYPES), json_schema=near(**NAMED, schema=trees.SCHEMAS)
)
MANY_TOOLS = st.integers(127, 130).map(lambda many: [{"type": "code_interpreter"}] * many)
BODIES = st.fixed_dictionaries(
    {"model": trees.NAMES},
    optional={
        "name": ODD | st.sampled_from(["n" * 256, "n" * 257]),
        "reasoning_effort": ODD | st.sampled_from(limits.EFFORTS),
        "metadata": near(team=trees.WORDS),
        "temperature": ODD | st.sampled_from([2, 2.01]),
        "tools": st.lists(NEAR_TOOLS, max_size=2) | ODD | MANY_TOOLS,
        "tool_resources": NEAR_RESOURCES,
        "response_format": NEAR_FORMATS,
    },
)
TYPE_OR_LIMIT = re.compile(
    r"invalid_type|missing_required_parameter|unknown_parameter|invalid_value|"
    r"(array|string|integer|decimal)_(above|below)_(max|min)_(length|value)"
)


def is_described(found: contract.Problem) -> bool:
    """Whether the description knows the rule as well; it leaves to prose, or to us:

    that a model, an id and a tool's type are not empty, the characters and length of a function's
    and a format's name, and the numbers of metadata. Duplicates, reserved names, `vector_stores`
    and what a schema holds are no matter of type or limit.
    """
    if not TYPE_OR_LIMIT.fullmatch(found.code) or found.code == "string_below_min_length":
        return False
    is_name = len(found.path) > 1 and found.path[-1] == "name"
    return not (is_name and found.code in ("invalid_value", "string_above_max_length"))


@given(BODIES)
def test_what_is_refused_by_type_or_limit_the_description_refuses(body: Any) -> None:
    if any(is_described(one) for one in contract.check(body, "create", CONNECTED)):
        assert not described("CreateAssistantRequest").is_valid(plain(body))


@given(BODIES)
def test_what_is_accepted_the_description_accepts(body: Any) -> None:
    """Wider here, on purpose (contract.md sections 2 and 3): null stands for absent at any level,
    tool types of other servers are kept, and an empty `file_search` may stand in tool_resources.
    """
    if [one for one in contract.check(body, "create", CONNECTED) if one.level == "error"]:
        return
    bare = contract.normal(body)
    bare["tools"] = [one for one in bare.get("tools", []) if one["type"] in limits.TOOL_TYPES]
    resources = bare.get("tool_resources", {})
    if "vector_store_ids" not in resources.get("file_search", {}):
        resources.pop("file_search", None)
    assert described("CreateAssistantRequest").is_valid(plain(bare))


@pytest.mark.parametrize("is_refused", [True, False])
@pytest.mark.parametrize("field", ["tools", "tool_resources", "response_format"])
def test_the_near_misses_reach_both_verdicts(field: str, is_refused: bool) -> None:
    """Else the two tests above would say nothing."""

    def is_wanted(body: Any) -> bool:
        found = contract.check(body, "create", CONNECTED)
        errors = [one for one in found if one.level == "error" and one.path[0] == field]
        return bool(body.get(field)) and bool(errors) == is_refused

    asked = settings(max_examples=2_000, database=None, phases=[Phase.generate])
    assert is_wanted(find(BODIES, is_wanted, settings=asked))
