"""Files and knowledge of a Change: by ID, from the server's list, with what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import jobs, resources
from assistants_app.models import Change, Connection, Job, Resource, ResourceList
from tests import builders
from tests.upstream import Upstream
from tests.views.editor import slot, url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

HTMX = {"HX-Request": "true"}


@pytest.fixture
def up() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture
def connected(workspace: Workspace, dora: User, up: Upstream) -> Connection:
    return builders.make_connection(workspace, dora, up)


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    held = {"code_interpreter": {"file_ids": ["file-1", "file-2"]}, "other": {"kept": 1}}
    return builders.make_change(workspace, alice, tool_resources=held)


def where(change: Change, kind: str = "files") -> str:
    return reverse("change_resources", args=[change.pk, kind])


def act(client: Client, change: Change, do: str, kind: str = "files", **more: Any) -> HttpResponse:
    headers = more.pop("headers", {})
    return client.post(where(change, kind), {"do": do} | more, headers=headers)


def ids(change: Change, kind: str = "files") -> list[str]:
    return resources.ids_of(Change.objects.get(pk=change.pk).tool_resources, kind)


def listed(connected: Connection, kind: str = "files", count: int = 1, **facts: Any) -> None:
    """The list as it was read just now: file-1, file-2 …"""
    usual = {"connection": connected, "kind": kind, "print": connected.print, "is_offered": True}
    row = ResourceList.objects.create(**(usual | {"read_at": timezone.now()} | facts))
    prefix = "file" if kind == "files" else "vs"
    Resource.objects.bulk_create(
        Resource(list=row, upstream_id=f"{prefix}-{n}", name=f"Name {n}.csv", size=2048)
        for n in range(1, count + 1)
    )


# --- in the editor ------------------------------------------------------------------------------


def test_ids_are_shown_with_what_is_known(
    editing: Client, draft: Change, connected: Connection
) -> None:
    text = editing.get(url(draft)).content.decode()
    assert "file-1" in text
    assert "was not read yet" in text
    assert "No longer there" not in text
    listed(connected)
    text = editing.get(url(draft)).content.decode()
    assert "Name 1.csv" in text
    assert text.count("No longer there") == 1  # file-2


def test_without_a_connection_ids_are_typed(editing: Client, draft: Change) -> None:
    text = editing.get(url(draft)).content.decode()
    assert "No server is connected" in text
    assert where(draft) + '"' in text  # the form
    assert 'id="shelf-pick-files"' not in text
    assert act(editing, draft, "read").status_code == 409


@pytest.mark.parametrize("is_htmx", [True, False])
def test_an_id_is_added_and_taken_out_and_put_back(
    editing: Client, draft: Change, connected: Connection, *, is_htmx: bool
) -> None:
    headers = HTMX if is_htmx else {}
    done = 200 if is_htmx else 303
    assert act(editing, draft, "add", id=" file-3 ", headers=headers).status_code == done
    assert ids(draft) == ["file-1", "file-2", "file-3"]
    response = act(editing, draft, "remove:file-2", headers=headers)
    assert response.status_code == done
    if is_htmx:
        assert 'value="put:file-2"' in slot(response, "toasts")
        assert "Removed file-2. Undo is available." in slot(response, "announcer")
        assert 'data-focus-after="#off-files-' in response.content.decode()
    assert act(editing, draft, "put:file-2", headers=headers).status_code == done
    assert ids(draft) == ["file-1", "file-3", "file-2"]
    assert Change.objects.get(pk=draft.pk).tool_resources["other"] == {"kept": 1}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Type an ID."),
        ("file-1", "is in the list already."),
        ("a b", "An ID has no blanks"),
        ("a\0b", "Null characters are not allowed"),
        ("x" * 513, "513 characters; the limit is 512."),
    ],
)
@pytest.mark.parametrize("is_htmx", [True, False])
def test_what_is_no_id_comes_back_as_it_was_typed(
    editing: Client, draft: Change, typed: str, message: str, *, is_htmx: bool
) -> None:
    response = act(editing, draft, "add", id=typed, headers=HTMX if is_htmx else {})
    assert response.status_code == 422
    assert message in response.content.decode()
    shelf = response.context["shelf"] if is_htmx else response.context["shelves"]["files"]
    assert shelf.form["id"].value() == typed
    assert ids(draft) == ["file-1", "file-2"]


def test_one_collection_replaces_the_box(editing: Client, draft: Change) -> None:
    act(editing, draft, "add", "knowledge", id="vs_1")
    text = editing.get(url(draft)).content.decode()
    assert ids(draft, "knowledge") == ["vs_1"]
    assert 'id="id_knowledge_id"' not in text
    assert 'id="id_files_id"' in text


def test_what_is_no_list_is_left_to_json(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    odd = {"code_interpreter": {"file_ids": "file-1"}}
    change = builders.make_change(workspace, alice, tool_resources=odd)
    assert "Something else than a list of IDs" in editing.get(url(change)).content.decode()
    assert act(editing, change, "add", id="x").status_code == 409
    assert Change.objects.get(pk=change.pk).tool_resources == odd


# --- the picker ---------------------------------------------------------------------------------


def test_the_picker_shows_names_use_and_age(
    editing: Client, draft: Change, connected: Connection, bob: User, dora: User
) -> None:
    named = {"code_interpreter": {"file_ids": ["file-3"]}}
    for _ in range(2):
        builders.make_assistant(
            draft.assistant.workspace, author=bob, reviewer=dora, tool_resources=named
        )
    listed(connected, count=3)
    text = editing.get(where(draft)).content.decode()
    assert text.count(" checked>") == 2
    assert "Name 3.csv" in text
    assert "2 assistants" in text
    assert "2.0\xa0KB" in text
    assert "As the server had it:" in text
    assert 'id="read-again"' in text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"read_at": None, "is_offered": False}, "This server does not offer the list"),
        ({}, "The server holds none"),
        ({"note": "It broke."}, "The last try failed:"),
        ({"note": "It broke.", "read_at": None}, "The list could not be read"),
    ],
)
def test_an_empty_picker_says_why(
    editing: Client, draft: Change, connected: Connection, facts: dict[str, Any], said: str
) -> None:
    listed(connected, count=0, **facts)
    text = editing.get(where(draft)).content.decode()
    assert said in text
    assert f'href="/changes/{draft.pk}/#shelf-files">Type the ID instead</a>' in text


def test_a_picker_of_what_was_never_read(
    editing: Client, draft: Change, connected: Connection
) -> None:
    assert "Not read yet" in editing.get(where(draft)).content.decode()


def test_what_is_ticked_is_kept_and_what_was_not_shown_stays(
    editing: Client, draft: Change, connected: Connection
) -> None:
    listed(connected, count=3)
    picked = {"shown": ["file-1", "file-3"], "id": ["file-3"]}
    response = act(editing, draft, "pick", **picked)
    assert response.headers["Location"] == f"{url(draft)}#shelf-files"
    assert ids(draft) == ["file-2", "file-3"]


def test_more_than_20_files_are_refused_with_the_ticks_kept(
    editing: Client, draft: Change, connected: Connection
) -> None:
    listed(connected, count=21)
    every = [f"file-{n}" for n in range(1, 22)]
    response = act(editing, draft, "pick", shown=every, id=every)
    assert response.status_code == 422
    text = response.content.decode()
    assert "At most 20 files; that would be 21." in text
    assert text.count(" checked>") == 21
    assert ids(draft) == ["file-1", "file-2"]


def test_one_collection_is_chosen(editing: Client, draft: Change, connected: Connection) -> None:
    listed(connected, "knowledge", 3)
    assert 'type="radio"' in editing.get(where(draft, "knowledge")).content.decode()
    for id_ in ("vs-1", "vs-2"):
        act(editing, draft, "pick", "knowledge", shown=["vs-1", "vs-2", "vs-3"], id=[id_])
        assert ids(draft, "knowledge") == [id_]


def test_searching_and_turning_pages(editing: Client, draft: Change, connected: Connection) -> None:
    listed(connected, count=120)
    assert len(editing.get(where(draft)).context["lines"]) == 50
    assert len(editing.get(where(draft) + "?page=3").context["lines"]) == 20
    assert len(editing.get(where(draft) + "?q=Name+12").context["lines"]) == 2
    assert len(editing.get(where(draft) + "?q=FILE-7&page=x").context["lines"]) == 11
    assert "Nothing matches" in editing.get(where(draft) + "?q=%25").content.decode()


def test_reading_again_and_watching(
    editing: Client, draft: Change, connected: Connection, up: Upstream
) -> None:
    up.store.hold("files", "file-1", filename="sales.csv", purpose="assistants")
    response = act(editing, draft, "read")
    assert response.headers["Location"] == where(draft)
    assert 'id="reading"' in editing.get(where(draft)).content.decode()
    assert editing.get(where(draft) + "?seen=9", headers=HTMX).status_code == 200
    assert editing.get(where(draft) + "?seen=0", headers=HTMX).status_code == 204
    job = jobs.claim(Job.objects.get().pk, owner="test")
    assert job
    resources.run(job)
    over = editing.get(where(draft) + "?seen=0", headers=HTMX)
    assert over.headers["HX-Refresh"] == "true"
    assert "sales.csv" in editing.get(where(draft)).content.decode()


def test_queries_are_the_same_for_3_and_30_files(
    editing: Client, workspace: Workspace, alice: User, connected: Connection
) -> None:
    def cost(count: int) -> tuple[int, int]:
        ResourceList.objects.all().delete()
        listed(connected, count=count)
        held = {"code_interpreter": {"file_ids": [f"file-{n}" for n in range(count)]}}
        change = builders.make_change(workspace, alice, tool_resources=held)
        found = []
        for address in (url(change), where(change)):
            editing.get(address)
            with CaptureQueriesContext(connection) as queries:
                editing.get(address)
            found.append(len(queries))
        return found[0], found[1]

    assert cost(3) == cost(30)


# --- who may ------------------------------------------------------------------------------------


def test_who_may_and_how(client: Client, draft: Change, carol: User, workspace: Workspace) -> None:
    assert client.get(where(draft)).headers["Location"].startswith(reverse("account_login"))
    client.force_login(carol)
    assert client.get(where(draft)).status_code == 404
    assert act(client, draft, "remove:file-1").status_code == 404
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert client.get(where(draft)).status_code == 403
    assert act(client, draft, "remove:file-1").status_code == 403
    assert client.put(where(draft)).status_code == 405
    assert ids(draft) == ["file-1", "file-2"]


def test_other_kinds_do_not_exist(editing: Client, draft: Change) -> None:
    assert editing.get(where(draft, "nonsense")).status_code == 404


def test_a_change_that_is_over_leads_to_what_can_be_read(editing: Client, draft: Change) -> None:
    Change.objects.filter(pk=draft.pk).update(state="withdrawn")
    assert editing.get(where(draft)).headers["Location"] == url(draft)
    assert act(editing, draft, "remove:file-1").status_code == 409


def test_whoever_reads_sees_names_where_they_are_known(
    editing: Client, draft: Change, connected: Connection
) -> None:
    Change.objects.filter(pk=draft.pk).update(state="withdrawn")
    listed(connected)
    for address in (url(draft), reverse("review", args=[draft.pk]) + "?tab=full"):
        text = editing.get(address).content.decode()
        assert 'Name 1.csv (<code class="small" translate="no">file-1</code>)' in text
        assert '<code class="small" translate="no">file-2</code>' in text
