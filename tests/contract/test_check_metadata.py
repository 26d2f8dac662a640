"""`contract.check`: metadata, the marker, and the pair it needs (contract.md sections 2 and 6)."""

from __future__ import annotations

from typing import Any

import pytest

from assistants_app import contract
from tests.contract.judged import CONNECTED, document, found, messages, sentences


def pairs(count: int) -> dict[str, str]:
    return {f"k{number}": "v" for number in range(count)}


@pytest.mark.parametrize(
    "metadata",
    [{}, pairs(16), {"k" * 64: "v" * 512}, {"😀" * 64: "é" * 512}, {"a.b": "", " ": "\n"}],
)
@pytest.mark.parametrize("op", ["create", "modify", "import", "serve"])
def test_what_the_api_knows_is_accepted(metadata: dict[str, str], op: str) -> None:
    assert contract.check(document(metadata=metadata), op) == []


@pytest.mark.parametrize(
    ("metadata", "param", "code", "sentence"),
    [
        (pairs(17), "metadata", "object_above_max_properties", "17 pairs; the limit is 16."),
        (
            {"k" * 65: "v"},
            "metadata." + "k" * 65,
            "property_name_above_max_length",
            "65 characters; the limit is 64.",
        ),
        (
            {"a.b": "v" * 513},
            "metadata['a.b']",
            "string_above_max_length",
            "513 characters; the limit is 512.",
        ),
        ({"": "v"}, "metadata['']", "string_below_min_length", "Required."),
        *(
            ({"k": value}, "metadata.k", "invalid_type", "Must be text.")
            for value in (3, 1.5, True, None, [], {})
        ),
    ],
)
@pytest.mark.parametrize("op", ["create", "modify", "import", "serve"])
def test_what_the_api_refuses_is_named(
    metadata: dict[str, Any], param: str, code: str, sentence: str, op: str
) -> None:
    assert found(document(metadata=metadata), op) == [(param, code)]
    assert sentences(document(metadata=metadata), op) == [sentence]


def test_the_api_counts_properties() -> None:
    assert messages(document(metadata=pairs(17))) == [
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
        "but got an object with 17 properties instead."
    ]


@pytest.mark.parametrize("op", ["create", "modify", "import"])
def test_nobody_types_the_marker(op: str) -> None:
    doc = document(metadata={"_dash": "x"})
    assert found(doc, op) == [("metadata._dash", "metadata_reserved")]
    assert sentences(doc, op) == ['"_dash" is reserved for this dashboard.']


def test_at_v1_the_marker_of_another_dashboard_is_a_pair_like_any_other() -> None:
    assert contract.check(document(metadata={**pairs(15), "_dash": "x"}), "serve") == []
    assert found(document(metadata={**pairs(16), "_dash": "x"}), "serve") == [
        ("metadata", "object_above_max_properties")
    ]


def test_the_marker_is_not_counted_as_a_person_s_pair() -> None:
    assert found(document(metadata={**pairs(16), "_dash": "x"})) == [
        ("metadata._dash", "metadata_reserved")
    ]


def test_sixteen_pairs_leave_no_room_for_safe_creation_while_connected() -> None:
    doc = document(metadata=pairs(16))
    assert found(doc, "create", CONNECTED) == [("metadata", "metadata_full")]
    (problem,) = contract.check(doc, "create", CONNECTED)
    assert contract.plain(problem) == "16 pairs used; one is kept for safe creation."
    assert found(document(metadata=pairs(15)), "create", CONNECTED) == []


def test_an_import_with_sixteen_pairs_is_accepted_with_a_warning() -> None:
    doc = document(metadata=pairs(16))
    assert found(doc, "import", CONNECTED) == []
    assert found(doc, "import", CONNECTED, "warning") == [("metadata", "metadata_full")]


@pytest.mark.parametrize("op", ["modify", "serve"])
def test_sixteen_pairs_are_fine_where_nothing_is_created_upstream(op: str) -> None:
    assert contract.check(document(metadata=pairs(16)), op, CONNECTED) == []


def test_a_server_that_keeps_no_metadata_needs_no_free_pair() -> None:
    forgetful = CONNECTED.with_learned({"keeps": {"metadata": False}})
    assert found(document(metadata=pairs(16)), "create", forgetful) == []
