"""Connections: where a workspace pushes to, which addresses are allowed, the budget of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import audit, health, texts
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import AllowedOrigin, Connection, ConnectionHealth, Job
from assistants_app.secret import Secret
from assistants_app.sync import profiles

if TYPE_CHECKING:
    from assistants_app.models import Workspace
    from assistants_app.policies import Actor

State = ConnectionHealth.State


@transaction.atomic
def allow_origin(url: str, *, actor: Actor, private: bool = False) -> AllowedOrigin:
    """Let Connections point at this origin; `private` admits private and loopback addresses."""
    origin = profiles.origin(profiles.normal_base(url))
    row, _ = AllowedOrigin.objects.update_or_create(origin=origin, defaults={"private": private})
    data = {"origin": origin, "private": private}
    audit.record("origin.allowed", actor=actor, on=row, data=data)
    return row


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
    profiles.check_endpoint(health.endpoint(row, Secret(key)))


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
    if not health.is_allowed(profiles.origin(address))[0]:
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
