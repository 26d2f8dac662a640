"""`contract.body`: what is sent to a server (contract.md section 2, update semantics)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from assistants_app import contract
from tests.contract import trees
from tests.contract.judged import CONNECTED

CAREFUL = replace(CONNECTED, null_ok=False)


def pairs(count: int) -> dict[str, str]:
    return {f"k{number}": "v" for number in range(count)}


def test_a_create_leaves_unset_fields_out() -> None:
    doc = {"temperature": None, "name": "", "tools": [], "model": "m", "metadata": {}}
    assert contract.body("create", doc, CONNECTED) == {"model": "m", "tools": [], "metadata": {}}


def test_a_modify_sends_the_whole_known_state() -> None:
    assert contract.body("modify", {"model": "m", "name": ""}, CONNECTED) == {
        "model": "m",
        "name": None,
        "description": None,
        "instructions": None,
        "tools": [],
        "tool_resources": None,
        "response_format": None,
        "reasoning_effort": None,
        "temperature": None,
        "top_p": None,
        "metadata": None,
    }


@given(trees.DOCUMENTS)
def test_fields_go_in_canonical_order(doc: contract.Document) -> None:
    assert tuple(contract.body("modify", doc, CONNECTED)) == contract.FIELDS
    created = contract.body("create", doc, CONNECTED)
    assert tuple(created) == tuple(field for field in contract.FIELDS if field in created)


def test_where_null_is_refused_fields_are_cleared_otherwise_or_left_out() -> None:
    body = contract.body("modify", {"model": "m"}, CAREFUL)
    assert body == {
        "model": "m",
        "name": "",
        "description": "",
        "instructions": "",
        "tools": [],
        "tool_resources": {},
        "response_format": "auto",
        "temperature": 1,
        "top_p": 1,
        "metadata": {},
    }
    assert contract.body("modify", {"model": "m"}, CONNECTED, learned={"null_ok": False}) == body


def test_a_cleared_form_is_equal_to_unset() -> None:
    body = contract.body("modify", {"model": "m"}, CAREFUL)
    assert contract.normal(body) == {"model": "m"}


def test_no_two_bodies_share_a_list_or_object() -> None:
    first = contract.body("modify", {"model": "m"}, CAREFUL)
    first["tools"].append(1)
    first["metadata"]["a"] = "b"
    again = contract.body("modify", {"model": "m"}, CAREFUL)
    assert (again["tools"], again["metadata"]) == ([], {})


@pytest.mark.parametrize("op", ["create", "modify"])
def test_fields_the_server_does_not_keep_are_left_out(op: str) -> None:
    doc = {"model": "m", "reasoning_effort": "low", "top_p": 0.5, "name": "n"}
    learned = {"keeps": {"reasoning_effort": False, "top_p": False, "name": True}}
    body = contract.body(op, doc, CONNECTED, learned=learned)
    assert "reasoning_effort" not in body
    assert "top_p" not in body
    assert body["name"] == "n"


def test_a_document_without_a_model_sends_none() -> None:
    assert "model" not in contract.body("modify", {"name": "n"}, CONNECTED)


@pytest.mark.parametrize("op", ["create", "modify"])
@pytest.mark.parametrize("metadata", [None, {}, {"team": "a", "b": "c"}])
def test_the_marker_is_the_last_pair(op: str, metadata: Any) -> None:
    doc = {"model": "m", "metadata": metadata}
    sent = contract.body(op, doc, CONNECTED, marker="op:1:abcd")["metadata"]
    assert sent == {**(metadata or {}), "_dash": "op:1:abcd"}
    assert list(sent)[-1] == "_dash"
    assert doc["metadata"] == metadata


def test_a_marker_within_the_document_is_never_sent() -> None:
    doc = {"model": "m", "metadata": {"_dash": "of another", "a": "b"}}
    assert contract.body("create", doc, CONNECTED)["metadata"] == {"a": "b"}
    sent = contract.body("create", doc, CONNECTED, marker="ours")["metadata"]
    assert list(sent.items()) == [("a", "b"), ("_dash", "ours")]


def test_the_marker_never_makes_a_seventeenth_pair() -> None:
    assert (
        len(contract.body("modify", {"metadata": pairs(15)}, CONNECTED, marker="x")["metadata"])
        == 16
    )
    full = contract.body("modify", {"metadata": pairs(16)}, CONNECTED, marker="x")
    assert full["metadata"] == pairs(16)


@pytest.mark.parametrize(
    "profile", [contract.KEPT_HERE, CONNECTED.with_learned({"keeps": {"metadata": False}})]
)
def test_a_server_that_cannot_keep_the_marker_is_sent_none(profile: contract.Profile) -> None:
    assert "metadata" not in contract.body("create", {"model": "m"}, profile, marker="x")


def test_the_create_only_shortcut_is_never_sent_on_modify() -> None:
    search = {"vector_store_ids": ["vs_1"], "vector_stores": [{}]}
    doc = {"model": "m", "tool_resources": {"file_search": search, "code_interpreter": {}}}
    body = contract.body("modify", doc, CONNECTED)
    assert body["tool_resources"] == {
        "file_search": {"vector_store_ids": ["vs_1"]},
        "code_interpreter": {},
    }


def test_numbers_and_nested_order_go_as_typed() -> None:
    text = '{"model":"m","tools":[{"type":"x","b":1.50,"a":-0}],"temperature":0.30}'
    doc = contract.parse(text)
    assert contract.dumps(contract.body("create", doc, CONNECTED)) == text  # type: ignore[arg-type]


@given(trees.DOCUMENTS)
def test_reading_a_sent_body_gives_the_same_document(doc: contract.Document) -> None:
    for op, profile in (("modify", CONNECTED), ("modify", CAREFUL), ("create", CONNECTED)):
        sent = contract.body(op, doc, profile, marker="op:1:abcd")
        reading = contract.read(contract.parse(contract.dumps(sent)), profile)
        comparison = contract.compare(contract.without_marker(doc), reading.document)
        if op == "modify" and profile is CAREFUL:
            comparison = contract.compare(doc, reading.document)
        assert comparison.verdict == "same"
        assert reading.marker == "op:1:abcd"
        assert reading.notes == ()


@given(trees.DOCUMENTS)
def test_a_body_is_accepted_where_its_document_is(doc: contract.Document) -> None:
    if not [one for one in contract.check(doc, "serve") if one.level == "error"]:
        sent = contract.body("modify", doc, CONNECTED, marker="op:1:abcd")
        assert not [one for one in contract.check(sent, "serve") if one.level == "error"]
