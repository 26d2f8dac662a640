"""One's own name, theme and address, and how notices come."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assistants_app import notices
from assistants_app.models import User


class ProfileForm(forms.Form):
    first_name = forms.CharField(
        label=_("First name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    theme = forms.ChoiceField(
        label=_("Colours"), choices=User.Theme.choices, widget=forms.RadioSelect
    )


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "required": _("Enter the address."),
            "invalid": _("This is not an e-mail address."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class NoticesForm(forms.Form):
    """For each kind of notice: only here, or by e-mail too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, label in notices.KINDS.items():
            self.fields[kind] = forms.ChoiceField(
                label=label,
                choices=[("", _("Only here")), *User.Pace.choices],
                required=False,
                widget=forms.RadioSelect,
            )
