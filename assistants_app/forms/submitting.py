"""Asking for review: what reviewers are told, and that the warnings were seen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app.forms.changes import AboutForm


class SubmitForm(forms.Form):
    """Title and why, as in the editor; `sure` only where there are warnings."""

    title = AboutForm.base_fields["title"]
    why = AboutForm.base_fields["why"]
    sure = forms.BooleanField(
        label=gettext_lazy("I know about the warnings"),
        error_messages={"required": gettext_lazy("Tick this, or go back and change the text.")},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        has_warnings: bool,
        initial: dict[str, Any],
        must_say_why: bool = False,
    ) -> None:
        super().__init__(data, initial=initial, auto_id="id_submit_%s")
        self.must_say_why = must_say_why
        if not has_warnings:
            del self.fields["sure"]

    def clean_why(self) -> str:
        why = str(self.cleaned_data["why"])
        if self.must_say_why and not why.strip():
            raise forms.ValidationError(_("Say why: a rule of this workspace asks for it."))
        return why
