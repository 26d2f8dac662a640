"""The rows of the builder as templates draw them: words, glyphs and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assistants_app import contract
from assistants_app.forms.rows import KINDS, SHOWN, lines
from assistants_app.schema import pointers
from assistants_app.schema import rows as schema_rows
from assistants_app.schema.kinds import COMPOSITES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.contract.problems import Path
    from assistants_app.forms.rows import RowForm
    from assistants_app.schema.rows import Row

_GLYPHS: Final = {
    "text": ("t", "Aa"),
    "choice": ("t", "≡"),
    "number": ("n", "1.5"),
    "integer": ("n", "12"),
    "flag": ("b", "✓"),
    "group": ("o", "{}"),
    "list": ("o", "[]"),
    "shared": ("", "→"),
    "advanced": ("", "<>"),
}
_LISTS: Final = {
    "text": gettext_lazy("List of texts"),
    "choice": gettext_lazy("List of choices"),
    "number": gettext_lazy("List of numbers"),
    "integer": gettext_lazy("List of whole numbers"),
    "flag": gettext_lazy("List of yes or no"),
    "group": gettext_lazy("List of groups"),
    "list": gettext_lazy("List of lists"),
    "shared": gettext_lazy("List of shared shapes"),
}
_PARTS: Final = {
    "anyOf": gettext_lazy("One of several shapes."),
    "oneOf": gettext_lazy("Exactly one of several shapes."),
    "allOf": gettext_lazy("Several shapes at once."),
    "$ref": gettext_lazy("A shape that is kept elsewhere."),
    "const": gettext_lazy("Always the same value."),
}


@dataclass(frozen=True, slots=True)
class RowView:
    """One row with its words. `sight` is what its buttons send: fingerprint and pointer."""

    row: Row
    rid: str
    title: str
    kind: str
    tone: str
    glyph: str
    says: str
    edit_url: str
    group_url: str = ""
    form: RowForm | None = None

    @property
    def sight(self) -> str:
        return f"{self.row.fingerprint}:{self.row.pointer}"

    @property
    def add(self) -> str:
        """What the button that adds to this group sends."""
        node = pointers.at(self.row.node, self.row.group_path)
        return f"add:{pointers.fingerprint(node)}:{self.row.group}"

    @property
    def is_open(self) -> bool:
        return self.form is not None

    @property
    def json(self) -> str:
        return contract.dumps(self.row.node, indent=2)

    @property
    def values(self) -> list[str]:
        return lines(self.row.values)

    @property
    def composites(self) -> list[str]:
        node = self.row.node if isinstance(self.row.node, dict) else {}
        return [key for key in COMPOSITES if key in node] if self.row.kind == "advanced" else []


def view(
    row: Row, page_url: str, *, at: str = "", form: RowForm | None = None, rids: Mapping[str, str]
) -> RowView:
    """A row of the page at `page_url`; `rids` are ids that rows keep from before."""
    tone, glyph = _GLYPHS[row.kind]
    rid = rids.get(row.pointer, row.rid)
    title = row.name if not row.is_entry else _("Each entry")
    return RowView(
        row=row,
        rid=rid,
        title=title,
        kind=kind_words(row),
        tone=tone,
        glyph=glyph,
        says=row.description or _summary(row),
        edit_url=address(page_url, at=at, edit=row.pointer) + f"#p-{rid}",
        group_url=address(page_url, at=_group(row)) if row.is_folded else "",
        form=form,
    )


def address(page_url: str, **query: str) -> str:
    """The page with some of its state: `at` a group, `edit` an open row."""
    given = {key: value for key, value in query.items() if value}
    return f"{page_url}?{urlencode(given)}" if given else page_url


def kind_words(row: Row) -> str:
    """What kind of value it is, in words."""
    if row.kind == "list" and row.items.kind in _LISTS and "items" in row.core:
        return str(_LISTS[row.items.kind])
    return str({**KINDS, **SHOWN, "choice": _("Choice")}[row.kind])


def count(schema: Any, words: str = "inputs") -> str:
    """ "6 inputs, 2 levels"; "" where there are none."""
    found = schema_rows.rows(schema, levels=64)
    named = sum(not row.is_entry for row in found)
    levels = max((row.depth + 1 for row in found), default=0)
    if not named:
        return ""
    if words == "fields":
        first = ngettext("%(n)s field", "%(n)s fields", named) % {"n": named}
    else:
        first = ngettext("%(n)s input", "%(n)s inputs", named) % {"n": named}
    second = ngettext("%(n)s level", "%(n)s levels", levels) % {"n": levels}
    return _("%(inputs)s, %(levels)s") % {"inputs": first, "levels": second}


def trail(schema: Any, at: Path, page_url: str, words: str = "inputs") -> list[tuple[str, str]]:
    """The groups on the way to the one that is shown alone: (name, address)."""
    if not at:
        return []
    found = [(_("All fields") if words == "fields" else _("All inputs"), page_url)]
    for path in [*schema_rows.ancestors(at), at]:
        if len(path) > 1 and path[-2] == "properties":
            node = pointers.at(schema, path)
            row = schema_rows.row(schema, path)
            url = address(page_url, at=row.group) if node is not None and row.holds_group else ""
            found.append((str(path[-1]), url))
    return found


def _group(row: Row) -> str:
    return row.group if row.holds_group else row.pointer


def _summary(row: Row) -> str:
    if row.kind == "shared":
        return _("Uses shape %(name)s") % {"name": row.look.uses}
    if row.kind != "advanced":
        return ""
    if isinstance(row.node, bool):
        return _("Any value at all.") if row.node else _("No value at all.")
    if not isinstance(row.node, dict):
        return _("This says nothing about a value yet. Edit as JSON.")
    if not row.node:
        return _("Any value at all.")
    found = next((str(_PARTS[key]) for key in _PARTS if key in row.node), "")
    return f"{found} {_('Edit as JSON.')}".strip()


def row_address(page_url: str, path: Path) -> str:
    """The page with the row open that a place in the schema is in; without one, its inputs."""
    ends = [
        index + 1
        for index, step in enumerate(path)
        if (index and path[index - 1] == "properties") or step == "items"
    ]
    if not ends:
        return f"{page_url}#h-i"
    pointer = pointers.spelled(path[: ends[-1]])
    deep = [end for end in ends if path[end - 1] != "items" or path[end - 2] == "properties"]
    at = pointers.spelled(path[: deep[-2]]) if len(deep) > schema_rows.LEVELS else ""
    rid = schema_rows.row_id(pointer)
    return address(page_url, at=at, edit=pointer) + f"#p-{rid}"
