"""Settings of a workspace: members, review rules, connection, API tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assistants_app.models.tokens import SCOPES
from assistants_app.models.workspaces import ROLES

ROLE_WORDS = {
    "viewer": _("Viewer: reads"),
    "editor": _("Editor: writes changes"),
    "reviewer": _("Reviewer: approves what others wrote"),
    "publisher": _("Publisher: publishes and pushes"),
    "auditor": _("Auditor: reads and verifies the audit log"),
    "admin": _("Admin: members, rules, connection"),
}
SCOPE_WORDS = {
    "assistants:read": _("Read assistants"),
    "assistants:write": _("Create, change and delete assistants"),
}


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=[(role, ROLE_WORDS[role]) for role in ROLES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role.")},
    )


class MemberForm(RolesForm):
    """Add someone: a person who signs in here already, or a new one."""

    person = forms.CharField(
        label=_("User name"),
        max_length=150,
        error_messages={"required": _("Enter a user name.")},
        help_text=_("What they sign in with."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    full_name = forms.CharField(
        label=_("Full name"),
        max_length=300,
        required=False,
        help_text=_("For someone new."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        help_text=_("For someone new; it may be left out."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    how = forms.ChoiceField(
        label=_("How do they get the link?"),
        choices=[("link", _("I give it to them")), ("mail", _("By e-mail"))],
        initial="link",
        required=False,
        widget=forms.RadioSelect,
        help_text=_("For someone new: the link works once, for an hour."),
    )
    field_order = ("person", "full_name", "email", "how", "roles")

    def __init__(self, *args: Any, can_mail: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_mail:
            del self.fields["how"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("how") == "mail" and not data.get("email") and "email" not in self.errors:
            self.add_error("email", _("Enter the address that the link goes to."))
        return data


class RulesForm(forms.Form):
    approvals = forms.TypedChoiceField(
        label=_("How many people must approve a change?"),
        coerce=int,
        choices=[
            (0, _("Nobody: asking for review approves at once")),
            (1, _("One other person")),
            (2, _("Two other people")),
            (3, _("Three other people")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how many people must approve.")},
        help_text=_("Nobody can approve a change they wrote any part of."),
    )
    why_required = forms.BooleanField(
        label=_("Whoever asks for review says why"),
        required=False,
        help_text=_("One line is enough; reviewers read it beside the difference."),
    )
    settle_comments = forms.BooleanField(
        label=_("Open comments block approval"),
        required=False,
        help_text=_("Each comment has to be settled before anybody can approve."),
    )


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the workspace"),
        max_length=100,
        error_messages={"required": _("Enter a name.")},
        help_text=_("A team or a purpose, such as Customer care."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NewForm(NameForm):
    """A new workspace: its name, its first admin, how many approve."""

    admin = forms.CharField(
        label=_("User name of its first admin"),
        max_length=150,
        error_messages={"required": _("Enter a user name.")},
        help_text=_("Somebody who signs in here already; they add the others."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    approvals = RulesForm.base_fields["approvals"]


class ArchiveForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the workspace"),
        error_messages={"required": _("Type the workspace\u2019s name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What it is used for, to find it again."),
        error_messages={"required": _("Enter a name for the token.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing it may do.")},
        help_text=_("Never more than your own roles. Approving is never possible by token."),
    )
    days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=1,
        max_value=365,
        initial=90,
        help_text=_("After that it opens nothing; 365 at most."),
        error_messages={
            "required": _("Enter a number of days."),
            "invalid": _("Must be a whole number."),
            "min_value": _("Must be between 1 and 365."),
            "max_value": _("Must be between 1 and 365."),
        },
    )
