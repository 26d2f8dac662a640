"""What holds for every request."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import time_machine
from django.urls import reverse
from django.utils import timezone

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User


def is_in(client: Client) -> bool:
    return client.get(reverse("account_profile")).status_code == 200


def test_a_session_in_use_goes_on_and_one_at_rest_ends(client: Client, alice: User) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client.force_login(alice)
        for _ in range(3):
            clock.shift(timedelta(hours=11))
            assert is_in(client)
        clock.shift(timedelta(hours=13))
        assert not is_in(client)


def test_no_session_outlives_seven_days(client: Client, alice: User) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client.force_login(alice)
        for _ in range(15):
            assert is_in(client)
            clock.shift(timedelta(hours=11))
        clock.shift(timedelta(hours=6))
        assert not is_in(client)


def test_every_answer_carries_its_number(client: Client, alice: User) -> None:
    client.force_login(alice)
    first, second = (client.get(reverse("account_profile"))["X-Request-ID"] for _ in range(2))
    assert first != second
    assert len(first) == 32
