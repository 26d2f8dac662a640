"""Jobs: long work with progress that a person can leave and come back to. On screen: *run*."""

from __future__ import annotations

from typing import ClassVar
from zlib import crc32

from django.conf import settings
from django.db import models
from django.utils import timezone

from assistants_app.models.assistants import Assistant
from assistants_app.models.content import OrderedJSONField
from assistants_app.models.workspaces import Workspace


class Job(models.Model):
    """The row is the truth: state, lease, progress and result. Whoever runs it holds the fence."""

    class Kind(models.TextChoices):
        TEST = "test", "Test the connection"
        PULL = "pull", "Check upstream"
        LIST = "list", "Look at what is upstream"
        IMPORT = "import", "Take in from upstream"
        BULK = "bulk", "Act on several assistants"
        RESOURCES = "resources", "Read files and knowledge"
        VERIFY = "verify", "Verify the audit log"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"  # by a person

    CUT_SHORT: ClassVar = (State.FAILED.value, State.STOPPED.value)
    OVER: ClassVar = (State.DONE.value, *CUT_SHORT)

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    source = models.CharField(max_length=12, default="web")
    ask = OrderedJSONField(null=True, blank=True)  # what exactly was asked for
    progress = models.TextField(blank=True, default="")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)  # unknown until it is known
    result = OrderedJSONField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "asked_at"], name="job_due"),
            models.Index(fields=["workspace", "kind", "-id"], name="job_by_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER

    @property
    def fingerprint(self) -> str:
        """Names what a page shows of it: a poll that has seen this is a 204."""
        shown = (self.state, self.progress, self.result)
        return f"{crc32(repr(shown).encode()):08x}"


class JobItem(models.Model):
    """One of the assistants that a run on several is about, and what came of it.

    Rows of their own, so that the Job, which is written with each of them, stays small.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"

    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    n = models.PositiveIntegerField()  # its place among those that were chosen, from 0
    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True, default="")
    code = models.CharField(max_length=32, blank=True, default="")  # why it was not done

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "n"], name="one_item_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.n} of {self.job_id}: {self.outcome or 'not yet'}"
