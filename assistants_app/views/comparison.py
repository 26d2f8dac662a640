"""What differs between two documents, prepared for the review and compare pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import contract, markup
from assistants_app.actions import shown
from assistants_app.contract import words
from assistants_app.textdiff import kept
from assistants_app.views import meaning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from assistants_app import textdiff
    from assistants_app.contract.words import Label
    from assistants_app.views.meaning import Entry

    Lines = Mapping[str, Collection[int]]


@dataclass(frozen=True, slots=True)
class Section:
    """One field that differs: as a word difference, by meaning and as JSON, or as old → new.

    `first`: the number of its first change on the page; `changes`: how many it has.
    """

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
    entries: tuple[Entry, ...] = ()  # what changed by meaning
    first: int = 0
    changes: int = 1


def sections(
    before: contract.Document,
    after: contract.Document,
    *,
    whole: bool = False,
    opened: Lines | None = None,
    marked: Lines | None = None,
    by_meaning: bool = False,
) -> list[Section]:
    """The fields that differ: instructions, then settings that fit in a line, then the others.

    `whole` shows unchanged lines as well; else those of folds that begin in `opened`, and those
    around the lines in `marked`, both by field. Order-only and newlines-only differences are shown
    too: a person made them, so they are part of the change. `by_meaning` leaves those out, and
    what is only unset on one side and the default on the other: so a server tells it.
    """
    found = []
    for field in _differing(before, after, by_meaning=by_meaning):
        lines = {"opened": (opened or {}).get(field, ()), "marked": (marked or {}).get(field, ())}
        found.append(_section(field, before, after, whole=whole, **lines))
    found.sort(key=lambda one: (one.field != "instructions", one.kind != "value"))
    return _numbered(found)


def _numbered(found: Iterable[Section]) -> list[Section]:
    numbered, first = [], 1
    for section in found:
        numbered.append(replace(section, first=first))
        first += section.changes
    return numbered


def _differing(
    before: contract.Document, after: contract.Document, *, by_meaning: bool
) -> list[str]:
    found = shown.differing(before, after)
    said = contract.differing(before, after) if by_meaning else found
    return [field for field in found if field in said]


def unchanged(
    before: contract.Document, after: contract.Document, *, by_meaning: bool = False
) -> list[str]:
    """Labels of the fields that are the same on both sides and not empty."""
    differing = _differing(before, after, by_meaning=by_meaning)
    same = (f for f in contract.FIELDS if f in after and f not in differing)
    return [str(words.LABELS[field].label) for field in same]


def _section(
    field: str,
    before: contract.Document,
    after: contract.Document,
    *,
    whole: bool,
    opened: Collection[int],
    marked: Collection[int],
) -> Section:
    old, new = shown.plain_text(before, field), shown.plain_text(after, field)
    verdict = contract.compare(_only(before, field), _only(after, field)).verdict
    label = words.LABELS[field]
    if field in shown.SETTINGS and len(old) <= shown.SHORT and len(new) <= shown.SHORT:
        hidden = _hidden(old, new)
        return Section(field, label, "value", verdict, before=old, after=new, hidden=hidden)
    context = None if whole else 3
    diff = kept.difference(old, new, context=context, opened=opened, marked=marked)
    entries = meaning.entries(field, before.get(field), after.get(field))
    return Section(
        field,
        label,
        "text",
        verdict,
        diff=diff,
        length=len(new),
        is_code=not isinstance(after.get(field) or before.get(field), str),
        hidden=_hidden(old, new),
        entries=entries,
        changes=len(entries) or _runs(diff),
    )


def _runs(diff: textdiff.Diff) -> int:
    """How many places change: runs of rows that came or went."""
    return sum(changed for changed, _run in groupby(diff.rows, lambda r: r.kind in ("add", "del")))


def _hidden(old: str, new: str) -> tuple[str, ...]:
    known = markup.hidden_characters(old)
    return tuple(point for point in markup.hidden_characters(new) if point not in known)


def _only(document: contract.Document, field: str) -> contract.Document:
    return {field: document[field]} if field in document else {}


def summary(before: contract.Document, after: contract.Document) -> str:
    """One line: `Instructions +24 −15 words; Creativity 1.0 → 0.4`."""
    return told(shown.facts(before, after))


def told(facts: Iterable[Any]) -> str:
    """The same line from what was kept of a difference (`shown.facts`)."""
    return "; ".join(_phrase(*fact) for fact in facts)


def _phrase(field: str, kind: str, before: Any, after: Any) -> str:
    label = _(words.LABELS[field].label)
    if kind == "words":
        moved = " ".join(f"{sign}{n}" for sign, n in (("+", before), ("−", after)) if n)
        n = 2 if before and after else before or after
        phrase = ngettext("%(label)s %(moved)s word", "%(label)s %(moved)s words", n)
        return phrase % {"label": label, "moved": moved or "±0"}
    if kind == "items":
        said = [_("%(n)s new or changed") % {"n": before}] if before else []
        said += [_("%(n)s removed") % {"n": after}] if after else []
        return f"{label}: {', '.join(said)}"
    if not before or not after:
        text = _("%(label)s set to %(value)s") if after else _("%(label)s emptied")
        is_said = isinstance(after, str) and " " in after  # several words need marks around them
        return text % {"label": label, "value": f"“{after}”" if is_said else after}
    return f"{label} {before} → {after}"
