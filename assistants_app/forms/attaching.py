"""An ID of a file or of a collection, typed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app.contract.problems import shown

if TYPE_CHECKING:
    from collections.abc import Collection

ID_MAX = 512
LABELS = {
    "files": (gettext_lazy("Add a file by its ID"), gettext_lazy("It begins with file- mostly.")),
    "knowledge": (
        gettext_lazy("Use a collection by its ID"),
        gettext_lazy("It begins with vs_ mostly."),
    ),
}


class IdForm(forms.Form):
    """`held` are the ids that are there already."""

    id = forms.CharField(required=False, widget=forms.TextInput(attrs={"spellcheck": "false"}))

    def __init__(
        self, data: Any = None, *, kind: str, held: Collection[str], initial: Any = None
    ) -> None:
        super().__init__(data, initial=initial, auto_id=f"id_{kind}_%s")
        self.held = held
        self.fields["id"].label, self.fields["id"].help_text = LABELS[kind]

    def clean_id(self) -> str:
        id_ = str(self.cleaned_data["id"])
        if not id_:
            raise forms.ValidationError(_("Type an ID."))
        if len(id_) > ID_MAX:
            raise forms.ValidationError(
                _("%(n)s characters; the limit is %(max)s.") % {"n": len(id_), "max": ID_MAX}
            )
        if not id_.isprintable() or " " in id_:
            raise forms.ValidationError(_("An ID has no blanks and no hidden characters."))
        if id_ in self.held:
            raise forms.ValidationError(_("%(id)s is in the list already.") % {"id": shown(id_)})
        return id_
