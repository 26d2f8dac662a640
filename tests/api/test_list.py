"""GET /v1/assistants"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistants_app.actions import assistants
from assistants_app.models import Assistant
from tests import builders
from tests.api.conftest import API, LIST, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User, Workspace

    Make = Callable[..., Assistant]

TIME = datetime(2026, 1, 5, 12, tzinfo=UTC)


def ids(api: API, query: str = "") -> list[str]:
    answer = api.get(f"{LIST}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["data"]]


@pytest.fixture
def five(make: Make) -> list[str]:
    """Ids in the order of creation; the second to fourth were created in the same moment."""
    rows = [make(name=f"Number {n}") for n in range(5)]
    for row, second in zip(rows, (0, 1, 1, 1, 2), strict=True):
        at = TIME + timedelta(seconds=second)
        Assistant.objects.filter(pk=row.pk).update(created_at=at)
    return [row.public_id for row in rows]


def test_the_newest_come_first(api: API, five: list[str]) -> None:
    answer = api.get(LIST).json()

    assert list(answer) == ["object", "data", "first_id", "last_id", "has_more"]
    assert [row["id"] for row in answer["data"]] == five[::-1]
    assert (answer["object"], answer["has_more"]) == ("list", False)
    assert (answer["first_id"], answer["last_id"]) == (five[4], five[0])
    assert answer["data"][0] == api.get(f"{LIST}/{five[4]}").json()


def test_an_empty_page_has_no_ids(api: API) -> None:
    empty = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}

    assert api.get(LIST).json() == empty


def test_ascending_turns_both_keys_around(api: API, five: list[str]) -> None:
    assert ids(api, "order=asc") == five


def expected(
    rows: list[str], limit: int, after: str | None, before: str | None
) -> tuple[list[str], bool]:
    """The rule of contract.md section 9, by counting: `rows` are in the asked order."""
    start = rows.index(after) + 1 if after else 0
    end = rows.index(before) if before else len(rows)
    between = rows[start:end]
    if before and not after:
        return between[-limit:], len(between) > limit
    return between[:limit], len(between) > limit


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_cursors_in_every_combination(api: API, five: list[str], order: str) -> None:
    rows = five if order == "asc" else five[::-1]
    for limit, after, before in product((1, 2, 5), (None, *five), (None, *five)):
        cursors = {"after": after, "before": before}
        query = "&".join(f"{name}={cursor}" for name, cursor in cursors.items() if cursor)

        answer = api.get(f"{LIST}?order={order}&limit={limit}&{query}").json()

        got = [row["id"] for row in answer["data"]], answer["has_more"]
        assert got == expected(rows, limit, after, before), (limit, query)


def test_walking_to_and_fro_finds_each_row_once(api: API, five: list[str]) -> None:
    there, after = [], ""
    while page := api.get(f"{LIST}?limit=2&after={after}").json():
        there += [row["id"] for row in page["data"]]
        after = page["last_id"]
        if not page["has_more"]:
            break
    back, before = list[str](), there[-1]
    while page := api.get(f"{LIST}?limit=2&before={before}").json():
        back = [row["id"] for row in page["data"]] + back
        before = page["first_id"]
        if not page["has_more"]:
            break

    assert there == five[::-1]
    assert [*back, there[-1]] == there


def test_a_cursor_that_was_deleted_still_resolves(api: API, five: list[str]) -> None:
    api.delete(f"{LIST}/{five[2]}")

    assert ids(api, f"order=asc&after={five[2]}") == five[3:]
    assert ids(api, f"order=asc&before={five[2]}") == five[:2]


def test_a_cursor_may_be_an_upstream_id(api: API, five: list[str]) -> None:
    Assistant.objects.filter(public_id=five[2]).update(upstream_id="6a/b c")

    assert ids(api, "order=asc&after=6a%2Fb+c") == five[3:]
    assert ids(api, "order=asc")[2] == "6a/b c"


@pytest.mark.parametrize("cursor", ["after", "before"])
@pytest.mark.parametrize("unknown", ["asst_never", "%00", "%FF%FE", "x" * 3000])
def test_a_cursor_that_never_existed_gives_an_empty_page(
    api: API, five: list[str], cursor: str, unknown: str
) -> None:
    answer = api.get(f"{LIST}?{cursor}={unknown}")

    assert answer.status_code == 200
    assert answer.json()["data"] == []
    assert (answer.json()["first_id"], answer.json()["has_more"]) == (None, False)
    assert len(ids(api)) == len(five)


def test_a_cursor_of_another_workspace_never_existed_here(
    api: API, five: list[str], carol: User
) -> None:
    elsewhere = builders.make_workspace("Elsewhere", approvals=0)
    builders.make_member(elsewhere, carol, "publisher")
    foreign = builders.make_assistant(elsewhere, author=carol, reviewer=carol)

    assert ids(api, f"after={foreign.public_id}") == []
    assert foreign.public_id not in ids(api)
    assert ids(api) == five[::-1]


def test_neither_archived_nor_unpublished_assistants_are_listed(
    api: API, make: Make, workspace: Workspace, erin: User
) -> None:
    kept, gone = make(), make()
    assistants.archive(gone, actor=builders.acting(erin))
    proposed = builders.make_change(workspace, erin).assistant

    assert ids(api) == [kept.public_id]
    assert ids(api, f"after={proposed.public_id}") == []


@pytest.mark.parametrize(
    ("limit", "rows"),
    [("0", 1), ("-5", 1), ("1", 1), ("+2", 2), ("100", 5), ("101", 5), ("9" * 5000, 5), ("007", 5)],
)
def test_the_limit_is_clamped(api: API, five: list[str], limit: str, rows: int) -> None:
    assert len(ids(api, f"limit={limit.replace('+', '%2B')}")) == rows <= len(five)


@pytest.mark.parametrize("limit", ["", "ten", "1.0", "1e2", "%D9%A1", "0x10", "null", "5%0A"])
def test_a_limit_that_is_no_integer_is_refused(api: API, limit: str) -> None:
    told = error(api.get(f"{LIST}?limit={limit}"), 400)

    assert (told["param"], told["code"]) == ("limit", "invalid_type")
    assert told["message"] == (
        "Invalid type for 'limit': expected an integer, but got a string instead."
    )


@pytest.mark.parametrize("order", ["", "ASC", "up", "%00", "created_at"])
def test_an_order_that_there_is_not_is_refused(api: API, order: str) -> None:
    told = error(api.get(f"{LIST}?order={order}"), 400)

    assert (told["param"], told["code"]) == ("order", "invalid_value")
    assert "Supported values are: 'asc' and 'desc'." in told["message"]


def test_all_that_is_wrong_in_a_query_is_told_at_once(api: API) -> None:
    told = error(api.get(f"{LIST}?limit=x&order=y"), 400)

    assert told["param"] == "limit"
    assert [problem["param"] for problem in told["problems"]] == ["limit", "order"]


def test_golden_case_47(api: API) -> None:
    answer = api.get(f"{LIST}?limit=0&order=asc&after=after&before=before")

    assert answer.status_code == 200
    assert answer.json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_head_answers_like_get_without_a_body(api: API, five: list[str]) -> None:
    answer = api.call("HEAD", LIST)

    assert (answer.status_code, answer.content) == (200, b"")
    assert len(ids(api)) == len(five)


def test_another_method_is_named_as_not_allowed(api: API) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = api.call(method, LIST, {})
        error(answer, 405)
        assert answer["Allow"] == "GET, HEAD, POST"


def test_300_rows_take_as_many_queries_as_3_and_a_page_holds_100_at_most(
    api: API, make: Make
) -> None:
    def queries(query: str) -> list[dict[str, Any]]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            ids(api, query)
        return captured.captured_queries

    rows = [make() for _ in range(3)]
    ids(api)  # notes the use of the token, once a minute
    few, few_between = queries("limit=100"), queries(f"after={rows[2].public_id}&limit=100")
    builders.make_copies(rows[0], 297)
    newest = Assistant.objects.order_by("-pk")[0].public_id

    assert len(few) == len(queries("limit=100")) <= 4
    assert len(few_between) == len(queries(f"after={newest}&limit=100")) <= 5
    page = api.get(f"{LIST}?limit=1000").json()
    assert (len(page["data"]), page["has_more"]) == (100, True)
    assert len(ids(api)) == 20


def test_a_deep_page_walks_the_index_and_sorts_nothing(api: API, five: list[str]) -> None:
    with CaptureQueriesContext(connection) as captured:
        ids(api, f"after={five[3]}&limit=2")
    (query,) = [q["sql"] for q in captured.captured_queries if '"instructions"' in q["sql"]]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())

    assert "assistant_by_creation" in plan
    assert "TEMP B-TREE" not in plan
