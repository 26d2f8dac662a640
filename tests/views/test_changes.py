"""The editor: one form per part, saved by itself or by a button, and nothing typed is ever lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.actions import changes, publishing, reviews
from assistants_app.forms.changes import PARTS
from assistants_app.models import Assistant, AuditEntry, Change
from tests import builders
from tests.views.editor import autosave, held, press, save, slot, url

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace


@pytest.fixture
def draft(workspace: Workspace, alice: User, bob: User) -> Change:
    """Alice's draft against version 1."""
    live = builders.make_assistant(workspace, author=alice, reviewer=bob, description="Old.")
    return builders.make_change(live, alice, temperature=0.4)


# --- the page -----------------------------------------------------------------------------------


def test_the_editor_holds_every_field(editing: Client, draft: Change) -> None:
    text = editing.get(url(draft) + "?abilities=json").content.decode()
    for field in (*PARTS["model"].base_fields, "tools", "metadata", "instructions", "why"):
        assert f'id="id_{field}"' in text, field
    for part in PARTS:
        assert f'action="{url(draft, part)}"' in text
        assert f'id="autosave-{part}"' in text
    assert "1 change against version 1" in text
    assert '<option value="gpt-5.1" label="Everyday' in text


def test_a_text_area_keeps_a_first_line_break(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice, instructions="\n\nHello")
    text = editing.get(url(change)).content.decode()
    assert re.search(r'<textarea name="instructions"[^>]*>\n\n\nHello</textarea>', text)


def test_who_reads_only_gets_no_boxes(client: Client, workspace: Workspace, draft: Change) -> None:
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    response = client.get(url(draft))
    assert response.status_code == 200
    assert "<textarea" not in response.content.decode()
    assert "Your role in this workspace does not include editing." in response.content.decode()


@pytest.mark.parametrize("state", ["live", "withdrawn"])
def test_a_change_that_is_over_is_read_only(
    editing: Client, alice: User, bob: User, draft: Change, state: str
) -> None:
    if state == "withdrawn":
        changes.withdraw(draft, actor=builders.acting(alice))
        over = draft
    else:
        over = Change.objects.get(state="live")
    response = editing.get(url(over))
    assert response.status_code == 200
    assert "<textarea" not in response.content.decode()
    answer = save(editing, Change.objects.get(pk=over.pk), "basics", name="Late")
    assert answer.status_code == 409
    assert "Late" in answer.content.decode()


def test_another_version_makes_it_out_of_date(
    editing: Client, alice: User, bob: User, draft: Change
) -> None:
    row = Assistant.objects.get(pk=draft.assistant_id)
    change = builders.make_change(row, bob, name="Faster")
    done = changes.submit(change, actor=builders.acting(bob))
    dan = builders.make_person("dan")
    builders.make_member(row.workspace, dan, "publisher")
    reviews.approve(done, actor=builders.acting(dan), digest=done.digest)
    publishing.publish(Change.objects.get(pk=done.pk), actor=builders.acting(dan))
    assert "Out of date" in editing.get(url(draft)).content.decode()


@pytest.mark.parametrize("name", ["change", "change_part"])
def test_a_stranger_does_not_find_it(client: Client, carol: User, draft: Change, name: str) -> None:
    client.force_login(carol)
    where = url(draft, "basics" if name == "change_part" else "")
    assert client.get(where).status_code == 404
    if name == "change_part":
        assert save(client, draft, "basics", name="Mine").status_code == 404
    draft.refresh_from_db()
    assert draft.name == "Onboarding"


def test_signed_out_leads_to_sign_in(client: Client, draft: Change) -> None:
    assert client.get(url(draft)).headers["Location"].startswith(reverse("account_login"))
    assert save(client, draft, "basics").headers["Location"].startswith(reverse("account_login"))
    assert autosave(client, draft, "basics").status_code == 401


def test_wrong_methods_and_unknown_parts(editing: Client, draft: Change) -> None:
    assert editing.post(url(draft)).status_code == 405
    assert editing.put(url(draft, "basics")).status_code == 405
    assert editing.post(url(draft, "nonsense")).status_code == 404
    assert editing.get(url(draft, "basics")).headers["Location"] == f"{url(draft)}#form-basics"


def test_a_viewer_cannot_save(client: Client, workspace: Workspace, draft: Change) -> None:
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert save(client, draft, "basics", name="Mine").status_code == 403
    assert autosave(client, draft, "basics", name="Mine").status_code == 403
    assert AuditEntry.objects.filter(action="access.denied").count() == 1
    draft.refresh_from_db()
    assert draft.name == "Onboarding"


# --- saving -------------------------------------------------------------------------------------


def test_saving_a_part_without_javascript(editing: Client, draft: Change) -> None:
    response = save(editing, draft, "basics", name="New name", description="a\r\nb")
    draft.refresh_from_db()
    assert response.status_code == 303
    assert response.headers["Location"] == f"{url(draft)}#form-basics"
    assert (draft.name, draft.description) == ("New name", "a\nb")
    assert AuditEntry.objects.filter(action="change.edited").count() == 1


def test_autosave_answers_with_slots_only(editing: Client, draft: Change) -> None:
    response = autosave(editing, draft, "basics", name="New name")
    text = response.content.decode()
    draft.refresh_from_db()
    assert response.status_code == 200
    assert draft.name == "New name"
    assert "Saved at" in text
    assert f'value="{draft.lock}"' in slot(response, "lock-basics")
    assert "changed" in slot(response, "outline")
    assert "2 changes against version 1" in slot(response, "against-live")
    assert "Nothing to fix." in slot(response, "checks")
    for word in ("<textarea", "<html", "announcer"):
        assert word not in text
    assert len(response.content) < 10_000


def test_where_nothing_is_saved_by_itself_nothing_typed_passes_for_saved(
    editing: Client, draft: Change, alice: User
) -> None:
    told = "What you type is saved by the button of its part."
    assert told not in editing.get(url(draft)).content.decode()
    changes.submit(draft, actor=builders.acting(alice))
    text = editing.get(url(draft)).content.decode()
    assert "Last saved at" in text
    assert told in text


def test_saving_what_is_there_makes_no_entry(editing: Client, draft: Change) -> None:
    for part in PARTS:
        assert autosave(editing, draft, part).status_code == 200
        assert save(editing, draft, part).status_code == 303
    assert Change.objects.get(pk=draft.pk).lock == draft.lock
    assert not AuditEntry.objects.filter(action="change.edited").exists()


BAD = {
    "invalid JSON": ("abilities", "tools", '[{"type" 1}]', "A colon is missing."),
    "a comma": ("model", "temperature", "1,5", "Use a point, not a comma."),
    "too long": ("basics", "name", "n" * 257, "257 characters; the limit is 256."),
    "256,001": ("instructions", "instructions", "i" * 256_001, "the limit is 256,000."),
    "out of range": ("model", "top_p", "7", "Must be between 0 and 1."),
    "labels": ("labels", "metadata", '{\n  "a": 3\n}', "Line 2, metadata.a: Must be text."),
    "reply": ("reply", "response_format", "{", "A name in double quotes is missing"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_draft_keeps_what_is_wrong_and_says_so(editing: Client, draft: Change, case: str) -> None:
    part, field, typed, message = BAD[case]
    response = save(editing, draft, part, **{field: typed})
    assert response.status_code == 422
    form = response.context["form"]
    assert any(message in error for error in form.errors[field])
    assert form[field].value() == typed
    again = editing.get(url(draft))
    boxes = {name: form[name].value() for form in again.context["forms"] for name in form.fields}
    assert boxes[field] == typed
    assert message in again.content.decode()


def test_what_was_kept_can_be_mended_on_the_same_page(editing: Client, draft: Change) -> None:
    text = save(editing, draft, "model", temperature="1,5").content.decode()
    lock = re.search(r'id="lock-model"><input type="hidden" name="lock" value="(\d+)"', text)
    assert lock
    assert save(editing, draft, "model", temperature="1.5", lock=lock[1]).status_code == 303


@pytest.mark.parametrize("case", BAD)
def test_autosave_keeps_what_is_wrong_and_says_so(
    editing: Client, draft: Change, case: str
) -> None:
    part, field, typed, message = BAD[case]
    response = autosave(editing, draft, part, **{field: typed})
    assert response.status_code == 200
    assert message in slot(response, f"id_{field}-msg").replace("&#x27;", "'")
    assert "1 to fix" in slot(response, "outline")
    assert PARTS[part].held(Change.objects.get(pk=draft.pk))[field] == typed


@pytest.mark.parametrize("case", BAD)
def test_a_button_with_htmx_answers_422_with_messages(
    editing: Client, draft: Change, case: str
) -> None:
    part, field, typed, message = BAD[case]
    response = press(editing, draft, part, **{field: typed})
    text = response.content.decode()
    assert response.status_code == 422
    assert f'href="#id_{field}"' in text
    assert message in slot(response, f"id_{field}-msg")
    assert "<textarea" not in text


@pytest.mark.parametrize("way", [save, press, autosave])
def test_nul_is_refused_by_its_place_and_nothing_is_stored(
    editing: Client, draft: Change, way: object
) -> None:
    response = way(editing, draft, "basics", name="abcd\0", description="Kept")  # type: ignore[operator]
    assert response.status_code == (200 if way is autosave else 422)
    assert "Contains a NUL character at position 5." in response.content.decode()
    draft.refresh_from_db()
    assert (draft.name, draft.description) == ("Onboarding", "Old.")


def test_what_cannot_be_read_can_be_mended_later(editing: Client, draft: Change) -> None:
    autosave(editing, draft, "model", temperature="1,5")
    draft.refresh_from_db()
    assert draft.unread == {"temperature": "1,5"}
    response = autosave(editing, draft, "model", temperature="1.50")
    draft.refresh_from_db()
    assert draft.unread is None
    assert "Nothing to fix." in slot(response, "checks")
    assert held(draft, "model")["temperature"] == "1.50"


def test_256_000_characters_with_line_breaks(editing: Client, draft: Change) -> None:
    text = "\U0001f600\r\n" * 128_000
    assert autosave(editing, draft, "instructions", instructions=text).status_code == 200
    draft.refresh_from_db()
    assert draft.instructions == "\U0001f600\n" * 128_000
    assert "256,000" in editing.get(url(draft)).content.decode()


def test_an_unreadable_text_of_one_part_does_not_make_another_stale(
    editing: Client, draft: Change
) -> None:
    lock = draft.lock
    autosave(editing, draft, "abilities", tools="[")
    draft.lock = lock  # the other part's form is as old as the page
    assert autosave(editing, draft, "labels", metadata="{").status_code == 200
    draft.refresh_from_db()
    assert draft.unread == {"tools": "[", "metadata": "{"}


# --- what it costs ------------------------------------------------------------------------------


def test_the_editor_stays_small_with_128_tools(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    tools = [{"type": "function", "function": {"name": f"f{n}"}} for n in range(128)]

    def cost(change: Change) -> tuple[int, int]:
        editing.get(url(change))
        with CaptureQueriesContext(connection) as found:
            editing.get(url(change))
        with CaptureQueriesContext(connection) as saved:
            autosave(editing, change, "basics", name="Other")
        return len(found), len(saved)

    one = cost(builders.make_change(workspace, alice, tools=tools[:1]))
    assert one == cost(builders.make_change(workspace, alice, tools=tools))


def test_many_problems_stay_a_short_answer(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    tools = [{"type": "function", "function": {"name": f"a b {n}"}} for n in range(128)]
    change = builders.make_change(workspace, alice, tools=tools)
    response = autosave(editing, change, "basics", name="Other")
    assert "128 in all; the first 25 are shown." in slot(response, "checks")
    assert len(response.content) < 20_000
