"""Checks of the upstream as the tests of pulling run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_app.actions import importing, intake, jobs, pulling
from assistants_app.models import Assistant, Job
from tests.builders import acting

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream


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


def take_all(workspace: Workspace, user: User) -> Job:
    """Take in everything that is not here."""
    return taken(importing.ask(workspace, actor=acting(user)))


def taken(asked: Job) -> Job:
    """Run an import that was asked for."""
    job = jobs.claim(asked.pk, owner="test")
    assert job is not None
    importing.run_import(job)
    return Job.objects.get(pk=job.pk)


def looked(workspace: Workspace, user: User) -> Job:
    """Ask what is upstream, and run it."""
    job = jobs.claim(importing.look(workspace, actor=acting(user)).pk, owner="test")
    assert job is not None
    importing.run_look(job)
    return Job.objects.get(pk=job.pk)


def outcome(job: Job) -> tuple[int, int, int]:
    """How many an import took in, found here, and could not take in."""
    done = importing.Intake.of(job)
    return len(done.taken), len(done.here), len(done.failed)


def imported(up_id: str) -> Assistant:
    return Assistant.objects.get(upstream_id=up_id)


def fill(up: Upstream, count: int) -> list[str]:
    return [
        up.add(f"asst_{n:03d}", created_at=1_700_000_000 + n, name=str(n)) for n in range(count)
    ]


def chosen(job: Job) -> list[str]:
    """The ids that were ticked in a look."""
    rows = job.listed.filter(is_chosen=True).order_by("n")
    return list(rows.values_list("upstream_id", flat=True))


def take(workspace: Workspace, user: User, *ids: str) -> Job:
    """Take in exactly these."""
    return taken(importing.ask(workspace, actor=acting(user), ids=ids))


def before_the_third_chunk(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Any]) -> None:
    """Have something happen when an import has taken in twice ten assistants."""
    chunks, whole = [], intake.take_in

    def take_in(*args: Any, **more: Any) -> Any:
        chunks.append(args)
        if len(chunks) == 3:
            happens()
        return whole(*args, **more)

    monkeypatch.setattr(importing, "CHUNK", 10)
    monkeypatch.setattr(intake, "take_in", take_in)
