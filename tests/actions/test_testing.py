"""Test a connection: each step with a plain finding, nothing written upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.actions import connections, jobs, testing
from assistants_app.models import AllowedOrigin, Job
from tests.builders import acting

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


def _try(workspace: Workspace, dora: User) -> Job:
    asked = connections.ask_test(workspace, actor=acting(dora))
    job = jobs.claim(asked.pk, owner="test")
    assert job is not None
    testing.test(job)
    return Job.objects.get(pk=job.pk)


def _findings(job: Job) -> list[tuple[bool, str]]:
    assert isinstance(job.result, dict)
    return [(finding["ok"], finding["text"]) for finding in job.result["findings"]]


@pytest.mark.usefixtures("connected")
def test_a_good_connection_says_what_it_found(
    workspace: Workspace, dora: User, up: Upstream
) -> None:
    up.add()
    job = _try(workspace, dora)
    assert (job.state, _findings(job)) == (
        Job.State.DONE,
        [
            (True, "Reached the server"),
            (True, "Key accepted"),
            (True, "It has assistants"),
            (True, "1 models"),
        ],
    )
    assert up.writes() == []


BAD: list[tuple[Any, str]] = [
    ((401, {}, "{}"), "The key is not accepted."),
    ((403, {}, "{}"), "The key is not accepted."),
    ((404, {}, "{}"), "does not offer assistants"),
    ((410, {}, "{}"), "does not offer assistants"),
    ((500, {}, "{}"), "500"),
    ((302, {"Location": "/x"}, ""), "redirect"),
    ((200, {}, "<html>"), "JSON"),
    ("reset", "Could not reach the server"),
]


@pytest.mark.parametrize(("answer", "words"), BAD)
@pytest.mark.usefixtures("connected")
def test_a_bad_one_says_where_it_ended(
    workspace: Workspace, dora: User, up: Upstream, answer: Any, words: str
) -> None:
    up.on("GET", "/assistants", times=5, answer=answer)
    job = _try(workspace, dora)
    assert job.state == Job.State.FAILED
    ok, text = _findings(job)[-1]
    assert not ok
    assert words in text
    assert up.key not in repr(job.result)


@pytest.mark.usefixtures("connected")
def test_a_server_without_a_list_of_models_is_a_good_one(
    workspace: Workspace, dora: User, up: Upstream
) -> None:
    up.on("GET", "/models", answer=(404, {}, "{}"))
    job = _try(workspace, dora)
    assert job.state == Job.State.DONE
    assert _findings(job)[-1] == (True, "It offers assistants, none yet")


def test_a_good_test_opens_a_closed_connection(
    workspace: Workspace, connected: Connection, dora: User
) -> None:
    connected.health.state = "key"
    connected.health.save()
    _try(workspace, dora)
    connected.health.refresh_from_db()
    assert connected.health.state == "open"


@pytest.mark.usefixtures("connected")
def test_an_address_off_the_list_is_not_tried(
    workspace: Workspace, dora: User, up: Upstream
) -> None:
    AllowedOrigin.objects.all().delete()
    job = _try(workspace, dora)
    assert job.state == Job.State.FAILED
    assert up.requests == []
