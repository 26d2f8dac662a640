"""POST /v1/assistants"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone

from assistants_app.actions import receipts, workspaces
from assistants_app.models import Assistant, AuditEntry, Change, Receipt, Version
from tests import builders
from tests.api.conftest import API, LIST, error

if TYPE_CHECKING:
    from assistants_app.models import APIToken, User, Workspace

BODY = {"model": "gpt-4o", "name": "Made by a script"}


def rows() -> tuple[int, ...]:
    """How many of everything that a create writes."""
    kinds = (Assistant, Change, Version, AuditEntry, Receipt)
    return tuple(kind.objects.count() for kind in kinds)


def test_it_is_made_and_live_at_once(api: API, workspace: Workspace, erin: User) -> None:
    before = int(timezone.now().timestamp())

    answer = api.post(LIST, BODY)

    assert answer.status_code == 200
    made = answer.json()
    assert re.fullmatch(r"asst_[A-Za-z0-9]{24}", made["id"])
    assert (made["name"], made["model"]) == (BODY["name"], BODY["model"])
    assert before <= made["created_at"] <= int(timezone.now().timestamp())
    assert api.get(f"{LIST}/{made['id']}").json() == made
    row = Assistant.objects.live().get(public_id=made["id"])
    assert (row.workspace, row.changed_by) == (workspace, erin)


def test_versions_and_audit_entries_arise_as_ever(
    api: API, token: tuple[APIToken, str], erin: User
) -> None:
    answer = api.post(LIST, BODY)

    version = Version.objects.get()
    assert (version.number, version.by, version.source) == (1, erin, "api")
    entries = AuditEntry.objects.order_by("-seq")[:3]
    assert [e.action for e in entries] == ["version.published", "change.submitted", "change.opened"]
    for entry in entries:
        assert (entry.actor_kind, entry.actor_id, entry.source) == ("token", str(erin.pk), "api")
        assert entry.request_id == answer["X-Request-ID"]
        assert str(token[0].public_id) in entry.body


def test_the_example_of_the_reference_is_accepted(api: API) -> None:
    answer = api.post(
        LIST,
        {
            "instructions": "You are a personal math tutor. When asked a question, write and run "
            "Python code to answer the question.",
            "name": "Math Tutor",
            "tools": [{"type": "code_interpreter"}],
            "model": "gpt-4-turbo",
        },
    )

    assert answer.status_code == 200
    assert answer.json()["tools"] == [{"type": "code_interpreter"}]


def test_vector_stores_beside_ids_are_left_out_and_named_in_a_header(api: API) -> None:
    search = {"vector_store_ids": ["vs_123"], "vector_stores": [{"file_ids": ["file_1"]}]}

    answer = api.post(LIST, {"model": "gpt-4o", "tool_resources": {"file_search": search}})

    assert answer.status_code == 200
    assert answer.json()["tool_resources"] == {"file_search": {"vector_store_ids": ["vs_123"]}}
    assert "vector_stores" in answer["x-dashboard-notes"]


def test_the_mark_of_another_dashboard_is_a_pair_like_any_other(api: API) -> None:
    metadata = {f"k{n}": "v" for n in range(15)} | {"_dash": "7f:1:0a1b2c3d"}

    made = api.post(LIST, BODY | {"metadata": metadata}).json()

    assert made["metadata"] == metadata
    assert api.get(f"{LIST}/{made['id']}").json()["metadata"] == metadata


@pytest.mark.parametrize(
    "change",
    [
        {"reasoning_effort": "none"},
        {"model": "gpt-5", "reasoning_effort": "none", "temperature": 0.2},
        {"temperature": 0.2, "top_p": 0.5},
        {"tools": [{"type": "bing_grounding", "bing_grounding": {"connections": [{"id": "c"}]}}]},
        {"tools": [{"type": "code_interpreter"}, {"type": "code_interpreter"}]},
        {"tools": [{"type": "function", "function": {"name": "f"}}] * 2},
        {"response_format": {"type": "json_object"}, "instructions": "Answer briefly."},
        {"metadata": {f"k{n}": "v" for n in range(16)}},
        {"model": "my-own-model"},
    ],
)
def test_what_is_only_advised_against_is_accepted(api: API, change: dict[str, Any]) -> None:
    answer = api.post(LIST, BODY | change)

    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in change} == change


def test_all_problems_are_told_at_once_and_the_first_leads(api: API) -> None:
    before = rows()

    told = error(api.post(LIST, {"name": 5, "temperature": 3, "modle": "gpt-4o"}), 400)

    assert (told["param"], told["code"]) == ("name", "invalid_type")
    assert told["type"] == "invalid_request_error"
    assert [(p["param"], p["code"]) for p in told["problems"]] == [
        ("name", "invalid_type"),
        ("temperature", "decimal_above_max_value"),
        ("modle", "unknown_parameter"),
        ("model", "missing_required_parameter"),
    ]
    assert all(problem["message"] for problem in told["problems"])
    assert rows() == before


def test_a_single_problem_is_not_listed_beside_itself(api: API) -> None:
    assert "problems" not in error(api.post(LIST, {}), 400)


def test_where_a_review_is_asked_for_nothing_is_written(
    api: API, workspace: Workspace, erin: User
) -> None:
    workspaces.set_rules(workspace, actor=builders.acting(erin), approvals=1)
    before = rows()

    told = error(api.post(LIST, BODY), 403)

    assert (told["type"], told["code"]) == ("permission_error", "review_required")
    assert rows() == before


def test_an_owner_who_may_not_publish_is_refused_and_it_is_noted(
    workspace: Workspace, alice: User
) -> None:
    _token, secret = builders.make_token(workspace, alice, "assistants:read", "assistants:write")
    before = rows()

    told = error(API(secret).post(LIST, BODY), 403)

    assert (told["type"], told["code"]) == ("permission_error", "review_required")
    refused = AuditEntry.objects.latest("seq")
    assert (refused.action, refused.outcome) == ("access.denied", "refused")
    assert (refused.actor_kind, refused.actor_id) == ("token", str(alice.pk))
    assert rows()[:3] == before[:3]


def test_a_token_that_only_reads_writes_nothing(workspace: Workspace, erin: User) -> None:
    _token, secret = builders.make_token(workspace, erin, "assistants:read")
    before = rows()

    told = error(API(secret).post(LIST, BODY), 403)

    assert (told["type"], told["code"]) == ("permission_error", "insufficient_scope")
    assert rows()[:3] == before[:3]


def test_the_same_key_and_body_give_the_same_answer_and_act_once(api: API) -> None:
    first = api.post(LIST, BODY, Idempotency_Key="k-1")
    after_one = rows()

    again = api.post(LIST, BODY, Idempotency_Key="k-1")

    assert (again.status_code, again.content) == (200, first.content)
    assert rows() == after_one
    assert api.post(LIST, BODY).json()["id"] != first.json()["id"]


def test_the_answer_stays_the_first_one_even_when_the_assistant_moved_on(api: API) -> None:
    first = api.post(LIST, BODY, Idempotency_Key="k-1")
    api.post(f"{LIST}/{first.json()['id']}", {"name": "Renamed"})

    assert api.post(LIST, BODY, Idempotency_Key="k-1").content == first.content


def test_notes_come_with_the_repeated_answer_too(api: API) -> None:
    search = {"vector_store_ids": ["vs_123"], "vector_stores": [{}]}
    body = BODY | {"tool_resources": {"file_search": search}}
    notes = api.post(LIST, body, Idempotency_Key="k")["x-dashboard-notes"]

    assert api.post(LIST, body, Idempotency_Key="k")["x-dashboard-notes"] == notes


def test_the_same_key_with_another_body_is_refused(api: API) -> None:
    api.post(LIST, BODY, Idempotency_Key="k-1")
    before = rows()

    told = error(api.post(LIST, BODY | {"name": "Other"}, Idempotency_Key="k-1"), 409)

    assert told["type"] == "invalid_request_error"
    assert rows() == before


def test_keys_are_each_tokens_own(api: API, workspace: Workspace, erin: User) -> None:
    _token, secret = builders.make_token(workspace, erin, "assistants:write")
    first = api.post(LIST, BODY, Idempotency_Key="k-1").json()

    assert API(secret).post(LIST, BODY, Idempotency_Key="k-1").json()["id"] != first["id"]


def test_a_key_is_forgotten_after_a_day(api: API) -> None:
    first = api.post(LIST, BODY, Idempotency_Key="k-1").json()

    with time_machine.travel(timezone.now() + receipts.KEPT, tick=False):
        receipts.purge()
        assert api.post(LIST, BODY, Idempotency_Key="k-1").json()["id"] != first["id"]


def test_a_refused_create_leaves_no_receipt(api: API) -> None:
    error(api.post(LIST, {"name": "No model"}, Idempotency_Key="k-1"), 400)

    assert api.post(LIST, BODY, Idempotency_Key="k-1").status_code == 200


def test_a_key_of_more_than_255_characters_is_refused(api: API) -> None:
    told = error(api.post(LIST, BODY, Idempotency_Key="k" * 256), 400)

    assert told["param"] == "Idempotency-Key"
    assert api.post(LIST, BODY, Idempotency_Key="k" * 255).status_code == 200
