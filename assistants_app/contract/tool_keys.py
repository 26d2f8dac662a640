"""Stable keys of tools: a tool has no id of its own, so a Change keeps a key beside each.

A key is made of the text that the tool had when it first came in. So the same list always gets the
same keys, a tool that is put back gets its own again, and nothing has to be counted.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract.limits import FUNCTION_NAME_MAX
from assistants_app.contract.ordered_json import digest, dumps
from assistants_app.contract.tools import function_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Sequence

_LENGTH: Final = 10  # of a key
_SEEN: Final = 16  # of a fingerprint


def fingerprint(tool: Any) -> str:
    """The head of the digest of a tool's own text: another as soon as anything in the tool is.

    Long enough to tell two texts of one tool apart, short enough to stand at 128 rows.
    """
    return digest(dumps(tool))[:_SEEN]


def key_for(tool: Any, taken: Collection[str]) -> str:
    """The key of a tool that is new among those `taken`: letters and digits, perhaps `-2`."""
    return _free(fingerprint(tool)[:_LENGTH], taken)


def keys_for(tools: Sequence[Any]) -> list[str]:
    """The keys of a list that has none yet, in its order."""
    return reconcile([], [], tools)


def reconcile(before: Sequence[Any], keys: Sequence[str], after: Sequence[Any]) -> list[str]:
    """The keys of `after`, a list that came of `before` (with these `keys`) in ways unknown.

    Equal tools keep their keys, in their order where there are several; then functions of one name
    and tools of one other type; whatever is left gets a new key. No key occurs twice.
    """
    found: list[str | None] = [None] * len(after)
    left = list(zip(before, keys, strict=True))
    for trait in (dumps, _identity):
        left = _hand_on(trait, left, after, found)
    given = {key for key in found if key}
    for index, tool in enumerate(after):
        if found[index] is None:
            found[index] = key = key_for(tool, given)
            given.add(key)
    return [key for key in found if key is not None]


def _hand_on(
    trait: Callable[[Any], Hashable],
    left: Iterable[tuple[Any, str]],
    after: Sequence[Any],
    found: list[str | None],
) -> list[tuple[Any, str]]:
    """Give keys to tools of the same trait; what nobody took comes back."""
    waiting: dict[Hashable, deque[tuple[Any, str]]] = defaultdict(deque)
    for pair in left:
        waiting[trait(pair[0])].append(pair)
    for index, tool in enumerate(after):
        if found[index] is None and (held := trait(tool)) is not None and waiting.get(held):
            found[index] = waiting[held].popleft()[1]
    return [pair for pairs in waiting.values() for pair in pairs]


def _identity(tool: Any) -> Hashable:
    """What a tool is known by when its text changed; None for what has no name and no type."""
    if (name := function_name(tool)) is not None:
        return "function", name
    kind = tool.get("type") if isinstance(tool, dict) else None
    return ("type", kind) if isinstance(kind, str) and kind != "function" else None


def free_name(name: str, taken: Collection[str]) -> str:
    """A function name that is not among those `taken`: with `_2` behind, within the limit."""
    return free(name, taken, lambda n: _numbered(name, n))


def free(name: str, taken: Collection[str], numbered: Callable[[int], str]) -> str:
    """The name, or with a number that makes it another than those `taken`: mostly the first such.

    Thousands of one name are numbered in steps that double and then halve.
    """
    if name not in taken:
        return name
    low, high = 1, 2  # `low` is taken, `high` is free
    while numbered(high) in taken:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if numbered(middle) in taken else (low, middle)
    return numbered(high)


def _numbered(name: str, number: int) -> str:
    tail = f"_{number}"
    return name[: FUNCTION_NAME_MAX - len(tail)] + tail


def _free(key: str, taken: Collection[str]) -> str:
    return free(key, taken, lambda n: f"{key}-{n}")
