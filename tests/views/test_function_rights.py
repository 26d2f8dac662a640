"""Who may edit a function's rows and when, what a stale press is answered, what a page asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import tools
from assistants_app.models import Change
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
TEXT = """[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{
"a":{"type":"string"},"b":{"type":"object","properties":{}}}}}}]"""


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, tools=contract.parse(TEXT))


def where(change: Change, name: str = "tool_ops") -> str:
    return reverse(name, args=[change.pk, tools.rows(change)[0].key])


@pytest.mark.parametrize("op", ["undo", "redo", "copy:0:/properties/a", "set"])
def test_a_viewer_edits_no_row(
    client: Client, workspace: Workspace, draft: Change, carol: User, op: str
) -> None:
    builders.make_member(workspace, carol, "viewer")
    client.force_login(carol)
    assert client.post(where(draft), {"op": op}).status_code == 403
    assert Change.objects.get(pk=draft.pk).digest == draft.digest


@pytest.mark.parametrize("op", ["into", "copy", "remove", "up"])
def test_a_press_on_a_row_that_changed_is_answered_409(
    client: Client, draft: Change, alice: User, op: str
) -> None:
    client.force_login(alice)
    data = {"op": f"{op}:0000000000000000:/properties/a", "target": "/properties/b"}
    stale = client.post(where(draft), data, headers={"HX-Request": "true"})
    assert (stale.status_code, stale["HX-Retarget"]) == (409, "#merge")
    assert Change.objects.get(pk=draft.pk).digest == draft.digest


def test_in_review_only_a_button_saves(client: Client, draft: Change, alice: User) -> None:
    Change.objects.filter(pk=draft.pk).update(state=Change.State.IN_REVIEW)
    client.force_login(alice)
    text = client.get(where(draft, "tool"), {"edit": "/properties/a"}).content.decode()
    assert 'hx-trigger="submit"' in text
    assert 'hx-trigger="change' not in text
    assert "Save and review again" in text


def test_thirty_inputs_ask_no_more_of_the_database_than_three(
    client: Client, workspace: Workspace, alice: User
) -> None:
    client.force_login(alice)
    counts = []
    for n in (3, 30):
        inputs = {f"f{i}": {"type": "string"} for i in range(n)}
        schema = {"type": "object", "properties": inputs}
        tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
        change = builders.make_change(workspace, alice, tools=[tool], name=f"N{n}")
        client.get(where(change, "tool"))
        with CaptureQueriesContext(connection) as asked:
            client.get(where(change, "tool"), {"edit": "/properties/f0"})
        counts.append(len(asked))
    assert counts[0] == counts[1]
