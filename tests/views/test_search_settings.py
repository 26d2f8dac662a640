"""The settings of "Search your files": a part of one tool that is saved by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import tools
from assistants_app.forms.changes import FORMS
from assistants_app.models import Change
from tests import builders
from tests.views.editor import slot, url

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

SEARCH = '{"type":"file_search","file_search":{"max_num_results":20,"x":1.50,"y":null},"z":{"b":1}}'
FUNCTION: dict[str, Any] = {"type": "function", "function": {"name": "first"}}


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, tools=[FUNCTION, contract.parse(SEARCH)])


def fresh(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def save(client: Client, change: Change, *, by: str = "auto", **typed: str) -> HttpResponse:
    form = FORMS["search"](change=fresh(change))
    page = {"lock": str(fresh(change).lock), "seen": form.seen}  # type: ignore[attr-defined]
    data = FORMS["search"].held(fresh(change)) | page | typed
    headers = {} if by == "plain" else {"HX-Request": "true"}
    data |= {"autosave": "1"} if by == "auto" else {}
    return client.post(url(change, "search"), data, headers=headers)


def stored(change: Change) -> str:
    return contract.dumps(fresh(change).tools[1])


def test_the_boxes_hold_what_is_stored(editing: Client, draft: Change) -> None:
    text = editing.get(url(draft)).content.decode()
    assert 'name="max_num_results" value="20"' in text
    assert 'id="form-search"' in text


def test_saving_touches_its_own_keys_only(editing: Client, draft: Change) -> None:
    assert save(editing, draft).status_code == 200
    assert fresh(draft).lock == draft.lock
    save(editing, draft, max_num_results="5", score_threshold="0.50", ranker="auto")
    ranking = '"ranking_options":{"ranker":"auto","score_threshold":0.50}'
    assert stored(draft) == SEARCH.replace("20", "5").replace('"y":null', '"y":null,' + ranking)
    save(editing, draft, max_num_results="20", score_threshold="", ranker="")
    assert stored(draft) == SEARCH


def test_a_switch_without_settings_gets_them_and_loses_them(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice, tools=[FUNCTION, {"type": "file_search"}])
    save(editing, change, max_num_results="7")
    assert stored(change) == '{"type":"file_search","file_search":{"max_num_results":7}}'
    assert save(editing, change, by="plain", max_num_results="").status_code == 303
    assert stored(change) == '{"type":"file_search"}'


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"max_num_results": "51"}, "max_num_results", "Must be between 1 and 50."),
        ({"score_threshold": "2"}, "score_threshold", "Must be between 0 and 1."),
        ({"ranker": "auto"}, "score_threshold", "Required."),
    ],
)
def test_what_breaks_a_rule_is_kept_and_said_at_its_field(
    editing: Client, draft: Change, typed: dict[str, str], field: str, message: str
) -> None:
    response = save(editing, draft, **typed)
    assert response.status_code == 200
    assert message in slot(response, f"id_{field}-msg")
    assert "1 to fix" in slot(response, "outline")
    assert fresh(draft).lock == draft.lock + 1


@pytest.mark.parametrize("by", ["auto", "press", "plain"])
def test_what_is_no_number_is_not_stored_and_stays_in_its_box(
    editing: Client, draft: Change, by: str
) -> None:
    response = save(editing, draft, by=by, max_num_results="many", score_threshold="0.5")
    text = response.content.decode()
    assert response.status_code == (200 if by == "auto" else 422)
    assert "Must be a number." in text
    assert stored(draft) == SEARCH
    if by == "plain":
        assert 'name="max_num_results" value="many"' in text
        assert 'name="score_threshold" value="0.5"' in text


def test_another_tool_changed_meanwhile_is_no_obstacle(
    editing: Client, draft: Change, bob: User
) -> None:
    lock = str(draft.lock)
    row = tools.rows(draft)[0]
    sight = {"key": row.key, "fingerprint": row.fingerprint}
    tools.replace(draft, actor=builders.acting(bob), **sight, tool=FUNCTION | {"x": 1})
    assert save(editing, draft, max_num_results="3", lock=lock).status_code == 200
    assert fresh(draft).tools[1]["file_search"]["max_num_results"] == 3
    assert fresh(draft).tools[0]["x"] == 1


def test_the_same_settings_changed_meanwhile_are_a_409_with_both(
    editing: Client, draft: Change, bob: User
) -> None:
    lock, seen = str(draft.lock), FORMS["search"](change=draft).seen  # type: ignore[attr-defined]
    row = tools.rows(draft)[1]
    sight = {"key": row.key, "fingerprint": row.fingerprint}
    theirs = {"type": "file_search", "file_search": {"max_num_results": 9}}
    tools.replace(draft, actor=builders.acting(bob), **sight, tool=theirs)
    response = save(editing, draft, max_num_results="3", lock=lock, seen=seen)
    assert response.status_code == 409
    assert "Most passages" in response.content.decode()
    part = editing.get(url(draft, "search"), headers={"HX-Request": "true"}).content.decode()
    assert 'name="max_num_results" value="9"' in part


def test_a_switch_that_was_turned_off_meanwhile_saves_nothing(
    editing: Client, draft: Change, bob: User
) -> None:
    row = tools.rows(draft)[1]
    sight = {"key": row.key, "fingerprint": row.fingerprint}
    tools.remove(draft, actor=builders.acting(bob), **sight)
    response = save(editing, draft, by="press", max_num_results="3")
    assert response.status_code == 422
    assert "was switched off meanwhile." in response.content.decode()
    assert [one["type"] for one in fresh(draft).tools] == ["function"]
