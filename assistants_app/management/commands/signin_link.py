"""`manage.py signin_link`: a one-time link for a person who cannot sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import CommandError
from django.db.models import Q

from assistants_app import policies, serving
from assistants_app.actions import people
from assistants_app.management.plain import PlainCommand
from assistants_app.models import User

if TYPE_CHECKING:
    from django.core.management import CommandParser


class Command(PlainCommand):
    help = "Print a link at which this person chooses a password; works once, within an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", metavar="USERNAME_OR_EMAIL")

    def handle(self, *, person: str, **_: Any) -> None:
        serving.refuse_unprepared()
        self.say(
            settings.SITE_URL
            + people.one_time_path(_find(person), actor=policies.system("command"))
        )


def _find(person: str) -> User:
    """By username first, since somebody's username may be somebody else's e-mail address."""
    rows = User.objects.filter(is_active=True)
    found = rows.filter(username=person) or rows.filter(Q(email__iexact=person) & ~Q(email=""))
    if not found:
        raise CommandError(f"Nobody who may sign in is called “{person}” or has this address.")
    if len(found) > 1:
        names = ", ".join(sorted(user.username for user in found))
        raise CommandError(f"Several people have this address; name one of them: {names}.")
    return found[0]
