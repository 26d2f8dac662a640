"""Field by field: what differs between two documents, and how much it matters."""

from __future__ import annotations

import marshal
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from assistants_app.contract import compact, limits
from assistants_app.contract.catalogue import STARTING, default_effort, family
from assistants_app.contract.normal_form import normal_field
from assistants_app.contract.ordered_json import dumps, is_unset
from assistants_app.contract.problems import param

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from assistants_app.contract.catalogue import Catalogue
    from assistants_app.contract.ordered_json import Document
    from assistants_app.contract.problems import Path

Verdict: TypeAlias = Literal["same", "order-only", "newlines-only", "different"]
_WEIGHT: Final[tuple[Verdict, ...]] = ("same", "order-only", "newlines-only", "different")
_ABSENT: Final = object()
_LINE_END: Final = re.compile("\r\n?")
# Lists whose order servers change by themselves (contract.md section 3).
_LOOSE_LISTS: Final = frozenset({"file_ids", "required"})


@dataclass(frozen=True, slots=True)
class Part:
    """One top-level field that is not the same; `before` and `after` as stored, None = unset."""

    path: Path
    verdict: Verdict
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """`verdict` is the heaviest of the parts, which hold only fields that are not the same."""

    verdict: Verdict
    parts: tuple[Part, ...]


def compare(
    before: Document,
    after: Document,
    *,
    fields: Collection[str] = limits.FIELDS,
    catalogue: Catalogue = STARTING,
) -> Comparison:
    """Both documents in normal form, field by field, in canonical order; symmetric.

    order-only: equal but for key order in a schema, or the order of `file_ids` or `required`.
    newlines-only: equal once line ends are folded, and at most such an order besides. `fields`:
    those to look at, for a server that never returns one (`profile.keeps`). An unset effort is the
    default of its model where `catalogue` knows it.
    """
    parts = tuple(
        Part((name,), verdict, before.get(name), after.get(name))
        for name in limits.FIELDS
        if name in fields and (verdict := _verdict(name, before, after, catalogue)) != "same"
    )
    heaviest = max((_WEIGHT.index(part.verdict) for part in parts), default=0)
    return Comparison(_WEIGHT[heaviest], parts)


def same(before: Document, after: Document, field: str, *, catalogue: Catalogue = STARTING) -> bool:
    """Whether one top-level field says the same in both, order within schemas included."""
    return _verdict(field, before, after, catalogue) == "same"


def differing(
    before: Document,
    after: Document,
    *,
    catalogue: Catalogue = STARTING,
    tools: Sequence[bytes] | None = None,
) -> tuple[str, ...]:
    """The fields that `compare` has parts for, in its order, without how much each matters.

    Much quicker where little of a large document moved: of many tools only those are normalised
    whose very text differs, and only up to the first that says something else. `tools`: what
    `packed` gave for the tools of `before`, which then need not hold them.
    """
    return tuple(
        name
        for name in limits.FIELDS
        if not (
            _says_the_same(name, before, after, catalogue)
            if tools is None or name != "tools"
            else _are_these(tools, after.get(name))
        )
    )


def packed(tools: Any) -> tuple[bytes, ...] | None:
    """A list of tools, each by itself as bytes that are quick to compare; None for odd ones."""
    if not isinstance(tools, list | None):
        return None
    try:
        return tuple(marshal.dumps(tool, 2) for tool in tools or [])
    except ValueError:
        return None


def _are_these(tools: Sequence[bytes], after: Any) -> bool:
    if not isinstance(after, list | None) or len(tools) != len(after or []):
        return False
    return all(map(_is_packed, tools, after or []))


def _is_packed(mine: bytes, theirs: Any) -> bool:
    if packed([theirs]) == (mine,):
        return True
    return _is_one_tool(marshal.loads(mine), theirs)  # noqa: S302  # our own bytes


def _says_the_same(name: str, before: Document, after: Document, catalogue: Catalogue) -> bool:
    mine, theirs = before.get(name), after.get(name)
    if name == "reasoning_effort" and _is_one_effort(before, after, catalogue):
        return True
    if name == "tools" and isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_is_one_tool, mine, theirs))
    if _is_as_written(name, before, after):
        return True
    return dumps(_form(name, before)) == dumps(_form(name, after))


def _is_one_tool(mine: Any, theirs: Any) -> bool:
    if mine is theirs or compact.is_same(mine, theirs) or dumps(mine) == dumps(theirs):
        return True
    return dumps(normal_field("tools", [mine])) == dumps(normal_field("tools", [theirs]))


def not_kept(sent: Document, got: Document, *, catalogue: Catalogue = STARTING) -> tuple[str, ...]:
    """The params of `sent` that the server dropped or altered, as `tools[0].function.strict`.

    `sent`: the whole document or a modify body; `got`: the document read back. Normal forms are
    compared, and order alone is not reported. A field that was cleared and came back filled is
    named too, save `reasoning_effort`, whose null means the model's own default. That field is in
    no reference's object: where it did not come back, it is named only for a model that takes none.
    """
    lost: list[str] = []
    for name in limits.FIELDS:
        if name == "reasoning_effort":
            lost += [] if _is_effort_kept(sent, got, catalogue) else [name]
        elif not _is_as_written(name, sent, got):
            lost += map(param, _altered((name,), _form(name, sent), _form(name, got)))
    return tuple(lost)


def _is_effort_kept(sent: Document, got: Document, catalogue: Catalogue) -> bool:
    asked, came = sent.get("reasoning_effort"), got.get("reasoning_effort")
    if asked is None or asked == came:
        return True
    known = family(sent.get("model"), catalogue)
    return came is None and not (known and known.efforts == ())


def _verdict(name: str, before: Document, after: Document, catalogue: Catalogue) -> Verdict:
    if name == "reasoning_effort" and _is_one_effort(before, after, catalogue):
        return "same"
    if _is_as_written(name, before, after):
        return "same"
    mine, theirs = _form(name, before), _form(name, after)
    if dumps(mine) == dumps(theirs):
        return "same"
    if dumps(_loose(mine)) == dumps(_loose(theirs)):
        return "order-only"
    if dumps(_loose(mine, folds=True)) == dumps(_loose(theirs, folds=True)):
        return "newlines-only"
    return "different"


def _is_as_written(name: str, before: Document, after: Document) -> bool:
    """Whether a field has the same text in both, before any normal form."""
    mine, theirs = before.get(name), after.get(name)
    if mine is theirs:
        return True
    if type(mine) is not type(theirs):
        return False
    return bool(mine == theirs) if type(mine) is str else dumps(mine) == dumps(theirs)


def _is_one_effort(before: Document, after: Document, catalogue: Catalogue) -> bool:
    """Whether both think as much, each by its own model; what is not known equals nothing."""
    mine, theirs = (
        doc.get("reasoning_effort") or default_effort(doc, catalogue) for doc in (before, after)
    )
    return bool(mine) and bool(mine == theirs)


def _form(name: str, doc: Document) -> Any:
    value = doc.get(name)
    return None if is_unset(name, value) else normal_field(name, value)


def _loose(value: Any, *, folds: bool = False, key: str = "") -> Any:
    """Keys and loose lists sorted; with `folds`, every line end a line feed."""
    if isinstance(value, dict):
        return {name: _loose(value[name], folds=folds, key=name) for name in sorted(value)}
    if isinstance(value, list):
        items = [_loose(item, folds=folds) for item in value]
        return sorted(items, key=dumps) if key in _LOOSE_LISTS else items
    return _LINE_END.sub("\n", value) if folds and isinstance(value, str) else value


def _altered(path: Path, mine: Any, theirs: Any) -> Iterator[Path]:
    """The smallest parts that differ, in the order of what was sent; keys that came new last."""
    if mine is _ABSENT or theirs is _ABSENT:
        yield path
    elif dumps(mine) == dumps(theirs) or dumps(_loose(mine)) == dumps(_loose(theirs)):
        return
    elif isinstance(mine, dict) and isinstance(theirs, dict):
        for key in dict.fromkeys([*mine, *theirs]):
            yield from _altered((*path, key), mine.get(key, _ABSENT), theirs.get(key, _ABSENT))
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for index, pair in enumerate(zip(mine, theirs, strict=True)):
            yield from _altered((*path, index), *pair)
    else:
        yield path
