"""One assistant upstream: what the server holds against what is live here, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse

from assistants_app.views import access, drifting, settling, upstream_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import Assistant
    from assistants_app.views.pages import Request

ACTS: dict[str, Callable[[Request, Assistant], HttpResponse]] = {
    "choose": drifting.choose,
    "take": drifting.take,
    "save": drifting.save,
    "push": drifting.ask_push,
    "overwrite": drifting.overwrite,
    "link": settling.link,
    "unlink": settling.unlink,
    "mine": settling.choose,
    "create": settling.create,
    "gone": settling.gone,
}


@access.signed_in("GET", "POST")
def upstream(request: Request, pk: int) -> HttpResponse:
    """What upstream holds; POST says by `do` what a person decides about it."""
    if request.method == "POST":
        assistant = access.assistant(request, pk, "push")
        asked = "save" if request.POST.get("edit") else request.POST.get("do", "")
        return ACTS.get(asked, drifting.choose)(request, assistant)
    assistant = access.assistant(request, pk)
    if upstream_page.is_same(request, assistant):
        return HttpResponse(status=204)
    return upstream_page.page(request, assistant)
