"""Acting on several: asks in counts by outcome, acts once, tells each one's outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app.models import Assistant, AuditEntry, Change, Job
from tests import builders
from tests.views.several import URL, asked, pressed, told

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

DIALOG = {"HX-Request": "true", "HX-Target": "dialog"}


def test_publishing_asks_in_counts_by_outcome(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(dora)
    for headers in ({}, DIALOG):
        page = client.get(URL, asked(workspace, "publish", three), headers=headers)
        text = page.content.decode()
        assert page.status_code == 200
        for words in ("Publish 3?", "1 can go.", "1 is not approved.", "1 has no open change."):
            assert words in text
        assert ">Publish 1</button>" in text
    assert b"<html" not in page.content
    some = client.get(URL, asked(workspace, "publish", three[1:])).content.decode()
    none = client.get(URL, asked(workspace, "publish", three[:1])).content.decode()
    verdicts = [("Nothing to publish" in text, ">Publish " in text) for text in (some, none)]
    assert sorted(verdicts) == [(False, True), (True, False)]  # whichever of them is ready


def test_publishing_publishes_what_can_go_and_names_the_others(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(dora)
    before = AuditEntry.objects.count()
    response = pressed(client, asked(workspace, "publish", three))
    job = Job.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"] == reverse("job", args=[job.pk])
    assert told(job) == {
        "done": ["Ready"],
        "skipped": ["Drafted unapproved", "Plain no_change"],
    }
    three[0].refresh_from_db()
    assert three[0].description == "New words."
    new = AuditEntry.objects.order_by("seq")[before:].values_list("action", flat=True)
    assert list(new) == ["bulk.asked", "version.published", "bulk.ended"]
    text = client.get(response.headers["Location"]).content.decode()
    assert "Its change is not approved." in text
    assert reverse("assistant", args=[three[0].pk]) in text


def test_asking_for_review_sends_the_newest_drafts(
    client: Client, alice: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(alice)
    broken = builders.make_change(workspace, alice, name="Broken", model="")
    rows = [*three, broken.assistant]
    text = client.get(URL, asked(workspace, "submit", rows)).content.decode()
    assert "1 is approved already." in text
    assert "Ask for review of 2" in text
    pressed(client, asked(workspace, "submit", rows))
    assert told(Job.objects.get()) == {
        "done": ["Drafted"],
        "skipped": ["Ready approved", "Plain no_change", "Broken errors"],
    }
    assert Change.objects.open().get(assistant=three[1]).state == Change.State.IN_REVIEW


def test_archiving_skips_what_is_archived(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(dora)
    pressed(client, asked(workspace, "archive", three[:1]))
    page = client.get(URL, asked(workspace, "archive", three))
    assert "1 is archived already." in page.content.decode()
    pressed(client, asked(workspace, "archive", three))
    assert Assistant.objects.unarchived().count() == 0
    assert AuditEntry.objects.filter(action="assistant.archived").count() == 3


def test_the_same_form_twice_acts_once(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(dora)
    data: dict[str, Any] = {}
    for name, value in client.get(URL, asked(workspace, "archive", three)).context["hidden"]:
        data.setdefault(name, []).append(str(value))
    first, second = client.post(URL, data), client.post(URL, data)
    assert first.headers["Location"] == second.headers["Location"]
    assert Job.objects.count() == 1
    assert AuditEntry.objects.filter(action="bulk.asked").count() == 1


def test_everything_found_is_frozen_with_its_number(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace, alice: User
) -> None:
    client.force_login(dora)
    query = {"workspace": workspace.slug, "action": "archive", "all": "1", "query": "work=none"}
    page = client.get(URL, query)
    assert "Archive 1?" in page.content.decode()
    data = {name: str(value) for name, value in page.context["hidden"]}
    builders.make_assistant(workspace, author=alice, reviewer=dora, name="Late")
    moved = client.post(URL, data)
    assert moved.status_code == 409
    assert "Archive 2?" in moved.content.decode()
    assert Assistant.objects.unarchived().count() == 4
    data = {name: str(value) for name, value in moved.context["hidden"]}
    assert client.post(URL, data).status_code == 303
    assert {row.name for row in Assistant.objects.unarchived()} == {"Ready", "Drafted"}


def test_another_of_the_same_number_is_not_what_was_seen(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace, alice: User
) -> None:
    client.force_login(dora)
    query = {"workspace": workspace.slug, "action": "archive", "all": "1", "query": "work=none"}
    page = client.get(URL, query)
    data = {name: str(value) for name, value in page.context["hidden"]}
    Assistant.objects.exclude(name__in=["Ready", "Drafted"]).update(archived_at=timezone.now())
    builders.make_assistant(workspace, author=alice, reviewer=dora, name="Late")
    moved = client.post(URL, data)
    assert moved.status_code == 409
    assert "Archive 1?" in moved.content.decode()
    assert Assistant.objects.unarchived().filter(name="Late").exists()


def test_an_export_is_a_list_of_what_is_live(
    client: Client, alice: User, three: list[Assistant], workspace: Workspace
) -> None:
    new = builders.make_change(workspace, alice, name="New").assistant
    client.force_login(alice)
    assert "1 has nothing live yet." in (
        client.get(URL, asked(workspace, "export", [*three, new])).content.decode()
    )
    response = pressed(client, asked(workspace, "export", [*three, new]))
    assert "attachment" in response.headers["Content-Disposition"]
    body = json.loads(b"".join(response.streaming_content))  # type: ignore[attr-defined]
    assert [row["name"] for row in body["data"]] == ["Ready", "Drafted", "Plain"]
    assert {row["object"] for row in body["data"]} == {"assistant"}
    assert AuditEntry.objects.filter(action="bulk.exported").count() == 1


@pytest.mark.parametrize(
    ("action", "able"),
    [
        ("export", {"vera", "alice", "bob", "dora"}),
        ("submit", {"alice", "bob", "dora"}),
        ("publish", {"bob", "dora"}),
        ("archive", {"bob", "dora"}),
        ("check", set()),
    ],
)
def test_each_action_asks_for_its_own_right(
    client: Client,
    alice: User,
    bob: User,
    dora: User,
    three: list[Assistant],
    workspace: Workspace,
    action: str,
    able: set[str],
) -> None:
    vera = builders.make_person("vera")
    builders.make_member(workspace, vera, "viewer")
    for person in (vera, alice, bob, dora):
        client.force_login(person)
        wanted = 200 if person.username in able else 403
        if action == "check" and person in (bob, dora):
            wanted = 404  # there is no server here
        assert client.get(URL, asked(workspace, action, three)).status_code == wanted
        shown = client.get("/assistants/").content.decode()
        assert (f'id="bulk-{action}"' in shown) == (wanted == 200)


def test_a_stranger_and_foreign_ids_get_nowhere(
    client: Client, carol: User, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    other = builders.make_workspace("Elsewhere")
    builders.make_member(other, carol, "admin")
    client.force_login(carol)
    assert client.get(URL, asked(workspace, "archive", three)).status_code == 404
    page = client.get(URL, asked(other, "archive", three))
    assert page.status_code == 422
    text = page.content.decode()
    assert "Nothing is chosen" in text
    assert ">Back</a>" in text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"action": "destroy"}, 303),
        ({"id": ["x", "-1", "9" * 40, "²", ""]}, 422),
        ({"all": "1", "query": "work=nonsense"}, 404),
        ({"id": []}, 422),
    ],
)
def test_a_bad_choice_is_no_error_of_ours(
    client: Client, dora: User, workspace: Workspace, query: dict[str, Any], status: int
) -> None:
    client.force_login(dora)
    whole = {"workspace": workspace.slug, "action": "archive"} | query
    assert client.get(URL, whole).status_code == status
    assert client.post(URL, whole).status_code == status
    assert client.put(URL).status_code == 405


def test_the_question_costs_the_same_for_3_and_30(
    client: Client, dora: User, alice: User, workspace: Workspace, three: list[Assistant]
) -> None:
    client.force_login(dora)

    def cost() -> int:
        rows = list(Assistant.objects.all())
        with CaptureQueriesContext(connection) as found:
            assert client.get(URL, asked(workspace, "publish", rows)).status_code == 200
        return len(found)

    cost()
    few = cost()
    for n in range(27):
        builders.make_change(workspace, alice, name=f"Helper {n}")
    assert cost() == few


def test_a_duplicate_is_a_new_proposal_once(
    client: Client, alice: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(alice)
    url = reverse("assistant_duplicate", args=[three[2].pk])
    first, second = (client.post(url, {"form_id": "f-1"}) for _ in range(2))
    assert first.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    change = Change.objects.order_by("-pk")[0]
    assert (change.name, change.base, change.assistant.live_version) == ("Plain (copy)", None, None)
    assert change.model == three[2].model
    vera = builders.make_person("vera")
    builders.make_member(workspace, vera, "viewer")
    client.force_login(vera)
    assert client.post(url).status_code == 403
    assert client.get(url).status_code == 405


def test_selecting_everything_needs_no_script(
    client: Client, dora: User, three: list[Assistant]
) -> None:
    client.force_login(dora)
    page = client.get("/assistants/", {"selected": "all"}).content.decode()
    assert "All 3 selected" in page
    assert '<input type="hidden" name="all" value="1">' in page
    plain = client.get("/assistants/").content.decode()
    assert "Select all 3" in plain
    assert "selected=all" in plain
