"""The append-only, hash-chained history (reliability.md section 8)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils import timezone

from assistants_app.models.assistants import AppendOnly

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

GENESIS = "0" * 64
RED = timedelta(days=1)  # that a guard was missing is told for so long
ACTIONS: dict[str, str] = {
    "access.denied": "was refused access",
    "account.address_changed": "changed their e-mail address",
    "account.codes_made": "made new recovery codes",
    "account.factor_added": "added a second factor",
    "account.factor_removed": "removed a second factor",
    "account.factor_renamed": "renamed a second factor",
    "account.notices_set": "chose how notices come",
    "account.password_changed": "changed their password",
    "account.sessions_ended": "ended sessions of their own",
    "account.updated": "changed their own details",
    "assistant.archived": "archived the assistant",
    "assistant.pushed": "pushed the assistant upstream",
    "assistant.restored": "restored the assistant",
    "audit.exported": "exported the history",
    "audit.guard_restored": "put a guard of the history back",
    "bulk.asked": "asked to act on several assistants",
    "bulk.ended": "acted on several assistants",
    "bulk.exported": "exported assistants",
    "bulk.stopped": "stopped acting on several assistants",
    "change.approved": "approved the change",
    "change.changes_requested": "requested changes",
    "change.commented": "sent comments on the change",
    "change.edited": "edited the change",
    "change.opened": "opened a change",
    "change.submitted": "asked for review",
    "change.updated": "brought the change up to the live version",
    "change.withdrawn": "withdrew the change",
    "comment.made": "commented on the change",
    "connection.confirmed": "confirmed what upstream no longer holds",
    "connection.paused": "paused pushing",
    "connection.resumed": "resumed pushing",
    "connection.removed": "disconnected the server",
    "connection.set": "set the connection",
    "connection.tested": "tested the connection",
    "import.asked": "asked to take in assistants from upstream",
    "import.ended": "took in the assistants that were chosen",
    "import.looked": "asked what is upstream",
    "import.relinked": "linked assistants to the server again",
    "import.stopped": "stopped taking in assistants",
    "member.removed": "removed a member",
    "member.set": "set a member's roles",
    "origin.allowed": "allowed an address",
    "person.added": "added a person",
    "person.deactivated": "switched off an account",
    "person.factors_removed": "removed a person's second factors",
    "person.link_made": "made a one-time sign-in link",
    "person.reactivated": "switched an account on again",
    "push.asked": "asked to push again",
    "push.create_asked": "asked to create the assistant upstream again",
    "push.linked": "said which one upstream is ours",
    "push.stopped": "could not push the assistant",
    "push.unlinked": "said that the one upstream is not ours",
    "resources.asked": "asked to read files and knowledge",
    "rules.set": "set the review rules",
    "thread.reopened": "opened a comment again",
    "thread.resolved": "settled a comment",
    "token.created": "made an API token",
    "token.revoked": "revoked an API token",
    "upstream.changed": "found the assistant changed upstream",
    "upstream.checked": "checked upstream",
    "upstream.check_asked": "asked to check upstream",
    "upstream.cleared": "settled what upstream holds",
    "upstream.decided": "decided on what upstream holds",
    "upstream.gone": "confirmed that it is gone upstream",
    "version.imported": "took in a version from upstream",
    "version.published": "published a version",
    "workspace.archived": "archived the workspace",
    "workspace.created": "created the workspace",
    "workspace.renamed": "renamed the workspace",
    "workspace.restored": "brought the workspace back",
}


class AuditEntry(AppendOnly):
    """One line of the history. `body` is canonical JSON; the other columns are copies to filter by.

    Ids are text and no foreign keys: the history outlives what it speaks of. Its only insert is
    `actions.audit.record`.
    """

    seq = models.BigIntegerField(primary_key=True)
    body = models.TextField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.CharField(max_length=40, blank=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=20)
    source = models.CharField(max_length=12)
    workspace_id = models.CharField(max_length=40, blank=True)
    assistant_id = models.CharField(max_length=40, blank=True)
    object_kind = models.CharField(max_length=30, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering: ClassVar = ["-seq"]
        indexes: ClassVar = [
            models.Index(fields=["workspace_id", "-seq"], name="audit_by_workspace"),
            models.Index(fields=["assistant_id", "-seq"], name="audit_by_assistant"),
            models.Index(fields=["workspace_id", "actor_id", "-seq"], name="audit_by_actor"),
            models.Index(fields=["object_kind", "object_id", "-seq"], name="audit_by_object"),
            models.Index(fields=["workspace_id", "action", "-seq"], name="audit_by_action"),
            models.Index(fields=["workspace_id", "source", "-seq"], name="audit_by_source"),
            models.Index(
                fields=["workspace_id", "-seq"],
                name="audit_not_done",
                condition=~models.Q(outcome="done"),
            ),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"

    @classmethod
    def guard_restored(cls) -> datetime | None:
        """When a guard was last found missing and put back, for a day: meanwhile anybody with the
        database could have altered what it protects (reliability.md 8.3).
        """
        rows = cls.objects.filter(workspace_id="", action="audit.guard_restored")
        rows = rows.filter(at__gt=timezone.now() - RED)
        return rows.order_by("-seq").values_list("at", flat=True).first()

    @staticmethod
    def seal(prev_hash: str, body: str) -> str:
        """SHA-256 of the version tag, the previous hash and the body's UTF-8 bytes, in hex."""
        return hashlib.sha256(f"audit-1\n{prev_hash}\n{body}".encode()).hexdigest()

    @staticmethod
    def copies(body: Mapping[str, Any]) -> dict[str, str]:
        """The filter columns as they follow from a body."""
        return {
            "actor_kind": body["actor"]["kind"],
            "actor_id": body["actor"]["id"],
            "action": body["action"],
            "outcome": body["outcome"],
            "source": body["source"],
            "workspace_id": body["workspace"],
            "assistant_id": body["assistant"],
            "object_kind": body["object"]["kind"],
            "object_id": body["object"]["id"],
            "request_id": body["request"],
        }


class AuditHead(models.Model):
    """The one row (id 1) that names the newest entry."""

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash[:16]}"
