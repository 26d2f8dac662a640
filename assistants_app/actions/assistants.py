"""Assistants: into the archive and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from assistants_app import policies
from assistants_app.actions import audit
from assistants_app.errors import Conflict
from assistants_app.models import Assistant

if TYPE_CHECKING:
    from assistants_app.policies import Actor, Right


def lock(pk: int) -> None:
    """Hold this assistant's row until the transaction ends.

    First of all locks where more than one row changes: assistant, change, push order, audit head.
    Everybody in one order, so that nobody waits in a circle; SQLite's writers exclude each other.
    """
    if connection.features.has_select_for_update:
        Assistant.objects.select_for_update().filter(pk=pk).values_list("pk", flat=True).first()


@transaction.atomic
def archive(assistant: Assistant, *, actor: Actor, right: Right = "assistant.archive") -> Assistant:
    """Hide from lists, serve no longer at `/v1`, push no longer; upstream stays untouched.

    `right` is "assistant.delete" where the caller is `/v1`'s DELETE. Raises Conflict (`archived`).
    """
    policies.require(actor, right, assistant.workspace, on=assistant)
    moved = Assistant.objects.unarchived().filter(pk=assistant.pk)
    if moved.update(archived_at=timezone.now(), changed_at=timezone.now()) != 1:
        raise Conflict("This assistant is archived already.", code="archived")
    audit.record("assistant.archived", actor=actor, **_story(assistant))
    return assistant


@transaction.atomic
def restore(assistant: Assistant, *, actor: Actor) -> Assistant:
    """Bring an archived assistant back as it was. Raises Conflict (`archived`) when it is not."""
    policies.require(actor, "assistant.archive", assistant.workspace, on=assistant)
    moved = Assistant.objects.filter(pk=assistant.pk, archived_at__isnull=False)
    if moved.update(archived_at=None, changed_at=timezone.now()) != 1:
        raise Conflict("This assistant is not archived.", code="archived")
    audit.record("assistant.restored", actor=actor, **_story(assistant))
    return assistant


def _story(assistant: Assistant) -> dict[str, Any]:
    """What the audit log keeps of an assistant that moves into or out of the archive."""
    assistant.refresh_from_db()
    digest = assistant.digest
    place = {"workspace": assistant.workspace, "assistant": assistant, "on": assistant}
    return {**place, "before": digest, "after": digest}
