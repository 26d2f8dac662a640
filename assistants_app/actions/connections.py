"""Connections: where a workspace pushes to, which addresses are allowed, the budget of calls."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import audit, texts
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import AllowedOrigin, Connection, ConnectionHealth, Job
from assistants_app.secret import Secret
from assistants_app.sync import profiles
from assistants_app.sync.client import AssistantsClient
from assistants_app.sync.outcomes import Outcome
from assistants_app.sync.paging import PullFailed
from assistants_app.sync.times import Times

if TYPE_CHECKING:
    from assistants_app.models import Workspace
    from assistants_app.policies import Actor
    from assistants_app.sync.client import Answer

BURST = 5  # calls that may go at once before the rate counts
State = ConnectionHealth.State


@transaction.atomic
def allow_origin(url: str, *, actor: Actor, private: bool = False) -> AllowedOrigin:
    """Let Connections point at this origin; `private` admits private and loopback addresses."""
    origin = profiles.origin(profiles.normal_base(url))
    row, _ = AllowedOrigin.objects.update_or_create(origin=origin, defaults={"private": private})
    data = {"origin": origin, "private": private}
    audit.record("origin.allowed", actor=actor, on=row, data=data)
    return row


def is_allowed(origin: str) -> tuple[bool, bool]:
    """(allowed, its addresses may be private) for an origin of the knob or of the command."""
    row = AllowedOrigin.objects.filter(origin=origin).first()
    if row:
        return True, row.private
    named = {profiles.origin(url) for url in settings.UPSTREAM_ORIGINS}
    return origin in named, origin in named


@transaction.atomic
def set_connection(
    workspace: Workspace,
    *,
    actor: Actor,
    base_url: str,
    key: str = "",
    profile: str = Connection.Profile.OPENAI_COMPATIBLE,
    organization: str = "",
    project: str = "",
) -> Connection:
    """Point the workspace at a server. An empty `key` keeps the one there is.

    Raises Invalid on base_url (malformed, or not on the list of allowed addresses), key, profile,
    organization, project; Conflict (`linked`) when the address of a server that holds linked
    assistants, or may hold one, would change.
    """
    policies.require(actor, "settings.write", workspace, on=workspace)
    address = _allowed_address(base_url)
    if profile not in Connection.Profile.values:
        raise Invalid("profile", "Must be one of: " + ", ".join(Connection.Profile.values) + ".")
    row = workspace.upstream or Connection(workspace=workspace)
    _refuse_moving(row, address)
    _refuse_old_key(row, address, key)
    row.profile, row.base_url, row.organization, row.project = (
        profile,
        address,
        organization,
        project,
    )
    _check(row, key)
    _save(row, key)
    workspace.connection = row
    _open(row)
    audit.record("connection.set", actor=actor, workspace=workspace, on=row, data=_told(row, key))
    return row


def _check(row: Connection, key: str) -> None:
    """Everything that goes into a header or a column can."""
    if key:
        profiles.check_key(key)
    texts.fit(Connection, base_url=row.base_url, organization=row.organization, project=row.project)
    profiles.check_endpoint(_endpoint(row, Secret(key)))


def _refuse_old_key(row: Connection, address: str, key: str) -> None:
    """A key goes to the server it was given for, and to no other one."""
    if row.key and not key and profiles.origin(row.base_url) != profiles.origin(address):
        raise Invalid("key", "Enter the key of this server: the present one is another server's.")


def _save(row: Connection, key: str) -> None:
    """Without a new key its column is left alone: it may be one that cannot be opened just now."""
    columns = ["profile", "base_url", "organization", "project"]
    if key:
        row.key, row.key_hint, row.key_set_at = Secret(key), key[-4:], timezone.now()
        columns += ["key", "key_hint", "key_set_at"]
    row.save(update_fields=columns if row.pk else None)


def _allowed_address(base_url: str) -> str:
    address = profiles.normal_base(base_url)
    if not is_allowed(profiles.origin(address))[0]:
        raise Invalid("base_url", "Not on the list of allowed addresses.")
    return address


def _refuse_moving(row: Connection, address: str) -> None:
    if not row.pk or row.base_url == address:
        return
    doubtful = ("sending", "unknown")  # a create that may have arrived there
    linked = row.workspace.assistants.exclude(upstream_id=None).exists()
    if linked or row.push_orders.filter(state__in=doubtful).exists():
        raise Conflict(
            "Assistants here are linked to the server at the present address, so it stays. "
            "Make another workspace for another server.",
            code="linked",
        )


def _open(row: Connection) -> None:
    ConnectionHealth.objects.update_or_create(
        connection=row,
        defaults={"state": State.OPEN, "reason": "", "retry_not_before": None, "failures": 0},
    )


def _told(row: Connection, key: str) -> dict[str, str | bool]:
    origin = profiles.origin(row.base_url)
    return {"origin": origin, "profile": row.profile, "key_changed": bool(key), "print": row.print}


@transaction.atomic
def ask_test(workspace: Workspace, *, actor: Actor) -> Job:
    """Have the runner try the connection; the answer stands on the Job."""
    policies.require(actor, "settings.write", workspace, on=workspace)
    if workspace.upstream is None:
        raise Conflict("There is no connection to test.", code="no_connection")
    job = Job.objects.create(
        workspace=workspace, kind=Job.Kind.TEST, asked_by=actor.user, source=actor.source
    )
    audit.record("connection.tested", actor=actor, workspace=workspace, on=job)
    doorbell.ring("job", job.pk)
    return job


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
    endpoint = _endpoint(connection, connection.key)
    paced = PacedClient(endpoint, times=times(), may_send=_outside_transactions, private_ok=private)
    paced.row = connection
    return paced


def _endpoint(connection: Connection, key: Secret) -> profiles.Endpoint:
    return profiles.Endpoint(
        profile=connection.profile,
        base_url=connection.base_url,
        key=key,
        organization=connection.organization,
        project=connection.project,
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
