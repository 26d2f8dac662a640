"""What differs between two documents, prepared for the review and compare pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _

from assistants_app import contract, markup, textdiff
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
    is_code: bool = False
    hidden: tuple[str, ...] = ()  # code points that cannot be seen and were not there before
    tools: tuple[tuple[str, str], ...] = ()  # ("new", "gone" or "changed"; name)


def sections(
    before: contract.Document, after: contract.Document, *, whole: bool = False
) -> list[Section]:
    """The fields that differ: instructions, then settings that fit in a line, then the others.

    `whole` shows unchanged lines as well. Order-only and newlines-only differences are shown too:
    a person made them, so they are part of the change.
    """
    fields = [f for f in contract.FIELDS if _text(before, f) != _text(after, f)]
    found = [_section(field, before, after, whole=whole) for field in fields]
    return sorted(found, key=lambda one: (one.field != "instructions", one.kind != "value"))


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
        hidden = _hidden(old, new)
        return Section(field, label, "value", verdict, before=old, after=new, hidden=hidden)
    return Section(
        field,
        label,
        "text",
        verdict,
        diff=textdiff.difference(old, new, context=None if whole else 3),
        length=len(new),
        is_code=not isinstance(after.get(field) or before.get(field), str),
        hidden=_hidden(old, new),
        tools=_tools(before.get(field), after.get(field)) if field == "tools" else (),
    )


def _hidden(old: str, new: str) -> tuple[str, ...]:
    known = markup.hidden_characters(old)
    return tuple(point for point in markup.hidden_characters(new) if point not in known)


def _tools(before: object, after: object) -> tuple[tuple[str, str], ...]:
    """Which tools came, went or changed, by function name or kind; a Draft may hold anything."""
    olds, news = _named(before), _named(after)
    found = [("new", name) for name in news if name not in olds]
    found += [("gone", name) for name in olds if name not in news]
    found += [("changed", name) for name in news if name in olds and olds[name] != news[name]]
    return tuple(found)


def _named(tools: object) -> dict[str, str]:
    found = {}
    for tool in tools if isinstance(tools, list) else []:
        kind = tool.get("type") if isinstance(tool, dict) else None
        inside = tool.get(kind) if isinstance(kind, str) else None
        name = inside.get("name") if isinstance(inside, dict) else None
        found[str(name or kind or "?")] = contract.dumps(tool)
    return found


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
