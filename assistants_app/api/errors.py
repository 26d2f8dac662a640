"""Every refusal and fault of `/v1`, mapped once to its status, envelope and headers."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any, Final

from rest_framework import exceptions
from rest_framework.response import Response

from assistants_app.actions import audit
from assistants_app.api.envelope import envelope
from assistants_app.errors import AuditBroken, Conflict, Invalid, InvalidDocument, NotAllowed
from assistants_app.models import storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.request import Request

    from assistants_app.api.endpoint import Endpoint

log = logging.getLogger(__name__)

_RETRY_MAX: Final = 120  # seconds; the SDK gives up on a longer Retry-After
_BUSY: Final = 5
_NOT_WHOLE: Final = "The audit log does not fit together, so nothing is saved until someone looked."
# Conflicts that a second try can settle by itself; any other needs the caller to think.
_PASSING: Final = ("outdated", "digest", "stale", "receipt")
# REST framework's codes under the names that the API gives them; the others keep theirs.
_CODES: Final[dict[str, str | None]] = {
    "authentication_failed": "invalid_api_key",
    "not_authenticated": "invalid_api_key",
    "not_found": None,
    "throttled": "rate_limit_exceeded",
}


class OutOfScope(NotAllowed):
    """The token's scopes do not reach this, whatever its owner may do."""


class UnknownPath(exceptions.NotFound):
    """Nothing is served at this address."""

    default_code = "unknown_url"


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """REST framework's exception handler: answers everything, also what nobody foresaw."""
    view: Endpoint = context["view"]
    if isinstance(error, InvalidDocument):
        return _invalid(error)
    if isinstance(error, NotAllowed):
        place = view.token.workspace
        audit.deny(actor=view.actor, right=error.right, workspace=place, on=error.on)
        return _not_allowed(error)
    if isinstance(error, Conflict):
        return _conflict(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error, view)
    return _other(error, context["request"])


def _invalid(error: InvalidDocument) -> Response:
    first = error.problems[0]
    status = 413 if first.code == "too_large" and not first.path else 400
    told = envelope(
        status,
        first.message,
        param=first.param or None,
        code=first.code,
        problems=error.problems,
    )
    return Response(told, status)


def _not_allowed(error: NotAllowed) -> Response:
    """A write that its owner may not publish at once is one that needs a review (section 9)."""
    code = None if error.right == "workspace.read" else "review_required"
    if isinstance(error, OutOfScope):
        code = "insufficient_scope"
    return Response(envelope(403, str(error), code=code), 403)


def _conflict(error: Conflict) -> Response:
    if error.code == "review_required":
        return Response(envelope(403, str(error), code=error.code), 403)
    headers = {"x-should-retry": "true" if error.code in _PASSING else "false"}
    return Response(envelope(409, str(error), code=error.code), 409, headers=headers)


def _of_framework(error: exceptions.APIException, view: Endpoint) -> Response:
    """Authentication, rates, media types, methods and what is not found."""
    status, message = error.status_code, str(error.detail)
    headers: dict[str, str] = {}
    if isinstance(error, exceptions.AuthenticationFailed | exceptions.Throttled):
        number = getattr(view.request, "request_id", "")
        told = {"security": True, "request_id": number}
        log.warning("Refused at /v1: %s", error.get_codes(), extra=told)
    if isinstance(error, exceptions.NotAuthenticated):
        message = "No API key provided. Send one as: Authorization: Bearer asd_…"
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        status, headers = 401, {"WWW-Authenticate": "Bearer"}
    elif isinstance(error, exceptions.Throttled):
        wait = min(max(1, math.ceil(getattr(error, "wait", None) or 1)), _RETRY_MAX)
        message, headers = f"Too many requests. Try again in {wait} s.", {"Retry-After": str(wait)}
    elif isinstance(error, exceptions.UnsupportedMediaType):
        message = "Send application/json."
    elif isinstance(error, exceptions.MethodNotAllowed):
        headers = {"Allow": ", ".join(view.allowed_methods)}
    code = str(error.get_codes())
    return Response(envelope(status, message, code=_CODES.get(code, code)), status, headers=headers)


def _other(error: Exception, request: Request) -> Response:
    if isinstance(error, Invalid):
        return Response(envelope(400, str(error), param=error.field, code="invalid_value"), 400)
    if storage.is_collision(error):
        message = "Someone saved at the same moment; nothing of yours was saved. Try again."
        return _conflict(Conflict(message, code="stale"))
    if isinstance(error, AuditBroken) or storage.is_out_of_service(error):
        log.error("Storage is out of service: %s", error)
        is_broken = isinstance(error, AuditBroken)
        return Response(
            envelope(503, _NOT_WHOLE if is_broken else "Busy; nothing was saved. Try again."),
            503,
            headers={"Retry-After": str(_BUSY)},
        )
    number = getattr(request, "request_id", "")
    log.error("A request to /v1 failed.", exc_info=error, extra={"request_id": number})
    return Response(envelope(500, f"The server had an error. Its number is {number}."), 500)
