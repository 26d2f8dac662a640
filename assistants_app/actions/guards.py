"""The append-only guards of the history: put back where they went missing (reliability.md 8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from assistants_app.actions import audit
from assistants_app.models import triggers

if TYPE_CHECKING:
    from assistants_app.policies import Actor


@transaction.atomic
def restore(*, actor: Actor) -> list[str]:
    """Create the guards that the database lacks and tell of it; returns their names."""
    restored = triggers.install(connection)
    if restored:
        audit.record("audit.guard_restored", actor=actor, data={"guards": restored})
    return restored
