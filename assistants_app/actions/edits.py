"""What an edit makes of the row of a Change. Nothing here reads or writes the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from assistants_app import contract
from assistants_app.actions import texts
from assistants_app.errors import Conflict
from assistants_app.models.content import Written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.models import Change

_BESIDE = (
    "tool_keys",
    "removed_tools",
    "reply_kept",
    "unread",
    "title",
    "why",
    "digest",
    "touched",
)
_WORTH = ("tools", "response_format")  # the fields whose texts are long


def written(values: Mapping[str, Any]) -> dict[str, Written]:
    """The JSON texts of the long ones among these values: made once, bound to and stored."""
    found = {field: values[field] for field in _WORTH if values.get(field) is not None}
    return {field: Written(contract.dumps(value)) for field, value in found.items()}


def digests(
    now: Change, values: Mapping[str, Any], written: Mapping[str, Written]
) -> dict[str, str]:
    """What the whole would be bound to with each of these values alone."""
    document = now.document()
    return {
        field: contract.fingerprint(
            merged(document, {field: value}),
            {field: written[field]} if field in written else {},
        )
        for field, value in values.items()
    }


def wanted(
    now: Change,
    values: Mapping[str, Any],
    digests: Mapping[str, str],
    unread: Mapping[str, str | None],
    words: Mapping[str, str | None],
) -> dict[str, Any]:
    """Only what differs from the row: a field that means the same keeps the text it has."""
    found = {field: value for field, value in values.items() if digests[field] != now.digest}
    kept = {**(now.unread or {}), **unread}
    kept = {field: text for field, text in kept.items() if text is not None}
    if kept != (now.unread or {}):
        found["unread"] = kept or None
    return found | {k: v for k, v in words.items() if v is not None and v != getattr(now, k)}


def merged(document: contract.Document, values: Mapping[str, Any]) -> contract.Document:
    """The document after these values, as the columns give it back: an empty text is unset."""
    made = contract.merge(document, values)
    return {field: value for field, value in made.items() if value != ""}


def refuse_stale(now: Change, lock: int, wanted: Mapping[str, Any]) -> None:
    """Raises Conflict where one of these fields was saved since `lock`."""
    touched = now.touched or {}
    if any(touched.get(field, 0) > lock for field in _about(now, wanted)):
        raise Conflict("Someone saved a newer text since you opened this.", change=now)


def _about(now: Change, wanted: Mapping[str, Any]) -> set[str]:
    """The fields that a save moves: of the texts that cannot be read, only those that changed."""
    was, kept = now.unread or {}, wanted.get("unread", now.unread) or {}
    moved = {field for field in {*was, *kept} if was.get(field) != kept.get(field)}
    return (set(wanted) - {"unread"}) | moved


def apply(
    now: Change,
    wanted: Mapping[str, Any],
    beside: Mapping[str, Any],
    digests: Mapping[str, str],
) -> None:
    """Set the columns of the row in memory. Raises InvalidDocument for what cannot be stored."""
    fields = {k: v for k, v in wanted.items() if k in contract.FIELDS}
    held = now.document()
    document = merged(held, fields)
    texts.readable(document, held)
    others = {k: v for k, v in wanted.items() if k not in contract.FIELDS}
    touched = dict.fromkeys(_about(now, wanted), now.lock + 1)
    # Keys that come with the tools need not be guessed from the texts.
    columns = now.columns(document) if "tool_keys" in beside else now.columns_of(document)
    for column, value in {**columns, **others, **beside}.items():
        setattr(now, column, value)
    alone = next(iter(fields)) if len(fields) == 1 else ""  # the usual save is of one field
    now.digest = digests[alone] if alone else contract.fingerprint(document)
    now.touched = {**(now.touched or {}), **touched}
    now.edited_at = timezone.now()


def row(now: Change, values: Mapping[str, Any], written: Mapping[str, Written]) -> dict[str, Any]:
    """The columns to write, the lock raised among them."""
    columns = [*contract.FIELDS, *_BESIDE, "edited_at", "state"]
    found = {column: getattr(now, column) for column in columns}
    made = {field: text for field, text in written.items() if found[field] is values[field]}
    return {**found, **made, "lock": now.lock + 1}
