"""Threads: what people say about the lines of a Change, and which parts of it they have seen."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from assistants_app import contract
from assistants_app.models.changes import Change
from assistants_app.models.content import OrderedJSONField
from assistants_app.models.reviews import Review


class ShownText(models.Model):
    """A text of a Change that its reviewers could see: what a digest of theirs stands for.

    `differs` is what a line in a list says of it: by field, words that came and went, or old and
    new (`actions.shown`).
    """

    change = models.ForeignKey(Change, models.CASCADE, related_name="shown_texts")
    digest = models.CharField(max_length=64)
    text = models.TextField()
    differs = OrderedJSONField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "digest"], name="one_text_of_each_digest")
        ]

    def __str__(self) -> str:
        return f"{self.digest[:8]} of change {self.change_id}"

    def document(self) -> contract.Document:
        document = contract.parse(self.text)
        assert isinstance(document, dict)  # noqa: S101  # written from a document by our own actions
        return document


class Thread(models.Model):
    """A conversation about lines of one part; about the part where `first` is 0; about the Change
    where `part` is "".

    The lines are those of the text with `digest`: of the Change where `side` is new, of its base
    where it is old. They are never rewritten: pages follow them through the difference.
    """

    class Side(models.TextChoices):
        OLD = "old", "As it was"
        NEW = "new", "As it will be"

    change = models.ForeignKey(Change, models.PROTECT, related_name="threads")
    part = models.CharField(max_length=40, blank=True, default="")
    side = models.CharField(max_length=3, choices=Side, default=Side.NEW)
    digest = models.CharField(max_length=64)
    first = models.PositiveIntegerField(default=0)
    last = models.PositiveIntegerField(default=0)
    quote = models.TextField(blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.part or 'all'} {self.side} {self.first}-{self.last} of {self.change_id}"


class Comment(models.Model):
    """One person's words in a Thread; private to them until it is sent (`sent_at`)."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=5_000)
    at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    review = models.ForeignKey(
        Review, models.PROTECT, null=True, blank=True, related_name="comments"
    )

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"comment {self.pk} in thread {self.thread_id}"


class Seen(models.Model):
    """A person has read this part of a Change, as it is with this digest of the part."""

    change = models.ForeignKey(Change, models.CASCADE, related_name="seen")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    part = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "user", "part"], name="seen_once_each")
        ]

    def __str__(self) -> str:
        return f"{self.part} of change {self.change_id}, seen by {self.user_id}"
