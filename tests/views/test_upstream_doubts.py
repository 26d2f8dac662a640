"""What of an assistant upstream only a person can tell: which one it is, or that it is gone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from assistants_app.models import Assistant, PushOrder, Workspace
from tests import builders
from tests.actions.pushed import settle
from tests.views.drifted import TEXT, now, url
from tests.views.synced import work

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User
    from tests.upstream import Upstream


pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason

# --- what only a person can tell --------------------------------------------------------------


@pytest.fixture
def unclear(workspace: Workspace, upstream: Upstream, alice: User, bob: User) -> Assistant:
    upstream.on("POST", "/assistants", times=9, apply="never", answer="reset")
    place = Workspace.objects.get(pk=workspace.pk)
    made = builders.make_assistant(place, author=alice, reviewer=bob, instructions=TEXT)
    assert settle(made, tries=20).reason == Reason.UNCLEAR
    upstream.control({"clear": True})
    return now(made)


def test_the_id_that_is_pasted_is_read_and_what_differs_is_shown(
    client: Client, bob: User, unclear: Assistant, upstream: Upstream
) -> None:
    id_ = upstream.add(name="Somebody else's", model="gpt-4o")
    client.force_login(bob)
    assert "It is this one" in client.get(url(unclear)).content.decode()
    assert client.post(url(unclear), {"do": "link", "upstream_id": id_}).status_code == 303
    waiting = client.get(url(unclear)).content.decode()
    assert 'hx-trigger="every 3s"' in waiting
    work()
    text = client.get(url(unclear)).content.decode()
    assert "Somebody else" in text
    assert "Never seen in agreement" in text
    assert "Changed on both sides" not in text  # nobody knows who changed what
    assert "It is another one" in text
    assert client.post(url(unclear), {"do": "unlink"}).status_code == 303
    assert now(unclear).upstream_id is None


def test_an_id_that_is_none_comes_back_with_its_reason(
    client: Client, bob: User, unclear: Assistant
) -> None:
    client.force_login(bob)
    response = client.post(url(unclear), {"do": "link", "upstream_id": "two words"})
    text = response.content.decode()
    assert response.status_code == 422
    assert 'value="two words"' in text
    assert "one word without spaces" in text
    assert 'href="#id_upstream_id"' in text


def test_creating_again_takes_a_confirmation(
    client: Client, bob: User, unclear: Assistant, upstream: Upstream
) -> None:
    client.force_login(bob)
    assert client.post(url(unclear), {"do": "create"}).status_code == 422
    assert client.post(url(unclear), {"do": "create", "is_sure": "1"}).status_code == 303
    settle(unclear)
    assert len(upstream.assistants) == 1


def test_a_page_that_waits_is_asked_for_what_is_new(
    client: Client, bob: User, live: Assistant, upstream: Upstream
) -> None:
    PushOrder.objects.update(state=State.WAITING)
    client.force_login(bob)
    headers = {"HX-Request": "true", "HX-Target": "upstream-part"}
    page = client.get(url(live)).content.decode().split("<main", 1)[1]
    [address] = re.findall(r'hx-get="([^"]+upstream[^"]+)"', page)
    assert client.get(address, headers=headers).status_code == 204
    work()
    part = client.get(address, headers=headers)
    assert part.status_code == 200
    assert "hx-trigger" not in part.content.decode()


def test_the_only_one_is_gone_when_an_admin_says_so(
    client: Client, bob: User, dora: User, live: Assistant, upstream: Upstream
) -> None:
    order = PushOrder.objects.get()
    PushOrder.objects.update(state=State.STOPPED, reason=Reason.UNCLEAR)
    client.force_login(bob)
    text = client.get(url(live)).content.decode()
    assert "An admin of this workspace can confirm" in text
    assert "Cannot check" in text
    assert "Not sure it arrived" not in text
    assert client.post(url(live), {"do": "gone", "is_sure": "1"}).status_code == 403
    client.force_login(dora)
    assert client.post(url(live), {"do": "gone"}).status_code == 422
    assert client.post(url(live), {"do": "gone", "is_sure": "1"}).status_code == 303
    order.refresh_from_db()
    assert order.reason == Reason.DELETED
    text = client.get(url(live)).content.decode()
    assert "Create again" in text
    assert reverse("assistant_archive", args=[live.pk]) in text


def test_of_several_one_is_chosen(
    client: Client, bob: User, live: Assistant, upstream: Upstream
) -> None:
    twin: Any = dict(upstream.assistants[live.upstream_id or ""], id="asst_twin")
    upstream.assistants["asst_twin"] = twin
    PushOrder.objects.update(
        state=State.STOPPED,
        reason=Reason.DUPLICATE,
        message="Upstream holds this assistant more than once: also asst_twin.",
    )
    client.force_login(bob)
    text = client.get(url(live)).content.decode()
    assert "Which one is ours?" in text
    assert client.post(url(live), {"do": "mine", "upstream_id": "asst_x"}).status_code == 422
    asked = {"do": "mine", "upstream_id": "asst_twin"}
    assert client.post(url(live), asked).status_code == 303
    work()
    assert now(live).upstream_id == "asst_twin"
    assert len(upstream.assistants) == 2


def test_nothing_is_connected_and_nothing_is_offered(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    made = builders.make_assistant(workspace, author=alice, reviewer=bob)
    client.force_login(bob)
    text = client.get(url(made)).content.decode()
    assert "No server is connected" in text
    assert "Never read there" not in text
    assert client.post(url(made), {"do": "create", "is_sure": "1"}).status_code == 409
