"""POST /v1/assistants/{id}"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.actions import workspaces
from assistants_app.models import Assistant, AuditEntry, Change, PushOrder, Version
from tests import builders
from tests.api.conftest import API, LIST, error
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User, Workspace

    Make = Callable[..., Assistant]

FULL: dict[str, Any] = {
    "model": "gpt-4o",
    "name": "Tutor",
    "description": "Teaches",
    "instructions": "Be kind.",
    "tools": [{"type": "code_interpreter"}, {"type": "function", "function": {"name": "f"}}],
    "tool_resources": {"code_interpreter": {"file_ids": ["file_1", "file_2"]}},
    "response_format": {"type": "text"},
    "reasoning_effort": "low",
    "temperature": 0.5,
    "top_p": 0.9,
    "metadata": {"team": "care", "stage": "one"},
}


@pytest.fixture
def full(api: API) -> dict[str, Any]:
    """An assistant with every field set, as served."""
    made: dict[str, Any] = api.post(LIST, FULL).json()
    return made


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Renamed"},
        {"model": "gpt-5"},
        {"tools": []},
        {"tools": [{"type": "file_search"}]},
        {"tool_resources": {"code_interpreter": {"file_ids": ["file_3"]}}},
        {"metadata": {"team": "care"}},
        {"temperature": 0, "top_p": 1},
        {"response_format": "auto"},
        {"description": "é" * 512, "instructions": "\n two \r\n lines\t"},
    ],
)
def test_what_is_sent_replaces_and_all_else_stays(
    api: API, full: dict[str, Any], change: dict[str, Any]
) -> None:
    answer = api.post(f"{LIST}/{full['id']}", change)

    assert answer.status_code == 200, answer.content
    assert answer.json() == full | change
    assert api.get(f"{LIST}/{full['id']}").json() == full | change


@pytest.mark.parametrize(
    ("field", "default"),
    [
        ("name", None),
        ("description", None),
        ("instructions", None),
        ("tool_resources", {}),
        ("response_format", "auto"),
        ("reasoning_effort", None),
        ("temperature", 1.0),
        ("top_p", 1.0),
        ("metadata", {}),
    ],
)
def test_null_clears_a_field_back_to_its_default(
    api: API, full: dict[str, Any], field: str, default: object
) -> None:
    answer = api.post(f"{LIST}/{full['id']}", {field: None})

    assert answer.json() == full | {field: default}


def test_it_makes_the_next_version_and_moves_the_live_one(api: API, full: dict[str, Any]) -> None:
    api.post(f"{LIST}/{full['id']}", {"name": "Second"})

    row = Assistant.objects.get(public_id=full["id"])
    assert [v.number for v in row.versions.order_by("number")] == [1, 2]
    assert row.live_version is not None
    assert (row.live_version.number, row.live_version.name) == (2, "Second")
    assert AuditEntry.objects.latest("seq").action == "version.published"


@pytest.mark.parametrize("same", [{}, FULL, {"name": "Tutor"}, {"temperature": 0.5}])
def test_what_changes_nothing_makes_no_version(
    api: API, full: dict[str, Any], same: dict[str, Any]
) -> None:
    before = Version.objects.count(), Change.objects.count(), AuditEntry.objects.count()

    answer = api.post(f"{LIST}/{full['id']}", same)

    assert (answer.status_code, answer.json()) == (200, full)
    assert before == (Version.objects.count(), Change.objects.count(), AuditEntry.objects.count())


def test_the_mark_of_another_dashboard_is_kept_even_when_nothing_else_changed(
    api: API, full: dict[str, Any]
) -> None:
    for mark in ("op:1:aaaaaaaa", "op:2:bbbbbbbb"):
        metadata = full["metadata"] | {"_dash": mark}

        answer = api.post(f"{LIST}/{full['id']}", {"metadata": metadata})

        assert answer.json()["metadata"] == metadata
        assert api.get(f"{LIST}/{full['id']}").json()["metadata"] == metadata
    assert Version.objects.count() == 1


def test_people_can_edit_what_another_dashboard_marked(
    api: API, full: dict[str, Any], erin: User
) -> None:
    api.post(f"{LIST}/{full['id']}", {"metadata": full["metadata"] | {"_dash": "op:1:aaaaaaaa"}})
    row = Assistant.objects.get(public_id=full["id"])

    builders.make_assistant(row, author=erin, reviewer=erin, name="By hand")

    served = api.get(f"{LIST}/{full['id']}").json()
    assert served["name"] == "By hand"
    assert served["metadata"]["_dash"] == "op:1:aaaaaaaa"


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"model": None}, "model", "invalid_type"),
        ({"model": ""}, "model", "string_below_min_length"),
        ({"tools": None}, "tools", "invalid_type"),
        ({"id": "asst_x"}, "id", "unknown_parameter"),
        ({"created_at": 1}, "created_at", "unknown_parameter"),
        (
            {"tool_resources": {"file_search": {"vector_stores": [{}]}}},
            "tool_resources.file_search.vector_stores",
            "unsupported_parameter",
        ),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(
    api: API, full: dict[str, Any], body: dict[str, Any], param: str, code: str
) -> None:
    told = error(api.post(f"{LIST}/{full['id']}", body), 400)

    assert (told["param"], told["code"]) == (param, code)
    assert api.get(f"{LIST}/{full['id']}").json() == full


def test_a_missing_id_is_not_found(api: API) -> None:
    told = error(api.post(f"{LIST}/asst_none", {"name": "x"}), 404)

    assert told["message"] == "No assistant found with id 'asst_none'."


def test_where_a_review_is_asked_for_nothing_is_written(
    api: API, full: dict[str, Any], workspace: Workspace, erin: User
) -> None:
    workspaces.set_rules(workspace, actor=builders.acting(erin), approvals=2)

    told = error(api.post(f"{LIST}/{full['id']}", {"name": "No"}), 403)

    assert (told["type"], told["code"]) == ("permission_error", "review_required")
    assert api.get(f"{LIST}/{full['id']}").json() == full
    assert Change.objects.count() == 1


def test_an_own_open_change_is_in_the_way_and_stays(
    api: API, full: dict[str, Any], erin: User
) -> None:
    row = Assistant.objects.get(public_id=full["id"])
    change = builders.make_change(row, erin, name="In the editor")

    answer = api.post(f"{LIST}/{full['id']}", {"name": "By script"})

    told = error(answer, 409)
    assert (told["type"], told["code"]) == ("invalid_request_error", "open_change")
    assert answer["x-should-retry"] == "false"
    change.refresh_from_db()
    assert (change.state, change.name) == (Change.State.DRAFT, "In the editor")


def test_someone_elses_open_change_is_not_in_the_way(
    api: API, full: dict[str, Any], alice: User
) -> None:
    builders.make_change(Assistant.objects.get(public_id=full["id"]), alice, name="Hers")

    assert api.post(f"{LIST}/{full['id']}", {"name": "By script"}).json()["name"] == "By script"


def test_the_id_we_minted_answers_with_the_upstreams(api: API, full: dict[str, Any]) -> None:
    Assistant.objects.filter(public_id=full["id"]).update(upstream_id="up/1")

    answer = api.post(f"{LIST}/{full['id']}", {"name": "Both ways"})

    assert (answer.json()["id"], answer.json()["name"]) == ("up/1", "Both ways")
    assert api.post(f"{LIST}/up%2F1", {}).json() == answer.json()


def test_in_a_connected_workspace_the_write_orders_a_push(
    api: API, full: dict[str, Any], workspace: Workspace, erin: User
) -> None:
    with Upstream() as upstream:
        builders.make_connection(workspace, erin, upstream)

        assert api.post(f"{LIST}/{full['id']}", {"name": "Out"}).status_code == 200

    order = PushOrder.objects.get(assistant__public_id=full["id"])
    assert order.desired_version.number == 2
