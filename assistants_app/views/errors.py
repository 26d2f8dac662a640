"""Refusals and faults, as a page or as the alert that a part may show."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _

from assistants_app.errors import AuditBroken

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

NOT_SHOWN_AGAIN = (
    "csrfmiddlewaretoken",
    "password",
    "key",
    "oldpassword",
    "password1",
    "password2",
    "code",
)


def refused(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    """A refusal in its own words; for htmx the alert that goes into `#alerts`."""
    context = {"message": message, "status": status}
    if request.headers.get("HX-Request"):
        response = render(request, "ui/parts/_alert.html", context, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#alerts", "innerHTML"
        return response
    template = "403.html" if status == 403 else "ui/refused.html"
    return render(request, template, context, status=status)


def wrong_method(request: HttpRequest, allowed: list[str]) -> HttpResponse:
    """Mostly an address that only takes forms, typed or loaded again."""
    response = refused(request, _("There is no page at this address."), status=405)
    response["Allow"] = ", ".join(allowed)
    return response


def out_of_service(request: HttpRequest, error: Exception) -> HttpResponse:
    """The storage cannot write now: nothing was saved, and what was typed comes back to be kept."""
    message = _("Busy; nothing was saved. Try again in a moment.")
    if isinstance(error, AuditBroken):
        message = _(
            "The audit log does not fit together, so nothing is saved. Whoever runs this dashboard "
            "finds the place with: python manage.py verify_audit"
        )
    response = _with_what_was_typed(request, str(message), status=503)
    response["Retry-After"] = "5"
    return response


def collided(request: HttpRequest) -> HttpResponse:
    """Two saved at once and the database let the other one through; a second try will do."""
    message = _("Someone saved at the same moment; nothing of yours was saved. Try again.")
    return _with_what_was_typed(request, message, status=409)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Too often in a minute, by a limit of allauth: nothing was done, what was typed is shown."""
    message = _("Too many tries in a short time; nothing was done. Try again in a minute.")
    response = _with_what_was_typed(request, message, status=429)
    response["Retry-After"] = "60"
    return response


def _with_what_was_typed(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    typed = {key: value for key, value in request.POST.items() if key not in NOT_SHOWN_AGAIN}
    context = {"message": message, "status": status, "typed": typed}
    part = "ui/parts/_alert.html" if request.headers.get("HX-Request") else "ui/refused.html"
    return render(request, part, context, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is missing or old: nothing was saved, and the page says what helps.

    A token is old when the same person signed in again in another tab: the script of the page gets
    the new one and repeats what it was doing.
    """
    if _is_old_token_of_same_person(request, reason):
        response = refused(request, _("You signed in again; this is sent once more."), status=403)
        response["HX-Trigger"] = signed_in(request)
        return response
    if request.headers.get("HX-Request"):
        message = "This form is too old, or cookies are switched off. Reload and send it again."
        return refused(request, message, status=403)
    return render(request, "403_csrf.html", status=403)


def _is_old_token_of_same_person(request: HttpRequest, reason: str) -> bool:
    return bool(
        request.headers.get("HX-Request")
        and request.user.is_authenticated
        and request.headers.get("X-Person") == str(request.user.pk)
        and reason.startswith("CSRF token from")  # not one that came from another site
    )


def signed_in(request: HttpRequest) -> str:
    """The HX-Trigger that hands the page the token of the new sign-in."""
    return dumps({"signed-in": {"token": get_token(request)}})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    if request.headers.get("HX-Request"):
        return refused(request, "This does not exist, or not for you.", status=404)
    return render(request, "404.html", status=404)


class NotUTF8(BadRequest):
    """A form whose text would have to be mended; `position` is in bytes of the form, from 1."""

    def __init__(self, position: int) -> None:
        super().__init__(f"Not UTF-8 at byte {position:,}.")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    message = _unreadable(request, exception)
    if request.headers.get("HX-Request"):
        return refused(request, message or "This could not be read.", status=status)
    return render(request, "400.html", {"message": message}, status=status)


def _unreadable(request: HttpRequest, exception: Exception | None) -> str:
    """What there is too much of, or where it breaks; empty for what only Django could name."""
    if isinstance(exception, RequestDataTooBig):
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        return f"{length:,} bytes; the limit is {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,}."
    if isinstance(exception, TooManyFieldsSent):
        count = request.body.count(b"&") + 1
        return f"{count:,} fields; the limit is {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,}."
    return str(exception) if isinstance(exception, NotUTF8) else ""


def server_error(request: HttpRequest) -> HttpResponse:
    """Without context processors: the database may be what failed. The number is in the log too."""
    from django.http import HttpResponseServerError
    from django.template import loader

    reference = getattr(request, "request_id", "")
    return HttpResponseServerError(loader.get_template("500.html").render({"reference": reference}))
