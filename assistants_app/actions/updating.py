"""Update: a Change that began from an older Version is brought up to the one that is live now.

Three documents are compared part by part: where it began, what is live, what the Change proposes.
What one side changed alone is followed; where both did, the Change keeps its own text unless a
person takes the live one. So nothing that was written is lost by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from assistants_app import contract, policies
from assistants_app.actions import assistants, audit, changes, merging_parts
from assistants_app.errors import Conflict
from assistants_app.models import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_app.actions.merging_parts import Kind, Part
    from assistants_app.models import Version
    from assistants_app.policies import Actor
    from assistants_app.textdiff.merging import Side

# Line ends that alone differ are nothing to choose; the order of keys is content (ux.md 1.5).
_SHOWN = ("different", "order-only")


@dataclass(frozen=True, slots=True)
class Update:
    """All parts that differ between the proposal and what is live. `seen` names this very state.

    In each part `ours` is the proposal and `theirs` what is live.
    """

    parts: tuple[Part, ...]
    base: contract.Document
    live: contract.Document
    mine: contract.Document
    seen: str = ""

    def document(self, picks: Mapping[str, Side]) -> contract.Document:
        """The proposal as it stands on what is live; what nobody chose is as proposed."""
        alike = {field: self.live.get(field) for field in contract.FIELDS if self._is_left(field)}
        chosen = {part.field: part.value(picks) for part in self.parts}
        return contract.merge(self.mine, alike | chosen)

    def _is_left(self, field: str) -> bool:
        """Nobody touched it in the Change, so it is spelled as it is live."""
        return _text(self.mine, field) == _text(self.base, field)

    @property
    def overlaps(self) -> int:
        """In how many parts somebody may want to choose."""
        return sum(any(one.kind == "overlap" for one in part.choices) for part in self.parts)

    def is_live(self, picks: Mapping[str, Side]) -> bool:
        """Whether the result says exactly what is live already."""
        return contract.compare(self.document(picks), self.live).verdict == "same"


def of(change: Change) -> Update | None:
    """What updating this Change means; None where it is over or not out of date."""
    live = change.assistant.live_version
    if live is None or not change.is_outdated:
        return None
    base = change.base.document() if change.base else {}
    found = compared(base, live.document(), change.document())
    names = str(change.base_id), str(live.pk), contract.dumps(change.document())
    return Update(found.parts, found.base, found.live, found.mine, merging_parts.name(*names))


def compared(base: contract.Document, live: contract.Document, mine: contract.Document) -> Update:
    """Three documents, the mark of another dashboard aside: it is nobody's text here."""
    base, live, mine = map(contract.without_marker, (base, live, mine))
    return Update(tuple(_parts(base, live, mine)), base, live, mine)


def _parts(
    base: contract.Document, live: contract.Document, mine: contract.Document
) -> Iterator[Part]:
    """Who changed what goes by the very text: a default that somebody wrote out was written."""
    for found in contract.compare(mine, live).parts:
        field = str(found.path[0])
        was, here, own = (_text(document, field) for document in (base, live, mine))
        if found.verdict in _SHOWN and own != here:
            kind: Kind = "theirs" if own == was else "ours" if here == was else "overlap"
            yield merging_parts.part(field, kind, *(d.get(field) for d in (base, mine, live)))


def _text(document: contract.Document, field: str) -> str:
    return contract.dumps(document.get(field))


@transaction.atomic
def update(change: Change, *, actor: Actor, seen: str, picks: Mapping[str, Side]) -> Change:
    """Let the Change begin from the live Version, its document being the result of these choices.

    `seen` is `Update.seen` of the page. What cannot be read yet stays as it was typed. A Change In
    review or Approved takes only a result without errors (InvalidDocument) and goes back In
    review. Raises Conflict: `state` it is over or not out of date any more, `stale` one of the
    three texts moved.
    """
    policies.require(actor, "change.write", change.assistant.workspace, on=change)
    assistants.lock(change.assistant_id)
    rows = Change.objects.select_related(
        "assistant__workspace__connection", "assistant__live_version", "base"
    )
    now = rows.get(pk=change.pk)
    live, found = now.assistant.live_version, of(now)
    if live is None or found is None:
        raise Conflict("This change is not out of date any more.", code="state", change=now)
    if found.seen != seen:
        raise Conflict("The change or the live version moved on since you looked.", change=now)
    was = now.digest
    fields = _put(now, live, _marked(now, found.document(picks)))
    if now.state not in changes.EDITABLE:
        changes.refuse_errors(now)
        now.state = Change.State.IN_REVIEW
    _save(now)
    changes.settle(now)
    changes.contribute(now, actor)
    audit.record(
        "change.updated",
        actor=actor,
        workspace=now.assistant.workspace,
        assistant=now.assistant,
        on=now,
        before=was,
        after=now.digest,
        data={"number": live.number, "fields": fields},
    )
    return now


def _marked(change: Change, document: contract.Document) -> contract.Document:
    """With the mark that the live assistant carries, as every Change that begins from it."""
    held = change.assistant.metadata
    mark = held.get(contract.MARKER) if isinstance(held, dict) else None
    pairs = document.get("metadata")
    if mark is None or not isinstance(pairs, dict | None):
        return document
    return contract.merge(document, {"metadata": {**(pairs or {}), contract.MARKER: mark}})


def _put(now: Change, live: Version, document: contract.Document) -> list[str]:
    """The fields that move, in the API's order; a page that holds one of them is stale then."""
    held = now.document()
    moved = [f for f in contract.FIELDS if _text(held, f) != _text(document, f)]
    values: dict[str, Any] = {
        **now.columns_of(document),
        "base": live,
        "digest": contract.fingerprint(document),
        "touched": {**(now.touched or {}), **dict.fromkeys(moved, now.lock + 1)},
        "edited_at": timezone.now(),
    }
    for column, value in values.items():
        setattr(now, column, value)
    return moved


def _save(now: Change) -> None:
    beside = ("tool_keys", "base", "digest", "touched", "edited_at", "state")
    values = {column: getattr(now, column) for column in (*contract.FIELDS, *beside)}
    rows = Change.objects.filter(pk=now.pk, lock=now.lock)
    if rows.update(**values, lock=now.lock + 1) != 1:
        raise Conflict("Someone saved a newer text since you opened this.", change=now)
    now.lock += 1
