"""What the builder answers when an edit is not taken: the reasons, or what is there now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.http import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.actions import building
from assistants_app.schema import rows
from assistants_app.views import builder, builder_rows, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.errors import Conflict
    from assistants_app.forms.rows import RowForm
    from assistants_app.models import Change
    from assistants_app.views.pages import Request

_AGAIN: Final = {
    "remove": gettext_lazy("Remove %(name)s all the same"),
    "copy": gettext_lazy("Duplicate it as it is now"),
    "up": gettext_lazy("Move it all the same"),
    "down": gettext_lazy("Move it all the same"),
}
_HIDDEN = ("csrfmiddlewaretoken", "form_id", "fp", "ptr", "rid", "at", "op", "basics")


def refused(desk: builder.Desk, reasons: list[str]) -> HttpResponse:
    """422: nothing was saved; the reasons stand above the rows."""
    said = [("", reason) for reason in reasons]
    if not desk.request.htmx:
        return desk.page(builder.shown(desk, desk.request.POST), status=422, reasons=said)
    response = render(desk.request, "tools/parts/_reasons.html", {"reasons": said}, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#builder-summary", "innerHTML"
    return response


def stale(desk: builder.Desk, conflict: Conflict, form: RowForm | None = None) -> HttpResponse:
    """409: what is there now, and what was typed stays; a press may be meant all the same."""
    now = desk.again(desk.change)
    post = desk.request.POST
    schema = building.schema_of(desk.host, desk.host.read(now.change))
    word, _colon, sight = post.get("op", "").partition(":")
    pointer = post.get("ptr", "") if form else sight.partition(":")[2]
    there = builder.path_of(schema, pointer) if pointer.strip("/") else None
    theirs = rows.row(schema, there) if there else None
    context = {
        "reason": _(str(conflict)),
        "row": theirs,
        "text": contract.dumps(theirs.node, indent=2) if theirs else "",
        "url": builder_rows.address(
            desk.page_url, at=post.get("at", ""), edit=theirs.pointer if theirs else ""
        ),
        "rid": form.rid if form else "",
    }
    if theirs and not form and word in _AGAIN:
        context["again"] = f"{word}:{theirs.fingerprint}:{theirs.pointer}"
        context["word"] = str(_AGAIN[word]) % {"name": theirs.name or _("each entry")}
    if not desk.request.htmx:
        query = QueryDict(mutable=True)
        view = builder.shown(now, query)
        if theirs and form:
            opened = builder.Shown(now, view.schema, (), there, form, {theirs.pointer: form.rid})
            return now.page(opened, status=409, stale=context)
        return now.page(view, status=409, stale=context)
    response = render(desk.request, "tools/parts/_newer_row.html", context, status=409)
    response["HX-Retarget"], response["HX-Reswap"] = "#merge", "innerHTML"
    return response


def gone(request: Request, change: Change, part: str = "abilities") -> HttpResponse:
    """409: what was edited is not there any more; what was typed is shown, to be copied."""
    url = reverse("change", args=[change.pk])
    sent = [(key, str(text)) for key, text in request.POST.items() if key not in _HIDDEN]
    context = {
        "reason": _("Someone took this out meanwhile."),
        "text": "\n".join(text for _key, text in sent if text.strip()),
        "url": f"{url}#form-{part}",
        "is_gone": True,
    }
    if not request.htmx:
        crumbs = [(_("Change %(n)s") % {"n": change.pk}, url)]
        return pages.page(request, "tools/gone.html", context | {"crumbs": crumbs}, status=409)
    response = render(request, "tools/parts/_newer_row.html", context, status=409)
    response["HX-Retarget"], response["HX-Reswap"] = "#merge", "innerHTML"
    return response
