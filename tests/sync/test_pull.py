"""Every assistant once, from servers that page rightly and from those that do not."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.sync import pull as pulling
from assistants_app.sync.pull import Pull, PullFailed, pull
from tests.sync.conftest import SHORT, TIMES
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.sync.client import AssistantsClient

    Client = Callable[..., AssistantsClient]


def fill(up: Upstream, count: int) -> list[str]:
    return [up.add(created_at=1_790_000_000 + number, name=str(number)) for number in range(count)]


def drained(pulled: Pull) -> list[str]:
    """The ids in the order of the list. Whatever was asked for beyond it has arrived then, too."""
    everything = [found for page in pulled for found in page.items]
    for thread in threading.enumerate():
        if thread.name.startswith("ahead"):
            thread.join(10)
    return [found.id for found in sorted(everything, key=lambda found: found.place)]


def pulled_from(client_of: Client, count: int, **flags: Any) -> tuple[list[str], Pull, Upstream]:
    """The ids and the pull of a server with `count` assistants; every id is found, and once."""
    with Upstream(**flags) as up:
        ids = fill(up, count)
        pulled = pull(client_of(up))
        found = drained(pulled)
    assert len(found) == len(set(found))
    assert set(found) <= set(ids)
    return found, pulled, up


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_a_sound_server_is_read_in_one_pass(client_of: Client, count: int) -> None:
    found, pulled, up = pulled_from(client_of, count)
    assert found == list(up.assistants)
    assert pulled.notes == []
    assert len(up.requests) == max(-(-count // 100), 1)
    assert {request.query["order"] for request in up.requests} == {"asc"}


def test_what_is_found_is_read_into_its_parts(up: Upstream, client_of: Client) -> None:
    up.add(
        "asst_1",
        created_at=1_790_000_000,
        name="Ada",
        metadata={"team": "a", "_dash": "op:1:x"},
        tools=None,
        owner="somebody",
    )
    (page,) = pull(client_of(up))
    (found,) = page.items
    assert (found.id, found.created_at, found.marker) == ("asst_1", 1_790_000_000, "op:1:x")
    assert found.document["name"] == "Ada"
    assert found.document["metadata"] == {"team": "a"}
    assert found.extras == {"owner": "somebody"}
    assert found.notes == ("tools was null",)


@pytest.mark.parametrize("flag", ["ms_dates", "float_dates"])
def test_odd_dates_become_seconds(client_of: Client, flag: str) -> None:
    with Upstream(**{flag: True}) as up:
        up.add(created_at=1_790_000_000)
        (page,) = pull(client_of(up))
    assert page.items[0].created_at == 1_790_000_000


def test_a_page_that_repeats_ends_with_a_note(client_of: Client) -> None:
    found, pulled, up = pulled_from(client_of, 301, repeat_pages=True, page_max=20)
    assert len(found) == 20
    assert pulled.notes == ["paging repeats"]
    assert len(up.requests) == 4  # two passes that agree


def test_has_more_for_ever_ends_with_a_note(client_of: Client) -> None:
    found, pulled, _ = pulled_from(client_of, 3, repeat_pages=True)
    assert len(found) == 3
    assert pulled.notes == ["paging repeats"]


def test_has_more_for_ever_over_empty_pages_ends(up: Upstream, client_of: Client) -> None:
    up.on("GET", "/assistants", times=99, answer=(200, {}, {"data": [], "has_more": True}))
    pulled = pull(client_of(up))
    assert drained(pulled) == []
    assert len(up.requests) <= 3


def test_rows_that_shift_between_pages_are_found_by_another_pass(client_of: Client) -> None:
    with Upstream(page_shifting=True, page_max=20) as up:
        ids = fill(up, 90)
        pulled = pull(client_of(up))
        found = drained(pulled)
    assert sorted(found) == sorted(ids)
    assert len(found) == 90


def test_a_server_that_shifts_for_ever_is_left_after_three_passes(client_of: Client) -> None:
    with Upstream() as up:
        for number in range(50):  # each pass shows another row, and the first one twice
            rows = [{"id": id_, "model": "m"} for id_ in ("a", f"b{number}", "a")]
            answer = (200, {}, {"data": rows, "has_more": False})
            up.on("GET", "/assistants", nth=number + 1, answer=answer)
        assert sorted(drained(pull(client_of(up)))) == ["a", "b0", "b1", "b2"]
    assert len(up.requests) == 3


def test_everything_in_one_page_is_taken(client_of: Client) -> None:
    found, pulled, up = pulled_from(client_of, 250, ignores_limit=True)
    assert found == list(up.assistants)
    assert pulled.notes == []
    assert len(up.requests) == 1


def test_everything_in_one_page_of_a_server_without_pages_is_taken(client_of: Client) -> None:
    with Upstream() as up:
        rows = [{"id": f"asst_{number}", "model": "m"} for number in range(130)]
        up.on("GET", "/assistants", times=99, answer=(200, {}, {"data": rows}))
        pulled = pull(client_of(up))
        assert len(drained(pulled)) == 130
    assert pulled.notes == []
    assert len(up.requests) == 2


@pytest.mark.parametrize("count", [0, 5, 100, 230])
def test_a_list_of_only_data_is_read_to_its_empty_page(client_of: Client, count: int) -> None:
    found, pulled, up = pulled_from(client_of, count, only_data=True)
    assert found == list(up.assistants)
    assert pulled.notes == []


def test_a_refused_order_is_left_out(client_of: Client) -> None:
    found, _, up = pulled_from(client_of, 30, refuses_order=True)
    assert len(found) == 30
    assert "order" not in up.requests[-1].query


def test_a_refused_limit_becomes_the_usual_one(client_of: Client) -> None:
    found, _, up = pulled_from(client_of, 30, limit_max=20)
    assert len(found) == 30
    assert up.requests[-1].query["limit"] == "20"


def test_a_list_that_refuses_everything_is_a_failed_pull(up: Upstream, client_of: Client) -> None:
    up.on("GET", "/assistants", times=9, answer=(400, {}, b"No."))
    with pytest.raises(PullFailed, match=r"No\."):
        drained(pull(client_of(up)))
    assert [request.query for request in up.requests] == [
        {"limit": "100", "order": "asc"},
        {"limit": "100"},
        {"limit": "20"},
    ]


def test_a_page_over_the_cap_is_asked_again_with_a_tenth(client_of: Client) -> None:
    with Upstream() as up:
        ids = [up.add(created_at=number + 1, instructions="x" * 3000) for number in range(40)]
        pulled = pull(client_of(up, replace(TIMES, cap=50_000)))
        assert drained(pulled) == ids
    assert [request.query["limit"] for request in up.requests[:3]] == ["100", "10", "10"]


def test_one_assistant_over_the_cap_ends_the_pull(client_of: Client) -> None:
    with Upstream() as up:
        up.add(instructions="x" * 3000)
        with pytest.raises(PullFailed) as caught:
            drained(pull(client_of(up, replace(TIMES, cap=2000))))
    assert caught.value.outcome.reason == "too_large"
    assert [request.query["limit"] for request in up.requests] == ["100", "10", "1"]


def test_the_next_page_is_asked_for_while_one_is_read(up: Upstream, client_of: Client) -> None:
    for _ in range(250):
        up.add()
    pages = pull(client_of(up))
    next(pages)
    until = time.monotonic() + 5
    while len(up.requests) < 2 and time.monotonic() < until:
        time.sleep(0.001)
    assert len(up.requests) == 2
    assert sum(len(page.items) for page in pages) == 150
    assert len(up.requests) == 3


def test_it_stops_at_ten_thousand_and_says_so(up: Upstream, client_of: Client) -> None:
    rows = [{"id": f"asst_{number}", "model": "m"} for number in range(10_001)]
    for number in range(3):
        part = rows[number * 4000 : (number + 1) * 4000]
        answer = (200, {}, {"data": part, "has_more": True})
        up.on("GET", "/assistants", nth=number + 1, answer=answer)
    pulled = pull(client_of(up))
    assert len(drained(pulled)) == pulling.CAP == 10_000
    assert pulled.notes == ["stopped at 10,000"]
    assert len(up.requests) <= 4  # one page more is asked for ahead


def test_exactly_ten_thousand_are_not_cut(up: Upstream, client_of: Client) -> None:
    rows = [{"id": f"asst_{number}", "model": "m"} for number in range(10_000)]
    up.on("GET", "/assistants", answer=(200, {}, {"data": rows, "has_more": False}))
    pulled = pull(client_of(up))
    assert len(drained(pulled)) == 10_000
    assert pulled.notes == []


@pytest.mark.parametrize("entry", [None, 7, "asst_1", [], {}, {"id": None}, {"id": ""}, {"id": 7}])
def test_an_entry_without_an_id_is_left_out_and_noted(
    up: Upstream, client_of: Client, entry: Any
) -> None:
    rows = [entry, {"id": "asst_1"}]
    up.on("GET", "/assistants", answer=(200, {}, {"data": rows, "has_more": False}))
    pulled = pull(client_of(up))
    assert drained(pulled) == ["asst_1"]
    assert pulled.notes == ["an entry without an id was left out"]


def test_more_pages_without_a_cursor_to_them_end_the_pass(up: Upstream, client_of: Client) -> None:
    rows = [{"id": "asst_1"}, {"id": None}]
    up.on("GET", "/assistants", times=9, answer=(200, {}, {"data": rows, "has_more": True}))
    pulled = pull(client_of(up))
    assert drained(pulled) == ["asst_1"]
    assert "paging lost its place" in pulled.notes
    assert len(up.requests) == 2


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_cursor_that_the_server_forgot_starts_another_pass(
    up: Upstream, client_of: Client, status: int
) -> None:
    ids = fill(up, 150)
    up.on("GET", "/assistants", nth=2, answer=(status, {}, {"error": {"message": "No cursor."}}))
    pulled = pull(client_of(up))
    assert drained(pulled) == ids
    assert pulled.notes == ["paging lost its place"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, {}, b""), "key"),
        ((404, {}, b""), "gone"),
        ((429, {"Retry-After": "7"}, b""), "slow_down"),
        ((500, {}, b""), "broken"),
        ((302, {"Location": "/"}, b""), "redirect"),
        ("reset", "network"),
        ("truncate", "network"),
        ("drip", "network"),
        ((200, {}, "<html>Sign in</html>"), "broken"),
        ((200, {}, {"data": None}), "broken"),
    ],
)
def test_a_page_that_cannot_be_had_ends_the_pull_after_what_was_read(
    up: Upstream, client_of: Client, answer: Any, reason: str
) -> None:
    ids = fill(up, 150)
    up.on("GET", "/assistants", nth=2, times=99, answer=answer)
    pulled = pull(client_of(up, SHORT if answer == "drip" else TIMES))
    assert [found.id for found in next(pulled).items] == ids[:100]
    with pytest.raises(PullFailed) as caught:
        drained(pulled)
    assert caught.value.outcome.reason == reason
    assert str(caught.value) == caught.value.outcome.message


def test_a_server_of_html_is_a_failed_pull_and_not_an_empty_one(client_of: Client) -> None:
    with Upstream(html=True) as up, pytest.raises(PullFailed):
        drained(pull(client_of(up)))
