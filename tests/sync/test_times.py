from __future__ import annotations

from dataclasses import fields

from assistants_app.sync.times import Times


def test_scaling_multiplies_every_time_and_leaves_the_cap() -> None:
    scaled = Times().scaled(0.01)
    for field in fields(Times):
        factor = 1 if field.name == "cap" else 0.01
        assert getattr(scaled, field.name) == getattr(Times(), field.name) * factor


def test_the_real_times_are_those_of_the_design() -> None:
    times = Times()
    assert (times.connect, times.call, times.cap) == (5, 60, 16 * 1024 * 1024)
    assert (times.lease, times.settle, times.tick, times.pull) == (90, 120, 2, 600)
    assert (times.send_window, times.second_look) == (5, 60)
    assert (times.trip, times.trip_max, times.half_open) == (30, 900, 60)
    assert (times.quota, times.frozen) == (900, 300)
