"""Workspaces and who belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models

if TYPE_CHECKING:
    from assistants_app.models.connections import Connection

ROLES = ("viewer", "editor", "reviewer", "publisher", "auditor", "admin")


class Workspace(models.Model):
    """A team's set of assistants: members with roles, review rules, at most one Connection."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    approvals = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(3)])
    why_required = models.BooleanField(default=False)  # when asking for review
    settle_comments = models.BooleanField(default=False)  # open ones block approval
    rules_no = models.PositiveIntegerField(default=1)  # counts edits of the review rules
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def upstream(self) -> Connection | None:
        """The Connection, or None where assistants are kept here only."""
        return getattr(self, "connection", None)

    @property
    def connection_print(self) -> str:
        """Where this workspace pushes to, as approvals are bound to it; empty when kept here."""
        return self.upstream.print if self.upstream else ""


class Membership(models.Model):
    """One person's roles in one workspace; roles add up (security.md section 2)."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    roles_text = models.CharField(max_length=80, db_column="roles")  # words in the order of ROLES
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_each")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}: {self.roles_text}"

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self.roles_text.split())

    @property
    def role_list(self) -> list[str]:
        return self.roles_text.split()
