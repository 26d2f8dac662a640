"""`manage.py import_assistants`: the assistants of a file become changes of a workspace."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from django.core.management import CommandError
from django.db import DatabaseError

from assistants_app import contract, serving
from assistants_app.actions import changes, imports
from assistants_app.contract.formats import FILE_MAX
from assistants_app.errors import DomainError, InvalidDocument
from assistants_app.management import import_report
from assistants_app.management.plain import PlainCommand
from assistants_app.models import User, Workspace
from assistants_app.policies import Actor

if TYPE_CHECKING:
    from django.core.management import CommandParser

SOME_REFUSED, NOTHING_DONE = 1, 2


class Command(PlainCommand):
    help = (
        "Import assistants from a file: an object or a list page of the API, an array, or JSON "
        "lines. Ends with 0 when all are in, 1 when some were refused, 2 when nothing was done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="Its path; - reads standard input.")
        parser.add_argument("--workspace", metavar="SLUG", required=True, help="Where they go.")
        parser.add_argument(
            "--as",
            dest="person",
            metavar="USERNAME",
            required=True,
            help="Who imports them; they need the right to.",
        )
        parser.add_argument(
            "--publish",
            action="store_true",
            help="Make them live at once, where the workspace asks for no approvals.",
        )
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *, file: str, workspace: str, person: str, **options: Any) -> None:
        try:
            serving.refuse_unprepared()
            place, actor = _workspace(workspace), _actor(person)
            data = _bytes(file)
            items = contract.read_file(data, changes.profile(place))
            result = imports.import_documents(place, items, actor=actor, publish=options["publish"])
        except InvalidDocument as refusal:
            self._refuse(file, refusal, as_json=options["json"])
        except DatabaseError as error:
            raise CommandError(str(serving.unreachable(error)), returncode=NOTHING_DONE) from None
        except (DomainError, CommandError) as refusal:
            raise CommandError(str(refusal), returncode=NOTHING_DONE) from None
        report = import_report.Report(file, result, had_mark=contract.starts_with_bom(data))
        self.say(report.as_json() if options["json"] else report.in_words())
        if result.count("refused"):
            sys.exit(SOME_REFUSED)

    def _refuse(self, file: str, refusal: InvalidDocument, *, as_json: bool) -> NoReturn:
        """The file is refused as a whole; nothing of it was imported."""
        if as_json:
            self.say(import_report.refused_as_json(file, refusal.problems))
            sys.exit(NOTHING_DONE)
        words = " ".join(import_report.sentence(found) for found in refusal.problems)
        message = f"{file}: {words} Nothing was imported."
        raise CommandError(message, returncode=NOTHING_DONE) from None


def _workspace(slug: str) -> Workspace:
    row = Workspace.objects.filter(slug=slug, archived_at=None).first()
    if row is None:
        raise CommandError(f"There is no workspace called “{slug}”.")
    return row


def _actor(username: str) -> Actor:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"Nobody who may sign in is called “{username}”.")
    return Actor(kind="person", source="command", user=user)


def _bytes(file: str) -> bytes:
    """What the file holds; one beyond the limit is not read to its end."""
    if file == "-":
        return _within_limit(sys.stdin.buffer)
    try:
        with Path(file).open("rb") as stream:
            return _within_limit(stream)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None


def _within_limit(stream: IO[bytes]) -> bytes:
    data = stream.read(FILE_MAX + 1)
    if len(data) > FILE_MAX:
        size = max(os.fstat(stream.fileno()).st_size, len(data))  # a pipe has no size
        problem = contract.words.problem((), "too_large", n=size, max=FILE_MAX)
        raise InvalidDocument([problem])
    return data
