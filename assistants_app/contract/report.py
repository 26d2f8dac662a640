"""Collecting Problems while a document is checked: one method per kind of value."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import limits, words
from assistants_app.contract.problems import shown
from assistants_app.contract.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistants_app.contract.problems import Level, Path, Problem
    from assistants_app.contract.profiles import Profile

_EXPECTED: Final = {
    "text": "a string",
    "a number": "a decimal",
    "a whole number": "an integer",
    "true or false": "a boolean",
    "a list": "an array",
    "an object": "an object",
    "text or an object": "one of a string or an object",
}
_FOUND: Final = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
)


@dataclass(frozen=True, slots=True)
class Op:
    """What an operation asks of a document.

    `needs_model`: a create. `is_served`: a request to our own `/v1`, where the lints of contract.md
    section 6 do not apply. `when_full`: the level of `metadata_full`, None = not asked; an import
    with 16 pairs is accepted, since its safe creation starts switched off.
    """

    needs_model: bool
    is_served: bool = False
    when_full: Level | None = None


@dataclass(slots=True)
class Report:
    """The findings of one check. Methods that judge a value answer whether its type was right.

    `model`: the document's own, "" where it names none. `usual`: the indices of the tools in which
    there surely is nothing to find (`usual.is_usual`). `is_broken`: the walk over the tree found
    errors (`faults.find`). `schema_budget`: how many bytes of schemas may still be searched for
    every fault; beyond it one warning stands for all.
    """

    op: Op
    profile: Profile
    model: str = ""
    usual: frozenset[int] = frozenset()
    is_broken: bool = False
    schema_budget: int = 131_072
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether nothing more is kept: 500 findings are enough for anyone."""
        return len(self.problems) >= limits.PROBLEMS_MAX

    @property
    def lints(self) -> bool:
        """Whether the rules of contract.md section 6 apply."""
        return not self.op.is_served

    def add(
        self, path: Path, code: str, kind: str = "", level: Level = "error", **data: Any
    ) -> None:
        """Note one problem, unless the report is full."""
        if not self.is_full:
            self.problems.append(words.problem(path, code, kind, level, **data))

    def take(self, found: Iterable[Problem]) -> None:
        """Note what the walk over the tree found; the lints among it do not bind `/v1`."""
        room = limits.PROBLEMS_MAX - len(self.problems)
        heard = (one for one in found if one.level == "error" or self.lints)
        self.problems += dict.fromkeys(islice(heard, room))
        self.is_broken = any(one.level == "error" for one in self.problems)

    def missing(self, path: Path, **data: Any) -> None:
        self.add(path, "missing_required_parameter", **data)

    def is_object(self, path: Path, value: Any) -> bool:
        return self._is(dict, path, value, "an object")

    def is_list(self, path: Path, value: Any, most: int, things: str) -> bool:
        """Also its length; `things` is the plural that the plain words use."""
        if not self._is(list, path, value, "a list"):
            return False
        if len(value) > most:
            self.add(path, "array_above_max_length", n=len(value), max=most, things=things)
        return True

    def is_text(self, path: Path, value: Any, most: int | None = None) -> bool:
        if not self._is(str, path, value, "text"):
            return False
        if most is not None and len(value) > most:
            self.add(path, "string_above_max_length", n=len(value), max=most)
        return True

    def is_filled(self, path: Path, value: Any, most: int | None = None) -> bool:
        """Like `is_text`, and an empty text is a problem."""
        if self.is_text(path, value, most) and not value:
            self.add(path, "string_below_min_length")
        return isinstance(value, str)

    def is_name(self, path: Path, value: Any) -> bool:
        """The name of a function or of a reply format: 1..64 of `[a-zA-Z0-9_-]`."""
        if not self.is_filled(path, value, limits.FUNCTION_NAME_MAX):
            return False
        if value and not limits.NAME_CHARACTERS.match(value):
            self.add(path, "invalid_value", "characters", pattern=limits.NAME_PATTERN)
        return True

    def is_choice(self, path: Path, value: Any, choices: Sequence[str]) -> bool:
        if self.is_text(path, value) and value not in choices:
            self.add(path, "invalid_value", "choice", found=shown(value), choices=tuple(choices))
        return isinstance(value, str)

    def is_flag(self, path: Path, value: Any) -> bool:
        return self._is(bool, path, value, "true or false")

    def is_integer(self, path: Path, value: Any, bounds: tuple[int, int]) -> bool:
        if isinstance(value, bool) or not isinstance(value, int):
            return self.wrong_type(path, value, "a whole number")
        self._within(path, value, bounds, "integer")
        return True

    def is_number(self, path: Path, value: Any, bounds: tuple[int, int]) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.wrong_type(path, value, "a number")
        # NaN and infinities, which only a form can bring, are named by the walk over the tree.
        if isinstance(value, int) or math.isfinite(value):
            self._within(path, value, bounds, "decimal")
        return True

    def wrong_type(self, path: Path, value: Any, wanted: str) -> bool:
        """Note `invalid_type`; always False."""
        found = type_words(value)
        self.add(path, "invalid_type", wanted=wanted, expected=_EXPECTED[wanted], found=found)
        return False

    def _is(self, kind: type, path: Path, value: Any, wanted: str) -> bool:
        return isinstance(value, kind) or self.wrong_type(path, value, wanted)

    def _within(self, path: Path, value: float, bounds: tuple[int, int], kind: str) -> None:
        low, high = bounds
        if low <= value <= high:
            return
        code = f"{kind}_below_min_value" if value < low else f"{kind}_above_max_value"
        self.add(path, code, a=low, b=high, found=shown(spelled(value)))


def not_an_object(value: Any) -> Problem:
    """The problem of a whole document that is no object."""
    found = type_words(value)
    return words.problem((), "invalid_type", wanted="an object", expected="an object", found=found)


def type_words(value: Any) -> str:
    """What a value is, in the API's words: "a string", "an array", "null"."""
    if value is None:
        return "null"
    return next((name for kind, name in _FOUND if isinstance(value, kind)), "no JSON value")
