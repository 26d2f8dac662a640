"""`manage.py serve`: the dashboard and its runner in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import CommandError
from django.db import transaction

from assistants_app import policies, serving
from assistants_app.actions import people, workspaces
from assistants_app.management.plain import PlainCommand
from assistants_app.models import User

if TYPE_CHECKING:
    from django.core.management import CommandParser

OPERATOR, WORKSPACE = "admin", "Main"
_ALL_OF_IT = ("editor", "reviewer", "publisher", "auditor", "admin")


class Command(PlainCommand):
    help = "Serve the dashboard, with its runner beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="Default: 8000, later the port of before.")
        parser.add_argument("--host", default="127.0.0.1", help="Where to listen.")

    def handle(self, *, host: str, port: int | None, **_: Any) -> None:
        _refuse_open(host)
        serving.start_over_with(settings.PORT if port is None else port)
        serving.check_ground()
        serving.prepare_database()
        plug = serving.take_port(host, settings.PORT)
        serving.keep_port()
        serving.collect_static()
        self._let_someone_in()
        greeting = f"Assistants Dashboard is at {settings.SITE_URL} (stop it with Ctrl-C)"
        serving.serve(plug, beside=lambda: self.say(greeting))

    def _let_someone_in(self) -> None:
        """Where nobody could sign in yet: the operator, and a link to choose a password."""
        if not User.objects.filter(is_sample=False).exists():
            _set_up()
            self.say(
                f"Made the operator “{OPERATOR}” and the workspace “{WORKSPACE}”, where a change "
                "needs 0 approvals until you set more in its review rules."
            )
        operator = User.objects.filter(username=OPERATOR, is_superuser=True, is_active=True).first()
        if operator and not operator.has_usable_password():
            self.say(f"Choose the password of “{OPERATOR}” (works once, within an hour):")
            self.say(
                settings.SITE_URL + people.one_time_path(operator, actor=policies.system("command"))
            )


@transaction.atomic
def _set_up() -> None:
    machine = policies.system("command")
    operator = people.add(OPERATOR, actor=machine, is_operator=True)
    workspace = workspaces.create(WORKSPACE, actor=machine, approvals=0)
    workspaces.set_member(workspace, operator, actor=machine, roles=_ALL_OF_IT)


def _refuse_open(host: str) -> None:
    if host not in serving.LOOPBACK and settings.ON_LOOPBACK:
        raise CommandError(
            f"To listen at {host}, set SITE_URL to the https address that people use, and put a "
            "proxy with TLS in front."
        )
