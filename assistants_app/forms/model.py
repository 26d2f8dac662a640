"""Which model answers and in what style, with what the model means for the other fields."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.contract import limits, words
from assistants_app.forms.fields import KeptText, NumberText
from assistants_app.forms.parts import PartForm, one_line
from assistants_app.models.connections import catalogue_of

if TYPE_CHECKING:
    from assistants_app.models import Change


def options(catalogue: contract.Catalogue) -> list[tuple[str, str]]:
    """(id, help) of every model that a box offers while someone types."""
    return [(model, _help(model, catalogue)) for model in usable_first(catalogue)]


def usable_first(catalogue: contract.Catalogue) -> list[str]:
    """The ids of a catalogue in its order, but last those that no server is known to take now."""
    today = datetime.now(UTC).date()

    def is_over(model: str) -> bool:
        day, found = catalogue.shutdown(model), contract.family(model, catalogue)
        return (day is not None and day <= today) or bool(found and found.notice)

    return sorted(catalogue.ids, key=is_over)


def _help(model: str, catalogue: contract.Catalogue) -> str:
    good_for, day = contract.good_for(model), catalogue.shutdown(model)
    until = _("Until %(day)s.") % {"day": formats.date_format(day, "j F Y")} if day else ""
    parts = [_(good_for) if good_for else "", until]
    return " ".join(part for part in parts if part)


class ModelForm(PartForm):
    slug, heading = "model", gettext_lazy("Model and style")
    model = KeptText("model", widget=one_line(list="model-list", spellcheck="false"))
    reasoning_effort = KeptText("reasoning_effort", widget=forms.Select())
    temperature = NumberText("temperature")
    top_p = NumberText("top_p")

    def __init__(self, data: Any = None, *, change: Change) -> None:
        self._was = change.model
        self.catalogue = catalogue_of(change.assistant.workspace.upstream)
        super().__init__(data, change=change)

    def slots(self) -> dict[str, str]:
        """The efforts only when they are another model's: nobody's open list is drawn anew."""
        slots = {"model-effects": "changes/parts/_model_effects.html"}
        if self.text("model") != self._was:
            slots["effort-choice"] = "changes/parts/_effort.html"
            slots["announcer"] = "changes/parts/_model_said.html"
        return slots

    @cached_property
    def effects(self) -> contract.Effects | None:
        """What the model in the box means, with the other fields as they are typed."""
        self.full_clean()
        return contract.effects(self.change.document() | self.values, self.catalogue)

    @property
    def proposals(self) -> list[tuple[str, str]]:
        """(what the button sends, what it says) of every edit that would match the model."""
        found = []
        for one in self.effects.proposals if self.effects else ():
            said = {"field": _(words.LABELS[one.field].label), "value": one.value}
            text = _("Set %(field)s to %(value)s") if one.value else _("Clear %(field)s")
            found.append((f"{one.field}:{one.value or ''}", text % said))
        return found

    @property
    def options(self) -> list[tuple[str, str]]:
        return options(self.catalogue)

    @property
    def ignored(self) -> list[str]:
        """Labels of the numbers that are set and may be ignored."""
        fields = self.effects.ignores if self.effects else ()
        return [_(words.LABELS[field].label) for field in fields]

    def _widgets(self) -> dict[str, forms.Widget]:
        """The efforts that the model is known to take, and the one that is set in any case."""
        present, rules = (
            self.text("reasoning_effort"),
            contract.family(self.text("model"), self.catalogue),
        )
        known = limits.EFFORTS if rules is None or rules.efforts is None else rules.efforts
        efforts = [*known, *({present} - {"", *known})]
        choices = [("", _("Model's own setting")), *((effort, effort) for effort in efforts)]
        return super()._widgets() | {"reasoning_effort": forms.Select(choices=choices)}
