"""Second factors: allauth's pages, each change in the audit log and with a fresh sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.stages import LoginStage, LoginStageController
from allauth.mfa.base import views as base
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp import views as totp
from django.contrib import messages
from django.db import transaction
from django.utils.translation import ngettext

from assistants_app.actions import factors
from assistants_app.forms.signing_in import AuthenticateForm
from assistants_app.views import freshness

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class Unprocessable:
    """What is refused answers 422, as everywhere here."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 422
        return response


class AddApp(Unprocessable, totp.ActivateTOTPView):  # type: ignore[misc]  # allauth has no types
    """An app that shows six figures: its QR code, its secret as text, and a first code back."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.added(self.request.user, kind="totp", **by(self.request))
        return response


class RemoveApp(totp.DeactivateTOTPView):  # type: ignore[misc]
    """Take the app away; without another factor the recovery codes go with it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Authenticator.objects.filter(user=self.request.user)
        others = rows.exclude(type__in=[Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES])
        return {**super().get_context_data(**kwargs), "is_last": not others.exists()}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.removed(self.request.user, kind="totp", **by(self.request))
        return response


class NewCodes(Unprocessable, codes.GenerateRecoveryCodesView):  # type: ignore[misc]
    """New recovery codes; the former ones are void."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.codes_made(self.request.user, **by(self.request))
        return response


class Confirm(base.AuthenticateView):  # type: ignore[misc]
    """The second step of signing in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = Authenticator.objects.filter(user=self.stage.login.user)
        has_passkey = mine.filter(type=Authenticator.Type.WEBAUTHN).exists()
        return {**super().get_context_data(**kwargs), "has_passkey": has_passkey}

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _tell_codes_left(self.request, getattr(form, "authenticator", None))
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 422
        return response


class ConfirmAgain(Unprocessable, freshness.Cancellable, base.ReauthenticateView):  # type: ignore[misc]
    """ "Is it still you?" for who has a second factor."""

    def form_valid(self, form: Any) -> HttpResponse:
        freshness.renew(self.request)
        response: HttpResponse = super().form_valid(form)
        return response


def _tell_codes_left(request: HttpRequest, used: Authenticator | None) -> None:
    if used is None or used.type != Authenticator.Type.RECOVERY_CODES:
        return
    used.refresh_from_db()
    left = len(used.wrap().get_unused_codes())
    words = ngettext(
        "You used a recovery code; %(n)s is left.",
        "You used a recovery code; %(n)s are left.",
        left,
    )
    messages.info(request, words % {"n": left})


def waiting(request: HttpRequest) -> LoginStage | None:
    """The sign-in of this session whose password was right and that now wants a code."""
    return LoginStageController.enter(request, AuthenticateStage.key)


def step(request: HttpRequest, stage: LoginStage) -> AuthenticateForm:
    """The form for that code, bound when one was sent."""
    data = request.POST if "code" in request.POST else None
    return AuthenticateForm(user=stage.login.user, data=data)


def passed(request: HttpRequest, stage: LoginStage, form: AuthenticateForm) -> None:
    """The code was right: they are signed in."""
    post_authentication(request, form.authenticator)
    stage.exit()


def by(request: Any) -> dict[str, Any]:
    """Who changes a factor, and in which session."""
    return {"actor": request.actor, "here": request.session.session_key or ""}
