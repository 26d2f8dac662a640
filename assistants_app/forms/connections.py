"""The connection of a workspace: kind of server, address, secrets, pace, and leaving it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app.errors import Invalid
from assistants_app.models import Connection
from assistants_app.sync import profiles

if TYPE_CHECKING:
    from django.forms import BoundField

    from assistants_app.models.connections import Header

SPARE, MOST = 2, 10  # empty rows for further headers; rows in all
SECRET_PREFIX = "header_value_"  # noqa: S105  # a name of fields
CHECKS = [
    (600, gettext_lazy("Every 10 minutes")),
    (3600, gettext_lazy("Every hour")),
    (86_400, gettext_lazy("Every day")),
    (0, gettext_lazy("Never")),
]
_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


@dataclass(frozen=True, slots=True)
class Row:
    """One extra header on the form; `known` is what is stored of it."""

    name: BoundField
    value: BoundField
    drop: BoundField | None
    known: Header | None


class ConnectionForm(forms.Form):
    """`upstream`: the present connection; `linked`: whether assistants hang on where it points.

    After `is_valid`: `wanted` holds what `connections.set_connection` takes.
    """

    profile = forms.ChoiceField(
        label=gettext_lazy("Kind of server"),
        choices=Connection.Profile.choices,
        widget=forms.RadioSelect,
        initial=Connection.Profile.OPENAI_COMPATIBLE,
    )
    base_url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        error_messages={"required": gettext_lazy("Enter the address of the server.")},
        help_text=gettext_lazy(
            "It usually ends in /v1, on Azure in /openai. An operator allows addresses by a "
            "command."
        ),
        widget=forms.URLInput(attrs={"autocomplete": "off", "inputmode": "url"}),
    )
    api_version = forms.CharField(
        label=gettext_lazy("Version of the API"),
        required=False,
        max_length=40,
        initial=profiles.USUAL_VERSION,
        help_text=gettext_lazy("Goes into every address as api-version."),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    auth = forms.ChoiceField(
        label=gettext_lazy("How is the key sent?"),
        required=False,
        choices=[
            (Connection.Auth.API_KEY, gettext_lazy("api-key: a key of the resource")),
            (Connection.Auth.BEARER, gettext_lazy("Bearer: a token of Entra ID")),
        ],
        initial=Connection.Auth.API_KEY,
        widget=forms.RadioSelect,
    )
    key = forms.CharField(
        label=gettext_lazy("Key"),
        required=False,
        max_length=4096,
        strip=False,
        help_text=gettext_lazy("Written once, never shown again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    drop_key = forms.BooleanField(
        label=gettext_lazy("Remove the key: this server wants none"), required=False
    )
    organization = forms.CharField(
        label=gettext_lazy("Organisation"), required=False, max_length=200
    )
    project = forms.CharField(label=gettext_lazy("Project"), required=False, max_length=200)
    rate = forms.FloatField(
        label=gettext_lazy("Calls per second, at most"),
        initial=5.0,
        min_value=0.1,
        max_value=50.0,
        help_text=gettext_lazy("All processes of this dashboard together; 0.1 to 50."),
        error_messages={
            "required": gettext_lazy("Enter calls per second from 0.1 to 50."),
            "invalid": gettext_lazy("Must be a number, such as 5 or 0.5."),
            "min_value": gettext_lazy("Enter calls per second from 0.1 to 50."),
            "max_value": gettext_lazy("Enter calls per second from 0.1 to 50."),
        },
        widget=forms.TextInput(attrs=_PLAIN | {"inputmode": "decimal"}),
    )
    check_every = forms.TypedChoiceField(
        label=gettext_lazy("Check for changes made upstream"),
        coerce=int,
        choices=CHECKS,
        initial=600,
        error_messages={"required": gettext_lazy("Choose how often.")},
        help_text=gettext_lazy("A check reads the whole list and writes nothing."),
    )
    moved = forms.ChoiceField(
        label=gettext_lazy("Another address, kind, organisation or project: what is it?"),
        required=False,
        choices=[
            (
                "same",
                gettext_lazy(
                    "The same service at a new address. Links stay; pushing is paused until "
                    "someone resumes it."
                ),
            ),
            (
                "other",
                gettext_lazy(
                    "Another service. Links are set aside; what is pushed there is reviewed for "
                    "it first."
                ),
            ),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, upstream: Connection | None, linked: bool) -> None:
        self.upstream = upstream
        self.wanted: dict[str, Any] = {}
        super().__init__(data, initial=_initial(upstream))
        if not linked:
            del self.fields["moved"]
        if upstream is None or not upstream.key_set_at:
            del self.fields["drop_key"]
        else:
            self.fields["key"].help_text = _("Leave it empty to keep the present one.")
        self._known = upstream.extra_headers if upstream else []
        for n in range(min(len(self._known) + SPARE, MOST)):
            self._add_row(n)

    def _add_row(self, n: int) -> None:
        known = self._known[n] if n < len(self._known) else None
        value = forms.PasswordInput(attrs={"autocomplete": "off"})
        name: forms.TextInput | forms.HiddenInput
        if known:
            name, label = forms.HiddenInput(), _("New value of %(name)s") % {"name": known.name}
            self.fields[f"header_drop_{n}"] = forms.BooleanField(
                label=_("Remove %(name)s") % {"name": known.name}, required=False
            )
        else:
            name, label = forms.TextInput(attrs=_PLAIN), _("Its value")
        self.fields[f"header_name_{n}"] = forms.CharField(
            label=_("Name of a header"),
            required=False,
            max_length=64,
            widget=name,
            initial=known.name if known else "",
        )
        self.fields[f"{SECRET_PREFIX}{n}"] = forms.CharField(
            label=label, required=False, max_length=4096, strip=False, widget=value
        )

    @property
    def rows(self) -> list[Row]:
        """The extra headers, first those that are stored."""
        found = []
        for n in range(min(len(self._known) + SPARE, MOST)):
            known = self._known[n] if n < len(self._known) else None
            drop = self[f"header_drop_{n}"] if known else None
            found.append(Row(self[f"header_name_{n}"], self[f"{SECRET_PREFIX}{n}"], drop, known))
        return found

    @property
    def opens_headers(self) -> bool:
        """Whether the rows stand open: there is something in them."""
        return bool(self._known) or any(
            row.name.value() or row.name.errors or row.value.errors for row in self.rows
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        headers: dict[str, str | None] = {}
        for row in self.rows:
            self._read(row, data, headers)
        self.wanted = {
            name: value
            for name, value in data.items()
            if not name.startswith("header_") and (name != "auth" or value)
        }
        self.wanted["headers"] = headers
        return data

    def _read(self, row: Row, data: dict[str, Any], headers: dict[str, str | None]) -> None:
        name, value = data.get(row.name.name) or "", data.get(row.value.name) or ""
        if not name and not value:
            return
        is_known = row.known is not None and row.known.name == name
        if is_known and row.drop and data.get(row.drop.name):
            headers[name] = None
        elif fault := self._fault(row, name, value, is_known=is_known):
            self.add_error(*fault)
        elif value:
            headers[name] = value

    def _fault(self, row: Row, name: str, value: str, *, is_known: bool) -> tuple[str, str] | None:
        if not name:
            return row.name.name, _("Enter the header\u2019s name.")
        where = row.name.name
        try:
            profiles.check_header(name, "x")
            where = row.value.name
            if value:
                profiles.check_header(name, value)
        except Invalid as fault:
            return where, str(fault)
        return None if value or is_known else (where, _("Enter its value."))

    def add_fault(self, fault: Invalid) -> None:
        """What the action found wrong, on the field it means."""
        field, _dot, header = fault.field.partition(".")
        named = [row for row in self.rows if header and row.name.value() == header]
        if named:
            self.add_error(named[0].value.name, str(fault))
        else:
            self.add_error(field if field in self.fields else None, str(fault))


def _initial(upstream: Connection | None) -> dict[str, Any]:
    if upstream is None:
        return {}
    names = ["profile", "base_url", "organization", "project", "check_every"]
    if upstream.profile == Connection.Profile.AZURE_OPENAI:
        names += ["auth", "api_version"]
    return {name: getattr(upstream, name) for name in names} | {"rate": f"{upstream.rate:g}"}


class LeaveForm(forms.Form):
    """Typing the workspace's name is the consent to leaving its server."""

    name = forms.CharField(
        label=gettext_lazy("Name of the workspace"),
        max_length=200,
        error_messages={"required": gettext_lazy("Type the workspace\u2019s name.")},
        widget=forms.TextInput(attrs=_PLAIN),
    )
