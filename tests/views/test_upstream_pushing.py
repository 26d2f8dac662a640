"""Push ours again over what changed upstream, knowing exactly what leaves."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import push_bodies
from assistants_app.models import Assistant, PushOrder, Workspace
from tests import builders
from tests.actions.pulled import check
from tests.views.drifted import TEXT, fields, form, url
from tests.views.synced import work

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User
    from tests.upstream import Upstream


pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason

# --- push ours again --------------------------------------------------------------------------


def test_pushing_ours_names_what_is_overwritten_and_by_what(
    client: Client, bob: User, drifted: Assistant, upstream: Upstream
) -> None:
    client.force_login(bob)
    response = client.post(url(drifted), form(client, drifted) | {"do": "push"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "Creativity" in text
    assert "Instructions" in text
    asked = fields(text) | {"do": "overwrite"}
    assert client.post(url(drifted), asked).status_code == 303
    work()
    row = upstream.assistants[drifted.upstream_id or ""]
    assert (row["temperature"], row["instructions"]) == (1.0, TEXT.replace("brief", "quick"))
    assert PushOrder.objects.get().state == State.IDLE


def test_pushing_ours_is_bound_to_what_was_shown(
    client: Client, bob: User, drifted: Assistant, upstream: Upstream, workspace: Workspace
) -> None:
    client.force_login(bob)
    asked = fields(
        client.post(url(drifted), form(client, drifted) | {"do": "push"}).content.decode()
    )
    upstream.assistants[drifted.upstream_id or ""]["temperature"] = 0.1
    check(workspace, bob)
    assert client.post(url(drifted), asked | {"do": "overwrite"}).status_code == 409
    assert PushOrder.objects.get().reason == Reason.DRIFT


# --- what leaves ------------------------------------------------------------------------------


def shown_body(text: str) -> str:
    [inside] = re.findall(r'aria-label="Exactly what is sent"[^>]*>(.*?)</pre>', text, re.S)
    return unescape(re.sub(r"<[^>]+>", "", inside))


def test_the_body_on_the_page_is_what_leaves(
    client: Client, bob: User, drifted: Assistant, upstream: Upstream
) -> None:
    client.force_login(bob)
    text = client.post(url(drifted), form(client, drifted) | {"do": "push"}).content.decode()
    assert "These parts change upstream" in text
    client.post(url(drifted), fields(text) | {"do": "overwrite"})
    work()
    assert upstream.writes()[-1].body.decode() == shown_body(text)


def test_the_publish_page_shows_the_bytes_that_are_sent(
    client: Client, alice: User, bob: User, live: Assistant, upstream: Upstream
) -> None:
    change = builders.make_approved(live, author=alice, reviewer=bob, temperature=0.3)
    client.force_login(bob)
    text = client.get(reverse("change_publish", args=[change.pk])).content.decode()
    assert "These parts change upstream" in text
    assert "Creativity" in text
    assert f"/assistants/{live.upstream_id}" in text
    client.post(reverse("change_publish", args=[change.pk]))
    work()
    assert upstream.writes()[-1].body.decode() == shown_body(text)
    assert upstream.writes()[-1].body == push_bodies.wire(contract.parse(shown_body(text)))  # type: ignore[arg-type]


# --- while it is on its way -------------------------------------------------------------------


def poll(client: Client, page: str) -> HttpResponse:
    """What the waiting part gets when it asks again."""
    [address] = re.findall(r'hx-get="([^"]+)" hx-trigger="every 3s"', page)
    return client.get(address, headers={"HX-Request": "true", "HX-Target": "upstream-part"})


def test_what_arrives_while_one_waits_is_said_in_the_heading_too(
    client: Client, bob: User, drifted: Assistant
) -> None:
    client.force_login(bob)
    text = client.post(url(drifted), form(client, drifted) | {"do": "push"}).content.decode()
    client.post(url(drifted), fields(text) | {"do": "overwrite"})
    page = client.get(url(drifted)).content.decode()
    assert "Waiting to push" in page
    assert poll(client, page).status_code == 204
    work()
    part = poll(client, page)
    assert "HX-Refresh" not in part.headers
    [facts] = re.findall(r'<div id="upstream-facts" [^>]*>(.*?)</div>', part.content.decode(), re.S)
    assert "In sync" in facts
    assert re.search(r"Live, checked \d\d:\d\d:\d\d", facts)


def test_a_difference_found_while_one_waits_brings_the_whole_page(
    client: Client, bob: User, drifted: Assistant, upstream: Upstream
) -> None:
    client.force_login(bob)
    text = client.post(url(drifted), form(client, drifted) | {"do": "push"}).content.decode()
    client.post(url(drifted), fields(text) | {"do": "overwrite"})
    page = client.get(url(drifted)).content.decode()
    upstream.assistants[drifted.upstream_id or ""]["temperature"] = 0.1
    work()
    assert poll(client, page).headers["HX-Refresh"] == "true"
