"""The outbox and what is known of the other side (reliability.md sections 5, 6 and 10)."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from assistants_app import contract
from assistants_app.models.assistants import Assistant, Version
from assistants_app.models.connections import Connection
from assistants_app.models.content import OrderedJSONField


class PushOrder(models.Model):
    """One level-triggered row per assistant: which Version upstream should hold.

    Publishing again only moves `desired_version`. Whoever holds the lease and the newest `fence`
    may record a result; everybody else's is dropped.
    """

    class State(models.TextChoices):
        IDLE = "idle", "Idle"
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Sending"
        UNKNOWN = "unknown", "Not sure it arrived"
        STOPPED = "stopped", "Stopped"

    class Reason(models.TextChoices):
        DRIFT = "drift", "Changed upstream"
        DELETED = "deleted", "Deleted upstream"
        REFUSED = "refused", "Refused by the server"
        APPROVAL = "approval", "The approval does not match"
        UNCLEAR = "unclear", "Not sure it arrived"
        DUPLICATE = "duplicate", "Created more than once"
        ATTEMPTS = "attempts", "Given up"

    assistant = models.OneToOneField(Assistant, models.PROTECT, related_name="push_order")
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="push_orders")
    want = models.CharField(
        max_length=8, choices=[("present", "Present"), ("absent", "Absent")], default="present"
    )
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=12, choices=Reason, blank=True, default="")
    message = models.TextField(blank=True, default="")
    param = models.CharField(max_length=300, blank=True, default="")
    desired_version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    pushed_version = models.ForeignKey(Version, models.PROTECT, null=True, related_name="+")
    op_id = models.UUIDField(default=uuid.uuid4)
    lease_owner = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    sent_version = models.ForeignKey(Version, models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    looks = models.PositiveIntegerField(default=0)
    sends = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    check_again_at = models.DateTimeField(null=True, blank=True)
    notes = OrderedJSONField(null=True, blank=True)  # parts that upstream did not keep
    asked_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="sending_was_written_ahead",
                condition=~models.Q(state="sending")
                | models.Q(
                    sent_at__isnull=False, sent_version__isnull=False, lease_until__isnull=False
                ),
            ),
            models.CheckConstraint(
                name="idle_is_pushed",
                condition=~models.Q(state="idle")
                | models.Q(desired_version=models.F("pushed_version")),
            ),
            models.CheckConstraint(
                name="stopped_says_why",
                condition=~models.Q(state="stopped") | ~models.Q(reason=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "not_before"], name="push_order_due"),
            models.Index(fields=["state", "-changed_at"], name="push_order_by_change"),
        ]

    def __str__(self) -> str:
        return f"push order of assistant {self.assistant_id}: {self.state}"


class PushAttempt(models.Model):
    """One writing request, written before its first byte leaves."""

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown", "Unknown"
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed"
        SUPERSEDED = "superseded", "Superseded"

    order = models.ForeignKey(PushOrder, models.CASCADE, related_name="push_attempts")
    n = models.PositiveIntegerField()
    op = models.CharField(max_length=8)  # create, update, delete
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    gap_ms = models.PositiveIntegerField(null=True, blank=True)  # between our read and our write
    ms = models.PositiveIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.UNKNOWN)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    upstream_request_id = models.CharField(max_length=200, blank=True, default="")
    message = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["order", "-id"], name="attempt_by_order")]

    def __str__(self) -> str:
        return f"attempt {self.n} of order {self.order_id}: {self.outcome}"


class UpstreamCopy(models.Model):
    """What we last saw upstream: `base` when in agreement, `theirs` while it differs."""

    class Kind(models.TextChoices):
        BASE = "base", "Last in common"
        THEIRS = "theirs", "Upstream"

    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="upstream_copies")
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    etag = models.CharField(max_length=200, blank=True, default="")
    extra = models.TextField(blank=True, default="")
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assistant", "kind"], name="one_copy_of_each_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of assistant {self.assistant_id}"

    def document(self) -> contract.Document:
        document = contract.parse(self.text)
        assert isinstance(document, dict)  # noqa: S101  # written from a document by our own actions
        return document
