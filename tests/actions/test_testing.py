"""Test a connection: each step with a plain finding, nothing written upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from assistants_app.actions import connections, jobs, testing
from assistants_app.models import AllowedOrigin, ConnectionHealth, Job
from assistants_app.secret import Secret
from assistants_app.sync import evidence, profiles
from tests.builders import COMMAND, acting, make_connection
from tests.upstream import Upstream

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace

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
            (True, "Address allowed. This is 127.0.0.1; calls go nowhere else."),
            (True, "Reached the server"),
            (True, "The connection is not encrypted: the address begins with http."),
            (True, "Key accepted"),
            (True, "It has assistants"),
            (True, "Shows a single assistant"),
            (True, "1 model"),
        ],
    )
    assert up.writes() == []


BAD: list[tuple[Any, str]] = [
    ((401, {}, "{}"), "The key is not accepted."),
    ((403, {}, "{}"), "The key is not accepted."),
    ((404, {}, "{}"), "no longer offers assistants"),
    ((410, {}, "{}"), "no longer offers assistants"),
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
    assert (True, "It offers assistants, none yet") in _findings(job)
    assert _findings(job)[-1] == (True, "It does not list its models; any name can be typed.")


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


def _learned() -> Any:
    return ConnectionHealth.objects.get().learned


@pytest.mark.usefixtures("connected")
def test_only_what_was_seen_is_learned(workspace: Workspace, dora: User, up: Upstream) -> None:
    _try(workspace, dora)
    assert _learned() == {"list": True, "models": [{"id": "gpt-4o"}]}
    up.add()
    up.add()
    _try(workspace, dora)
    assert _learned() == {
        "list": True,
        "retrieve": True,
        "paging": True,
        "models": [{"id": "gpt-4o"}],
    }
    assert up.writes() == []


@pytest.mark.parametrize(
    ("flags", "lesson", "words"),
    [
        ({"no_retrieve": True}, {"retrieve": False}, "does not show a single one"),
        ({"repeat_pages": True}, {"paging": False}, "page by page"),
        ({"refuses_order": True}, {"list_order": ""}, "It has assistants"),
    ],
)
def test_what_a_server_cannot_do_is_learned_and_said(
    workspace: Workspace, dora: User, flags: Any, lesson: dict[str, Any], words: str
) -> None:
    with Upstream(**flags) as other:
        make_connection(workspace, dora, other)
        other.add()
        other.add()
        job = _try(workspace, dora)
        assert job.state == Job.State.DONE
        assert lesson.items() <= _learned().items()
        assert any(words in text for _, text in _findings(job))


@pytest.mark.usefixtures("connected")
def test_a_test_tries_again_what_was_refused(workspace: Workspace, dora: User) -> None:
    ConnectionHealth.objects.update(learned={"update": False, "keeps": {"name": False}})
    _try(workspace, dora)
    assert {"update", "keeps"}.isdisjoint(_learned())


@pytest.mark.usefixtures("connected")
def test_a_failed_test_forgets_nothing(workspace: Workspace, dora: User, up: Upstream) -> None:
    ConnectionHealth.objects.update(learned={"update": False})
    up.on("GET", "/assistants", times=5, answer=(401, {}, "{}"))
    _try(workspace, dora)
    assert _learned() == {"update": False}


@pytest.mark.usefixtures("connected")
def test_findings_appear_while_it_runs(workspace: Workspace, dora: User, up: Upstream) -> None:
    job = connections.ask_test(workspace, actor=acting(dora))
    claimed = jobs.claim(job.pk, owner="test")
    assert claimed is not None
    shown: list[int] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and "_job" in sql:
            shown.append(len((Job.objects.get(pk=job.pk).result or {"findings": []})["findings"]))
        return answer

    with connection.execute_wrapper(look):
        testing.test(claimed)
    assert shown == [*range(1, len(shown)), len(shown) - 1]  # and once more as it ends
    assert len(shown) > 4


@pytest.mark.usefixtures("connected")
def test_a_run_that_another_process_took_over_tells_nothing_more(
    workspace: Workspace, dora: User, up: Upstream
) -> None:
    job = connections.ask_test(workspace, actor=acting(dora))
    claimed = jobs.claim(job.pk, owner="test")
    assert claimed is not None
    Job.objects.filter(pk=job.pk).update(fence=99)
    testing.test(claimed)
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.RUNNING, None)
    assert up.requests == []


@pytest.mark.parametrize(("status", "words"), [(401, "wants a key"), (200, "No key needed")])
def test_a_server_is_tried_without_a_key(
    workspace: Workspace, dora: User, status: int, words: str
) -> None:
    with Upstream(key_header="authorization" if status == 401 else "") as other:
        connections.allow_origin(other.url, actor=COMMAND, private=True)
        connections.set_connection(workspace, actor=acting(dora), base_url=other.url)
        assert any(words in text for _, text in _findings(_try(workspace, dora)))


@pytest.mark.usefixtures("connected")
def test_an_end_of_the_service_is_marked(workspace: Workspace, dora: User, up: Upstream) -> None:
    up.on("GET", "/assistants", times=5, answer=(405, {}, ""))
    job = _try(workspace, dora)
    assert job.result["gone"] is True
    assert _findings(job)[-1] == (False, testing.GONE)


@pytest.mark.usefixtures("connected")
def test_an_end_is_believed_when_it_is_said_twice(
    workspace: Workspace, dora: User, up: Upstream
) -> None:
    up.on("GET", "/assistants", times=1, answer=(404, {}, "{}"))
    assert _try(workspace, dora).state == Job.State.DONE
    up.on("GET", "/assistants", times=2, answer=(404, {}, "{}"))
    assert _try(workspace, dora).result["gone"] is True
    assert ConnectionHealth.objects.get().state == "frozen"


def test_an_address_that_turned_private_is_named(workspace: Workspace, dora: User) -> None:
    connections.allow_origin("http://localhost:9/v1", actor=COMMAND, private=False)
    connections.set_connection(workspace, actor=acting(dora), base_url="http://localhost:9/v1")
    text = _findings(_try(workspace, dora))[-1][1]
    assert "127.0.0.1" in text
    assert "may not be contacted" in text


def test_a_name_that_nobody_knows_is_said(workspace: Workspace, dora: User) -> None:
    connections.allow_origin("http://nowhere.invalid/v1", actor=COMMAND)
    connections.set_connection(workspace, actor=acting(dora), base_url="http://nowhere.invalid/v1")
    assert "was not found" in _findings(_try(workspace, dora))[-1][1]


def test_a_service_that_is_known_to_have_ended_is_told_so_whatever_it_answers(
    workspace: Workspace, connected: Connection, dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = frozenset({profiles.origin(connected.base_url)})
    monkeypatch.setattr(evidence, "ENDED", ended)
    type(connected).objects.update(key=Secret("sk-wrong-0123456789"))
    job = _try(type(workspace).objects.get(pk=workspace.pk), dora)
    assert job.result["gone"] is True
    assert _findings(job)[-1] == (False, testing.GONE)


@pytest.mark.usefixtures("connected")
def test_a_paused_connection_stays_paused_and_shows_its_answer(
    workspace: Workspace, dora: User
) -> None:
    ConnectionHealth.objects.update(state="paused", last_ok_at=None)
    assert _try(workspace, dora).state == Job.State.DONE
    row = ConnectionHealth.objects.get()
    assert row.state == "paused"
    assert row.last_ok_at is not None
