"""Reviews: one person's decision on one content digest."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from assistants_app.models.assistants import AppendOnly, Version
from assistants_app.models.changes import Change


class Review(AppendOnly):
    """Append-only. Counts while its five bindings still hold (reliability.md section 4).

    An edit makes another digest, a new rule another `rules_no`, another address another
    `connection_print`: nothing is ever reset, old decisions simply stop counting.
    """

    class Decision(models.TextChoices):
        APPROVED = "approved", "Approved"
        CHANGES_REQUESTED = "changes_requested", "Changes requested"
        COMMENTED = "commented", "Commented"

    change = models.ForeignKey(Change, models.PROTECT, related_name="reviews")
    digest = models.CharField(max_length=64)
    base = models.ForeignKey(Version, models.PROTECT, null=True, blank=True, related_name="+")
    connection_print = models.CharField(max_length=64, blank=True, default="")
    rules_no = models.PositiveIntegerField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=20, choices=Decision)
    note = models.TextField(blank=True, default="")
    source = models.CharField(max_length=12)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["change", "digest"], name="review_by_digest")]

    def __str__(self) -> str:
        return f"{self.reviewer_id} {self.decision} change {self.change_id}"
