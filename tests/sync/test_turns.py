"""A process calls one server through a few lines at once, however many threads it has."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from contextlib import ExitStack

import pytest

from assistants_app.sync.turns import AT_ONCE, MANY, SOON, suit_many_calls, turn

HERE, THERE = -1, -2  # no connection has these numbers


def test_one_more_than_may_call_waits_until_another_ends() -> None:
    with ExitStack() as others:
        assert all(others.enter_context(turn(HERE, patience=0)) for _ in range(AT_ONCE))
        with turn(HERE, patience=0.01) as is_mine:
            assert not is_mine
        with turn(THERE, patience=0) as is_mine:
            assert is_mine
    with turn(HERE, patience=0) as is_mine:
        assert is_mine


def test_whoever_was_turned_away_takes_no_place() -> None:
    with ExitStack() as others:
        for _ in range(AT_ONCE + 3):
            others.enter_context(turn(HERE, patience=0))
    with ExitStack() as others:
        assert sum(others.enter_context(turn(HERE, patience=0)) for _ in range(AT_ONCE + 3)) == 8


def test_never_more_at_once_than_may_call() -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def call() -> None:
        nonlocal under_way, most
        with turn(HERE, patience=10):
            with lock:
                under_way += 1
                most = max(most, under_way)
            time.sleep(0.01)
            with lock:
                under_way -= 1

    threads = [threading.Thread(target=call) for _ in range(3 * AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (under_way, most) == (0, AT_ONCE)


def test_a_child_does_not_wait_for_what_its_parent_held() -> None:
    with ExitStack() as others:
        assert all(others.enter_context(turn(HERE, patience=0)) for _ in range(AT_ONCE))
        child = os.fork()
        if child == 0:
            with turn(HERE, patience=0) as is_mine:
                os._exit(0 if is_mine else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_give_way_sooner_and_the_collector_looks_less_often() -> None:
    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    try:
        sys.setswitchinterval(0.005)
        gc.set_threshold(700, 9, 8)
        suit_many_calls()
        assert sys.getswitchinterval() == pytest.approx(SOON)
        assert gc.get_threshold() == (MANY, 9, 8)
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*threshold)
