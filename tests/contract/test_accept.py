"""`contract.accept` and `merge`: what `/v1` does with a body (contract.md sections 2 and 9)."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from tests.contract import trees
from tests.contract.judged import document, function

IDS = {"vector_store_ids": ["vs_1"]}
STORES = {"vector_stores": [{"file_ids": ["file-1"]}]}
NOTE = "tool_resources.file_search.vector_stores ignored: this server keeps no vector stores"


def refused(sent: Any, op: Literal["create", "modify"]) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidDocument) as caught:
        contract.accept(sent, op)
    return [(one.param, one.code, one.message) for one in caught.value.problems]


def test_a_create_leaves_unset_fields_out_and_keeps_the_order() -> None:
    sent = {"name": "", "metadata": {}, "model": "m", "temperature": None, "tools": []}
    accepted = contract.accept(sent, "create")
    assert accepted.document == {"metadata": {}, "model": "m", "tools": []}
    assert list(accepted.document) == ["metadata", "model", "tools"]
    assert accepted.notes == ()


def test_a_modify_keeps_its_nulls_since_they_clear() -> None:
    accepted = contract.accept({"name": None, "metadata": {"a": "b"}}, "modify")
    assert accepted.document == {"name": None, "metadata": {"a": "b"}}


def test_an_empty_modify_changes_nothing() -> None:
    assert contract.accept({}, "modify").document == {}


@pytest.mark.parametrize("op", ["create", "modify"])
def test_stores_beside_ids_are_left_out_and_noted(op: Literal["create", "modify"]) -> None:
    resources = {"file_search": {**STORES, **IDS, "other": 1}, "code_interpreter": {}}
    accepted = contract.accept(document(tool_resources=resources), op)
    assert accepted.document["tool_resources"] == {
        "file_search": {**IDS, "other": 1},
        "code_interpreter": {},
    }
    assert accepted.notes == (NOTE,)
    assert NOTE.isascii()
    assert resources["file_search"] == {**STORES, **IDS, "other": 1}


@pytest.mark.parametrize("op", ["create", "modify"])
@pytest.mark.parametrize("beside", [{}, {"vector_store_ids": []}, {"vector_store_ids": None}])
def test_stores_alone_are_refused(op: Literal["create", "modify"], beside: dict[str, Any]) -> None:
    sent = document(tool_resources={"file_search": {**STORES, **beside}})
    assert refused(sent, op) == [
        (
            "tool_resources.file_search.vector_stores",
            "unsupported_parameter",
            "This server keeps no vector stores; send vector_store_ids.",
        )
    ]


@pytest.mark.parametrize("nothing", [None, []])
def test_no_stores_need_no_note(nothing: Any) -> None:
    sent = document(tool_resources={"file_search": {"vector_stores": nothing}})
    accepted = contract.accept(sent, "create")
    assert accepted.document["tool_resources"] == {"file_search": {}}
    assert accepted.notes == ()


def test_only_errors_refuse_and_they_come_in_document_order() -> None:
    sent = {"tools": [{"type": "mcp"}, {"type": "function"}], "nmae": 1}
    assert [code for _, code, _ in refused(sent, "create")] == [
        "missing_required_parameter",
        "unknown_parameter",
        "missing_required_parameter",
    ]
    assert [code for _, code, _ in refused([], "modify")] == ["invalid_type"]


def test_what_only_the_lints_mind_is_accepted() -> None:
    sent = document(
        tools=[function(), function(), {"type": "mcp"}],
        metadata={"_dash": "op:1:0", **{str(number): "" for number in range(15)}},
        temperature=0.1,
        top_p=0.1,
        reasoning_effort="none",
    )
    assert contract.accept(sent, "create").document == sent


def test_null_clears_a_field_and_other_fields_stay() -> None:
    doc = {"model": "m", "name": "n", "tools": [function()], "metadata": {"a": "1", "b": "2"}}
    changes = {"name": None, "metadata": {"c": "3"}, "top_p": 0.5}
    merged = contract.merge(doc, changes)
    assert merged == {
        "model": "m",
        "tools": [function()],
        "metadata": {"c": "3"},
        "top_p": 0.5,
    }
    assert list(merged) == ["model", "tools", "metadata", "top_p"]
    assert (doc["name"], changes["name"]) == ("n", None)


def test_an_empty_text_clears_and_an_empty_list_does_not() -> None:
    assert contract.merge({"model": "m", "name": "n"}, {"name": "", "tools": []}) == {
        "model": "m",
        "tools": [],
    }


@given(trees.DOCUMENTS)
def test_merging_nothing_changes_nothing(doc: contract.Document) -> None:
    assert contract.fingerprint(contract.merge(doc, {})) == contract.fingerprint(doc)


@given(trees.DOCUMENTS, trees.DOCUMENTS)
def test_merging_twice_is_merging_once(doc: contract.Document, changes: contract.Document) -> None:
    once = contract.merge(doc, changes)
    assert contract.merge(once, changes) == once
    assert contract.canonical(contract.merge(doc, doc | changes)) == contract.canonical(once)
