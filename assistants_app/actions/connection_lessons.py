"""What a server's answers taught about it, kept on its health row: flags of contract.md section 7.

Only what was really seen is kept; what a server once refused is tried again after a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from assistants_app.actions import audit
from assistants_app.models import ConnectionHealth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.models import Connection

MODELS_MAX: Final = 500
_TEXT_MAX: Final = 256
_TRIED_AGAIN: Final = (
    "list",
    "retrieve",
    "update",
    "delete",
    "paging",
    "null_ok",
    "list_order",
    "keeps",
)


@audit.bookkeeping
@transaction.atomic
def learn(connection: Connection, lessons: Mapping[str, Any]) -> None:
    """Add these flags to what is known of the server."""
    row = ConnectionHealth.objects.select_for_update().get(connection=connection)
    known = row.learned if isinstance(row.learned, dict) else {}
    if learned := {**known, **lessons}:
        ConnectionHealth.objects.filter(pk=row.pk).update(learned=learned)


@audit.bookkeeping
@transaction.atomic
def try_again(connection: Connection) -> None:
    """It answered: what it refused earlier may be tried once more. The list of models stays."""
    row = ConnectionHealth.objects.select_for_update().get(connection=connection)
    known = row.learned if isinstance(row.learned, dict) else {}
    kept = {name: value for name, value in known.items() if name not in _TRIED_AGAIN}
    ConnectionHealth.objects.filter(pk=row.pk).update(
        learned=kept or None, last_ok_at=timezone.now()
    )


def kept_models(rows: list[Any]) -> list[dict[str, str]]:
    """The ids of `GET /models`, with the day each is switched off where that is announced."""
    kept = []
    for row in rows:
        id_ = row.get("id") if isinstance(row, dict) else None
        if isinstance(id_, str) and 0 < len(id_) <= _TEXT_MAX:
            day = row.get("shutdown_date")
            has_day = isinstance(day, str) and len(day) <= _TEXT_MAX
            kept.append({"id": id_, "shutdown_date": day} if has_day else {"id": id_})
    return kept[:MODELS_MAX]
