"""A sign-in of the last ten minutes for what is important, without losing what was typed.

Members, roles, rules, connection, tokens and ending sessions ask for it (security.md section 8).
What was sent is kept in the session until its form is shown again; a key is not, since sessions
lie in the database.
"""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from assistants_app.forms.connections import SECRET_PREFIX
from assistants_app.views import pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from assistants_app.views.pages import Request

P = ParamSpec("P")
SINCE, KEPT, BACK = "signed_in_at", "unsent", "asked_at"  # session keys
SECRETS = ("key",)
KEPT_MAX = 20_000  # characters


def note(request: HttpRequest, **_more: Any) -> None:
    """This session's person has just shown who they are; receiver of Django's `user_logged_in`."""
    request.session[SINCE] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    """True when this session's person showed who they are in the last ten minutes."""
    age = time.time() - request.session.get(SINCE, 0)
    return bool(age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def required(
    back: str = "",
) -> Callable[[Callable[Concatenate[Request, P], HttpResponse]], Callable[..., HttpResponse]]:
    """Ask for a fresh sign-in before a POST; with `back` empty, before the page is shown too.

    `back` names the page, of the same workspace if any, that holds the form: there people find it
    again, filled in as they sent it.
    """

    def wrap(
        view: Callable[Concatenate[Request, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if is_fresh(request) or (back and request.method != "POST"):
                return view(request, *args, **kwargs)
            place = [kwargs["slug"]] if "slug" in kwargs else []
            return _ask(request, reverse(back, args=place) if back else "")

        return guarded

    return wrap


def _ask(request: Request, form_page: str) -> HttpResponse:
    if request.method == "POST":
        _keep(request)
    request.session[BACK] = form_page or _came_from(request)
    query = urlencode({REDIRECT_FIELD_NAME: form_page or request.path})
    return pages.go(request, f"{reverse('account_reauthenticate')}?{query}")


def _came_from(request: Request) -> str:
    """A path of this site: the page before this one, which itself would only ask again."""
    came = pages.came_from(request)
    if came.startswith(reverse("account_reauthenticate")):
        return str(request.session.get(BACK, reverse("home")))
    return reverse("home") if came.partition("?")[0] in ("", request.path) else came


class Cancellable:
    """ "Is it still you?" with a way back, for who would rather leave it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        is_factor = (self.get_next_url() or "").startswith(reverse("mfa_index"))  # type: ignore[attr-defined]
        kept = self.request.session.get(BACK, reverse("home"))  # type: ignore[attr-defined]
        return context | {"cancel_url": reverse("mfa_index") if is_factor else kept}


def _keep(request: Request) -> None:
    fields = request.POST.copy()
    secrets = [name for name in fields if name in SECRETS or name.startswith(SECRET_PREFIX)]
    dropped = [fields.pop(name)[-1] for name in secrets]
    fields.pop("csrfmiddlewaretoken", None)
    text = fields.urlencode()
    text = text if len(text) <= KEPT_MAX else ""
    request.session[KEPT] = {"path": request.path, "text": text, "had_key": any(dropped)}


def renew(request: HttpRequest) -> None:
    """They showed who they are once more: what they had sent may be shown again."""
    note(request)
    if kept := request.session.get(KEPT):
        request.session[KEPT] = {**kept, "is_back": True}
        once_more = _("Nothing is saved yet. Look it over and send it again.")
        if kept["had_key"]:
            once_more = _("Nothing is saved yet. Enter the key once more and send it again.")
        messages.info(request, once_more)


def sent(request: Request) -> QueryDict | None:
    """What a form is bound to: the POST, or what was sent here before the fresh sign-in."""
    return request.POST if request.method == "POST" else unsent(request)


def unsent(request: Request, path: str = "") -> QueryDict | None:
    """What was sent to this address (or `path`) with too old a sign-in; given back only once."""
    kept = request.session.get(KEPT)
    if not kept or not kept.get("is_back") or request.method != "GET":
        return None
    if kept["path"] != (path or request.path):
        return None
    del request.session[KEPT]
    return QueryDict(kept["text"]) if kept["text"] else None
