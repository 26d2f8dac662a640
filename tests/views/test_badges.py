"""The two badges: one state, one word (ux.md 2.2 and 2.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.utils import timezone

from assistants_app.models import (
    Assistant,
    Change,
    Connection,
    ConnectionHealth,
    PushOrder,
    Workspace,
)
from assistants_app.views.badges import Badge, upstream_badge, work_badge

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = timezone.now()
HERE = Connection(check_every=600, created_at=NOW)
OPEN = ConnectionHealth(state="open", connection=HERE, checked_at=NOW)
KEY = ConnectionHealth(state="key", connection=HERE, checked_at=NOW)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    """However long ago this file was read."""
    with time_machine.travel(NOW, tick=False):
        yield


def assistant(live: int | None = 7) -> Assistant:
    return Assistant(pk=1, live_version_id=live, workspace=Workspace(slug="care"))


def order(
    state: str, reason: str = "", *, pushed: int | None = 7, notes: object = None
) -> PushOrder:
    return PushOrder(
        state=state, reason=reason, desired_version_id=7, pushed_version_id=pushed, notes=notes
    )


@pytest.mark.parametrize(
    ("state", "label", "tone", "url"),
    [
        ("draft", "Draft", "", "/changes/5/"),
        ("in_review", "In review", "violet", "/changes/5/review/"),
        ("changes_requested", "Changes requested", "warn", "/changes/5/"),
        ("approved", "Approved", "ok", "/changes/5/review/"),
        ("withdrawn", "Withdrawn", "", "/changes/5/"),
        ("live", "Live", "ok", "/changes/5/"),
    ],
)
def test_the_work_badge(state: str, label: str, tone: str, url: str) -> None:
    badge = work_badge(Change(pk=5, state=state))
    assert (badge.label, badge.tone, badge.url) == (label, tone, url)


def test_no_open_change_is_quiet() -> None:
    assert work_badge(None) == Badge("No open change", quiet=True)


@pytest.mark.parametrize(
    ("found", "label"),
    [
        (order("idle"), "In sync"),
        (order("idle", notes=["reasoning_effort"]), "Not all kept"),
        (order("idle", pushed=6), "Waiting to push"),
        (order("waiting", pushed=None), "Waiting to push"),
        (order("sending"), "Pushing…"),
        (order("unknown"), "Not sure it arrived"),
        (order("stopped", "unclear"), "Not sure it arrived"),
        (order("stopped", "drift"), "Changed upstream"),
        (order("stopped", "deleted"), "Deleted upstream"),
        (order("stopped", "refused"), "Push failed"),
        (order("stopped", "approval"), "Push failed"),
        (order("stopped", "duplicate"), "There more than once"),
        (order("stopped", "attempts"), "Push failed"),
        (None, "Not pushed yet"),
    ],
)
def test_the_upstream_badge(found: PushOrder | None, label: str) -> None:
    assert upstream_badge(assistant(), found, OPEN).label == label


def test_only_a_version_that_was_read_back_is_in_sync() -> None:
    """Every state but idle, and idle with another version, is told apart from it."""
    labels = {
        upstream_badge(assistant(), order(state, pushed=pushed), OPEN).label
        for state in ("waiting", "sending", "unknown")
        for pushed in (None, 6, 7)
    }
    assert "In sync" not in labels
    assert upstream_badge(assistant(8), order("idle"), OPEN).label == "Waiting to push"


def test_without_a_connection_it_is_kept_here() -> None:
    assert upstream_badge(assistant(), None, None).label == "Kept here only"


def test_before_the_first_version_there_is_nothing_to_push() -> None:
    badge = upstream_badge(assistant(None), None, OPEN)
    assert (badge.label, badge.url) == ("Not pushed yet", "")


def test_what_cannot_be_known_is_not_claimed() -> None:
    for state in ("idle", "waiting", "sending"):
        assert upstream_badge(assistant(), order(state), KEY).label == "Cannot check"
    assert upstream_badge(assistant(), order("stopped", "drift"), KEY).label == "Changed upstream"


@pytest.mark.parametrize(
    ("checked", "changed", "every", "label"),
    [
        (40, 40, 600, "Cannot check"),
        (20, 40, 600, "In sync"),
        (40, 5, 600, "In sync"),  # pushed and read back by itself meanwhile
        (40, 40, 0, "In sync"),  # nobody wants it checked: nothing is late
        (40, 40, 3600, "In sync"),
    ],
)
def test_what_was_not_compared_for_three_intervals_is_not_known(
    checked: int, changed: int, every: int, label: str
) -> None:
    here = Connection(check_every=every, created_at=NOW - timedelta(days=1))
    health = ConnectionHealth(
        state="open", connection=here, checked_at=NOW - timedelta(minutes=checked)
    )
    found = order("idle")
    found.changed_at = NOW - timedelta(minutes=changed)
    assert upstream_badge(assistant(), found, health).label == label
