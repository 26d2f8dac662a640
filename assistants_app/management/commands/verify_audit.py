"""`manage.py verify_audit`: is the history what it was when it was written?"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from django.core.management import CommandError
from django.db import DatabaseError

from assistants_app import serving
from assistants_app.management import findings
from assistants_app.management.plain import PlainCommand
from assistants_app.models import chain

if TYPE_CHECKING:
    from django.core.management import CommandParser

    from assistants_app.models.chain import Verdict

BROKEN, CANNOT_TELL = 1, 2
_HEAD = re.compile(r"[0-9]{1,18}:[0-9a-f]{8,64}")


class Command(PlainCommand):
    help = "Walk the audit log. Ends with 0 when it is unbroken, 1 when not, 2 when we cannot tell."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head", metavar="SEQ:HASH", default="", help="A head noted earlier, elsewhere."
        )
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *, head: str, **options: Any) -> None:
        verdict = _look(head)
        self.say(_as_json(verdict) if options["json"] else _in_words(verdict))
        if not verdict.is_intact:
            sys.exit(BROKEN)


def _look(head: str) -> Verdict:
    if head and not _HEAD.fullmatch(head):
        raise CommandError(
            f"A head looks like 48211:9f86d081…, not {head}.", returncode=CANNOT_TELL
        )
    try:
        serving.refuse_unprepared()
        return chain.verify(head=head)
    except DatabaseError as error:
        raise CommandError(str(serving.unreachable(error)), returncode=CANNOT_TELL) from None
    except CommandError as refusal:
        raise CommandError(str(refusal), returncode=CANNOT_TELL) from None


def _in_words(verdict: Verdict) -> str:
    if verdict.is_intact:
        return f"{findings.sentence(verdict)}\nHead: {verdict.head} (note it elsewhere)"
    return (
        f"{findings.sentence(verdict)}\nKeep this database as it is, look who could write to it, "
        "and compare it with a backup."
    )


def _as_json(verdict: Verdict) -> str:
    return json.dumps(
        {
            "intact": verdict.is_intact,
            "checked": verdict.checked,
            "head": verdict.head,
            "bad_seq": verdict.bad_seq or None,
            "reason": verdict.reason,
        }
    )
