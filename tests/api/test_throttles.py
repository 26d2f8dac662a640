"""600 calls a minute for a token, 60 for an address without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.utils import timezone

from assistants_app.api.throttles import AnonymousThrottle, TokenThrottle
from tests import builders
from tests.api.conftest import API, LIST, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.models import User, Workspace


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(timezone.now(), tick=False) as coordinates:
        yield coordinates


def test_the_rates_are_those_of_the_settings() -> None:
    assert (TokenThrottle().num_requests, TokenThrottle().duration) == (600, 60)
    assert (AnonymousThrottle().num_requests, AnonymousThrottle().duration) == (60, 60)


def test_calls_without_a_token_are_counted_by_address(
    workspace: Workspace, clock: time_machine.Coordinates
) -> None:
    assert workspace.approvals == 0
    for n in range(60):
        error(API("wrong" if n % 2 else "").get(LIST), 401)
        clock.shift(0.5)

    answer = API("wrong again").get(LIST)

    told = error(answer, 429)
    assert (told["type"], told["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert answer["Retry-After"] == "30"
    error(API().get("/v1/nothing"), 429)
    clock.shift(31)
    error(API().get("/v1/nothing"), 404)


def test_the_address_is_not_taken_from_a_header_that_anyone_can_send(
    workspace: Workspace, clock: time_machine.Coordinates
) -> None:
    assert workspace.approvals == 0
    for n in range(60):
        error(API().get(LIST, X_Forwarded_For=f"192.0.2.{n}"), 401)

    error(API().get(LIST, X_Forwarded_For="198.51.100.1"), 429)
    clock.shift(61)
    error(API().get(LIST), 401)


def test_each_token_has_its_own_count(
    api: API,
    workspace: Workspace,
    erin: User,
    clock: time_machine.Coordinates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rates = {"token": "3/min", "anonymous": "60/min"}
    monkeypatch.setattr(TokenThrottle, "THROTTLE_RATES", rates)
    other = API(builders.make_token(workspace, erin, "assistants:read")[1])

    assert [api.get(LIST).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    answer = api.post(LIST, {"model": "gpt-4o"})

    error(answer, 429)
    assert answer["Retry-After"] == "60"
    assert other.get(LIST).json()["data"] == []
    error(API().get(LIST), 401)
    clock.shift(60.5)
    assert api.get(LIST).status_code == 200
