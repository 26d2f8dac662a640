"""Rows out, streamed: the audit log as CSV for people and as JSON Lines for a proof.

The rows are read in stretches by their key, so a million of them take no more memory than one.
"""

from __future__ import annotations

import csv
from datetime import UTC
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.models import Assistant, AuditEntry, User
from assistants_app.models.audit import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

STRETCH: Final = 5_000
COLUMNS: Final = (
    *("entry", "time_utc", "actor_kind", "actor_id", "actor", "action", "what_happened", "outcome"),
    *("source", "workspace_id", "assistant_id", "assistant", "object_kind", "object_id"),
    *("request_id", "hash"),
)
# What a spreadsheet would take for a formula (OWASP, CSV injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def audit_csv(rows: QuerySet[AuditEntry], newest: int) -> Iterator[str]:
    """A heading and a line for each entry up to `newest`, the newest first, with names of today.

    Begins with a byte-order mark, by which spreadsheets know UTF-8.
    """
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(COLUMNS)
    for stretch in _stretches(rows, newest):
        people, assistants = _names(stretch)
        yield "".join(writer.writerow(_cells(row, people, assistants)) for row in stretch)


def audit_lines(rows: QuerySet[AuditEntry], newest: int) -> Iterator[str]:
    """Each entry as it was recorded, with its number and both hashes: enough to check the chain.

    `hash` is SHA-256 of `audit-1`, a line feed, `prev_hash`, a line feed and `body` in UTF-8.
    """
    for stretch in _stretches(rows, newest):
        yield "".join(
            contract.dumps(
                {"seq": row.seq, "prev_hash": row.prev_hash, "hash": row.hash, "body": row.body}
            )
            + "\n"
            for row in stretch
        )


def _stretches(rows: QuerySet[AuditEntry], newest: int) -> Iterator[list[AuditEntry]]:
    below = newest + 1
    while stretch := list(rows.filter(seq__lt=below).order_by("-seq")[:STRETCH]):
        yield stretch
        below = stretch[-1].seq


def _names(rows: Iterable[AuditEntry]) -> tuple[dict[str, str], dict[str, str]]:
    actors, about = {row.actor_id for row in rows}, {row.assistant_id for row in rows}
    people = User.objects.filter(pk__in=[int(id_) for id_ in actors if id_.isdigit()])
    assistants = Assistant.objects.filter(pk__in=[int(id_) for id_ in about if id_.isdigit()])
    return (
        {str(row.pk): row.display_name for row in people},
        {str(row.pk): str(row) for row in assistants.only("name", "public_id")},
    )


def _cells(row: AuditEntry, people: dict[str, str], assistants: dict[str, str]) -> list[str | int]:
    texts = (
        row.actor_kind,
        row.actor_id,
        people.get(row.actor_id, ""),
        row.action,
        _(ACTIONS.get(row.action, row.action)),
        row.outcome,
        row.source,
        row.workspace_id,
        row.assistant_id,
        assistants.get(row.assistant_id, ""),
        row.object_kind,
        row.object_id,
        row.request_id,
        row.hash,
    )
    at = row.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [row.seq, at, *map(plain, texts)]


def plain(text: str) -> str:
    """The text as a spreadsheet shows it and does not reckon with it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
