"""The sync page: what is on its way, what failed and why, what to do."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app.models import (
    Assistant,
    Job,
    PushOrder,
    UpstreamCopy,
    Workspace,
)
from tests import builders
from tests.views.synced import sync, work

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User
    from tests.upstream import Upstream


pytestmark = pytest.mark.django_db


def test_without_a_connection_it_says_so_and_who_can_make_one(
    client: Client, alice: User, dora: User
) -> None:
    client.force_login(alice)
    text = sync(client)
    assert "Not connected" in text
    assert "An admin can connect a server to push them to." in text
    client.force_login(dora)
    assert "Connect a server to push them." in sync(client)


def test_a_push_goes_from_waiting_to_in_sync(
    client: Client, alice: User, unpushed: Assistant
) -> None:
    client.force_login(alice)
    assert "Waiting to push" in sync(client)
    assert 'hx-trigger="every 3s"' in sync(client)
    work()
    text = sync(client)
    assert "In sync" in text
    assert "hx-trigger" not in text  # nothing moves, nothing polls
    unpushed.refresh_from_db()
    assert unpushed.upstream_id


def test_the_live_part_alone_answers_its_target(
    client: Client, alice: User, unpushed: Assistant
) -> None:
    client.force_login(alice)
    headers = {"HX-Request": "true", "HX-Target": "sync-live"}
    part = client.get(reverse("sync"), headers=headers).content.decode()
    assert "<html" not in part
    assert "Waiting to push" in part


def test_a_poll_is_empty_while_nothing_changes(
    client: Client, alice: User, unpushed: Assistant
) -> None:
    client.force_login(alice)
    headers = {"HX-Request": "true", "HX-Target": "sync-live"}
    [address] = re.findall(r'hx-get="([^"]+)"', sync(client))
    address = unescape(address)
    assert client.get(address, headers=headers).status_code == 204
    assert client.get(address).status_code == 200  # without htmx it is the page
    work()
    part = client.get(address, headers=headers)
    assert part.status_code == 200
    assert "hx-trigger" not in part.content.decode()


def test_without_scripts_there_is_a_refresh(
    client: Client, alice: User, unpushed: Assistant
) -> None:
    client.force_login(alice)
    assert "<noscript>" in sync(client).split('id="sync-live"')[1]


def test_a_refusal_is_told_with_its_field_and_can_be_tried_again(
    client: Client, bob: User, unpushed: Assistant, upstream: Upstream
) -> None:
    refusal = (
        400,
        {},
        b'{"error":{"message":"The model does not exist.","type":"invalid_request_error",'
        b'"param":"model","code":"model_not_found"}}',
    )
    upstream.on("POST", "/assistants", answer=refusal, apply="never")
    work()
    client.force_login(bob)
    text = sync(client)
    assert "Push failed" in text
    assert "The model does not exist." in text
    assert ">model<" in text
    assert "The server refused “Model”." in text
    assert reverse("change_open", args=[unpushed.pk]) in text
    response = client.post(reverse("push_retry", args=[unpushed.pk]))
    assert response.status_code == 303
    work()
    assert "In sync" in sync(client)


def test_trying_again_is_for_publishers(client: Client, alice: User, unpushed: Assistant) -> None:
    client.force_login(alice)
    assert client.post(reverse("push_retry", args=[unpushed.pk])).status_code == 403
    assert client.post(reverse("sync_check")).status_code == 403
    assert client.get(reverse("push_retry", args=[unpushed.pk])).status_code == 405


def test_a_stranger_does_not_find_it(client: Client, carol: User, unpushed: Assistant) -> None:
    client.force_login(carol)
    assert client.post(reverse("push_retry", args=[unpushed.pk])).status_code == 404
    assert client.get(reverse("upstream", args=[unpushed.pk])).status_code == 404


def test_a_foreign_edit_is_shown_and_ours_can_be_pushed_over_it(
    client: Client, bob: User, unpushed: Assistant, upstream: Upstream
) -> None:
    work()
    unpushed.refresh_from_db()
    assert unpushed.upstream_id
    upstream.assistants[unpushed.upstream_id]["name"] = "Hijacked"
    client.force_login(bob)
    client.post(reverse("sync_check"))
    work()
    assert "Changed upstream" in sync(client)
    url = reverse("upstream", args=[unpushed.pk])
    text = client.get(url).content.decode()
    assert "Hijacked" in text
    assert client.post(url, {"do": "overwrite", "digest": "0" * 64}).status_code == 409
    theirs = UpstreamCopy.objects.get(assistant=unpushed, kind=UpstreamCopy.Kind.THEIRS)
    assert client.post(url, {"do": "overwrite", "digest": theirs.digest}).status_code == 303
    work()
    assert upstream.assistants[unpushed.upstream_id]["name"] == unpushed.name
    assert PushOrder.objects.get().state == PushOrder.State.IDLE


def test_checking_says_what_is_new_there_and_takes_nothing_in(
    client: Client, bob: User, workspace: Workspace, upstream: Upstream
) -> None:
    upstream.assistants["asst_theirs"] = {
        "id": "asst_theirs",
        "object": "assistant",
        "created_at": 1_700_000_000,
        "name": "Made elsewhere",
        "description": None,
        "model": "gpt-4o",
        "instructions": "Hello.",
        "tools": [{"type": "bing_grounding", "bing_grounding": {"x": 1}}],
        "metadata": {},
    }
    client.force_login(bob)
    assert client.post(reverse("sync_check")).status_code == 303
    work()
    assert not Assistant.objects.filter(workspace=workspace).exists()
    assert "1 not here" in sync(client)


def test_a_run_can_be_looked_at(client: Client, bob: User, unpushed: Assistant) -> None:
    client.force_login(bob)
    client.post(reverse("sync_check"))
    job = Job.objects.get()
    assert client.get(reverse("job", args=[job.pk])).status_code == 200
    part = client.get(reverse("job", args=[job.pk]), headers={"HX-Request": "true"})
    assert part.status_code == 200
    [address] = re.findall(r'hx-get="([^"]+)"', part.content.decode())
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204
    work()
    part = client.get(address, headers={"HX-Request": "true"})
    assert part.status_code == 286
    assert "Done" in part.content.decode()


def test_queries_do_not_grow_with_orders(
    client: Client, workspace: Workspace, upstream: Upstream, alice: User, bob: User
) -> None:
    place = Workspace.objects.get(pk=workspace.pk)
    client.force_login(bob)

    def ask() -> int:
        builders.make_assistant(place, author=alice, reviewer=bob)
        sync(client)
        with CaptureQueriesContext(connection) as asked:
            sync(client)
        return len(asked)

    few = ask()
    for _ in range(20):
        builders.make_assistant(place, author=alice, reviewer=bob)
    assert ask() == few <= 12


def test_signed_out_goes_to_sign_in(client: Client, workspace: Workspace) -> None:
    for url in (reverse("sync"), reverse("sync_check")):
        response = client.post(url) if url.endswith("check/") else client.get(url)
        assert response["Location"].startswith(reverse("account_login"))
    assert client.get(reverse("sync"), headers={"HX-Request": "true"}).status_code == 401


def test_several_versions_before_a_push_are_one_row(
    client: Client, alice: User, bob: User, unpushed: Assistant
) -> None:
    work()
    unpushed.refresh_from_db()
    for text in ("Greet.", "Greet warmly."):
        builders.make_assistant(unpushed, author=alice, reviewer=bob, instructions=text)
    client.force_login(alice)
    assert "v2 → v3" in sync(client)


@pytest.mark.parametrize(
    ("kind", "icon"),
    [
        ("pull", "arrow-path"),
        ("resources", "arrow-path"),
        ("list", "sparkles"),
        ("import", "sparkles"),
        ("bulk", "sparkles"),
        ("verify", "clipboard-document-list"),
        ("test", "cog-6-tooth"),
    ],
)
def test_a_run_marks_the_place_it_belongs_to_also_once_its_counts_come_anew(
    client: Client, dora: User, workspace: Workspace, kind: str, icon: str
) -> None:
    ask = {"verb": "archive", "ids": []}
    run = Job.objects.create(workspace=workspace, kind=kind, asked_by=dora, ask=ask)
    client.force_login(dora)
    response = client.get(reverse("job", args=[run.pk]))
    marked = r'<a id="nav-([^"]+)"[^>]*aria-current'
    assert re.findall(marked, response.content.decode()) == [icon]
    url = re.sub("seen=[^&]*", "seen=older", response.context["shell"].counts_url)
    anew = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert re.findall(marked, anew) == [icon]


def test_a_check_that_is_done_leads_to_what_it_found(
    client: Client, dora: User, workspace: Workspace
) -> None:
    run = Job.objects.create(workspace=workspace, kind="pull", asked_by=dora)
    client.force_login(dora)
    page = reverse("job", args=[run.pk])
    way = f'<a class="btn" href="{reverse("sync")}?workspace={workspace.slug}">'
    assert way not in client.get(page).content.decode()
    Job.objects.update(state="done", finished_at=timezone.now())
    assert way in client.get(page).content.decode()
