"""One database fixture for the whole table: each test's rows are undone, these stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.test import Client

from tests import builders
from tests.api.conftest import API
from tests.corpus.cases import MODEL
from tests.corpus.channels import Place

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def _place(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield _made(tmp_path_factory)
        transaction.set_rollback(True)


def _made(folders: pytest.TempPathFactory) -> Place:
    """An editor's draft, and a publisher who imports and holds a token; no review is asked for."""
    workspace = builders.make_workspace(approvals=0)
    alice, erin = builders.make_person("alice"), builders.make_person("erin")
    builders.make_member(workspace, alice, "editor")
    shelf = builders.make_workspace("Shelf")
    for place in (workspace, shelf):
        builders.make_member(place, erin, "publisher")
    draft = builders.make_change(workspace, alice, model=MODEL, name=None, instructions=None)
    client = Client()
    client.force_login(alice)
    _, secret = builders.make_token(workspace, erin, "assistants:read", "assistants:write")
    return Place(workspace, draft, client, API(secret), shelf, "erin", folders.mktemp("corpus"))


@pytest.fixture
def place(_place: Place, db: None, capsys: pytest.CaptureFixture[str]) -> Place:
    _place.capsys = capsys
    return _place
