"""What to do about one assistant, from what was last seen, what is wanted and what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from assistants_app import contract

if TYPE_CHECKING:
    from collections.abc import Sequence

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
) -> Plan:
    """The next step towards `ours`, reliability.md 5.2 and 6.1; pure.

    `base`: what we last saw upstream while in agreement, None if never. `theirs`: what is there
    now, None if nothing; without a link it is what the look-up found. `linked`: an upstream id is
    known. `uncertain`: older Versions of ours whose writes had no usable answer. `others`: further
    assistants upstream that carry the same marker.

    An order-only or newlines-only difference made by the server is not drift; the same difference
    made here by a person, from `base` to `ours`, is pushed. *late*: an older write of ours arrived
    after all; push again. *drift*: upstream is something that we neither saw nor sent.
    """
    if others:
        return "duplicate"
    if theirs is None:
        return "missing" if linked else "create"
    if _verdict(theirs, ours) == "same":
        return "nothing"
    if base is not None and _is_alike(base, theirs):
        return "nothing" if _verdict(base, ours) == "same" else "update"
    if any(_is_alike(sent, theirs) for sent in uncertain):
        return "late"
    return "nothing" if _is_alike(theirs, ours) else "drift"


def _verdict(before: Document, after: Document) -> str:
    return contract.compare(before, after).verdict


def _is_alike(before: Document, after: Document) -> bool:
    """Equal but for the order of keys or the line ends, which servers change by themselves."""
    return _verdict(before, after) != "different"
