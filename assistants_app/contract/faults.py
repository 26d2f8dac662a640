"""What JSON itself forbids or this product does not carry, found in a tree and named by path.

`parse` and `check` share this walk, since a document can also be built by a form.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import compact
from assistants_app.contract.limits import EXACT_INTEGER, JSON_DEPTH
from assistants_app.contract.problems import shown
from assistants_app.contract.spelling import SpelledFloat
from assistants_app.contract.words import problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistants_app.contract.problems import Path, Problem

_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")
_DEPTH_PATH: Final = 4


class Broken:
    """Stands in a tree for a number that JSON or we refuse; `code`, `kind`, `data` say why."""

    __slots__ = ("code", "data", "kind")

    def __init__(self, code: str, kind: str, **data: Any) -> None:
        self.code, self.kind, self.data = code, kind, data


class Twice(dict[str, Any]):
    """An object with equal keys; `pairs` holds all of them in order."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def is_sound(value: Any, text: str | None = None) -> bool:
    """Whether `find` has nothing to say; `text` is what `compact.text` gives for the value."""
    if text is not None and compact.is_sound(value, text):
        return True
    return _is_sound(value, JSON_DEPTH)


def _is_sound(value: Any, room: int) -> bool:
    kind = type(value)
    if kind is str:
        return _is_sound_text(value)
    if kind is dict:
        return room > 0 and _are_sound(value, room - 1) and _are_sound(value.values(), room - 1)
    if kind is list:
        return room > 0 and _are_sound(value, room - 1)
    if kind is int:
        return abs(int(value)) <= EXACT_INTEGER
    if kind is SpelledFloat or kind is float:
        return math.isfinite(float(value))
    return value is None or kind is bool


def _are_sound(items: Iterable[Any], room: int) -> bool:
    for item in items:
        if type(item) is str:
            if "\0" in item or not (item.isascii() or _is_sound_text(item)):
                return False
        elif not _is_sound(item, room):
            return False
    return True


def find(value: Any, path: Path = ()) -> Iterator[Problem]:
    """Every fault below `value`, in document order; `big_integer` is a warning, the rest errors.

    A nesting beyond 64 levels is named once per place, by the first four steps of its path.
    """
    if isinstance(value, Broken):
        yield problem(path, value.code, value.kind, **value.data)
    elif isinstance(value, str):
        yield from _in_text(value, path)
    elif isinstance(value, dict | list):
        yield from _in_container(value, path)
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield problem(path, "invalid_value", "finite")
    elif isinstance(value, int) and abs(value) > EXACT_INTEGER:
        yield problem(path, "big_integer", level="warning")


def too_deep(path: Path, **place: Any) -> Problem:
    """The problem of a text or tree nested more than 64 levels."""
    return problem(path[:_DEPTH_PATH], "invalid_json", "depth", max=JSON_DEPTH, **place)


def _in_container(value: dict[str, Any] | list[Any], path: Path) -> Iterator[Problem]:
    if len(path) >= JSON_DEPTH:
        yield too_deep(path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from find(item, (*path, index))
    else:
        yield from _in_object(value, path)


def _in_object(value: dict[str, Any], path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for key, item in value.pairs if isinstance(value, Twice) else value.items():
        here = (*path, key)
        if key in seen:
            yield problem(here, "duplicate_key", x=shown(key))
        seen.add(key)
        yield from _in_text(key, here)
        yield from find(item, here)


def _in_text(text: str, path: Path) -> Iterator[Problem]:
    if "\0" in text:
        yield problem(path, "invalid_value", "nul", position=text.index("\0") + 1)
    if not text.isascii() and (half := _HALF_PAIR.search(text)):
        yield problem(path, "invalid_value", "half_pair", position=half.start() + 1)


def _is_sound_text(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not _HALF_PAIR.search(text))
