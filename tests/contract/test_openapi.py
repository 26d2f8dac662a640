"""The rules and the published description say the same about the same bodies."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import limits
from tests.contract import trees
from tests.contract.judged import CONNECTED
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
        assert contract.check(seen.document, "create", CONNECTED) == []
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
