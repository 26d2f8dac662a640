"""The fields of a reply as JSON: what is typed becomes them, or comes back with its faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.forms.fields import JSONText, located

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.contract.problems import Path, Problem


class FieldsForm(forms.Form):
    """`fields_json` is one box; without `data` it holds the fields as they are stored.

    A text that means the same as what is stored gives the stored one.
    """

    fields_json = JSONText("", shape=(dict,), label=gettext_lazy("These fields, as JSON"))

    def __init__(self, data: Any = None, *, schema: Any) -> None:
        self.schema = schema
        self.warnings: list[str] = []
        self.hints: list[str] = []
        shown = "" if schema is None else contract.dumps(schema, indent=2)
        super().__init__({"fields_json": shown} if data is None else data)
        rows = min(max(self.text.count("\n") + 2, 8), 40)
        self.fields["fields_json"].widget.attrs["rows"] = rows

    @property
    def text(self) -> str:
        return str(self.data.get("fields_json") or "").replace("\r\n", "\n")

    def clean_fields_json(self) -> Any:
        """Reading happens here and not in the field: it needs what is stored."""
        box: JSONText = self.fields["fields_json"]  # type: ignore[assignment]
        if not self.text.strip():
            raise forms.ValidationError(_("Type the JSON of the fields."))
        return box.read(self.text, self.schema)

    def note(self, problems: Iterable[Problem], document: Any, at: Path) -> None:
        """What the checks say of the fields, with the line in the box where it stands."""
        self.is_valid()
        for found in problems:
            if found.path[: len(at)] != at:
                continue
            told = located(found, self.text, depth=len(at), document=document)
            if found.level == "error":
                self.add_error("fields_json", told)
            else:
                (self.warnings if found.level == "warning" else self.hints).append(told)
