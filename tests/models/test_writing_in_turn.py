"""How the threads of one process write to SQLite: in turn, and flushed where it has to last."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from assistants_app.models import storage
from tests import parts

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(parts.on_postgresql(), reason="PostgreSQL needs neither"),
]
FLUSHED, UNFLUSHED = 2, 1


def mode() -> int:
    with connection.cursor() as cursor:
        return int(cursor.execute("PRAGMA synchronous").fetchone()[0])


def test_only_what_need_not_last_is_left_to_the_next_flush() -> None:
    with storage.in_turn():
        assert mode() == FLUSHED
    with storage.in_turn(lasts=False):
        assert mode() == UNFLUSHED
    assert mode() == FLUSHED


def test_a_failure_takes_nothing_from_what_follows() -> None:
    with pytest.raises(KeyError), storage.in_turn(lasts=False):
        raise KeyError
    assert mode() == FLUSHED


def test_a_transaction_lasts_whatever_is_written_in_it() -> None:
    with transaction.atomic(), storage.in_turn(lasts=False):
        assert mode() == FLUSHED


def test_whoever_writes_waits_for_the_one_before() -> None:
    entered = threading.Event()

    def write() -> None:
        with storage.in_turn():
            entered.set()

    second = threading.Thread(target=write)
    with storage.in_turn():
        second.start()
        assert not entered.wait(0.2)
    assert entered.wait(5)
    second.join()
