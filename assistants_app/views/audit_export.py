"""The audit log as a file, narrowed as the list is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone

from assistants_app import exports, policies
from assistants_app.actions import exporting
from assistants_app.views import access, audit, pages

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from assistants_app.views.pages import Request

KINDS = {
    "csv": (exports.audit_csv, "text/csv; charset=utf-8"),
    "jsonl": (exports.audit_lines, "application/jsonl; charset=utf-8"),
}


@access.signed_in("POST")
def export(request: Request) -> HttpResponseBase:
    """Streamed; what the filters cannot read leads back to the list, which says so."""
    workspace = access.current(request)
    kind = request.POST.get("kind", "csv")
    if workspace is None or kind not in KINDS:
        raise Http404
    policies.require(request.actor, "audit.verify", workspace, on=workspace)
    found = audit.narrowed(request, workspace)
    if not found.form.is_valid():
        return pages.go(request, f"{reverse('audit_list')}?{request.GET.urlencode()}")
    # As the form read them: ids, days and words of closed lists, never what somebody typed.
    asked = {name: str(value) for name, value in found.form.cleaned_data.items() if value}
    entry = exporting.export(workspace, actor=request.actor, kind=kind, narrowed=asked)
    write, content_type = KINDS[kind]
    response = StreamingHttpResponse(write(found.qs, entry.seq), content_type=content_type)
    name = f"audit-{workspace.slug}-{timezone.now():%Y%m%d-%H%M}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
