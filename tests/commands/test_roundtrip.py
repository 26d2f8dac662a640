"""The quickstart's round trip says what it waits for, and goes on from wherever it was left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from assistants_app.errors import Conflict
from assistants_app.management import practice, roundtrip, samples
from assistants_app.models import PushOrder, User
from assistants_app.runner import Runner
from tests.builders import make_connection
from tests.upstream import Upstream


@pytest.mark.django_db
def test_each_wait_is_told_and_what_was_done_is_not_done_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roundtrip, "PATIENCE", -1)
    monkeypatch.setattr(roundtrip, "LONGEST", 0.2)
    monkeypatch.setattr(roundtrip, "LOOK_LATER", 0.01)
    steps: list[str] = []
    waits: list[str] = []

    def go_on() -> roundtrip.RoundTrip:
        steps.clear()
        waits.clear()
        trip = roundtrip.RoundTrip(
            place, step=lambda text, _seconds: steps.append(text), waits=waits.append
        )
        trip.run()
        return trip

    with Upstream() as upstream:
        for document in samples.ASSISTANTS:
            upstream.add(**document)
        place = practice.seed(upstream.url)
        make_connection(place, User.objects.get(username=samples.MAYA.username), upstream)
        with pytest.raises(Conflict, match="could not be read"):
            go_on()
        assert set(waits) == {"Upstream is asked in a moment."}
        Runner(hands=0).tick()
        trip = go_on()
        assert "edited Math Tutor" in steps[0]
        assert "published version 2" in steps[-1]
        assert "The push waits" in waits[0]
        assert trip.outcome() == "Waiting"
        upstream.on("POST", "/assistants/", apply="before", answer="reset")
        Runner(hands=0).tick()
        trip = go_on()
        assert "Not sure the push arrived; we look again at" in waits[0]
        assert trip.outcome() == "Not sure it arrived"
        long_ago = timezone.now() - timedelta(hours=1)
        PushOrder.objects.update(not_before=long_ago, sent_at=long_ago)
        Runner(hands=0).tick()
        assert go_on().outcome() == "In sync"
        assert steps == ["Found upstream as it was published; nothing was sent twice"]
        assert waits == []
        assert len(upstream.writes()) == 1
