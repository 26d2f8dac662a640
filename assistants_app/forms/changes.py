"""The parts of a Change, one form each: what is typed becomes values of the document, or stays
as typed where it means nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.contract import limits, words
from assistants_app.forms.fields import REFUSED, JSONText, KeptText, NumberText, located

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.contract.problems import Problem
    from assistants_app.models import Change

TITLE_MAX = 200
# Said in the checks, not at an empty field that nobody has come to yet.
_EMPTY = ("missing_required_parameter", "string_below_min_length")


def _line(**attrs: Any) -> forms.TextInput:
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

    def text(self, name: str) -> str:
        return str(self.data.get(name) or "").replace("\r\n", "\n")

    def full_clean(self) -> None:
        """Problems that `note` added stay: the texts do not change once they are read."""
        if not self._is_read:
            self._is_read = True
            super().full_clean()


class BasicsForm(PartForm):
    slug, heading = "basics", gettext_lazy("Basics")
    name = KeptText("name", widget=_line())
    description = KeptText("description", widget=forms.Textarea(attrs={"rows": 2}))


class InstructionsForm(PartForm):
    slug, heading = "instructions", gettext_lazy("Instructions")
    instructions = KeptText("instructions", widget=forms.Textarea(attrs={"rows": 18}))


class ModelForm(PartForm):
    """Which model answers, and in what style."""

    slug, heading = "model", gettext_lazy("Model and style")
    model = KeptText("model", widget=_line(list="model-list", spellcheck="false"))
    reasoning_effort = KeptText("reasoning_effort", widget=forms.Select())
    temperature = NumberText("temperature")
    top_p = NumberText("top_p")

    def _widgets(self) -> dict[str, forms.Widget]:
        """The efforts of the API, and the one that is set where it is another."""
        present = self.text("reasoning_effort")
        efforts = [*limits.EFFORTS, *({present} - {"", *limits.EFFORTS})]
        choices = [("", _("Model's own setting")), *((effort, effort) for effort in efforts)]
        return super()._widgets() | {"reasoning_effort": forms.Select(choices=choices)}


class AbilitiesForm(PartForm):
    slug, heading = "abilities", gettext_lazy("Abilities")
    tools = JSONText("tools", shape=(list,))
    tool_resources = JSONText("tool_resources", shape=(dict,))


class ReplyForm(PartForm):
    slug, heading = "reply", gettext_lazy("Shape of the reply")
    response_format = JSONText("response_format", shape=(str, dict), bare=("auto",))


class LabelsForm(PartForm):
    """Labels for software. The dashboard's own pair is not shown and stays."""

    slug, heading = "labels", gettext_lazy("Labels for software")
    metadata = JSONText("metadata", shape=(dict,))

    @classmethod
    def stored(cls, change: Change, name: str) -> Any:
        """The pairs of people, None when there is none."""
        value = getattr(change, name)
        return contract.without_marker({name: value}).get(name)

    def edits(self) -> dict[str, Any]:
        edits = super().edits()
        kept = (self.change.metadata or {}).get(contract.MARKER)
        if kept is None or "metadata" not in self.values:
            return edits
        pairs = {**(self.values["metadata"] or {}), contract.MARKER: kept}
        return edits | {"values": {"metadata": pairs}}

    def clean(self) -> None:
        """The reserved key is refused here: in the document it is the dashboard's own."""
        typed = self.values.get("metadata")
        if isinstance(typed, dict) and contract.MARKER in typed:
            del self.values["metadata"]
            self.unread["metadata"] = self.text("metadata")
            path = ("metadata", contract.MARKER)
            found = words.problem(path, "metadata_reserved", x=contract.MARKER)
            self.add_error("metadata", located(found, self.text("metadata")))


class TitleText(KeptText):
    """At most 200 characters: the column holds no more."""

    def run_validators(self, value: Any) -> None:
        super().run_validators(value)
        if len(value) > TITLE_MAX:
            words = {"n": f"{len(value):,}", "max": TITLE_MAX}
            message = _("%(n)s characters; the limit is %(max)s.") % words
            raise forms.ValidationError(message, code=REFUSED)


class AboutForm(PartForm):
    """What the people who review are told: no part of the document."""

    slug, heading = "about", gettext_lazy("About this change")
    title = TitleText(
        label=gettext_lazy("Title of this change"),
        help_text=gettext_lazy("A few words that reviewers find it by."),
        widget=_line(maxlength=TITLE_MAX),
    )
    why = KeptText(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("What made this change necessary, for whoever reviews it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def edits(self) -> dict[str, Any]:
        self.full_clean()
        texts = {name: value or "" for name, value in self.values.items()}
        return {"values": {}, **texts}


PARTS: dict[str, type[PartForm]] = {
    form.slug: form
    for form in (
        BasicsForm,
        InstructionsForm,
        ModelForm,
        AbilitiesForm,
        ReplyForm,
        LabelsForm,
        AboutForm,
    )
}
PART_OF: dict[str, str] = {
    field: slug for slug, form in PARTS.items() for field in form.base_fields
}
