"""A comment: its text, and which lines or which thread it is about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.forms.fields import KeptText
from assistants_app.models import Comment, Thread

MOST: int = Comment._meta.get_field("text").max_length or 0


class CommentForm(forms.Form):
    """The hidden fields are the page's own: the place, the thread that is answered."""

    text = KeptText(label=gettext_lazy("Comment"), widget=forms.Textarea(attrs={"rows": 3}))
    part = forms.ChoiceField(
        required=False, choices=[("", ""), *((name, name) for name in contract.FIELDS)]
    )
    side = forms.ChoiceField(required=False, choices=Thread.Side.choices)
    first = forms.IntegerField(required=False, min_value=0)
    last = forms.IntegerField(required=False, min_value=0)
    digest = forms.CharField(required=False, max_length=64)
    thread = forms.IntegerField(required=False, min_value=1)
    form_id = forms.UUIDField(required=False)
    send = forms.CharField(required=False, max_length=5)

    def __init__(
        self, data: Any = None, *, key: str, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, auto_id=f"id_%s_{key}", initial=initial)
        for name, field in self.fields.items():
            field.widget = field.widget if name == "text" else forms.HiddenInput()

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if not text.strip():
            raise forms.ValidationError(_("Write a comment."))
        return text

    @property
    def place(self) -> dict[str, Any]:
        """Where it is to stand: part, side, first and last line, and the digest that was shown."""
        given = self.cleaned_data if self.is_bound and self.errors is not None else self.initial
        return {
            "part": given.get("part") or "",
            "side": given.get("side") or Thread.Side.NEW.value,
            "first": given.get("first") or 0,
            "last": given.get("last") or 0,
            "digest": given.get("digest") or "",
        }
