"""Push: bring upstream to the newest Version.

claim → read → plan → write ahead → send once → read back → record (reliability.md 5.2). Nothing is
sent while the fate of an earlier request is unknown.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from assistants_app import contract, killpoints, policies
from assistants_app.actions import audit, connections, push_bodies, pushes
from assistants_app.errors import Conflict
from assistants_app.models import PushAttempt, PushOrder, UpstreamCopy, Version
from assistants_app.sync.lookup import PullFailed, find_marker
from assistants_app.sync.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistants_app.sync.client import Answer, AssistantsClient
    from assistants_app.sync.outcomes import Outcome

State, Reason = PushOrder.State, PushOrder.Reason
READ_BACKS, READ_BACK_PAUSE = 3, 5.0  # seconds
LOOK_BACK = 3600  # seconds before the order was made, so that no clock's skew hides our mark


@audit.sends
def push(pk: int, *, owner: str) -> bool:
    """Do what is due for one order; False when there was nothing to claim.

    Whatever goes wrong ends in a state that says so; the next claim starts by reading.
    """
    order = pushes.claim(pk, owner=owner)
    if order is None:
        return False
    try:
        client = connections.client(order.connection)
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

    def __init__(self, order: PushOrder, client: AssistantsClient) -> None:
        self.order = order
        self.client = client
        self.version = order.desired_version
        self.ours = self.version.document()
        self.profile = contract.PROFILES[order.connection.profile]
        self.actor = policies.system("worker")
        self.read_at = 0.0

    def run(self) -> None:
        if self.order.assistant.upstream_id:
            self._from_known()
        else:
            self._from_mark()

    # --- reading ---------------------------------------------------------------------------
    def _may_call(self) -> bool:
        """Wait for a place in the connection's budget; without one the order waits instead."""
        if connections.take_call(self.order.connection, patience=connections.times().call):
            return True
        pushes.release(self.order, seconds=1, message="Waiting for its turn.", count=False)
        return False

    def _call(self, speak: Callable[..., Answer], *args: str) -> Answer | None:
        """One call within the budget; None when the connection allows none for now."""
        if not self._may_call():
            return None
        answer = speak(*args)
        connections.heard(self.order.connection, answer.outcome)
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
            self._not_read(answer.outcome)

    def _from_mark(self) -> None:
        """No upstream id: look for our own mark before every create (reliability.md 5.4)."""
        if not self._may_call():
            return
        since = self.order.asked_at.timestamp() - LOOK_BACK
        try:
            found = find_marker(self.client, str(self.order.op_id), since=since)
        except PullFailed as failure:
            connections.heard(self.order.connection, failure.outcome)
            self._not_read(failure.outcome)
            return
        self.read_at = time.monotonic()
        if found:
            self._found(found)
        elif self.order.state != State.UNKNOWN or self._may_send_again():
            self._send("create")

    def _found(self, found: Sequence[contract.Reading]) -> None:
        """One: it is ours. More: the oldest is linked and a person decides about the others."""
        oldest = found[-1]
        pushes.link(self.order, oldest.id)
        if others := ", ".join(item.id for item in found[:-1]):
            message = f"Upstream holds this assistant more than once: also {others}."
            pushes.stop(self.order, Reason.DUPLICATE, message, actor=self.actor)
            return
        self._decide(_seen(oldest))

    def _may_send_again(self) -> bool:
        """After a lost create: look twice, a settling time apart, before sending once more."""
        if self.order.looks < 1:
            pushes.look_later(self.order)
            return False
        if self.order.sends >= pushes.MAX_SENDS or not self.order.assistant.safe_creation:
            pushes.stop(
                self.order,
                Reason.UNCLEAR,
                "We do not know whether it was created. We will not try again by ourselves.",
                actor=self.actor,
            )
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
        )
        if step == "nothing":
            notes = contract.not_kept(self.ours, seen.document)
            pushes.succeed(
                self.order, self.version, seen, actor=self.actor, notes=notes, found=True
            )
        elif step in ("update", "late"):
            self._send("update")
        else:
            pushes.stop(
                self.order,
                Reason.DRIFT,
                "Someone changed it on the server since we last looked.",
                actor=self.actor,
                theirs=seen,
            )

    def _base(self, seen: pushes.Seen) -> contract.Document | None:
        copy = self.order.assistant.upstream_copies.filter(kind=UpstreamCopy.Kind.BASE).first()
        if copy:
            return copy.document()
        # Found by our mark and never read before: what carries our mark unchanged is our own text.
        version = push_bodies.marked_version(self.order, seen.marker)
        return version.document() if version else None

    def _uncertain(self) -> list[contract.Document]:
        """Versions of ours that may still arrive, or arrived late: their answers were lost."""
        rows = self.order.push_attempts.filter(outcome=PushAttempt.Outcome.UNKNOWN)
        ids = set(rows.values_list("version_id", flat=True)) - {self.version.pk}
        return [version.document() for version in Version.objects.filter(pk__in=ids)]

    # --- writing ---------------------------------------------------------------------------
    def _send(self, op: str) -> None:
        if reason := self._unapproved():
            pushes.stop(self.order, Reason.APPROVAL, reason, actor=self.actor)
            return
        body = contract.dumps(push_bodies.push_body(self.order, self.version)).encode()
        if not self._may_call():
            return
        gap_ms = int((time.monotonic() - self.read_at) * 1000)
        attempt = pushes.write_ahead(self.order, self.version, op, gap_ms=gap_ms)
        written = time.monotonic()
        killpoints.point("sending.committed")
        if time.monotonic() - written > connections.times().send_window:
            pushes.doubt(self.order, "This process was paused; we look again.")
            return
        answer = self._write(op, body)
        connections.heard(self.order.connection, answer.outcome)
        pushes.note(attempt, answer)
        self._after(op, answer)

    def _write(self, op: str, body: bytes) -> Answer:
        if op == "create":
            return self.client.create(body, idempotency_key=str(self.order.op_id))
        return self.client.modify(self.order.assistant.upstream_id or "", body)

    def _unapproved(self) -> str:
        """Why this Version may not be sent: asked again at its first push (reliability.md 4.5)."""
        if contract.fingerprint(self.ours) != self.version.digest:
            return "The stored text is not the one that was approved."
        is_first = not self.order.push_attempts.filter(
            version=self.version, outcome=PushAttempt.Outcome.DONE
        ).exists()
        change = self.version.change
        if is_first and change and not policies.standing(change).is_enough:
            return "The approvals of this version do not count any more."
        return ""

    def _after(self, op: str, answer: Answer) -> None:
        kind, reason = answer.outcome.kind, answer.outcome.reason
        if kind == "done":
            sent = self._seen(answer)
            if op == "create":
                pushes.link(self.order, sent.id)
            self._read_back(sent, answer.request_id)
        elif kind == "unknown":
            pushes.doubt(self.order, answer.outcome.message)
        elif reason in ("refused", "no_update", "gone", "redirect"):
            pushes.stop(
                self.order,
                Reason.REFUSED,
                answer.outcome.message,
                actor=self.actor,
                param=answer.outcome.param,
            )
        else:
            self._not_read(answer.outcome)

    def _read_back(self, sent: pushes.Seen, request_id: str) -> None:
        """Only what is read after the write counts as in sync."""
        killpoints.point("readback.before")
        pause = READ_BACK_PAUSE * settings.SYNC_TIME_SCALE
        for look in range(READ_BACKS):
            if look:
                time.sleep(pause)
            answer = self._call(self.client.retrieve, sent.id)
            if answer is None:
                return
            if answer.outcome.kind != "done":
                self._not_read(answer.outcome)
                return
            seen = self._seen(answer)
            if contract.compare(sent.document, seen.document).verdict in ("same", "order-only"):
                notes = contract.not_kept(self.ours, seen.document)
                pushes.succeed(
                    self.order,
                    self.version,
                    seen,
                    actor=self.actor,
                    notes=notes,
                    request_id=request_id,
                )
                return
        pushes.stop(
            self.order,
            Reason.DRIFT,
            "What the server holds is not what it answered to our push.",
            actor=self.actor,
            theirs=seen,
        )

    # --- what a read that failed means -------------------------------------------------------
    def _not_read(self, outcome: Outcome) -> None:
        """Nothing was written: wait as long as the server says, or as the tries so far suggest."""
        if outcome.reason in ("key", "quota"):
            pushes.release(self.order, seconds=1, message=outcome.message, count=False)
        elif outcome.reason == "slow_down":
            wait = outcome.retry_after or pushes.backoff(self.order.attempts)
            pushes.release(self.order, seconds=wait, message=outcome.message, count=False)
        elif outcome.reason in ("refused", "no_update", "gone", "redirect"):
            pushes.stop(self.order, Reason.REFUSED, outcome.message, actor=self.actor)
        elif pushes.is_worn_out(self.order):
            pushes.stop(self.order, Reason.ATTEMPTS, outcome.message, actor=self.actor)
        else:
            wait = pushes.backoff(self.order.attempts) * settings.SYNC_TIME_SCALE
            pushes.release(self.order, seconds=wait, message=outcome.message)

    def _missing(self) -> None:
        """404 on a known id: believed after a second look and a list that shows others of ours."""
        message = "The server does not find it any more."
        if self.order.check_again_at is None or self.order.check_again_at > timezone.now():
            pushes.look_for_missing(self.order, message)
            return
        if self._list_shows_others():
            pushes.stop(self.order, Reason.DELETED, message, actor=self.actor)
        else:
            pushes.stop(
                self.order,
                Reason.UNCLEAR,
                f"{message} Nothing else confirms that it was deleted there.",
                actor=self.actor,
            )

    def _list_shows_others(self) -> bool:
        answer = self._call(self.client.list)
        document = answer.document if answer and answer.outcome.kind == "done" else None
        data = document.get("data") if isinstance(document, dict) else None
        listed = {item.get("id") for item in data or [] if isinstance(item, dict)}
        ours = self.order.assistant.workspace.assistants.exclude(pk=self.order.assistant_id)
        linked = ours.filter(upstream_id__in=listed)
        return self.order.assistant.upstream_id not in listed and linked.exists()


def _seen(reading: contract.Reading, etag: str = "") -> pushes.Seen:
    extra = contract.dumps(reading.extras) if reading.extras else ""
    return pushes.Seen(reading.id, reading.document, extra, etag, reading.marker)
