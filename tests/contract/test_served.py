"""`contract.served`: the object that `/v1` answers with (contract.md section 9)."""

from __future__ import annotations

import json

from hypothesis import given
from openai.types.beta import Assistant

from assistants_app import contract
from tests.contract import trees

BARE = (
    '{"id":"asst_1","object":"assistant","created_at":7,"name":null,"description":null,'
    '"model":"gpt-4o","instructions":null,"tools":[],"tool_resources":{},"metadata":{},'
    '"temperature":1.0,"top_p":1.0,"response_format":"auto","reasoning_effort":null}'
)


def test_every_key_is_there_with_its_exact_type() -> None:
    answer = contract.served({"model": "gpt-4o"}, id="asst_1", created_at=7)
    assert contract.dumps(answer) == BARE
    assert isinstance(answer["temperature"], float)
    assert type(answer["created_at"]) is int


def test_empty_texts_and_nulls_are_served_as_unset() -> None:
    doc = {"model": "gpt-4o", "name": "", "tools": None, "metadata": None, "top_p": None}
    assert contract.dumps(contract.served(doc, id="asst_1", created_at=7)) == BARE


def test_set_fields_are_served_as_they_are() -> None:
    doc = {
        "model": "m",
        "name": "n",
        "temperature": 0,
        "metadata": {"_dash": "of another dashboard", "a": "b"},
        "reasoning_effort": "low",
        "response_format": {"type": "text"},
    }
    answer = contract.served(doc, id="x", created_at=1)
    assert {key: answer[key] for key in doc} == doc


def test_no_two_answers_share_a_list_or_object() -> None:
    contract.served({"model": "m"}, id="x", created_at=1)["tools"].append(1)
    assert contract.served({"model": "m"}, id="x", created_at=1)["tools"] == []


def test_the_official_sdk_validates_it_strictly() -> None:
    doc = contract.parse(
        '{"model":"m","tools":[{"type":"function","function":{"name":"f","strict":null}}],'
        '"tool_resources":{"code_interpreter":{"file_ids":["f"]}},"temperature":1}'
    )
    for each in (doc, {"model": "m"}):
        answer = contract.served(each, id="asst_1", created_at=7)  # type: ignore[arg-type]
        seen = Assistant.model_validate(json.loads(contract.dumps(answer)), strict=True)
        assert seen.id == "asst_1"


@given(trees.DOCUMENTS)
def test_what_is_served_reads_as_the_same_document(doc: contract.Document) -> None:
    answer = contract.served(doc, id="asst_1", created_at=7)
    seen = contract.read(contract.parse(contract.dumps(answer)), contract.KEPT_HERE)
    assert contract.compare(doc, seen.document).verdict == "same"
    assert (seen.id, seen.created_at, seen.notes, seen.extras) == ("asst_1", 7, (), {})
