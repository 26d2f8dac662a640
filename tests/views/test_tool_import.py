"""Functions from a pasted text: read, chosen, named, taken in with one save, and undone."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import changes, tools
from assistants_app.models import AuditEntry, Change
from assistants_app.views.input_words import inputs
from tests import builders
from tests.schema.test_import_openapi import SHOP

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

GET_ORDER = {"type": "function", "function": {"name": "get_order", "parameters": {}}}
REFUND = {"type": "function", "function": {"name": "refund", "description": "Refund it."}}
HTMX = {"HX-Request": "true", "HX-Target": "import-result"}


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, tools=[GET_ORDER])


def url(change: Change) -> str:
    return reverse("tool_import", args=[change.pk])


def send(
    client: Client, change: Change, text: str = "", *, htmx: bool = False, **more: Any
) -> HttpResponse:
    return client.post(url(change), {"text": text} | more, headers=HTMX if htmx else {})


def add(client: Client, change: Change, text: str, **more: Any) -> HttpResponse:
    """Read it as the page does, then add what it ticked, under the names it proposes."""
    page = send(client, change, text).content.decode()
    shown = dict(re.findall(r'name="(name-\d+)" value="([^"]*)"', page))
    picks = re.findall(r'name="pick" value="(\d+)" checked', page)
    return send(client, change, text, do="add", **({"pick": picks} | shown | more))


def names(change: Change) -> list[str]:
    return tools.names(Change.objects.get(pk=change.pk))


def body(response: HttpResponse) -> str:
    return html.unescape(response.content.decode())


def many(count: int) -> str:
    item = {"get": {"responses": {}}}
    return json.dumps({"openapi": "3.0.0", "paths": {f"/t/{n}x": item for n in range(count)}})


# --- reading --------------------------------------------------------------------------------------


def test_the_page_says_what_it_takes_and_how_much_room_there_is(
    editing: Client, draft: Change
) -> None:
    text = body(editing.get(url(draft)))
    assert "1 of 128 tools are used." in text
    assert "nothing in it is run or contacted" in text


def test_the_editor_leads_here(editing: Client, workspace: Workspace, alice: User) -> None:
    change = builders.make_change(workspace, alice)
    text = body(editing.get(reverse("change", args=[change.pk])))
    assert "No functions yet." in text
    assert f'href="{url(change)}"' in text


@pytest.mark.parametrize("htmx", [True, False])
def test_what_was_read_comes_as_cards_with_inputs_and_notes(
    editing: Client, draft: Change, *, htmx: bool
) -> None:
    response = send(editing, draft, SHOP, htmx=htmx)
    text = body(response)
    assert response.status_code == 200
    assert "2 functions were read" in text
    assert 'name="name-1" value="put_orders_order_id"' in text
    assert "List of: Choice" in text
    assert "left out: X-Trace." in text
    assert ("<html" in text) is not htmx
    assert "Change" in response["Vary"] or "HX-Request" in response["Vary"]
    assert names(draft) == ["get_order"]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string"}, "Text"),
        ({"type": ["string", "null"]}, "Text, or nothing"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "Yes or no, or nothing"),
        ({"type": "null"}, "Advanced"),
        (
            {"type": "array", "items": {"type": ["integer", "null"]}},
            "List of: Whole number, or nothing",
        ),
        (True, "Anything"),
        ([], "Advanced"),
    ],
)
def test_the_kind_of_an_input_is_told_in_words(schema: Any, said: str) -> None:
    (told,) = inputs({"properties": {"a": schema}, "required": ["a"]})
    assert (told.kind, told.is_required) == (said, True)


def test_a_file_is_read_and_its_text_stands_in_the_box(editing: Client, draft: Change) -> None:
    file = SimpleUploadedFile("shop.yaml", SHOP.replace("\n", "\r\n").encode())
    text = body(send(editing, draft, file=file))
    assert "2 functions were read" in text
    assert text.count("openapi: 3.0.3\ninfo:") == 2  # in the box, and with the cards


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Paste something first"),
        ('{"a" 1}', "Not valid JSON at line 1, column 6. A colon is missing."),
        ('{"a": 1,\n "a": 2}', 'Line 2, column 2: "a" appears more than once.'),
        ("a: [1", "Not readable as YAML at line "),
        ("curl 'x", "A closing quote is missing"),
        ("def f(a:): pass", "Not readable as Python at line 1"),
        ("x" * 1_048_577, "1,048,577 bytes; the limit is 1,048,576."),
        ("a\0b", "at position 2"),
        ("Hello <script>alert(1)</script>", "none of the texts that can be read here"),
    ],
)
def test_what_cannot_be_read_is_said_at_the_box_and_the_text_stays(
    editing: Client, draft: Change, text: str, said: str, *, htmx: bool
) -> None:
    response = send(editing, draft, text, htmx=htmx)
    assert response.status_code == 422
    assert said in body(response)
    assert "<script>alert(1)" not in response.content.decode()
    assert 'id="id_text-msg"' in body(response)
    if not htmx and "\0" not in text:
        assert f">\n{text}</textarea>" in body(response)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"ab\xffc", "Not UTF-8 at byte 3."),
        (b" " * 1_048_577, "1,048,577 bytes; the limit is 1,048,576."),
        (b"", "Paste something first"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_at_its_own_box(
    editing: Client, draft: Change, data: bytes, said: str
) -> None:
    response = send(editing, draft, "kept", file=SimpleUploadedFile("a.json", data))
    assert response.status_code == 422
    assert said in str(response.context["form"].errors["file"])
    assert "text" not in response.context["form"].errors


def test_of_many_functions_people_choose_first(editing: Client, draft: Change) -> None:
    text = body(send(editing, draft, many(40)))
    assert "40 functions are in this text" in text
    assert "import-card" not in text
    found = body(send(editing, draft, many(40), do="filter", q="/t/39", pick=["3"]))
    assert re.findall(r'id="pick-(\d+)"', found) == ["39"]
    assert '<input type="hidden" name="pick" value="3">' in found
    shown = body(send(editing, draft, many(40), do="show", pick=["39", "3", "99", "x"]))
    assert re.findall(r'name="name-(\d+)"', shown) == ["3", "39"]
    assert "Tick those" in body(send(editing, draft, many(40), do="show"))


# --- taking in ------------------------------------------------------------------------------------


def test_the_ticked_ones_are_added_in_one_save(editing: Client, draft: Change) -> None:
    before = AuditEntry.objects.count()
    response = add(editing, draft, SHOP)
    assert response.status_code == 303
    assert names(draft) == ["get_order", "orders_get", "put_orders_order_id"]
    assert AuditEntry.objects.count() == before + 1
    page = body(editing.get(response["Location"]))
    assert "2 functions are in the change now: orders_get, put_orders_order_id" in page


def test_the_text_of_a_pasted_tool_is_stored_as_it_was_written(
    editing: Client, draft: Change
) -> None:
    inner = '{"parameters":{"properties":{"2":{"maximum":1e3},"1":{}}},"x-own":1.50,"name":"f"}'
    tool = f'{{"type":"function","function":{inner}}}'
    add(editing, draft, tool)
    stored = tools.rows(Change.objects.get(pk=draft.pk))[-1].tool
    assert contract.dumps(stored) == tool


def test_a_name_in_use_gets_another_or_takes_its_place(editing: Client, draft: Change) -> None:
    tool = json.dumps({"name": "get_order", "parameters": {"type": "object"}})
    page = body(send(editing, draft, tool))
    assert "get_order is in this change already" in page
    assert 'name="name-0" value="get_order_2"' in page
    add(editing, draft, tool)
    assert names(draft) == ["get_order", "get_order_2"]
    add(editing, draft, tool, **{"how-0": "replace"})
    assert names(draft) == ["get_order", "get_order_2"]
    first = tools.rows(Change.objects.get(pk=draft.pk))[0].tool
    assert first["function"]["parameters"] == {"type": "object"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("get_order", "Another function here is already called get_order."),
        ("a b", "Only a-z, A-Z, 0-9, _ and - are allowed."),
        ("", "Required."),
        ("n" * 65, "65 characters; the limit is 64."),
    ],
)
def test_a_wrong_name_is_said_at_its_box_and_nothing_is_added(
    editing: Client, draft: Change, name: str, said: str
) -> None:
    response = add(editing, draft, json.dumps(REFUND), **{"name-0": name})
    assert response.status_code == 422
    assert [card["card"].errors for card in response.context["cards"]] == [[said]]
    assert said in body(response)
    assert names(draft) == ["get_order"]


def test_two_of_one_name_are_told_apart(editing: Client, draft: Change) -> None:
    assert add(editing, draft, json.dumps([REFUND, REFUND])).status_code == 303
    assert names(draft) == ["get_order", "refund", "refund_2"]


def test_nothing_ticked_and_too_many_are_said(editing: Client, draft: Change) -> None:
    none = add(editing, draft, json.dumps(REFUND), pick=[])
    assert none.status_code == 422
    assert "Tick at least one function." in body(none)
    picks = [str(at) for at in range(128)]
    assert "Room for 127 more" in body(send(editing, draft, many(128), do="show", pick=picks))
    sent = {f"name-{at}": f"f{at}" for at in picks}
    full = send(editing, draft, many(128), do="add", pick=picks, **sent)
    assert full.status_code == 422
    assert "That would be 129 tools; the limit is 128." in body(full)
    assert send(editing, draft, many(128), do="add", pick=picks[1:], **sent).status_code == 303


def test_a_function_that_is_too_deep_cannot_be_ticked(editing: Client, draft: Change) -> None:
    text = body(send(editing, draft, '{"a":' * 60 + "1" + "}" * 60))
    assert "This one cannot be taken in." in text
    assert "Nested more than 64 levels." in text
    assert add(editing, draft, '{"a":' * 60 + "1" + "}" * 60).status_code == 422


def test_undo_takes_all_of_it_back(editing: Client, draft: Change) -> None:
    before = Change.objects.get(pk=draft.pk).digest
    tool = json.dumps([REFUND, {"name": "get_order", "parameters": {"type": "object"}}])
    done = editing.get(add(editing, draft, tool, **{"how-1": "replace"})["Location"])
    sent = re.findall(r'name="(added|replaced)" value="([^"]+)"', done.content.decode())
    undo = {"do": "undo"} | {name: [v for n, v in sent if n == name] for name, _ in sent}
    assert {name for name, _ in sent} == {"added", "replaced"}
    back = editing.post(url(draft), undo)
    assert back.status_code == 303
    assert "Undone" in body(editing.get(back["Location"]))
    assert Change.objects.get(pk=draft.pk).digest == before
    again = editing.post(url(draft), undo)
    assert again.status_code == 409


@pytest.mark.parametrize("sent", [{"added": "x"}, {"added": "x:y"}, {"replaced": [":", "a:b"]}, {}])
def test_an_undo_of_nothing_is_no_fault(
    editing: Client, draft: Change, sent: dict[str, Any]
) -> None:
    assert editing.post(url(draft), {"do": "undo"} | sent).status_code in (303, 409)


def test_the_json_of_the_abilities_that_cannot_be_read_is_no_place_to_add_to(
    editing: Client, draft: Change
) -> None:
    Change.objects.filter(pk=draft.pk).update(unread={"tools": "["})
    response = add(editing, draft, json.dumps(REFUND))
    assert response.status_code == 409
    assert "mend it first" in body(response)
    assert json.dumps(REFUND) in body(response)


def test_in_review_what_has_errors_is_not_taken_in(
    editing: Client, draft: Change, alice: User
) -> None:
    changes.edit(
        draft,
        actor=builders.acting(alice),
        lock=draft.lock,
        values={"tools": [REFUND], "name": "N", "model": "gpt-5.1"},
    )
    change = changes.submit(Change.objects.get(pk=draft.pk), actor=builders.acting(alice))
    assert "puts the change back in review" in body(editing.get(url(change)))
    bad = {"name": "x", "strict": True, "parameters": {"type": "object", "properties": {}}}
    response = add(editing, change, json.dumps(bad))
    assert response.status_code == 422
    assert names(change) == ["refund"]
    assert add(editing, change, json.dumps(GET_ORDER)).status_code == 303


# --- who may --------------------------------------------------------------------------------------


def test_only_who_edits_gets_here(
    client: Client, workspace: Workspace, draft: Change, carol: User
) -> None:
    assert client.get(url(draft)).status_code == 302
    client.force_login(carol)
    assert client.get(url(draft)).status_code == 404
    assert send(client, draft, SHOP).status_code == 404
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert client.get(url(draft)).status_code == 403
    assert send(client, draft, SHOP, do="add").status_code == 403


def test_no_other_method_will_do(editing: Client, draft: Change) -> None:
    assert editing.put(url(draft)).status_code == 405


def test_a_change_that_is_over_takes_nothing_in(
    editing: Client, draft: Change, alice: User
) -> None:
    changes.withdraw(draft, actor=builders.acting(alice))
    response = send(editing, draft, SHOP, do="add")
    assert (response.status_code, response["Location"]) == (302, reverse("change", args=[draft.pk]))


def test_the_queries_do_not_grow_with_the_functions(
    editing: Client, workspace: Workspace, alice: User, draft: Change
) -> None:
    listed = [{"type": "function", "function": {"name": f"f{n}"}} for n in range(30)]
    other = builders.make_change(workspace, alice, tools=listed)
    counts = []
    for change, text in ((draft, json.dumps(REFUND)), (other, SHOP)):
        editing.get(url(change))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            add(editing, change, text)
        counts.append(len(queries))
    assert counts[0] == counts[1]
