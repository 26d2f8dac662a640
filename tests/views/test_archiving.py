"""One assistant goes into the archive, and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import assistants, changes
from assistants_app.models import Assistant, Change
from tests import builders
from tests.views.test_assistants import page

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace


@pytest.fixture
def live(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return builders.make_assistant(workspace, author=alice, reviewer=bob)


def test_archiving_asks_first_and_names_the_consequences(
    client: Client, alice: User, bob: User, live: Assistant
) -> None:
    builders.make_change(live, alice)
    client.force_login(bob)
    url = reverse("assistant_archive", args=[live.pk])
    text = client.get(url).content.decode()
    for words in ("hidden from the list", "no longer served at /v1", "open changes stay"):
        assert words in text
    live.refresh_from_db()
    assert not live.is_archived
    assert client.post(url).status_code == 303
    live.refresh_from_db()
    assert live.is_archived
    text = client.get(page(live)).content.decode()
    assert "Archived." in text
    assert "is archived." not in text  # the same once more


def test_restoring_brings_it_back(client: Client, bob: User, live: Assistant) -> None:
    assistants.archive(live, actor=builders.acting(bob))
    client.force_login(bob)
    url = reverse("assistant_restore", args=[live.pk])
    assert "served at /v1 again" in client.get(url).content.decode()
    assert client.post(url).headers["Location"] == page(live)
    live.refresh_from_db()
    assert not live.is_archived
    assert client.post(url).status_code == 409


@pytest.mark.parametrize("name", ["assistant_archive", "assistant_restore"])
def test_archiving_takes_the_right(client: Client, alice: User, live: Assistant, name: str) -> None:
    client.force_login(alice)
    url = reverse(name, args=[live.pk])
    assert client.get(url).status_code == 403
    assert client.post(url).status_code == 403
    live.refresh_from_db()
    assert not live.is_archived


def test_the_question_fits_into_the_dialog(client: Client, bob: User, live: Assistant) -> None:
    client.force_login(bob)
    url = reverse("assistant_archive", args=[live.pk])
    headers = {"HX-Request": "true", "HX-Target": "dialog"}
    text = client.get(url, headers=headers).content.decode()
    assert "<html" not in text
    assert "data-close" in text


def test_a_withdrawn_new_assistant_can_still_be_read(
    client: Client, alice: User, workspace: Workspace
) -> None:
    change = builders.make_change(workspace, alice, instructions="Never live.")
    changes.withdraw(change, actor=builders.acting(alice))
    client.force_login(alice)
    assert "Never live." in client.get(page(change.assistant)).content.decode()
    assert Change.objects.get().state == "withdrawn"
