"""Three documents part by part: who changed what, what is proposed, what becomes of it.

`base` is the last text in common, `ours` the side that an overlap stays on, `theirs` the other one.
Nothing is decided here: every part holds its choices, each with a side proposed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from assistants_app import contract
from assistants_app.textdiff import merging

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_app.textdiff.merging import Block, Side

Kind = Literal["ours", "theirs", "overlap"]
Picks = dict[str, "Side"]  # key of a choice → the side that was chosen
BY_LINES = ("instructions",)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: a whole part, or lines of a text. `key` names exactly this content."""

    key: str
    kind: Kind
    proposed: Side
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One field that is not the same on both sides. ours, theirs: who changed it since `base`."""

    field: str
    kind: Kind
    base: Any
    ours: Any
    theirs: Any
    choices: tuple[Choice, ...]
    blocks: tuple[Block, ...] = ()

    def value(self, picks: Mapping[str, Side]) -> Any:
        """What becomes of the field; what nobody chose is as proposed."""
        sides = [picks.get(choice.key, choice.proposed) for choice in self.choices]
        if not self.blocks:
            return self.theirs if sides[0] == "theirs" else self.ours
        places = [self.blocks.index(choice.block) for choice in self.choices if choice.block]
        return merging.result(self.blocks, dict(zip(places, sides, strict=True)))

    def outcome(self, picks: Mapping[str, Side]) -> Literal["kept", "taken", "merged"]:
        """Ours as a whole, theirs as a whole, or some of both."""
        sides = {picks.get(choice.key, choice.proposed) for choice in self.choices}
        if len(sides) > 1:
            return "merged"
        return "taken" if sides == {"theirs"} else "kept"


def part(field: str, kind: Kind, base: Any, ours: Any, theirs: Any) -> Part:
    """One part with its choices: by lines where all three are long texts, else as a whole."""
    if field in BY_LINES and all(isinstance(text, str) and text for text in (base, ours, theirs)):
        blocks = merging.merge(base, ours, theirs)
        return Part(field, kind, base, ours, theirs, tuple(_by_lines(field, blocks)), blocks)
    texts = [contract.dumps(value) for value in (base, ours, theirs)]
    side: Side = "theirs" if kind == "theirs" else "ours"
    whole = Choice(f"{field}-{name(*texts)}", kind, side)
    return Part(field, kind, base, ours, theirs, (whole,))


def _by_lines(field: str, blocks: tuple[Block, ...]) -> Iterator[Choice]:
    for block in blocks:
        if block.kind in ("ours", "theirs", "overlap"):
            texts = [block.text(side) for side in ("base", "ours", "theirs")]
            key = name(str(block.first), *texts)
            yield Choice(f"{field}-{key}", block.kind, block.proposed, block)


def name(*texts: str) -> str:
    """A short name of exactly these texts."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
