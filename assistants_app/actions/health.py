"""What a Connection may be asked, and what its answers say about it: budget, state, client.

ConnectionHealth is a row of its own, shared by all processes (reliability.md section 7).
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from assistants_app.actions import audit, connection_lessons, health_statements
from assistants_app.errors import Conflict
from assistants_app.models import ConnectionHealth, PushOrder, storage
from assistants_app.models.connections import profile_of
from assistants_app.sync import evidence, profiles
from assistants_app.sync.client import Answer, AssistantsClient
from assistants_app.sync.outcomes import DONE, Outcome
from assistants_app.sync.paging import PullFailed, Walk, id_of
from assistants_app.sync.times import Times

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

    from assistants_app.models import Connection
    from assistants_app.secret import Secret

BURST = 5  # calls that may go at once before the rate counts
TRIPS_AT = 5  # failures in a row
State = ConnectionHealth.State
ANSWERING = (State.OPEN, State.UNREACHABLE, State.KEY, State.QUOTA)  # an answer may change these
PROBED = (State.UNREACHABLE, State.QUOTA, State.FROZEN)
GONE: evidence.Cause = "gone"
FREEZING = (GONE, "empty", "foreign", "missing")


def is_allowed(origin: str) -> tuple[bool, bool]:
    """(allowed, its addresses may be private) for an origin of the knob or of the command."""
    if listed := health_statements.ORIGIN.first(origin=origin):
        return True, listed[0]
    named = {profiles.origin(url) for url in settings.UPSTREAM_ORIGINS}
    return origin in named, origin in named


def times() -> Times:
    """How long things may take, scaled for tests by SYNC_TIME_SCALE."""
    return _scaled(settings.SYNC_TIME_SCALE)


@lru_cache(maxsize=8)
def _scaled(scale: float) -> Times:
    return Times().scaled(scale)


class PacedClient(AssistantsClient):
    """A client whose lists wait for a place in the Connection's budget, page by page.

    Raises PullFailed (`slow_down`) when there is none in time. The other operations are paced by
    whoever calls them, since a write must not wait between its announcement and its first byte.
    Where a server shows no single assistant, `retrieve` looks for it in the list.
    """

    row: Connection
    _well_at = _taken_at = 0.0
    _places = 0  # taken and not used yet

    def turn(self) -> None:
        """Whoever walks a list quickly takes the places of a second at once, a burst at most; what
        is not used within a second is given up, so that nobody is asked more than the rate allows.
        """
        super().turn()
        is_quick = time.monotonic() - self._taken_at < 1
        if not (is_quick and self._places):
            places = max(min(BURST, int(self.row.rate)), 1) if is_quick else 1
            if not take_call(self.row, patience=times().call, places=places):
                raise PullFailed(Outcome("surely_not", "slow_down", "Waiting for its turn."))
            self._places, self._taken_at = places, time.monotonic()
        self._places -= 1

    def told(self, answer: Answer) -> None:
        """What an answer says of the server; of many good ones in a row one a second is enough."""
        now, is_well = time.monotonic(), answer.outcome.kind == "done"
        if not is_well or now - self._well_at > 1:
            heard(self.row, answer.outcome, status=answer.status)
        self._well_at = now if is_well else 0.0
        self._places = self._places if is_well else 0  # it may have asked to slow down

    def retrieve(self, id: str) -> Answer:  # noqa: A002 — the API's own word
        """The assistant `id`; learned for good when only the list has them (contract.md 7)."""
        if not self.endpoint.rules.retrieve:
            return self._scan(id)[0]
        answer = super().retrieve(id)
        if answer.status not in (404, 405):
            return answer
        listed, other = self._scan(id)
        if answer.status == 404 and (listed.outcome.kind != "done" or self._shows(other)):
            return answer  # it shows others, or the list does not have this one either
        if answer.status == 405 or other:
            rules = replace(self.endpoint.rules, retrieve=False)
            self.endpoint = replace(self.endpoint, rules=rules)
            connection_lessons.learn(self.row, {"retrieve": False})
        return listed

    def _shows(self, id_: str) -> bool:
        """Whether single assistants are shown at all, by another one that the list has."""
        if not id_:
            return False
        self.turn()
        return super().retrieve(id_).status not in (404, 405)

    def _scan(self, id_: str) -> tuple[Answer, str]:
        """What the list has under this id, and the id of another one in it, "" for none."""
        walk = Walk(self, self.endpoint.rules.list_order)
        try:
            for entry in (entry for entries in walk for entry in entries):
                if id_of(entry) == id_:
                    other = next((known for known in walk.ids if known != id_), "")
                    return Answer("retrieve", 200, DONE, {"object": "assistant", **entry}), other
        except PullFailed as failure:
            return Answer("retrieve", 0, failure.outcome), ""
        if not walk.has_ended:
            said = "The server's list could not be read to its end."
            return Answer("retrieve", 0, Outcome("unknown", "broken", said)), ""
        missing = Outcome("surely_not", "missing", "It is not in the server's list.")
        return Answer("retrieve", 404, missing), ""

    def list(self, *, limit: int = 100, order: str = "asc", after: str = "") -> Answer:
        self.turn()
        answer = super().list(limit=limit, order=order, after=after)
        self.told(answer)
        return answer


def client(connection: Connection) -> PacedClient:
    """A client for this server that refuses to speak while a transaction is open."""
    origin = profiles.origin(connection.base_url)
    is_open_origin, private = is_allowed(origin)
    if not is_open_origin:
        raise Conflict(
            "The address is not on the list of allowed addresses any more.", code="origin"
        )
    end = endpoint(connection, connection.key)
    paced = PacedClient(end, times=times(), may_send=_outside_transactions, private_ok=private)
    paced.row = connection
    return paced


def endpoint(connection: Connection, key: Secret) -> profiles.Endpoint:
    """The server as a client needs it, greeted with `key`."""
    return profiles.Endpoint(
        profile=connection.profile,
        base_url=connection.base_url,
        key=key,
        organization=connection.organization,
        project=connection.project,
        headers={header.name: header.value for header in connection.extra_headers},
        auth=connection.auth,
        api_version=connection.api_version,
        rules=profile_of(connection),
    )


def _outside_transactions() -> None:
    ours = [b for b in transaction.get_connection().atomic_blocks if not b._from_testcase]
    if ours:
        raise RuntimeError("A call to the upstream inside a transaction.")


@audit.bookkeeping
def take_call(connection: Connection, *, patience: float, places: int = 1) -> bool:
    """Wait for a place in the Connection's budget, shared by all processes; False = none in time.

    One row, one UPDATE (reliability.md section 7): `rate` calls per second, a burst of five.
    `patience` in seconds. Whoever will make several calls in a row may take their `places` at once,
    at most a burst of them, and asks `may_go_on` before each of the later ones.
    """
    deadline = time.monotonic() + patience
    step = timedelta(seconds=1 / connection.rate)
    ahead = step * (BURST + 1 - places)
    while True:
        if health_statements.TAKE.run(connection=connection.pk, ahead=ahead, taken=step * places):
            return True
        if time.monotonic() + step.total_seconds() > deadline:
            return False
        time.sleep(min(step.total_seconds(), 0.2))


def may_go_on(connection: Connection) -> bool:
    """Whether nobody was asked to slow down since a place was taken."""
    return not health_statements.HELD.all(connection=connection.pk)


@audit.bookkeeping
def heard(connection: Connection, outcome: Outcome, *, status: int = 0) -> None:
    """Keep what an answer says about the whole server (reliability.md section 7).

    `status`: its HTTP status, 0 when there is none. What an admin paused stays so, and what is
    frozen is left by evidence only, whatever an answer says.
    """
    if outcome.kind == "done" and _is_well(connection.health):
        return
    connection.health.last_ok_at = None  # not as it was read any more
    with storage.in_turn(lasts=outcome.kind != "done"), transaction.atomic():
        _keep(connection, outcome, status)


def _keep(connection: Connection, outcome: Outcome, status: int) -> None:
    rows = ConnectionHealth.objects.filter(connection=connection, state__in=ANSWERING)
    if outcome.reason in ("key", "quota"):
        _close(rows, outcome)
    elif outcome.reason == "gone":
        _gone(rows, connection, outcome)
    elif _is_failure(outcome, status):
        _failed(rows, outcome)
    else:
        _answered(rows, outcome)


def _is_well(row: ConnectionHealth) -> bool:
    """All is well and was so a moment ago, as the row was read: nothing new to say."""
    troubles = (row.failures, row.open_until, row.reason, row.cause)
    since = timezone.now() - timedelta(seconds=1)
    is_fresh = row.last_ok_at is not None and row.last_ok_at > since
    return row.state == State.OPEN and is_fresh and not any(troubles)


def _is_failure(outcome: Outcome, status: int) -> bool:
    """The server is not there, or has a problem of its own; a 4xx is an answer."""
    is_its_own = status == 0 or status >= 500
    return outcome.reason == "network" or (outcome.reason == "broken" and is_its_own)


def _close(rows: QuerySet[ConnectionHealth], outcome: Outcome) -> None:
    state = State.KEY if outcome.reason == "key" else State.QUOTA
    probe_at = None if state == State.KEY else _in(times().quota)
    turned = {"state": state, "since": timezone.now(), "open_until": probe_at, "failures": 0}
    rows.exclude(state=state).update(**turned)
    rows.filter(state=state).update(reason=outcome.message[:500])


def _gone(rows: QuerySet[ConnectionHealth], connection: Connection, outcome: Outcome) -> None:
    """The whole API answers 404 or 410: believed when it is said twice, or known to have ended."""
    is_known = profiles.origin(connection.base_url) in evidence.ENDED
    is_first = rows.exclude(cause=GONE).update(cause=GONE, failures=0)
    if is_known or not is_first:
        freeze(connection, GONE, outcome.message)


def _failed(rows: QuerySet[ConnectionHealth], outcome: Outcome) -> None:
    """Five in a row, from whatever process: nobody calls before a probe got through."""
    rows.filter(state=State.OPEN).update(failures=F("failures") + 1)
    rows.filter(state=State.OPEN, failures__gte=TRIPS_AT).update(
        state=State.UNREACHABLE,
        since=timezone.now(),
        reason=outcome.message[:500],
        open_until=_in(times().trip),
    )


def _answered(rows: QuerySet[ConnectionHealth], outcome: Outcome) -> None:
    now = timezone.now()
    here = rows
    if outcome.kind != "done":  # a key or a quota is not proven by a refusal of something else
        here = rows.filter(state__in=(State.OPEN, State.UNREACHABLE))
    here.exclude(state=State.OPEN).update(state=State.OPEN, since=now, reason="")
    here.exclude(failures=0, open_until=None).update(failures=0, open_until=None)
    if outcome.reason == "slow_down":
        wait = timedelta(seconds=outcome.retry_after or 1.0)
        here.update(reason=outcome.message[:500])
        rows.update(retry_not_before=now + wait)
    elif outcome.kind == "done":
        # Its retry_not_before stays: another process may have been asked to wait meanwhile.
        rows.update(reason="", cause="", last_ok_at=now)


def _in(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


@audit.bookkeeping
def listed(connection: Connection) -> None:
    """The server answered with its whole list just now, and it was compared."""
    now = timezone.now()
    rows = ConnectionHealth.objects.filter(connection=connection)
    rows.update(last_ok_at=now, checked_at=now)


def hold(pk: int) -> None:
    """Hold this connection's row until the transaction ends; SQLite's writers exclude each other.

    Whoever asks for a check looks for a running one after this, so that there are never two.
    """
    ConnectionHealth.objects.select_for_update().filter(pk=pk).first()


# --- frozen: this does not look like our server ---------------------------------------------------


@audit.bookkeeping
def freeze(connection: Connection, cause: evidence.Cause, reason: str) -> None:
    """Stop every push until the evidence is gone or an admin confirms; no assistant changes."""
    rows = ConnectionHealth.objects.filter(connection=connection).exclude(state=State.PAUSED)
    rows.exclude(state=State.FROZEN).update(state=State.FROZEN, since=timezone.now(), failures=0)
    probe_at = _in(times().frozen)
    rows.update(cause=cause, reason=reason[:500], open_until=probe_at)


@audit.bookkeeping
def thaw(connection: Connection) -> None:
    """The evidence is gone: the list looks like our server's again."""
    rows = ConnectionHealth.objects.filter(connection=connection)
    if not rows.filter(Q(state=State.FROZEN) | ~Q(cause="")).exists():
        return  # as nearly always
    calm = {"cause": "", "reason": "", "failures": 0, "open_until": None}
    rows.filter(state=State.FROZEN).update(state=State.OPEN, since=timezone.now(), **calm)
    rows.filter(state=State.OPEN).update(cause="")


# --- probes: one call, and only one, while nobody else may ----------------------------------------


def due_probes(*, without: Collection[int] = ()) -> list[tuple[int, int | None]]:
    """Connections that a probe may ask now, each its own lane; none of those `without`."""
    rows = ConnectionHealth.objects.filter(_probe_is_due()).exclude(pk__in=without)
    return [(pk, pk) for pk in rows.values_list("pk", flat=True)[:20]]


def _probe_is_due() -> Q:
    is_over = Q(open_until=None) | Q(open_until__lte=Now())
    return is_over & Q(state__in=PROBED, connection__workspace__archived_at=None)


@audit.bookkeeping
def claim_probe(pk: int) -> ConnectionHealth | None:
    """Whoever wins this compare-and-swap makes the one probe; None for everybody else."""
    row = ConnectionHealth.objects.filter(_probe_is_due(), pk=pk).first()
    if row is None:
        return None
    t = times()
    waits = {State.UNREACHABLE: t.half_open, State.QUOTA: t.quota, State.FROZEN: t.frozen}
    mine = ConnectionHealth.objects.filter(pk=pk, state=row.state, open_until=row.open_until)
    won = mine.update(open_until=Now() + timedelta(seconds=waits[State(row.state)]))
    return row if won else None


@audit.bookkeeping
def probed(row: ConnectionHealth) -> None:
    """After a probe: what is still unreachable is left alone for twice as long; what is reachable
    again may start afresh, since an hour of waiting says nothing about an assistant.
    """
    rows = ConnectionHealth.objects.filter(pk=row.pk)
    if rows.filter(state=State.OPEN).exists():
        PushOrder.objects.filter(connection=row.pk).update(failing_since=None)
        return
    failures = row.failures + 1
    wait = min(times().trip * 2 ** min(failures - TRIPS_AT, 10), times().trip_max)
    still = rows.filter(state=State.UNREACHABLE, failures=row.failures)
    still.update(failures=failures, open_until=_in(wait))
