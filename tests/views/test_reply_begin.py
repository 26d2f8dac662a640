"""The fields of a reply begin from an example or a template, on its card and on their own page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import changes
from assistants_app.forms import reply as shapes
from tests import builders
from tests.views.editor import save, slot
from tests.views.editor import url as editor
from tests.views.replied import FORMAT, body, choose, fresh, op, stored

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import Change, User, Workspace


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, response_format=contract.parse(FORMAT))


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
