"""`manage.py worker`: the runner alone, as many processes as one likes."""

from __future__ import annotations

from typing import Any

from assistants_app import serving
from assistants_app.management.plain import PlainCommand
from assistants_app.sync import turns


class Command(PlainCommand):
    help = "Push, pull and sweep, without answering requests."

    def handle(self, **_: Any) -> None:
        serving.check_ground()
        serving.refuse_unprepared()
        turns.suit_many_calls()
        serving.work(ready=lambda: self.say("The worker is at work (stop it with Ctrl-C)"))
