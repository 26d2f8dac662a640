"""The way of `/v1`: one call that proposes, approves and publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app import contract
from assistants_app.actions import assistants, publishing
from assistants_app.errors import Conflict, InvalidDocument, NotAllowed
from assistants_app.models import (
    Assistant,
    chain,
)
from tests.actions.told import refuses, tells, writes_nothing
from tests.builders import (
    acting,
    make_document,
    make_member,
    make_token,
    make_workspace,
)

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db


# --- /v1's way --------------------------------------------------------------------------------


@pytest.fixture
def free(alice: User) -> Workspace:
    """A workspace that asks for no approval and where Alice may publish."""
    place = make_workspace("Alone", approvals=0)
    make_member(place, alice, "publisher")
    return place


def test_writing_through_makes_the_same_entries_as_people_do(free: Workspace, alice: User) -> None:
    token, _ = make_token(free, alice, "assistants:read", "assistants:write")
    actor = acting(alice, token=token)
    with tells("change.opened", "change.submitted", "version.published"):
        assistant = publishing.write_through(free, None, make_document(), actor=actor)
    assert assistant.document() == make_document()
    assert assistant.live_version is not None
    assert assistant.live_version.source == "api"


def test_writing_through_returns_what_is_live_now(free: Workspace, alice: User) -> None:
    actor = acting(alice)
    first = publishing.write_through(free, None, make_document(), actor=actor)
    later = publishing.write_through(free, first, make_document(name="Other"), actor=actor)
    assert later.document() == make_document(name="Other")
    assert later.live_version is not None
    assert later.live_version.number == 2
    assert later.digest == contract.fingerprint(later.document())


def test_writing_through_the_same_text_makes_no_version(free: Workspace, alice: User) -> None:
    actor = acting(alice)
    assistant = publishing.write_through(free, None, make_document(), actor=actor)
    with writes_nothing():
        publishing.write_through(free, assistant, make_document(), actor=actor)


def test_writing_through_carries_the_mark_of_another_dashboard_without_a_version(
    free: Workspace, alice: User
) -> None:
    actor = acting(alice)
    assistant = publishing.write_through(
        free, None, make_document(metadata={"a": "b", "_dash": "op:1:x"}), actor=actor
    )
    marked = make_document(metadata={"a": "b", "_dash": "op:2:y"})
    with tells():
        publishing.write_through(free, assistant, marked, actor=actor)
    now = Assistant.objects.get(pk=assistant.pk)
    assert now.metadata == {"a": "b", "_dash": "op:2:y"}
    assert now.versions.count() == 1
    assert chain.verify().is_intact


def test_writing_through_needs_a_workspace_without_reviews(workspace: Workspace, bob: User) -> None:
    with refuses(Conflict, "review_required"):
        publishing.write_through(workspace, None, make_document(), actor=acting(bob))


@pytest.mark.parametrize("role", ["viewer", "editor", "reviewer", "auditor"])
def test_writing_through_needs_who_may_publish(free: Workspace, carol: User, role: str) -> None:
    make_member(free, carol, role)
    with refuses(NotAllowed):
        publishing.write_through(free, None, make_document(), actor=acting(carol))


def test_writing_through_what_is_wrong_writes_nothing(free: Workspace, alice: User) -> None:
    with refuses(InvalidDocument):
        publishing.write_through(free, None, {"name": "No model"}, actor=acting(alice))


def test_writing_through_an_archived_assistant_writes_nothing(free: Workspace, alice: User) -> None:
    actor = acting(alice)
    assistant = publishing.write_through(free, None, make_document(), actor=actor)
    assistants.archive(assistant, actor=actor)
    for document in (make_document(name="Other"), make_document(metadata={"_dash": "x"})):
        with refuses(Conflict, "archived"):
            publishing.write_through(free, assistant, document, actor=actor)
