"""What a server answered, read with tolerance (contract.md section 7)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import limits
from assistants_app.contract.report import not_an_object, type_words
from assistants_app.contract.spec import without_vector_stores
from assistants_app.contract.spelling import spelled
from assistants_app.errors import InvalidDocument

if TYPE_CHECKING:
    from assistants_app.contract.ordered_json import Document
    from assistants_app.contract.profiles import Profile

_SHAPES: Final[dict[str, tuple[type, ...]]] = {
    "model": (str,),
    "name": (str,),
    "description": (str,),
    "instructions": (str,),
    "tools": (list,),
    "tool_resources": (dict,),
    "response_format": (str, dict),
    "reasoning_effort": (str,),
    "temperature": (int, float),
    "top_p": (int, float),
    "metadata": (dict,),
}
_NEVER_NULL: Final = ("model", "tools")
_READ_ONLY: Final = ("id", "object", "created_at")
# A time beyond this is in milliseconds (contract.md section 3).
_MILLISECONDS: Final = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """An upstream object, sorted out.

    `document`: the known fields as they came, null ones left out. `extras`: read-only keys we do
    not know, known keys of a shape that no document has, and fields the profile does not keep.
    `notes`: what was odd, in English. `id`: "" when missing. `created_at`: Unix seconds or None.
    `marker`: the value of `metadata._dash`, taken out of the document, or "".
    """

    document: Document
    extras: Document
    notes: tuple[str, ...]
    id: str
    created_at: int | None
    marker: str


def read(json_object: Any, profile: Profile) -> Reading:
    """The Reading of one assistant object; the argument is not altered.

    Tools, resources and metadata keep every key and item they came with, save `_dash` and the
    create-only `vector_stores`. Raises InvalidDocument for anything but an object, never for odd
    shapes inside one.
    """
    if not isinstance(json_object, dict):
        raise InvalidDocument([not_an_object(json_object)])
    sorter, keeps = _Sorter(profile), profile.keeps
    for key, value in json_object.items():
        if key in keeps and type(value) in _SHAPES[key]:
            sorter.document[key] = value  # nearly every one
        elif key not in _READ_ONLY:
            sorter.take(key, value)
    document, echoed = without_vector_stores(sorter.document)
    if echoed:
        sorter.notes.append("tool_resources.file_search.vector_stores was left out")
    document, marker = _take_marker(document)
    seconds = _seconds(json_object.get("created_at"))
    notes = tuple(sorter.notes)
    return Reading(document, sorter.extras, notes, _id(json_object), seconds, marker)


@dataclass(slots=True)
class _Sorter:
    """Puts each key where it belongs: document, extras, or a note."""

    profile: Profile
    document: Document = field(default_factory=dict)
    extras: Document = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, key: str, value: Any) -> None:
        if key not in _SHAPES:
            self.extras[key] = value
        elif value is None:
            self._null(key)
        elif isinstance(value, bool) or not isinstance(value, _SHAPES[key]):
            self.extras[key] = value
            self.notes.append(f"{key} was {type_words(value)}")
        else:
            (self.document if key in self.profile.keeps else self.extras)[key] = value

    def _null(self, key: str) -> None:
        if key in _NEVER_NULL:
            self.notes.append(f"{key} was null")
        if key == "tools":
            self.document[key] = []


def _take_marker(document: Document) -> tuple[Document, str]:
    metadata = document.get("metadata")
    if not metadata or limits.MARKER not in metadata:
        return document, ""
    own = {key: value for key, value in metadata.items() if key != limits.MARKER}
    marker = metadata[limits.MARKER]
    return {**document, "metadata": own}, marker if isinstance(marker, str) else ""


def _id(json_object: Document) -> str:
    value = json_object.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return spelled(value)
    return value if isinstance(value, str) else ""


def _seconds(value: Any) -> int | None:
    """Unix seconds: a fraction is cut, milliseconds are divided by 1000."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value // 1000) if value > _MILLISECONDS else int(value)
