"""The addresses below one function: its inputs edited by pointer, its fixes, a sample call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect

from assistants_app.actions import building, tools
from assistants_app.views import (
    access,
    builder_fixes,
    builder_ops,
    builder_refusals,
    editing,
    function_fixes,
)
from assistants_app.views.functions import FunctionDesk, is_function

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.views.pages import Request


@access.signed_in("POST")
def tool_ops(request: Request, pk: int, key: str) -> HttpResponse:
    """One edit of the inputs, undo or redo."""
    desk = _desk(request, pk, key)
    return builder_ops.ops(desk) if isinstance(desk, FunctionDesk) else desk


@access.signed_in("GET", "POST")
def tool_fix(request: Request, pk: int, key: str) -> HttpResponse:
    """Mend what the checks found; GET shows what making it strict would change."""
    desk = _desk(request, pk, key)
    if not isinstance(desk, FunctionDesk):
        return desk
    return builder_fixes.fix(desk) if request.method == "POST" else builder_fixes.preview(desk)


@access.signed_in("POST")
def tool_try(request: Request, pk: int, key: str) -> HttpResponse:
    """Judge a sample call; nothing is stored."""
    desk = _desk(request, pk, key)
    return function_fixes.try_sample(desk) if isinstance(desk, FunctionDesk) else desk


def _desk(request: Request, pk: int, key: str) -> FunctionDesk | HttpResponse:
    row = access.change(request, pk, "change.write", is_bare=True)
    if editing.mode(request, row) == "read":
        return redirect("change", pk)
    found = tools.find(row, key)
    if found is None or not is_function(found.tool):
        return builder_refusals.gone(request, row)
    return FunctionDesk(request, row, building.ToolHost(key))
