"""Pages that must not read every row there is: how many PostgreSQL reads for what they ask."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistants_app.models import Assistant, Change, Connection, ConnectionHealth, PushOrder
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="Elsewhere the plan names the index."
)
MANY, HELD = 2_000, 300
TABLE = "assistants_app_assistant"


@pytest.fixture
def many(workspace: Workspace, alice: User, bob: User) -> list[Assistant]:
    """One big workspace among small ones: 300 of its 2,000 are in review, and could not be pushed.

    So a workspace that the planner does not know the name of seems to hold hardly anything.
    """
    found = builders.make_copies(
        builders.make_assistant(workspace, author=alice, reviewer=bob), MANY
    )
    small = [builders.make_workspace(f"Small {n}") for n in range(20)]
    Assistant.objects.bulk_create(Assistant(workspace=place, model="m") for place in small)
    held, upstream = (
        found[:HELD],
        Connection.objects.create(workspace=workspace, base_url="https://up.example.com/v1"),
    )
    ConnectionHealth.objects.create(connection=upstream)
    Change.objects.bulk_create(
        Change(assistant=one, author=alice, state=Change.State.IN_REVIEW, digest="") for one in held
    )
    PushOrder.objects.bulk_create(
        PushOrder(
            assistant=one,
            connection=upstream,
            desired_version=one.live_version,
            state=PushOrder.State.STOPPED,
            reason=PushOrder.Reason.REFUSED,
        )
        for one in held
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return found


def rows_read(client: Client, url: str, naming: str) -> float:
    """The most assistants that one of this page's statements with these words reads."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    asked = [one["sql"] for one in captured if naming in one["sql"]]
    assert asked
    return max(_rows_read(sql) for sql in asked)


def _rows_read(sql: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        [[found]] = cursor.fetchall()
    [told] = json.loads(found) if isinstance(found, str) else found
    return sum(
        node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in _nodes(told["Plan"])
        if node.get("Relation Name") == TABLE
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", ()):
        yield from _nodes(part)


def test_the_sidebar_counts_up_to_what_it_says(
    client: Client, bob: User, many: list[Assistant]
) -> None:
    client.force_login(bob)
    assert rows_read(client, "/account/", "'stopped', 'unknown'") <= HELD
    assert many
