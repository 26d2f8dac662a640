"""Models in use: which assistants need another model, on a page of its own and in My work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import builders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from assistants_app.models import Assistant, User, Workspace

WHERE = "/models/"


@pytest.fixture(autouse=True)
def _day() -> Iterator[None]:
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
        yield


@pytest.fixture
def ending(workspace: Workspace, alice: User, bob: User) -> Assistant:
    for model, name in (("gpt-5.2", "Stays"), ("gpt-4", "Gone")):
        builders.make_assistant(workspace, author=alice, reviewer=bob, model=model, name=name)
    return builders.make_assistant(
        workspace, author=alice, reviewer=bob, model="gpt-4.1", name="Ends"
    )


def test_what_ends_soonest_comes_first(client: Client, alice: User, ending: Assistant) -> None:
    client.force_login(alice)
    response = client.get(WHERE)
    text = response.content.decode()
    assert [one.model for one in response.context["used"]] == ["gpt-4", "gpt-4.1", "gpt-5.2"]
    for words in (
        "Switched off since 23 Oct 2026",
        "Will be switched off on 14 Jan 2027",
        "No end announced",
        "Ends",
        "Gone",
    ):
        assert words in text
    assert reverse("assistant", args=[ending.pk]) in text
    assert "Stays" not in text


def test_my_work_says_who_needs_another_model(
    client: Client, alice: User, ending: Assistant, workspace: Workspace
) -> None:
    client.force_login(alice)
    text = client.get(reverse("home")).content.decode()
    assert "2 assistants need another model" in text
    assert f"{WHERE}?workspace={workspace.slug}" in text
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert "need another model" not in client.get(reverse("home")).content.decode()
    assert client.get(WHERE).status_code == 200


def test_archived_and_unpublished_ones_do_not_count(
    client: Client, workspace: Workspace, alice: User
) -> None:
    builders.make_change(workspace, alice, model="gpt-4")
    client.force_login(alice)
    assert "No model is in use yet" in client.get(WHERE).content.decode()
    assert "another model" not in client.get(reverse("home")).content.decode()


def test_as_many_questions_for_3_assistants_as_for_30(
    client: Client, alice: User, ending: Assistant
) -> None:
    client.force_login(alice)
    client.get(WHERE)
    with CaptureQueriesContext(connection) as few:
        client.get(WHERE)
    builders.make_copies(ending, 12)
    with CaptureQueriesContext(connection) as many:
        client.get(WHERE)
    assert len(few) == len(many)


def test_strangers_see_nothing_of_it(
    client: Client, carol: User, ending: Assistant, workspace: Workspace
) -> None:
    assert client.get(WHERE).status_code == 302
    client.force_login(carol)
    assert client.get(WHERE, {"workspace": workspace.slug}).status_code == 404
    assert client.post(WHERE).status_code == 405
    assert "gpt-4" not in client.get(WHERE).content.decode()
