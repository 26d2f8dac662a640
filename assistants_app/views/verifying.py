"""Verifying the audit log: the verdict with its time, or how far the walk has come."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils import formats
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import verifying
from assistants_app.models import Job
from assistants_app.models.chain import Verdict
from assistants_app.views import access, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Workspace
    from assistants_app.views.pages import Request

PART = "audit/parts/_verify.html"
SLOTS = {"announcer": "audit/parts/_verify_said.html"}


@access.signed_in("POST")
def verify(request: Request) -> HttpResponse:
    """A short log is walked at once, a long one by the runner; either way it is a run."""
    workspace = access.current(request)
    if workspace is None:
        raise Http404
    policies.require(request.actor, "audit.verify", workspace, on=workspace)
    job = verifying.ask(workspace, actor=request.actor)
    verifying.begin(job)
    if not request.htmx:
        return pages.go(request, "job", job.pk)
    job.refresh_from_db()
    context = shown(job)
    response = pages.page(request, PART, context, status=200 if job.is_over else 202)
    return pages.with_slots(response, request, SLOTS, context) if job.is_over else response


def latest(workspace: Workspace) -> dict[str, Any]:
    """The newest run of this workspace, for the page of the log; empty where there was none."""
    rows = workspace.jobs.filter(kind=Job.Kind.VERIFY).select_related("asked_by", "workspace")
    job = rows.order_by("-pk").first()
    return shown(job) if job else {}


def shown(job: Job) -> dict[str, Any]:
    """What `_verify.html` draws of a run."""
    kept: Any = job.result if job.state == Job.State.DONE else None
    return {
        "job": job,
        "seen": job.fingerprint,
        "share": _share(job),
        "verdict": _verdict(kept) if kept else None,
        "since": datetime.fromisoformat(kept["since"]) if kept and kept["since"] else None,
    }


def _verdict(kept: dict[str, Any]) -> Verdict:
    return Verdict(kept["checked"], kept["head"], kept["bad_seq"], kept["reason"])


def _share(job: Job) -> str:
    done, total = (
        formats.number_format(n or 0, force_grouping=True) for n in (job.done, job.total)
    )
    return _("%(done)s of %(total)s entries") % {"done": done, "total": total}
