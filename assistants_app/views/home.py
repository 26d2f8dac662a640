"""The health answer and the browser's reports of blocked content."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from assistants_app.models import AuditEntry, AuditHead, triggers

if TYPE_CHECKING:
    from django.http import HttpRequest

log = logging.getLogger("assistants_app.csp")
REPORT_MAX = 8 * 1024


@require_GET
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 when the database answers and its append-only guards stand, else 503.

    `guard_restored` is when one was missing and put back, for a day. That is for people to look at:
    whatever restarts a service by its status must not do so for a day for what is mended.
    """
    gone = triggers.missing(connection)
    head = AuditHead.objects.filter(pk=1).first()
    answer = {
        "ok": not gone,
        "audit_seq": head.seq if head else 0,
        "guards_missing": len(gone),
        "guard_restored": AuditEntry.guard_restored(),
    }
    return JsonResponse(answer, status=200 if not gone else 503)


@csrf_exempt  # browsers send these reports without a token
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log what the browser blocked; at most 8 kB, nothing stored."""
    if int(request.headers.get("Content-Length") or 0) > REPORT_MAX:
        return HttpResponse(status=413)
    text = request.body.decode("utf-8", "replace")
    log.warning("Blocked by the content policy: %s", text[:500], extra={"security": True})
    return HttpResponse(status=204)
