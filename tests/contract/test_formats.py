"""Files in: which shapes are read, what is set aside, and what is refused as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistants_app import contract
from assistants_app.contract.formats import FILE_MAX
from assistants_app.errors import InvalidDocument

ONE = {"model": "gpt-5.2", "name": "One"}
TWO = {"model": "gpt-5.2", "name": "Two"}
ANSWER = {
    "id": "asst_abc123",
    "object": "assistant",
    "created_at": 1698984975,
    "updated_at": 1698984999,
    "name": "Math Tutor",
    "description": None,
    "model": "gpt-5.2",
    "instructions": "You are a personal math tutor.",
    "tools": None,
    "file_ids": [],
    "metadata": {"_dash": "x:1:y", "team": "care"},
    "temperature": 1.0,
}


def read(tree: Any) -> list[contract.Item]:
    return contract.read_file(json.dumps(tree).encode())


def said(item: contract.Item) -> list[tuple[str, str]]:
    return [(found.param, contract.plain(found)) for found in item.problems]


def refusal(data: bytes) -> list[str]:
    with pytest.raises(InvalidDocument) as refused:
        contract.read_file(data)
    return [contract.plain(found) for found in refused.value.problems]


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (json.dumps(ONE), [""]),
        (json.dumps(ONE, indent=2), [""]),
        (json.dumps([ONE, TWO]), ["item 1", "item 2"]),
        (json.dumps({"object": "list", "data": [ONE, TWO]}), ["item 1", "item 2"]),
        (json.dumps({"data": [ONE, TWO], "has_more": False}), ["item 1", "item 2"]),
        (f"{json.dumps(ONE)}\n\n{json.dumps(TWO)}\n", ["line 1", "line 3"]),
        (f"\ufeff{json.dumps(ONE)}\r\n{json.dumps(TWO)}", ["line 1", "line 2"]),
    ],
)
def test_every_shape_is_read(data: str, places: list[str]) -> None:
    items = contract.read_file(data.encode())
    assert [item.place for item in items] == places
    assert [item.document for item in items] == [ONE, TWO][: len(places)]
    assert not any(item.problems or item.set_aside for item in items)


@pytest.mark.parametrize("data", ["[]", '{"object": "list", "data": []}'])
def test_a_list_of_nothing_holds_nothing(data: str) -> None:
    assert contract.read_file(data.encode()) == []


def test_what_we_serve_and_export_comes_back() -> None:
    document = {**ONE, "tools": [{"type": "code_interpreter"}], "temperature": 0.3}
    exported = contract.canonical(document)
    served = contract.dumps(contract.served(document, id="asst_1", created_at=1))
    for text in (exported, served, f"{exported}\n{served}"):
        for item in contract.read_file(text.encode()):
            assert item.errors == ()
            assert contract.normal(item.document) == contract.normal(document)


def test_what_belongs_to_the_server_is_set_aside_and_named() -> None:
    (item,) = read(ANSWER)
    assert item.problems == ()
    assert item.document == {
        "name": "Math Tutor",
        "model": "gpt-5.2",
        "instructions": "You are a personal math tutor.",
        "metadata": {"team": "care"},
        "temperature": 1.0,
    }
    aside = ("id", "object", "created_at", "updated_at", "file_ids", "metadata._dash")
    assert item.set_aside == aside


def test_what_is_set_aside_is_named_within_reason() -> None:
    (item,) = read(ANSWER | {f"{number}\n" + "k" * 99: 0 for number in range(30)})
    assert len(item.set_aside) == 21
    assert item.set_aside[-1] == "…"
    assert max(map(len, item.set_aside)) < 70
    assert "\n" not in "".join(item.set_aside)


def test_what_a_person_wrote_is_judged_by_every_rule() -> None:
    written = {
        **ONE,
        "object": "assistant",
        "owner": "me",
        "tools": None,
        "metadata": {"_dash": ""},
    }
    (item,) = read(written)
    assert item.set_aside == ("object",)
    assert said(item) == [
        ("owner", 'Unknown field "owner".'),
        ("tools", "Must be a list."),
        ("metadata._dash", '"_dash" is reserved for this dashboard.'),
    ]


def test_echoed_stores_go_where_their_ids_are_there() -> None:
    stores: dict[str, Any] = {"vector_stores": [{"file_ids": ["file_1"]}]}
    (alone,) = read({**ANSWER, "tool_resources": {"file_search": stores}})
    assert said(alone) == [
        (
            "tool_resources.file_search.vector_stores",
            "Send the id of an existing vector store.",
        )
    ]
    both = stores | {"vector_store_ids": ["vs_1"]}
    searches = {**ANSWER, "tools": [{"type": "file_search"}]}
    (item,) = read({**searches, "tool_resources": {"file_search": both}})
    assert item.problems == ()
    assert item.document["tool_resources"] == {"file_search": {"vector_store_ids": ["vs_1"]}}
    assert "tool_resources.file_search.vector_stores" in item.set_aside


def test_the_first_generation_is_offered_the_present_forms() -> None:
    former = {**ANSWER, "tools": [{"type": "retrieval"}], "file_ids": ["file_1"]}
    (item,) = read(former)
    assert [(found.param, found.data["present"]) for found in item.problems] == [
        ("tools[0].type", {"type": "file_search"}),
        ("file_ids", {"tool_resources": {"code_interpreter": {"file_ids": ["file_1"]}}}),
    ]
    assert [found.level for found in item.problems] == ["warning", "error"]
    assert item.document["tools"] == [{"type": "retrieval"}]


def test_a_flat_function_is_offered_the_nested_form() -> None:
    (item,) = read({**ONE, "tools": [{"type": "function", "name": "f"}]})
    (found,) = item.errors
    assert found.data["present"] == {"type": "function", "function": {"name": "f"}}


def test_one_bad_item_leaves_the_others() -> None:
    items = read([ONE, 3, {"name": "x"}])
    assert [said(item) for item in items] == [
        [],
        [("", "Must be an object.")],
        [("model", "Required.")],
    ]


def test_one_bad_line_leaves_the_others_and_is_placed_in_the_file() -> None:
    lines = b'{"model": "gpt-5.2"}\n\n {"model" "n"}\n{"model":"a","model":"b"}'
    items = contract.read_file(lines)
    assert [item.place for item in items] == ["line 1", "line 3", "line 4"]
    assert [said(item) for item in items] == [
        [],
        [("", "Not valid JSON at line 3, column 11.")],
        [("model", '"model" appears more than once.')],
    ]
    assert items[2].problems[0].data["line"] == 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Not valid JSON at line 1, column 1."),
        (b"not JSON", "Not valid JSON at line 1, column 1."),
        (b'{"model": "m"\n "name": "n"}', "Not valid JSON at line 2, column 2."),
        (b'{"model"\n{"model"', "Not valid JSON at line 2, column 1."),
        (b'{"model":"m"}\n{"model":"\xff"}', "Not UTF-8 at byte 25."),
        (b"3", "Must be an object."),
        (b'{"object": "list"}', "Required."),
        (b'{"object": "list", "data": {}}', "Must be a list."),
        (b"[" * 100_000, "Nested more than 64 levels."),
        (b"[" + b"{}," * 10_000 + b"{}]", "10,001 items; the limit is 10,000."),
        (b"{}\n" * 10_001, "10,001 items; the limit is 10,000."),
        (b" " * (FILE_MAX + 1), "20,971,521 bytes; the limit is 20,971,520."),
    ],
)
def test_a_file_is_refused_as_a_whole(data: bytes, message: str) -> None:
    assert refusal(data) == [message]


def test_ten_thousand_items_are_read() -> None:
    assert len(contract.read_file(b'{"model":"m"}\n' * 10_000)) == 10_000


def test_the_profile_decides_what_is_known() -> None:
    knows = contract.PROFILES["openai-compatible"]
    full = {**ONE, "metadata": {str(number): "" for number in range(16)}}
    (item,) = contract.read_file(json.dumps(full).encode(), knows)
    assert [(found.code, found.level) for found in item.problems] == [("metadata_full", "warning")]


def test_a_pasted_text_is_one_assistant_within_its_limit() -> None:
    item = contract.read_one(json.dumps(ONE), limit=1000)
    assert (item.place, item.document, item.problems) == ("", ONE, ())
    with pytest.raises(InvalidDocument) as refused:
        contract.read_one(json.dumps(ONE), limit=10)
    assert [found.code for found in refused.value.problems] == ["too_large"]


def test_a_line_too_long_for_a_second_look_is_named_by_its_place_alone() -> None:
    twice = b'{"model": "' + b"m" * 2_097_152 + b'", "model": "o3"}'
    items = contract.read_file(b'{"model": "gpt-5.2"}\n' + twice)
    assert items[1].place == "line 2"
    assert [found.code for found in items[1].problems] == ["duplicate_key"]
    assert "line" not in items[1].problems[0].data
