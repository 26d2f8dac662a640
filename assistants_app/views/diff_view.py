"""How a person looks at differences: changes only or the whole text, one column or two."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistants_app.views.pages import Request


def asked(request: Request) -> dict[str, bool]:
    """{"whole", "sides"}: asked for in the address, else as this person had it last."""
    given = {"whole": request.GET.get("show"), "sides": request.GET.get("columns")}
    kept = request.session.get("diff", {})
    view = {
        "whole": given["whole"] == "whole" if given["whole"] else bool(kept.get("whole")),
        "sides": given["sides"] == "2" if given["sides"] else bool(kept.get("sides")),
    }
    if any(given.values()) and view != kept:
        request.session["diff"] = view
    return view
