"""The parts of a Change, one form each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app.forms.fields import REFUSED, JSONText, KeptText
from assistants_app.forms.instructions import InstructionsForm
from assistants_app.forms.labels import LabelsForm
from assistants_app.forms.model import ModelForm
from assistants_app.forms.parts import PartForm, one_line
from assistants_app.forms.reply import ReplyForm
from assistants_app.forms.search import SearchForm

TITLE_MAX = 200


class BasicsForm(PartForm):
    slug, heading = "basics", gettext_lazy("Basics")
    name = KeptText("name", widget=one_line())
    description = KeptText("description", widget=forms.Textarea(attrs={"rows": 2}))


class AbilitiesForm(PartForm):
    slug, heading = "abilities", gettext_lazy("Abilities")
    tools = JSONText("tools", shape=(list,))
    tool_resources = JSONText("tool_resources", shape=(dict,))


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
        widget=one_line(maxlength=TITLE_MAX),
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
# Beside the parts: what is a part of one tool.
FORMS: dict[str, type[PartForm]] = PARTS | {SearchForm.slug: SearchForm}
PART_OF: dict[str, str] = {
    field: slug for slug, form in PARTS.items() for field in form.base_fields
}
