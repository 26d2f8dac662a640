"""The review page, and what can be decided there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.actions import changes, connections, reviews, workspaces
from assistants_app.models import Assistant, AuditEntry, Change, PushOrder, Workspace
from tests import builders
from tests.upstream import Upstream

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from assistants_app.models import User

OLD = "Greet the customer.\nRefunds within 30 days of purchase.\nAsk for one photo."
NEW = "Greet the customer.\nRefunds within 14 days of delivery.\nAsk for one photo."


@pytest.fixture
def waiting(workspace: Workspace, alice: User, bob: User) -> Change:
    """A change by Alice, In review, against version 1."""
    live = builders.make_assistant(workspace, author=alice, reviewer=bob, instructions=OLD)
    change = builders.make_change(live, alice, instructions=NEW, temperature=0.4)
    return changes.submit(change, actor=builders.acting(alice), title="Shorter refunds", why="Law.")


def page(change: Change) -> str:
    return reverse("review", args=[change.pk])


def test_the_page_shows_which_words_change(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    text = client.get(page(waiting)).content.decode()
    assert "<del>30</del>" in text or "<del>30 days</del>" in text
    assert "<ins>14</ins>" in text or "<ins>14 days</ins>" in text
    assert "Shorter refunds" in text
    assert "Law." in text
    assert "0.4" in text


def test_everything_as_it_will_be_is_the_body(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    response = client.get(page(waiting), {"tab": "full"})
    assert '"temperature": 0.4' in response.context["body"]
    assert '"object": "assistant"' in response.context["body"]  # kept here: what /v1 answers


def test_a_stranger_does_not_find_it(client: Client, carol: User, waiting: Change) -> None:
    client.force_login(carol)
    for name in ("review", "review_approve", "review_request_changes", "change_publish"):
        url = reverse(name, args=[waiting.pk])
        response = client.get(url) if name == "review" else client.post(url)
        assert response.status_code == 404, name


def test_signed_out_goes_to_the_sign_in_page(client: Client, waiting: Change) -> None:
    response = client.get(page(waiting))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_a_part_of_a_signed_out_person_is_told_to_load_it(client: Client, waiting: Change) -> None:
    response = client.get(page(waiting), headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith(reverse("account_login"))


def test_deciding_takes_a_post(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    for name in ("review_approve", "review_request_changes"):
        assert client.get(reverse(name, args=[waiting.pk])).status_code == 405


def test_a_reviewer_approves_what_they_saw(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    url = reverse("review_approve", args=[waiting.pk])
    response = client.post(url, {"digest": waiting.digest})
    assert response.status_code == 303
    waiting.refresh_from_db()
    assert waiting.state == Change.State.APPROVED


def test_approve_and_publish_is_one_click(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    assert "Approve and publish" in client.get(page(waiting)).content.decode()
    url = reverse("review_approve", args=[waiting.pk])
    response = client.post(url, {"digest": waiting.digest, "publish": "1"})
    assert response.status_code == 303
    assistant = Assistant.objects.get(pk=waiting.assistant_id)
    assert assistant.instructions == NEW
    assert assistant.live_version is not None
    assert assistant.live_version.number == 2


def test_two_very_long_lines_are_shown_line_by_line_and_in_time(
    client: Client, alice: User, bob: User, workspace: Workspace
) -> None:
    limit = 256_000
    old = ("abc. def; " * (limit // 10))[:limit]
    new = ("xyz! uvw? " * (limit // 10))[:limit]
    live = builders.make_assistant(workspace, author=alice, reviewer=bob, instructions=old)
    change = builders.make_change(live, alice, instructions=new)
    client.force_login(bob)
    began = time.perf_counter()
    text = client.get(page(change)).content.decode()
    assert time.perf_counter() - began < 30
    assert "Shown line by line." in text


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
    approve = reverse("review_approve", args=[waiting.pk])
    before = client.get(page(waiting)).content.decode()
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
    text = client.get(page(waiting)).content.decode()
    assert said in text
    assert "It needs 1 more approval before it can be published." in text
    assert approve in text
    assert "Publish…" not in text
    assert "Ready to go live" not in text
    assert client.post(approve, {"digest": waiting.digest}).status_code == 303
    now = client.get(page(waiting)).content.decode()
    assert said not in now
    assert approve not in now
    assert reverse("change_publish", args=[waiting.pk]) in now


def test_the_author_reads_why_they_cannot_approve(
    client: Client, alice: User, workspace: Workspace, waiting: Change
) -> None:
    builders.make_member(workspace, alice, "editor", "reviewer")
    client.force_login(alice)
    text = client.get(page(waiting)).content.decode()
    assert "You wrote this change, so someone else must approve it." in text
    assert reverse("review_approve", args=[waiting.pk]) not in text
    response = client.post(reverse("review_approve", args=[waiting.pk]), {"digest": waiting.digest})
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
    url = reverse("review_approve", args=[waiting.pk])
    response = client.post(url, {"digest": waiting.digest})
    assert response.status_code == 409
    assert "edited since you opened it" in response.content.decode()
    assert "And be quick." in response.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == Change.State.IN_REVIEW


def test_requesting_changes_wants_a_note(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    url = reverse("review_request_changes", args=[waiting.pk])
    response = client.post(url, {"digest": waiting.digest, "note": "  "})
    assert response.status_code == 422
    assert "Say what should be different." in response.content.decode()
    response = client.post(url, {"digest": waiting.digest, "note": "Say where it applies."})
    assert response.status_code == 303
    waiting.refresh_from_db()
    assert waiting.state == Change.State.CHANGES_REQUESTED
    assert "Say where it applies." in client.get(page(waiting)).content.decode()


def test_a_note_survives_a_409(client: Client, alice: User, bob: User, waiting: Change) -> None:
    changes.edit(
        waiting, actor=builders.acting(alice), lock=waiting.lock, values={"name": "Another"}
    )
    client.force_login(bob)
    url = reverse("review_request_changes", args=[waiting.pk])
    response = client.post(url, {"digest": waiting.digest, "note": "Say where it applies."})
    assert response.status_code == 409
    assert "Say where it applies." in response.content.decode()


def test_publishing_asks_first_and_then_goes_live(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    client.post(reverse("review_approve", args=[waiting.pk]), {"digest": waiting.digest})
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


def test_the_list_says_what_waits_for_whom(
    client: Client, alice: User, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    text = client.get(reverse("review_list")).content.decode()
    assert "Waiting for me" in text
    assert waiting.title in text
    client.force_login(alice)
    text = client.get(reverse("review_list")).content.decode()
    assert "Waiting for me" not in text
    assert "My changes in review" in text


def test_markup_in_texts_is_shown_as_text(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}'
    change = builders.make_change(workspace, alice, name=evil, instructions=evil, description=evil)
    changes.submit(change, actor=builders.acting(alice), title=evil, why=evil)
    client.force_login(bob)
    for tab in ("changes", "full"):
        text = client.get(page(change), {"tab": tab}).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_hidden_characters_are_shown(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    change = builders.make_change(workspace, alice, instructions="Be kind.\u202e\u200b")
    client.force_login(bob)
    text = client.get(page(change)).content.decode()
    assert "U+202E" in text
    assert "U+200B" in text


@pytest.mark.parametrize("many", [1, 12])
def test_queries_do_not_grow_with_decisions(
    client: Client,
    bob: User,
    workspace: Workspace,
    waiting: Change,
    many: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(many):
        reader = builders.make_person(f"reader{n}")
        builders.make_member(workspace, reader, "reviewer")
    client.force_login(bob)
    client.get(page(waiting))
    with django_assert_max_num_queries(15):
        client.get(page(waiting))


def test_what_is_shown_stands_in_the_address_and_is_remembered(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    lines = [f"Line {n}." for n in range(40)]
    live = builders.make_assistant(
        workspace, author=alice, reviewer=bob, instructions="\n".join(lines)
    )
    lines[20] = "Another line."
    change = builders.make_change(live, alice, instructions="\n".join(lines))
    client.force_login(bob)
    assert "Line 3." not in client.get(page(change)).content.decode()
    whole = client.get(page(change), {"show": "whole", "columns": "2"}).content.decode()
    assert "Line 3." in whole
    assert 'class="diff sides"' in whole
    again = client.get(page(change)).content.decode()
    assert "Line 3." in again
    assert 'class="diff sides"' in again
    back = client.get(page(change), {"show": "changes", "columns": "1"}).content.decode()
    assert "Line 3." not in back
    assert "sides" not in back


def test_functions_are_named_that_come_go_or_change(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    def tool(name: str, about: str = "") -> dict[str, object]:
        return {"type": "function", "function": {"name": name, "description": about}}

    live = builders.make_assistant(
        workspace, author=alice, reviewer=bob, tools=[tool("kept"), tool("gone"), tool("other")]
    )
    tools = [tool("kept"), tool("other", "Now with words."), tool("fresh")]
    change = builders.make_change(live, alice, tools=tools)
    client.force_login(bob)
    [section] = client.get(page(change)).context["sections"]
    assert set(section.tools) == {("new", "fresh"), ("gone", "gone"), ("changed", "other")}
    assert section.is_code


@pytest.mark.parametrize("tools", ["nonsense", [1, None, {"type": 3}], [{"function": "x"}]])
def test_a_draft_of_anything_can_be_looked_at(
    client: Client, workspace: Workspace, alice: User, tools: object
) -> None:
    change = builders.make_change(workspace, alice, tools=tools)
    client.force_login(alice)
    assert client.get(page(change)).status_code == 200


def test_a_hidden_character_that_was_there_before_is_no_warning(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    live = builders.make_assistant(workspace, author=alice, reviewer=bob, instructions="a\u200b")
    change = builders.make_change(live, alice, instructions="a\u200b, b\u202e")
    client.force_login(bob)
    text = client.get(page(change)).content.decode()
    assert "Hidden character U+202E added in Instructions" in text
    assert "Hidden character U+200B" not in text


def test_a_typed_note_is_kept_when_there_is_nothing_to_decide_any_more(
    client: Client, alice: User, bob: User, waiting: Change
) -> None:
    changes.withdraw(waiting, actor=builders.acting(alice))
    client.force_login(bob)
    url = reverse("review_request_changes", args=[waiting.pk])
    response = client.post(url, {"digest": waiting.digest, "note": "Say where it applies."})
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
        text = client.get(page(change)).content.decode()
        assert "settle that before publishing" in text
        assert "Approve and publish" not in text
        url = reverse("review_approve", args=[change.pk])
        response = client.post(url, {"digest": change.digest, "publish": "1"})
        assert response.status_code == 409
        assert "Changed upstream: settle that first." in response.content.decode()
        text = client.get(page(change)).content.decode()
        assert reverse("change_publish", args=[change.pk]) not in text


def test_what_went_live_leads_to_its_version(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    url = reverse("review_approve", args=[waiting.pk])
    client.post(url, {"digest": waiting.digest, "publish": "1"})
    text = client.get(page(waiting)).content.decode()
    assert "Became version 2" in text
    assert reverse("version", args=[waiting.assistant_id, 2]) in text


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
    text = client.get(page(waiting)).content.decode()
    assert "savebar" not in text
    for name in ("review_approve", "review_request_changes", "change_publish"):
        assert client.post(reverse(name, args=[waiting.pk])).status_code == 403, name


def test_queries_of_the_list_do_not_grow(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    client.force_login(bob)

    def ask() -> int:
        change = builders.make_change(workspace, alice)
        changes.submit(change, actor=builders.acting(alice))
        client.get(reverse("review_list"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("review_list"))
        return len(asked)

    few = ask()
    for _ in range(55):
        change = builders.make_change(workspace, alice)
        changes.submit(change, actor=builders.acting(alice))
    assert ask() == few <= 8
    response = client.get(reverse("review_list"))
    assert len(response.context["groups"][0]["rows"]) == 50
    assert "All that are in review" in response.content.decode()
