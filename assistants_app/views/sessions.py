"""Where one is signed in, and ending it from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app.actions import sessions
from assistants_app.errors import Conflict
from assistants_app.views import access, freshness, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.views.pages import Request

# The first mark that is found counts: Edge and Opera call themselves Chrome too, Chrome Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
OTHERS = "others"


@access.signed_in("GET", "POST")
@freshness.required(back="account_sessions")
def session_list(request: Request) -> HttpResponse:
    """Own sessions; a POST ends one of them (`end`: its number) or all but this one (`others`)."""
    if request.method == "POST":
        return _end(request, request.POST.get("end", ""))
    here = request.session.session_key
    rows = sorted(sessions.of(request.user), key=lambda row: row.session_key != here)
    context = {
        "rows": [(row, device(row.user_agent), row.session_key == here) for row in rows],
        "others": sum(row.session_key != here for row in rows),
    }
    return pages.page(request, "account/sessions.html", context)


def _end(request: Request, which: str) -> HttpResponse:
    person, here = request.user, request.session.session_key or ""
    if which == OTHERS:
        ended = sessions.end_others(person, actor=request.actor, here=here)
        words = ngettext("%(n)s session ended.", "%(n)s sessions ended.", ended)
        messages.success(request, words % {"n": ended})
    elif which.isascii() and which.isdigit() and len(which) < len(str(2**63)):
        try:
            sessions.end(person, int(which), actor=request.actor)
        except Conflict as conflict:
            messages.info(request, str(conflict))
        else:
            messages.success(request, _("The session is ended."))
    else:
        messages.warning(request, _("Choose which session to end."))
    return pages.go(request, "account_sessions")


def device(user_agent: str) -> str:
    """A browser's name for itself in plain words: "Firefox on Linux"."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("A browser that does not name itself")
