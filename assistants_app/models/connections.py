"""A workspace's upstream server, its health, and the addresses that may be one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import models

from assistants_app import contract
from assistants_app.models.content import OrderedJSONField, SealedField
from assistants_app.models.workspaces import Workspace
from assistants_app.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

HINT_FROM = 12  # of a shorter secret four characters would be too much of it


class AllowedOrigin(models.Model):
    """An origin (`scheme://host:port`) that Connections may point at; added by a command only.

    `private` says that its addresses may be private or loopback ones.
    """

    origin = models.CharField(max_length=300, unique=True)
    private = models.BooleanField(default=False)
    added_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.origin


@dataclass(frozen=True, slots=True)
class Header:
    """An extra header: its value goes out with every call and is never shown again."""

    name: str
    value: Secret
    set_at: datetime

    @property
    def hint(self) -> str:
        """The last four characters, to tell values apart."""
        text = self.value.reveal()
        return text[-4:] if len(text) >= HINT_FROM else ""


def sealed_headers(headers: Iterable[Header]) -> Secret:
    """What the column `Connection.headers` holds for these."""
    rows = [
        {"name": row.name, "value": row.value.reveal(), "set_at": int(row.set_at.timestamp())}
        for row in headers
    ]
    return Secret(contract.dumps(rows) if rows else "")


class Connection(models.Model):
    """The workspace's upstream server. Of its key only the last four characters are shown."""

    class Profile(models.TextChoices):
        OPENAI_COMPATIBLE = "openai-compatible", "OpenAI-compatible server"
        AZURE_OPENAI = "azure-openai", "Azure OpenAI"

    class Auth(models.TextChoices):
        BEARER = "bearer", "Authorization: Bearer"
        API_KEY = "api-key", "api-key"

    workspace = models.OneToOneField(Workspace, models.PROTECT, related_name="connection")
    profile = models.CharField(max_length=40, choices=Profile, default=Profile.OPENAI_COMPATIBLE)
    base_url = models.CharField(max_length=500)
    key = SealedField(blank=True, default="")
    key_hint = models.CharField(max_length=8, blank=True, default="")
    key_set_at = models.DateTimeField(null=True, blank=True)
    organization = models.CharField(max_length=200, blank=True, default="")
    project = models.CharField(max_length=200, blank=True, default="")
    auth = models.CharField(max_length=12, choices=Auth, default=Auth.BEARER)  # the key's header
    api_version = models.CharField(max_length=40, blank=True, default="")
    headers = SealedField(blank=True, default="")  # extra ones: read them as `extra_headers`
    rate = models.FloatField(default=5.0)  # calls per second, all processes together
    check_every = models.PositiveIntegerField(default=600)  # seconds between checks, 0 = never
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.base_url

    @property
    def host(self) -> str:
        """Host and port, as people know the server."""
        return urlsplit(self.base_url).netloc

    @property
    def print(self) -> str:
        """SHA-256 of where this points to; the key is not part of it, since it rotates."""
        parts = [self.profile, self.base_url, self.organization, self.project]
        if self.api_version:
            parts.append(self.api_version)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def extra_headers(self) -> list[Header]:
        """The extra headers in the order they were added; none where no key opens them now."""
        text = self.headers.reveal() if isinstance(self.headers, Secret) else ""
        rows: Any = contract.parse(text) if text else []
        return [
            Header(row["name"], Secret(row["value"]), datetime.fromtimestamp(row["set_at"], UTC))
            for row in rows
        ]


class ConnectionHealth(models.Model):
    """Budget and state of a Connection, in a row of its own that counting calls may touch."""

    class State(models.TextChoices):
        OPEN = "open", "Connected"
        PAUSED = "paused", "Paused"
        KEY = "key", "The key is not accepted"
        QUOTA = "quota", "The quota is used up"
        UNREACHABLE = "unreachable", "Not reachable"
        FROZEN = "frozen", "Frozen"

    connection = models.OneToOneField(
        Connection, models.CASCADE, primary_key=True, related_name="health"
    )
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    reason = models.TextField(blank=True, default="")
    cause = models.CharField(max_length=12, blank=True, default="")  # why it is paused or frozen
    since = models.DateTimeField(null=True, blank=True)
    next_call_at = models.DateTimeField(null=True, blank=True)
    retry_not_before = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True, blank=True)
    skew_ms = models.IntegerField(default=0)
    learned = OrderedJSONField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)  # the whole list was compared

    def __str__(self) -> str:
        return f"{self.connection_id}: {self.state}"


def profile_of(connection: Connection | None) -> contract.Profile:
    """What this server accepts and keeps, with what it taught us; our own rules without one."""
    if connection is None:
        return contract.KEPT_HERE
    return contract.PROFILES[connection.profile].with_learned(_learned(connection))


def catalogue_of(connection: Connection | None) -> contract.Catalogue:
    """The models that are known here: first those that the server lists."""
    listed = _learned(connection).get("models", ()) if connection else ()
    return contract.known_models(listed).under(profile_of(connection))


def _learned(connection: Connection) -> dict[str, Any]:
    """Nothing yet of one that is just being set up."""
    health = getattr(connection, "health", None)
    found = health.learned if health else None
    return found if isinstance(found, dict) else {}
