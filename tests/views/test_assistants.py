"""One assistant: its page, its versions, its activity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import assistants, changes
from assistants_app.models import Assistant, AuditEntry, PushOrder
from tests import builders
from tests.upstream import Upstream

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

TOOL = {
    "type": "function",
    "function": {"name": "get_order", "description": "Looks up.", "parameters": {"type": "object"}},
}


@pytest.fixture
def live(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return builders.make_assistant(
        workspace,
        author=alice,
        reviewer=bob,
        description="For newcomers.",
        instructions="# Role\nGreet\u200b them.",
        tools=[TOOL, {"type": "file_search"}, {"type": "bing_grounding", "x": 1}],
        tool_resources={"file_search": {"vector_store_ids": ["vs_1"]}},
        response_format="auto",
        metadata={"team": "care"},
        temperature=contract.parse("0.40"),
    )


def page(row: Assistant, tab: str = "") -> str:
    return reverse("assistant", args=[row.pk]) + (f"?tab={tab}" if tab else "")


def test_the_page_shows_everything_that_is_live(
    client: Client, alice: User, live: Assistant
) -> None:
    client.force_login(alice)
    text = client.get(page(live)).content.decode()
    for part in ("Onboarding", "For newcomers.", "Version 1 is live", "gpt-5.2", "0.40", "vs_1"):
        assert part in text, part
    for part in (
        "get_order",
        "Search your files",
        "bing_grounding",
        "Let the model decide",
        "care",
    ):
        assert part in text, part
    assert live.public_id in text
    assert "Kept here only" in text


def test_hidden_characters_are_marked(client: Client, alice: User, live: Assistant) -> None:
    client.force_login(alice)
    text = client.get(page(live)).content.decode()
    assert "U+200B</span>" in text
    assert "Greet\u200b them" not in text


def test_what_was_typed_stays_text(client: Client, alice: User, workspace: Workspace) -> None:
    nasty = "<script>alert(1)</script>{% debug %}{{ 7 }}"
    tool = {"type": "function", "function": {"name": nasty, "description": nasty}}
    fields = {"name": nasty, "instructions": nasty, "tools": [tool], "metadata": {nasty: nasty}}
    change = builders.make_change(workspace, alice, description=nasty, model=nasty, **fields)
    client.force_login(alice)
    for url in (page(change.assistant), reverse("change", args=[change.pk])):
        text = client.get(url).content.decode()
        assert "<script>alert" not in text
        assert "{% debug %}{{ 7 }}" in text


@pytest.mark.parametrize("name", ["assistant", "version", "change_open", "assistant_archive"])
def test_a_stranger_does_not_find_it(
    client: Client, carol: User, live: Assistant, name: str
) -> None:
    client.force_login(carol)
    url = reverse(name, args=[live.pk, 1] if name == "version" else [live.pk])
    assert client.get(url).status_code == (405 if name == "change_open" else 404)
    if name not in ("assistant", "version"):
        assert client.post(url).status_code == 404


@pytest.mark.parametrize("name", ["assistant", "version", "assistant_archive"])
def test_signed_out_leads_to_sign_in(client: Client, live: Assistant, name: str) -> None:
    url = reverse(name, args=[live.pk, 1] if name == "version" else [live.pk])
    assert client.get(url).headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["assistant", "version"])
def test_pages_to_read_take_no_post(
    client: Client, alice: User, live: Assistant, name: str
) -> None:
    client.force_login(alice)
    url = reverse(name, args=[live.pk, 1] if name == "version" else [live.pk])
    assert client.post(url).status_code == 405


def test_before_it_is_live_the_page_shows_the_proposal(
    client: Client, alice: User, workspace: Workspace
) -> None:
    change = builders.make_change(workspace, alice, instructions="Be brief.")
    client.force_login(alice)
    text = client.get(page(change.assistant)).content.decode()
    assert "Not live yet." in text
    assert "Be brief." in text
    assert reverse("change", args=[change.pk]) in text


# --- editing begins here ------------------------------------------------------------------------


def test_edit_opens_a_change_of_the_live_version(
    client: Client, alice: User, live: Assistant
) -> None:
    client.force_login(alice)
    response = client.post(reverse("change_open", args=[live.pk]))
    change = live.changes.get(state="draft")
    assert response.status_code == 303
    assert response.headers["Location"] == reverse("change", args=[change.pk])
    assert change.document() == live.document()
    assert change.base == live.live_version


def test_edit_goes_on_with_my_open_change(client: Client, alice: User, live: Assistant) -> None:
    change = builders.make_change(live, alice)
    client.force_login(alice)
    response = client.post(reverse("change_open", args=[live.pk]))
    assert response.headers["Location"] == reverse("change", args=[change.pk])
    assert live.changes.open().count() == 1
    assert f"Go on with change {change.pk}" in client.get(page(live)).content.decode()


def test_somebody_elses_change_is_said_first(
    client: Client, alice: User, bob: User, live: Assistant
) -> None:
    change = builders.make_change(live, bob)
    client.force_login(alice)
    text = client.get(page(live)).content.decode()
    assert f"Bob Example is changing this too (change {change.pk})." in text
    assert "Start mine" in text
    client.post(reverse("change_open", args=[live.pk]))
    assert live.changes.open().count() == 2


def test_a_viewer_is_told_of_a_change_in_words_for_who_reads(
    client: Client, workspace: Workspace, alice: User, live: Assistant
) -> None:
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    change = builders.make_change(live, alice)
    client.force_login(viewer)
    said = f"Alice Example is changing this (change {change.pk})."
    assert said in client.get(page(live)).content.decode()
    text = client.get(reverse("change", args=[change.pk])).content.decode()
    assert "cannot approve it" not in text


def test_a_viewer_reads_and_cannot_edit(
    client: Client, workspace: Workspace, live: Assistant
) -> None:
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    text = client.get(page(live)).content.decode()
    assert reverse("change_open", args=[live.pk]) not in text
    assert reverse("assistant_archive", args=[live.pk]) not in text
    assert client.post(reverse("change_open", args=[live.pk])).status_code == 403
    assert AuditEntry.objects.filter(action="access.denied").count() == 1
    assert not live.changes.open().exists()


def test_who_only_reads_is_told_whom_to_ask(
    client: Client, workspace: Workspace, live: Assistant, dora: User
) -> None:
    reader = builders.make_person("vera")
    builders.make_member(workspace, reader, "viewer")
    client.force_login(reader)
    assert f"Ask {dora} (admin) to edit." in client.get(page(live)).content.decode()
    client.force_login(dora)
    assert "(admin) to edit" not in client.get(page(live)).content.decode()


def test_an_archived_assistant_cannot_be_edited(
    client: Client, alice: User, bob: User, live: Assistant
) -> None:
    assistants.archive(live, actor=builders.acting(bob))
    client.force_login(alice)
    assert client.post(reverse("change_open", args=[live.pk])).status_code == 409


# --- notices ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "stopped", "reason": "drift"}, "Changed upstream."),
        ({"state": "stopped", "reason": "deleted"}, "Deleted upstream."),
        ({"state": "stopped", "reason": "refused", "message": "No such model."}, "No such model."),
        ({"state": "stopped", "reason": "unclear", "message": "Lost."}, "Not sure it arrived."),
        ({"state": "idle", "notes": ["reasoning_effort"]}, "did not keep: reasoning_effort."),
    ],
)
def test_what_a_person_should_settle_stands_first(
    client: Client, alice: User, dora: User, live: Assistant, fields: dict[str, str], words: str
) -> None:
    with Upstream() as upstream:
        server = builders.make_connection(live.workspace, dora, upstream)
    version = live.live_version
    pushed = version if fields["state"] == "idle" else None
    PushOrder.objects.create(
        assistant=live, connection=server, desired_version=version, pushed_version=pushed, **fields
    )
    client.force_login(alice)
    text = client.get(page(live)).content.decode()
    assert words in text
    assert reverse("upstream", args=[live.pk]) in text


def test_a_model_that_was_shut_down_is_said(
    client: Client, alice: User, bob: User, workspace: Workspace
) -> None:
    old = builders.make_assistant(workspace, author=alice, reviewer=bob, model="gpt-4-32k")
    client.force_login(alice)
    answer = client.get(page(old))
    assert [one.heading for one in answer.context["notices"]] == ["Model gpt-4-32k."]
    said = re.compile(r"Model gpt-4-32k\.</strong> Switched off since \d+ \w+ \d{4}\.")
    assert said.search(answer.content.decode())


# --- versions and activity ----------------------------------------------------------------------


def test_the_history_lists_versions_newest_first(
    client: Client, alice: User, bob: User, live: Assistant
) -> None:
    builders.make_assistant(live, author=alice, reviewer=bob, name="Second")
    client.force_login(alice)
    text = client.get(page(live, "history")).content.decode()
    assert text.index("Version 2") < text.index("Version 1")
    assert reverse("version", args=[live.pk, 1]) in text


def test_the_history_says_what_changed_and_who_approved(
    client: Client, alice: User, bob: User, live: Assistant
) -> None:
    builders.make_assistant(live, author=alice, reviewer=bob, name="Second", temperature=0.7)
    row = Assistant.objects.get(pk=live.pk)
    long = "Greet the newcomer. " * 2000
    builders.make_assistant(row, author=alice, reviewer=bob, name="Second", instructions=long)
    client.force_login(alice)
    lines = client.get(page(live, "history")).context["lines"]
    assert [told for _version, told, _who in lines] == [
        "Instructions",  # too long to count words for one line
        "Name Onboarding → Second; Creativity 0.40 → 0.7",
        "",
    ]
    assert all(who == ["Bob Example"] for _version, _told, who in lines)
    assert "approved by Bob Example" in client.get(page(live, "history")).content.decode()


def test_every_change_stays_to_be_read(client: Client, alice: User, live: Assistant) -> None:
    change = builders.make_change(live, alice)
    changes.withdraw(change, actor=builders.acting(alice))
    client.force_login(alice)
    text = client.get(page(live, "changes")).content.decode()
    assert reverse("review", args=[change.pk]) in text
    assert "Withdrawn" in text
    assert "Live" in text


def test_a_version_is_shown_in_full(
    client: Client, alice: User, bob: User, live: Assistant
) -> None:
    builders.make_assistant(live, author=alice, reviewer=bob, name="Second")
    client.force_login(alice)
    response = client.get(reverse("version", args=[live.pk, 1]))
    text = response.content.decode()
    assert response.context["version"].name == "Onboarding"
    assert not response.context["is_live"]
    assert live.digest in text
    assert "Published by Bob Example" in text
    assert response.context["shown"].json.startswith('{\n  "model": "gpt-5.2",')
    assert '"temperature": 0.40' in response.context["shown"].json
    assert client.get(reverse("version", args=[live.pk, 3])).status_code == 404


def test_the_activity_shows_what_one_may_see(
    client: Client, alice: User, bob: User, live: Assistant
) -> None:
    client.force_login(alice)
    own = client.get(page(live, "activity"))
    assert {told["who"] for told in own.context["entries"]} == {"Alice Example"}
    assert "Only your own entries" in own.content.decode()
    client.force_login(bob)
    everyone = client.get(page(live, "activity"))
    assert {told["who"] for told in everyone.context["entries"]} == {
        "Alice Example",
        "Bob Example",
    }
    assert "published a version" in everyone.content.decode()


def test_long_histories_come_in_pages(client: Client, alice: User, live: Assistant) -> None:
    for _ in range(15):
        change = builders.make_change(live, alice)
        changes.withdraw(change, actor=builders.acting(alice))
    client.force_login(alice)
    assert len(client.get(page(live, "changes")).context["proposals"]) == 16
    first = client.get(page(live, "activity"))
    assert len(first.context["entries"]) == 25
    second = client.get(reverse("assistant", args=[live.pk]) + first.context["page"]["next_url"])
    seen = [told["entry"].seq for told in (*first.context["entries"], *second.context["entries"])]
    assert seen == sorted(set(seen), reverse=True)
    assert client.get(page(live, "activity") + "&after=nonsense").status_code == 200


def test_queries_do_not_grow_with_versions_and_entries(
    client: Client, bob: User, alice: User, live: Assistant
) -> None:
    def cost() -> list[int]:
        found = []
        for tab in ("", "history", "changes", "activity"):
            with CaptureQueriesContext(connection) as queries:
                client.get(page(live, tab))
            found.append(len(queries))
        return found

    client.force_login(bob)
    client.get(page(live))
    few = cost()
    for n in range(5):
        row = Assistant.objects.get(pk=live.pk)
        builders.make_assistant(row, author=alice, reviewer=bob, name=f"Name {n}")
    cost()  # what each version changed is read once and kept
    assert cost() == few
