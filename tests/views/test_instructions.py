"""The instructions in the editor: looks at the text, and changes of it in one step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.actions import changes
from assistants_app.models import Change
from tests import builders
from tests.views.editor import autosave, slot, url

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import Assistant, User, Workspace

TEXT = "# Role\nYou help with a refund.\n\n## Rules\nNo Refund\u200b after 30 days.\n"


@pytest.fixture
def live(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return builders.make_assistant(workspace, author=alice, reviewer=bob, instructions="Old.")


@pytest.fixture
def draft(live: Assistant, alice: User) -> Change:
    return builders.make_change(live, alice, instructions=TEXT)


def look(client: Client, change: Change, view: str, target: str = "") -> str:
    headers = {"HX-Request": "true", "HX-Target": target} if target else {}
    query = {"instructions": view} if view else {}
    return client.get(url(change), query, headers=headers).content.decode()


def act(
    client: Client, change: Change, op: str, *, htmx: bool = True, **boxes: str
) -> HttpResponse:
    headers = {"HX-Request": "true", "HX-Target": "form-instructions"} if htmx else {}
    data = {"lock": str(change.lock), "op": op, "instructions": TEXT} | boxes
    return client.post(reverse("change_instructions", args=[change.pk]), data, headers=headers)


def stored(change: Change) -> str | None:
    return Change.objects.get(pk=change.pk).instructions


# --- looks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["", "instructions-view"])
def test_the_preview_stands_beside_the_text(editing: Client, draft: Change, target: str) -> None:
    text = look(editing, draft, "preview", target)
    assert '<h3 id="line-1">Role</h3>' in text
    assert ("<textarea" in text) == (not target)
    assert ("<html" in text) == (not target)


def test_the_changes_against_what_is_live(editing: Client, draft: Change) -> None:
    text = look(editing, draft, "changes", "instructions-view")
    assert "Instructions against version 1" in text
    assert "Old." in text
    assert 'hx-trigger="instructions-saved from:body"' in text


def test_nothing_to_compare_a_new_assistant_with(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice)
    assert "no live version to compare it with" in look(
        editing, change, "changes", "instructions-view"
    )


def test_headings_lead_into_the_text_and_without_javascript_into_the_preview(
    editing: Client, draft: Change
) -> None:
    text = look(editing, draft, "")
    assert f'href="{url(draft)}?instructions=preview#line-4"' in text
    at = TEXT.index("## Rules")
    assert f'data-at="{at}">Rules</a>' in text
    assert look(editing, draft, "", "headings").lstrip().startswith('<div id="headings"')


def test_a_save_tells_the_page_what_moved(editing: Client, draft: Change) -> None:
    same = autosave(editing, draft, "instructions")
    words = autosave(editing, draft, "instructions", instructions=TEXT + "More.")
    now = Change.objects.get(pk=draft.pk)
    heading = autosave(editing, now, "instructions", instructions=TEXT + "More.\n# New")
    told = [response.headers.get("HX-Trigger") for response in (same, words, heading)]
    assert told == [None, "instructions-saved", "instructions-saved, headings-changed"]


def test_an_autosave_of_a_long_text_carries_no_text(editing: Client, draft: Change) -> None:
    long = ("# A heading\u200b of some length\n" + "Words and words. " * 10 + "\n") * 1_200
    response = autosave(editing, draft, "instructions", instructions=long[:256_000])
    assert response.status_code == 200
    assert len(response.content) <= 10_000
    assert "Words and words." not in response.content.decode()


def test_the_counter_knows_the_servers_limit_and_guesses_tokens(
    editing: Client, draft: Change
) -> None:
    assert 'data-counter-max="256000"' in look(editing, draft, "")
    for size, about in ((19, "5"), (82, "21"), (410, "100"), (5_000, "1,300")):
        autosave(editing, draft, "instructions", instructions="x" * size)
        draft.refresh_from_db()
        assert f"about {about} tokens (characters ÷ 4)" in look(editing, draft, "")


# --- hidden characters ----------------------------------------------------------------------------


def test_hidden_characters_are_listed_with_their_place(editing: Client, draft: Change) -> None:
    text = look(editing, draft, "")
    listed = text[text.index('id="hidden-characters"') :]
    assert "zero width space" in listed
    assert re.search(r"line 5, column 10", listed)


@pytest.mark.parametrize("htmx", [True, False])
def test_taking_them_out_is_one_step_that_can_be_undone(
    editing: Client, draft: Change, *, htmx: bool
) -> None:
    response = act(editing, draft, "clean:U+200B", htmx=htmx)
    assert response.status_code == 200
    assert stored(draft) == TEXT.replace("\u200b", "")
    text = response.content.decode()
    assert "Removed 1 hidden character." in text
    assert 'name="act" value="undo"' in text
    lock = Change.objects.get(pk=draft.pk).lock
    undo = {"lock": str(lock), "act": "undo", "instructions": TEXT.replace("\n", "\r\n")}
    headers = {"HX-Request": "true"} if htmx else {}
    assert editing.post(url(draft, "instructions"), undo, headers=headers).status_code == 200
    assert stored(draft) == TEXT


# --- find and replace -----------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [True, False])
def test_finding_counts_first_and_stores_nothing(
    editing: Client, draft: Change, *, htmx: bool
) -> None:
    response = act(
        editing, draft, "find", htmx=htmx, find="refund", instructions=TEXT + "A refund!"
    )
    text = response.content.decode()
    assert response.status_code == 200
    assert "Found in 3 places" in text
    assert "Replace in 3 places" in text
    assert stored(draft) == TEXT
    if htmx:
        assert response.headers["HX-Retarget"] == "#find-result"
    else:
        assert "A refund!" in text  # what was typed is on the page


def test_replacing_takes_the_text_as_it_is_typed(editing: Client, draft: Change) -> None:
    typed = TEXT + "A refund!"
    response = act(editing, draft, "replace", find="refund", by="return", instructions=typed)
    assert response.status_code == 200
    assert "Replaced in 3 places." in slot(response, "announcer")
    assert stored(draft) == typed.replace("refund", "return").replace("Refund", "return")
    assert 'data-focus-after="#id_instructions"' in response.content.decode()


def test_capitals_count_where_they_shall(editing: Client, draft: Change) -> None:
    act(editing, draft, "replace", find="Refund", by="Return", exact="on")
    assert stored(draft) == TEXT.replace("Refund", "Return")


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("op", ["find", "replace"])
def test_nothing_to_find_is_said(editing: Client, draft: Change, op: str, *, htmx: bool) -> None:
    response = act(editing, draft, op, find="", htmx=htmx)
    assert response.status_code == 422
    assert "This field is required." in response.content.decode()
    missing = act(editing, draft, op, find="nowhere", htmx=htmx)
    assert "Not found" in missing.content.decode()
    assert stored(draft) == TEXT


def test_a_stale_press_shows_both_texts(editing: Client, bob: User, draft: Change) -> None:
    values = {"instructions": "His."}
    changes.edit(draft, actor=builders.acting(bob), lock=draft.lock, values=values)
    response = act(editing, draft, "replace", find="refund", by="x")
    assert response.status_code == 409
    assert response.headers["HX-Retarget"] == "#merge"
    assert stored(draft) == "His."


# --- insert ---------------------------------------------------------------------------------------


@pytest.fixture
def other(workspace: Workspace, alice: User, bob: User) -> Assistant:
    text = "Intro.\n# Tone\nBe kind.\n# Shop\nNordlicht.\n"
    return builders.make_assistant(
        workspace, author=alice, reviewer=bob, name="Shop helper", instructions=text
    )


def insert(client: Client, change: Change, *sections: str, **more: str) -> HttpResponse:
    data = {"lock": str(change.lock), "section": list(sections)} | more
    return client.post(reverse("change_insert", args=[change.pk]), data)


def test_choosing_where_to_insert_from(
    editing: Client, draft: Change, other: Assistant, carol: User
) -> None:
    far = builders.make_workspace("Elsewhere")
    builders.make_member(far, carol, "admin")
    builders.make_change(far, carol, name="Foreign")
    where = reverse("change_insert", args=[draft.pk])
    assert "Shop helper" in editing.get(where).content.decode()
    assert "Shop helper" not in editing.get(where, {"q": "nothing"}).content.decode()
    version = other.live_version
    assert version is not None
    text = editing.get(where, {"version": version.pk}).content.decode()
    assert re.findall(r'name="section" value="(\d)"', text) == ["0", "1", "2"]
    assert "Be kind." in text
    headers = {"HX-Request": "true", "HX-Target": "dialog"}
    part = editing.get(where, {"version": version.pk}, headers=headers).content.decode()
    assert part.lstrip().startswith("<section")


def test_inserting_chosen_sections_at_the_end(
    editing: Client, draft: Change, other: Assistant
) -> None:
    response = insert(editing, draft, "1", version=str(other.live_version_id))
    assert response.status_code == 200
    assert stored(draft) == TEXT.rstrip() + "\n\n# Tone\nBe kind.\n"


def test_inserting_in_place_of_what_is_selected(
    editing: Client, draft: Change, other: Assistant
) -> None:
    place = {"where": "cursor", "at": "0", "until": "6", "instructions": TEXT}
    insert(editing, draft, "0", version=str(other.live_version_id), **place)
    assert stored(draft) == "Intro." + TEXT[6:]


@pytest.mark.parametrize("version", ["", "x", "9" * 30, "0"])
def test_what_is_not_there_is_not_inserted(editing: Client, draft: Change, version: str) -> None:
    response = insert(editing, draft, "0", version=version)
    assert response.status_code == 200
    assert stored(draft) == TEXT


def test_nothing_comes_out_of_another_workspace(
    editing: Client, draft: Change, bob: User, alice: User
) -> None:
    far = builders.make_workspace("Elsewhere")
    for person, role in ((alice, "editor"), (bob, "publisher")):
        builders.make_member(far, person, role)
    foreign = builders.make_assistant(far, author=alice, reviewer=bob, instructions="Secret.")
    insert(editing, draft, "0", version=str(foreign.live_version_id))
    assert stored(draft) == TEXT


def test_as_many_questions_for_3_assistants_as_for_30(
    editing: Client, draft: Change, other: Assistant
) -> None:
    where = reverse("change_insert", args=[draft.pk])
    editing.get(where)  # the session remembers the workspace
    with CaptureQueriesContext(connection) as few:
        editing.get(where)
    builders.make_copies(other, 15)
    with CaptureQueriesContext(connection) as many:
        editing.get(where)
    assert len(few) == len(many)


@pytest.mark.parametrize("name", ["change_instructions", "change_insert"])
def test_who_may(
    client: Client, workspace: Workspace, carol: User, draft: Change, name: str
) -> None:
    where = reverse(name, args=[draft.pk])
    assert client.post(where).status_code == 302
    client.force_login(carol)
    assert client.post(where).status_code == 404
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert client.post(where).status_code == 403
    assert client.put(where).status_code == 405
