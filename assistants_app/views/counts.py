"""What the shell says, asked for again once a minute by a page that stands open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect, render

from assistants_app.views import access, pages, shell

if TYPE_CHECKING:
    from assistants_app.views.pages import Request

_SLOTS = {
    "bell-count": "ui/parts/_bell.html",
    "connection-card": "ui/parts/_connection.html",
    "paused": "ui/parts/_paused.html",
}


@access.signed_in("GET", is_part=True)
def counts(request: Request) -> HttpResponse:
    """204 while all is as `seen` says, else the navigation, bell, connection and red line anew.

    `here` is the name of the view that the page came from. Opened by itself it leads to My work.
    """
    if not request.htmx:
        return redirect("home")
    asked = request.GET.get("workspace")
    place = next((row for row in access.mine_of(request) if row.slug == asked), None)
    if place:  # looked at, and not remembered: nobody went there just now
        request.workspace = place
    now = shell.Shell(request, here=request.GET.get("here", "")[:60])
    if now.seen == request.GET.get("seen"):
        return HttpResponse(status=204)
    context = {"shell": now, "connection": now.connection, "paused": now.paused}
    response = render(request, "ui/parts/_counts.html", context)
    return pages.with_slots(response, request, _SLOTS, context)
