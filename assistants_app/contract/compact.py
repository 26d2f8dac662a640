"""The quick look at a tree: nearly every document holds nothing odd, and C code can say so.

Whatever the quick look cannot vouch for is looked at value by value (`faults`, `ordered_json`).
"""

from __future__ import annotations

import json
import marshal
from typing import Any, Final

from assistants_app.contract.limits import EXACT_INTEGER, JSON_DEPTH

_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
)
_LONG: Final = b"0" * len(str(EXACT_INTEGER))
_DIGITS: Final = bytes(ord("0") if chr(code).isdigit() else 32 for code in range(128)) + b" " * 128
_SHORT: Final = 4_096  # characters; to count the brackets of a longer text costs more than a walk
_NUL: Final = "\\u0000"
_CONTAINERS: Final = frozenset((dict, list))


def text(tree: Any) -> str | None:
    """The compact JSON text of a tree of Python's own types; None where there is anything else.

    None stands for numbers that keep a spelling, marks of the parser, NaN and infinities, and for
    what is no JSON. Tuples count as lists.
    """
    try:
        # It refuses every subclass, and so each number whose spelling the encoder would lose.
        marshal.dumps(tree)
        return _ENCODER.encode(tree)
    except (TypeError, ValueError, RecursionError):
        return None


def is_same(one: Any, other: Any) -> bool:
    """Whether two trees surely have the same text; False where that takes a closer look."""
    try:
        return marshal.dumps(one, 2) == marshal.dumps(other, 2)
    except ValueError:
        return False


def is_sound(tree: Any, text_: str) -> bool:
    """Whether `faults.find` surely has nothing to say about the tree whose `text` is `text_`.

    False where that takes a closer look: a digit run may stand in a name, an escape in a text.
    """
    if _NUL in text_:
        return False
    try:
        spelled = text_.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return _LONG not in spelled.translate(_DIGITS) and is_flat(tree, text_)


def is_flat(tree: Any, text_: str) -> bool:
    """Whether nothing is nested more than 64 levels; `text_` is any JSON text of the tree."""
    if len(text_) < _SHORT and text_.count("[") + text_.count("{") <= JSON_DEPTH:
        return True
    level = [tree] if type(tree) in _CONTAINERS else []
    for _ in range(JSON_DEPTH):
        if not level:
            return True
        level = [
            child
            for held in level
            for child in (held.values() if type(held) is dict else held)
            if type(child) in _CONTAINERS
        ]
    return not level
