"""How the connection stands, as the sync page says it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from assistants_app.models import (
    Assistant,
    Connection,
    ConnectionHealth,
    PushOrder,
    UpstreamCopy,
)
from assistants_app.sync.outcomes import WAIT_CUT
from assistants_app.views.connection_words import clock
from tests.views.synced import set_state, sync, work

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User
    from tests.upstream import Upstream


pytestmark = pytest.mark.django_db
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
    client: Client, dora: User, unpushed: Assistant, state: str, cause: str, said: str
) -> None:
    set_state(state, cause=cause, reason="In its own words.")
    client.force_login(dora)
    text = sync(client)
    assert said in text
    assert "In its own words." in text
    assert f"Since {clock(timezone.now() - timedelta(minutes=23))}." in text
    assert ("We look again at" in text) is (state != "key")
    assert reverse("workspace_connection", args=[unpushed.workspace.slug]) in text
    assert "Waiting until the connection is open again." in text
    assert "Cannot check" in text
    assert "Push now" not in text
    assert ("Export from the list" in text) is (cause == "gone")


def test_a_connection_that_looks_again_by_itself_is_looked_at_less_often(
    client: Client, alice: User, unpushed: Assistant
) -> None:
    client.force_login(alice)
    set_state("unreachable")
    assert 'hx-trigger="every 15s"' in sync(client)
    set_state("key")
    assert "hx-trigger" not in sync(client)


def test_a_time_of_another_day_comes_with_its_date() -> None:
    late = datetime(2026, 11, 21, 23, 50, 7, tzinfo=UTC)
    with time_machine.travel(late):
        assert clock(late) == "23:50"
        assert clock(late, seconds=True) == "23:50:07"
        assert clock(late + timedelta(minutes=20)) == "22 Nov 00:10"


def test_a_wish_to_slow_down_says_until_when(
    client: Client, alice: User, unpushed: Assistant
) -> None:
    until = timezone.now() + timedelta(minutes=20)
    ConnectionHealth.objects.update(retry_not_before=until, reason=f"Slow down.{WAIT_CUT}")
    client.force_login(alice)
    text = sync(client)
    assert f"we go on at {clock(until)}" in text
    assert "It asked for more than an hour; we wait one hour." in text


def test_what_was_not_checked_for_long_says_for_how_long(
    client: Client, alice: User, unpushed: Assistant, settings: SettingsWrapper
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
    client: Client, alice: User, unpushed: Assistant
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
    client: Client, alice: User, unpushed: Assistant
) -> None:
    work()
    read = UpstreamCopy.objects.get(kind=UpstreamCopy.Kind.BASE).seen_at
    said = f"Live, checked {clock(read, seconds=True)}"
    client.force_login(alice)
    page = reverse("assistant", args=[unpushed.pk])
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
    client: Client, bob: User, unpushed: Assistant, upstream: Upstream
) -> None:
    work()
    unpushed.refresh_from_db()
    upstream.assistants[unpushed.upstream_id or ""].update(name="Hijacked", temperature=1.5)
    client.force_login(bob)
    client.post(reverse("sync_check"))
    work()
    assert "Changed there: Name, Creativity." in sync(client)
