"""How allauth behaves here: nobody signs up alone, a changed password is in the audit log, and who
has a second factor is asked for it.
"""

from __future__ import annotations

from base64 import b32encode
from os import urandom
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app.actions import people
from assistants_app.models import content
from assistants_app.policies import Actor
from assistants_app.views import freshness

if TYPE_CHECKING:
    from django.http import HttpRequest

    from assistants_app.models import User


_NO_MATCH = gettext_lazy("There is no account with this name or address and this password.")
_NOT_YOURS = gettext_lazy("This is not your password.")


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Closes sign-up and records changes of a password; everything else is allauth's own."""

    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _NO_MATCH,
        "email_password_mismatch": _NO_MATCH,
        "incorrect_password": _NOT_YOURS,
        "enter_current_password": _NOT_YOURS,
        "too_many_login_attempts": gettext_lazy(
            "Too many wrong tries. Wait five minutes, then try again."
        ),
        "rate_limited": gettext_lazy("Too many wrong tries. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        return False

    def set_password(self, user: User, password: str) -> None:
        """The new password and its audit entry, in one transaction."""
        request_id = getattr(self.request, "request_id", "")
        actor = Actor(kind="person", source="web", user=user, request_id=request_id)
        with transaction.atomic():
            super().set_password(user, password)
            people.password_changed(user, actor=actor)

    def is_reauthentication_required(self, *, app: str, **_more: Any) -> bool:  # noqa: ARG002
        """allauth's own pages ask for the same sign-in of the last ten minutes as ours."""
        return not freshness.is_fresh(self.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor shows it: a password alone may be in somebody else's hands."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        words = {
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        factors = [
            {**method, "description": words[method["id"]]}
            for method in methods
            if method["id"] in words
        ]
        return factors or methods


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """The secrets of second factors are sealed at rest, as the keys of servers are."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy(
            "This code does not fit, or was used already. Enter the one that is shown now."
        ),
    }

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002  # allauth's
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("Passkey %(n)s") % {"n": count + 1}

    def encrypt(self, text: str) -> str:
        return content.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        # An empty secret would make codes that everybody can work out: what no key opens any more
        # becomes one that nobody knows.
        return content.unseal(encrypted_text).reveal() or b32encode(urandom(20)).decode()
