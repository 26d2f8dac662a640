"""What holds for every request: a number, an actor, no caching, and refusals in plain words."""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from django.contrib.auth import logout
from django.db import DatabaseError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers

from assistants_app.actions import audit, sessions
from assistants_app.errors import AuditBroken, Conflict, Invalid, InvalidDocument, NotAllowed
from assistants_app.models import Workspace, storage
from assistants_app.policies import Actor
from assistants_app.views import account, errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Respond = Callable[[HttpRequest], HttpResponseBase]

FORM = "application/x-www-form-urlencoded"
log = logging.getLogger(__name__)
SESSION_AT_MOST, SESSION_NOTED_EVERY = 7 * 24 * 3600, 600  # seconds


class RequestIdMiddleware:
    """Gives each request a number that the answer, the log and the audit log share."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class HouseMiddleware:
    """Who acts, what may be cached, and what a refusal looks like."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/v1/"):
            return self.get_response(request)  # known by token alone: the session stays untouched
        _keep_session(request)
        is_person = request.user.is_authenticated
        request.actor = Actor(  # type: ignore[attr-defined]
            kind="person",
            source="web",
            user=request.user if request.user.is_authenticated else None,
            request_id=request.request_id,  # type: ignore[attr-defined]
            known={} if request.method in ("GET", "HEAD") else None,
        )
        response = self.get_response(request)
        if is_person:
            response["Cache-Control"] = "private, no-store"
        patch_vary_headers(response, ("HX-Request", "HX-Target"))
        return _signed_out(request, response)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Django mends a form that is not UTF-8 without a word; here it is refused."""
        if request.method == "POST" and request.content_type == FORM:
            _refuse_mended(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """One answer per kind of refusal; a view that can put it on a field catches it before."""
        if isinstance(error, NotAllowed):
            _deny(request, error)
            return errors.refused(request, str(error), status=403)
        if isinstance(error, Conflict):
            return errors.refused(request, str(error), status=409)
        if isinstance(error, Invalid | InvalidDocument):
            return errors.refused(request, str(error), status=422)
        if storage.is_collision(error):
            return self._again(request)
        if isinstance(error, AuditBroken) or storage.is_out_of_service(error):
            log.error("Storage is out of service: %s", error)
            return errors.out_of_service(request, error)
        return None

    def _again(self, request: HttpRequest) -> HttpResponse | None:
        """The database undid one of two: the view reads everything anew, so it may simply run
        once more. Three times in all, then the person is told.
        """
        view = request.resolver_match
        tries = getattr(request, "tries", 1)
        if view is None or tries >= storage.TRIES:
            return errors.collided(request)
        request.tries = tries + 1  # type: ignore[attr-defined]
        try:
            response: HttpResponse = view.func(request, *view.args, **view.kwargs)
        except Exception as error:
            answer = self.process_exception(request, error)
            if answer is None:
                raise
            return answer
        return response


def _keep_session(request: HttpRequest) -> None:
    """A session ends 12 hours after its last use (settings) and 7 days after its first."""
    if not request.user.is_authenticated:
        return
    now = int(time.time())
    if now - request.session.setdefault("began", now) > SESSION_AT_MOST:
        logout(request)
    elif now - request.session.get("used", 0) > SESSION_NOTED_EVERY:
        request.session["used"] = now  # saved, and with it the cookie gets its full age again
        _note_session(request)


def _note_session(request: HttpRequest) -> None:
    """Their list of sessions tells when this one was last used; that is no reason to refuse it."""
    key, address = request.session.session_key, request.META.get("REMOTE_ADDR")
    if not key or not address or not request.user.is_authenticated:
        return
    browser = request.headers.get("User-Agent", "")
    try:
        sessions.seen(request.user, key=key, ip=address, user_agent=browser)
    except DatabaseError as error:
        log.warning("A session could not be noted: %s", type(error).__name__)


def _refuse_mended(request: HttpRequest) -> None:
    """A browser escapes what is not ASCII, so that nearly no form is read a second time."""
    texts = (text for key in request.POST for text in (key, *request.POST.getlist(key)))
    if request.body.isascii() and not any("\ufffd" in text for text in texts):
        return
    try:
        unquote_to_bytes(request.body).decode()
    except UnicodeDecodeError as error:
        raise errors.NotUTF8(error.start + 1) from None


def _deny(request: HttpRequest, error: NotAllowed) -> None:
    workspace = Workspace.objects.filter(pk=error.workspace_id or 0).first()
    actor: Actor = request.actor  # type: ignore[attr-defined]
    audit.deny(actor=actor, right=error.right, workspace=workspace, on=error.on)


def _signed_out(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A part cannot follow a redirect to the sign-in page: htmx is told to load it instead."""
    to_sign_in = isinstance(response, HttpResponseRedirect) and response.url.startswith(
        resolve_url("account_login")
    )
    if not (to_sign_in and request.headers.get("HX-Request")):
        return response
    if request.headers.get("X-Unsaved"):  # what was typed stays where it is
        return account.again(request, status=401)
    told = HttpResponse(status=401)
    told["HX-Redirect"] = response.url  # type: ignore[attr-defined]
    return told
