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
from assistants_app.forms import reply as shapes
from assistants_app.forms.reply import ReplyForm
from assistants_app.models import Change
from tests import builders
from tests.views.editor import autosave, press, save, slot
from tests.views.editor import url as editor

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

SCHEMA = '{"type":"object","properties":{"2":{"maximum":1e3},"1":{"type":"string"}}}'
INNER = f'{{"schema":{SCHEMA},"z":null,"name":"r"}}'
FORMAT = f'{{"x-own":1.50,"type":"json_schema","json_schema":{INNER}}}'


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, response_format=contract.parse(FORMAT))


def fresh(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def stored(change: Change) -> str:
    return contract.dumps(fresh(change).response_format)


def boxes(change: Change, **typed: str) -> dict[str, str]:
    """What the page posts: its boxes as they are, with what was typed."""
    shape = ReplyForm(change=fresh(change)).shape
    assert shape
    held = shapes.boxes(shape) | {f"reply-{key}": value for key, value in typed.items()}
    return {key: value for key, value in held.items() if value is not None}


def choose(client: Client, change: Change, **typed: str) -> HttpResponse:
    return autosave(client, fresh(change), "reply", **boxes(change, **typed))


def op(
    client: Client, change: Change, name: str, *, htmx: bool = False, **more: str
) -> HttpResponse:
    data = boxes(change) | {"op": name, "lock": str(fresh(change).lock)} | more
    headers = {"HX-Request": "true", "HX-Target": "form-reply"} if htmx else {}
    return client.post(reverse("change_reply", args=[change.pk]), data, headers=headers)


def body(response: HttpResponse) -> str:
    return html.unescape(response.content.decode())


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


# --- beginning from something ---------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [True, False])
def test_an_example_makes_the_fields(editing: Client, draft: Change, *, htmx: bool) -> None:
    response = op(editing, draft, "example", htmx=htmx, example='{"b":1,"a":[{"c":"x"}]}')
    assert response.status_code == 200
    text = body(response)
    assert "The fields are those of the example now." in text
    assert '"b": 1,' in text or "A reply would look like this" in text
    inner = fresh(draft).response_format["json_schema"]
    assert list(inner["schema"]["properties"]) == ["b", "a"]
    assert inner["schema"]["additionalProperties"] is False
    before = dict(re.findall(r'<textarea name="([^"]+)" hidden>\n([^<]*)</textarea>', text))
    save(editing, fresh(draft), "reply", **before, act="undo")
    assert stored(draft) == FORMAT


@pytest.mark.parametrize("name", ["classification", "contact", "summary"])
def test_a_template_makes_the_fields(
    editing: Client, workspace: Workspace, alice: User, name: str
) -> None:
    change = builders.make_change(workspace, alice, model="gpt-5.1")
    op(editing, change, f"template:{name}")
    inner = fresh(change).response_format["json_schema"]
    assert (inner["name"], inner["strict"]) == (name, True)
    errors = [one for one in changes.problems(fresh(change)) if one.level == "error"]
    assert [one for one in errors if one.path[0] == "response_format"] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Paste something first"),
        ("[1]", "This is no JSON example."),
        ('{"a" 1}', "Not valid JSON at line 1, column 6."),
        ('{"a":' * 65 + "1" + "}" * 65, "Nested more than 64 levels."),
        ('{"a":"' + "x" * 1_048_576 + '"}', "the limit is 1,048,576."),
        ('{"<script>alert(1)</script>" 1}', "Not valid JSON"),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_an_example_that_cannot_be_read_stays_in_its_box(
    editing: Client, draft: Change, text: str, said: str, *, htmx: bool
) -> None:
    response = op(editing, draft, "example", htmx=htmx, example=text)
    assert response.status_code == 422
    assert said in body(response)
    assert f">\n{text}</textarea>" in body(response)
    assert "<script>alert(1)" not in response.content.decode()
    assert stored(draft) == FORMAT


def test_fix_all_does_what_was_shown_and_can_be_undone(editing: Client, draft: Change) -> None:
    shown = slot(choose(editing, draft, strict="on"), "reply-notes")
    assert "Exact mode asks for" in shown
    assert "Required now: 2, 1." in shown
    response = op(editing, draft, "fix", htmx=True)
    assert re.search(r"Made \d changes for exact mode\.", body(response))
    inner = fresh(draft).response_format["json_schema"]
    assert contract.make_strict(inner["schema"]).changes == ()
    assert inner["schema"]["required"] == ["2", "1"]
    assert "Exact mode asks" not in body(editing.get(editor(draft)))
    assert "nothing to fix" in body(op(editing, draft, "fix", htmx=True))


def test_the_missing_word_is_shown_first_and_added_on_request(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice, instructions="Answer briefly.\n")
    said = slot(choose(editing, change, kind="json_object"), "reply-notes")
    assert "Answer with a JSON object." in said
    response = op(editing, change, "word")
    assert response.status_code == 303
    assert fresh(change).instructions == "Answer briefly.\n\nAnswer with a JSON object."
    assert "never mention JSON" not in body(editing.get(editor(change)))


def test_a_reply_is_shown_as_json_and_as_a_table(editing: Client, draft: Change) -> None:
    response = choose(
        editing, draft, schema='{"properties":{"when":{"type":"string","format":"date"}}}'
    )
    sample = slot(response, "reply-sample")
    assert (
        '<td class="mono break" translate="no">when</td><td class="break">2026-01-31</td>' in sample
    )


# --- where it begins ------------------------------------------------------------------------------


def test_the_whole_page_sends_a_plain_form_with_its_lock(editing: Client, draft: Change) -> None:
    address = reverse("change_reply", args=[draft.pk])
    page = body(editing.get(address))
    assert f'name="lock" value="{draft.lock}"' in page
    assert 'hx-target="#form-reply"' not in page
    part = body(editing.get(address, headers={"HX-Request": "true", "HX-Target": "dialog"}))
    assert 'name="lock"' not in part
    assert 'hx-target="#form-reply"' in part


@pytest.mark.parametrize("htmx", [False, True])
def test_from_the_page_of_the_fields_it_goes_back_there_as_one_step(
    editing: Client, draft: Change, *, htmx: bool
) -> None:
    fields, address = (reverse(n, args=[draft.pk]) for n in ("reply_fields", "change_reply"))
    assert f"{address}?from=fields" in body(editing.get(fields))
    headers = {"HX-Request": "true", "HX-Target": "dialog"} if htmx else {}
    began = editing.get(f"{address}?from=fields", headers=headers)
    data = {"op": "example", "example": '{"a":1}', "from": "fields", "fp": began.context["fp"]}
    response = editing.post(address, data, headers=headers)
    assert response["HX-Redirect" if htmx else "Location"] == fields
    assert list(fresh(draft).response_format["json_schema"]["schema"]["properties"]) == ["a"]  # type: ignore[call-overload,index]  # it holds one
    editing.post(reverse("reply_ops", args=[draft.pk]), {"op": "undo"})
    assert stored(draft) == FORMAT


def test_what_came_in_between_is_not_replaced_and_the_example_stays(
    editing: Client, draft: Change
) -> None:
    address = reverse("change_reply", args=[draft.pk])
    data = {"op": "example", "example": '{"a":1}', "from": "fields", "fp": "old"}
    response = editing.post(address, data)
    assert response.status_code == 422
    assert "Someone saved a newer text" in body(response)
    assert '{"a":1}</textarea>' in body(response)
    assert stored(draft) == FORMAT


def test_a_stored_shape_counts_more_than_a_text_that_was_kept_beside_it(draft: Change) -> None:
    held = fresh(draft).response_format
    shown = shapes.shape_of(held, {"schema_text": "{ old"})
    kept = shapes.shape_of({"type": "text"}, {"json_schema": held, "schema_text": "{ old"})
    assert shown
    assert kept
    assert shown.schema.startswith("{\n")
    assert kept.schema == "{ old"


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
