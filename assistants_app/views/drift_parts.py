"""Three texts prepared for their page: each part in three columns, with what was chosen so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from assistants_app import contract, textdiff
from assistants_app.contract.words import LABELS
from assistants_app.textdiff.inline import inline
from assistants_app.views import meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistants_app.actions.drift import Drift
    from assistants_app.actions.merging_parts import Choice, Part, Picks
    from assistants_app.contract.words import Label
    from assistants_app.textdiff import Row
    from assistants_app.textdiff.merging import Side

Place = Literal["base", "ours", "theirs"]
LONG, TALL = 400, 8  # characters and lines from which a text is shown as a difference
CHOICE = "pick-"  # before the key of a choice in the form


@dataclass(frozen=True, slots=True)
class Cell:
    """One text of a column: as it is, or as a difference from what was last in common."""

    text: str = ""
    rows: tuple[Row, ...] = ()
    is_same: bool = False
    is_set: bool = True


@dataclass(frozen=True, slots=True)
class Wording:
    """What a page calls the three texts and its two sides; the columns in the order they stand.

    `live`: the side that is live now, against which a merged text is shown. `missing` stands in the
    first column where the texts were never the same.
    """

    columns: tuple[tuple[Place, str], ...]
    keep: str
    take: str
    overlap: str
    only: Mapping[str, str]  # side → who alone changed a part
    further: Mapping[str, Any]  # side → how many lines it alone changed besides
    live: Side
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One of the three texts under its name."""

    name: str
    cell: Cell
    is_chosen: bool
    missing: str


@dataclass(frozen=True, slots=True)
class Meant:
    """What a side changed, in people's words: each entry with a name of its own on the page."""

    name: str
    entries: tuple[tuple[str, meaning.Entry], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One choice: its three texts, where it stands and which side it is on. `meant`: what the sides
    changed of abilities, the reply format, labels and resources, whose texts are JSON.
    """

    choice: Choice
    side: Side
    base: Cell
    ours: Cell
    theirs: Cell
    words: Wording
    lines: str = ""
    meant: tuple[Meant, ...] = ()

    @property
    def columns(self) -> list[Column]:
        """As they stand beside each other."""
        return [
            Column(
                name=name,
                cell=getattr(self, place),
                is_chosen=place == self.side,
                missing=self.words.missing if place == "base" else "",
            )
            for place, name in self.words.columns
        ]

    @property
    def name(self) -> str:
        return f"{CHOICE}{self.choice.key}"


@dataclass(frozen=True, slots=True)
class ShownPart:
    """One part: what is to be decided in the open, what only one side changed may be folded."""

    part: Part
    label: Label
    words: Wording
    outcome: str
    open: list[Shown]
    folded: list[Shown]
    folded_as: str
    is_overlap: bool
    is_code: bool
    result: textdiff.Diff | None

    @property
    def whose(self) -> str:
        """Who changed it, where nobody has to choose."""
        return self.words.only.get(self.part.kind) or _("Changed on both sides, in different lines")


def picks(posted: Mapping[str, str]) -> Picks:
    """The choices that a form carries; whatever else it says is no choice."""
    found: Picks = {}
    for name, side in posted.items():
        if name.startswith(CHOICE) and side in ("ours", "theirs"):
            found[name.removeprefix(CHOICE)] = "ours" if side == "ours" else "theirs"
    return found


def wording(found: Drift, *, common: int | None, live: int | None) -> Wording:
    """The words for what upstream holds; the numbers are those of Versions, where there is one."""
    last = _("Last in common (v%(n)s)") % {"n": common} if common else _("Last in common")
    here = _("Here (v%(n)s, live)") % {"n": live} if live else _("Here")
    return Wording(
        columns=(("base", last), ("ours", here), ("theirs", _("Upstream"))),
        keep=_("Keep ours"),
        take=_("Take theirs"),
        overlap=_("Changed on both sides") if found.base is not None else _("Differs"),
        only={"ours": _("Changed here only"), "theirs": _("Changed upstream only")},
        further={
            "ours": ngettext_lazy(
                "%(n)s further line changed only here",
                "%(n)s further lines changed only here",
                "n",
            ),
            "theirs": ngettext_lazy(
                "%(n)s further line changed only upstream",
                "%(n)s further lines changed only upstream",
                "n",
            ),
        },
        live="ours",
        missing="" if found.base is not None else _("Never seen in agreement"),
    )


def shown(parts: Iterable[Part], chosen: Picks, words: Wording) -> list[ShownPart]:
    """Every part, as it stands with these choices."""
    return [part(one, chosen, words) for one in parts]


def part(one: Part, chosen: Picks, words: Wording) -> ShownPart:
    """One part by itself: what a choice in it redraws."""
    choices = [_shown(one, choice, chosen, words) for choice in one.choices]
    is_overlap = any(choice.kind == "overlap" for choice in one.choices)
    folds = bool(one.blocks) and is_overlap
    aside = [s for s in choices if folds and s.choice.kind != "overlap"]
    return ShownPart(
        part=one,
        label=LABELS[one.field],
        words=words,
        outcome=one.outcome(chosen),
        open=[s for s in choices if s not in aside],
        folded=aside,
        folded_as=_aside(aside, words),
        is_overlap=is_overlap,
        is_code=not isinstance(one.ours or one.theirs, str),
        result=_result(one, chosen, words),
    )


def _shown(one: Part, choice: Choice, chosen: Picks, words: Wording) -> Shown:
    side = chosen.get(choice.key, choice.proposed)
    block = choice.block
    if block is None:
        texts = [_text(value) for value in (one.base, one.ours, one.theirs)]
        if one.kind == "theirs":  # ours means the same as before, however it is written
            texts[1] = texts[1] or texts[0]
        if one.kind == "ours":
            texts[2] = texts[2] or texts[0]
        return Shown(choice, side, *_cells(*texts), words, meant=_meant(one, choice, words))
    cells = _cells(block.text("base"), block.text("ours"), block.text("theirs"))
    return Shown(choice, side, *cells, words, lines=_lines(block.first, len(block.base)))


def _meant(one: Part, choice: Choice, words: Wording) -> tuple[Meant, ...]:
    """What whoever changed it changed since they agreed; where they never did, what differs."""
    names = dict(words.columns)
    changed: list[tuple[Side, Any, Any]]
    changed = [("ours", one.base, one.ours), ("theirs", one.base, one.theirs)]
    if words.missing:
        changed = [("theirs", one.ours, one.theirs)]
    found = []
    for place, before, after in changed:
        entries = meaning.entries(one.field, before, after)
        if entries and (words.missing or one.kind in (place, "overlap")):
            rows = ((f"{choice.key}-{place}-{n}", entry) for n, entry in enumerate(entries))
            found.append(Meant(names[place], tuple(rows)))
    return tuple(found)


def _lines(first: int, count: int) -> str:
    if not count:
        return _("After line %(n)s") % {"n": first - 1} if first > 1 else _("At the beginning")
    if count == 1:
        return _("Line %(n)s") % {"n": first}
    return _("Lines %(first)s to %(last)s") % {"first": first, "last": first + count - 1}


def _aside(choices: list[Shown], words: Wording) -> str:
    """`6 further lines changed only upstream: taken`; one phrase for each side."""
    told = []
    for kind in ("theirs", "ours"):
        mine = [one for one in choices if one.choice.kind == kind]
        if mine:
            further = words.further[kind] % {"n": sum(_size(one) for one in mine)}
            told.append(f"{further}: {_sides({one.side for one in mine})}")
    return "; ".join(told)


def _size(one: Shown) -> int:
    block = one.choice.block
    return max(len(block.base), len(block.ours), len(block.theirs)) if block else 1


def _sides(sides: set[Any]) -> str:
    if len(sides) > 1:
        return _("some taken, some kept")
    return _("taken") if sides == {"theirs"} else _("kept")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else contract.dumps(value, indent=2)


def _cells(base: str, ours: str, theirs: str) -> tuple[Cell, Cell, Cell]:
    first = Cell(_cut(base), is_set=bool(base))
    return first, _cell(base, ours), _cell(base, theirs)


def _cell(base: str, text: str) -> Cell:
    if text == base:
        return Cell(_cut(text), is_same=True, is_set=bool(text))
    if not text or not base:
        return Cell(_cut(text), is_set=bool(text))
    is_long = max(map(len, (base, text))) > LONG or max(map(_height, (base, text))) > TALL
    is_text = " " in text.strip() or "\n" in text
    if is_long or is_text:
        rows = textdiff.difference(base, text, context=1 if is_long else None).rows
        return Cell(rows=tuple(inline(rows)))
    return Cell(text)


def _height(text: str) -> int:
    return text.count("\n") + 1


def _cut(text: str) -> str:
    """The beginning of a long text: what differs stands in the columns beside it."""
    lines = text.splitlines()
    if len(text) <= LONG and len(lines) <= TALL:
        return text
    return "\n".join(lines[:TALL])[:LONG].rstrip() + " …"


def _result(one: Part, chosen: Picks, words: Wording) -> textdiff.Diff | None:
    """What a text that is merged becomes, against what is live."""
    live = one.ours if words.live == "ours" else one.theirs
    if len(one.choices) < 2 or not isinstance(live, str):
        return None
    return textdiff.difference(live, one.value(chosen))


def heading(found: Drift) -> str:
    """`2 parts changed upstream; 1 of them was also changed here.`"""
    there = sum(one.kind != "ours" for one in found.parts)
    both = sum(one.kind == "overlap" for one in found.parts)
    here = sum(one.kind == "ours" for one in found.parts)
    text = ngettext("%(n)s part changed upstream", "%(n)s parts changed upstream", there) % {
        "n": there
    }
    if both and found.base is None:
        return _("%(changed)s; it was never seen in agreement, so each one is shown.") % {
            "changed": text
        }
    if both:
        also = ngettext(
            "%(n)s of them was also changed here", "%(n)s of them were also changed here", both
        )
        text = f"{text}; {also % {'n': both}}"
    if here:
        only = ngettext("%(n)s part changed only here", "%(n)s parts changed only here", here)
        text = f"{text}; {only % {'n': here}}"
    return f"{text}."


def result(found: Drift, chosen: Picks) -> dict[str, Any]:
    """`1 taken, 1 kept`, and what saving it will mean."""
    return {
        "told": told(found.parts, chosen),
        "is_ours": found.equals("ours", chosen),
        "is_theirs": found.equals("theirs", chosen),
    }


def told(parts: Iterable[Part], chosen: Picks) -> str:
    """`1 taken, 1 kept`."""
    outcomes = [one.outcome(chosen) for one in parts]
    texts = {"taken": _("%(n)s taken"), "merged": _("%(n)s merged"), "kept": _("%(n)s kept")}
    counted = ((outcomes.count(outcome), text) for outcome, text in texts.items())  # type: ignore[arg-type]
    return ", ".join(text % {"n": n} for n, text in counted if n)
