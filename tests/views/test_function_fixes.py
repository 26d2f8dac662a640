"""The function editor: fixes of one click, what they changed, and a name that is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app import contract
from assistants_app.actions import changes
from assistants_app.contract import tool_keys
from assistants_app.forms.functions import basics
from assistants_app.models import Change
from tests import builders
from tests.views.test_functions import (
    TEXT,
    schema_of,
    tool_of,
    where,
)

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    other = {"type": "function", "function": {"name": "get_order"}}
    return builders.make_change(workspace, alice, tools=[contract.parse(TEXT), other])


def test_fix_all_is_one_step_that_shows_what_changed(editing: Client, draft: Change) -> None:
    data = {"basics": basics(tool_of(draft)), "name": "request_refund", "strict": "on"}
    editing.post(where(draft), data | {"description": tool_of(draft)["function"]["description"]})
    before = tool_of(draft)
    sent = {"rule": "all", "fp": tool_keys.fingerprint(before)}
    response = editing.post(where(draft, "tool_fix"), sent)
    assert "What changed" in response.content.decode()
    assert schema_of(draft)["additionalProperties"] is False
    assert not [p for p in changes.problems(Change.objects.get(pk=draft.pk)) if p.level == "error"]
    undone = editing.post(where(draft, "tool_ops"), {"op": "undo"}, headers={"hx-request": "true"})
    assert '<div id="changed" hx-swap-oob="innerHTML"></div>' in undone.content.decode()
    assert contract.dumps(tool_of(draft)) == contract.dumps(before)


def test_a_choice_that_may_be_left_empty_is_told_in_words(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    unit = {"type": "string", "enum": ["c", "null"]}
    held = {"type": "object", "properties": {"unit": unit}, "additionalProperties": False}
    function = {"name": "f", "strict": True, "parameters": held}
    change = builders.make_change(
        workspace, alice, tools=[{"type": "function", "function": function}]
    )
    sent = {"rule": "required", "fp": tool_keys.fingerprint(tool_of(change))}
    text = editing.post(where(change, "tool_fix"), sent).content.decode()
    told = text.split('id="what-changed"')[1].split("<details")[0]
    assert "c, null, nothing (null)" in told


def test_what_a_fix_made_of_all_inputs_is_said_of_the_inputs(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    function = {"name": "f", "parameters": {"type": "string"}}
    change = builders.make_change(
        workspace, alice, tools=[{"type": "function", "function": function}]
    )
    sent = {"rule": "root", "fp": tool_keys.fingerprint(tool_of(change))}
    text = editing.post(where(change, "tool_fix"), sent).content.decode()
    told = text.split('id="what-changed"')[1].split("<details")[0]
    assert "<dt>Inputs " in told
    assert "Group</ins>" in told


def test_a_name_that_is_mended_or_taken_back_is_drawn_anew(editing: Client, draft: Change) -> None:
    """The fields of the basics are drawn by the page alone, save where a press changed them."""
    held = tool_of(draft)["function"]
    data = {"basics": basics(tool_of(draft)), "description": held["description"]}
    part = {"headers": {"hx-request": "true"}}
    typed = editing.post(where(draft), data | {"name": "get order!"}, **part)
    assert 'id="basics-fields"' not in typed.content.decode()
    assert "Name is free" not in typed.content.decode()
    said = "Remove the space after “get”."
    assert said in editing.get(where(draft)).context["form"].errors["name"][0]
    sent = {"rule": "name", "fp": tool_keys.fingerprint(tool_of(draft))}
    mended = editing.post(where(draft, "tool_fix"), sent, **part).content.decode()
    fields = mended.split('id="basics-fields"')[1].split('id="basics-ref"')[0]
    assert 'value="get_order_2"' in fields
    assert "data-invalid" not in fields
    assert f'name="basics" value="{basics(tool_of(draft))}"' in mended
    changed = mended.split('id="what-changed"')[1].split("<details")[0]
    assert [word for word in ("get order!", "get_order_2") if word not in changed] == []
    assert "Removed" not in changed
    undone = editing.post(where(draft, "tool_ops"), {"op": "undo"}, **part).content.decode()
    fields = undone.split('id="basics-fields"')[1].split('id="basics-ref"')[0]
    assert 'value="get order!"' in fields
    assert said in fields


@pytest.mark.parametrize("is_strict", [True, False])
def test_a_shape_under_a_new_name_is_followed_by_one_click(
    editing: Client, workspace: Workspace, alice: User, *, is_strict: bool
) -> None:
    inner = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    held = inner | {"properties": {"to": {"$ref": "#/$defs/Old"}}, "required": ["to"]}
    function = {"name": "f", "strict": is_strict, "parameters": held | {"$defs": {"New": inner}}}
    tool = {"type": "function", "function": function}
    change = builders.make_change(workspace, alice, tools=[tool])
    (line,) = [one for one in editing.get(where(change)).context["checks"].lines if one.rule]
    assert (line.rule, line.action) == ("follow", "Use its new name")
    sent = {"rule": "follow", "fp": tool_keys.fingerprint(tool_of(change))}
    assert "What changed" in editing.post(where(change, "tool_fix"), sent).content.decode()
    assert schema_of(change)["properties"]["to"] == {"$ref": "#/$defs/New"}
    assert not [one for one in editing.get(where(change)).context["checks"].lines if one.rule]
