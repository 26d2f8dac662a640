"""What is wrong or doubtful in one schema, with its fixes: ux.md section 6.4.

The inputs of a function and the fields of a reply are judged alike; where they lie and what they
are called is the `Subject`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assistants_app import contract
from assistants_app.schema import fixes, pointers
from assistants_app.views import builder_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.contract.problems import Level, Path, Problem
    from assistants_app.schema.fixes import Advice

_ORDER: Final = {"error": 0, "warning": 1, "hint": 2}
_TOGETHER: Final = ("required", "additional")
# kind of a problem → the fix that mends it; what strict does not know is mended by "exact".
_FIX_OF: Final = {
    "required": "required",
    "additional": "additional",
    "extra": "extra",
    "required.unknown": "extra",
    "items": "items",
    "no_items": "items",
    "dangling": "follow",
    "ref.nowhere": "follow",
    "root": "root",
    "root_choice": "root",
    "keyword": "exact",
    "siblings": "exact",
    "format": "exact",
    "untyped": "",
}
_ACTIONS: Final = {
    "required": gettext_lazy("Require them"),
    "additional": gettext_lazy("Rule them out"),
    "extra": gettext_lazy("Do not require it"),
    "items": gettext_lazy("Make it a list of texts"),
    "follow": gettext_lazy("Use its new name"),
    "root": gettext_lazy("Make it a group"),
    "exact": gettext_lazy("Look at the changes…"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A schema within a document: `root` leads to its holder and `at` from there to the schema.

    What is said of the holder but not of the schema is mended at `other_url`.
    """

    document: Any
    root: Path
    at: Path
    page_url: str
    other_url: str
    words: str = "inputs"

    @property
    def path(self) -> Path:
        return (*self.root, *self.at)

    @property
    def schema(self) -> Any:
        found = pointers.at(self.document, self.root)
        for step in self.at:
            found = found.get(step)
        return found

    def holds(self, path: Path) -> bool:
        return path[: len(self.path)] == self.path

    def within(self, path: Path) -> Path:
        """The same place, seen from the holder."""
        return path[len(self.root) :]

    def url(self, path: Path) -> str:
        """The row that a problem is in, open."""
        if not self.holds(path):
            return self.other_url
        return builder_rows.row_address(self.page_url, path[len(self.path) :])

    def place(self, path: Path) -> str:
        """Where it is in words, without the name of the function, which the page has."""
        said = contract.in_words(path, self.document, _)
        return said.partition(", ")[2] if path[:1] == ("tools",) else said


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what is wrong, why it matters, where it is, and what mends it."""

    level: Level
    text: str
    detail: str = ""
    url: str = ""
    rule: str = ""
    action: str = ""
    path: Path = ()
    is_shown_first: bool = False  # the fix shows its changes before they are taken


@dataclass(frozen=True, slots=True)
class Checks:
    """All lines of one function, those that block first."""

    lines: list[Check]
    fine: list[str]
    names: list[str]

    @property
    def to_fix(self) -> int:
        return sum(line.level != "hint" for line in self.lines)

    @property
    def fixable(self) -> int:
        return len([line for line in self.lines if line.rule and line.level != "hint"])

    @property
    def warned(self) -> list[Path]:
        """The places in the tool that something blocking is said of."""
        return [line.path for line in self.lines if line.level != "hint" and line.path]


def lines(found: Iterable[Problem], subject: Subject) -> list[Check]:
    """What the contract says of the holder, and the advice that no server gives; as it comes."""
    found = list(found)
    told = [*_together(found, subject), *_lines(found, subject)]
    known = {line.path for line in told}
    advice = _advice(fixes.advice(subject.schema), subject)
    return told + [one for one in advice if one.path not in known or one.level == "hint"]


def sort(told: list[Check]) -> list[Check]:
    """Those that block first."""
    return sorted(told, key=lambda line: _ORDER[line.level])


def _together(found: Iterable[Problem], subject: Subject) -> list[Check]:
    """The two that strict asks of every group, each in one line."""
    lines = []
    for kind in _TOGETHER:
        places = [p for p in found if p.data.get("kind") == kind and subject.holds(p.path)]
        if not places:
            continue
        names = [name for p in places for name in p.data.get("names", ())]
        lines.append(
            Check(
                level=places[0].level,
                text=_required(names)
                if kind == "required"
                else _additional(len(places), subject.words),
                detail=_("They can still be left empty: “or nothing” (null) is added.")
                if kind == "required"
                else _("Following them exactly asks for that in every group."),
                url=subject.url(places[0].path),
                rule=kind,
                action=str(_ACTIONS[kind]),
                path=subject.within(places[0].path),
            )
        )
    return lines


def _required(names: list[str]) -> str:
    told = ", ".join(f"“{name}”" for name in names[:4])
    if len(names) > 4:
        told = _("%(names)s and %(n)s more") % {"names": told, "n": len(names) - 4}
    text = ngettext("%(names)s must be required", "%(names)s must be required", len(names))
    return text % {"names": told}


def _additional(places: int, words: str) -> str:
    if words == "fields":
        text = ngettext(
            "Extra fields are not ruled out (%(n)s place)",
            "Extra fields are not ruled out (%(n)s places)",
            places,
        )
        return text % {"n": places}
    text = ngettext(
        "Extra inputs are not ruled out (%(n)s place)",
        "Extra inputs are not ruled out (%(n)s places)",
        places,
    )
    return text % {"n": places}


def _lines(found: Iterable[Problem], subject: Subject) -> list[Check]:
    told = []
    for problem in found:
        kind = problem.data.get("kind", "")
        is_schema = subject.holds(problem.path)
        if is_schema and kind in _TOGETHER:
            continue
        place, said = subject.place(problem.path), contract.plain(problem, _)
        line = Check(
            level=problem.level,
            text=f"{place}: {said}" if place else said,
            url=subject.url(problem.path),
            path=subject.within(problem.path),
        )
        if is_schema and (rule := _rule(kind, subject)):
            line = replace(
                line, rule=rule, action=str(_ACTIONS[rule]), is_shown_first=rule == "exact"
            )
        told.append(line)
    return told


def _rule(kind: str, subject: Subject) -> str:
    """The fix that mends it; where a shape lies that has another name now is not always clear."""
    rule = _FIX_OF.get(kind, "")
    if rule == "follow" and fixes.follow(subject.schema) is subject.schema:
        return ""
    return rule


def refused(problem: Problem, subject: Subject) -> Check:
    """The server's words beside ours, and the fix that mends the same where the checks find it."""
    ours, theirs = contract.plain(problem, _), problem.message
    kind = problem.data.get("kind", "")
    rule = _rule(kind, subject) if subject.holds(problem.path) else ""
    own = _("In the server's own words: %(words)s") % {"words": theirs}
    return Check(
        "error",
        _("The server refused this: %(words)s") % {"words": ours},
        detail=own if theirs != ours else "",
        url=subject.url(problem.path),
        rule=rule,
        action=str(_ACTIONS[rule]) if rule else "",
        path=subject.within(problem.path),
        is_shown_first=rule == "exact",
    )


def _advice(found: Iterable[Advice], subject: Subject) -> list[Check]:
    """A line for each; of many rows without an explanation one, which opens the first."""
    found = list(found)
    bare = [one for one in found if one.rule == "desc.missing"]
    if len(bare) < 3:
        return [_advised(one, subject) for one in found]
    told = ", ".join(f"“{one.name}”" for one in bare[:4])
    if len(bare) > 4:
        told = _("%(names)s and %(n)s more") % {"names": told, "n": len(bare) - 4}
    first = replace(
        _advised(bare[0], subject), text=_("%(names)s have no explanation.") % {"names": told}
    )
    others = [one for one in found if one.rule != "desc.missing"]
    return [*(_advised(one, subject) for one in others), first]


def _advised(one: Advice, subject: Subject) -> Check:
    text = _(fixes.ADVICE[one.rule]).format(name=one.name)
    rule = _rule(one.rule, subject)
    is_hint = one.rule == "desc.missing"
    return Check(
        "hint" if is_hint else "warning",
        text,
        detail=_("What is explained is filled in better.") if is_hint else "",
        url=subject.url((*subject.path, *one.path)),
        rule=rule,
        action=str(_ACTIONS[rule]) if rule else "",
        path=(*subject.at, *one.path),
    )
