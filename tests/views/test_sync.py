"""The sync page: what is on its way, what failed and why, what to do."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app.models import (
    Assistant,
    AuditEntry,
    Connection,
    ConnectionHealth,
    Job,
    PushOrder,
    UpstreamCopy,
    Workspace,
)
from assistants_app.runner import Runner
from assistants_app.sync.outcomes import WAIT_CUT
from tests import builders

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(workspace: Workspace, upstream: Upstream, alice: User, bob: User) -> Assistant:
    place = Workspace.objects.get(pk=workspace.pk)
    return builders.make_assistant(place, author=alice, reviewer=bob)


def work() -> None:
    runner = Runner(hands=0)
    while runner.tick():
        pass


def sync(client: Client) -> str:
    """The page's own content; the shell around it asks for its counts by itself."""
    return client.get(reverse("sync")).content.decode().split("<main", 1)[1]


def set_state(state: str, **fields: Any) -> None:
    earlier = timezone.now() - timedelta(minutes=23)
    later = timezone.now() + timedelta(minutes=5)
    ConnectionHealth.objects.update(state=state, since=earlier, open_until=later, **fields)


def test_without_a_connection_it_says_so(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "Not connected" in sync(client)


def test_a_push_goes_from_waiting_to_in_sync(client: Client, alice: User, live: Assistant) -> None:
    client.force_login(alice)
    assert "Waiting to push" in sync(client)
    assert 'hx-trigger="every 3s"' in sync(client)
    work()
    text = sync(client)
    assert "In sync" in text
    assert "hx-trigger" not in text  # nothing moves, nothing polls
    live.refresh_from_db()
    assert live.upstream_id


def test_the_live_part_alone_answers_its_target(
    client: Client, alice: User, live: Assistant
) -> None:
    client.force_login(alice)
    headers = {"HX-Request": "true", "HX-Target": "sync-live"}
    part = client.get(reverse("sync"), headers=headers).content.decode()
    assert "<html" not in part
    assert "Waiting to push" in part


def test_a_poll_is_empty_while_nothing_changes(
    client: Client, alice: User, live: Assistant
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


def test_without_scripts_there_is_a_refresh(client: Client, alice: User, live: Assistant) -> None:
    client.force_login(alice)
    assert "<noscript>" in sync(client).split('id="sync-live"')[1]


def test_a_refusal_is_told_with_its_field_and_can_be_tried_again(
    client: Client, bob: User, live: Assistant, upstream: Upstream
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
    assert reverse("change_open", args=[live.pk]) in text
    response = client.post(reverse("push_retry", args=[live.pk]))
    assert response.status_code == 303
    work()
    assert "In sync" in sync(client)


def test_trying_again_is_for_publishers(client: Client, alice: User, live: Assistant) -> None:
    client.force_login(alice)
    assert client.post(reverse("push_retry", args=[live.pk])).status_code == 403
    assert client.post(reverse("sync_check")).status_code == 403
    assert client.get(reverse("push_retry", args=[live.pk])).status_code == 405


def test_a_stranger_does_not_find_it(client: Client, carol: User, live: Assistant) -> None:
    client.force_login(carol)
    assert client.post(reverse("push_retry", args=[live.pk])).status_code == 404
    assert client.get(reverse("upstream", args=[live.pk])).status_code == 404


def test_a_foreign_edit_is_shown_and_ours_can_be_pushed_over_it(
    client: Client, bob: User, live: Assistant, upstream: Upstream
) -> None:
    work()
    live.refresh_from_db()
    assert live.upstream_id
    upstream.assistants[live.upstream_id]["name"] = "Hijacked"
    client.force_login(bob)
    client.post(reverse("sync_check"))
    work()
    assert "Changed upstream" in sync(client)
    url = reverse("upstream", args=[live.pk])
    text = client.get(url).content.decode()
    assert "Hijacked" in text
    assert client.post(url, {"do": "overwrite", "digest": "0" * 64}).status_code == 409
    theirs = UpstreamCopy.objects.get(assistant=live, kind=UpstreamCopy.Kind.THEIRS)
    assert client.post(url, {"do": "overwrite", "digest": theirs.digest}).status_code == 303
    work()
    assert upstream.assistants[live.upstream_id]["name"] == live.name
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


def test_a_run_can_be_looked_at(client: Client, bob: User, live: Assistant) -> None:
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
    client: Client, alice: User, bob: User, live: Assistant
) -> None:
    work()
    live.refresh_from_db()
    for text in ("Greet.", "Greet warmly."):
        builders.make_assistant(live, author=alice, reviewer=bob, instructions=text)
    client.force_login(alice)
    assert "v2 → v3" in sync(client)


# --- how the connection stands --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "cause", "said"),
    [
        ("key", "", "The key is not accepted any more."),
        ("quota", "", "The quota of this key is used up."),
        ("unreachable", "", "The server cannot be reached."),
        ("frozen", "gone", "This server no longer offers assistants."),
        ("frozen", "empty", "This looks like a wrong key"),
    ],
)
def test_each_state_says_what_it_is_since_when_and_what_to_do(
    client: Client, dora: User, live: Assistant, state: str, cause: str, said: str
) -> None:
    set_state(state, cause=cause, reason="In its own words.")
    client.force_login(dora)
    text = sync(client)
    assert said in text
    assert "In its own words." in text
    since = timezone.localtime(timezone.now() - timedelta(minutes=23))
    assert f"Since {since:%H:%M}." in text
    assert ("We look again at" in text) is (state != "key")
    assert reverse("workspace_connection", args=[live.workspace.slug]) in text
    assert "Waiting until the connection is open again." in text
    assert "Cannot check" in text
    assert "Push now" not in text


def test_a_connection_that_looks_again_by_itself_is_looked_at_less_often(
    client: Client, alice: User, live: Assistant
) -> None:
    client.force_login(alice)
    set_state("unreachable")
    assert 'hx-trigger="every 15s"' in sync(client)
    set_state("key")
    assert "hx-trigger" not in sync(client)


def test_a_wish_to_slow_down_says_until_when(client: Client, alice: User, live: Assistant) -> None:
    until = timezone.now() + timedelta(minutes=20)
    ConnectionHealth.objects.update(retry_not_before=until, reason=f"Slow down.{WAIT_CUT}")
    client.force_login(alice)
    text = sync(client)
    assert f"we go on at {timezone.localtime(until):%H:%M}" in text
    assert "It asked for more than an hour; we wait one hour." in text


def test_what_was_not_checked_for_long_says_for_how_long(
    client: Client, alice: User, live: Assistant, settings: SettingsWrapper
) -> None:
    settings.SYNC_TIME_SCALE = 1.0
    work()
    client.force_login(alice)
    assert "In sync" in sync(client)
    long_ago = timezone.now() - timedelta(minutes=40)
    ConnectionHealth.objects.update(checked_at=long_ago)
    PushOrder.objects.update(changed_at=long_ago)
    text = sync(client)
    assert "Not checked for 40 min" in text
    assert "In sync" not in text
    assert "Cannot check" in text


def test_the_card_at_the_side_tells_state_and_last_check(
    client: Client, alice: User, live: Assistant
) -> None:
    work()
    ConnectionHealth.objects.update(
        last_ok_at=timezone.now() - timedelta(seconds=40),
        checked_at=timezone.now() - timedelta(seconds=10),
    )
    Connection.objects.update(check_every=3600)
    client.force_login(alice)
    text = client.get(reverse("assistant_list")).content.decode()
    assert re.search(r"OK, 4\d seconds ago", text)
    assert re.search(r"Checked 1\d seconds ago", text)
    assert Connection.objects.get().host in text


def test_what_arrived_says_when_it_was_read_back(
    client: Client, alice: User, live: Assistant
) -> None:
    work()
    read = UpstreamCopy.objects.get(kind=UpstreamCopy.Kind.BASE).seen_at
    said = f"Live, checked {timezone.localtime(read):%H:%M:%S}"
    client.force_login(alice)
    page = reverse("assistant", args=[live.pk])
    assert said in sync(client)
    assert said in client.get(page).content.decode()
    order = PushOrder.objects.get()
    assert order.sent_at is not None
    assert read >= order.sent_at
    # Written since: what was read before says nothing.
    PushOrder.objects.update(sent_at=read + timedelta(seconds=1))
    assert "Live, checked" not in sync(client)
    assert "Live, checked" not in client.get(page).content.decode()


def test_a_drift_names_the_fields_that_changed_there(
    client: Client, bob: User, live: Assistant, upstream: Upstream
) -> None:
    work()
    live.refresh_from_db()
    upstream.assistants[live.upstream_id or ""].update(name="Hijacked", temperature=1.5)
    client.force_login(bob)
    client.post(reverse("sync_check"))
    work()
    assert "Changed there: Name, Creativity." in sync(client)


# --- pause, resume, try all again, confirm --------------------------------------------------------


def test_pausing_puts_a_line_on_every_page_with_who_and_a_way_back(
    client: Client, dora: User, alice: User, live: Assistant
) -> None:
    client.force_login(dora)
    assert client.post(reverse("sync_pause")).status_code == 303
    pages = [reverse("sync"), reverse("assistant_list"), reverse("assistant", args=[live.pk])]
    for page in pages:
        text = client.get(page).content.decode()
        assert "Dora Example paused pushing in this workspace" in text
        assert reverse("sync_resume") in text
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


def test_pausing_twice_is_said_and_nothing_breaks(
    client: Client, dora: User, live: Assistant
) -> None:
    client.force_login(dora)
    for _ in range(2):
        response = client.post(reverse("sync_pause"), follow=True)
    assert "Pushing is paused already." in response.content.decode()


def test_pausing_and_confirming_are_for_admins(client: Client, bob: User, live: Assistant) -> None:
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
    client: Client, alice: User, bob: User, live: Assistant
) -> None:
    place = Workspace.objects.get(pk=live.workspace_id)
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
    client: Client, dora: User, live: Assistant, upstream: Upstream
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
    client: Client, dora: User, live: Assistant
) -> None:
    set_state("frozen", cause="gone")
    client.force_login(dora)
    text = sync(client)
    assert "confirm-gone" not in text
    assert "Keep here only" in text


def test_all_is_called_in_sync_only_once_upstream_was_checked_as_a_whole(
    client: Client, alice: User, live: Assistant
) -> None:
    work()
    PushOrder.objects.update(changed_at=timezone.now() - timedelta(days=2))
    ConnectionHealth.objects.update(checked_at=None)
    client.force_login(alice)
    assert "Everything is in sync" not in sync(client)
    ConnectionHealth.objects.update(checked_at=timezone.now())
    assert "Everything is in sync" in sync(client)
