"""What must hold after every fault, once everything has come to rest (reliability.md 11.2)."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core import serializers
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client

from assistants_app import contract
from assistants_app.actions.health import BURST
from assistants_app.models import (
    Assistant,
    AuditEntry,
    Connection,
    ConnectionHealth,
    Job,
    PushOrder,
    UpstreamCopy,
    User,
    Version,
    chain,
)
from assistants_app.runner import Runner
from tests.actions.told import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.upstream import Upstream
    from tests.upstream_store import Recorded

State = PushOrder.State
PROFILE = contract.PROFILES["openai-compatible"]


def pass_time() -> None:
    """Every lease, backoff and settling time has run out; the clock that counts is the row's."""
    hour = timedelta(hours=1)
    PushOrder.objects.update(not_before=Now() - hour)
    PushOrder.objects.exclude(sent_at=None).update(sent_at=F("sent_at") - hour)
    PushOrder.objects.exclude(lease_until=None).update(lease_until=Now() - hour)
    PushOrder.objects.exclude(check_again_at=None).update(check_again_at=Now() - hour)
    Job.objects.exclude(lease_until=None).update(lease_until=Now() - hour)
    ConnectionHealth.objects.update(retry_not_before=None)


def come_to_rest(*, ticks: int = 12) -> None:
    """A process that was started again works until nothing is due any more."""
    runner = Runner(hands=0)
    for _ in range(ticks):
        pass_time()
        if not runner.tick():
            return
    raise AssertionError(f"It does not come to rest: {list(PushOrder.objects.values())}")


def hold(up: Upstream, *, acknowledged: Iterable[tuple[str, str]] = ()) -> None:
    """I1 to I11 of reliability.md 11.2, one by one; every fault ends here.

    `acknowledged`: primary key of an assistant and digest of each text that someone was told is
    saved. What only shows while calls go on is noted by `watching` and by the upstream itself.
    """
    _one_assistant_per_op(up)  # I1
    _upstream_is_newest_or_says_why(up)  # I2
    _every_body_was_a_version(up)  # I3
    _nothing_is_lost(acknowledged)  # I4
    _every_step_is_told()  # I5
    _no_key(up)  # I6
    _pages_answer(up)  # I6, I7
    _within_the_budget(up)  # I8
    _in_sync_was_read()  # I9
    _one_write_at_a_time(up)  # I10
    assert up.noticed == []  # I11
    assert LOGGED.failures() == []


def _one_assistant_per_op(up: Upstream) -> None:
    many = {op: ids for op, ids in up.store.created.items() if len(ids) > 1}
    shown = PushOrder.objects.filter(reason=PushOrder.Reason.DUPLICATE)
    assert not many or shown.exists(), many
    linked = Counter(
        Assistant.objects.exclude(upstream_id=None).values_list("upstream_id", flat=True)
    )
    assert all(count == 1 for count in linked.values()), linked


def _upstream_is_newest_or_says_why(up: Upstream) -> None:
    for order in PushOrder.objects.select_related("assistant", "desired_version"):
        if order.state != State.IDLE:
            assert order.state == State.STOPPED or _waits_for_a_person(order), order.state
            assert order.reason or order.message
            continue
        there = contract.read(up.assistants[order.assistant.upstream_id or ""], PROFILE)
        ours = order.desired_version.document()
        assert contract.not_kept(ours, there.document) == tuple(order.notes or ())
        assert order.pushed_version_id == order.desired_version_id
        assert order.assistant.live_version_id == order.desired_version_id


def _waits_for_a_person(order: PushOrder) -> bool:
    """Nothing is claimed for a connection that is not open; its page says why."""
    return order.connection.health.state != ConnectionHealth.State.OPEN


def _every_body_was_a_version(up: Upstream) -> None:
    """What arrived is what the contract makes of a Version and our mark, and nothing else; and of
    each such Version there are as many approvals as the workspace asks for.
    """
    for write in up.writes():
        sent = contract.parse(write.body)
        assert isinstance(sent, dict)
        version, mark = _version_of(write, sent)
        op = "create" if write.path == "/assistants" else "modify"
        body = contract.body(op, version.document(), PROFILE, marker=mark)
        assert contract.dumps(sent) == contract.dumps(body)
        change = version.change
        if change:
            given = change.reviews.filter(digest=version.digest, decision="approved")
            assert given.count() >= version.assistant.workspace.approvals


def _version_of(write: Recorded, sent: contract.Document) -> tuple[Version, str]:
    mark = str((sent.get("metadata") or {}).get("_dash", ""))
    if mark:
        op_id, number, digest = mark.split(":")
        assistant = PushOrder.objects.get(op_id=op_id).assistant
        return assistant.versions.get(number=number, digest__startswith=digest), mark
    id_ = write.path.rpartition("/")[2]
    owners = Assistant.objects.filter(safe_creation=False)
    (assistant,) = owners.filter(upstream_id=id_) if id_ != "assistants" else owners
    return next(v for v in assistant.versions.order_by("-number") if v.name == sent["name"]), ""


def _nothing_is_lost(acknowledged: Iterable[tuple[str, str]]) -> None:
    kept = {(str(pk), digest) for pk, digest in Version.objects.values_list("assistant", "digest")}
    assert set(acknowledged) <= kept


def _every_step_is_told() -> None:
    verdict = chain.verify()
    assert verdict.is_intact, verdict
    told = AuditEntry.objects.filter(action__in=("version.published", "version.imported"))
    assert told.count() == Version.objects.count()


def _no_key(up: Upstream) -> None:
    everything = repr(rows())
    assert up.key not in everything.replace(f"Secret({up.key})", "")
    assert up.key not in serializers.serialize("json", Version.objects.all())
    assert up.key not in LOGGED.text()


def _pages_answer(up: Upstream) -> None:
    """Whoever looks after the fault is told; no page breaks, and none shows the key."""
    browser = Client()
    browser.force_login(User.objects.filter(memberships__isnull=False).order_by("pk")[0])
    for page in ("/sync/", "/assistants/"):
        answer = browser.get(page)
        assert answer.status_code < 500, page
        assert up.key not in answer.content.decode()


def _within_the_budget(up: Upstream) -> None:
    """No ten seconds hold more calls than the Connection's rate and its burst allow."""
    times = [request.time for request in up.requests]
    for row in Connection.objects.filter(base_url=up.url):
        most = row.rate * 10 + BURST + 1
        for n, first in enumerate(times):
            assert sum(at < first + 10 for at in times[n:]) <= most


def _in_sync_was_read() -> None:
    """What is called in sync was read after the last write, and was equal at that read."""
    for order in PushOrder.objects.filter(state=State.IDLE):
        base = order.assistant.upstream_copies.get(kind=UpstreamCopy.Kind.BASE)
        last = order.push_attempts.first()
        assert last is None or base.seen_at >= last.at
        ours = order.desired_version.document()
        assert contract.not_kept(ours, base.document()) == tuple(order.notes or ())


def _one_write_at_a_time(up: Upstream) -> None:
    """No two writes to one assistant met, and their marks never go back to an older version."""
    assert up.overlaps == []
    newest: dict[str, int] = {}
    for write in up.writes():
        mark = str((json.loads(write.body).get("metadata") or {}).get("_dash", ""))
        op_id, _, rest = mark.partition(":")
        if op_id:
            version = int(rest.partition(":")[0])
            assert version >= newest.get(op_id, 0)
            newest[op_id] = version


class Log(logging.Handler):
    """Every line that this process logs, as it would be printed."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[int, str]] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.levelno, self.format(record)))

    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def failures(self) -> list[str]:
        """What our own code did not foresee: it logs those with a traceback."""
        return [line for level, line in self.lines if level >= logging.ERROR and "Trace" in line]


LOGGED = Log()


def watching(up: Upstream) -> None:
    """From here on each call is looked at from outside, as it arrives: is a transaction open?

    On SQLite every transaction takes the write lock at its beginning, so that nobody else gets it.
    For tests in which nobody but one process and its upstream is at work. The next page of a list
    is asked for by another thread while the one before it is written: no transaction waits for it,
    and `may_send` sees to it in every thread that none does.
    """
    look = _locked if connection.vendor == "sqlite" else _idle_in_transaction
    up.watch = lambda request: [
        f"{request.method} {request.path}" for _ in range(look()) if not _is_next_page(request)
    ]


def _is_next_page(request: Recorded) -> bool:
    return request.method == "GET" and "after" in request.query


def _locked() -> bool:
    with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0)) as probe:
        try:
            probe.execute("BEGIN IMMEDIATE")
            probe.rollback()
        except sqlite3.OperationalError:
            return True
    return False


def _idle_in_transaction() -> int:
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state LIKE %s"
    asked = connection.copy()
    try:
        with asked.cursor() as cursor:
            cursor.execute(count, [connection.settings_dict["NAME"], "idle in transaction%"])
            return int(cursor.fetchone()[0])
    finally:
        asked.close()
