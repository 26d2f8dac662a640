"""A long list is read from both ends at once; whatever the server does, nothing is missed."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app.contract import PROFILES
from assistants_app.sync.both_ends import FAR
from assistants_app.sync.client import Answer
from assistants_app.sync.outcomes import DONE, Outcome
from assistants_app.sync.pull import Pull, pull
from tests.sync.test_pull import drained, fill
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.sync.client import AssistantsClient

    Client = Callable[..., AssistantsClient]

PAGE = 20
Row = dict[str, Any]


@dataclass
class Lists:
    """A client of a server that shows `oldest` and `newest` first, `size` at a time.

    `refuses` is an order that it does not know, `fails` one in which it has a fault.
    """

    oldest: list[Row]
    newest: list[Row]
    size: int = PAGE
    refuses: str = ""
    fails: str = ""
    asked: list[str] = field(default_factory=list)
    endpoint = SimpleNamespace(rules=PROFILES["openai-compatible"])

    def list(self, *, limit: int, order: str, after: str) -> Answer:
        self.asked.append(order)
        if order == self.refuses:
            return Answer("list", 400, Outcome("surely_not", "refused"))
        if order == self.fails:
            return Answer("list", 500, Outcome("unknown", "broken"))
        rows = self.newest if order == "desc" else self.oldest
        at = [row["id"] for row in rows].index(after) + 1 if after else 0
        page = rows[at : at + min(limit, self.size)]
        document = {"data": page, "has_more": at + len(page) < len(rows)}
        return Answer("list", 200, DONE, document)

    def twin(self) -> Lists:
        return self

    def turn(self) -> None:
        pass

    def told(self, answer: Answer) -> None:
        pass

    def pull(self) -> Pull:
        return pull(self)  # type: ignore[arg-type]


def rows(times: list[Any]) -> list[Row]:
    return [
        {"id": f"asst_{n:04d}", "model": "m", "created_at": time} for n, time in enumerate(times)
    ]


def ids(found: list[Row]) -> list[str]:
    return [row["id"] for row in found]


# --- a server as it should be -----------------------------------------------------------------


def test_both_ends_meet_and_the_list_is_in_its_order() -> None:
    there = rows(list(range(300)))
    server = Lists(there, there[::-1])
    pulled = server.pull()
    assert drained(pulled) == ids(there)
    assert pulled.notes == []
    assert abs(server.asked.count("asc") - server.asked.count("desc") - FAR) <= 2
    assert len(server.asked) <= 300 / PAGE + 3


def test_what_is_learned_is_the_same_as_from_one_end(client_of: Client) -> None:
    with Upstream(page_max=PAGE) as up:
        fill(up, 300)
        both, one = pull(client_of(up)), pull(client_of(up), ahead=False)
        assert drained(both) == drained(one) == list(up.assistants)
        assert both.cursors == one.cursors
        up.requests.clear()
        assert drained(pull(client_of(up), both.cursors)) == list(up.assistants)
    assert len(up.requests) == 300 / PAGE


@pytest.mark.parametrize("count", [PAGE * (FAR - 1), PAGE * FAR])
def test_a_short_list_is_not_read_from_its_end(count: int) -> None:
    there = rows(list(range(count)))
    server = Lists(there, there[::-1])
    assert drained(server.pull()) == ids(there)
    assert server.asked == ["asc"] * (count // PAGE)


# --- any other ----------------------------------------------------------------------------------


def test_a_server_that_knows_one_order_only_is_walked_from_its_start() -> None:
    there = rows(list(range(300)))
    server = Lists(there, there)
    pulled = server.pull()
    assert drained(pulled) == ids(there)
    assert pulled.cursors
    assert server.asked.count("desc") <= 2


@pytest.mark.parametrize(
    "times", [[None] * 300, [7] * 300, ["today"] * 300, list(range(300, 0, -1))]
)
def test_without_rising_times_the_end_is_not_asked_for(times: list[Any]) -> None:
    there = rows(times)
    server = Lists(there, there[::-1])
    assert drained(server.pull()) == ids(there)
    assert set(server.asked) == {"asc"}


@pytest.mark.parametrize("how", ["refuses", "fails"])
def test_an_end_that_cannot_be_had_does_not_end_the_pull(how: str) -> None:
    there = rows(list(range(300)))
    server = Lists(there, there[::-1], **{how: "desc"})
    pulled = server.pull()
    assert drained(pulled) == ids(there)
    assert pulled.notes == []
    assert pulled.cursors


@given(st.data())
def test_nothing_is_missed_and_nothing_comes_twice(data: st.DataObject) -> None:
    """Rows of one second may stand in any order, and in another one each way."""
    seconds = st.lists(st.integers(0, data.draw(st.integers(1, 60))), min_size=1, max_size=90)
    there = rows(sorted(data.draw(seconds)))
    dice = data.draw(st.randoms(use_true_random=False))
    newest = sorted(there, key=lambda row: (-row["created_at"], dice.random()))
    newest = data.draw(st.sampled_from([newest, there[::-1], there]))
    found = drained(Lists(there, newest, size=data.draw(st.integers(1, 7))).pull())
    assert sorted(found) == ids(there)


@pytest.mark.parametrize("before", range(12, 20))
def test_they_do_not_meet_among_rows_of_one_second(before: int) -> None:
    for after in range(1, 9):
        for tied in (2, 3, 4):
            times = [*range(before), *[before] * tied, *range(before + 1, before + 1 + after)]
            there = rows(times)
            newest = sorted(there, key=lambda row: -row["created_at"])
            assert sorted(drained(Lists(there, newest, size=2).pull())) == ids(there)
