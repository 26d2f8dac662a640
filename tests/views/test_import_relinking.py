"""What was linked here before the server was left, at the import page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import connections, importing
from assistants_app.models import Assistant, Workspace
from tests import builders
from tests.views.import_page import URL, fill, look, text_of, work

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


def reconnected(workspace: Workspace, dora: User, upstream: Upstream) -> None:
    """Everything taken in, the server left, and connected again."""
    importing.ask(workspace, actor=builders.acting(dora))
    work()
    place = Workspace.objects.get(pk=workspace.pk)
    connections.remove_connection(place, actor=builders.acting(dora), name=place.name)
    builders.make_connection(Workspace.objects.get(pk=workspace.pk), dora, upstream)


@pytest.fixture
def again(
    bobs: Client, upstream: Upstream, workspace: Workspace, dora: User
) -> tuple[Client, list[str]]:
    """Bob at the page, with two that were linked here before and one that was not."""
    builders.make_member(workspace, dora, "admin", "publisher")
    ids = fill(upstream, 2)
    reconnected(Workspace.objects.get(pk=workspace.pk), dora, upstream)
    upstream.add("asst_new", name="New there")
    return bobs, ids


def test_what_was_linked_before_is_shown_apart_and_linked_on_one_word(
    again: tuple[Client, list[str]], upstream: Upstream
) -> None:
    client, ids = again
    job = look(client)
    page = text_of(client.get(URL).content)
    assert "2 more were linked to assistants here before this workspace left this server." in page
    assert "0 of 1 chosen" in page
    assert "Number 1" not in page
    shown = client.get(URL, {"show": "left"})
    assert "Link all 2 again" in text_of(shown.content)
    assert "Was linked to Number 1" in text_of(shown.content)
    assert 'type="checkbox"' not in shown.content.decode()
    writes = len(upstream.writes())
    response = client.post(reverse("import_relink"), {"run": job.pk}, follow=True)
    assert "2 are linked again. Each is read there first." in text_of(response.content)
    linked = Assistant.objects.exclude(upstream_id=None).values_list("upstream_id", flat=True)
    assert sorted(linked) == ids
    work()
    assert len(upstream.writes()) == writes
    assert "Linked before" not in text_of(client.get(URL).content)


def test_linking_from_an_older_look_or_once_more_is_told(again: tuple[Client, list[str]]) -> None:
    client, _ids = again
    old, new = look(client), look(client)
    page = client.post(reverse("import_relink"), {"run": old.pk}, follow=True)
    assert "read again meanwhile" in text_of(page.content)
    client.post(reverse("import_relink"), {"run": new.pk})
    page = client.post(reverse("import_relink"), {"run": new.pk}, follow=True)
    assert "There is nothing to link again." in text_of(page.content)


@pytest.mark.parametrize("role", ["viewer", "editor", "reviewer", "auditor"])
def test_others_may_not_link(
    client: Client, workspace: Workspace, upstream: Upstream, carol: User, role: str
) -> None:
    builders.make_member(workspace, carol, role)
    client.force_login(carol)
    assert client.post(reverse("import_relink"), {"run": 1}).status_code == 403
    assert upstream.requests == []
