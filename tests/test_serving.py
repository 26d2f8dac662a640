"""A process that serves pages is set up for several people at once."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from assistants_app import runner, serving
from tests import parts

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def as_before() -> Iterator[None]:
    """Python's own settings in the test, and what they were after it."""
    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(0.005)
    gc.set_threshold(700, 9, 8)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("as_before")
def test_threads_change_less_often_and_what_was_loaded_is_passed_over() -> None:
    fresh: list[object] = [[]]
    frozen = gc.get_freeze_count()
    serving.suit_pages()
    assert sys.getswitchinterval() == pytest.approx(serving.TURN)
    assert gc.get_threshold() == (serving.MANY, 9, 8)
    assert gc.get_freeze_count() > frozen
    assert not any(fresh is found for found in gc.get_objects())


def test_serving_suits_the_process_once_the_application_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[str] = []

    def suit() -> None:
        steps.append("suited")
        raise EOFError  # far enough

    monkeypatch.setattr(serving.connections, "close_all", lambda: None)
    monkeypatch.setattr(serving, "_server", lambda _plug: steps.append("loaded"))
    monkeypatch.setattr(serving, "suit_pages", suit)
    with pytest.raises(EOFError):
        serving.serve(None)  # type: ignore[arg-type]  # nothing is listened to
    assert steps == ["loaded", "suited"]


@pytest.mark.skipif(parts.on_postgresql(), reason="PostgreSQL shares one cache")
@pytest.mark.django_db
def test_the_caches_of_all_threads_together_fit_a_small_machine() -> None:
    with connection.cursor() as cursor:
        one = -cursor.execute("PRAGMA cache_size").fetchone()[0]  # kilobytes
    assert one >= 8_000
    assert one * (serving.THREADS + runner.HANDS) <= 640_000
