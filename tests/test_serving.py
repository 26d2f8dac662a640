"""A process that serves pages is set up for several people at once."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest

from assistants_app import serving

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
