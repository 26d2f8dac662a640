"""API tokens: a person's key to one workspace, scoped and expiring."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken

from assistants_app.models.workspaces import Workspace

SCOPES = ("assistants:read", "assistants:write")


class APIToken(AbstractAuthToken):
    """Only the SHA-512 digest is stored; rights are scopes ∩ the owner's roles in `workspace`."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    scopes_text = models.CharField(max_length=200, db_column="scopes")  # words of SCOPES
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="api_tokens")
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def audit_id(self) -> str:
        """What the audit log calls it: never its digest."""
        return str(self.public_id)

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scopes_text.split())

    @property
    def is_expired(self) -> bool:
        return self.expiry is not None and self.expiry <= timezone.now()
