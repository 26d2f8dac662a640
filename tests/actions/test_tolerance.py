"""Servers as they are: each line of the tolerance list of contract.md section 7, end to end.

Taken in, checked, pushed and read back against a server with that habit. Error shapes by
themselves are in tests/contract/test_upstream_errors.py, paging in tests/sync.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.actions import health
from assistants_app.models import (
    Assistant,
    Connection,
    ConnectionHealth,
    Job,
    PushOrder,
    UpstreamCopy,
    Version,
    Workspace,
)
from tests.actions.pulled import check, looked, outcome, take_all, tally
from tests.actions.pushed import order_of, push
from tests.builders import make_assistant

if TYPE_CHECKING:
    from assistants_app.models import User
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
IDS = [
    "65f0c3a2b4d5e6f708192a3b",  # 24 hex
    "0b9d7d2e-7a53-4f0e-9f0e-0a4f7c1d2e3f",
    "asst_",
    "asst_äöü/…?a=b&c#d%2F",
    "7",
    "..a",
    " with blanks ",
    "x" * 512,
]


def edited(assistant: Assistant, alice: User, bob: User) -> PushOrder:
    """Publish another name, push it, and give what became of it."""
    make_assistant(assistant, author=alice, reviewer=bob, name="Edited")
    return push(assistant)


def the_one() -> Assistant:
    return Assistant.objects.select_related("workspace__connection").get()


def learned() -> dict[str, Any]:
    found = ConnectionHealth.objects.get().learned
    return found if isinstance(found, dict) else {}


@pytest.mark.parametrize("id_", IDS)
def test_ids_of_any_shape(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream, id_: str
) -> None:
    up.add(id_, name="Found")
    assert outcome(take_all(workspace, bob)) == (1, 0, 0)
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert edited(the_one(), alice, bob).state == State.IDLE
    assert up.assistants[id_]["name"] == "Edited"
    assert [request.path for request in up.writes()] != []
    assert connected.pk


@pytest.mark.parametrize("status", [200, 201])
def test_a_create_is_answered_200_or_201(published: Assistant, up: Upstream, status: int) -> None:
    row = up.store.put("asst_made", published.document())
    up.on("POST", "/assistants", apply="never", answer=(status, {}, row))
    assert push(published).state == State.IDLE
    assert the_one().upstream_id == "asst_made"


@pytest.mark.parametrize("flag", ["ms_dates", "float_dates"])
def test_dates_in_milliseconds_and_with_a_fraction(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream, flag: str
) -> None:
    up.control({"profile": {flag: True}})
    up.add(created_at=1_700_000_000)
    take_all(workspace, bob)
    assert the_one().created_at.timestamp() == 1_700_000_000
    assert connected.pk


@pytest.mark.parametrize("name", ["tools", "metadata", "tool_resources", "response_format"])
@pytest.mark.parametrize("how", ["null", "missing"])
def test_null_and_missing_fields(
    workspace: Workspace,
    connected: Connection,
    alice: User,
    bob: User,
    up: Upstream,
    name: str,
    how: str,
) -> None:
    id_ = up.add(name="Found")
    if how == "null":
        up.assistants[id_][name] = None
    else:
        del up.assistants[id_][name]
    assert outcome(take_all(workspace, bob)) == (1, 0, 0)
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert edited(the_one(), alice, bob).state == State.IDLE
    assert connected.pk


def test_extra_keys_anywhere_and_a_missing_object_in_lists(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    row = {
        "id": "asst_1",
        "model": "m",
        "created_at": 1,
        "x": [1],
        "tools": [{"type": "z", "q": {}}],
    }
    up.on(
        "GET", "/assistants", times=9, answer=(200, {}, {"data": [row], "y": 1, "has_more": None})
    )
    assert outcome(take_all(workspace, bob)) == (1, 0, 0)
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert Version.objects.get().tools == [{"type": "z", "q": {}}]
    assert json.loads(UpstreamCopy.objects.get().extra) == {"x": [1]}
    assert connected.pk


SHAPES: list[tuple[Any, str]] = [
    ({"error": {"message": "No such model.", "type": "t", "param": "model", "code": 7}}, "model"),
    ({"error": {"code": "invalid", "message": "No such model."}}, ""),
    ({"detail": "No such model."}, ""),
    ({"detail": [{"loc": ["body", "model"], "msg": "No such model.", "type": "t"}]}, "model"),
    ({"title": "Bad", "detail": "No such model.", "validation": {"model": ["No."]}}, "model"),
    ({"error": "No such model."}, ""),
    ("No such model.", ""),
    ("<html><title>No such model.</title></html>", ""),
]


@pytest.mark.parametrize(("body", "param"), SHAPES)
def test_refusals_of_every_shape_are_told(
    published: Assistant, up: Upstream, body: Any, param: str
) -> None:
    up.on("POST", "/assistants", apply="never", answer=(400, {}, body))
    order = push(published)
    assert (order.state, order.reason) == (State.STOPPED, Reason.REFUSED)
    assert "No" in order.message
    assert order.param.startswith(param)


def test_an_empty_refusal_still_has_words(published: Assistant, up: Upstream) -> None:
    up.on("POST", "/assistants", apply="never", answer=(400, {}, b""))
    order = push(published)
    assert order.reason == Reason.REFUSED
    assert order.message


PAGING: list[dict[str, Any]] = [
    {"repeat_pages": True, "page_max": 100},
    {"only_data": True},
    {"ignores_limit": True},
    {"refuses_order": True},
    {"limit_max": 20},
    {"page_max": 7},
    {"page_shifting": True, "page_max": 7},
]


@pytest.mark.parametrize("flags", PAGING, ids=lambda flags: next(iter(flags)))
def test_endless_and_broken_paging(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream, flags: dict[str, Any]
) -> None:
    up.control({"profile": flags})
    for n in range(30):
        up.add(f"asst_{n:02d}", created_at=1_700_000_000 + n)
    assert looked(workspace, bob).done == 30
    assert outcome(take_all(workspace, bob)) == (30, 0, 0)
    for _ in range(2):
        assert tally(check(workspace, bob)) == (30, 0, 0)
    assert connected.pk


def test_405_on_a_single_assistant_is_read_from_the_list_and_learned(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    up.control({"profile": {"no_retrieve": True}})
    up.add("asst_other")
    up.add("asst_1", name="Found")
    take_all(workspace, bob)
    mine = Assistant.objects.get(upstream_id="asst_1")
    order = edited(mine, alice, bob)
    assert (order.state, up.assistants["asst_1"]["name"]) == (State.IDLE, "Edited")
    assert learned()["retrieve"] is False
    up.requests.clear()
    fresh = Connection.objects.get(pk=connected.pk)
    with health.client(fresh) as client:
        assert (client.retrieve("asst_1").document or {})["name"] == "Edited"
        assert client.retrieve("asst_gone").outcome.reason == "missing"
    assert {request.path for request in up.requests} == {"/assistants"}


def test_404_on_every_single_assistant_is_read_from_the_list_and_learned(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    up.on("GET", "/assistants/", times=99, answer=(404, {}, {"detail": "Not Found"}))
    up.add("asst_other")
    up.add("asst_1", name="Found")
    take_all(workspace, bob)
    assert edited(Assistant.objects.get(upstream_id="asst_1"), alice, bob).state == State.IDLE
    assert learned()["retrieve"] is False
    assert connected.pk


def test_404_on_one_that_others_are_shown_beside_is_missing(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    up.add("asst_other")
    up.add("asst_1")
    up.on("GET", "/assistants/asst_1", times=9, answer=(404, {}, {"detail": "Not Found"}))
    with health.client(connected) as client:
        assert client.retrieve("asst_1").outcome.reason == "missing"
        assert client.retrieve("asst_none").outcome.reason == "missing"
    assert "retrieve" not in learned()
    assert workspace.pk
    assert bob.pk


def test_where_nothing_else_is_listed_the_list_is_believed_and_nothing_learned(
    connected: Connection, up: Upstream
) -> None:
    up.add("asst_1", name="Found")
    up.on("GET", "/assistants/asst_1", times=9, answer=(404, {}, {"detail": "Not Found"}))
    with health.client(connected) as client:
        assert (client.retrieve("asst_1").document or {})["name"] == "Found"
    assert "retrieve" not in learned()


@pytest.mark.parametrize("answer", [(500, {}, b""), (200, {}, {"data": [], "has_more": None})])
def test_a_list_that_cannot_be_read_says_nothing_of_a_single_one(
    connected: Connection, up: Upstream, answer: Any
) -> None:
    up.control({"profile": {"no_retrieve": True}})
    up.add("asst_1")
    up.on("GET", "/assistants", times=9, answer=answer)
    up.on("GET", "/assistants/asst_1", times=9, answer=(405, {}, b""))
    with health.client(connected) as client:
        found = client.retrieve("asst_1").outcome
    assert found.kind != "done"


def test_405_on_modify_is_told_and_never_replaced_by_delete_and_create(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    up.control({"profile": {"no_update": True}})
    id_ = up.add(name="Found")
    take_all(workspace, bob)
    order = edited(the_one(), alice, bob)
    assert order.state == State.STOPPED
    assert {(request.method, request.path) for request in up.writes()} == {
        ("POST", f"/assistants/{id_}")
    }
    assert up.assistants[id_]["name"] == "Found"
    assert connected.pk


def test_silently_dropped_fields_are_named(published: Assistant, up: Upstream) -> None:
    up.control({"profile": {"drops": ["reasoning_effort", "description"]}})
    make_assistant(
        published,
        author=published.live_version.change.author,  # type: ignore[union-attr]
        reviewer=published.workspace.memberships.get(user__username="bob").user,
        description="For colleagues.",
    )
    order = push(published)
    assert order.state in (State.IDLE, State.STOPPED)
    assert "description" in json.dumps(order.notes)


def test_vector_stores_that_are_echoed_are_left_out(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    stores = {"vector_store_ids": ["vs_1"], "vector_stores": [{"file_ids": ["f"]}]}
    id_ = up.add(
        name="Found", tools=[{"type": "file_search"}], tool_resources={"file_search": stores}
    )
    assert outcome(take_all(workspace, bob)) == (1, 0, 0)
    assert the_one().tool_resources == {"file_search": {"vector_store_ids": ["vs_1"]}}
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert edited(the_one(), alice, bob).state == State.IDLE
    assert b"vector_stores" not in up.writes()[-1].body
    assert up.assistants[id_]["name"] == "Edited"
    assert connected.pk


def test_a_modify_of_a_missing_id_that_answers_200_is_not_believed(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    up.add("asst_other")
    id_ = up.add("asst_1", name="Found")
    take_all(workspace, bob)
    row = dict(up.assistants[id_])

    def gone(request: Any) -> None:
        if request.method == "POST":
            up.assistants.pop(id_, None)
            told = {**row, **request.json}
            up.on("POST", f"/assistants/{id_}", apply="never", answer=(200, {}, told))

    up.watch = gone
    order = edited(Assistant.objects.get(upstream_id=id_), alice, bob)
    assert order.state != State.IDLE
    assert order_of(Assistant.objects.get(upstream_id=id_)).pushed_version != order.desired_version
    assert connected.pk


def test_a_delete_is_sent_without_a_body_and_without_its_type(
    connected: Connection, up: Upstream
) -> None:
    id_ = up.add()
    with health.client(connected) as client:
        assert client.delete(id_).outcome.kind == "done"
    (sent,) = up.writes()
    assert sent.body == b""
    assert "content-type" not in sent.headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream, status: int
) -> None:
    up.add()
    where = {"Location": f"{up.url}/elsewhere"}
    up.on("GET", "/assistants", times=9, answer=(status, where, b""))
    job = looked(workspace, bob)
    assert (job.state, job.result["reason"]) == (Job.State.FAILED, "redirect")
    assert {request.path for request in up.requests} == {"/assistants"}
    assert connected.pk


def test_a_compressed_list_is_read(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    rows = [{"id": f"asst_{n}", "model": "m", "name": str(n)} for n in range(50)]
    body = gzip.compress(json.dumps({"data": rows, "has_more": False}).encode())
    up.on("GET", "/assistants", times=9, answer=(200, {"Content-Encoding": "gzip"}, body))
    assert outcome(take_all(workspace, bob)) == (50, 0, 0)
    assert connected.pk


def test_a_bomb_is_cut_at_the_cap_and_told(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    body = gzip.compress(b'{"data": [' + b" " * 40_000_000 + b"]}")
    up.on("GET", "/assistants", times=9, answer=(200, {"Content-Encoding": "gzip"}, body))
    job = looked(workspace, bob)
    assert (job.state, job.result["reason"]) == (Job.State.FAILED, "too_large")
    assert [request.query["limit"] for request in up.requests] == ["100", "10", "1"]
    assert connected.pk


def test_too_many_calls_are_waited_for(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    up.add()
    up.on("GET", "/assistants", answer=(429, {"Retry-After": "1"}, b""))
    assert outcome(take_all(workspace, bob)) == (1, 0, 0)
    assert len(up.requests) == 2
    assert connected.pk
