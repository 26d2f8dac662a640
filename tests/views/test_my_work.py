"""My work: what waits for a person, in all of their workspaces, and nothing of others'."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import changes, publishing
from assistants_app.models import Change, ConnectionHealth, PushOrder
from tests import builders
from tests.upstream import Upstream

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from assistants_app.models import User, Workspace


def shown(client: Client, person: User) -> dict[str, list[str]]:
    """Group → names of its rows, as this person sees them."""
    client.force_login(person)
    response = client.get(reverse("home"))
    assert response.status_code == 200
    return {group.key: [row.name for row in group.rows] for group in response.context["groups"]}


def page(client: Client, person: User) -> str:
    client.force_login(person)
    return client.get(reverse("home")).content.decode()


@pytest.fixture
def asked(workspace: Workspace, alice: User) -> Change:
    change = builders.make_change(workspace, alice, name="Math Tutor")
    return changes.submit(change, actor=builders.acting(alice), title="Hints first")


def test_a_change_in_review_waits_for_who_may_decide_not_for_its_author(
    client: Client, alice: User, bob: User, asked: Change
) -> None:
    assert shown(client, bob) == {"waiting": ["Hints first"]}
    assert shown(client, alice) == {"mine": ["Hints first"]}


def test_what_is_approved_waits_for_a_publisher_and_is_news_once_it_is_live(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    change = builders.make_approved(workspace, author=alice, reviewer=bob)
    assert shown(client, bob) == {"ready": [f"Change {change.pk}"]}
    publishing.publish(change, actor=builders.acting(bob))
    assert shown(client, bob) == {"recent": [str(change.assistant)]}
    assert "Nothing is waiting for you" in page(client, bob)


def test_other_workspaces_are_named_and_foreign_ones_are_unknown(
    client: Client, alice: User, bob: User, carol: User, asked: Change
) -> None:
    other = builders.make_workspace("Finance")
    builders.make_member(other, bob, "reviewer")
    builders.make_member(other, carol, "editor")
    builders.make_change(other, carol, name="Invoice reader")
    assert "Finance" not in page(client, alice)
    theirs = page(client, bob)
    assert asked.assistant.workspace.name in theirs
    assert "Invoice reader" not in theirs
    assert shown(client, carol) == {"mine": [f"Change {Change.objects.latest('pk').pk}"]}


def test_stopped_pushes_and_closed_connections_need_attention_of_who_may_push(
    client: Client, workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    with Upstream() as upstream:
        row = builders.make_connection(workspace, dora, upstream)
    builders.make_assistant(workspace, author=alice, reviewer=bob, name="Math Tutor")
    PushOrder.objects.update(state="stopped", reason="refused")
    ConnectionHealth.objects.filter(connection=row).update(state="key")
    assert shown(client, bob)["attention"] == [row.host, "Math Tutor"]
    assert "attention" not in shown(client, alice)


def test_ten_are_shown_and_the_rest_is_linked_in_as_many_queries(
    client: Client,
    workspace: Workspace,
    alice: User,
    bob: User,
    asked: Change,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(bob)
    client.get(reverse("home"))
    with django_assert_max_num_queries(16) as few:
        client.get(reverse("home"))
    for n in range(11):
        change = builders.make_change(workspace, alice, name=f"Tutor {n}")
        changes.submit(change, actor=builders.acting(alice))
    with django_assert_max_num_queries(len(few)):
        text = client.get(reverse("home")).content.decode()
    assert len(shown(client, bob)["waiting"]) == 10
    assert 'href="/reviews/">Show all' in text
