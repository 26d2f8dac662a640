"""Trying a sample call of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import contract
from assistants_app.contract import samples
from assistants_app.errors import InvalidDocument
from assistants_app.forms.fields import placed
from assistants_app.views import builder

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.contract.problems import Path
    from assistants_app.views.functions import FunctionDesk

_SAMPLE_BYTES = 1_048_576


def try_sample(desk: FunctionDesk) -> HttpResponse:
    """Whether a sample call would be accepted; a fault of the sample is a result, not an error."""
    text = desk.request.POST.get("sample", "").replace("\r\n", "\n")
    context = {"desk": desk, "sample": text} | _judged(desk, text)
    if desk.request.htmx:
        return render(desk.request, "tools/parts/_tried.html", context)
    return desk.page(builder.shown(desk, desk.request.GET), tried=context)


def _judged(desk: FunctionDesk, text: str) -> dict[str, Any]:
    try:
        sample = contract.parse(text, limit=_SAMPLE_BYTES)
        found = samples.faults(desk.tool["function"].get("parameters") or {}, sample)
    except InvalidDocument as error:
        return {"reasons": [placed(one) for one in error.problems[:5]]}
    except samples.Untried:
        return {"reasons": [_("The inputs themselves have something to fix first.")]}
    told = [": ".join(filter(None, [_place(one.path), one.said(_)])) for one in found]
    count = ngettext("%(n)s thing does not fit.", "%(n)s things do not fit.", len(told))
    return {"reasons": told, "is_accepted": not told, "count": count % {"n": len(told)}}


def _place(path: Path) -> str:
    """Where in the call: the entries of a list are counted from 1, as people do."""
    return ", ".join(
        _("entry %(n)s") % {"n": step + 1} if isinstance(step, int) else step for step in path
    )
