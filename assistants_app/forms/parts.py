"""One part of a Change as a form: what is typed becomes values of the document, or stays as typed
where it means nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.forms.fields import REFUSED, JSONText, KeptText, located

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from assistants_app.contract.problems import Problem
    from assistants_app.models import Change

# Said in the checks, not at an empty field that nobody has come to yet.
_EMPTY = ("missing_required_parameter", "string_below_min_length")


def one_line(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off"} | attrs)


class PartForm(forms.Form):
    """One part of a Change. Without `data` it holds what the Change holds, typed text included.

    After `is_valid`: `values` for `changes.edit`, `unread` (field → text that cannot be read, None
    = it can be), `warnings` and `hints` by field. Not valid means that something here is wrong;
    what is in `values` and `unread` may be stored in a Draft all the same, unless `is_refused`.
    `lock` is the number that the part carries when it is drawn.
    """

    slug: ClassVar[str]
    heading: ClassVar[Any]
    term: ClassVar[str] = ""  # as the API calls it, where the part is one field
    frame: ClassVar[str] = "changes/parts/_part.html"

    def __init__(self, data: Any = None, *, change: Change) -> None:
        self._is_read = False
        self.change = change
        self.lock = change.lock
        super().__init__(self.held(change) if data is None else data)
        self.values: dict[str, Any] = {}
        self.unread: dict[str, str | None] = {}
        self.warnings: dict[str, list[str]] = {}
        self.hints: dict[str, list[str]] = {}
        for field, widget in self._widgets().items():
            self.fields[field].widget = widget
        self._fit()

    @property
    def template(self) -> str:
        """What stands between the part's head and its foot."""
        return f"changes/parts/_body_{self.slug}.html"

    def lock_of(self, posted: int) -> int:
        """The lock number that a save of this part goes by, `posted` being that of the page."""
        return posted

    def slots(self) -> dict[str, str]:
        """What else of the part is drawn anew after a save: element id → template."""
        return {}

    def events(self) -> list[str]:
        """What the page is told of after a save, so that other parts of it can follow."""
        return []

    def look(self, query: Mapping[str, str]) -> None:
        """Take the look that the page's address asks for."""

    @classmethod
    def held(cls, change: Change) -> dict[str, str]:
        """The text of every box: as typed where it cannot be read, else of the stored value."""
        unread: dict[str, str] = change.unread or {}
        boxes = cast("dict[str, KeptText]", cls.base_fields)
        return {
            name: unread.get(name, box.shown(cls.stored(change, name)))
            for name, box in boxes.items()
        }

    @classmethod
    def stored(cls, change: Change, name: str) -> Any:
        return getattr(change, name)

    def _widgets(self) -> dict[str, forms.Widget]:
        """A one-line box would drop the line breaks that a text has from elsewhere."""
        return {
            name: forms.Textarea(attrs={"rows": 2})
            for name, field in self.fields.items()
            if isinstance(field.widget, forms.TextInput) and "\n" in self.text(name)
        }

    def _fit(self) -> None:
        """Boxes for JSON as tall as their text, within reason."""
        for name, field in self.fields.items():
            if isinstance(field, JSONText):
                field.widget.attrs["rows"] = min(max(self.text(name).count("\n") + 2, 3), 30)

    def _clean_fields(self) -> None:
        for name, field in self.fields.items():
            text = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            self._read(name, field, text or "")

    def _read(self, name: str, field: Any, text: str) -> None:
        try:
            field.run_validators(text)
            self.values[name] = self.cleaned_data[name] = field.read(
                text, self.stored(self.change, name)
            )
            self.unread[name] = None
            if isinstance(field, JSONText) and contract.starts_with_bom(text):
                told = _("The invisible byte order mark in front is left out.")
                self.hints.setdefault(name, []).append(told)
        except forms.ValidationError as error:
            self.add_error(name, error)
            if not self.has_error(name, REFUSED):
                self.unread[name] = text.replace("\r\n", "\n")

    @property
    def is_refused(self) -> bool:
        """Something was typed that cannot be stored at all."""
        return any(self.has_error(name, REFUSED) for name in self.fields)

    def edits(self) -> dict[str, Any]:
        """What `changes.edit` takes of this part."""
        self.full_clean()
        return {"values": self.values, "unread": self.unread}

    def note(self, problems: Iterable[Problem]) -> None:
        """Let the document's problems land on their fields; unreadable ones have said theirs."""
        self.full_clean()
        for found in problems:
            name = str(found.path[0]) if found.path else ""
            if name not in self.fields or self.unread.get(name) is not None:
                continue
            text = self.text(name)
            value = self.values.get(name, self.stored(self.change, name))
            told = located(found, text, document={name: value})
            if found.level == "error":
                if text or found.code not in _EMPTY:
                    self.add_error(name, told)
            else:
                beside = self.warnings if found.level == "warning" else self.hints
                beside.setdefault(name, []).append(told)

    def messages(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What is said at each box, by the box's id: errors, warnings and hints."""
        for bound in self:
            beside = {
                "warnings": self.warnings.get(bound.name),
                "hints": self.hints.get(bound.name),
            }
            yield bound.auto_id, {"errors": list(bound.errors)} | beside

    def text(self, name: str) -> str:
        return str(self.data.get(name) or "").replace("\r\n", "\n")

    def full_clean(self) -> None:
        """Problems that `note` added stay: the texts do not change once they are read."""
        if not self._is_read:
            self._is_read = True
            super().full_clean()
