"""`contract.read`: tolerant reading of what servers answer (contract.md section 7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from tests.contract import trees
from tests.contract.judged import CONNECTED


def read(**fields: Any) -> contract.Reading:
    return contract.read({"id": "asst_1", "model": "m", **fields}, CONNECTED)


def test_an_object_is_sorted_into_document_and_extras() -> None:
    seen = contract.read(
        {
            "id": "asst_1",
            "object": "assistant",
            "created_at": 1699009709,
            "name": None,
            "model": "m",
            "tools": [{"type": "file_search"}],
            "metadata": {},
            "owner": {"team": None},
            "file_ids": [],
        },
        CONNECTED,
    )
    assert seen.document == {"model": "m", "tools": [{"type": "file_search"}], "metadata": {}}
    assert seen.extras == {"owner": {"team": None}, "file_ids": []}
    assert (seen.id, seen.created_at, seen.marker, seen.notes) == ("asst_1", 1699009709, "", ())


@pytest.mark.parametrize("field", [f for f in contract.FIELDS if f not in ("model", "tools")])
def test_null_is_unset_without_a_note(field: str) -> None:
    seen = read(**{field: None})
    assert field not in seen.document
    assert seen.notes == ()


def test_null_tools_are_read_as_none_with_a_note() -> None:
    seen = read(tools=None)
    assert seen.document["tools"] == []
    assert seen.notes == ("tools was null",)


def test_a_null_model_is_noted() -> None:
    seen = read(model=None)
    assert "model" not in seen.document
    assert seen.notes == ("model was null",)


@pytest.mark.parametrize(
    ("field", "value", "note"),
    [
        ("name", 5, "name was an integer"),
        ("model", ["m"], "model was an array"),
        ("tools", {}, "tools was an object"),
        ("tools", "x", "tools was a string"),
        ("tool_resources", [], "tool_resources was an array"),
        ("metadata", "x", "metadata was a string"),
        ("temperature", "0.5", "temperature was a string"),
        ("temperature", True, "temperature was a boolean"),
        ("top_p", False, "top_p was a boolean"),
        ("response_format", 1.5, "response_format was a decimal"),
        ("reasoning_effort", {}, "reasoning_effort was an object"),
    ],
)
def test_an_odd_shape_is_kept_aside_with_a_note(field: str, value: Any, note: str) -> None:
    seen = read(**{field: value})
    assert field not in seen.document
    assert seen.extras == {field: value}
    assert seen.notes == (note,)


def test_unknown_tools_and_odd_inner_shapes_stay_untouched() -> None:
    tools = [{"type": "bing_grounding", "bing_grounding": {"a": None}}, None, 5, {}]
    seen = read(tools=tools, metadata={"a": 1}, tool_resources={"x": None})
    assert seen.document["tools"] is tools
    assert seen.document["metadata"] == {"a": 1}
    assert seen.document["tool_resources"] == {"x": None}


def test_the_marker_is_taken_out() -> None:
    metadata = {"a": "b", "_dash": "op:1:abcd", "c": "d"}
    seen = read(metadata=metadata)
    assert seen.document["metadata"] == {"a": "b", "c": "d"}
    assert seen.marker == "op:1:abcd"
    assert "_dash" in metadata
    assert read(metadata={"_dash": "x"}).document["metadata"] == {}


def test_a_marker_that_is_no_text_is_none() -> None:
    seen = read(metadata={"_dash": 5})
    assert (seen.marker, seen.document["metadata"]) == ("", {})


def test_an_echo_of_the_create_only_shortcut_is_left_out_with_a_note() -> None:
    search = {"vector_stores": [{"file_ids": ["f"]}], "vector_store_ids": ["vs_1"]}
    seen = read(tool_resources={"file_search": search})
    assert seen.document["tool_resources"] == {"file_search": {"vector_store_ids": ["vs_1"]}}
    assert seen.notes == ("tool_resources.file_search.vector_stores was left out",)
    padded = read(tool_resources={"file_search": {"vector_stores": None}})
    assert padded.document["tool_resources"] == {"file_search": {}}
    assert padded.notes == ()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1699009709, 1699009709),
        (1795224724368, 1795224724),
        (1795224724999.9, 1795224724),
        (1795224187.0, 1795224187),
        (1795224187.9, 1795224187),
        (0, 0),
        (100_000_000_000, 100_000_000_000),
        (100_000_000_001, 100_000_000),
        (None, None),
        ("1699009709", None),
        (True, None),
        (float("inf"), None),
        ([], None),
    ],
)
def test_times_are_unix_seconds_however_they_came(value: Any, seconds: int | None) -> None:
    assert read(created_at=value).created_at == seconds


def test_a_missing_time_is_none() -> None:
    assert read().created_at is None


@pytest.mark.parametrize(
    ("value", "text"),
    [("asst_1", "asst_1"), ("64f0c3", "64f0c3"), (17, "17"), (None, ""), (True, ""), ([], "")],
)
def test_ids_have_any_shape(value: Any, text: str) -> None:
    assert contract.read({"id": value}, CONNECTED).id == text


def test_fields_the_server_does_not_keep_are_shown_and_not_compared() -> None:
    seen = contract.read(
        {"model": "m", "reasoning_effort": "medium", "name": None},
        replace(CONNECTED, keeps=CONNECTED.keeps - {"reasoning_effort", "name"}),
    )
    assert seen.document == {"model": "m"}
    assert seen.extras == {"reasoning_effort": "medium"}


@pytest.mark.parametrize("value", [[], "x", 5, None, True])
def test_anything_but_an_object_is_refused(value: Any) -> None:
    with pytest.raises(InvalidDocument) as caught:
        contract.read(value, CONNECTED)
    (problem,) = caught.value.problems
    assert (problem.path, problem.code) == ((), "invalid_type")


@given(trees.ODD_DOCUMENTS)
def test_odd_objects_are_read_and_left_alone(found: Any) -> None:
    before = contract.dumps(found)
    seen = contract.read(found, CONNECTED)
    assert contract.dumps(found) == before
    assert contract.compare(seen.document, seen.document).verdict == "same"
    contract.canonical(seen.document)
    contract.served(seen.document, id="asst_1", created_at=1)
