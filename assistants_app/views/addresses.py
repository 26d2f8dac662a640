"""One's own e-mail address: it counts once a link that was mailed to it is opened."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import TYPE_CHECKING

from allauth.core.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app.actions import people
from assistants_app.errors import Invalid
from assistants_app.forms.account import AddressForm
from assistants_app.views import access, freshness, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import User
    from assistants_app.views.pages import Request

SALT = "a new address"
log = logging.getLogger(__name__)


@access.signed_in("GET", "POST")
@freshness.required()
def change(request: Request) -> HttpResponse:
    """Ask for another address: a link goes there, and until it is opened nothing changes."""
    person = request.user
    form = AddressForm(freshness.sent(request), initial={"email": person.email})
    if request.method == "POST" and settings.SENDS_MAIL and form.is_valid():
        too_many: HttpResponse | None = consume_or_429(request, action="manage_email", user=person)
        if too_many:
            return too_many
        if _sent(request, form):
            words = _("A link is on its way to %(address)s. Open it within an hour.")
            messages.success(request, words % {"address": form.cleaned_data["email"]})
            return pages.go(request, "account_profile")
    context = {"form": form, "sends_mail": settings.SENDS_MAIL}
    status = pages.verdict(request, form)
    return pages.page(request, "account/address.html", context, status=status)


def _sent(request: Request, form: AddressForm) -> bool:
    """True when the link was mailed; else the form says why not."""
    wanted = form.cleaned_data["email"]
    try:
        people.check_address(request.user, wanted)
        _mail(request, wanted)
    except Invalid as refusal:
        form.add_error("email", str(refusal))
    except (OSError, SMTPException) as error:
        log.warning("A link to an address could not be mailed: %s", type(error).__name__)
        refused = _("The mail server did not take the mail, so nothing was sent. Try again.")
        form.add_error("email", refused)
    return form.is_valid()


def _mail(request: Request, wanted: str) -> None:
    person = request.user
    told = {"user": person.pk, "old": person.email, "new": wanted}
    link = reverse("account_address_confirm", args=[signing.dumps(told, salt=SALT)])
    context = {"person": person, "link": request.build_absolute_uri(link), "address": wanted}
    body = render_to_string("account/email/address_new.txt", context)
    send_mail(_("[Assistants] Is this your address?"), body, None, [wanted])


@access.signed_in("GET", "POST")
def confirm(request: Request, token: str) -> HttpResponse:
    """The mailed link: a GET asks, a POST makes the address theirs."""
    person = request.user
    wanted = _wanted(person, token)
    if wanted is None or request.method == "GET":
        context = {"wanted": wanted}
        return pages.page(request, "account/address_confirm.html", context)
    former = person.email
    try:
        people.change_address(person, actor=request.actor, email=wanted)
    except Invalid as refusal:
        messages.warning(request, str(refusal))
    else:
        _tell(person, former)
        messages.success(request, _("Your e-mail address is %(a)s now.") % {"a": wanted})
    return pages.go(request, "account_profile")


def _wanted(person: User, token: str) -> str | None:
    """The address of this link, while it holds, for the person and the address of then."""
    try:
        told = signing.loads(token, salt=SALT, max_age=settings.PASSWORD_RESET_TIMEOUT)
    except signing.BadSignature:
        return None
    is_theirs = (told["user"], told["old"]) == (person.pk, person.email)
    return str(told["new"]) if is_theirs else None


def _tell(person: User, former: str) -> None:
    """The former address learns of it: it may have been somebody else who changed it."""
    if not former or not settings.SENDS_MAIL:
        return
    body = render_to_string("account/email/address_former.txt", {"person": person})
    try:
        send_mail(_("[Assistants] Your address was changed"), body, None, [former])
    except (OSError, SMTPException) as error:
        log.warning("A former address could not be told: %s", type(error).__name__)
