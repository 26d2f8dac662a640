"""The model of a change: what it means for the other fields, matching edits, the list of all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse

from assistants_app.actions import changes
from assistants_app.models import AuditEntry, Change
from tests import builders
from tests.views.editor import autosave, save, slot, url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace


@pytest.fixture(autouse=True)
def _day() -> Iterator[None]:
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
        yield


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, model="gpt-4.1", temperature=0.4)


def where(change: Change) -> str:
    return reverse("change_model", args=[change.pk])


def set_one(
    client: Client, change: Change, what: str, *, htmx: bool = True, **boxes: str
) -> HttpResponse:
    headers = {"HX-Request": "true", "HX-Target": "form-model"} if htmx else {}
    data = {"lock": str(change.lock), "set": what} | boxes
    return client.post(where(change), data, headers=headers)


def efforts(text: str) -> list[str]:
    """What the list of efforts offers."""
    select = text[text.index('name="reasoning_effort"') :]
    return re.findall(r'<option value="([^"]*)"', select[: select.index("</select>")])


def now(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


# --- what it means --------------------------------------------------------------------------------


def test_the_page_says_what_the_model_means(editing: Client, draft: Change) -> None:
    text = editing.get(url(draft)).content.decode()
    part = text[text.index('id="form-model"') : text.index('id="form-abilities"')]
    assert "Answers at once." in part[part.index('id="model-effects"') :]
    assert part.count("Will be switched off on 14 January 2027.") == 1  # at the field
    assert efforts(text) == [""]


def test_choosing_a_model_shows_its_consequences_and_drops_nothing(
    editing: Client, draft: Change
) -> None:
    response = autosave(editing, draft, "model", model="o3", reasoning_effort="xhigh")
    effects = slot(response, "model-effects")
    assert response.status_code == 200
    ignored = "o3 may ignore Creativity. We keep your value in case you switch back."
    assert ignored in slot(response, "id_temperature-msg")
    assert 'value="reasoning_effort:high"' in effects
    assert "Set Thinking effort to high" in effects
    assert "Clear Creativity" in effects
    assert efforts(response.content.decode()) == ["", "low", "medium", "high", "xhigh"]
    assert "o3 may ignore Creativity." in slot(response, "announcer")
    assert (now(draft).model, now(draft).temperature) == ("o3", 0.4)
    assert len(response.content) < 10_000


def test_the_efforts_are_not_drawn_anew_while_the_model_stays(
    editing: Client, draft: Change
) -> None:
    text = autosave(editing, draft, "model", temperature="0.5").content.decode()
    assert "effort-choice" not in text
    assert "announcer" not in text


def test_a_model_that_nobody_knows_is_taken_all_the_same(editing: Client, draft: Change) -> None:
    response = autosave(editing, draft, "model", model="ft:mine:1")
    assert "Nothing more is known of it here." in slot(response, "model-effects")
    assert len(efforts(response.content.decode())) == 8
    assert now(draft).model == "ft:mine:1"


def test_a_reply_that_the_model_is_not_known_to_give(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    shape = {"type": "json_schema", "json_schema": {"name": "r", "schema": {}}}
    change = builders.make_change(workspace, alice, model="gpt-4", response_format=shape)
    text = editing.get(url(change)).content.decode()
    assert "not known to answer in the shape that is asked for" in text
    assert "Switched off since 23 October 2026." in text


# --- matching edits -------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [True, False])
def test_a_matching_edit_acts_in_the_same_change_and_can_be_undone(
    editing: Client, draft: Change, *, htmx: bool
) -> None:
    boxes = {"model": "o3", "temperature": "0.40", "reasoning_effort": "xhigh", "top_p": ""}
    response = set_one(editing, draft, "reasoning_effort:high", htmx=htmx, **boxes)
    text = response.content.decode()
    assert response.status_code == 200
    assert "Thinking effort is now high." in text
    saved = now(draft)
    assert (saved.model, saved.reasoning_effort) == ("o3", "high")
    assert 'value="0.40"' in text  # as it was typed
    if htmx:
        assert response.headers["HX-Retarget"] == "#form-model"
        assert 'data-focus-after="#id_reasoning_effort"' in text
    headers = {"HX-Request": "true"} if htmx else {}
    undo = boxes | {"lock": str(saved.lock), "act": "undo"}
    assert editing.post(url(draft, "model"), undo, headers=headers).status_code == 200
    assert now(draft).reasoning_effort == "xhigh"


def test_clearing_creativity(editing: Client, draft: Change) -> None:
    response = set_one(editing, draft, "temperature:", model="o3")
    assert "Creativity is cleared." in slot(response, "announcer")
    assert (now(draft).temperature, now(draft).model) == (None, "o3")


def test_without_the_boxes_only_that_field_is_set(editing: Client, draft: Change) -> None:
    assert set_one(editing, draft, "model:ft:a:b", htmx=False).status_code == 200
    assert (now(draft).model, now(draft).temperature) == ("ft:a:b", 0.4)


@pytest.mark.parametrize("what", ["", "name:x", "model"])
def test_what_is_no_field_of_the_part_is_not_set(editing: Client, draft: Change, what: str) -> None:
    set_one(editing, draft, what)
    assert not AuditEntry.objects.filter(action="change.edited").exists()


def test_a_stale_press_shows_both(editing: Client, bob: User, draft: Change) -> None:
    changes.edit(draft, actor=builders.acting(bob), lock=draft.lock, values={"model": "gpt-5"})
    assert set_one(editing, draft, "model:o3").status_code == 409
    assert now(draft).model == "gpt-5"


# --- the list -------------------------------------------------------------------------------------


def test_the_list_says_of_every_model_what_to_know(editing: Client, draft: Change) -> None:
    text = editing.get(where(draft)).content.decode()
    assert "<html" in text
    assert "Well-described work, quicker and cheaper." in text
    assert "Chosen" in text
    assert 'name="set" value="model:gpt-5.1"' in text
    part = editing.get(where(draft), headers={"HX-Request": "true", "HX-Target": "dialog"})
    assert part.content.decode().strip().startswith("<section")


@pytest.mark.parametrize(("q", "hits"), [("nano", 4), ("HEARING", 6), ("no such", 0)])
def test_searching_the_list(editing: Client, draft: Change, q: str, hits: int) -> None:
    headers = {"HX-Request": "true", "HX-Target": "models-found"}
    text = editing.get(where(draft), {"q": q}, headers=headers).content.decode()
    assert text.count('name="set"') == hits
    assert ("No known model matches." in text) == (hits == 0)
    assert f"{hits} models" in text


def test_how_many_were_found_is_announced_where_a_part_is_drawn(
    editing: Client, draft: Change
) -> None:
    part = {"HX-Request": "true", "HX-Target": "models-found"}
    assert "0 models" in editing.get(where(draft), {"q": "zzz"}, headers=part).content.decode()
    page = editing.get(where(draft), {"q": "zzz"}).content.decode()
    assert page.count('value="zzz"') == 1  # and not in the search for assistants above it
    assert "0 models" not in page
    assert page.count('id="announcer"') == 1


def test_who_may_choose(client: Client, workspace: Workspace, carol: User, draft: Change) -> None:
    assert client.get(where(draft)).status_code == 302
    client.force_login(carol)
    assert client.get(where(draft)).status_code == 404
    assert set_one(client, draft, "model:o3").status_code == 404
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert client.get(where(draft)).status_code == 403
    assert set_one(client, draft, "model:o3").status_code == 403
    assert client.put(where(draft)).status_code == 405


def test_both_numbers_at_once_is_a_soft_hint(editing: Client, draft: Change) -> None:
    response = autosave(editing, draft, "model", temperature="0.4", top_p="0.5")
    assert "Hint:" in slot(response, "id_top_p-msg")
    assert save(editing, now(draft), "model", top_p="0.5").status_code == 303


def test_models_that_no_server_takes_any_more_come_last(editing: Client, draft: Change) -> None:
    text = editing.get(where(draft)).content.decode()
    rows = text[text.index('id="models-found"') :].split("<li>")[1:]
    ends = ("Switched off since", "Servers are not known", "it may be switched off")
    over = [any(words in row for words in ends) for row in rows]
    assert True in over
    assert over == sorted(over)
    listed = re.findall(r'value="model:([^"]+)"', text)
    options = re.findall(r'<option value="([^"]+)"', editing.get(url(draft)).content.decode())
    assert [one for one in options if one in listed] == listed
