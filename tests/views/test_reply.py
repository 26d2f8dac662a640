"""The shape of the reply: four kinds, the fields of the fourth, and nothing lost between them."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import changes
from tests import builders
from tests.views.editor import press, save, slot
from tests.views.editor import url as editor
from tests.views.replied import FORMAT, SCHEMA, body, boxes, choose, fresh, op, stored

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import Change, User, Workspace


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, response_format=contract.parse(FORMAT))


# --- the four kinds -------------------------------------------------------------------------------


def test_the_four_kinds_are_cards_and_one_is_chosen(editing: Client, draft: Change) -> None:
    text = body(editing.get(editor(draft)))
    kinds = re.findall(r'name="reply-kind" value="(\w+)"( checked)?', text)
    assert [kind for kind, _ in kinds] == ["auto", "text", "json_object", "json_schema"]
    assert [kind for kind, chosen in kinds if chosen] == ["json_schema"]
    assert '<input class="input mono" id="reply-name" name="reply-name" value="r"' in text


@pytest.mark.parametrize(
    "value",
    [
        FORMAT,
        '"auto"',
        "null",
        '{"type":"text","more":[1]}',
        '{"a":1,"type":"json_object"}',
        '{"type":"json_schema","json_schema":{"name":"r","strict":null,"description":null}}',
        '{"type":"json_schema","json_schema":{"strict":false,"name":"r","schema":{}}}',
        '{"type":"json_schema","json_schema":{"name":"r","schema":null}}',
    ],
)
def test_saving_the_boxes_as_they_are_changes_nothing(
    editing: Client, workspace: Workspace, alice: User, value: str
) -> None:
    parsed = contract.parse(value)
    change = builders.make_change(workspace, alice, response_format=parsed, name="N")
    assert choose(editing, change).status_code == 200
    now = fresh(change)
    assert (now.lock, contract.dumps(now.response_format)) == (change.lock, value)


@pytest.mark.parametrize(("value", "chip"), [(None, "null"), ("auto", '"auto"')])
def test_unset_and_auto_read_the_same_and_stay_what_they_were(
    editing: Client, workspace: Workspace, alice: User, value: str | None, chip: str
) -> None:
    change = builders.make_change(workspace, alice, response_format=value, name="N")
    assert f'translate="no">{chip}</span>' in body(editing.get(editor(change)))
    choose(editing, change, kind="text")
    assert stored(change) == '{"type":"text"}'
    choose(editing, change, kind="auto")
    assert fresh(change).response_format == value


def test_switching_away_and_back_gives_the_same_text(editing: Client, draft: Change) -> None:
    for kind in ("json_object", "auto", "text", "json_schema"):
        choose(editing, draft, kind=kind)
    assert stored(draft) == FORMAT
    assert fresh(draft).digest == draft.digest


def test_what_is_typed_while_switching_is_kept(editing: Client, draft: Change) -> None:
    choose(editing, draft, kind="text", name="other", schema='{"type":"object"}')
    assert stored(draft) == '{"type":"text"}'
    choose(editing, draft, kind="json_schema")
    assert '"schema":{"type":"object"},"z":null,"name":"other"' in stored(draft)


def test_a_schema_that_is_no_json_yet_is_kept_through_a_switch(
    editing: Client, draft: Change
) -> None:
    response = choose(editing, draft, schema='{\n"type" "object"}')
    assert "line 2, column 8" in slot(response, "reply-schema-msg")
    assert "1 to fix" in slot(response, "outline")
    again = body(editing.get(editor(draft)))
    assert '>\n{\n"type" "object"}</textarea>' in again
    assert "line 2, column 8" in again
    choose(editing, draft, kind="auto")
    assert fresh(draft).unread is None
    choose(editing, draft, kind="json_schema")
    assert '>\n{\n"type" "object"}</textarea>' in body(editing.get(editor(draft)))
    choose(editing, draft, schema=SCHEMA)
    assert (stored(draft), fresh(draft).unread) == (FORMAT, None)


def test_an_edit_touches_only_its_own_key(editing: Client, draft: Change) -> None:
    choose(editing, draft, description="When it fits.")
    inner = '"z":null,"name":"r","description":"When it fits."}}'
    assert stored(draft) == FORMAT.replace('"z":null,"name":"r"}}', inner)
    choose(editing, draft, description="")
    assert '"description":""' in stored(draft)


def test_exactly_these_fields_begins_with_exact_mode(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice)
    choose(editing, change, kind="json_schema")
    assert stored(change) == '{"type":"json_schema","json_schema":{"name":"reply","strict":true}}'


@pytest.mark.parametrize(
    ("box", "typed", "said"),
    [
        ("name", "a b", "Only a-z, A-Z, 0-9, _ and - are allowed."),
        ("name", "n" * 65, "65 characters; the limit is 64."),
        ("schema", "[]", "Must be an object."),
        ("schema", '{"a":1,"a":2}', '"a" appears more than once.'),
        ("schema", '{"a":' * 65 + "1" + "}" * 65, "Nested more than 64 levels."),
        ("schema", '{"type":"string"', "A comma is missing"),
    ],
)
def test_what_is_wrong_lands_on_its_own_box(
    editing: Client, draft: Change, box: str, typed: str, said: str
) -> None:
    response = choose(editing, draft, **{box: typed})
    assert response.status_code == 200
    assert said in html.unescape(slot(response, f"reply-{box}-msg"))
    pressed = press(editing, fresh(draft), "reply", **boxes(draft, **{box: typed}))
    assert pressed.status_code == 422
    whole = save(editing, fresh(draft), "reply", **boxes(draft, **{box: typed}))
    assert whole.status_code == 422
    assert typed in body(whole)


def test_a_character_that_cannot_be_stored_is_refused(editing: Client, draft: Change) -> None:
    response = choose(editing, draft, schema='{"a":"\0"}')
    assert "NUL character at position 7" in slot(response, "reply-schema-msg")
    assert (stored(draft), fresh(draft).unread) == (FORMAT, None)


def test_someone_elses_newer_text_is_not_overwritten(
    editing: Client, draft: Change, alice: User
) -> None:
    sent = boxes(draft, name="mine")
    changes.edit(
        draft, actor=builders.acting(alice), lock=draft.lock, values={"response_format": "auto"}
    )
    response = press(editing, draft, "reply", **sent)
    assert response.status_code == 409
    assert stored(draft) == '"auto"'


@pytest.mark.parametrize(
    "value", ["none", {"type": "odd"}, {"type": "json_schema", "json_schema": {"name": 3}}, 5]
)
def test_what_the_boxes_cannot_show_is_json(
    editing: Client, workspace: Workspace, alice: User, value: Any
) -> None:
    change = builders.make_change(workspace, alice, response_format=value)
    text = body(editing.get(editor(change)))
    assert 'name="response_format"' in text
    assert 'name="reply-kind"' not in text


def test_all_of_it_can_be_edited_as_json(editing: Client, draft: Change) -> None:
    text = body(editing.get(f"{editor(draft)}?reply=json"))
    assert 'name="response_format"' in text
    save(editing, draft, "reply", response_format='{"type":"text"}')
    choose(editing, draft, kind="json_schema")
    assert stored(draft) == FORMAT


# --- who may --------------------------------------------------------------------------------------


def test_only_who_edits_gets_to_the_buttons(
    client: Client, workspace: Workspace, draft: Change, carol: User
) -> None:
    address = reverse("change_reply", args=[draft.pk])
    assert client.get(address).status_code == 302
    client.force_login(carol)
    assert client.get(address).status_code == 404
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert client.post(address, {"op": "fix"}).status_code == 403
    assert client.put(address).status_code in (403, 405)


def test_a_change_that_is_over_is_not_touched(editing: Client, draft: Change, alice: User) -> None:
    changes.withdraw(draft, actor=builders.acting(alice))
    assert op(editing, draft, "template:contact").status_code == 302
    assert stored(draft) == FORMAT


def test_in_review_a_button_shows_and_does_not_save(
    editing: Client, draft: Change, alice: User
) -> None:
    lock = draft.lock
    values = {"name": "N", "model": "gpt-5.1"}
    changes.edit(draft, actor=builders.acting(alice), lock=lock, values=values)
    change = changes.submit(fresh(draft), actor=builders.acting(alice))
    response = op(editing, change, "template:contact", htmx=True)
    assert "telephone" in body(response)
    assert stored(change) == FORMAT


def test_the_queries_do_not_grow_with_the_fields(editing: Client, draft: Change) -> None:
    counts = []
    for n in (2, 3, 30):
        example = json.dumps({f"f{i}": i for i in range(n)})
        with CaptureQueriesContext(connection) as queries:
            op(editing, draft, "example", htmx=True, example=example)
        counts.append(len(queries))
    assert counts[1] == counts[2]


@pytest.mark.parametrize("depth", [20, 29, 30, 31, 40])
def test_an_example_that_is_too_deep_is_told_and_never_a_fault(
    editing: Client, draft: Change, depth: int
) -> None:
    response = op(editing, draft, "example", example='{"a":' * depth + "1" + "}" * depth)
    assert response.status_code == (200 if depth < 31 else 422)
