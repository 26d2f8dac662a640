"""Whether a create of ours arrived: found, surely not there, or unclear — never guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.sync.lookup import PullFailed, find_marker
from tests.sync.conftest import TIMES
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.sync.client import AssistantsClient

    Client = Callable[..., AssistantsClient]

T = 1_790_000_000
OP = "0190a7e0-0000-7000-8000-000000000001"


def fill(up: Upstream, count: int, *, since: int = T) -> None:
    """Assistants of others, one per second from `since` on."""
    for number in range(count):
        up.add(created_at=since + number)


def mark(version: int = 1, op_id: str = OP) -> dict[str, str]:
    return {"_dash": f"{op_id}:{version}:abcdef12", "team": "a"}


def test_ours_is_found_and_read(up: Upstream, client_of: Client) -> None:
    fill(up, 3)
    up.add("asst_ours", created_at=T + 10, name="Ada", metadata=mark())
    (found,) = find_marker(client_of(up), OP, since=T + 5)
    assert (found.id, found.created_at) == ("asst_ours", T + 10)
    assert found.marker == f"{OP}:1:abcdef12"
    assert found.document["metadata"] == {"team": "a"}
    assert up.requests[0].query == {"limit": "100", "order": "desc"}


def test_two_of_ours_are_both_found_newest_first(up: Upstream, client_of: Client) -> None:
    for number in (1, 2):
        up.add(f"asst_{number}", created_at=T + number, metadata=mark(version=number))
    assert [found.id for found in find_marker(client_of(up), OP, since=T)] == ["asst_2", "asst_1"]


@pytest.mark.parametrize("marker", [OP[:-1], OP + "1", f"x:{OP}", "", f" {OP}:1:x"])
def test_a_marker_that_only_resembles_ours_is_not_ours(
    up: Upstream, client_of: Client, marker: str
) -> None:
    up.add(created_at=T, metadata={"_dash": marker})
    assert find_marker(client_of(up), OP, since=0) == []


def test_an_empty_server_has_nothing_of_ours(up: Upstream, client_of: Client) -> None:
    assert find_marker(client_of(up), OP, since=T) == []
    assert len(up.requests) == 1


def test_it_does_not_read_further_back_than_needed(up: Upstream, client_of: Client) -> None:
    fill(up, 500)
    assert find_marker(client_of(up), OP, since=T + 450) == []
    assert len(up.requests) == 1
    assert find_marker(client_of(up), OP, since=T + 250) == []
    assert len(up.requests) == 4


def test_it_reads_to_the_end_when_it_must(up: Upstream, client_of: Client) -> None:
    up.add("asst_ours", created_at=T, metadata=mark())
    fill(up, 250, since=T + 1)
    assert [found.id for found in find_marker(client_of(up), OP, since=0)] == ["asst_ours"]
    assert len(up.requests) == 3


@pytest.mark.parametrize("flag", ["ms_dates", "float_dates"])
def test_odd_dates_do_not_hide_it(client_of: Client, flag: str) -> None:
    with Upstream(**{flag: True}) as up:
        fill(up, 150)
        up.add("asst_ours", created_at=T + 200, metadata=mark())
        assert len(find_marker(client_of(up), OP, since=T + 190)) == 1
        assert find_marker(client_of(up), "another", since=T + 190) == []
    assert len(up.requests) == 2


def rows(times: list[int], *, ours_at: int | None = None) -> list[dict[str, Any]]:
    return [
        {"id": f"asst_{at}", "created_at": at, "metadata": mark() if at == ours_at else {}}
        for at in times
    ]


def test_a_server_that_begins_with_its_oldest_is_read_on(up: Upstream, client_of: Client) -> None:
    oldest = {"data": rows(list(range(T, T + 100))), "has_more": True}
    newest = {"data": rows(list(range(T + 100, T + 150)), ours_at=T + 149), "has_more": False}
    up.on("GET", "/assistants", nth=1, answer=(200, {}, oldest))
    up.on("GET", "/assistants", nth=2, answer=(200, {}, newest))
    (found,) = find_marker(client_of(up), OP, since=T + 140)
    assert found.id == f"asst_{T + 149}"


def pages(up: Upstream, *listed: list[dict[str, Any]]) -> None:
    """Serve these pages one after the other; the last one is the end."""
    for number, part in enumerate(listed, start=1):
        page = {"data": part, "has_more": number < len(listed)}
        up.on("GET", "/assistants", nth=number, answer=(200, {}, page))


def test_one_old_entry_does_not_show_which_way_the_list_runs(
    up: Upstream, client_of: Client
) -> None:
    pages(up, rows([T]), rows([T + 50], ours_at=T + 50))
    assert len(find_marker(client_of(up), OP, since=T + 40)) == 1


def test_the_very_second_asked_for_is_still_read(up: Upstream, client_of: Client) -> None:
    pages(up, rows([T + 9, T + 5]), rows([T + 5 - 1], ours_at=T + 4), rows([T + 1]))
    assert len(find_marker(client_of(up), OP, since=T + 5)) == 1
    assert len(up.requests) == 2


def test_the_last_entry_of_a_page_decides_whether_to_read_on(
    up: Upstream, client_of: Client
) -> None:
    pages(up, rows([T + 9, T + 5, T + 4]), rows([T + 3], ours_at=T + 3))
    assert find_marker(client_of(up), OP, since=T + 5) == []
    assert len(up.requests) == 1


def test_a_list_without_any_id_is_unclear_and_not_empty(up: Upstream, client_of: Client) -> None:
    page = {"data": [{"model": "m"}], "has_more": True}
    up.on("GET", "/assistants", times=9, answer=(200, {}, page))
    with pytest.raises(PullFailed):
        find_marker(client_of(up), OP, since=T)


def test_a_list_that_stalls_before_the_time_is_unclear_and_not_empty(
    up: Upstream, client_of: Client
) -> None:
    page = {"data": rows(list(range(T + 20, T, -1))), "has_more": True}
    up.on("GET", "/assistants", times=99, answer=(200, {}, page))
    with pytest.raises(PullFailed) as caught:
        find_marker(client_of(up), OP, since=T - 100)
    assert caught.value.outcome.reason == "broken"
    assert find_marker(client_of(up), OP, since=T + 15) == []  # far enough


def test_a_list_that_stalls_after_ours_still_gives_ours(up: Upstream, client_of: Client) -> None:
    page = {"data": rows(list(range(T + 20, T, -1)), ours_at=T + 3), "has_more": True}
    up.on("GET", "/assistants", times=99, answer=(200, {}, page))
    assert len(find_marker(client_of(up), OP, since=T - 100)) == 1


@pytest.mark.parametrize("count", [1, 30, 130])
def test_a_server_without_pages_is_read_whole(up: Upstream, client_of: Client, count: int) -> None:
    page = {"data": rows(list(range(T, T + count)))}
    up.on("GET", "/assistants", times=99, answer=(200, {}, page))
    assert find_marker(client_of(up), OP, since=T + 500) == []


def test_fifty_pages_are_the_most(up: Upstream, client_of: Client) -> None:
    for number in range(60):
        page = {"data": rows([T - number]), "has_more": True}
        up.on("GET", "/assistants", nth=number + 1, answer=(200, {}, page))
    with pytest.raises(PullFailed):
        find_marker(client_of(up), OP, since=0)
    assert len(up.requests) == 50


def test_a_refused_order_is_left_out(client_of: Client) -> None:
    with Upstream(refuses_order=True) as up:
        up.add("asst_ours", created_at=T, metadata=mark())
        assert len(find_marker(client_of(up), OP, since=T - 5)) == 1


def test_a_page_over_the_cap_is_asked_again_with_a_tenth(client_of: Client) -> None:
    with Upstream() as up:
        for number in range(30):
            up.add(created_at=T + number, instructions="x" * 3000)
        up.add("asst_ours", created_at=T, metadata=mark())
        client = client_of(up, replace(TIMES, cap=50_000))
        assert len(find_marker(client, OP, since=T)) == 1
    assert [request.query["limit"] for request in up.requests[:2]] == ["100", "10"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("reset", "network"),
        ((401, {}, b""), "key"),
        ((503, {}, b""), "broken"),
        ((404, {}, b""), "gone"),
    ],
)
def test_a_failing_list_is_not_an_empty_one(
    up: Upstream, client_of: Client, answer: Any, reason: str
) -> None:
    up.on("GET", "/assistants", answer=answer)
    with pytest.raises(PullFailed) as caught:
        find_marker(client_of(up), OP, since=T)
    assert caught.value.outcome.reason == reason


def test_a_server_that_strips_metadata_shows_nothing_of_ours(client_of: Client) -> None:
    with Upstream(strips_metadata=True) as up:
        up.add(created_at=T, metadata=mark())
        assert find_marker(client_of(up), OP, since=T - 5) == []
