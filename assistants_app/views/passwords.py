"""A forgotten password: allauth's pages, honest about mail and about whose link it is."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any

from allauth.account import views as allauth
from allauth.account.forms import UserTokenForm
from django.conf import settings
from django.shortcuts import render
from django.utils.translation import gettext as _

from assistants_app.views.factors import Unprocessable

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from assistants_app.models import User

log = logging.getLogger(__name__)


class _Mailing:
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "sends_mail": settings.SENDS_MAIL}


class Forgotten(_Mailing, Unprocessable, allauth.PasswordResetView):  # type: ignore[misc]  # allauth has no types
    """Mails a link. An address that nobody here has gets a mail too, so both answer alike."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except (OSError, SMTPException) as error:
            log.warning("A link for a new password could not be mailed: %s", type(error).__name__)
            refusal = _(
                "The mail server did not take the mail, so nothing was sent. Try again later."
            )
            form.add_error("email", refusal)
            return self.form_invalid(form)
        return response


class Sent(_Mailing, allauth.PasswordResetDoneView):  # type: ignore[misc]
    """Where to look for that mail."""


class Chosen(_Mailing, Unprocessable, allauth.PasswordResetFromKeyView):  # type: ignore[misc]
    """A one-time link was opened. Whoever is signed in as another is asked before that ends."""

    def dispatch(self, request: HttpRequest, uidb36: str, key: str, **kwargs: Any) -> HttpResponse:
        owner = _owner(uidb36, key)
        if owner and request.user.is_authenticated and request.user.pk != owner.pk:
            return render(request, "account/password_of_another.html", {"owner": owner})
        response: HttpResponse = super().dispatch(request, uidb36, key, **kwargs)
        return response


def _owner(uidb36: str, key: str) -> User | None:
    """Whose link this is, while it works."""
    form = UserTokenForm(data={"uidb36": uidb36, "key": key})
    return form.reset_user if form.is_valid() else None
