"""`manage.py allow_origin`: let Connections point at a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management import CommandError

from assistants_app import policies, serving
from assistants_app.actions import connections
from assistants_app.errors import Invalid
from assistants_app.management.plain import PlainCommand

if TYPE_CHECKING:
    from django.core.management import CommandParser


class Command(PlainCommand):
    help = "Put a server's address on the list of allowed addresses."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", metavar="URL", help="For example https://api.openai.com/v1")
        parser.add_argument(
            "--private",
            action="store_true",
            help="It may be in a private network or on this machine.",
        )

    def handle(self, *, url: str, private: bool, **_: Any) -> None:
        serving.refuse_unprepared()
        try:
            row = connections.allow_origin(url, actor=policies.system("command"), private=private)
        except Invalid as refusal:
            raise CommandError(f"{url}: {refusal}") from None
        where = "private addresses too" if row.private else "public addresses only"
        self.say(f"Allowed: {row.origin} ({where})")
