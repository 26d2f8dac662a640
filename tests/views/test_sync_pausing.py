"""What an admin does on the sync page: pause, resume, try all again, confirm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import pausing
from assistants_app.models import (
    Assistant,
    AuditEntry,
    ConnectionHealth,
    PushOrder,
    Workspace,
)
from tests import builders
from tests.views.synced import set_state, sync, work

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User
    from tests.upstream import Upstream


pytestmark = pytest.mark.django_db
# --- pause, resume, try all again, confirm --------------------------------------------------------


def test_pausing_puts_a_line_on_every_page_with_who_and_a_way_back(
    client: Client, dora: User, alice: User, unpushed: Assistant
) -> None:
    client.force_login(dora)
    assert client.post(reverse("sync_pause")).status_code == 303
    pages = [reverse("sync"), reverse("assistant_list"), reverse("assistant", args=[unpushed.pk])]
    for page in pages:
        text = client.get(page).content.decode()
        assert "Dora Example paused pushing in this workspace" in text
        assert reverse("sync_resume") in text
    said = client.get(reverse("upstream", args=[unpushed.pk])).content.decode()
    assert 'id="connection-state"' not in said  # the line says it all
    client.force_login(alice)
    for page in pages:
        text = client.get(page).content.decode()
        assert "Dora Example paused pushing in this workspace" in text
        assert reverse("sync_resume") not in text
    client.force_login(dora)
    assert client.post(reverse("sync_resume")).status_code == 303
    assert "paused pushing in this workspace" not in sync(client)
    actions = list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))
    assert actions[-2:] == ["connection.paused", "connection.resumed"]


def test_an_open_page_learns_of_the_pause_and_of_its_end(
    client: Client, dora: User, alice: User, unpushed: Assistant
) -> None:
    """Every page asks for its counts once a minute; the red line comes and goes with them."""
    htmx = {"HX-Request": "true", "HX-Target": "nav-counts"}

    def open_page() -> str:
        return str(client.get(reverse("assistant_list")).context["shell"].counts_url)

    def asked(url: str) -> tuple[int, str]:
        response = client.get(url, headers=htmx)
        return response.status_code, response.content.decode()

    place = Workspace.objects.get(pk=unpushed.workspace_id)
    client.force_login(alice)
    url = open_page()
    assert asked(url) == (204, "")
    pausing.pause(place, actor=builders.acting(dora))
    status, text = asked(url)
    line = text.partition('<div id="paused" hx-swap-oob="innerHTML">')[2]
    assert status == 200
    assert "Dora Example paused pushing in this workspace" in line
    assert '<div id="connection-card" hx-swap-oob="innerHTML">' in text
    url = open_page()
    pausing.resume(Workspace.objects.get(pk=place.pk), actor=builders.acting(dora))
    status, text = asked(url)
    assert status == 200
    assert '<div id="paused" hx-swap-oob="innerHTML"></div>' in text


def test_pausing_twice_is_said_and_nothing_breaks(
    client: Client, dora: User, unpushed: Assistant
) -> None:
    client.force_login(dora)
    for _ in range(2):
        response = client.post(reverse("sync_pause"), follow=True)
    assert "Pushing is paused already." in response.content.decode()


def test_pausing_and_confirming_are_for_admins(
    client: Client, bob: User, unpushed: Assistant
) -> None:
    set_state("frozen", cause="empty")
    client.force_login(bob)
    for name in ("sync_pause", "sync_resume", "sync_confirm"):
        assert client.post(reverse(name)).status_code == 403
        assert client.get(reverse(name)).status_code == 405
    assert "Pause pushing" not in sync(client)
    assert "confirm-gone" not in sync(client)
    assert "Keep here only" not in sync(client)
    assert "An admin of this workspace can look at the connection." in sync(client)


@pytest.mark.parametrize("name", ["check", "pause", "resume", "retry", "confirm"])
def test_without_a_connection_there_is_nothing_to_do(client: Client, dora: User, name: str) -> None:
    client.force_login(dora)
    assert client.post(reverse(f"sync_{name}")).status_code == 404


def test_all_that_failed_is_tried_again_and_what_needs_a_look_is_not(
    client: Client, alice: User, bob: User, unpushed: Assistant
) -> None:
    place = Workspace.objects.get(pk=unpushed.workspace_id)
    others = [builders.make_assistant(place, author=alice, reviewer=bob) for _ in range(3)]
    orders = PushOrder.objects.order_by("pk")
    for order, reason in zip(orders, ("refused", "attempts", "unclear", "drift"), strict=True):
        PushOrder.objects.filter(pk=order.pk).update(state="stopped", reason=reason)
    client.force_login(alice)
    assert "Try all again" not in sync(client)
    assert client.post(reverse("sync_retry")).status_code == 403
    client.force_login(bob)
    assert "Try all again" in sync(client)
    response = client.post(reverse("sync_retry"), follow=True)
    assert "2 are tried again now." in response.content.decode()
    assert [order.state for order in orders.all()] == ["waiting", "waiting", "stopped", "stopped"]
    response = client.post(reverse("sync_retry"), follow=True)
    assert "There is nothing to try again." in response.content.decode()
    assert len(others) == 3


def test_an_admin_confirms_by_the_name_of_the_workspace(
    client: Client, dora: User, unpushed: Assistant, upstream: Upstream
) -> None:
    work()
    upstream.assistants.clear()
    client.force_login(dora)
    set_state("frozen", cause="empty", reason="The server answered with an empty list.")
    assert 'id="confirm-gone"' in sync(client)
    for typed, said in (("", "This field is required."), ("Nonsense", "Customer Care")):
        response = client.post(reverse("sync_confirm"), {"name": typed})
        assert response.status_code == 422
        assert said in response.content.decode().split('id="confirm-gone"')[1]
    assert client.post(reverse("sync_confirm"), {"name": "Customer Care"}).status_code == 303
    work()
    assert ConnectionHealth.objects.get().state == "open"
    assert "Deleted upstream" in sync(client)
    response = client.post(reverse("sync_confirm"), {"name": "Customer Care"}, follow=True)
    assert "There is nothing to confirm." in response.content.decode()


def test_where_the_whole_service_is_gone_there_is_nothing_to_confirm(
    client: Client, dora: User, unpushed: Assistant
) -> None:
    set_state("frozen", cause="gone")
    client.force_login(dora)
    text = sync(client)
    assert "confirm-gone" not in text
    assert "Keep here only" in text


def test_all_is_called_in_sync_only_once_upstream_was_checked_as_a_whole(
    client: Client, alice: User, unpushed: Assistant
) -> None:
    work()
    PushOrder.objects.update(changed_at=timezone.now() - timedelta(days=2))
    ConnectionHealth.objects.update(checked_at=None)
    client.force_login(alice)
    assert "Everything is in sync" not in sync(client)
    ConnectionHealth.objects.update(checked_at=timezone.now())
    assert "Everything is in sync" in sync(client)
