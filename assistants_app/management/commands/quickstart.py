"""`manage.py quickstart`: everything needed to look around, on this machine only."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import CommandError
from django.db import connection

from assistants_app import serving
from assistants_app.errors import DomainError
from assistants_app.management import findings, practice, samples
from assistants_app.management.plain import PlainCommand
from assistants_app.management.roundtrip import RoundTrip
from assistants_app.models import Change, User, chain

if TYPE_CHECKING:
    from django.core.management import CommandParser

    from assistants_app.models import Workspace

HOST = "127.0.0.1"
log = logging.getLogger(__name__)


class Command(PlainCommand):
    help = "Set up samples, show one round trip over HTTP, and serve on this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="Default: 8000, later the port of before.")
        parser.add_argument("--host", default=HOST, help="This machine itself: 127.0.0.1.")

    def handle(self, *, host: str, port: int | None, **_: Any) -> None:
        _refuse_elsewhere(host)
        serving.start_over_with(settings.PORT if port is None else port)
        serving.check_ground()
        serving.prepare_database()
        known = practice.find()
        _agree_on_port(known, is_asked=port is not None or "PORT" in os.environ)
        plug = serving.take_port(HOST, settings.PORT, is_fixed=known is not None)
        workspace = known or self._first_start()
        serving.keep_port()
        serving.collect_static()
        settings.SAMPLE_SIGNIN = not _is_in_use()
        serving.serve(plug, beside=lambda: self._beside(workspace, is_first=known is None))

    def _step(self, text: str, seconds: float) -> None:
        self.say(f"  {text:<66} {seconds:5.2f} s")

    # --- setting up ---------------------------------------------------------------------------
    def _first_start(self) -> Workspace:
        if User.objects.exists():
            raise CommandError(
                "This database has people already, so no samples are added to it: run "
                "`manage.py serve`, or set DATA_DIR to another folder."
            )
        began = time.monotonic()
        self.say(f"Assistants Dashboard, first start. Its data folder is {settings.DATA_DIR}")
        workspace = practice.seed(_address())
        self._step("Made two workspaces, six assistants, three people", time.monotonic() - began)
        return workspace

    # --- beside the server --------------------------------------------------------------------
    def _beside(self, workspace: Workspace, *, is_first: bool) -> None:
        """The round trip, and what to do next; whatever happens here, serving goes on."""
        try:
            self._greet(is_first=is_first)
            self._round_trip(workspace, is_first=is_first)
        except DomainError as refusal:
            self.say(f"The round trip ends here: {refusal}")
        except Exception:
            log.exception("The round trip failed.")
            self.say("The round trip failed, see the log; serving goes on.")
        self._next()
        connection.close()

    def _round_trip(self, workspace: Workspace, *, is_first: bool) -> None:
        trip = RoundTrip(
            workspace, step=self._step if is_first else lambda *_: None, waits=self.say
        )
        if trip.is_over():
            return
        trip.run()
        if not is_first:
            self.say("The round trip that an earlier start began is finished:")
        self.say(f"  {samples.MATH_TUTOR}: {trip.outcome()}.")
        self.say(f"  Audit log: {findings.sentence(chain.verify())}")

    # --- words --------------------------------------------------------------------------------
    def _greet(self, *, is_first: bool) -> None:
        self.say(f"Assistants Dashboard is at http://{HOST}:{settings.PORT} (stop it with Ctrl-C)")
        if is_first:
            self.say(f"One round trip between {practice.PRACTICE} and {practice.SANDBOX}:")
        if not settings.SAMPLE_SIGNIN:
            self.say("This folder is in real use by now: the sample people are not offered.")

    def _next(self) -> None:
        """Who should click what; nothing once the visitor has done it."""
        waiting = Change.objects.filter(source=practice.SOURCE, title=samples.HR_EDIT.title)
        is_open = waiting.filter(state=Change.State.IN_REVIEW).exists()
        if not (settings.SAMPLE_SIGNIN and is_open):
            return
        self.say(f"Now you, at http://{HOST}:{settings.PORT}")
        self.say(
            f"  1. Sign in as {samples.PRIYA.full_name} (one click), open Reviews, read what "
            f"{samples.LENA.full_name} changed in {samples.HR_HELPER}, and approve it."
        )
        self.say(f"  2. Sign in as {samples.MAYA.full_name}, publish it, and watch it go upstream.")


def _address() -> str:
    return f"http://{HOST}:{settings.PORT}/v1"


def _refuse_elsewhere(host: str) -> None:
    if host not in (HOST, "localhost") or not settings.ON_LOOPBACK:
        raise CommandError(
            f"The quickstart answers at {HOST} only, since its sample people need no password: "
            "leave out --host and SITE_URL, or run `manage.py serve`."
        )


def _agree_on_port(known: Workspace | None, *, is_asked: bool) -> None:
    """Practice is connected to this process's own address, so that address cannot move."""
    if known is None or known.upstream is None:
        return
    its_own = urlsplit(known.upstream.base_url).port or settings.PORT
    if is_asked and its_own != settings.PORT:
        raise CommandError(
            f"The samples in {settings.DATA_DIR} are connected to port {its_own}: start without "
            "--port and PORT, or set DATA_DIR to another folder."
        )
    serving.start_over_with(its_own)


def _is_in_use() -> bool:
    """`manage.py serve` made an operator here: nobody gets in without a password any more."""
    return User.objects.filter(is_superuser=True).exists()
