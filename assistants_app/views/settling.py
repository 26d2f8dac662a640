"""What only a person can tell of an upstream assistant, as forms of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _

from assistants_app.actions import push_doubts
from assistants_app.errors import Conflict, Invalid
from assistants_app.views import drifting, pages, upstream_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from assistants_app.models import Assistant, PushOrder
    from assistants_app.views.pages import Request


def link(request: Request, assistant: Assistant) -> HttpResponse:
    """It is this one: the id is read next."""
    id_ = request.POST.get("upstream_id", "")
    said = _("It is being read now. Nothing is written unless it agrees.")
    return _do(
        request,
        assistant,
        said,
        lambda order: push_doubts.link(order, actor=request.actor, upstream_id=id_),
    )


def unlink(request: Request, assistant: Assistant) -> HttpResponse:
    """It is another one after all."""
    said = _("It is not linked any more. Nothing there was touched.")
    return _do(
        request, assistant, said, lambda order: push_doubts.unlink(order, actor=request.actor)
    )


def choose(request: Request, assistant: Assistant) -> HttpResponse:
    """Of several, this one is ours."""
    id_ = request.POST.get("upstream_id", "")
    said = _("This one is ours from now on. The others stay on the server as they are.")
    return _do(
        request,
        assistant,
        said,
        lambda order: push_doubts.choose(order, actor=request.actor, upstream_id=id_),
    )


def create(request: Request, assistant: Assistant) -> HttpResponse:
    """I looked: create again."""
    is_sure = bool(request.POST.get("is_sure"))
    said = _("It is created again as soon as we looked for it once more.")
    return _do(
        request,
        assistant,
        said,
        lambda order: push_doubts.create_again(order, actor=request.actor, is_sure=is_sure),
    )


def gone(request: Request, assistant: Assistant) -> HttpResponse:
    """An admin confirms that it is gone."""
    is_sure = bool(request.POST.get("is_sure"))
    said = _("It counts as deleted upstream now.")
    return _do(
        request,
        assistant,
        said,
        lambda order: push_doubts.confirm_gone(order, actor=request.actor, is_sure=is_sure),
    )


def _do(
    request: Request,
    assistant: Assistant,
    said: str,
    act: Callable[[PushOrder], PushOrder],
) -> HttpResponse:
    """One decision: 303 to the page, 409 with how it stands, 422 with what was typed."""
    order = upstream_page.order_of(assistant)
    if order is None:
        return drifting.moved(request, assistant, _("There is nothing to settle."))
    try:
        act(order)
    except Conflict as conflict:
        return drifting.moved(request, assistant, str(conflict))
    except Invalid as invalid:
        return _refused(request, assistant, invalid)
    messages.success(request, said)
    return pages.go(request, upstream_page.url(assistant))


def _refused(request: Request, assistant: Assistant, invalid: Invalid) -> HttpResponse:
    typed = request.POST.get(invalid.field, "")
    return upstream_page.page(
        request,
        assistant,
        status=422,
        wrong={invalid.field: str(invalid)},
        typed=typed,
        errors=[(f"#id_{invalid.field}", str(invalid))],
    )
