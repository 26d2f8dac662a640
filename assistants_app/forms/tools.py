"""One tool of a Change as JSON: what is typed becomes the tool, or comes back with its faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app.forms.fields import JSONText, located

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.actions.tools import Row
    from assistants_app.contract.problems import Problem


class ToolForm(forms.Form):
    """`tool` is one box. Without `data` it holds the tool as it is stored.

    After `is_valid`, `cleaned_data["tool"]` is the tool; a text that means the same as what is
    stored gives the stored one. `note` adds what the checks say of it.
    """

    tool = JSONText("", shape=(dict,), label=gettext_lazy("This ability, as JSON"))

    def __init__(self, data: Any = None, *, row: Row) -> None:
        self.row = row
        self.warnings: list[str] = []
        self.hints: list[str] = []
        box: JSONText = self.base_fields["tool"]  # type: ignore[assignment]
        super().__init__({"tool": box.shown(row.tool)} if data is None else data)
        self.fields["tool"].widget.attrs["rows"] = min(max(self.text.count("\n") + 2, 8), 40)

    @property
    def text(self) -> str:
        return str(self.data.get("tool") or "").replace("\r\n", "\n")

    def clean_tool(self) -> Any:
        """Reading happens here and not in the field: it needs what is stored."""
        box: JSONText = self.fields["tool"]  # type: ignore[assignment]
        if not self.text.strip():
            raise forms.ValidationError(
                _("Type the JSON of this tool, or take the tool out of the list.")
            )
        return box.read(self.text, self.row.tool)

    def note(self, problems: Iterable[Problem], document: Any) -> None:
        """What the checks say of this tool, with the line in the box where it stands."""
        self.is_valid()
        for found in problems:
            if found.path[:2] != ("tools", self.row.index):
                continue
            told = located(found, self.text, depth=2, document=document)
            if found.level == "error":
                self.add_error("tool", told)
            else:
                (self.warnings if found.level == "warning" else self.hints).append(told)
