"""Exports are told in the audit log, before their first line leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from assistants_app import policies
from assistants_app.actions import audit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.models import AuditEntry, Workspace
    from assistants_app.policies import Actor


@transaction.atomic
def export(
    workspace: Workspace, *, actor: Actor, kind: str, narrowed: Mapping[str, str]
) -> AuditEntry:
    """Note that the audit log leaves, as which `kind` of file and narrowed to what.

    The entry stands for the newest that the file may hold.
    """
    policies.require(actor, "audit.verify", workspace, on=workspace)
    return audit.record(
        "audit.exported",
        actor=actor,
        workspace=workspace,
        on=workspace,
        data={"kind": kind, "narrowed": dict(narrowed)},
    )
