"""A new assistant: the essentials by hand, or a whole object pasted as JSON."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from assistants_app.forms.fields import KeptText, located, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistants_app.models import Workspace

IMPORT_MAX = 4 * 1024 * 1024  # bytes; escaped twice it still fits into a request


class StartForm(forms.Form):
    """Where it shall live, and the number of this form: sent twice, it acts once."""

    workspace = forms.ChoiceField(label=gettext_lazy("Workspace"))
    form_id = forms.UUIDField(widget=forms.HiddenInput, required=False)

    document: contract.Document

    def __init__(
        self, data: Any = None, *, places: Sequence[Workspace], initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial=initial | {"form_id": uuid.uuid4()})
        field = self.fields["workspace"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        field.choices = [(place.slug, place.name) for place in places]
        if len(places) == 1:
            field.widget = forms.HiddenInput()
        self.warnings: dict[str, list[str]] = {}


class NewForm(StartForm):
    """The essentials; everything else is set in the change that this makes."""

    name = KeptText("name", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    model = KeptText(
        "model",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "list": "model-list", "spellcheck": "false"}
        ),
    )
    instructions = KeptText("instructions", widget=forms.Textarea(attrs={"rows": 10}))
    field_order = ("workspace", "name", "model", "instructions", "form_id")

    def clean(self) -> dict[str, Any]:
        """A new assistant needs a model; the contract judges the rest."""
        fields = ("name", "model", "instructions")
        typed = {f: contract.form_text(self.cleaned_data.get(f, ""), None) for f in fields}
        self.document = {field: text for field, text in typed.items() if text is not None}
        for found in contract.check(self.document, "create"):
            field = str(found.path[0])
            if found.level == "error" and field not in self.errors:
                has_none = field == "model" and not str(typed["model"] or "").strip()
                self.add_error(field, _("Choose a model.") if has_none else located(found, ""))
        return self.cleaned_data


class PasteForm(StartForm):
    """One assistant as the API has it. What belongs to a server is left out, and said."""

    text = forms.CharField(
        label=gettext_lazy("Assistant as JSON"),
        help_text=gettext_lazy("One object, as the API answers it or as you would send it."),
        strip=False,
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 18, "spellcheck": "false", "translate": "no", "autocomplete": "off"}
        ),
    )
    field_order = ("workspace", "text", "form_id")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left_out: list[str] = []
        self.had_mark = False
        self.fields["text"].validators = []  # the parser names a NUL by its place

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if not text.strip():
            raise forms.ValidationError(_("Paste the text of an assistant."))
        try:
            item = contract.read_one(text, limit=IMPORT_MAX)
        except InvalidDocument as error:
            raise forms.ValidationError([placed(found) for found in error.problems]) from None
        if item.errors:
            told = [_with_present(one, text, item.document) for one in item.errors]
            raise forms.ValidationError(told)
        self.document, self.left_out = item.document, list(item.set_aside)
        self.had_mark = contract.starts_with_bom(text)
        return text


def _with_present(found: contract.Problem, text: str, document: contract.Document) -> str:
    """What is wrong and where; for an outdated form also the one that took its place."""
    sentence = located(found, text, depth=0, document=document)
    if "present" not in found.data:
        return sentence
    return _("%(sentence)s Today: %(json)s") % {
        "sentence": sentence,
        "json": contract.dumps(found.data["present"]),
    }
