"""One assistant upstream: what the server holds against what is live here, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import push_decisions
from assistants_app.errors import Conflict
from assistants_app.models import PushOrder, UpstreamCopy
from assistants_app.views import access, badges, comparison, order_words, pages, sync

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Assistant
    from assistants_app.views.pages import Request


@access.signed_in("GET", "POST")
def upstream(request: Request, pk: int) -> HttpResponse:
    """What upstream holds against what is live here; POST pushes ours over what was shown."""
    assistant = access.assistant(request, pk)
    order = PushOrder.objects.filter(assistant=assistant).select_related("desired_version").first()
    if request.method != "POST":
        return _upstream(request, assistant, order)
    if order is None:
        raise Http404
    try:
        push_decisions.keep_ours(order, actor=request.actor, digest=request.POST.get("digest", ""))
    except Conflict as conflict:
        order.refresh_from_db()
        return _upstream(request, assistant, order, status=409, conflict=str(conflict))
    messages.success(request, _("Ours is being pushed again."))
    return pages.go(request, sync.url(assistant.workspace))


def _upstream(
    request: Request,
    assistant: Assistant,
    order: PushOrder | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    copies = {copy.kind: copy for copy in assistant.upstream_copies.all()}
    theirs = copies.get(UpstreamCopy.Kind.THEIRS)
    base = copies.get(UpstreamCopy.Kind.BASE)
    shown = theirs or base
    connection = assistant.workspace.upstream
    health = connection.health if connection else None
    context = {
        "assistant": assistant,
        "order": order,
        "badge": badges.upstream_badge(assistant, order, health),
        "says": order_words.says(order, base.seen_at if base else None) if order else "",
        "theirs": theirs,
        "shown": shown,
        "sections": comparison.sections(shown.document(), assistant.document()) if shown else [],
        "attempts": order.push_attempts.select_related("version")[:20] if order else [],
        "may_push": policies.allowed(request.actor, "push", assistant.workspace),
        "crumbs": [
            (_("Sync"), sync.url(assistant.workspace)),
            (str(assistant), reverse("assistant", args=[assistant.pk])),
            (_("Upstream"), ""),
        ],
        **more,
    }
    return pages.page(request, "sync/upstream.html", context, status=status)
