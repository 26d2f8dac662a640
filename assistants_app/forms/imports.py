"""Assistants from a file, or pasted: each becomes a change here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from assistants_app.forms.fields import placed

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

PASTE_MAX = 1024 * 1024  # bytes
FILE_MAX = 16 * 1024 * 1024
AT_ONCE = 500  # assistants; a request must not take for ever


class ImportForm(forms.Form):
    """One of the two; what was pasted stays as it is typed, whatever is wrong with it."""

    text = forms.CharField(
        label=gettext_lazy("Assistants as JSON"),
        help_text=gettext_lazy(
            "An object, a list as the API answers it, an array, or JSON lines; at most 1 MB."
        ),
        strip=False,
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 8, "spellcheck": "false", "translate": "no", "autocomplete": "off"}
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file of them"),
        help_text=gettext_lazy("At most 16 MB."),
        required=False,
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, profile: contract.Profile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._profile = profile
        self.items: list[contract.Item] = []
        self.fields["text"].validators = []  # the parser names a NUL by its place

    def clean_text(self) -> str:
        """The parser's own word on what cannot be read, at its place."""
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if text.strip():
            self.items = self._read(text.encode("utf-8", "surrogatepass"), PASTE_MAX)
        return text

    def clean_file(self) -> UploadedFile[Any] | None:
        """Read only where it is small enough."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is None:
            return None
        if self.cleaned_data.get("text", "").strip() or "text" in self.errors:
            raise forms.ValidationError(_("Paste something or choose a file, not both."))
        if not file.size:
            raise forms.ValidationError(_("The file is empty."))
        if file.size > FILE_MAX:
            raise forms.ValidationError(_("The file is larger than 16 MB."))
        self.items = self._read(file.read(), FILE_MAX)
        return file

    def clean(self) -> dict[str, Any]:
        """Something must be there."""
        if not self.errors and not self.items:
            self.add_error("text", _("Paste something, or choose a file."))
        return self.cleaned_data

    def _read(self, data: bytes, limit: int) -> list[contract.Item]:
        if len(data) > limit:
            raise forms.ValidationError(_("This is larger than 1 MB. Put it into a file."))
        try:
            items = contract.read_file(data, self._profile)
        except InvalidDocument as error:
            raise forms.ValidationError([placed(found) for found in error.problems]) from None
        if len(items) > AT_ONCE:
            said = _(
                "%(n)s assistants are too many for a page; the limit is %(max)s. Use the command "
                "import_assistants."
            )
            raise forms.ValidationError(said % {"n": f"{len(items):,}", "max": AT_ONCE})
        if not items:
            raise forms.ValidationError(_("There is no assistant in it."))
        return items
