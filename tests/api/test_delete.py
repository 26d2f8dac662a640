"""DELETE /v1/assistants/{id}"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_app.actions import workspaces
from assistants_app.models import Assistant, AuditEntry
from tests import builders
from tests.api.conftest import API, LIST, error
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User, Workspace

    Make = Callable[..., Assistant]


def test_it_answers_as_the_reference_says_and_archives(api: API, make: Make) -> None:
    row = make()

    answer = api.delete(f"{LIST}/{row.public_id}")

    assert answer.status_code == 200
    assert answer.json() == {"id": row.public_id, "object": "assistant.deleted", "deleted": True}
    assert "x-dashboard-notes" not in answer
    row.refresh_from_db()
    assert row.is_archived
    assert AuditEntry.objects.latest("seq").action == "assistant.archived"


def test_a_second_time_it_is_not_found(api: API, make: Make) -> None:
    path = f"{LIST}/{make().public_id}"
    api.delete(path)
    entries = AuditEntry.objects.count()

    for told in (error(api.delete(path), 404), error(api.post(path, {}), 404)):
        assert told["message"].startswith("No assistant found with id")
    assert AuditEntry.objects.count() == entries


def test_in_a_connected_workspace_the_answer_says_that_upstream_keeps_it(
    api: API, make: Make, workspace: Workspace, erin: User
) -> None:
    row = make()
    with Upstream() as upstream:
        builders.make_connection(workspace, erin, upstream)

        answer = api.delete(f"{LIST}/{row.public_id}")

        assert upstream.requests == []
    assert "connected server keeps its assistant" in answer["x-dashboard-notes"]


def test_a_body_is_not_read(api: API, make: Make) -> None:
    assert api.call("DELETE", f"{LIST}/{make().public_id}", "{not json").status_code == 200


def test_whoever_may_only_publish_deletes_nothing(
    make: Make, workspace: Workspace, bob: User
) -> None:
    row = make()
    _token, secret = builders.make_token(workspace, bob, "assistants:read", "assistants:write")

    told = error(API(secret).delete(f"{LIST}/{row.public_id}"), 403)

    assert told["type"] == "permission_error"
    assert AuditEntry.objects.latest("seq").action == "access.denied"
    row.refresh_from_db()
    assert not row.is_archived


def test_where_a_review_is_asked_for_nothing_is_deleted(
    api: API, make: Make, workspace: Workspace, erin: User
) -> None:
    row = make()
    workspaces.set_rules(workspace, actor=builders.acting(erin), approvals=1)

    told = error(api.delete(f"{LIST}/{row.public_id}"), 403)

    assert (told["type"], told["code"]) == ("permission_error", "review_required")
    row.refresh_from_db()
    assert not row.is_archived
