"""What the pages of both builders have in common: what stands around the rows and beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import building
from assistants_app.contract import tool_keys
from assistants_app.views import builder, editing, schema_json

if TYPE_CHECKING:
    from assistants_app.views.builder import Shown
    from assistants_app.views.builder_fixes import FixDesk

SLOTS: Final = {
    "tool-checks": "tools/parts/_checks.html",
    "tool-json": "tools/parts/_pushed.html",
    "history": "tools/parts/_history.html",
    "input-count": "tools/parts/_input_count.html",
    "save-state": "changes/parts/_save_state.html",
    "merge": builder.NOTHING,
    "builder-summary": builder.NOTHING,
}
"""What every edit draws anew on either page."""


def around(desk: FixDesk, name: str) -> dict[str, Any]:
    """The head of the page, which is called `name` below its change."""
    top = editing.head(desk.request, desk.change)
    label = top["crumbs"][-1][0]
    way = [*top["crumbs"][:-1], (label, reverse("change", args=[desk.change.pk])), (name, "")]
    return {**top, "crumbs": way, "mode": editing.mode(desk.request, desk.change)}


def beside(desk: FixDesk, shown: Shown) -> dict[str, Any]:
    """Checks, the JSON with its marks, and what undo would do."""
    holder, checks = desk.host.read(desk.change), desk.checks
    text = contract.dumps(holder, indent=2)
    opened = None if shown.open is None else (*desk.host.at, *shown.open)
    return {
        "desk": desk,
        "shown": shown,
        "checks": checks,
        "text": text,
        "strong": schema_json.lines_of(text, holder, opened),
        "warn": schema_json.first_lines(text, set(checks.warned)),
        "way": building.way(desk.change, desk.host),
        "tool_fp": tool_keys.fingerprint(holder),
    }
