"""What a browser answers for a passkey: allauth's forms behind our one JSON parser.

Whatever else arrives there is no credential, said as such and never a server error.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.mfa.webauthn import forms as allauth
from django import forms
from django.utils.translation import gettext_lazy as _

from assistants_app import contract
from assistants_app.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 64 * 1024  # bytes; an attestation with its certificates has some thousand
_TEXTS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")


def _refusal() -> forms.ValidationError:
    return forms.ValidationError(_("This passkey could not be read. Try again."))


class CredentialField(forms.CharField):
    """JSON of a credential, cut down to the members that the WebAuthn standard names."""

    widget = forms.HiddenInput
    default_error_messages: ClassVar = {"required": _("No passkey was chosen. Try again.")}

    def clean(self, value: Any) -> dict[str, Any]:
        text = super().clean(value)
        try:
            found = contract.parse(text, limit=LIMIT)
        except InvalidDocument:
            raise _refusal() from None
        return _credential(found)


def _credential(found: Any) -> dict[str, Any]:
    response = found.get("response") if isinstance(found, dict) else None
    if not isinstance(response, dict) or not isinstance(found.get("rawId"), str):
        raise _refusal()
    kept: dict[str, Any] = {
        name: response[name] for name in _TEXTS if isinstance(response.get(name), str)
    }
    transports = response.get("transports")
    if isinstance(transports, list) and all(isinstance(one, str) for one in transports):
        kept["transports"] = transports
    return {
        "id": found["rawId"],
        "rawId": found["rawId"],
        "type": "public-key",
        "response": kept,
        "clientExtensionResults": {"credProps": {"rk": _is_resident(found)}},
    }


def _is_resident(found: dict[str, Any]) -> bool:
    extensions = found.get("clientExtensionResults")
    properties = extensions.get("credProps") if isinstance(extensions, dict) else None
    return isinstance(properties, dict) and properties.get("rk") is True


@contextmanager
def _read() -> Iterator[None]:
    """What the WebAuthn library stumbles over is a credential that cannot be read."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise _refusal() from None


class _NameField(forms.CharField):
    def __init__(self, **more: Any) -> None:
        super().__init__(
            label=_("Name"),
            max_length=60,
            help_text=_("To tell it from others: the phone, the key on your ring."),
            error_messages={"required": _("Enter a name.")},
            **more,
        )


class RenameForm(allauth.EditWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    name = _NameField()


class AddForm(allauth.AddWebAuthnForm):  # type: ignore[misc]
    name = _NameField(required=False)
    credential = CredentialField()

    def clean(self) -> Any:
        with _read():
            return super().clean()


class _Read:
    def clean_credential(self) -> Any:
        with _read():
            return super().clean_credential()  # type: ignore[misc]


class AuthenticateForm(_Read, allauth.AuthenticateWebAuthnForm):  # type: ignore[misc]
    credential = CredentialField()


class ReauthenticateForm(_Read, allauth.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    credential = CredentialField()


class LoginForm(_Read, allauth.LoginWebAuthnForm):  # type: ignore[misc]
    credential = CredentialField()
