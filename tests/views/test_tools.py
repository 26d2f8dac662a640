"""One tool of a Change on a page of its own, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import tools
from assistants_app.models import Change
from tests import builders
from tests.views.editor import url

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

ODD = '{"type":"mcp","z":1.50,"a":{"2":null,"1":12345678901234567890}}'
FUNCTION: dict[str, Any] = {"type": "function", "function": {"name": "get_order"}}


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    listed = [FUNCTION, contract.parse(ODD), 7]
    return builders.make_change(workspace, alice, tools=listed)


def fresh(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def where(change: Change, index: int) -> str:
    return reverse("tool", args=[change.pk, tools.rows(change)[index].key])


def save(client: Client, change: Change, index: int, text: str, **more: str) -> HttpResponse:
    seen = {"fingerprint": tools.rows(fresh(change))[index].fingerprint}
    return client.post(where(change, index), {"tool": text} | seen | more)


def test_every_kind_of_tool_has_a_page(editing: Client, draft: Change) -> None:
    for index, name in enumerate(["get_order", "mcp", "Something without a type"]):
        text = editing.get(where(draft, index)).content.decode()
        assert name in text
    assert "12345678901234567890" in editing.get(where(draft, 1)).content.decode()


def test_saving_changes_this_tool_alone(editing: Client, draft: Change) -> None:
    text = '{"type": "function", "function": {"name": "find_order"}}'
    response = save(editing, draft, 0, text)
    assert response.status_code == 303
    assert response.headers["Location"] == f"{url(draft)}#t-{tools.rows(draft)[0].key}"
    now = fresh(draft)
    assert now.tools[0]["function"]["name"] == "find_order"
    assert contract.dumps(now.tools[1]) == ODD
    assert [row.key for row in tools.rows(now)] == [row.key for row in tools.rows(draft)]


def test_saving_what_is_there_keeps_its_very_spelling(editing: Client, draft: Change) -> None:
    box = editing.get(where(draft, 1)).context["form"]["tool"].value()
    assert save(editing, draft, 1, box.replace("\n", "\r\n")).status_code == 303
    assert fresh(draft).lock == draft.lock


BAD = {
    "not JSON": ('{"type" 1}', "A colon is missing."),
    "twice": ('{"type":"mcp",\n"type":"x"}', "Line 2"),
    "empty": ("  ", "Type the JSON of this tool"),
    "a list": ("[1]", "Must be an object."),
    "deep": ('{"a":' * 65 + "1" + "}" * 65, "64"),
    "deeper": ('{"a":' * 100_000, "64"),
    "digits": ('{"a":' + "9" * 5_000 + "}", "400"),
    "NUL": ('{"a":"\0"}', "NUL"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_comes_back_as_it_was_typed(
    editing: Client, draft: Change, case: str
) -> None:
    typed, message = BAD[case]
    response = save(editing, draft, 0, typed)
    assert response.status_code == 422
    form = response.context["form"]
    assert any(message in error for error in form.errors["tool"])
    assert form["tool"].value() == typed
    assert "Nothing was saved. Your text is still here." in response.content.decode()
    assert fresh(draft).lock == draft.lock


def test_what_breaks_a_rule_is_kept_and_said_with_its_line(editing: Client, draft: Change) -> None:
    typed = '{\n "type": "function",\n "function": {\n  "name": "a b"\n }\n}'
    response = save(editing, draft, 0, typed)
    assert response.status_code == 422
    assert any("Line 4" in error for error in response.context["form"].errors["tool"])
    assert "What you typed is kept" in response.content.decode()
    assert fresh(draft).tools[0]["function"]["name"] == "a b"


def test_in_review_what_breaks_a_rule_is_not_taken(editing: Client, draft: Change) -> None:
    Change.objects.filter(pk=draft.pk).update(state="in_review", tools=[FUNCTION, FUNCTION | {}])
    typed = '{"type": "function", "function": {"name": "a b"}}'
    response = save(editing, draft, 0, typed)
    assert response.status_code == 422
    assert response.context["form"]["tool"].value() == typed
    assert "a b" not in contract.dumps(fresh(draft).tools)


def test_somebody_elses_newer_text_stands_beside_mine(
    editing: Client, draft: Change, bob: User
) -> None:
    row = tools.rows(draft)[0]
    theirs = {"type": "function", "function": {"name": "bobs"}}
    sight = {"key": row.key, "fingerprint": row.fingerprint}
    tools.replace(draft, actor=builders.acting(bob), **sight, tool=theirs)
    mine = '{"type":"function","function":{"name":"mine"}}'
    response = save(editing, draft, 0, mine, fingerprint=row.fingerprint)
    assert response.status_code == 409
    assert response.context["form"]["tool"].value() == mine
    assert "bobs" in response.content.decode()
    again = response.context["row"].fingerprint
    assert save(editing, draft, 0, mine, fingerprint=again).status_code == 303
    assert fresh(draft).tools[0]["function"]["name"] == "mine"


def test_a_tool_that_is_gone_leaves_the_text_to_copy(
    editing: Client, draft: Change, bob: User
) -> None:
    row, address = tools.rows(draft)[0], where(draft, 0)
    sight = {"key": row.key, "fingerprint": row.fingerprint}
    tools.remove(draft, actor=builders.acting(bob), **sight)
    for typed in ('{"type": "mine"}', '{"type": mine'):
        response = editing.post(address, {"tool": typed, "fingerprint": row.fingerprint})
        assert response.status_code == (409 if typed.endswith("}") else 422)
        assert response.context["form"]["tool"].value() == typed
    assert editing.get(address).status_code == 404
    assert len(tools.rows(fresh(draft))) == 2


def test_who_may_and_how(client: Client, draft: Change, carol: User, workspace: Workspace) -> None:
    address = where(draft, 0)
    assert client.get(address).headers["Location"].startswith(reverse("account_login"))
    client.force_login(carol)
    assert client.get(address).status_code == 404
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert client.get(address).status_code == 403
    assert save(client, draft, 0, "{}").status_code == 403
    assert client.put(address).status_code == 405


def test_a_change_that_is_over_leads_to_what_can_be_read(editing: Client, draft: Change) -> None:
    Change.objects.filter(pk=draft.pk).update(state="withdrawn")
    assert editing.get(where(draft, 0)).headers["Location"] == url(draft)


def test_looking_at_what_has_errors_does_not_say_that_something_failed(
    client: Client, alice: User, draft: Change
) -> None:
    client.force_login(alice)
    keys = [row.key for row in tools.rows(draft)]
    address = f"{reverse('tool', args=[draft.pk, keys[2]])}?view=json"
    for page, was_sent in (
        (client.get(address), False),
        (client.post(address, {"tool": "{"}), True),
    ):
        assert ("data-summary" in page.content.decode()) is was_sent
