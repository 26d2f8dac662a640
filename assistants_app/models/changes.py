"""Changes: proposed edits of one assistant, or a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone

from assistants_app.contract import tool_keys
from assistants_app.models.assistants import Assistant, Version
from assistants_app.models.content import AssistantFields, OrderedJSONField

if TYPE_CHECKING:
    from assistants_app import contract
    from assistants_app.models.people import User
    from assistants_app.models.statements import Given


class ChangeQuerySet(models.QuerySet["Change"]):
    def open(self) -> ChangeQuerySet:
        return self.filter(state__in=Change.OPEN)

    def awaiting(self, user: User | Given) -> ChangeQuerySet:
        """In review, not written by this person in any part, not approved by them as it is now."""
        from assistants_app.models.reviews import Review  # which stands on this module

        own = Contribution.objects.filter(user=user, change=OuterRef("pk"))
        given = Review.objects.filter(
            change=OuterRef("pk"),
            reviewer=user,
            decision=Review.Decision.APPROVED,
            digest=OuterRef("digest"),
            rules_no=OuterRef("assistant__workspace__rules_no"),
        )
        return self.filter(~Exists(own), ~Exists(given), state=Change.State.IN_REVIEW)

    def by(self, user: User | Given) -> ChangeQuerySet:
        return self.filter(author=user)


class Change(AssistantFields):
    """Draft → In review → (Changes requested) → Approved → Live; or Withdrawn.

    Holds the whole proposed document, its base Version (none for a new assistant) and a lock
    number that every save raises. `unread` keeps, by field, what was typed and cannot be read yet.
    `tool_keys` stand beside `tools` (`contract.tool_keys`), None where nobody wrote them yet;
    `removed_tools` are those taken out last, newest first: objects of key, at, tool.
    `reply_kept` are the shapes of the reply that were switched away from, by their kind.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        CHANGES_REQUESTED = "changes_requested", "Changes requested"
        APPROVED = "approved", "Approved"
        WITHDRAWN = "withdrawn", "Withdrawn"
        LIVE = "live", "Live"

    STANDS: ClassVar = {
        State.DRAFT.value: "This change is a draft.",
        State.IN_REVIEW.value: "This change is in review.",
        State.CHANGES_REQUESTED.value: "A reviewer requested changes.",
        State.APPROVED.value: "This change is approved.",
        State.WITHDRAWN.value: "This change is withdrawn.",
        State.LIVE.value: "This change is live.",
    }
    OPEN: ClassVar = (
        State.DRAFT.value,
        State.IN_REVIEW.value,
        State.CHANGES_REQUESTED.value,
        State.APPROVED.value,
    )

    assistant = models.ForeignKey(Assistant, models.PROTECT, related_name="changes")
    base = models.ForeignKey(Version, models.PROTECT, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=200, blank=True, default="")
    why = models.TextField(blank=True, default="")
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    digest = models.CharField(max_length=64)
    unread = OrderedJSONField(null=True, blank=True)
    lock = models.PositiveIntegerField(default=1)
    tool_keys = OrderedJSONField(null=True, blank=True)
    removed_tools = OrderedJSONField(null=True, blank=True)
    reply_kept = OrderedJSONField(null=True, blank=True)
    touched = OrderedJSONField(null=True, blank=True)  # field → lock number that last changed it
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="changes"
    )
    source = models.CharField(max_length=12, default="web")
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["assistant", "author"],
                condition=models.Q(
                    state__in=("draft", "in_review", "changes_requested", "approved")
                ),
                name="one_open_change_each",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["assistant", "state", "-id"], name="change_by_assistant"),
            models.Index(fields=["state", "-edited_at"], name="change_by_state"),
        ]

    def __str__(self) -> str:
        return self.title or f"Change {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_outdated(self) -> bool:
        """Another Version went live after this Change began."""
        return self.is_open and self.base_id != self.assistant.live_version_id

    def keyed_tools(self) -> list[tuple[str, Any]]:
        """Its tools in order, each with its stable key; none where `tools` is no list.

        The keys are made of the text where nobody wrote them down yet.
        """
        tools, keys = _listed(self.tools), self.tool_keys
        if not isinstance(keys, list) or len(keys) != len(tools):
            keys = tool_keys.keys_for(tools)
        return list(zip(keys, tools, strict=True))

    def columns_of(self, document: contract.Document) -> dict[str, Any]:
        """`columns` of a document that follows on what this Change holds, with its tools' keys."""
        columns = self.columns(document)
        if columns["tools"] is self.tools:
            return columns | {"tool_keys": self.tool_keys}
        held = self.keyed_tools()
        before, keys = [tool for _, tool in held], [key for key, _ in held]
        after = tool_keys.reconcile(before, keys, _listed(columns["tools"]))
        return columns | {"tool_keys": after or None}


def _listed(tools: Any) -> list[Any]:
    return tools if isinstance(tools, list) else []


class Contribution(models.Model):
    """Who wrote any part of a Change: they cannot approve it."""

    change = models.ForeignKey(Change, models.CASCADE, related_name="contributions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "user"], name="one_contribution_each")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} wrote in change {self.change_id}"
