"""What goes over the wire to a server, and what our own `/v1` answers with."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import limits
from assistants_app.contract.catalogue import STARTING, family
from assistants_app.contract.ordered_json import is_unset, without_marker
from assistants_app.contract.spec import without_vector_stores
from assistants_app.contract.spelling import SpelledFloat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.contract.catalogue import Catalogue, Family
    from assistants_app.contract.ordered_json import Document
    from assistants_app.contract.profiles import Profile

_NOTHING_LEARNED: Final[Mapping[str, Any]] = MappingProxyType({})
# How a field is cleared where null is refused; reasoning_effort and model cannot be.
_CLEARED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "name": "",
        "description": "",
        "instructions": "",
        "tools": [],
        "tool_resources": {},
        "response_format": "auto",
        "temperature": 1,
        "top_p": 1,
        "metadata": {},
    }
)
_SERVED_ORDER: Final = (
    "name",
    "description",
    "model",
    "instructions",
    "tools",
    "tool_resources",
    "metadata",
    "temperature",
    "top_p",
    "response_format",
    "reasoning_effort",
)
_SERVED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": SpelledFloat("1.0"),
        "top_p": SpelledFloat("1.0"),
        "response_format": "auto",
    }
)


def body(
    op: str,
    doc: Document,
    profile: Profile,
    *,
    marker: str = "",
    learned: Mapping[str, Any] = _NOTHING_LEARNED,
    catalogue: Catalogue = STARTING,
) -> Document:
    """The request body of `op` "create" or "modify" for a whole document, in canonical field order.

    Create leaves unset fields out. Modify sends the full known state, nulls included, so that a
    push is idempotent (contract.md section 2): `tools` cannot be null and is sent as []; where the
    server refuses null the field's cleared form is sent. `learned`: what the Connection found out,
    as `Profile.with_learned` reads it. A field missing from a modify body is one that the server
    does not keep, or that cannot be cleared there. A modify follows the model where `catalogue`
    knows it (section 2, exception 3): temperature and top_p are null where it refuses them, an
    unset effort is its default, or null where it takes none. `marker` becomes the last metadata
    pair unless metadata is not kept or already has 16 own pairs; a `_dash` within `doc` is never
    sent.
    """
    able = profile.with_learned(learned)
    own = _with_marker(without_marker(doc), marker if able.stamps else "")
    if op == "modify":
        known = family(own.get("model"), catalogue.under(able))
        return _full_state(without_vector_stores(own)[0], able, known)
    return {
        name: own[name]
        for name in limits.FIELDS
        if name in able.keeps and not is_unset(name, own.get(name))
    }


def served(doc: Document, *, id: str, created_at: int) -> Document:  # noqa: A002 — the API's word
    """The assistant object that `/v1` answers with: every key present, types exact (section 9).

    Unset temperature and top_p are 1.0, null only where the model refuses them.
    """
    answer: Document = {"id": id, "object": "assistant", "created_at": int(created_at)}
    refused = _refused(doc, family(doc.get("model")))
    for name in _SERVED_ORDER:
        value, default = doc.get(name), None if name in refused else _SERVED.get(name)
        answer[name] = _fresh(default) if is_unset(name, value) else value
    return answer


def _refused(doc: Document, known: Family | None) -> tuple[str, ...]:
    """The sampling fields, where the model refuses them at this effort."""
    is_refused = known and known.refuses_sampling(doc.get("reasoning_effort"))
    return ("temperature", "top_p") if is_refused else ()


def _effort(stored: Any, known: Family | None) -> Any:
    """The effort to send: none to a model that takes none, the default where it is unset."""
    if known is None or known.efforts is None:
        return stored
    return (stored or known.default_effort or None) if known.efforts else None


def _full_state(own: Document, able: Profile, known: Family | None) -> Document:
    state: Document = {}
    refused = _refused(own, known)
    # Null is refused for the effort of a model that takes one; without a known default it stays.
    no_null = ("model", "reasoning_effort") if known and known.efforts else ("model",)
    own = {**own, "reasoning_effort": _effort(own.get("reasoning_effort"), known)}
    for name in limits.FIELDS:
        value = None if name in refused else own.get(name)
        if name not in able.keeps:
            continue
        if not is_unset(name, value):
            state[name] = value
        elif name == "tools" or (not able.null_ok and name in _CLEARED and name not in refused):
            state[name] = _fresh(_CLEARED[name])
        elif able.null_ok and name not in no_null:
            state[name] = None
    return state


def _with_marker(own: Document, marker: str) -> Document:
    metadata = own.get("metadata") or {}
    if not marker or len(metadata) >= limits.METADATA_PAIRS:
        return own
    return {**own, "metadata": {**metadata, limits.MARKER: marker}}


def _fresh(value: Any) -> Any:
    """The value itself; lists and objects anew, so that no caller shares one."""
    return type(value)() if isinstance(value, list | dict) else value
