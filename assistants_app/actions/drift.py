"""Drift: what upstream holds against what is live here, and what a person makes of it.

Three texts are compared: what was last in common, what is live here, what upstream holds. Nothing
merges by itself: the result is a Change, and it goes through the same review (reliability.md 6.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.db import transaction

from assistants_app import contract, policies
from assistants_app.actions import assistants, audit, changes, merging_parts, pushes
from assistants_app.errors import Conflict
from assistants_app.models import AuditEntry, PushOrder, UpstreamCopy
from assistants_app.models.connections import profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_app.actions.merging_parts import Kind, Part
    from assistants_app.models import Assistant, Change, Version
    from assistants_app.policies import Actor
    from assistants_app.textdiff.merging import Side

Existing = Literal["", "add", "replace"]
TITLE = "Taken in from upstream"


@dataclass(frozen=True, slots=True)
class Drift:
    """All parts that differ, and what they were read from. `seen` names this very state."""

    parts: tuple[Part, ...]
    base: contract.Document | None
    ours: contract.Document
    theirs: contract.Document
    digest: str
    seen: str
    fields: frozenset[str]

    def document(self, picks: Mapping[str, Side]) -> contract.Document:
        """The live document with what was taken from upstream."""
        return contract.merge(self.ours, {part.field: part.value(picks) for part in self.parts})

    def taken(self, picks: Mapping[str, Side]) -> dict[str, Any]:
        """Field → value of the parts that do not stay as they are here."""
        values = {part.field: part.value(picks) for part in self.parts}
        return {field: value for field, value in values.items() if value != self.ours.get(field)}

    def equals(self, side: Literal["ours", "theirs"], picks: Mapping[str, Side]) -> bool:
        """Whether the result says the same as one side."""
        other = self.ours if side == "ours" else self.theirs
        found = contract.compare(self.document(picks), other, fields=self.fields)
        return found.verdict != "different"


def of(assistant: Assistant) -> Drift | None:
    """The drift of this assistant as it was last read; None where none is known."""
    order = PushOrder.objects.filter(assistant=assistant, reason=PushOrder.Reason.DRIFT).first()
    copies = {copy.kind: copy for copy in assistant.upstream_copies.all()}
    theirs, base = copies.get(UpstreamCopy.Kind.THEIRS), copies.get(UpstreamCopy.Kind.BASE)
    if order is None or theirs is None:
        return None
    state = (base.digest if base else "", assistant.digest, theirs.digest)
    keeps = frozenset(profile_of(assistant.workspace.upstream).keeps)
    ours = contract.without_marker(assistant.document())
    documents = base.document() if base else None, ours, theirs.document()
    parts = tuple(_parts(*documents, keeps))
    return Drift(parts, *documents, theirs.digest, merging_parts.name(*state), keeps)


def _parts(
    base: contract.Document | None,
    ours: contract.Document,
    theirs: contract.Document,
    keeps: frozenset[str],
) -> Iterator[Part]:
    """In normal form: what differs by default, order or line ends alone is no drift."""
    here = _differing(base, ours, keeps)
    there = _differing(base, theirs, keeps)
    for field in _differing(ours, theirs, keeps):
        kind: Kind = "overlap"
        if (field in here) != (field in there):
            kind = "ours" if field in here else "theirs"
        was = base.get(field) if base else None
        yield merging_parts.part(field, kind, was, ours.get(field), theirs.get(field))


def _differing(
    before: contract.Document | None, after: contract.Document, keeps: frozenset[str]
) -> list[str]:
    if before is None:  # never seen in agreement: as if both had changed all of it
        return list(keeps)
    found = contract.compare(before, after, fields=keeps).parts
    return [str(part.path[0]) for part in found if part.verdict == "different"]


# --- a person's decision --------------------------------------------------------------------------


@transaction.atomic
def take_in(
    assistant: Assistant, *, actor: Actor, seen: str, picks: Mapping[str, Side], mine: Existing = ""
) -> Change:
    """Put the result into a Change, bound to the upstream text that was shown.

    `seen` is `Drift.seen` of the page. `mine` says what becomes of this person's open Change: "add"
    puts what was taken into it, "replace" withdraws it. Raises Conflict: `state` nothing differs
    any more, `digest` one of the texts moved, `open_change` there is one and `mine` says nothing,
    `overlap` it proposes something else for the same fields.
    """
    policies.require(actor, "push", assistant.workspace, on=assistant)
    assistants.lock(assistant.pk)
    assistant.refresh_from_db()
    found = _as_shown(assistant, seen)
    open_one = assistant.changes.open().filter(author=actor.user).first()
    if open_one and mine == "add":
        change = _add(open_one, found, picks, actor)
    else:
        if open_one and mine == "replace":
            changes.withdraw(open_one, actor=actor)
        document = found.document(picks)
        change = changes.open(assistant, actor=actor, document=document, title=TITLE)
    decide(change, actor=actor, digest=found.digest)
    return change


def _as_shown(assistant: Assistant, seen: str) -> Drift:
    found = of(assistant)
    if found is None:
        raise Conflict("This is settled already.", code="state")
    if found.seen != seen:
        raise Conflict("Upstream or the live version changed once more since you looked.")
    return found


def overlapping(change: Change, found: Drift, picks: Mapping[str, Side]) -> list[str]:
    """Fields that this Change and the result both move from what is live, to different values."""
    proposed = change.document()
    own = contract.compare(found.ours, proposed).parts
    moved = {str(part.path[0]) for part in own} | set(change.unread or {})
    return [
        field
        for field, value in found.taken(picks).items()
        if field in moved and proposed.get(field) != value
    ]


def _add(change: Change, found: Drift, picks: Mapping[str, Side], actor: Actor) -> Change:
    if change.is_outdated:
        raise Conflict("Your open change began from an older version.", code="overlap")
    if overlapping(change, found, picks):
        raise Conflict("Your open change proposes something else there.", code="overlap")
    values = found.taken(picks)
    return changes.edit(change, actor=actor, lock=change.lock, values=values)


@transaction.atomic
def decide(change: Change, *, actor: Actor, digest: str) -> None:
    """Record that this Change was made in view of the upstream text of this digest.

    The entry is what lets the Change be published while upstream differs: see `blocks`.
    """
    assistant = change.assistant
    policies.require(actor, "push", assistant.workspace, on=change)
    audit.record(
        "upstream.decided",
        actor=actor,
        workspace=assistant.workspace,
        assistant=assistant,
        on=change,
        before=digest,
        after=change.digest,
    )


def decided(change: Change) -> str:
    """The digest of the upstream text that this Change was last decided on; "" for none."""
    entry = AuditEntry.objects.filter(
        action="upstream.decided", object_kind="change", object_id=str(change.pk)
    ).first()
    body = contract.parse(entry.body) if entry else {}
    return str(body.get("before", "")) if isinstance(body, dict) else ""


def blocks(change: Change) -> str:
    """Why drift keeps this Change from going live, in words; "" where it does not."""
    rows = PushOrder.objects.filter(assistant=change.assistant_id, reason=PushOrder.Reason.DRIFT)
    if not rows.exists():
        return ""
    theirs = UpstreamCopy.objects.filter(
        assistant=change.assistant_id, kind=UpstreamCopy.Kind.THEIRS
    ).first()
    seen = decided(change)
    if theirs and seen == theirs.digest:
        return ""
    if seen:
        return "Changed upstream once more since this was decided: look at the difference again."
    return "Changed upstream: settle that first."


@audit.bookkeeping
def adopt(order: PushOrder, version: Version) -> None:
    """From here on what was decided on is the last text in common, within the caller's transaction.

    The push goes on from there: it writes what this Version has otherwise, and nothing where it has
    not. Order and line ends alone are nothing that somebody decided, so they are not written back.
    """
    theirs = order.assistant.upstream_copies.get(kind=UpstreamCopy.Kind.THEIRS)
    ours, document = version.document(), theirs.document()
    for part in contract.compare(document, ours).parts:
        if part.verdict != "different":
            document = contract.merge(document, {str(part.path[0]): part.after})
    seen = pushes.Seen(order.assistant.upstream_id or "", document, theirs.extra, theirs.etag)
    pushes.keep(order.assistant, UpstreamCopy.Kind.BASE, seen)
    theirs.delete()
