"""How a person looks at differences: changes only or the whole text, one column or two."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from assistants_app import contract
from assistants_app.actions import shown
from assistants_app.textdiff import kept

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.views.pages import Request

_LINES = re.compile(r"(\d{1,7})-(\d{1,7})")


def asked(request: Request) -> dict[str, bool]:
    """{"whole", "sides"}: asked for in the address, else as this person had it last."""
    given = {"whole": request.GET.get("show"), "sides": request.GET.get("columns")}
    known = request.session.get("diff", {})
    view = {
        "whole": given["whole"] == "whole" if given["whole"] else bool(known.get("whole")),
        "sides": given["sides"] == "2" if given["sides"] else bool(known.get("sides")),
    }
    if any(given.values()) and view != known:
        request.session["diff"] = view
    return view


def opened(request: Request) -> dict[str, set[int]]:
    """The one fold that the address asks for: by field, its first line."""
    asked, part = _LINES.fullmatch(request.GET.get("open", "")), request.GET.get("part", "")
    return {part: {int(asked[1])}} if asked and part in contract.FIELDS else {}


def fold(
    request: Request,
    before: contract.Document,
    after: contract.Document,
    **options: Any,
) -> HttpResponse | None:
    """The lines behind a fold, when that is what htmx asks for; `options` of `_diff_rows.html`."""
    asked, part = _LINES.fullmatch(request.GET.get("open", "")), request.GET.get("part", "")
    if not (request.htmx and asked and part in contract.FIELDS):
        return None
    old, new = shown.plain_text(before, part), shown.plain_text(after, part)
    rows = kept.behind(old, new, int(asked[1]), int(asked[2]))
    context = {
        "rows": rows,
        "part": part,
        "sides": bool(request.session.get("diff", {}).get("sides")),
        **options,
    }
    return render(request, "reviews/parts/_diff_rows.html", context)
