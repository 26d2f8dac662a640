"""What an import makes of what it finds: everything is kept, and pushed back as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.models import (
    Job,
    PushOrder,
    UpstreamCopy,
    Version,
    chain,
)
from tests.actions.pulled import check, imported, outcome, take_all, tally
from tests.actions.pushed import order_of, push, there
from tests.actions.told import tells
from tests.builders import make_assistant

if TYPE_CHECKING:
    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State = PushOrder.State

# --- what it was like ------------------------------------------------------------------------


def test_what_is_new_becomes_an_assistant_with_version_1_in_sync(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    id_ = up.add(name="Found", instructions="As it was.", created_at=1_700_000_000)
    with tells("import.asked", "version.imported", "import.ended") as entries:
        job = take_all(workspace, bob)
    assert (job.state, outcome(job)) == (Job.State.DONE, (1, 0, 0))
    assistant = imported(id_)
    version = Version.objects.get()
    assert (assistant.live_version, version.number, version.origin) == (
        version,
        1,
        Version.Origin.IMPORTED,
    )
    assert (assistant.name, assistant.instructions) == ("Found", "As it was.")
    assert assistant.created_at.timestamp() == 1_700_000_000
    assert assistant.digest == version.digest == contract.fingerprint(version.document())
    order = order_of(assistant)
    assert (order.state, order.pushed_version) == (State.IDLE, version)
    assert UpstreamCopy.objects.get().kind == "base"
    assert entries[1].object_id == str(version.pk)
    assert f'"upstream_id":"{id_}"' in entries[1].body
    assert "As it was" not in entries[1].body
    assert up.writes() == []
    assert chain.verify().is_intact
    assert connected.pk


ODD_TOOLS = [
    {"type": "browser", "z": {"b": 1, "a": [None, True]}, "id": "x"},
    {"type": "retrieval"},
    {"type": "function", "function": {"name": "f", "x-note": "kept", "parameters": {}}},
]


def test_unknown_tools_and_keys_are_kept_and_pushed_back_byte_for_byte(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    resources = {"future": {"b": 2, "a": 1}, "code_interpreter": {"file_ids": ["file-1"]}}
    id_ = up.add(
        name="Odd",
        instructions="One.\r\nTwo.",
        tools=ODD_TOOLS,
        tool_resources=resources,
        metadata={"b": "2", "a": "1"},
        owner="someone",
        parallel={"x": 1},
    )
    take_all(workspace, bob)
    assistant = imported(id_)
    assert contract.dumps(assistant.tools) == json.dumps(ODD_TOOLS, separators=(",", ":"))
    assert contract.dumps(assistant.tool_resources) == json.dumps(resources, separators=(",", ":"))
    extra = json.loads(UpstreamCopy.objects.get().extra)
    assert extra == {"owner": "someone", "parallel": {"x": 1}}
    make_assistant(assistant, author=alice, reviewer=bob, name="Edited")
    assert push(assistant).state == State.IDLE
    sent = up.writes()[-1].body.decode()
    assert '"tools":' + contract.dumps(assistant.tools) in sent
    assert '"tool_resources":' + contract.dumps(assistant.tool_resources) in sent
    assert '"instructions":"One.\\r\\nTwo."' in sent
    row = there(up)
    assert (row["owner"], row["tools"], row["name"]) == ("someone", ODD_TOOLS, "Edited")
    assert connected.pk


@pytest.mark.parametrize(
    "odd",
    [
        {"tools": None, "metadata": None, "tool_resources": None},
        {"name": 5, "instructions": ["x"], "temperature": "1", "metadata": []},
        {"description": "", "name": "", "instructions": ""},
        {"model": None},
        {"temperature": 0, "top_p": 1, "response_format": "auto"},
        {"response_format": {"type": "json_schema", "json_schema": {"b": 1, "a": 2}}},
        {"metadata": {"_dash": "another:1:dashboard"}},
        {"created_at": None},
        {"created_at": 10**17},
        {"created_at": -5},
        {"instructions": "x" * 300_000},
    ],
)
def test_odd_shapes_are_taken_in_and_the_history_stays_whole(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream, odd: dict[str, Any]
) -> None:
    id_ = up.add()
    up.assistants[id_].update(odd)
    job = take_all(workspace, bob)
    assert outcome(job) == (1, 0, 0)
    version = Version.objects.get()
    assert contract.fingerprint(version.document()) == version.digest
    assert chain.verify().is_intact
    assert tally(check(workspace, bob)) == (1, 0, 0)
    assert connected.pk


def test_one_with_16_pairs_is_taken_in_and_pushed_back_without_our_mark(
    workspace: Workspace, connected: Connection, alice: User, bob: User, up: Upstream
) -> None:
    pairs = {f"k{n}": "v" for n in range(16)}
    id_ = up.add(metadata=pairs)
    take_all(workspace, bob)
    assistant = imported(id_)
    assert not assistant.safe_creation
    make_assistant(assistant, author=alice, reviewer=bob, name="Edited")
    assert push(assistant).state == State.IDLE
    assert there(up)["metadata"] == pairs
    assert connected.pk


def test_the_mark_of_another_dashboard_is_no_obstacle(
    workspace: Workspace, connected: Connection, bob: User, up: Upstream
) -> None:
    id_ = up.add(metadata={"team": "x", "_dash": "7e9c:3:abcdef01"})
    take_all(workspace, bob)
    assert imported(id_).metadata == {"team": "x"}
    assert connected.pk
