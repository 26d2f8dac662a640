"""What goes over the wire to a server, and what our own `/v1` answers with."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import limits
from assistants_app.contract.ordered_json import is_unset, without_marker
from assistants_app.contract.spec import without_vector_stores
from assistants_app.contract.spelling import SpelledFloat

if TYPE_CHECKING:
    from collections.abc import Mapping

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
) -> Document:
    """The request body of `op` "create" or "modify" for a whole document, in canonical field order.

    Create leaves unset fields out. Modify sends the full known state, nulls included, so that a
    push is idempotent (contract.md section 2): `tools` cannot be null and is sent as []; where the
    server refuses null the field's cleared form is sent. `learned`: what the Connection found out,
    as `Profile.with_learned` reads it. A field missing from a modify body is one that the server
    does not keep, or that cannot be cleared there. `marker` becomes the last metadata pair unless
    metadata is not kept or already has 16 own pairs; a `_dash` within `doc` is never sent.
    """
    able = profile.with_learned(learned)
    own = _with_marker(without_marker(doc), marker if able.stamps else "")
    if op == "modify":
        return _full_state(without_vector_stores(own)[0], able)
    return {
        name: own[name]
        for name in limits.FIELDS
        if name in able.keeps and not is_unset(name, own.get(name))
    }


def served(doc: Document, *, id: str, created_at: int) -> Document:  # noqa: A002 — the API's word
    """The assistant object that `/v1` answers with: every key present, types exact (section 9)."""
    answer: Document = {"id": id, "object": "assistant", "created_at": int(created_at)}
    for name in _SERVED_ORDER:
        value = doc.get(name)
        answer[name] = _fresh(_SERVED.get(name)) if is_unset(name, value) else value
    return answer


def _full_state(own: Document, able: Profile) -> Document:
    state: Document = {}
    for name in limits.FIELDS:
        value = own.get(name)
        if name not in able.keeps:
            continue
        if not is_unset(name, value):
            state[name] = value
        elif name == "tools" or (not able.null_ok and name in _CLEARED):
            state[name] = _fresh(_CLEARED[name])
        elif able.null_ok and name != "model":
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
