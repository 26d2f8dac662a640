"""The ground under the tests holds."""

from __future__ import annotations

import socket

import pytest
from django.conf import settings
from django.db import connection

from assistants_app.models import User, triggers


@pytest.mark.parametrize("time", ["first", "second"])
@pytest.mark.django_db(transaction=True)
def test_a_flush_empties_the_tables_and_the_guards_are_back(time: str) -> None:
    assert not User.objects.filter(username="left over").exists(), time
    assert triggers.missing(connection) == []
    User.objects.create(username="left over")


def test_no_address_but_loopback_can_be_reached() -> None:
    with socket.socket() as plug, pytest.raises(UserWarning, match=r"192\.0\.2\.1"):
        plug.connect(("192.0.2.1", 80))


def test_the_data_of_the_tests_is_not_a_persons_own() -> None:
    assert settings.DATA_DIR != settings.BASE_DIR / ".data"
    assert settings.BASE_DIR not in settings.DATA_DIR.parents
