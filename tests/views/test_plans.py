"""Pages that must not read every row there is: which index SQLite takes for what they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistants_app.actions import pausing
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import Assistant, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL counts rows before it chooses an index."
)
LIST = "/assistants/"


@pytest.fixture
def assistant(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return builders.make_assistant(workspace, author=alice, reviewer=bob)


def plans(client: Client, url: str, naming: str) -> list[str]:
    """The plan of each statement of this page that holds these words."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    asked = [one["sql"] for one in captured if naming in one["sql"]]
    assert asked
    with connection.cursor() as cursor:
        found = [cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in asked]
    return [" | ".join(str(row[-1]) for row in rows) for rows in found]


@pytest.mark.parametrize("key", ["name", "model"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_sorted_list_walks_the_index_of_its_key(
    client: Client, dora: User, assistant: Assistant, key: str, sign: str
) -> None:
    client.force_login(dora)
    (plan,) = plans(client, f"{LIST}?sort={sign}{key}", f'AS "sort_{key}"')
    assert f"INDEX assistant_by_{key} (" in plan
    assert "TEMP B-TREE" not in plan
    assert assistant.pk


def test_the_tabs_begin_with_the_few_orders_that_stopped(
    client: Client, dora: User, assistant: Assistant
) -> None:
    client.force_login(dora)
    (plan,) = plans(client, LIST, 'AS "drift"')
    assert plan.count("INDEX push_order_by_change (state=?)") == 2
    (plan,) = plans(client, "/account/", "'stopped', 'unknown'")
    assert "INDEX push_order_by_change (state=?)" in plan
    assert assistant.pk


@pytest.mark.parametrize("url", ["/models/", "/assistants/filters/", "/"])
def test_models_are_counted_off_their_index(
    client: Client, dora: User, assistant: Assistant, url: str
) -> None:
    client.force_login(dora)
    (plan,) = plans(client, url, "GROUP BY 1")
    assert "INDEX assistant_by_model (" in plan
    assert assistant.pk


def test_my_work_begins_with_the_few_changes_and_orders(
    client: Client, bob: User, assistant: Assistant
) -> None:
    client.force_login(bob)
    work = ("change", "change_by_state", 3), ("pushorder", "push_order_", 1)
    for table, index, groups in work:
        found = plans(client, "/", f'WHERE "assistants_app_{table}"."id" IN (SELECT')
        assert len(found) == groups
        for plan in found:
            chosen = plan.partition("LIST SUBQUERY")[2]
            assert f"SEARCH V0 USING INDEX {index}" in chosen
    assert assistant.pk


def test_who_paused_is_looked_up_with_the_connection(
    client: Client, dora: User, workspace: Workspace, upstream: Upstream
) -> None:
    pausing.pause(workspace, actor=builders.acting(dora))
    client.force_login(dora)
    (plan,) = plans(client, LIST, "connection.paused")
    assert "INDEX audit_by_object (" in plan
    assert upstream.url


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("changed", "assistant_by_last_change"),
        ("-name", "assistant_by_name"),
        ("model", "assistant_by_model"),
    ],
)
def test_a_list_of_several_workspaces_walks_the_index_of_each(
    client: Client, dora: User, assistant: Assistant, sort: str, index: str
) -> None:
    builders.make_member(builders.make_workspace("Finance"), dora, "viewer")
    client.force_login(dora)
    asked = 'SELECT "assistants_app_assistant"."id" AS "pk" FROM'
    found = plans(client, f"{LIST}?workspace=all&sort={sort}", asked)
    assert len(found) == 2
    for plan in found:
        assert f"INDEX {index} (" in plan
        assert "TEMP B-TREE" not in plan
    assert assistant.pk


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("action=thread.resolved", "audit_by_action"),
        ("source=api", "audit_by_source"),
        ("outcome=other", "audit_not_done"),
    ],
)
def test_the_audit_log_is_narrowed_by_an_index(
    client: Client, dora: User, assistant: Assistant, asked: str, index: str
) -> None:
    client.force_login(dora)
    (plan,) = plans(client, f"/audit/?{asked}", "LIMIT 51")
    assert f"INDEX {index} (" in plan
    assert "TEMP B-TREE" not in plan
    assert assistant.pk


def test_my_work_begins_with_the_newest_versions(
    client: Client, dora: User, assistant: Assistant
) -> None:
    client.force_login(dora)
    (plan,) = plans(client, "/", 'ORDER BY "assistants_app_version"."id" DESC')
    assert "SCAN V0" in plan
    assert "TEMP B-TREE" not in plan
    assert assistant.pk


def test_sync_begins_with_the_orders_of_each_state(
    client: Client, dora: User, upstream: Upstream
) -> None:
    client.force_login(dora)
    (plan,) = plans(client, "/sync/", 'AS "trouble"')
    assert "INDEX push_order_by_change (state=? AND changed_at>?)" in plan
    groups = plans(client, "/sync/", 'AS "read_at"')
    assert len(groups) == 4
    for plan in groups:
        assert "SEARCH V0 USING INDEX push_order_" in plan.partition("LIST SUBQUERY")[2]
    assert upstream.url
