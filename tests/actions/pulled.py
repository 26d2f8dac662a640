"""Checks of the upstream as the tests of pulling run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_app.actions import jobs, pulling
from assistants_app.models import Job
from tests.builders import acting

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace


def check(workspace: Workspace, user: User) -> Job:
    """Ask for a check and run it."""
    asked = pulling.ask(workspace, actor=acting(user))
    job = jobs.claim(asked.pk, owner="test")
    assert job is not None
    pulling.run(job)
    return Job.objects.get(pk=job.pk)


def tally(job: Job) -> tuple[Any, ...]:
    assert isinstance(job.result, dict), job.progress
    return tuple(job.result[name] for name in ("seen", "new", "changed"))
