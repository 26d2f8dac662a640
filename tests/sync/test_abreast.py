"""A list that was read before is asked for in many pages at once, and never trusted blindly."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.sync.abreast import ABREAST, Cursors
from assistants_app.sync.pull import Pull, pull
from tests.sync.conftest import TIMES
from tests.sync.test_pull import drained, fill, pulled_from
from tests.upstream import Upstream

if TYPE_CHECKING:
    from assistants_app.sync.client import AssistantsClient
    from tests.sync.test_pull import Client


def read_twice(client_of: Client, up: Upstream, **changes: Any) -> tuple[list[str], Pull]:
    """What the second pull finds, with the cursors of the first; its requests only are kept."""
    first = pull(client_of(up))
    drained(first)
    up.requests.clear()
    up.store.profile = type(up.store.profile)(**changes)
    second = pull(client_of(up), first.cursors)
    return drained(second), second


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250, 900])
def test_a_second_pull_finds_the_same_with_as_many_calls(client_of: Client, count: int) -> None:
    with Upstream() as up:
        ids = fill(up, count)
        found, again = read_twice(client_of, up)
    assert found == ids
    assert again.notes == []
    assert len(up.requests) == max(-(-count // 100), 1)


def test_pages_are_asked_for_side_by_side_and_never_more_than_eight(client_of: Client) -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(ABREAST)

    def wait(_: object) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait(10)
        with lock:
            under_way -= 1

    with Upstream() as up:
        ids = fill(up, 2 * ABREAST * 100)
        first = pull(client_of(up))
        drained(first)
        up.watch = wait
        assert drained(pull(client_of(up), first.cursors)) == ids
    assert most == ABREAST


def test_the_cursors_are_where_the_pages_began(client_of: Client) -> None:
    found, first, _ = pulled_from(client_of, 250)
    assert first.cursors == Cursors(100, (found[99], found[199]))
    assert Cursors.of(found[:200], 100).after == (found[99],)
    assert Cursors.of([], 0).after == ()


def test_a_server_with_smaller_pages_is_asked_for_them(client_of: Client) -> None:
    with Upstream(page_max=20) as up:
        ids = fill(up, 90)
        found, again = read_twice(client_of, up, page_max=20)
    assert found == ids
    assert again.cursors == Cursors(20, tuple(ids[19:-1:20]))
    assert {request.query["limit"] for request in up.requests} == {"20"}
    assert len(up.requests) == 5


@pytest.mark.parametrize("added", [1, 49, 50, 51, 350])
def test_what_was_added_since_is_found_at_the_end(client_of: Client, added: int) -> None:
    with Upstream() as up:
        fill(up, 250)
        first = pull(client_of(up))
        drained(first)
        for number in range(added):
            up.add(created_at=1_795_000_000 + number)
        again = pull(client_of(up), first.cursors)
        assert drained(again) == list(up.assistants)
        third = pull(client_of(up), again.cursors)
        assert drained(third) == list(up.assistants)
    assert again.notes == third.notes == []


@pytest.mark.parametrize("gone", [[50], [99], [100], [99, 199], list(range(100)), [249]])
def test_what_was_deleted_since_hides_nothing(client_of: Client, gone: list[int]) -> None:
    with Upstream() as up:
        ids = fill(up, 250)
        first = pull(client_of(up))
        drained(first)
        for number in gone:
            del up.assistants[ids[number]]
        again = pull(client_of(up), first.cursors)
        found = drained(again)
    assert sorted(found) == sorted(up.assistants)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("inside", [5, 105, 205])
def test_what_came_in_between_is_found_by_walking(client_of: Client, inside: int) -> None:
    with Upstream() as up:
        fill(up, 250)
        first = pull(client_of(up))
        drained(first)
        for _ in range(3):
            up.add(created_at=1_790_000_000 + inside)
        found = drained(pull(client_of(up), first.cursors))
    assert sorted(found) == sorted(up.assistants)


@pytest.mark.parametrize(
    "flags",
    [
        {"repeat_pages": True},
        {"page_max": 20},
        {"limit_max": 20},
        {"refuses_order": True},
        {"ignores_limit": True},
        {"only_data": True},
    ],
    ids=lambda flags: next(iter(flags)),
)
def test_a_server_that_pages_otherwise_by_now_is_walked(
    client_of: Client, flags: dict[str, Any]
) -> None:
    with Upstream() as up:
        ids = fill(up, 250)
        found, _ = read_twice(client_of, up, **flags)
    assert len(found) == len(set(found))
    expected = ids[:100] if "repeat_pages" in flags else ids
    assert sorted(found) == sorted(expected)


def test_a_server_whose_pages_shift_by_now_is_walked_until_all_are_there(
    client_of: Client,
) -> None:
    with Upstream(page_max=20) as up:
        ids = fill(up, 90)
        found, _ = read_twice(client_of, up, page_max=20, page_shifting=True)
    assert sorted(found) == sorted(ids)
    assert len(found) == 90


@pytest.mark.parametrize("answer", [(500, {}, b""), (404, {}, b""), "reset", (200, {}, b"<html>")])
def test_a_page_that_fails_is_asked_for_again_by_walking(
    up: Upstream, client_of: Client, answer: Any
) -> None:
    ids = fill(up, 450)
    first = pull(client_of(up))
    drained(first)
    up.on("GET", "/assistants", nth=3, answer=answer)
    assert drained(pull(client_of(up), first.cursors)) == ids


def test_a_page_over_the_cap_is_walked_in_tenths(client_of: Client) -> None:
    with Upstream() as up:
        ids = [up.add(created_at=number + 1) for number in range(250)]
        first = pull(client_of(up))
        drained(first)
        for id_ in ids[100:130]:
            up.assistants[id_]["instructions"] = "x" * 3000
        again = pull(client_of(up, replace(TIMES, cap=80_000)), first.cursors)
        assert drained(again) == ids
    assert "10" in {request.query["limit"] for request in up.requests}


def test_the_caller_is_asked_before_every_call_and_told_after(
    up: Upstream, client_of: Client
) -> None:
    client: AssistantsClient = client_of(up)
    fill(up, 450)
    first = pull(client)
    drained(first)
    said: list[str] = []
    client.turn = lambda: said.append(f"turn {threading.current_thread().name}")  # type: ignore[method-assign]
    client.told = lambda answer: said.append(f"told {answer.status}")  # type: ignore[method-assign]
    drained(pull(client, first.cursors))
    assert said.count("turn MainThread") == said.count("told 200") == 5
    assert len(said) == 10
