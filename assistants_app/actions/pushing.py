"""Push: bring upstream to the newest Version.

claim → read → plan → write ahead → send once → read back → record (reliability.md 5.2). Nothing is
sent while the fate of an earlier request is unknown.
"""

from __future__ import annotations

import contextlib
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from assistants_app import contract, killpoints, policies
from assistants_app.actions import (
    audit,
    connection_lessons,
    frozen,
    health,
    push_bodies,
    push_evidence,
    push_lessons,
    push_links,
    push_statements,
    pushes,
)
from assistants_app.errors import Conflict
from assistants_app.models import PushAttempt, PushOrder
from assistants_app.models.connections import profile_of
from assistants_app.sync import turns
from assistants_app.sync.lookup import PullFailed, find_marker
from assistants_app.sync.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assistants_app.sync.client import Answer
    from assistants_app.sync.outcomes import Outcome

State, Reason = PushOrder.State, PushOrder.Reason
READ_BACKS, READ_BACK_PAUSE = 3, 5.0  # seconds
CALLS = 3  # of a push: read, write, read back


@audit.sends
def push(pk: int, *, owner: str) -> bool:
    """Do what is due for one order; False when there was nothing to claim.

    Whatever goes wrong ends in a state that says so; the next claim starts by reading.
    """
    order = pushes.claim(pk, owner=owner)
    if order is None:
        return False
    try:
        client = health.client(order.connection)
    except Conflict as refusal:
        pushes.stop(order, Reason.REFUSED, str(refusal), actor=policies.system("worker"))
        return True
    try:
        _Push(order, client).run()
    except pushes.Superseded:
        pass  # another process owns the order now and will read the truth
    finally:
        client.close()
    return True


class _Push:
    """One claim of one order, from the first read to the recorded result."""

    def __init__(self, order: PushOrder, client: health.PacedClient) -> None:
        self.order = order
        self.client = client
        self.version = order.desired_version
        self.ours = self.version.document()
        self.profile = profile_of(order.connection)
        self.actor = policies.system("worker")
        self.read_at = 0.0
        self.places = 0  # in the budget, taken and not used yet
        self.answered: tuple[PushAttempt, Answer, pushes.Seen] | None = None  # to be put down yet

    @cached_property
    def attempts(self) -> list[tuple[str, int]]:
        """Outcome and Version of each writing request so far; nobody else adds one meanwhile."""
        return push_statements.ATTEMPTS.all(order=self.order.pk)

    def run(self) -> None:
        try:
            self._begin()
        except push_links.Taken as taken:
            self.stop(Reason.DUPLICATE, f"Another assistant here is linked to {taken} upstream.")
        except PullFailed as failure:
            self.not_read(failure.outcome)

    def _begin(self) -> None:
        if self.order.attempts > pushes.MAX_ATTEMPTS + 1:
            self.stop(Reason.ATTEMPTS, "Each try ended the process that made it.")
        elif self.order.assistant.upstream_id:
            self._from_known()
        else:
            self._from_mark()

    # --- reading ---------------------------------------------------------------------------
    @contextlib.contextmanager
    def _turn(self) -> Iterator[bool]:
        """Whether calls may be made in this block; if not, the order waits instead."""
        patience = health.times().lease / 6  # most of the lease is for what follows
        with turns.turn(self.order.connection_id, patience=patience) as is_ours:
            if not is_ours:
                self._wait()
            yield is_ours

    def _wait(self) -> None:
        self._put_down()
        pushes.release(self.order, seconds=1, message="Waiting for its turn.", count=False)

    def _may_call(self) -> bool:
        """Wait for a place in the connection's budget; without one the order waits instead.

        Those of a whole push are taken at once: to read, to write, to read back.
        """
        row = self.order.connection
        if self.places and health.may_go_on(row):
            self.places -= 1
            return True
        if health.take_call(row, patience=health.times().call, places=CALLS):
            self.places = CALLS - 1
            return True
        self._wait()
        return False

    def _call(self, speak: Callable[..., Answer], *args: str) -> Answer | None:
        """One call within the budget; None when the connection allows none for now."""
        with self._turn() as is_ours:
            if not is_ours or not self._may_call():
                return None
            answer = speak(*args)
        self.client.told(answer)
        return answer

    def _from_known(self) -> None:
        answer = self._call(self.client.retrieve, self.order.assistant.upstream_id or "")
        if answer is None:
            return
        self.read_at = time.monotonic()
        if answer.outcome.kind == "done":
            self._decide(self._seen(answer))
        elif answer.outcome.reason == "missing":
            self._missing()
        else:
            self.not_read(answer.outcome)

    def _from_mark(self) -> None:
        """No upstream id: look for our own mark before every create (reliability.md 5.4)."""
        since = self.order.asked_at.timestamp() - push_links.SKEW
        with self._turn() as is_ours:
            if not is_ours:
                return
            found = find_marker(self.client, str(self.order.op_id), since=since)
        self.read_at = time.monotonic()
        if found:
            self._found(found)
        elif self.order.state != State.UNKNOWN or self._may_send_again():
            self._send("create")

    def _found(self, found: Sequence[contract.Reading]) -> None:
        """One: it is ours. More: the oldest is linked and a person decides about the others."""
        oldest = found[-1]
        push_links.link(self.order, oldest.id)
        if others := [item.id for item in found[:-1]]:
            self.stop(Reason.DUPLICATE, push_links.more_than_once(others))
            return
        self._decide(_seen(oldest))

    def _may_send_again(self) -> bool:
        """After a lost create: look twice, a settling time apart, before sending once more."""
        if self.order.looks < 1:
            pushes.look_later(self.order)
            return False
        if found := push_evidence.lookalikes(self.order, self.version, self.client):
            self.stop(Reason.UNCLEAR, push_links.may_be(found))
            return False
        if self.order.sends >= pushes.MAX_SENDS or not self.order.assistant.safe_creation:
            self.stop(Reason.UNCLEAR, push_links.UNKNOWN)
            return False
        return True

    def _seen(self, answer: Answer) -> pushes.Seen:
        return _seen(contract.read(answer.document, self.profile), answer.etag)

    # --- deciding --------------------------------------------------------------------------
    def _decide(self, seen: pushes.Seen) -> None:
        step = plan(
            self._base(seen),
            self.ours,
            seen.document,
            linked=True,
            uncertain=self._uncertain(),
            fields=self.profile.keeps,
        )
        if step == "nothing":
            notes = contract.not_kept(self.ours, seen.document)
            pushes.succeed(
                self.order, self.version, seen, actor=self.actor, notes=notes, found=True
            )
        elif step in ("update", "late"):
            self._send("update", seen.etag)
        else:
            self.stop(
                Reason.DRIFT,
                "Someone changed it on the server since we last looked.",
                theirs=seen,
            )

    def _uncertain(self) -> list[contract.Document]:
        """Versions of ours that may still arrive, or arrived late."""
        lost = {pk for outcome, pk in self.attempts if outcome == PushAttempt.Outcome.UNKNOWN}
        return push_links.texts(lost) if lost else []

    def _base(self, seen: pushes.Seen) -> contract.Document | None:
        if base := pushes.base_of(self.order.assistant):
            return base
        # Found by our mark and never read before: what carries our mark unchanged is our own text.
        version = push_bodies.marked_version(self.order, seen.marker)
        return version.document() if version else None

    # --- writing ---------------------------------------------------------------------------
    def _send(self, op: str, etag: str = "") -> None:
        if reason := self._unapproved():
            self.stop(Reason.APPROVAL, reason)
            return
        if self.order.attempts > pushes.MAX_ATTEMPTS:
            self.stop(Reason.ATTEMPTS, self.order.message or "No try came to an end.")
            return
        body = push_bodies.wire(push_bodies.push_body(self.order, self.version))
        n = len(self.attempts) + 1
        with self._turn() as is_ours:  # before it is announced, so that it leaves soon after
            if not is_ours or not self._may_call():
                return
            gap_ms = int((time.monotonic() - self.read_at) * 1000)
            written = time.monotonic()
            attempt = pushes.write_ahead(self.order, self.version, op, n=n, gap_ms=gap_ms)
            killpoints.point("sending.committed")
            if time.monotonic() - written > health.times().send_window:
                pushes.doubt(self.order, "This process was paused; we look again.")
                return
            answer = self._write(op, body, etag)
        self.client.told(answer)
        self._after(attempt, answer)

    def _write(self, op: str, body: bytes, etag: str) -> Answer:
        if op == "create":
            return self.client.create(body, idempotency_key=str(self.order.op_id))
        return self.client.modify(self.order.assistant.upstream_id or "", body, etag=etag)

    def _unapproved(self) -> str:
        """Why this Version may not be sent: asked again at its first push (reliability.md 4.5)."""
        if contract.fingerprint(self.ours) != self.version.digest:
            return "The stored text is not the one that was approved."
        done = {pk for outcome, pk in self.attempts if outcome == PushAttempt.Outcome.DONE}
        is_first = self.version.pk not in {*done, self.order.pushed_version_id}
        if is_first and not policies.may_go(self.version):
            return "The approvals of this version do not count any more."
        return ""

    def _after(self, attempt: PushAttempt, answer: Answer) -> None:
        kind, reason = answer.outcome.kind, answer.outcome.reason
        if kind == "done":
            push_lessons.taken(self.order, attempt)
            sent = self._seen(answer)
            # Ended before it is put down, an update stays in doubt: read again before any write.
            self.answered = (attempt, answer, sent)
            if sent.id != self.order.assistant.upstream_id:
                self._put_down()  # its id is known from here on, whatever comes
            self._read_back(sent, answer.request_id)
            return
        pushes.note(attempt, answer)
        if kind == "unknown":
            pushes.doubt(self.order, answer.outcome.message)
        elif reason == "refused" and push_lessons.is_null_refused(
            self.order, attempt, answer.outcome
        ):
            pushes.release(self.order, seconds=0, message=answer.outcome.message, count=False)
        elif reason in ("refused", "no_update", "redirect"):
            if reason == "no_update":
                connection_lessons.learn(self.order.connection, {"update": False})
            fault = _blamed(answer, self.ours)
            if "strict_limits" in fault.data:
                old = {"strict_limits": fault.data["strict_limits"]}
                connection_lessons.learn(self.order.connection, old)
            param = fault.param or answer.outcome.param
            self.stop(Reason.REFUSED, contract.plain(fault), param=param)
        else:
            self.not_read(answer.outcome)

    def _put_down(self) -> None:
        """What the server answered to our write, where no read-back comes to put it down with."""
        if self.answered:
            attempt, answer, sent = self.answered
            self.answered = None
            push_links.answered(attempt, answer, order=self.order, seen=sent)

    def _read_back(self, sent: pushes.Seen, request_id: str) -> None:
        """Only what is read after the write counts as in sync."""
        killpoints.point("readback.before")
        pause = READ_BACK_PAUSE * settings.SYNC_TIME_SCALE
        for look in range(READ_BACKS):
            if look:
                self._put_down()
                time.sleep(pause)
            answer = self._call(self.client.retrieve, sent.id)
            if answer is None:
                return
            if answer.outcome.kind != "done":
                self.not_read(answer.outcome)
                return
            seen = self._seen(answer)
            if self._is_kept(sent, seen):
                push_lessons.kept(self.order, self.version, sent, seen)
                notes = contract.not_kept(self.ours, seen.document)
                told: dict[str, Any] = {"request_id": request_id, "answered": self.answered}
                pushes.succeed(
                    self.order, self.version, seen, actor=self.actor, notes=notes, **told
                )
                return
        message = "What the server holds is not what it answered to our push."
        self.stop(Reason.DRIFT, message, theirs=seen)

    def _is_kept(self, sent: pushes.Seen, seen: pushes.Seen) -> bool:
        """What is there is what was answered, or what we sent where an answer leaves things out."""
        return any(
            contract.compare(document, seen.document).verdict in ("same", "order-only")
            for document in (sent.document, self.ours)
        )

    # --- what a read that failed means -------------------------------------------------------
    def stop(self, reason: PushOrder.Reason, message: str, **more: Any) -> None:
        """Until a person decides; `more` as in `pushes.stop`."""
        self._put_down()
        pushes.stop(self.order, reason, message, actor=self.actor, **more)

    def not_read(self, outcome: Outcome) -> None:
        """It cannot be read: wait as long as the server says, or as the tries so far suggest."""
        self._put_down()
        if outcome.reason in ("key", "quota"):
            pushes.release(self.order, seconds=1, message=outcome.message, count=False)
        elif outcome.reason == "slow_down":
            wait = outcome.retry_after or pushes.backoff(self.order.attempts)
            pushes.release(self.order, seconds=wait, message=outcome.message, count=False)
        elif outcome.reason == "gone":  # said of the whole service, not of this assistant
            pushes.release(self.order, seconds=1, message=outcome.message, count=False)
        elif outcome.reason in ("refused", "no_update", "redirect"):
            self.stop(Reason.REFUSED, outcome.message)
        elif pushes.is_worn_out(self.order):
            self.stop(Reason.ATTEMPTS, outcome.message)
        else:
            wait = pushes.backoff(self.order.attempts) * settings.SYNC_TIME_SCALE
            pushes.release(self.order, seconds=wait, message=outcome.message)

    def _missing(self) -> None:
        """404 on a known id: believed after a second look and a list that shows others of ours."""
        message = "The server does not find it any more."
        if push_links.never_read(self.order):
            wrong = push_links.forget(self.order)
            self.stop(Reason.UNCLEAR, f"The server has no assistant {wrong}. {push_links.UNKNOWN}")
        elif self.order.check_again_at is None or self.order.check_again_at > timezone.now():
            pushes.look_for_missing(self.order, message)
            frozen.suspect(self.order.connection)
        elif push_evidence.is_deleted(self.order, self.client):
            self.stop(Reason.DELETED, message)
        else:
            self.stop(Reason.UNCLEAR, f"{message} Nothing else confirms that it was deleted there.")


def _blamed(answer: Answer, sent: contract.Document) -> contract.Problem:
    """The refusal in our words and on our field, where the contract knows better."""
    said = answer.outcome
    error = contract.UpstreamError(
        answer.status, message=said.message, param=said.param, code=said.code
    )
    return contract.blame(error, sent)


def _seen(reading: contract.Reading, etag: str = "") -> pushes.Seen:
    extra = contract.dumps(reading.extras) if reading.extras else ""
    return pushes.Seen(reading.id, reading.document, extra, etag, reading.marker)
