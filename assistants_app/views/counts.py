"""The counts of the shell, asked for again once a minute by a page that stands open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect, render

from assistants_app.views import access, pages, shell

if TYPE_CHECKING:
    from assistants_app.views.pages import Request


@access.signed_in("GET")
def counts(request: Request) -> HttpResponse:
    """204 while they are as `seen` says, else the navigation and the bell anew.

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
    context = {"shell": now}
    response = render(request, "ui/parts/_counts.html", context)
    return pages.with_slots(response, request, {"bell-count": "ui/parts/_bell.html"}, context)
