"""Page or part: the whole htmx convention in one place (ux.md section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.forms import BaseForm
    from django.http import HttpRequest, QueryDict
    from django_htmx.middleware import HtmxDetails

    from assistants_app.models import User, Workspace
    from assistants_app.policies import Actor

    class Request(HttpRequest):
        """A signed-in person's request, as every view behind `access` gets it."""

        user: User
        actor: Actor
        htmx: HtmxDetails
        request_id: str
        workspace: Workspace
        workspaces: list[Workspace]
        place: str  # the view whose place in the navigation is this page's, where not its own


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    parts: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, or for htmx the part of its target: `parts` maps target id → template."""
    target = request.htmx.target if request.htmx else None
    chosen = (parts or {}).get(target or "", template)
    return render(request, chosen, dict(context), status=status)


def posted(request: Request) -> QueryDict | None:
    """What a form is bound to: the POST, an empty one too, else nothing."""
    return request.POST if request.method == "POST" else None


def verdict(request: Request, form: BaseForm) -> int:
    """422 for what was sent and is refused, else 200."""
    return 422 if request.method == "POST" and form.errors else 200


def came_from(request: HttpRequest) -> str:
    """The path, with its query, of the page of this site that this was sent from; else empty."""
    headers = request.headers
    try:
        sent_by = urlsplit(headers.get("HX-Current-URL") or headers.get("Referer", ""))
    except ValueError:
        return ""
    path = sent_by._replace(scheme="", netloc="", fragment="").geturl()
    is_ours = sent_by.netloc == request.get_host() and url_has_allowed_host_and_scheme(path, None)
    return path if is_ours else ""


def go(request: Request, to: str, *args: Any) -> HttpResponse:
    """Success that ends on another page: 303 for forms, HX-Redirect for htmx."""
    url = resolve_url(to, *args)
    if request.htmx:
        response = HttpResponse(status=200)
        response["HX-Redirect"] = url
        return response
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def with_slots(
    response: HttpResponse, request: Request, slots: Mapping[str, str], context: Mapping[str, Any]
) -> HttpResponse:
    """Append out-of-band slots to a part: `slots` maps element id → template of its inside."""
    for slot, template in slots.items():
        inside = render_to_string(template, dict(context), request).strip()
        response.write(f'<div id="{slot}" hx-swap-oob="innerHTML">{inside}</div>')
    return response
