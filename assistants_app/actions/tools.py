"""The tools of a Change, one at a time: add, replace, move, duplicate, remove, put back.

A tool is named by its stable key, and by the fingerprint of the text that the person saw: so two
people may work on two tools of one Change at once, and whoever comes second on the same tool is
told. Every verb is one `changes.edit` of the field `tools`, with all that this means: who may, what
a Change in review takes, the digest, who contributed, one audit entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from assistants_app import contract, policies
from assistants_app.actions import changes
from assistants_app.contract import limits, tool_keys
from assistants_app.contract.tools import function_name
from assistants_app.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistants_app.models import Change
    from assistants_app.policies import Actor

REMOVED_MAX: Final = 10  # that can be put back


@dataclass(frozen=True, slots=True)
class Row:
    """One tool of a Change. `index` counts from 0; `fingerprint` is the digest of its text."""

    key: str
    tool: Any
    index: int

    @property
    def fingerprint(self) -> str:
        return tool_keys.fingerprint(self.tool)


@dataclass(frozen=True, slots=True)
class Edited:
    """The Change after a verb, and the keys of the tools it was about (none after a removal)."""

    change: Change
    keys: tuple[str, ...] = ()


def rows(change: Change) -> list[Row]:
    """Its tools in order."""
    found = enumerate(change.keyed_tools())
    return [Row(key, tool, index) for index, (key, tool) in found]


def find(change: Change, key: str) -> Row | None:
    """The one tool of this key."""
    return next((row for row in rows(change) if row.key == key), None)


def names(change: Change) -> list[str]:
    """The names of its functions, in order."""
    found = (function_name(tool) for _, tool in change.keyed_tools())
    return [name for name in found if name is not None]


@transaction.atomic
def add(change: Change, *, actor: Actor, tools: Sequence[Any], at: int | None = None) -> Edited:
    """Put these tools in, as they are, before the one at index `at`; at the end without it.

    Names that exist already are not changed: the checks say so (`free_names` finds others).
    Raises Conflict (`unread`) as all verbs do while the JSON typed for the tools cannot be read.
    """
    held = _read(change, actor)
    keys = [row.key for row in held.rows]
    fresh: list[str] = []
    for tool in tools:
        fresh.append(tool_keys.key_for(tool, {*keys, *fresh}))
    at = len(keys) if at is None else max(0, min(at, len(keys)))
    pairs = held.pairs()
    pairs[at:at] = zip(fresh, tools, strict=True)
    return held.save(pairs, actor, keys=fresh)


@transaction.atomic
def replace(
    change: Change,
    *,
    actor: Actor,
    key: str,
    fingerprint: str,
    tool: Any,
    is_fresh: bool = False,
) -> Edited:
    """Save a tool's new text in its place; it keeps its key, whatever its name is now.

    `is_fresh` as in `changes.edit`.

    Raises Conflict: `stale` when the tool's text is not that of `fingerprint` any more (`row` in
    its data is the tool as it is), `gone` when it was taken out, `change` being the newer Change.
    """
    held = _read(change, actor, is_fresh=is_fresh)
    row = held.seen(key, fingerprint)
    pairs = held.pairs()
    pairs[row.index] = (key, tool)
    return held.save(pairs, actor, keys=[key])


@transaction.atomic
def move(change: Change, *, actor: Actor, key: str, fingerprint: str, by: int) -> Edited:
    """Move a tool by so many places: -1 is up, 1 is down; it stops at the ends of the list.

    Raises Conflict as `replace` does.
    """
    held = _read(change, actor)
    row = held.seen(key, fingerprint)
    pairs = held.pairs()
    pairs.insert(max(0, row.index + by), pairs.pop(row.index))
    return held.save(pairs, actor, keys=[key])


@transaction.atomic
def duplicate(change: Change, *, actor: Actor, key: str, fingerprint: str) -> Edited:
    """Put a copy behind the tool; a function's copy gets a free name. Raises as `replace` does."""
    held = _read(change, actor)
    row = held.seen(key, fingerprint)
    (copy,) = free_names([row.tool], names(held.change))
    pairs = held.pairs()
    fresh = tool_keys.key_for(copy, {key for key, _ in pairs})
    pairs.insert(row.index + 1, (fresh, copy))
    return held.save(pairs, actor, keys=[fresh])


@transaction.atomic
def remove(change: Change, *, actor: Actor, key: str, fingerprint: str) -> Edited:
    """Take a tool out; `restore` puts it back. Raises Conflict as `replace` does."""
    held = _read(change, actor)
    row = held.seen(key, fingerprint)
    removed = _put_aside(row)
    kept = [one for one in removed_of(held.change) if one["key"] != key]
    pairs = held.pairs()
    del pairs[row.index]
    return held.save(pairs, actor, removed=_some([removed, *kept]))


@transaction.atomic
def restore(change: Change, *, actor: Actor, key: str) -> Edited:
    """Put a removed tool back where it was, under its key if that is still free.

    Raises Conflict (`gone`) when it is not among the removed ones any more.
    """
    held = _read(change, actor)
    kept = removed_of(held.change)
    back = next((one for one in kept if one["key"] == key), None)
    if back is None:
        raise Conflict("It cannot be put back any more.", code="gone", change=held.change)
    pairs = held.pairs()
    taken = {key for key, _ in pairs}
    key = key if key not in taken else tool_keys.key_for(back["tool"], taken)
    pairs.insert(min(back["at"], len(pairs)), (key, back["tool"]))
    return held.save(pairs, actor, keys=[key], removed=[one for one in kept if one is not back])


@transaction.atomic
def bring_in(
    change: Change,
    *,
    actor: Actor,
    tools: Sequence[Any],
    instead: Mapping[str, tuple[str, Any]] | None = None,
) -> Edited:
    """Put tools to the end, and others in the place of tools that are here, in one save.

    `instead` maps the key of a tool to its fingerprint and what takes its place. Answers with the
    keys of all of them; `take_back` undoes it. Raises Conflict as `replace` does.
    """
    held = _read(change, actor)
    places = {held.seen(key, seen).index: new for key, (seen, new) in (instead or {}).items()}
    pairs = [(row.key, places.get(row.index, row.tool)) for row in held.rows]
    fresh: list[str] = []
    for tool in tools:
        fresh.append(tool_keys.key_for(tool, {key for key, _ in pairs} | {*fresh}))
    pairs += zip(fresh, tools, strict=True)
    before = [_put_aside(row) for row in held.rows if row.index in places]
    removed = _some([*before, *removed_of(held.change)]) if before else None
    return held.save(pairs, actor, keys=[*(instead or {}), *fresh], removed=removed)


@transaction.atomic
def take_back(
    change: Change, *, actor: Actor, added: Mapping[str, str], replaced: Mapping[str, str]
) -> Edited:
    """Undo a `bring_in`: take these out, and put back what the others took the place of.

    Both map the key of a tool to the fingerprint that it came in with: one that was edited since
    is a Conflict (`stale`), one whose earlier text is not kept any more too (`gone`).
    """
    held = _read(change, actor)
    away = [held.seen(key, seen) for key, seen in added.items()]
    back = {held.seen(key, seen).key: None for key, seen in replaced.items()}
    kept: list[dict[str, Any]] = []
    for one in removed_of(held.change):
        if one["key"] in back and back[one["key"]] is None:
            back[one["key"]] = one["tool"]
        else:
            kept.append(one)
    if None in back.values():
        raise Conflict("It cannot be put back any more.", code="gone", change=held.change)
    left = [row for row in held.rows if row not in away]
    pairs = [(row.key, back.get(row.key, row.tool)) for row in left]
    removed = _some([*(_put_aside(row) for row in away), *kept])
    return held.save(pairs, actor, keys=list(back), removed=removed)


@transaction.atomic
def copy_from(change: Change, *, actor: Actor, tools: Sequence[Any]) -> Edited:
    """`add`, where each function whose name is in use here gets a free one."""
    return add(change, actor=actor, tools=free_names(tools, names(_read(change, actor).change)))


def free_names(tools: Sequence[Any], taken: Sequence[str]) -> list[Any]:
    """The same tools, functions renamed where their name is `taken` or comes twice."""
    used, found = set(taken), []
    for tool in tools:
        name = function_name(tool)
        if name is not None and name in used:
            renamed = tool_keys.free_name(name, used)
            tool = {**tool, "function": {**tool["function"], "name": renamed}}
            name = renamed
        used |= {name} if name else set()
        found.append(tool)
    return found


def removed_of(change: Change) -> list[dict[str, Any]]:
    """The tools taken out last, newest first: `key`, `at` (the index it had), `tool`."""
    return change.removed_tools if isinstance(change.removed_tools, list) else []


def _put_aside(row: Row) -> dict[str, Any]:
    return {"key": row.key, "at": row.index, "tool": row.tool}


def _some(removed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many of the newest as are worth carrying along with every read of the Change."""
    size, kept = 0, list[dict[str, Any]]()
    for one in removed[:REMOVED_MAX]:
        size += len(contract.dumps(one["tool"]).encode())
        if size > limits.JSON_FIELD_BYTES and kept:
            break
        kept.append(one)
    return kept


@dataclass(frozen=True, slots=True)
class _Held:
    """The Change as it is now, within the transaction of the verb."""

    change: Change
    rows: list[Row]

    def pairs(self) -> list[tuple[str, Any]]:
        return [(row.key, row.tool) for row in self.rows]

    def seen(self, key: str, fingerprint: str) -> Row:
        row = next((row for row in self.rows if row.key == key), None)
        if row is None:
            raise Conflict("Someone took this out meanwhile.", code="gone", change=self.change)
        if row.fingerprint != fingerprint:
            raise Conflict(
                "Someone saved a newer text of this since you opened it.",
                change=self.change,
                row=row,
            )
        return row

    def save(
        self,
        pairs: list[tuple[str, Any]],
        actor: Actor,
        *,
        keys: Sequence[str] = (),
        removed: list[dict[str, Any]] | None = None,
    ) -> Edited:
        beside: dict[str, Any] = {"tool_keys": [key for key, _ in pairs] or None}
        if removed is not None:
            beside["removed_tools"] = removed or None
        now = changes.edit(
            self.change,
            actor=actor,
            lock=self.change.lock,
            values={"tools": [tool for _, tool in pairs] or self._none()},
            beside=beside,
            is_fresh=True,
        )
        return Edited(now, tuple(keys))

    def _none(self) -> Any:
        """An empty list as the Change began with it, so that nothing differs by its spelling."""
        base = self.change.base
        return base.tools if base and base.tools == [] else None


def _read(change: Change, actor: Actor, *, is_fresh: bool = False) -> _Held:
    policies.require(actor, "change.write", change.assistant.workspace, on=change)
    now = change if is_fresh else changes.reread(change, is_as_read=True)
    if "tools" in (now.unread or {}) or not isinstance(now.tools, list | None):
        raise Conflict(
            "The JSON of the abilities cannot be read as it stands: mend it first.",
            code="unread",
            change=now,
        )
    return _Held(now, rows(now))
