"""What reviewers were shown: each text of a Change in review, and in few words what it changes."""

from __future__ import annotations

from typing import Any

from assistants_app import contract
from assistants_app.actions import audit
from assistants_app.models import Change, ShownText
from assistants_app.textdiff import kept

SETTINGS = ("name", "description", "model", "reasoning_effort", "temperature", "top_p")
SHORT = 80  # characters up to which an old → new pair stands in one line


@audit.bookkeeping
def keep(change: Change) -> ShownText:
    """Keep the text as it is now under its digest, within the caller's transaction."""
    document = change.document()
    base = change.base.document() if change.base else {}
    values: dict[str, Any] = {
        "text": contract.dumps(document),
        "differs": facts(base, document),
    }
    row, _ = ShownText.objects.update_or_create(
        change=change,
        digest=change.digest,
        defaults=values,
    )
    return row


def text_of(change: Change, digest: str) -> contract.Document | None:
    """The document of this Change that had this digest; None where it was not kept."""
    if digest == change.digest:
        return change.document()
    row = ShownText.objects.filter(change=change, digest=digest).first()
    return row.document() if row else None


def facts(before: contract.Document, after: contract.Document) -> list[list[Any]]:
    """By field that is written differently, instructions first: [field, "words", added, removed],
    [field, "value", old, new] of settings that fit in a line, or of tools [field, "items", how many
    are new or changed, how many are gone].
    """
    found: list[list[Any]] = []
    for field in differing(before, after):
        old, new = plain_text(before, field), plain_text(after, field)
        if field in SETTINGS and len(old) <= SHORT and len(new) <= SHORT:
            found.append([field, "value", old, new])
        elif tools := field == "tools" and contract.compare_tools(
            before.get(field), after.get(field)
        ):
            gone = sum(one.came == "gone" for one in tools)
            found.append([field, "items", len(tools) - gone, gone])
        else:
            diff = kept.whole(old, new)
            found.append([field, "words", diff.added_words, diff.removed_words])
    return found


def _tools(
    field: str, before: contract.Document, after: contract.Document
) -> tuple[contract.ChangedItem, ...]:
    return contract.compare_tools(before.get(field), after.get(field)) if field == "tools" else ()


def differing(before: contract.Document, after: contract.Document) -> list[str]:
    """The fields that are written differently: instructions first, then settings that fit in a line
    and then the others, each in the API's order.
    """
    fields = [f for f in contract.FIELDS if plain_text(before, f) != plain_text(after, f)]
    return sorted(fields, key=lambda f: (f != "instructions", f not in SETTINGS))


def plain_text(document: contract.Document, field: str) -> str:
    """A field as lines of text: as it is, or as indented JSON; "" where it is unset."""
    value: Any = document.get(field)
    if value is None:
        return ""
    return value if isinstance(value, str) else contract.dumps(value, indent=2)
