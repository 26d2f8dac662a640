"""What differs between two documents, prepared for the review and compare pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _

from assistants_app import contract, textdiff
from assistants_app.contract import words

if TYPE_CHECKING:
    from assistants_app.contract.words import Label

SETTINGS = ("name", "description", "model", "reasoning_effort", "temperature", "top_p")
SHORT = 80  # characters up to which an old → new pair stands in one line


@dataclass(frozen=True, slots=True)
class Section:
    """One field that differs: as a word difference, or as old → new."""

    field: str
    label: Label
    kind: Literal["text", "value"]
    verdict: str
    diff: textdiff.Diff | None = None
    before: str = ""
    after: str = ""
    length: int = 0


def sections(
    before: contract.Document, after: contract.Document, *, whole: bool = False
) -> list[Section]:
    """The fields that differ, instructions first, then in the canonical order.

    `whole` shows unchanged lines as well. Order-only and newlines-only differences are shown too:
    a person made them, so they are part of the change.
    """
    fields = [f for f in contract.FIELDS if _text(before, f) != _text(after, f)]
    fields.sort(key=lambda field: field != "instructions")
    return [_section(field, before, after, whole=whole) for field in fields]


def unchanged(before: contract.Document, after: contract.Document) -> list[str]:
    """Labels of the fields that are the same on both sides and not empty."""
    same = (f for f in contract.FIELDS if _text(before, f) == _text(after, f) and f in after)
    return [str(words.LABELS[field].label) for field in same]


def _section(
    field: str, before: contract.Document, after: contract.Document, *, whole: bool
) -> Section:
    old, new = _text(before, field), _text(after, field)
    verdict = contract.compare(_only(before, field), _only(after, field)).verdict
    label = words.LABELS[field]
    if field in SETTINGS and len(old) <= SHORT and len(new) <= SHORT:
        return Section(field, label, "value", verdict, before=old, after=new)
    diff = textdiff.difference(old, new, context=None if whole else 3)
    return Section(field, label, "text", verdict, diff=diff, length=len(new))


def _only(document: contract.Document, field: str) -> contract.Document:
    return {field: document[field]} if field in document else {}


def _text(document: contract.Document, field: str) -> str:
    value: Any = document.get(field)
    if value is None:
        return ""
    return value if isinstance(value, str) else contract.dumps(value, indent=2)


def summary(before: contract.Document, after: contract.Document) -> str:
    """One line: `Instructions +24 −15 words; Creativity 1.0 → 0.4`."""
    return "; ".join(_phrase(section) for section in sections(before, after))


def _phrase(section: Section) -> str:
    label = _(section.label.label)
    if section.diff:
        added, removed = section.diff.added_words, section.diff.removed_words
        return _("%(label)s +%(added)s −%(removed)s words") % {
            "label": label,
            "added": added,
            "removed": removed,
        }
    nothing = _("nothing")
    return f"{label} {section.before or nothing} → {section.after or nothing}"
