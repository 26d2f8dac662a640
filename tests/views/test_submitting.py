"""Asking for review, and giving a change up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import changes, workspaces
from assistants_app.models import AuditEntry, Change
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


@pytest.fixture
def draft(workspace: Workspace, alice: User, bob: User) -> Change:
    live = builders.make_assistant(workspace, author=alice, reviewer=bob)
    return builders.make_change(live, alice, instructions="Greet everyone.")


def submit(change: Change) -> str:
    return reverse("change_submit", args=[change.pk])


def withdraw(change: Change) -> str:
    return reverse("change_withdraw", args=[change.pk])


def test_asking_for_review(editing: Client, draft: Change) -> None:
    page = editing.get(submit(draft))
    assert page.context["form"]["title"].value() == "Instructions: “Greet everyone.”"
    assert "Instructions +2" in page.content.decode()
    way = f'<a id="submit-look" href="{reverse("review", args=[draft.pk])}">See the changes</a>'
    assert way in page.content.decode()
    response = editing.post(submit(draft), {"title": "Everyone", "why": "Be kind."})
    draft.refresh_from_db()
    assert response.status_code == 303
    assert response.headers["Location"] == reverse("review", args=[draft.pk])
    assert (draft.state, draft.title, draft.why) == ("in_review", "Everyone", "Be kind.")


def test_who_can_approve_is_said_and_that_too_few_can(
    editing: Client, draft: Change, workspace: Workspace, dora: User
) -> None:
    text = editing.get(submit(draft)).content.decode()
    assert "Can do so: Bob Example" in text
    assert "cannot be approved yet" not in text
    workspaces.set_rules(workspace, actor=builders.acting(dora), approvals=3)
    text = editing.get(submit(draft)).content.decode()
    assert "so it cannot be approved yet" in text


def test_in_the_dialog_success_leads_to_the_review(editing: Client, draft: Change) -> None:
    asked = editing.get(submit(draft), headers=HTMX).content.decode()
    assert "<html" not in asked
    assert "See the changes" not in asked  # what is typed here would stay behind
    response = editing.post(submit(draft), {"title": "x"}, headers=HTMX)
    assert response.headers["HX-Redirect"] == reverse("review", args=[draft.pk])


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_errors_block_and_lead_to_their_fields(
    editing: Client, alice: User, draft: Change, headers: dict[str, str]
) -> None:
    changes.edit(
        draft,
        actor=builders.acting(alice),
        lock=draft.lock,
        values={"model": None},
        unread={"tools": "["},
    )
    for response in (
        editing.get(submit(draft), headers=headers),
        editing.post(submit(draft), {"title": "x"}, headers=headers),
    ):
        text = response.content.decode()
        assert "Fix this first" in text
        assert f"{reverse('change', args=[draft.pk])}?fix=model#id_model" in text
        assert "#id_tools" in text
        assert 'type="submit">Ask for review' not in text
    assert response.status_code == 422
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_warnings_want_a_tick(editing: Client, alice: User, draft: Change) -> None:
    tools = [{"type": "bing_grounding"}]
    changes.edit(draft, actor=builders.acting(alice), lock=draft.lock, values={"tools": tools})
    refused = editing.post(submit(draft), {"title": "Kept", "why": "Text"})
    assert refused.status_code == 422
    assert "sure" in refused.context["form"].errors
    assert refused.context["form"]["why"].value() == "Text"
    assert editing.post(submit(draft), {"title": "Kept", "sure": "on"}).status_code == 303


def test_hints_are_told_and_want_nothing(editing: Client, alice: User, draft: Change) -> None:
    values = {"model": "my-own-model", "metadata": None}
    changes.edit(draft, actor=builders.acting(alice), lock=draft.lock, values=values)
    response = editing.get(submit(draft))
    assert "sure" not in response.context["form"].fields
    text = response.content.decode()
    assert "1 hint" in text
    assert "Not in the list of known models." in text
    assert f"{reverse('change', args=[draft.pk])}?fix=model#id_model" in text
    assert editing.post(submit(draft), {"title": "Own model"}).status_code == 303


@pytest.mark.parametrize(
    ("title", "message"),
    [("t" * 201, "201 characters; the limit is 200."), ("a\0", "NUL character at position 2.")],
)
def test_a_title_that_does_not_fit(
    editing: Client, draft: Change, title: str, message: str
) -> None:
    response = editing.post(submit(draft), {"title": title})
    assert response.status_code == 422
    assert message in response.context["form"].errors["title"][0]
    assert response.context["form"]["title"].value() == title


def test_a_change_that_changes_nothing(
    editing: Client, alice: User, bob: User, workspace: Workspace
) -> None:
    live = builders.make_assistant(workspace, author=alice, reviewer=bob)
    same = builders.make_change(live, alice)
    assert "does not differ" in editing.get(submit(same)).content.decode()
    assert editing.post(submit(same), {"title": "x"}).status_code == 409


def test_where_nobody_has_to_approve_it_is_approved_at_once(
    editing: Client, dora: User, draft: Change
) -> None:
    workspaces.set_rules(draft.assistant.workspace, actor=builders.acting(dora), approvals=0)
    assert "approved at once" in editing.get(submit(draft)).content.decode()
    response = editing.post(submit(draft), {"title": "x"}, follow=True)
    assert "Approved at once" in response.content.decode()
    draft.refresh_from_db()
    assert draft.state == "approved"


def test_sent_twice_it_acts_once(editing: Client, draft: Change) -> None:
    editing.post(submit(draft), {"title": "x"})
    again = editing.post(submit(draft), {"title": "x"})
    assert again.headers["Location"] == reverse("change", args=[draft.pk])
    asked = AuditEntry.objects.filter(action="change.submitted")
    assert asked.filter(assistant_id=str(draft.assistant_id)).count() == 2


def test_withdrawing_asks_first(editing: Client, draft: Change) -> None:
    text = editing.get(withdraw(draft)).content.decode()
    assert "Nothing of it goes live." in text
    assert "never live" not in text
    draft.refresh_from_db()
    assert draft.is_open
    response = editing.post(withdraw(draft))
    assert response.headers["Location"] == reverse("assistant", args=[draft.assistant_id])
    draft.refresh_from_db()
    assert draft.state == "withdrawn"
    assert editing.post(withdraw(draft)).headers["Location"] == reverse("change", args=[draft.pk])
    assert AuditEntry.objects.filter(action="change.withdrawn").count() == 1


def test_withdrawing_a_new_assistant_says_where_it_goes(
    editing: Client, alice: User, workspace: Workspace
) -> None:
    change = builders.make_change(workspace, alice)
    assert "goes to the archive" in editing.get(withdraw(change)).content.decode()
    editing.post(withdraw(change))
    change.assistant.refresh_from_db()
    assert change.assistant.is_archived


def test_only_an_admin_withdraws_what_others_wrote(
    client: Client, bob: User, dora: User, draft: Change
) -> None:
    client.force_login(bob)
    assert withdraw(draft) not in client.get(reverse("change", args=[draft.pk])).content.decode()
    assert client.get(withdraw(draft)).status_code == 403
    assert client.post(withdraw(draft)).status_code == 403
    client.force_login(dora)
    assert client.post(withdraw(draft)).status_code == 303


@pytest.mark.parametrize("name", ["change_submit", "change_withdraw"])
def test_strangers_viewers_and_wrong_methods(
    client: Client, carol: User, workspace: Workspace, draft: Change, name: str
) -> None:
    where = reverse(name, args=[draft.pk])
    assert client.get(where).headers["Location"].startswith(reverse("account_login"))
    client.force_login(carol)
    assert client.get(where).status_code == 404
    assert client.post(where).status_code == 404
    builders.make_member(workspace, carol, "viewer")
    assert client.get(where).status_code == 403
    assert client.post(where).status_code == 403
    assert client.put(where).status_code == 405
    draft.refresh_from_db()
    assert draft.state == "draft"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_why_is_asked_for_where_a_rule_says_so(
    editing: Client, dora: User, draft: Change, headers: dict[str, str]
) -> None:
    rules = {"approvals": 1, "why_required": True}
    workspaces.set_rules(draft.assistant.workspace, actor=builders.acting(dora), **rules)
    refused = editing.post(submit(draft), {"title": "Everyone", "why": " "}, headers=headers)
    assert refused.status_code == 422
    assert "why" in refused.context["form"].errors
    editing.post(submit(draft), {"title": "Everyone", "why": "They asked."}, headers=headers)
    draft.refresh_from_db()
    assert (draft.state, draft.why) == ("in_review", "They asked.")
