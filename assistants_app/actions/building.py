"""The builder's edits of one schema in a Change: by pointer, with undo and redo.

A schema lies in a holder: a tool, or the reply format. A `Host` knows where, and how to store the
holder; everything else is the same for both. An edit names a node by its pointer and by the
fingerprint of the text that the person saw, so it is taken although others changed other nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.db import transaction
from django.db.models.functions import Length

from assistants_app import contract
from assistants_app.actions import audit, changes, tools
from assistants_app.contract import tool_keys
from assistants_app.contract.references import unescaped
from assistants_app.contract.response_format import kind_of
from assistants_app.errors import Conflict
from assistants_app.models import Change, EditStep
from assistants_app.schema import pointers

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.contract.problems import Path
    from assistants_app.policies import Actor
    from assistants_app.schema.tree import Edited

    Operation = Callable[[Any, Path], Edited]

STEPS_MAX: Final = 100
STEPS_BYTES: Final = 4_194_304  # of texts kept for one place
_SAID_MAX: Final = 200


class Host(Protocol):
    """Where a schema lies. `place` is a word for it within its Change; `at` leads from the holder
    to the schema; `words` is what its rows are called, "inputs" or "fields"."""

    @property
    def place(self) -> str: ...
    @property
    def at(self) -> Path: ...
    @property
    def words(self) -> str: ...
    def read(self, change: Change) -> Any:
        """The holder as it is now. Raises Conflict (`gone`)."""
        ...

    def store(self, change: Change, *, actor: Actor, holder: Any) -> Change:
        """Save the holder over what `read` gave, in the transaction that `change` was read in."""
        ...


@dataclass(frozen=True, slots=True)
class ToolHost:
    """A function of a Change, by its stable key."""

    key: str
    at: Path = ("function", "parameters")
    words: str = "inputs"

    @property
    def place(self) -> str:
        return f"tool:{self.key}"[:80]

    def read(self, change: Change) -> Any:
        row = tools.find(change, self.key)
        if row is None:
            raise Conflict("Someone took this out meanwhile.", code="gone", change=change)
        return row.tool

    def store(self, change: Change, *, actor: Actor, holder: Any) -> Change:
        seen = tool_keys.fingerprint(self.read(change))
        done = tools.replace(
            change, actor=actor, key=self.key, fingerprint=seen, tool=holder, is_fresh=True
        )
        return done.change


@dataclass(frozen=True, slots=True)
class ReplyHost:
    """The fields of a Change's reply format."""

    place: str = "reply"
    at: Path = ("json_schema", "schema")
    words: str = "fields"

    def read(self, change: Change) -> Any:
        if not has_fields(change):
            raise Conflict("Someone took this out meanwhile.", code="gone", change=change)
        return change.response_format

    def store(self, change: Change, *, actor: Actor, holder: Any) -> Change:
        values = {"response_format": holder}
        return changes.edit(change, actor=actor, lock=change.lock, values=values, is_fresh=True)


def has_fields(change: Change) -> bool:
    """Whether the reply has exactly these fields, and rows can show them."""
    value = change.response_format
    if kind_of(value) != "json_schema" or "response_format" in (change.unread or {}):
        return False
    inner = value.get("json_schema")
    return isinstance(inner, dict) and isinstance(inner.get("schema"), dict | None)


@dataclass(frozen=True, slots=True)
class Built:
    """The Change after an edit; `path` is where the node is now; `is_new`: anything changed."""

    change: Change
    path: Path = ()
    is_new: bool = True


def schema_of(host: Host, holder: Any) -> Any:
    """The schema within its holder, None where there is none."""
    for step in host.at:
        if not isinstance(holder, dict):
            return None
        holder = holder.get(step)
    return holder


@transaction.atomic
def edit(
    change: Change,
    *,
    actor: Actor,
    host: Host,
    pointer: str,
    fingerprint: str,
    operation: Operation,
    said: str,
) -> Built:
    """Do `operation` to the node at `pointer` if its text is the one that `fingerprint` is of.

    Raises Conflict (`stale`, `gone`) where it is not, `tree.Refused` where the edit makes no sense,
    and what `changes.edit` raises. An edit that changes nothing stores nothing.
    """
    now = changes.reread(change, is_as_read=True)
    holder = host.read(now)
    schema = schema_of(host, holder)
    try:
        path = pointers.resolve(schema, pointer)
    except pointers.Nowhere:
        raise Conflict("Someone took this out meanwhile.", code="gone", change=now) from None
    if pointers.fingerprint(pointers.at(schema, path)) != fingerprint:
        raise Conflict("Someone saved a newer text of this since you opened it.", change=now)
    edited = operation(schema, path)
    if edited.tree is schema:
        return Built(now, edited.path, is_new=False)
    changed = edited.changed if schema is not None else ()
    full = (*host.at, *changed)
    wanted = pointers.put(holder, host.at, edited.tree)
    return Built(_save(now, actor, host, (holder, wanted), full, said), edited.path)


@transaction.atomic
def replace(
    change: Change,
    *,
    actor: Actor,
    host: Host,
    operation: Callable[[Any], Any],
    said: str,
    fingerprint: str,
    seen: Callable[[Any], str] = tool_keys.fingerprint,
) -> Built:
    """Save what `operation` makes of the holder, as one step.

    `seen` says by what the page knows what it showed: the whole text, or the part it is about.
    Raises Conflict (`stale`, `gone`) and what `changes.edit` raises.
    """
    now = changes.reread(change, is_as_read=True)
    was = host.read(now)
    if seen(was) != fingerprint:
        raise Conflict("Someone saved a newer text of this since you opened it.", change=now)
    holder = operation(was)
    if contract.dumps(was) == contract.dumps(holder):
        return Built(now, is_new=False)
    return Built(_save(now, actor, host, (was, holder), (), said))


@transaction.atomic
def undo(change: Change, *, actor: Actor, host: Host, is_redo: bool = False) -> Built:
    """Take the last step back, or do it once more. Raises Conflict (`no_step`) without one."""
    now = changes.reread(change, is_as_read=True)
    holder = host.read(now)
    step = _next(now, host, holder, is_redo=is_redo)
    if step is None:
        raise Conflict("There is nothing to take back any more.", code="no_step", change=now)
    text = step.after if is_redo else step.before
    path = pointers.resolve(holder, step.pointer.rpartition("/")[0]) if step.pointer else ()
    full = (*path, *_last(step.pointer)) if step.pointer else ()
    if text is None:
        wanted = pointers.without(holder, full)
    else:
        wanted = pointers.put(holder, full, contract.parse(text))
    saved = host.store(now, actor=actor, holder=wanted)
    _mark(step, is_undone=not is_redo)
    return Built(saved, full[len(host.at) :])


@dataclass(frozen=True, slots=True)
class Way:
    """What undo and redo would do now: the words of the steps, "" where there is none."""

    back: str = ""
    forth: str = ""


def way(change: Change, host: Host) -> Way:
    """For the buttons."""
    holder = host.read(change)
    back, forth = (_next(change, host, holder, is_redo=redo) for redo in (False, True))
    return Way(back.said if back else "", forth.said if forth else "")


def _next(change: Change, host: Host, holder: Any, *, is_redo: bool) -> EditStep | None:
    steps = EditStep.objects.filter(change=change, place=host.place, is_undone=is_redo)
    step = steps.order_by("number" if is_redo else "-number").first()
    if step is None:
        return None
    return step if (step.was if is_redo else step.now) == tool_keys.fingerprint(holder) else None


def _last(pointer: str) -> tuple[str]:
    return (unescaped(pointer.rpartition("/")[2]),)


def _save(
    now: Change, actor: Actor, host: Host, holders: tuple[Any, Any], path: Path, said: str
) -> Change:
    saved = host.store(now, actor=actor, holder=holders[1])
    _keep(saved, host, holders, path, said)
    return saved


@audit.bookkeeping
def _mark(step: EditStep, *, is_undone: bool) -> None:
    EditStep.objects.filter(pk=step.pk).update(is_undone=is_undone)


@audit.bookkeeping
def _keep(change: Change, host: Host, holders: tuple[Any, Any], path: Path, said: str) -> None:
    """Note the step; what was undone before cannot be done again, and the oldest make room."""
    steps = EditStep.objects.filter(change=change, place=host.place)
    steps.filter(is_undone=True).delete()
    last = steps.order_by("-number").first()
    was, now = holders
    EditStep.objects.create(
        change=change,
        place=host.place,
        number=last.number + 1 if last else 1,
        said=said[:_SAID_MAX],
        pointer=pointers.spelled(path),
        before=_text(was, path),
        after=_text(now, path),
        was=tool_keys.fingerprint(was),
        now=tool_keys.fingerprint(now),
    )
    size, kept = 0, 0
    lengths = steps.order_by("-number").values_list(Length("before"), Length("after"))
    for before, after in lengths:
        size += (before or 0) + (after or 0)
        if kept >= STEPS_MAX or (size > STEPS_BYTES and kept):
            break
        kept += 1
    newest = steps.order_by("-number").values_list("pk", flat=True)[:kept]
    steps.exclude(pk__in=list(newest)).delete()


def _text(holder: Any, path: Path) -> str | None:
    for step in path:
        if not isinstance(holder, dict | list) or (isinstance(holder, dict) and step not in holder):
            return None
        holder = holder[step]  # type: ignore[index]  # a list's steps are numbers
    return contract.dumps(holder)
