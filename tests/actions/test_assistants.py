"""Assistants: into the archive and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app.actions import assistants
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import Assistant
from tests.actions.told import refuses, tells
from tests.builders import acting, make_assistant, make_member, make_token

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def assistant(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return make_assistant(workspace, author=alice, reviewer=bob)


def test_what_is_archived_is_not_served_and_comes_back_as_it_was(
    assistant: Assistant, bob: User
) -> None:
    before = assistant.document()
    with tells("assistant.archived") as entries:
        gone = assistants.archive(assistant, actor=acting(bob))
    assert gone.is_archived
    assert assistant not in Assistant.objects.live()
    assert entries[0].assistant_id == str(assistant.pk)
    with tells("assistant.restored"):
        back = assistants.restore(gone, actor=acting(bob))
    assert not back.is_archived
    assert back in Assistant.objects.live()
    assert back.document() == before


def test_twice_is_a_conflict(assistant: Assistant, bob: User) -> None:
    with refuses(Conflict, "archived"):
        assistants.restore(assistant, actor=acting(bob))
    assistants.archive(assistant, actor=acting(bob))
    with refuses(Conflict, "archived"):
        assistants.archive(assistant, actor=acting(bob))


@pytest.mark.parametrize("roles", [(), ("viewer",), ("editor",), ("reviewer",), ("auditor",)])
def test_only_who_may_archives(
    assistant: Assistant, workspace: Workspace, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    for act in (assistants.archive, assistants.restore):
        with refuses(NotAllowed):
            act(assistant, actor=acting(carol))


def test_deleting_by_api_takes_the_right_to_delete(
    assistant: Assistant, workspace: Workspace, bob: User, dora: User
) -> None:
    publisher, _ = make_token(workspace, bob, "assistants:write")
    with refuses(NotAllowed):
        assistants.archive(assistant, actor=acting(bob, token=publisher), right="assistant.delete")
    admin, _ = make_token(workspace, dora, "assistants:write")
    assistants.archive(assistant, actor=acting(dora, token=admin), right="assistant.delete")
    assert Assistant.objects.get(pk=assistant.pk).is_archived
