"""What one answer shows of a server's habits: flags of contract.md section 7."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import limits
from assistants_app.contract.normal_form import normal_field
from assistants_app.contract.ordered_json import is_unset

if TYPE_CHECKING:
    from assistants_app.contract.ordered_json import Document

# Whether these come back depends on the model, and not on the server alone.
_OF_THE_MODEL: Final = frozenset(("model", "temperature", "top_p", "reasoning_effort"))
_NULL: Final = re.compile(r"\b(?:null|None|NoneType)\b")


def dropped(body: Document, *got: Document) -> tuple[str, ...]:
    """The fields that `body` set and of which none of the answers `got` holds anything.

    An altered value is not dropped, nor is a field whose fate depends on the model. Metadata counts
    as set by our mark alone; whether the mark came back is for the caller to look at.
    """
    marked = {"metadata"} if limits.MARKER in (body.get("metadata") or {}) else set()
    return tuple(
        name
        for name in limits.FIELDS
        if name not in _OF_THE_MODEL
        and (name in marked or _is_set(name, body))
        and not any(_is_set(name, answer) for answer in got)
    )


def _is_set(name: str, doc: Document) -> bool:
    value: Any = doc.get(name)
    return not is_unset(name, value) and normal_field(name, value) is not None


def refuses_null(body: Document, *, param: str, message: str) -> bool:
    """Whether a refusal of `body` is about a null in it: it names such a field, or speaks of null.

    `param`: the field that it names, "" for none.
    """
    nulls = {name for name, value in body.items() if value is None}
    if param:
        return re.split(r"[.\[]", param)[0] in nulls
    return bool(nulls) and _NULL.search(message) is not None
