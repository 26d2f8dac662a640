"""What our commands have in common: plain lines, and refusals of one sentence."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management import BaseCommand, CommandError


class PlainCommand(BaseCommand):
    """Prints line by line, also into a pipe; a CommandError is its sentence and nothing else."""

    requires_system_checks = ()  # `serving.check_ground` says what is wrong in our own words

    def say(self, text: str = "") -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except CommandError as refusal:
            if not getattr(self, "_called_from_command_line", False) or options.get("traceback"):
                raise
            self.stderr.write(str(refusal))
            sys.exit(refusal.returncode)
