"""Files and knowledge of a server, as its lists were last read: a picture with its age."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from assistants_app.models.connections import Connection


class ResourceList(models.Model):
    """What came of reading one of the two lists. `read_at` is when `resources` were so upstream.

    `print` is that of the Connection then: what another server held says nothing of this one.
    `is_offered` is None before any answer; `note` says why the last try gave nothing newer.
    """

    class Kind(models.TextChoices):
        FILES = "files", "Files"
        KNOWLEDGE = "knowledge", "Knowledge"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="resource_lists")
    kind = models.CharField(max_length=12, choices=Kind)
    print = models.CharField(max_length=64)
    is_offered = models.BooleanField(null=True, blank=True)
    is_cut = models.BooleanField(default=False)  # there are more than we keep
    note = models.TextField(blank=True, default="")
    tried_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "kind"], name="one_list_of_each_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.connection_id}"


class Resource(models.Model):
    """A file or a collection of documents. `size` in bytes; `state` as the server spells it."""

    list = models.ForeignKey(ResourceList, models.CASCADE, related_name="resources")
    upstream_id = models.CharField(max_length=512)
    name = models.CharField(max_length=400, blank=True, default="")
    size = models.BigIntegerField(null=True, blank=True)
    files = models.PositiveIntegerField(null=True, blank=True)  # of a collection
    made_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["list", "upstream_id"], name="one_row_per_resource")
        ]
        indexes: ClassVar = [
            models.Index(fields=["list", "-made_at", "-id"], name="resource_by_age"),
        ]

    def __str__(self) -> str:
        return self.name or self.upstream_id
