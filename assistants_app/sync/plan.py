"""What to do about one assistant, from what was last seen, what is wanted and what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from assistants_app import contract

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from assistants_app.contract import Document

Plan = Literal["nothing", "create", "update", "late", "drift", "missing", "duplicate"]


def plan(
    base: Document | None,
    ours: Document,
    theirs: Document | None,
    *,
    linked: bool,
    uncertain: Sequence[Document] = (),
    others: int = 0,
    fields: Collection[str] = contract.FIELDS,
) -> Plan:
    """The next step towards `ours`, reliability.md 5.2 and 6.1; pure.

    `base`: what we last saw upstream while in agreement, None if never. `theirs`: what is there
    now, None if nothing; without a link it is what the look-up found. `linked`: an upstream id is
    known. `uncertain`: older Versions of ours whose writes had no usable answer. `others`: how many
    further assistants upstream carry the same marker. `fields`: those that this server keeps.

    An order-only or newlines-only difference made by the server is not drift; the same difference
    made here by a person, from `base` to `ours`, is pushed. *late*: an older write of ours arrived
    after all; push again. *drift*: upstream is something that we neither saw nor sent.
    """
    if others:
        return "duplicate"
    if theirs is None:
        return "missing" if linked else "create"

    def differs(before: Document, after: Document) -> str:
        return contract.compare(before, after, fields=fields).verdict

    if differs(theirs, ours) == "same":
        return "nothing"
    if base is not None and differs(base, theirs) != "different":
        return "nothing" if differs(base, ours) == "same" else "update"
    if any(differs(sent, theirs) != "different" for sent in uncertain):
        return "late"
    return "drift" if differs(theirs, ours) == "different" else "nothing"
