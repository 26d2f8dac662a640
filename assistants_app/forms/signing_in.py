"""allauth's forms of signing in and of passwords: in our words, and a code counts only once."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as factors
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

PERIOD = 30  # seconds that an app shows one code, RFC 6238
_NEW = _("At least 12 characters; neither a common password nor close to your name.")
_FIELDS = {
    "login": {"required": _("Enter your e-mail address or user name.")},
    "email": {"required": _("Enter your e-mail address.")},
    "password": {"required": _("Enter your password.")},
    "oldpassword": {"required": _("Enter the password you have now.")},
    "password1": {"required": _("Enter the new password.")},
    "password2": {"required": _("Enter the new password once more.")},
    "code": {"required": _("Enter the code.")},
}
_LABELS = {
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
}


class _Worded:
    fields: ClassVar[dict[str, Any]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.error_messages.update(_FIELDS.get(name, {}))
            field.label = _LABELS.get(name, field.label)
            if name == "password1":
                field.help_text = _NEW


class LoginForm(_Worded, account.LoginForm):  # type: ignore[misc]  # allauth has no types
    pass


class ReauthenticateForm(_Worded, account.ReauthenticateForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(_Worded, account.ChangePasswordForm):  # type: ignore[misc]
    pass


class SetPasswordForm(_Worded, account.SetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_Worded, account.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(_Worded, account.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class ActivateForm(_Worded, totp.ActivateTOTPForm):  # type: ignore[misc]
    pass


class _Once(_Worded):
    authenticator: Authenticator
    user: Any

    def clean_code(self) -> str:
        """allauth forgets a used code after half a minute, but takes its neighbours' too."""
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            good_for = PERIOD * (2 * settings.MFA_TOTP_TOLERANCE + 1)
            if not cache.add(
                f"code-used:{self.user.pk}:{normalize_user_code(code)}", True, good_for
            ):
                raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(_Once, factors.AuthenticateForm):  # type: ignore[misc]
    pass


class ConfirmAgainForm(_Once, factors.ReauthenticateForm):  # type: ignore[misc]
    pass
