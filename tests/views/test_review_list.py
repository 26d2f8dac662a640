"""The list of reviews: what waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.actions import changes, reviews, workspaces
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import Change, User, Workspace


def test_the_list_says_what_waits_for_whom(
    client: Client, alice: User, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    shown = client.get(reverse("review_list")).content.decode()
    assert "Waiting for me" in shown
    assert waiting.title in shown
    client.force_login(alice)
    shown = client.get(reverse("review_list")).content.decode()
    assert "Waiting for me" not in shown
    assert "By me" in shown
    assert waiting.title in shown


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
    assert ask() == few <= 10
    response = client.get(reverse("review_list"))
    assert len(response.context["rows"]) == 50
    assert "All that are in review" in response.content.decode()


def test_each_row_says_what_changes(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    shown = client.get(reverse("review_list")).content.decode()
    assert "Instructions +2 −2 words; Creativity set to 0.4" in shown


def test_what_one_approved_waits_for_others(
    client: Client, workspace: Workspace, bob: User, dora: User, waiting: Change
) -> None:
    workspaces.set_rules(workspace, actor=builders.acting(dora), approvals=2)
    client.force_login(bob)

    def counts() -> dict[str, int]:
        tabs = client.get(reverse("review_list"), {"show": "all"}).context["tabs"]
        return {tab["label"]: tab["count"] for tab in tabs}

    assert counts() == {"Waiting for me": 1, "By me": 0, "All": 1}
    reviews.approve(waiting, actor=builders.acting(bob), digest=waiting.digest)
    assert counts() == {"Waiting for me": 0, "By me": 0, "All": 1}


def test_who_writes_nothing_begins_with_what_others_ask(
    client: Client, workspace: Workspace, waiting: Change
) -> None:
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    context = client.get(reverse("review_list")).context
    assert [tab["label"] for tab in context["tabs"] if tab["current"]] == ["All"]
    assert [row["change"] for row in context["rows"]] == [waiting]
