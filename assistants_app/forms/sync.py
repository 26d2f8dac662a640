"""The forms of Sync."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ConfirmGoneForm(forms.Form):
    """The workspace's name, typed as consent; the action compares it."""

    name = forms.CharField(
        label=_("Name of this workspace"),
        max_length=200,
        help_text=_("Type it exactly, to say that you mean it."),
    )
