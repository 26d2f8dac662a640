"""Passkeys: allauth's pages; what changes is in the audit log and ends other sessions."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from assistants_app.actions import factors
from assistants_app.views import freshness
from assistants_app.views.factors import Unprocessable, by

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def work(request: HttpRequest) -> bool:
    """Browsers bind a passkey to a host name; under a bare number they offer none."""
    try:
        ip_address(urlsplit(f"//{request.get_host()}").hostname or "")
    except ValueError:
        return True
    return False


class Add(Unprocessable, webauthn.AddWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """A passkey of this device or a security key."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # allauth drops what it is given, and with it the form that was refused.
        context = super().get_context_data(**kwargs)
        return {**context, **kwargs, "passkeys_work": work(self.request)}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.added(self.request.user, kind="webauthn", **by(self.request))
        return response


class Rename(Unprocessable, webauthn.EditWebAuthnView):  # type: ignore[misc]
    """Another name for one."""

    success_url = reverse_lazy("mfa_index")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.renamed(self.request.user, actor=self.request.actor, kind="webauthn")
        messages.success(self.request, _("The passkey has a new name."))
        return response


class Remove(webauthn.RemoveWebAuthnView):  # type: ignore[misc]
    """Take one away; after the last factor the recovery codes go too."""

    success_url = reverse_lazy("mfa_index")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        factors.removed(self.request.user, kind="webauthn", **by(self.request))
        return response


class ConfirmAgain(freshness.Cancellable, webauthn.ReauthenticateWebAuthnView):  # type: ignore[misc]
    """ "Is it still you?" by passkey."""

    def form_invalid(self, form: Any) -> HttpResponse:
        super().form_invalid(form)  # it tells why
        return redirect(self.passthrough_next_url(self.request.path))

    def form_valid(self, form: Any) -> HttpResponse:
        freshness.renew(self.request)
        response: HttpResponse = super().form_valid(form)
        return response
