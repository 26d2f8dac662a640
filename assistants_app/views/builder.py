"""The builder of a schema: rows, one of them open, and the endpoint that edits by pointer.

Where the schema lies is the `Desk`'s business: the function editor and the editor of reply formats
share everything here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.shortcuts import render
from django.utils.translation import gettext as _

from assistants_app.actions import building
from assistants_app.forms.rows import RowForm
from assistants_app.schema import pointers, rows, tree
from assistants_app.views import builder_rows, pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse, QueryDict

    from assistants_app.actions.building import Host
    from assistants_app.contract.problems import Path
    from assistants_app.models import Change
    from assistants_app.schema.rows import Row
    from assistants_app.views.builder_rows import RowView
    from assistants_app.views.pages import Request


NOTHING: Final = "changes/parts/_nothing.html"
# What rows show of a group, or what only says something of it.
_OF_A_GROUP: Final = (
    "type",
    "properties",
    "required",
    "description",
    "title",
    "$defs",
    "definitions",
)


class Desk(Protocol):
    """What the builder needs of the page it stands on."""

    @property
    def request(self) -> Request: ...
    @property
    def change(self) -> Change: ...
    @property
    def host(self) -> Host: ...
    @property
    def page_url(self) -> str: ...
    @property
    def ops_url(self) -> str: ...
    @property
    def json_url(self) -> str:
        """Where all of it is edited as JSON."""
        ...

    @property
    def is_auto(self) -> bool:
        """Whether fields save themselves when they are left; else a button does."""
        ...

    @property
    def is_strict(self) -> bool: ...

    def again(self, change: Change) -> Desk:
        """The same desk over the change as it is now."""
        ...

    def page(self, shown: Shown, *, status: int = 200, **more: Any) -> HttpResponse:
        """The whole page."""
        ...

    def slots(self, shown: Shown) -> tuple[dict[str, str], dict[str, Any]]:
        """What stands beside the rows and changes with them: id → template, and their context."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What the rows are drawn from. `at`: the group shown alone; `open`: the row that is open.

    `typed`: what was sent for the open row and comes back; `rids`: ids that rows keep.
    """

    desk: Desk
    schema: Any
    at: Path = ()
    open: Path | None = None
    typed: RowForm | None = None
    rids: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""
    said: str = ""
    is_undone: bool = False
    is_added: bool = False  # the open row is new: typing replaces the name it got

    @property
    def rows(self) -> list[RowView]:
        return [self.view(row) for row in rows.rows(self.schema, self.at)]

    def view(self, row: Row) -> RowView:
        form = None
        if self.open == row.path:
            rid = self.rids.get(row.pointer, row.rid)
            form = self.typed or RowForm(row=row, rid=rid, words=self.desk.host.words)
        at = pointers.spelled(self.at)
        return builder_rows.view(row, self.desk.page_url, at=at, form=form, rids=self.rids)

    @property
    def group(self) -> str:
        """What the button that adds to the group on show sends."""
        return f"{pointers.fingerprint(self._node)}:{pointers.spelled(self.at)}"

    @property
    def pointer(self) -> str:
        return pointers.spelled(self.at)

    @property
    def open_pointer(self) -> str:
        return "" if self.open is None else pointers.spelled(self.open)

    @property
    def trail(self) -> list[tuple[str, str]]:
        return builder_rows.trail(self.schema, self.at, self.desk.page_url, self.desk.host.words)

    @property
    def count(self) -> str:
        return builder_rows.count(self.schema, self.desk.host.words)

    @property
    def _node(self) -> Any:
        """The group on show."""
        return None if self.schema is None else pointers.at(self.schema, self.at)

    @property
    def extras(self) -> list[str]:
        """Keywords of the group on show that no row and no switch stands for."""
        node = self._node if isinstance(self._node, dict) else {}
        shown = set(_OF_A_GROUP)
        if isinstance(node.get("additionalProperties"), bool):
            shown.add("additionalProperties")
        return [key for key in node if key not in shown]

    @property
    def is_closed(self) -> bool:
        """Whether the group on show rules others out."""
        node = self._node
        return isinstance(node, dict) and node.get("additionalProperties") is False

    @property
    def targets(self) -> list[tuple[str, str]]:
        """The groups that the open row may move into: (pointer, name)."""
        if self.open is None or tree.is_entry(self.open):
            return []
        own, here = self.open, self.open[:-2]
        return [
            (pointers.spelled(path) or "/", name or _("The top"))
            for path, name in rows.groups(self.schema)
            if path[: len(own)] != own and path != here
        ]

    @property
    def is_drawable(self) -> bool:
        """Whether rows can show it: a group at the top, or nothing yet."""
        return self.schema is None or (isinstance(self.schema, dict))


def shown(desk: Desk, query: QueryDict, **more: Any) -> Shown:
    """The rows as the address says; what it names and is not there any more is left out."""
    schema = building.schema_of(desk.host, desk.host.read(desk.change))
    at = path_of(schema, query.get("at", "")) or ()
    is_shut = "edit" not in query
    opened = None if is_shut else path_of(schema, query.get("edit", ""))
    return Shown(desk, schema, at, opened or None, **more)


def path_of(schema: Any, pointer: str) -> Path | None:
    try:
        return pointers.resolve(schema, pointer)
    except pointers.Nowhere:
        return None


def part(desk: Desk, shown: Shown) -> HttpResponse:
    """The rows alone: one opened, or the one that was open shut."""
    focus = ""
    if shown.open is not None:
        rid = shown.view(rows.row(shown.schema, shown.open)).rid
        focus = f"f-{rid}-{'kind' if tree.is_entry(shown.open) else 'name'}"
    context = context_of(desk, shown, focus=focus)
    response = render(desk.request, "tools/parts/_params.html", context)
    return pages.with_slots(response, desk.request, *desk.slots(shown))


def context_of(desk: Desk, shown: Shown, **more: Any) -> dict[str, Any]:
    return {"shown": shown, "desk": desk, "change": desk.change, **more}


def whole(
    desk: Desk, view: Shown, focus: str = "", changed: dict[str, Any] | None = None
) -> HttpResponse:
    """All rows as the answer to an edit, with everything that stands beside them.

    `changed`: what a fix did; what an earlier one did is not shown any more.
    """
    context = context_of(desk, view, focus=focus)
    response = render(desk.request, "tools/parts/_params.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#params", "innerHTML"
    slots, more = desk.slots(view)
    slots = {**slots, "changed": "tools/parts/_changed.html" if changed else NOTHING}
    if view.said:
        slots = {**slots, "announcer": "tools/parts/_announced.html"}
    more |= {"said": view.said, "undo_told": not view.is_undone, "changed": changed}
    return pages.with_slots(response, desk.request, slots, more)
