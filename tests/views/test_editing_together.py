"""The editor while others save, review and approve."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import changes, reviews
from assistants_app.models import Change
from tests import builders
from tests.views.editor import autosave, held, press, save, slot, url

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

STALE = "Someone saved a newer text since you opened this."


@pytest.fixture
def draft(workspace: Workspace, alice: User, bob: User) -> Change:
    """Alice's draft against version 1."""
    live = builders.make_assistant(workspace, author=alice, reviewer=bob, description="Old.")
    return builders.make_change(live, alice, temperature=0.4)


# --- two people ---------------------------------------------------------------------------------


def test_another_part_that_was_saved_meanwhile_is_no_obstacle(
    editing: Client, bob: User, draft: Change
) -> None:
    changes.edit(draft, actor=builders.acting(bob), lock=draft.lock, values={"model": "o3"})
    assert save(editing, draft, "basics", name="Mine").status_code == 303
    draft.refresh_from_db()
    assert (draft.name, draft.model) == ("Mine", "o3")


def test_a_stale_save_shows_both_texts_without_javascript(
    editing: Client, bob: User, draft: Change
) -> None:
    mine = held(draft, "basics") | {"lock": str(draft.lock), "description": "My own words."}
    changes.edit(
        draft, actor=builders.acting(bob), lock=draft.lock, values={"description": "His words."}
    )
    response = editing.post(url(draft, "basics"), mine)
    text = response.content.decode()
    assert response.status_code == 409
    assert STALE in text
    for part in ("His words.", "My own words.", "Keep mine", "Take theirs"):
        assert part in text
    assert response.context["form"]["description"].value() == "My own words."
    draft.refresh_from_db()
    assert draft.description == "His words."
    lock = re.search(r'id="lock-basics"><input type="hidden" name="lock" value="(\d+)"', text)
    assert lock
    assert lock[1] == str(draft.lock)
    assert editing.post(url(draft, "basics"), mine | {"lock": lock[1]}).status_code == 303
    draft.refresh_from_db()
    assert draft.description == "My own words."


@pytest.mark.parametrize("way", [press, autosave])
def test_a_stale_save_brings_the_merge_panel(
    editing: Client, bob: User, draft: Change, way: object
) -> None:
    changes.edit(
        draft, actor=builders.acting(bob), lock=draft.lock, values={"description": "His words."}
    )
    response = way(editing, draft, "basics", description="My own words.")  # type: ignore[operator]
    text = response.content.decode()
    assert response.status_code == 409
    assert response.headers["HX-Retarget"] == "#merge"
    assert response.headers["HX-Reswap"] == "innerHTML"
    assert STALE in text
    for part in ("His words.", "My own words."):
        assert part in text
    assert 'id="id_description"' not in text  # the fields stay as they are
    assert "data-autosave" not in slot(response, "auto-basics")
    assert "Not saved" in slot(response, "save-state")
    draft.refresh_from_db()
    assert f'name="lock" value="{draft.lock}"' in text
    assert draft.description == "His words."


def test_keeping_mine_saves_it_and_goes_on_by_itself(
    editing: Client, bob: User, draft: Change
) -> None:
    changes.edit(
        draft, actor=builders.acting(bob), lock=draft.lock, values={"description": "His words."}
    )
    draft.refresh_from_db()
    response = press(editing, draft, "basics", description="My own words.")
    assert response.status_code == 200
    assert "data-autosave" in slot(response, "auto-basics")
    assert "Saved." in slot(response, "announcer")
    draft.refresh_from_db()
    assert draft.description == "My own words."


@pytest.mark.parametrize("htmx", [True, False])
def test_both_texts_can_be_made_one_by_hand(
    editing: Client, bob: User, draft: Change, *, htmx: bool
) -> None:
    changes.edit(
        draft, actor=builders.acting(bob), lock=draft.lock, values={"description": "His words."}
    )
    headers = {"HX-Request": "true", "HX-Target": "basics-summary"} if htmx else {}
    typed = {"name": "Mine", "description": "My words.", "lock": str(draft.lock)}
    panel = editing.post(url(draft, "basics"), typed, headers=headers).content.decode()
    form = panel[panel.index('id="merge-form"') :]
    lock = re.search(r'name="lock" value="(\d+)"', form)
    assert lock
    for words in ("My words.", "His words.", "Mine"):
        assert words in form
    both = typed | {"description": "His and my words.", "lock": lock[1], "act": "by-hand"}
    response = editing.post(url(draft, "basics"), both, headers=headers)
    draft.refresh_from_db()
    assert (draft.name, draft.description) == ("Mine", "His and my words.")
    if htmx:
        assert response.headers["HX-Retarget"] == "#form-basics"
        assert '<div id="merge" hx-swap-oob="innerHTML"></div>' in response.content.decode()
        assert "data-autosave" in response.content.decode()
    else:
        assert response.status_code == 303


def test_by_hand_again_while_they_go_on_shows_the_new_texts(
    editing: Client, bob: User, draft: Change
) -> None:
    now = changes.edit(
        draft, actor=builders.acting(bob), lock=draft.lock, values={"description": "His."}
    )
    changes.edit(now, actor=builders.acting(bob), lock=now.lock, values={"description": "Newer."})
    typed = {"name": "Mine", "description": "Both.", "lock": str(now.lock), "act": "by-hand"}
    response = editing.post(url(draft, "basics"), typed, headers={"HX-Request": "true"})
    assert response.status_code == 409
    for words in ("Newer.", "Both."):
        assert words in response.content.decode()


def test_taking_theirs_brings_the_part_anew(editing: Client, bob: User, draft: Change) -> None:
    now = changes.edit(
        draft, actor=builders.acting(bob), lock=draft.lock, values={"description": "His words."}
    )
    headers = {"HX-Request": "true", "HX-Target": "form-basics"}
    text = editing.get(url(draft, "basics"), headers=headers).content.decode()
    assert text.strip().startswith("<form")
    assert "His words." in text
    assert f'name="lock" value="{now.lock}"' in text
    assert '<div id="merge" hx-swap-oob="innerHTML"></div>' in text


@pytest.mark.parametrize("lock", ["", "x", "-1", "9" * 40])
def test_a_lock_that_cannot_be_read_is_old(
    editing: Client, bob: User, draft: Change, lock: str
) -> None:
    changes.edit(draft, actor=builders.acting(bob), lock=draft.lock, values={"name": "His"})
    assert save(editing, draft, "basics", name="Mine", lock=lock).status_code == 409


# --- in review ----------------------------------------------------------------------------------


@pytest.fixture
def reviewed(draft: Change, alice: User, bob: User) -> Change:
    """Approved by Bob."""
    done = changes.submit(draft, actor=builders.acting(alice))
    return reviews.approve(done, actor=builders.acting(bob), digest=done.digest)


def test_in_review_the_page_says_first_what_a_save_does(editing: Client, reviewed: Change) -> None:
    text = editing.get(url(reviewed)).content.decode()
    assert "puts the change back in review" in text
    assert "data-autosave" not in text
    assert "Save and review again" in text


def test_in_review_a_field_is_checked_as_it_is_typed_and_nothing_is_stored(
    editing: Client, alice: User, reviewed: Change
) -> None:
    assert 'id="check-basics"' in editing.get(url(reviewed)).content.decode()
    where = reverse("change_check", args=[reviewed.pk, "basics"])
    data = held(reviewed, "basics") | {"name": "n" * 257}
    response = editing.post(where, data, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "257 characters; the limit is 256." in slot(response, "id_name-msg")
    assert "Error" not in slot(response, "id_description-msg")
    again = Change.objects.get(pk=reviewed.pk)
    assert (again.name, again.lock, again.state) == ("Onboarding", reviewed.lock, "approved")
    nothing = reverse("change_check", args=[reviewed.pk, "nonsense"])
    assert editing.post(nothing, data).status_code == 404


def test_a_save_puts_an_approved_change_back(editing: Client, reviewed: Change) -> None:
    assert save(editing, reviewed, "basics", name="Again").status_code == 303
    reviewed.refresh_from_db()
    assert (reviewed.name, reviewed.state) == ("Again", "in_review")


@pytest.mark.parametrize(
    ("part", "typed"),
    [
        ("model", {"temperature": "9"}),
        ("model", {"temperature": "1,5"}),
        ("abilities", {"tools": "["}),
        ("basics", {"name": "n" * 257}),
    ],
)
@pytest.mark.parametrize("way", [save, press])
def test_in_review_only_a_save_without_errors_is_taken(
    editing: Client, reviewed: Change, part: str, typed: dict[str, str], way: object
) -> None:
    response = way(editing, reviewed, part, **typed)  # type: ignore[operator]
    field, text = next(iter(typed.items()))
    assert response.status_code == 422
    assert f"#id_{field}" in response.content.decode()
    assert "Nothing was saved. Your text is still here." in response.content.decode()
    if way is save:
        assert response.context["form"][field].value() == text
    again = Change.objects.get(pk=reviewed.pk)
    assert (again.lock, again.state, again.unread) == (reviewed.lock, "approved", None)


def test_what_was_asked_for_meanwhile_is_not_saved_by_itself(
    editing: Client, reviewed: Change
) -> None:
    response = autosave(editing, reviewed, "basics", name="Unasked")
    assert response.status_code == 409
    assert response.headers["HX-Retarget"] == "#alerts"
    assert "data-alert" in response.content.decode()
    reviewed.refresh_from_db()
    assert reviewed.name == "Onboarding"


def test_what_a_reviewer_asked_for_stands_over_the_editor(
    editing: Client, alice: User, bob: User, draft: Change
) -> None:
    done = changes.submit(draft, actor=builders.acting(alice))
    reviews.request_changes(
        done, actor=builders.acting(bob), digest=done.digest, note="Be <b>brief</b>."
    )
    text = editing.get(url(draft)).content.decode()
    assert "Bob Example requested changes:" in text
    assert "?tab=discussion" in text
    assert "Be &lt;b&gt;brief&lt;/b&gt;." in text
    assert "Ask again" in text
    assert "data-autosave" in text
