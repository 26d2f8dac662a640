"""The API's envelope for errors, and the outermost guard that nothing under `/v1` lacks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse

from assistants_app import contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

_TYPES: Final = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_WORDS: Final = {
    400: "This request could not be read.",
    404: "Unknown request URL.",
    503: "Busy; nothing was saved. Try again in a moment.",
}
_FAULT: Final = 500


def envelope(
    status: int,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    problems: Iterable[contract.Problem] = (),
) -> contract.Document:
    """`{"error": {message, type, param, code}}`; several `problems` are listed beside the first."""
    kind = _TYPES.get(status, "server_error" if status >= _FAULT else "invalid_request_error")
    error: dict[str, Any] = {"message": message, "type": kind, "param": param, "code": code}
    listed = [{"param": p.param or None, "code": p.code, "message": p.message} for p in problems]
    return {"error": error | ({"problems": listed} if len(listed) > 1 else {})}


class EnvelopeMiddleware:
    """Puts into the envelope what Django itself answers under `/v1` before or behind our views.

    A wrong Host, a fault in another middleware, the redirect to https: an API client reads JSON
    and follows no redirect.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_ours = f"{request.path}/".startswith("/v1/")
        if not is_ours or response.get("Content-Type") == "application/json":
            return response
        return _rewritten(response)


def _rewritten(response: HttpResponseBase) -> HttpResponse:
    """The same refusal in the envelope, with its headers; a redirect becomes a refusal of http."""
    status = response.status_code
    error = envelope(status, _WORDS.get(status, "The server had an error. Try again later."))
    if response.has_header("Location"):
        status, error = 400, envelope(400, "Use https.", code="https_required")
    told = HttpResponse(contract.dumps(error), status=status, content_type="application/json")
    for name, value in response.items():
        if name not in ("Content-Type", "Content-Length", "Location"):
            told[name] = value
    return told
