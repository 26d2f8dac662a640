"""The quickstart's round trip: pull, edit, review, publish, push, read back.

Each step first looks at the rows and does only what is still missing, so that it may be killed at
any instant and begun again. It waits for the runner; it never speaks HTTP itself.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from assistants_app.actions import changes, health, importing, publishing, reviews
from assistants_app.errors import Conflict
from assistants_app.management import samples
from assistants_app.management.practice import SANDBOX, SOURCE, person
from assistants_app.models import (
    Assistant,
    AuditEntry,
    Change,
    Job,
    PushAttempt,
    PushOrder,
    Version,
    Workspace,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

PATIENCE = 3.0  # seconds until we say what we wait for
LONGEST = 900.0  # seconds until the runner is left to go on alone
PULLS = 3  # tries
LOOK, LOOK_LATER = 0.02, 0.5  # seconds between two looks
_IN_DOUBT = (PushOrder.State.SENDING, PushOrder.State.UNKNOWN)


class RoundTrip:
    """One round trip in `practice`. `step(text, seconds)` tells each step when it is done,
    `waits(text)` once what a wait is for that takes longer than a person expects.
    """

    def __init__(
        self,
        practice: Workspace,
        *,
        step: Callable[[str, float], None],
        waits: Callable[[str], None],
    ) -> None:
        self.practice = practice
        self._step, self._waits = step, waits
        self._began = time.monotonic()

    def run(self) -> None:
        """Do what is missing, in order; raises the domain's errors where a person came between."""
        for step in (self._pull, self._edit, self._ask, self._approve, self._publish, self._invite):
            self._began = time.monotonic()
            step()
        self._push()

    def is_over(self) -> bool:
        """Nothing is left to do, or a person decided otherwise."""
        tutor, helper = self._change(samples.MATH_TUTOR), self._change(samples.HR_HELPER)
        if not (self._was_pulled() and tutor and helper):
            return False
        if tutor.state in (Change.State.WITHDRAWN, Change.State.CHANGES_REQUESTED):
            return True
        return tutor.state == Change.State.LIVE and self._is_pushed()

    def outcome(self) -> str:
        """How Math Tutor stands upstream, in words."""
        order = self._order()
        if order is None:
            return "Not pushed yet"
        if order.state == PushOrder.State.IDLE:
            return "In sync"
        if order.state == PushOrder.State.STOPPED:
            return f"{order.get_reason_display()}: {order.message}"
        return order.get_state_display()

    # --- what the rows say --------------------------------------------------------------------
    def _assistant(self, name: str) -> Assistant | None:
        """The sample by the name it was taken in with, whatever it is called by now."""
        rows = Assistant.objects.unarchived().filter(workspace=self.practice)
        return rows.filter(versions__number=1, versions__name=name).order_by("pk").first()

    def _change(self, name: str) -> Change | None:
        """The Change that the quickstart opened for this sample, in whatever state."""
        rows = Change.objects.select_related("assistant__workspace__connection", "base")
        return rows.filter(assistant=self._assistant(name), source=SOURCE).order_by("pk").first()

    def _version(self) -> Version | None:
        return Version.objects.filter(change=self._change(samples.MATH_TUTOR)).first()

    def _order(self) -> PushOrder | None:
        rows = PushOrder.objects.select_related("pushed_version")
        return rows.filter(assistant=self._assistant(samples.MATH_TUTOR)).first()

    def _was_pulled(self) -> bool:
        return self.practice.jobs.filter(kind=Job.Kind.IMPORT, state=Job.State.DONE).exists()

    def _is_pushed(self) -> bool:
        """This Version, or a newer one, was read back upstream; or it is up to a person now."""
        version, order = self._version(), self._order()
        if version is None or order is None or order.state == PushOrder.State.STOPPED:
            return True
        pushed = order.pushed_version
        return pushed is not None and pushed.number >= version.number

    # --- the steps ----------------------------------------------------------------------------
    def _pull(self) -> None:
        if self._was_pulled():
            return
        tries = (self._import() for _ in range(PULLS))
        if not any(job.state == Job.State.DONE for job in tries):
            raise Conflict(f"{SANDBOX} could not be read; see Sync.", code="pull")
        count = self.practice.assistants.count()
        self._done(f"Pulled {count} assistants from {SANDBOX}, over HTTP")

    def _import(self) -> Job:
        begun = self.practice.jobs.filter(kind=Job.Kind.IMPORT).exclude(state__in=Job.OVER)
        job = begun.first() or importing.ask(self.practice, actor=person(samples.MAYA))
        self._until(lambda: _is_over(job), lambda: _job_goes_on(job))
        return job

    def _edit(self) -> None:
        assistant, change = self._assistant(samples.MATH_TUTOR), self._change(samples.MATH_TUTOR)
        if assistant is None:
            return
        lena, edit = person(samples.LENA), samples.TUTOR_EDIT
        change = change or changes.open(assistant, actor=lena, title=edit.title)
        if change.state == Change.State.DRAFT and change.digest == assistant.digest:
            changes.edit(change, actor=lena, lock=change.lock, values=edit.values, why=edit.why)
            self._done(f"{samples.LENA.full_name} edited {samples.MATH_TUTOR}: “{edit.title}”")

    def _ask(self) -> None:
        if change := self._in(Change.State.DRAFT):
            changes.submit(change, actor=person(samples.LENA))
            self._done(f"{samples.LENA.full_name} asked for review")

    def _approve(self) -> None:
        if change := self._in(Change.State.IN_REVIEW):
            reviews.approve(change, actor=person(samples.PRIYA), digest=change.digest)
            self._done(f"{samples.PRIYA.full_name} approved")

    def _publish(self) -> None:
        if change := self._in(Change.State.APPROVED):
            version = publishing.publish(change, actor=person(samples.MAYA))
            self._done(f"{samples.MAYA.full_name} published version {version.number}")

    def _invite(self) -> None:
        """Leave something to do: one Change that waits for the visitor's approval."""
        assistant, change = self._assistant(samples.HR_HELPER), self._change(samples.HR_HELPER)
        if assistant is None:
            return
        lena, edit = person(samples.LENA), samples.HR_EDIT
        change = change or changes.open(assistant, actor=lena, title=edit.title)
        if change.state == Change.State.DRAFT:
            if change.digest == assistant.digest:
                change = changes.edit(
                    change, actor=lena, lock=change.lock, values=edit.values, why=edit.why
                )
            changes.submit(change, actor=lena)

    def _push(self) -> None:
        self._until(self._is_pushed, self._push_goes_on)
        version = self._version()
        if version and (order := self._order()) and order.pushed_version == version:
            self._tell_push(version)

    def _tell_push(self, version: Version) -> None:
        rows = AuditEntry.objects.filter(action="assistant.pushed", object_id=str(version.pk))
        told = rows.order_by("seq").first()
        sent = PushAttempt.objects.filter(version=version, outcome=PushAttempt.Outcome.DONE).first()
        if told and sent:
            took = (sent.ms or 0) / 1000
            back = (told.at - sent.at).total_seconds() - took
            self._step(f"Pushed version {version.number} over HTTP, answered {sent.status}", took)
            self._step("Read back: upstream holds the same text", max(back, 0.0))
        else:
            self._step("Found upstream as it was published; nothing was sent twice", 0.0)

    def _in(self, state: Change.State) -> Change | None:
        change = self._change(samples.MATH_TUTOR)
        return change if change and change.state == state else None

    def _done(self, text: str) -> None:
        self._step(text, time.monotonic() - self._began)

    # --- waiting for the runner ---------------------------------------------------------------
    def _until(self, is_over: Callable[[], bool], goes_on: Callable[[], str]) -> None:
        """Look until it is over, or for a quarter of an hour; the runner goes on in any case."""
        began, said = time.monotonic(), False
        while not is_over() and (waited := time.monotonic() - began) < LONGEST:
            if waited > PATIENCE and not said:
                self._waits(goes_on())
                said = True
            time.sleep(LOOK_LATER if said else LOOK)

    def _push_goes_on(self) -> str:
        order = self._order()
        if order is None:
            return ""
        moment = max(filter(None, (order.not_before, order.lease_until)))
        if order.state == PushOrder.State.SENDING and order.sent_at:
            moment = max(moment, order.sent_at + timedelta(seconds=health.times().settle))
        if order.state in _IN_DOUBT:
            return f"Not sure the push arrived; we look again at {_clock(moment)}."
        return f"The push waits; it goes on at {_clock(moment)}."


def _is_over(job: Job) -> bool:
    job.refresh_from_db()
    return job.is_over


def _job_goes_on(job: Job) -> str:
    if job.lease_until is None:
        return "Upstream is asked in a moment."
    return f"An earlier run was cut off; it goes on at {_clock(job.lease_until)} at the latest."


def _clock(moment: datetime) -> str:
    left = max(0, round((moment - timezone.now()).total_seconds()))
    return f"{timezone.localtime(moment):%H:%M:%S} (in {left} seconds)"
