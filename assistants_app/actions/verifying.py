"""Verifying the audit log as a run: its verdict is kept, with its time, for whoever asks later.

Bookkeeping: it only reads, and a log that is broken takes no entry any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from assistants_app import doorbell, policies
from assistants_app.actions import audit, jobs
from assistants_app.models import AuditEntry, AuditHead, Job, chain

if TYPE_CHECKING:
    from assistants_app.models import Workspace
    from assistants_app.policies import Actor

AT_ONCE = chain.CHUNK  # entries that are walked while the person waits: well below a second


@audit.bookkeeping
@transaction.atomic
def ask(workspace: Workspace, *, actor: Actor) -> Job:
    """A walk over the whole log, or the one that is under way; a short one is the caller's."""
    policies.require(actor, "audit.verify", workspace, on=workspace)
    asked = workspace.jobs.filter(kind=Job.Kind.VERIFY)
    if going := asked.exclude(state__in=Job.OVER).first():
        return going
    head = AuditHead.objects.filter(pk=1).first()
    job = Job.objects.create(
        workspace=workspace,
        kind=Job.Kind.VERIFY,
        asked_by=actor.user,
        source=actor.source,
        total=head.seq if head else 0,
    )
    if job.total and job.total > AT_ONCE:
        doorbell.ring("job", job.pk)
    return job


@audit.bookkeeping
def begin(job: Job) -> None:
    """Walk a short log at once; should this process end, the runner begins it again."""
    if (job.total or 0) <= AT_ONCE and (mine := jobs.claim(job.pk, owner="web")):
        run(mine)


@audit.bookkeeping
def run(job: Job) -> None:
    """From the first entry, also when an earlier attempt was cut off: half a walk proves nothing.

    The run is Done whatever it found; Failed only when it could not look.
    """
    is_mine = True

    def told(seq: int) -> bool:
        nonlocal is_mine
        is_mine = jobs.progress(job, f"{seq:,} entries so far.", done=seq)
        return is_mine

    verdict = chain.verify(told=told)
    if not is_mine:
        return
    first = AuditEntry.objects.order_by("seq").values_list("at", flat=True).first()
    jobs.finish(
        job,
        state=Job.State.DONE,
        progress="Unbroken." if verdict.is_intact else f"Entry {verdict.bad_seq:,} does not match.",
        result={
            "checked": verdict.checked,
            "head": verdict.head,
            "bad_seq": verdict.bad_seq,
            "reason": verdict.reason,
            "since": first.isoformat() if first else "",
        },
    )
