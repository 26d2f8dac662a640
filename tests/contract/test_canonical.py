"""Canonical text and digest: twenty pairs that any rewrite must reproduce, and their laws."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from assistants_app import contract
from tests.contract import trees

PAIRS = json.loads(Path(__file__).with_name("canonical_pairs.json").read_text("utf-8"))
TEXT_COLUMNS = ("model", "name", "description", "instructions", "reasoning_effort")


def from_columns(columns: dict[str, str | None]) -> contract.Document:
    """The document of one row: five text columns, the others JSON texts; None = SQL NULL."""
    document: dict[str, Any] = {}
    for field, value in columns.items():
        is_text = field in TEXT_COLUMNS or value is None
        document[field] = value if is_text else contract.parse(str(value))
    return document


def test_there_are_twenty_pairs() -> None:
    assert len({pair["name"] for pair in PAIRS}) == 20


@pytest.mark.parametrize("pair", PAIRS, ids=[pair["name"] for pair in PAIRS])
def test_columns_give_the_canonical_text_and_its_digest(pair: dict[str, Any]) -> None:
    document = from_columns(pair["columns"])
    assert contract.canonical(document) == pair["canonical"]
    assert contract.digest(pair["canonical"]) == pair["digest"]
    assert contract.fingerprint(document) == pair["digest"]
    assert hashlib.sha256(pair["canonical"].encode("utf-8")).hexdigest() == pair["digest"]


@given(trees.DOCUMENTS)
def test_canonical_text_reads_back_to_itself(document: contract.Document) -> None:
    text = contract.canonical(document)
    assert contract.canonical(contract.parse(text)) == text  # type: ignore[arg-type]


@given(trees.DOCUMENTS)
def test_texts_that_are_known_give_the_same(document: contract.Document) -> None:
    texts = {name: contract.dumps(value) for name, value in document.items() if name != "metadata"}
    assert contract.canonical(document, texts) == contract.canonical(document)
    assert contract.fingerprint(document, texts) == contract.fingerprint(document)


@given(trees.DOCUMENTS)
def test_the_order_of_top_level_keys_does_not_matter(document: contract.Document) -> None:
    backwards = dict(reversed(document.items()))
    assert contract.canonical(backwards) == contract.canonical(document)


def test_keys_that_are_no_fields_have_no_part_in_it() -> None:
    assert contract.canonical({"model": "m", "id": "asst_1", "x": 1}) == '{"model":"m"}'


def test_canonical_text_leaves_the_document_alone() -> None:
    document = {"model": "m", "metadata": {"_dash": "x", "a": "b"}}
    contract.canonical(document)
    assert document == {"model": "m", "metadata": {"_dash": "x", "a": "b"}}


def test_the_marker_can_be_taken_off() -> None:
    assert contract.without_marker({"model": "m", "metadata": {"_dash": "x", "a": "b"}}) == {
        "model": "m",
        "metadata": {"a": "b"},
    }
    assert contract.without_marker({"metadata": {"_dash": "x"}}) == {"metadata": None}
    assert contract.without_marker({"metadata": ["_dash"]}) == {"metadata": ["_dash"]}
    assert contract.without_marker({"model": "m"}) == {"model": "m"}
