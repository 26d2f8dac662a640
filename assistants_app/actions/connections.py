"""Connections: where a workspace pushes to, which addresses are allowed, how often it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from assistants_app import doorbell, policies
from assistants_app.actions import audit, connection_links, health, texts
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import AllowedOrigin, Connection, ConnectionHealth, Job
from assistants_app.models.connections import Header, sealed_headers
from assistants_app.secret import Secret
from assistants_app.sync import profiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.models import Workspace
    from assistants_app.policies import Actor

Moved: TypeAlias = Literal["", "same", "other"]
State, Profile, Auth = ConnectionHealth.State, Connection.Profile, Connection.Auth
HEADERS_MAX: Final = 10
RATE: Final = (0.1, 50.0)  # calls per second
CHECKS: Final = (600, 3600, 86_400, 0)  # seconds between two checks; 0 = never
AZURE_PATH: Final = "/openai"  # where that service keeps its API, if an address names no path
PAUSE_CAUSE: Final = "moved"
_WHERE: Final = ("profile", "base_url", "organization", "project")
_COLUMNS: Final = (*_WHERE, "auth", "api_version", "rate", "check_every")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A connection as it shall be.

    `key`: "" keeps the present one, unless `drop_key`. `headers`: name → new value; "" keeps the
    present value, None removes the header, and what is not named stays. `rate`: calls per second.
    `check_every`: seconds between two checks, one of CHECKS. None keeps what there is.
    """

    base_url: str
    key: str = ""
    drop_key: bool = False
    profile: str = Profile.OPENAI_COMPATIBLE.value
    organization: str = ""
    project: str = ""
    auth: str = Auth.BEARER.value
    api_version: str = ""
    headers: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    rate: float | None = None
    check_every: int | None = None


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
    workspace: Workspace, *, actor: Actor, moved: Moved = "", **wanted: Any
) -> Connection:
    """Point the workspace at a server; `wanted` are the fields of `Wanted`.

    `moved` says what another address (or kind, organisation, project) means while assistants are
    linked: "same", the same service, which is paused so that somebody looks before anything is
    written; or "other", another service, for which the links are set aside. Raises Invalid on the
    field that is wrong, for an extra header on `headers` or `headers.<name>`; Conflict `linked`
    where `moved` has to say it, `busy` while a push may still be on its way.
    """
    policies.require(actor, "settings.write", workspace, on=workspace)
    # Read anew: a refused one must not stay in memory as it was asked for.
    row = Connection.objects.select_related("workspace").filter(workspace=workspace).first()
    if row is None:
        row = Connection(workspace_id=workspace.pk)
        row.key = row.headers = Secret("")
    was = {name: getattr(row, name) for name in _COLUMNS} if row.pk else {}
    asked, origin_was = Wanted(**wanted), profiles.origin(row.base_url) if row.pk else ""
    key_was, print_was = row.key_hint, row.print if row.pk else ""
    _take(row, asked)
    moved = _meant(row, was, moved)
    secrets = _secrets(row, asked, is_elsewhere=_is_elsewhere(row, origin_was))
    profiles.check_endpoint(health.endpoint(row, Secret(asked.key)))
    row.save(update_fields=[*_COLUMNS, *secrets] if row.pk else None)
    workspace.connection = row
    _settle(row, moved, is_new=not was or _where(row) != {name: was[name] for name in _WHERE})
    links = connection_links.set_aside(row, was=print_was) if moved == "other" else {}
    changed = sorted(name for name in _COLUMNS if was.get(name) != getattr(row, name))
    told = {
        "origin": profiles.origin(row.base_url),
        "profile": row.profile,
        "key_changed": bool(asked.key) or (asked.drop_key and bool(key_was)),
        "print": row.print,
        "fields": [*(changed if was else []), *(["headers"] if "headers" in secrets else [])],
    }
    if moved:
        told |= {"moved": moved, "set_aside": len(links), **connection_links.told(links)}
    audit.record("connection.set", actor=actor, workspace=workspace, on=row, data=told)
    return row


def _take(row: Connection, asked: Wanted) -> None:
    """Everything but the secrets, checked and put on the row."""
    if asked.profile not in Profile.values:
        raise Invalid("profile", "Must be one of: " + ", ".join(Profile.values) + ".")
    is_azure = asked.profile == Profile.AZURE_OPENAI
    url, pasted = profiles.without_version(asked.base_url) if is_azure else (asked.base_url, "")
    row.profile, row.base_url = asked.profile, _allowed_address(url, asked.profile)
    row.organization, row.project = asked.organization, asked.project
    row.auth, row.api_version = Auth.BEARER.value, ""
    if is_azure:
        if asked.auth not in Auth.values:
            raise Invalid("auth", "Must be one of: " + ", ".join(Auth.values) + ".")
        row.auth, row.api_version = asked.auth, asked.api_version or pasted
        profiles.check_version(row.api_version)
    if asked.rate is not None:
        if not RATE[0] <= asked.rate <= RATE[1]:
            raise Invalid("rate", f"Must be between {RATE[0]:g} and {RATE[1]:g}.")
        row.rate = asked.rate
    if asked.check_every is not None:
        if asked.check_every not in CHECKS:
            raise Invalid("check_every", "Must be one of the intervals offered.")
        row.check_every = asked.check_every
    texts.fit(Connection, base_url=row.base_url, organization=row.organization, project=row.project)


def _allowed_address(base_url: str, profile: str) -> str:
    address = profiles.normal_base(base_url)
    origin = profiles.origin(address)
    if profile == Profile.AZURE_OPENAI and profiles.is_bare(address):
        address += AZURE_PATH
    if not health.is_allowed(origin)[0]:
        way = f"An operator puts it there with: python manage.py allow_origin {origin}"
        raise Invalid("base_url", f"Not on the list of allowed addresses. {way}")
    return address


def _where(row: Connection) -> dict[str, str]:
    return {name: getattr(row, name) for name in _WHERE}


def _is_elsewhere(row: Connection, origin_was: str) -> bool:
    return bool(origin_was) and origin_was != profiles.origin(row.base_url)


def _meant(row: Connection, was: dict[str, Any], moved: Moved) -> Moved:
    """What a move means; "" where nothing moves, or nothing hangs on where it was."""
    is_move = bool(was) and _where(row) != {name: was[name] for name in _WHERE}
    if not is_move or not connection_links.holds(row):
        return ""
    if moved not in ("same", "other"):
        raise Conflict(
            "Assistants here are linked to the present server: say whether this is the same "
            "service or another one.",
            code="linked",
        )
    return moved


def _secrets(row: Connection, asked: Wanted, *, is_elsewhere: bool) -> list[str]:
    """Put new secrets on the row; the columns that hold them. The others are left alone: they may
    be such as cannot be opened just now. A secret goes to the server it was given for only.
    """
    columns = []
    if asked.key:
        profiles.check_key(asked.key)
        row.key, row.key_hint, row.key_set_at = Secret(asked.key), asked.key[-4:], timezone.now()
        columns += ["key", "key_hint", "key_set_at"]
    elif asked.drop_key:
        row.key, row.key_hint, row.key_set_at = Secret(""), "", None
        columns += ["key", "key_hint", "key_set_at"]
    elif row.key and is_elsewhere:
        raise Invalid("key", "Enter the key of this server: the present one is another server's.")
    kept = {header.name.lower(): header for header in row.extra_headers}
    wanted = _headers(dict(kept), asked)
    for name, header in wanted.items():
        if is_elsewhere and kept.get(name) is header:
            raise Invalid(f"headers.{header.name}", "Enter its value for this server.")
    if wanted != kept:
        row.headers = sealed_headers(wanted.values())
        columns.append("headers")
    return columns


def _headers(kept: dict[str, Header], asked: Wanted) -> dict[str, Header]:
    """The extra headers as they shall be, by their names in small letters."""
    for name, value in asked.headers.items():
        small = name.lower()
        if value is None:
            kept.pop(small, None)
        elif value:
            _check_header(name, value, asked)
            kept[small] = Header(name, Secret(value), timezone.now())
        elif small not in kept:
            raise Invalid(f"headers.{name}", "Enter its value.")
    if len(kept) > HEADERS_MAX:
        raise Invalid("headers", f"At most {HEADERS_MAX} extra headers.")
    return kept


def _check_header(name: str, value: str, asked: Wanted) -> None:
    try:
        profiles.check_header(name, value)
    except Invalid as fault:
        raise Invalid(f"headers.{name}", str(fault)) from None
    if asked.profile == Profile.AZURE_OPENAI and name.lower() == "api-key":
        raise Invalid(f"headers.{name}", "This header carries the key: enter it there.")


def _settle(row: Connection, moved: Moved, *, is_new: bool) -> None:
    """A new place is open and has taught us nothing; what an admin paused stays so."""
    rows = ConnectionHealth.objects.filter(connection=row)
    now = timezone.now()
    opened = {
        "state": State.OPEN,
        "reason": "",
        "cause": "",
        "since": now,
        "retry_not_before": None,
        "failures": 0,
        "open_until": None,
    }
    row.health, _ = ConnectionHealth.objects.get_or_create(connection=row)
    if is_new:
        # What was paused because of an earlier move is answered by this one.
        rows.filter(Q(state=State.FROZEN) | Q(cause=PAUSE_CAUSE)).update(state=State.OPEN)
        rows.update(learned=None, last_ok_at=None, checked_at=None, cause="")
    rows.exclude(state__in=(State.PAUSED, State.FROZEN)).update(**opened)
    if moved == "same":
        rows.update(state=State.PAUSED, cause=PAUSE_CAUSE, since=now)
    row.health.refresh_from_db()


@transaction.atomic
def remove_connection(workspace: Workspace, *, actor: Actor, name: str) -> None:
    """Keep the workspace's assistants here only; `name` is the workspace's, typed as consent.

    Their upstream ids still answer at `/v1`. Raises Invalid on `name`; Conflict `busy` while a
    push may still be on its way, `no_connection`.
    """
    policies.require(actor, "settings.write", workspace, on=workspace)
    row = workspace.upstream
    if row is None:
        raise Conflict("There is no connection any more.", code="no_connection")
    if name.strip() != workspace.name:
        raise Invalid("name", f"Type the workspace's name: {workspace.name}")
    links = connection_links.set_aside(row, was=row.print, keep_orders=False)
    told = {
        "origin": profiles.origin(row.base_url),
        "set_aside": len(links),
        **connection_links.told(links),
    }
    named = ("connection", str(row.pk))
    row.delete()
    workspace.refresh_from_db()  # which forgets it
    audit.record("connection.removed", actor=actor, workspace=workspace, on=named, data=told)


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
