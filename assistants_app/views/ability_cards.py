"""What the Abilities part of the editor shows: two switches, and every tool in its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_app.actions import tools
from assistants_app.contract import words
from assistants_app.views import tool_rows

if TYPE_CHECKING:
    from assistants_app.actions.tools import Row
    from assistants_app.contract.words import Label
    from assistants_app.models import Change
    from assistants_app.views.findings import Checked
    from assistants_app.views.tool_rows import ToolRow

SLUGS = {"code": "code_interpreter", "search": "file_search"}


@dataclass(frozen=True, slots=True)
class Card:
    """An ability that is on or off. `sight` is what the switch sends to turn it off."""

    slug: str
    label: Label
    sight: str = ""

    @property
    def is_on(self) -> bool:
        return bool(self.sight)


@dataclass(frozen=True, slots=True)
class Cards:
    """`removed`: key and name of the tools that can be put back, newest first."""

    cards: list[Card]
    rows: list[ToolRow]
    removed: list[tuple[str, str]]


def of(change: Change, checked: Checked) -> Cards:
    found = tools.rows(change)
    return Cards(
        cards=[card(slug, found) for slug in SLUGS],
        rows=tool_rows.rows(found, checked.problems),
        removed=removed(change),
    )


def card(slug: str, found: list[Row]) -> Card:
    """The first tool of that type counts; a second one is a row like any other."""
    kind = SLUGS[slug]
    row = first(found, kind)
    sight = f"{row.key}:{row.fingerprint}" if row else ""
    return Card(slug, words.LABELS[kind], sight)


def first(found: list[Row], kind: str) -> Row | None:
    return next((one for one in found if _kind(one.tool) == kind), None)


def _kind(tool: Any) -> Any:
    return tool.get("type") if isinstance(tool, dict) else None


def removed(change: Change) -> list[tuple[str, str]]:
    return [(one["key"], tool_rows.name(one["tool"])) for one in tools.removed_of(change)]


def is_readable(change: Change) -> bool:
    """Whether the cards can show what the Change holds; else it is shown as JSON."""
    unread = change.unread or {}
    is_odd = not isinstance(change.tools, list | None)
    return not (is_odd or "tools" in unread or "tool_resources" in unread)
