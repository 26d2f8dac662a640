"""Assistants and their immutable Versions."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from assistants_app import contract
from assistants_app.models.content import AssistantFields
from assistants_app.models.workspaces import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable


class Beginning(models.Func):
    """The first hundred characters of a text: an index row holds no longer one.

    The number stands in the SQL, since SQLite knows the expression of an index by its words and
    not by what a parameter turns out to be.
    """

    template = "SUBSTR(%(expressions)s, 1, 100)"
    output_field = models.TextField()


# What lists sort by.
BY_NAME = Lower(Beginning(Coalesce("name", "public_id", output_field=models.TextField())))
BY_MODEL = Beginning("model")
# Nothing is told of what is archived. One condition for the index and for what it is to answer.
WITH_WARNINGS = models.Q(warnings__isnull=False, archived_at__isnull=True)
_ALPHABET = string.ascii_letters + string.digits


def mint_id() -> str:
    """A fresh `asst_` id: 24 of A-Z, a-z, 0-9, as the API's own look (contract.md section 9)."""
    return "asst_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))


class AssistantQuerySet(models.QuerySet["Assistant"]):
    def unarchived(self) -> AssistantQuerySet:
        return self.filter(archived_at=None)

    def live(self) -> AssistantQuerySet:
        """What `/v1` serves: published and not archived."""
        return self.unarchived().exclude(live_version=None)

    def answering_to(self, public: str) -> AssistantQuerySet:
        """The assistant that answers to this id: one we minted, or its upstream's.

        The id it had at a server that was left still answers, unless it is another one's by now.
        """
        others = Assistant.objects.filter(workspace=models.OuterRef("workspace"))
        is_former = models.Q(former_id=public) & ~models.Exists(others.filter(upstream_id=public))
        return self.filter(models.Q(public_id=public) | models.Q(upstream_id=public) | is_former)


class Assistant(AssistantFields):
    """The mirror of one assistant's live fields; empty until its first Version is published."""

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="assistants")
    public_id = models.CharField(max_length=512, unique=True, default=mint_id)
    upstream_id = models.CharField(max_length=512, null=True, blank=True)  # unset is not ""
    former_id = models.CharField(max_length=512, null=True, blank=True)  # of a server we left
    former_print = models.CharField(max_length=64, null=True, blank=True)  # where that was
    live_version = models.OneToOneField(
        "Version", models.PROTECT, null=True, blank=True, related_name="live_for"
    )
    digest = models.CharField(max_length=64, blank=True, default="")
    safe_creation = models.BooleanField(default=True)  # may carry our mark in its metadata
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    # How many warnings there are of what is live, unset = none; and by which rules, so that who
    # keeps the count finds those that other rules counted: `actions.warnings`.
    warnings = models.PositiveSmallIntegerField(null=True, blank=True)
    warnings_mark = models.CharField(max_length=16, blank=True, default="")

    objects = AssistantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "upstream_id"], name="one_assistant_per_upstream_id"
            )
        ]
        indexes: ClassVar = [
            # What it ends with lets a search walk it without reading the rows.
            models.Index(
                fields=["workspace", "-changed_at", "-id", "archived_at"],
                name="assistant_by_last_change",
            ),
            models.Index(fields=["workspace", "created_at", "id"], name="assistant_by_creation"),
            models.Index(fields=["workspace", "archived_at"], name="assistant_by_archive"),
            models.Index(fields=["workspace", "former_id"], name="assistant_by_former_id"),
            models.Index("workspace", BY_NAME, "id", "archived_at", name="assistant_by_name"),
            # The number of each model is told from the index alone.
            models.Index(
                *("workspace", BY_MODEL, "id", "archived_at", "live_version"),
                name="assistant_by_model",
            ),
            models.Index(
                fields=["workspace", "-changed_at", "-id"],
                name="assistant_with_warnings",
                condition=WITH_WARNINGS,
            ),
            models.Index(
                fields=["workspace", "warnings_mark"],
                name="assistant_by_rules",
                condition=models.Q(live_version__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.public_id

    @property
    def answers_to(self) -> str:
        """The id that `/v1` and the page show: the upstream's once there is one."""
        return self.upstream_id or self.former_id or self.public_id

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Rows that are written once. The triggers say the same to whoever goes around the ORM."""

    def update(self, **kwargs: Any) -> int:
        raise TypeError("These rows are append-only.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("These rows are append-only.")


class AppendOnly(models.Model):
    """Refuses a second save and every delete in the model layer (reliability.md 8.3)."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        if not self._state.adding or force_update or update_fields is not None:
            raise TypeError("These rows are append-only.")
        super().save(force_insert=True, using=using)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        raise TypeError("These rows are append-only.")


_PACKED: dict[str, tuple[bytes, ...] | None] = {}  # digest → packed tools; begun anew when full
_PACKED_MOST = 16


class Version(AppendOnly, AssistantFields):
    """What went live, or was imported: immutable, numbered 1..n per assistant. Append-only."""

    class Origin(models.TextChoices):
        PUBLISHED = "published", "Published"
        IMPORTED = "imported", "As it was found upstream"

    assistant = models.ForeignKey(Assistant, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    origin = models.CharField(max_length=12, choices=Origin)
    change = models.ForeignKey(
        "Change", models.PROTECT, null=True, blank=True, related_name="versions"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=12)  # web, api, command, worker, quickstart
    break_glass_reason = models.TextField(blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assistant", "number"], name="one_version_per_number")
        ]
        ordering: ClassVar = ["-number"]

    def __str__(self) -> str:
        return f"version {self.number}"

    def packed_tools(self) -> tuple[bytes, ...] | None:
        """`contract.packed` of its tools, which are not even read where that is known already: a
        Version never changes, and its digest says all of it.
        """
        try:
            return _PACKED[self.digest]
        except KeyError:
            found = contract.packed(self.tools)
        if len(_PACKED) >= _PACKED_MOST:
            _PACKED.clear()  # in one step, since other threads look things up in it
        _PACKED[self.digest] = found
        return found
