"""`manage.py worker`: the runner alone, as many processes as one likes."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand

from assistants_app import serving


class Command(BaseCommand):
    help = "Push, pull and sweep, without answering requests."
    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        serving.check_ground()
        serving.refuse_unprepared()
        self.stdout.write("The worker is at work (stop it with Ctrl-C)")
        self.stdout.flush()
        serving.work()
