"""What a Connection may be asked, and what its answers say about it: budget, state, client.

ConnectionHealth is a row of its own, shared by all processes (reliability.md section 7).
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from assistants_app.actions import audit
from assistants_app.errors import Conflict
from assistants_app.models import AllowedOrigin, ConnectionHealth
from assistants_app.models.connections import profile_of
from assistants_app.sync import profiles
from assistants_app.sync.client import AssistantsClient
from assistants_app.sync.outcomes import Outcome
from assistants_app.sync.paging import PullFailed
from assistants_app.sync.times import Times

if TYPE_CHECKING:
    from assistants_app.models import Connection
    from assistants_app.secret import Secret
    from assistants_app.sync.client import Answer

BURST = 5  # calls that may go at once before the rate counts
State = ConnectionHealth.State


def is_allowed(origin: str) -> tuple[bool, bool]:
    """(allowed, its addresses may be private) for an origin of the knob or of the command."""
    row = AllowedOrigin.objects.filter(origin=origin).first()
    if row:
        return True, row.private
    named = {profiles.origin(url) for url in settings.UPSTREAM_ORIGINS}
    return origin in named, origin in named


def times() -> Times:
    """How long things may take, scaled for tests by SYNC_TIME_SCALE."""
    return Times().scaled(settings.SYNC_TIME_SCALE)


class PacedClient(AssistantsClient):
    """A client whose lists wait for a place in the Connection's budget, page by page.

    Raises PullFailed (`slow_down`) when there is none in time. The other operations are paced by
    whoever calls them, since a write must not wait between its announcement and its first byte.
    """

    row: Connection

    def list(self, *, limit: int = 100, order: str = "asc", after: str = "") -> Answer:
        if not take_call(self.row, patience=times().call):
            raise PullFailed(Outcome("surely_not", "slow_down", "Waiting for its turn."))
        answer = super().list(limit=limit, order=order, after=after)
        heard(self.row, answer.outcome)
        return answer


def client(connection: Connection) -> PacedClient:
    """A client for this server that refuses to speak while a transaction is open."""
    origin = profiles.origin(connection.base_url)
    is_open_origin, private = is_allowed(origin)
    if not is_open_origin:
        raise Conflict(
            "The address is not on the list of allowed addresses any more.", code="origin"
        )
    end = endpoint(connection, connection.key)
    paced = PacedClient(end, times=times(), may_send=_outside_transactions, private_ok=private)
    paced.row = connection
    return paced


def endpoint(connection: Connection, key: Secret) -> profiles.Endpoint:
    """The server as a client needs it, greeted with `key`."""
    return profiles.Endpoint(
        profile=connection.profile,
        base_url=connection.base_url,
        key=key,
        organization=connection.organization,
        project=connection.project,
        headers={header.name: header.value for header in connection.extra_headers},
        auth=connection.auth,
        api_version=connection.api_version,
        rules=profile_of(connection),
    )


def _outside_transactions() -> None:
    ours = [b for b in transaction.get_connection().atomic_blocks if not b._from_testcase]
    if ours:
        raise RuntimeError("A call to the upstream inside a transaction.")


@audit.bookkeeping
def take_call(connection: Connection, *, patience: float) -> bool:
    """Wait for a place in the Connection's budget, shared by all processes; False = none in time.

    One row, one UPDATE (reliability.md section 7): `rate` calls per second, a burst of five.
    `patience` in seconds.
    """
    deadline = time.monotonic() + patience
    step = timedelta(seconds=1 / connection.rate)
    ahead = step * BURST
    while True:
        due = Q(next_call_at=None) | Q(next_call_at__lte=Now() + Value(ahead))
        free = Q(retry_not_before=None) | Q(retry_not_before__lte=Now())
        rows = ConnectionHealth.objects.filter(due, free, connection=connection)
        if rows.filter(next_call_at=None).update(next_call_at=Now() + Value(step)):
            return True
        if rows.update(next_call_at=Greatest(F("next_call_at"), Now()) + Value(step)):
            return True
        if time.monotonic() + step.total_seconds() > deadline:
            return False
        time.sleep(min(step.total_seconds(), 0.2))


@audit.bookkeeping
def heard(connection: Connection, outcome: Outcome) -> None:
    """Keep what an answer says about the whole server: accepted, key, quota, slow down."""
    rows = ConnectionHealth.objects.filter(connection=connection).exclude(state=State.PAUSED)
    now = timezone.now()
    if outcome.reason in ("key", "quota"):
        state = State.KEY if outcome.reason == "key" else State.QUOTA
        rows.exclude(state=state).update(state=state, since=now)
        rows.update(reason=outcome.message[:500])
    elif outcome.reason == "slow_down":
        wait = timedelta(seconds=outcome.retry_after or 1.0)
        rows.update(retry_not_before=now + wait)
    elif outcome.kind == "done":
        # Its retry_not_before stays: another process may have been asked to wait meanwhile.
        rows.update(state=State.OPEN, reason="", failures=0, last_ok_at=now)


@audit.bookkeeping
def listed(connection: Connection) -> None:
    """The server answered with its whole list just now."""
    ConnectionHealth.objects.filter(connection=connection).update(last_ok_at=timezone.now())
