"""What can be decided on the review page, by whom, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import changes, connections, reviews, threads, workspaces
from assistants_app.models import Assistant, AuditEntry, Change, PushOrder, Workspace
from tests import builders
from tests.upstream import Upstream
from tests.views.reviewed import NEW, decide, edit, page, text

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User


def test_a_stranger_does_not_find_it(client: Client, carol: User, waiting: Change) -> None:
    client.force_login(carol)
    for name in ("review", "review_send", "change_publish"):
        url = reverse(name, args=[waiting.pk])
        response = client.get(url) if name == "review" else client.post(url)
        assert response.status_code == 404, name


def test_a_reviewer_approves_what_they_saw(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    response = decide(client, waiting, "approve", quick="1")
    assert response.status_code == 303
    waiting.refresh_from_db()
    assert waiting.state == Change.State.APPROVED


def test_approve_and_publish_is_one_click(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    assert "Approve and publish" in text(client, waiting)
    response = decide(client, waiting, "publish", quick="1")
    assert response.status_code == 303
    assistant = Assistant.objects.get(pk=waiting.assistant_id)
    assert assistant.instructions == NEW
    assert assistant.live_version is not None
    assert assistant.live_version.number == 2


STOPPED = {
    "rules": "The review rules of this workspace changed since it was approved.",
    "person": "Someone who approved it cannot review here any more.",
    "connection": "The connection of this workspace changed since it was approved.",
}


@pytest.mark.parametrize("cause", STOPPED)
def test_approve_is_offered_again_where_approvals_stopped_counting(
    client: Client, bob: User, workspace: Workspace, waiting: Change, cause: str
) -> None:
    erin = builders.make_person("erin")
    reviews.approve(waiting, actor=builders.acting(bob), digest=waiting.digest)
    builders.make_member(workspace, erin, "reviewer", "publisher", "admin")
    client.force_login(erin)
    approve = 'id="approve"'
    before = text(client, waiting)
    assert approve not in before
    assert reverse("change_publish", args=[waiting.pk]) in before
    if cause == "rules":
        for needed in (2, 1):
            workspaces.set_rules(workspace, actor=builders.acting(erin), approvals=needed)
    elif cause == "person":
        workspaces.remove_member(workspace.memberships.get(user=bob), actor=builders.COMMAND)
    else:
        url = "http://127.0.0.1:9"
        connections.allow_origin(url, actor=builders.COMMAND, private=True)
        connections.set_connection(
            workspace, actor=builders.acting(erin), base_url=f"{url}/v1", key="sk-0123456789"
        )
    said = STOPPED[cause]
    shown = text(client, waiting)
    assert said in shown
    assert "It needs 1 more approval before it can be published." in shown
    assert approve in shown
    assert "Publish…" not in shown
    assert "Ready to go live" not in shown
    assert decide(client, waiting, "approve", quick="1").status_code == 303
    now = text(client, waiting)
    assert said not in now
    assert approve not in now
    assert reverse("change_publish", args=[waiting.pk]) in now


def test_the_author_reads_why_they_cannot_approve(
    client: Client, alice: User, workspace: Workspace, waiting: Change
) -> None:
    builders.make_member(workspace, alice, "editor", "reviewer")
    client.force_login(alice)
    shown = text(client, waiting)
    assert "You wrote this change, so someone else must approve it." in shown
    assert reverse("review_send", args=[waiting.pk]) not in shown
    response = decide(client, waiting, "approve", quick="1")
    assert response.status_code == 403
    assert AuditEntry.objects.filter(action="access.denied", object_kind="change").count() == 1


def test_an_edit_since_then_is_a_409_with_the_new_text(
    client: Client, alice: User, bob: User, waiting: Change
) -> None:
    changes.edit(
        waiting,
        actor=builders.acting(alice),
        lock=waiting.lock,
        values={"instructions": NEW + "\nAnd be quick."},
    )
    client.force_login(bob)
    response = decide(client, waiting, "approve", quick="1")
    assert response.status_code == 409
    assert "Alice Example changed the text" in response.content.decode()
    assert "And be quick." in response.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == Change.State.IN_REVIEW


def test_requesting_changes_wants_a_note(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    response = decide(client, waiting, "request", note="  ")
    assert response.status_code == 422
    assert "Say what should be different." in response.content.decode()
    response = decide(client, waiting, "request", note="Say where it applies.")
    assert response.status_code == 303
    waiting.refresh_from_db()
    assert waiting.state == Change.State.CHANGES_REQUESTED
    assert "Say where it applies." in text(client, waiting)
    late = decide(client, waiting, "approve")
    assert late.status_code == 409
    assert "A reviewer requested changes." in late.content.decode()


def test_a_note_survives_a_409(client: Client, alice: User, bob: User, waiting: Change) -> None:
    changes.edit(
        waiting, actor=builders.acting(alice), lock=waiting.lock, values={"name": "Another"}
    )
    client.force_login(bob)
    response = decide(client, waiting, "request", note="Say where it applies.")
    assert response.status_code == 409
    assert "Say where it applies." in response.content.decode()


def test_publishing_asks_first_and_then_goes_live(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    decide(client, waiting, "approve", quick="1")
    url = reverse("change_publish", args=[waiting.pk])
    assert "Version 2 goes live here" in client.get(url).content.decode()
    response = client.post(url)
    assert response.status_code == 303
    assert response["Location"] == reverse("assistant", args=[waiting.assistant_id])
    again = client.post(url)
    assert again.status_code == 409


def test_an_editor_cannot_publish(client: Client, alice: User, waiting: Change) -> None:
    client.force_login(alice)
    assert client.post(reverse("change_publish", args=[waiting.pk])).status_code == 403


def test_a_typed_note_is_kept_when_there_is_nothing_to_decide_any_more(
    client: Client, alice: User, bob: User, waiting: Change
) -> None:
    changes.withdraw(waiting, actor=builders.acting(alice))
    client.force_login(bob)
    response = decide(client, waiting, "request", note="Say where it applies.")
    assert response.status_code == 409
    assert "Say where it applies." in response.content.decode()


def test_drift_is_to_be_settled_first(
    client: Client, alice: User, bob: User, dora: User, workspace: Workspace
) -> None:
    with Upstream() as upstream:
        builders.make_connection(workspace, dora, upstream)
        place = Workspace.objects.get(pk=workspace.pk)
        live = builders.make_assistant(place, author=alice, reviewer=bob)
        change = builders.make_change(live, alice, instructions=NEW)
        change = changes.submit(change, actor=builders.acting(alice))
        drifted = {"state": PushOrder.State.STOPPED, "reason": PushOrder.Reason.DRIFT}
        PushOrder.objects.filter(assistant=live).update(**drifted)
        client.force_login(bob)
        shown = text(client, change)
        assert "settle that before publishing" in shown
        assert "Approve and publish" not in shown
        response = decide(client, change, "publish", quick="1")
        assert response.status_code == 409
        assert "Changed upstream: settle that first." in response.content.decode()
        shown = text(client, change)
        assert reverse("change_publish", args=[change.pk]) not in shown


def test_the_page_that_asks_is_for_approved_changes(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    response = client.get(reverse("change_publish", args=[waiting.pk]))
    assert response.status_code == 302
    assert response["Location"] == page(waiting)


def test_a_viewer_reads_and_decides_nothing(
    client: Client, workspace: Workspace, waiting: Change
) -> None:
    frank = builders.make_person("frank")
    builders.make_member(workspace, frank, "viewer")
    client.force_login(frank)
    shown = text(client, waiting)
    assert "savebar" not in shown
    for name in ("review_send", "change_publish"):
        assert client.post(reverse(name, args=[waiting.pk])).status_code == 403, name


# --- the dialog -----------------------------------------------------------------------------------


def private(change: Change, user: User, words: str = "Why 14?") -> None:
    at = threads.Anchor(change.digest, "instructions", "new", 2, 2)
    threads.keep(change, actor=builders.acting(user), on=at, text=words)


def test_the_page_that_asks_lists_what_goes_with_it(
    client: Client, bob: User, dora: User, waiting: Change
) -> None:
    private(waiting, bob)
    private(waiting, dora, "Not bob's.")
    client.force_login(bob)
    url = reverse("review_send", args=[waiting.pk])
    shown = client.get(url, {"decision": "request"}).content.decode()
    assert "1 comment goes with it" in shown
    assert "Why 14?" in shown
    assert "Not bob" not in shown
    part = client.get(url, headers={"HX-Request": "true", "HX-Target": "dialog"}).content.decode()
    assert part.lstrip().startswith("<section")


def test_one_click_asks_first_where_something_is_pending_or_unseen(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    parts = client.get(page(waiting)).context["seen"].parts
    actor = builders.acting(bob)
    threads.mark_seen(waiting, actor=actor, part="settings", digest=parts["settings"], is_seen=True)
    response = decide(client, waiting, "approve", quick="1")
    assert response.status_code == 200
    assert "You have not marked 1 part as seen." in response.content.decode()
    assert decide(client, waiting, "approve").status_code == 303


def test_an_unknown_decision_is_refused(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    response = decide(client, waiting, "maybe")
    assert response.status_code == 422
    assert "Choose one." in response.content.decode()


def test_comments_only_decide_nothing(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    assert decide(client, waiting, "comment").status_code == 422
    private(waiting, bob)
    assert decide(client, waiting, "comment", note="Read it.").status_code == 303
    waiting.refresh_from_db()
    assert waiting.state == Change.State.IN_REVIEW
    assert "Commented" in text(client, waiting)
    assert "1 open comment" in text(client, waiting)


def test_an_out_of_date_change_is_not_approved_and_says_why(
    client: Client, alice: User, bob: User, dora: User, waiting: Change
) -> None:
    builders.make_assistant(waiting.assistant, author=bob, reviewer=dora, name="Another")
    client.force_login(dora)
    shown = text(client, waiting)
    assert 'id="approve"' not in shown
    assert "It has to be updated first." in shown
    assert decide(client, waiting, "approve", quick="1").status_code == 409


def test_open_comments_block_approval_and_say_so(
    client: Client, workspace: Workspace, alice: User, bob: User, dora: User, waiting: Change
) -> None:
    workspaces.set_rules(workspace, actor=builders.acting(dora), approvals=1, settle_comments=True)
    at = threads.Anchor(waiting.digest, "instructions", "new", 2, 2)
    threads.comment(waiting, actor=builders.acting(bob), on=at, text="Why 14?")
    client.force_login(bob)
    shown = text(client, waiting)
    assert "Comments are open." in shown
    assert 'id="approve"' not in shown
    assert 'id="request-changes"' in shown
    assert decide(client, waiting, "approve").status_code == 409


# --- what changed since ---------------------------------------------------------------------------


def test_what_changed_since_is_shown_alone(client: Client, bob: User, waiting: Change) -> None:
    edit(waiting, name="Support")
    client.force_login(bob)
    response = decide(client, waiting, "approve", quick="1")
    assert response.status_code == 409
    link = f"{page(waiting)}?since={waiting.digest}"
    assert link in response.content.decode()
    shown = client.get(link)
    assert [section.field for section in shown.context["sections"]] == ["name"]
    assert "Only what changed since you looked." in shown.content.decode()
    assert "lnb" not in shown.content.decode()  # its lines are not those of the base


def test_a_text_that_is_not_known_shows_the_whole_change(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    shown = client.get(page(waiting), {"since": "0" * 64})
    assert {section.field for section in shown.context["sections"]} > {"instructions"}


def test_after_an_edit_the_page_leads_to_what_changed_since_the_last_review(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    decide(client, waiting, "comment", note="Read it.")
    assert "after your last review" not in text(client, waiting)
    edit(waiting, name="Support")
    assert "after your last review" in text(client, waiting)


def test_who_can_approve_is_named(
    client: Client, alice: User, bob: User, dora: User, waiting: Change
) -> None:
    client.force_login(alice)
    assert "Can approve it: Bob Example, Dora Example" in text(client, waiting)
