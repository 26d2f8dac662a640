"""What must hold after every fault, once everything has come to rest (reliability.md 11.2)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core import serializers
from django.db.models import F
from django.db.models.functions import Now

from assistants_app import contract
from assistants_app.models import Assistant, ConnectionHealth, Job, PushOrder, Version, chain
from assistants_app.runner import Runner
from tests.actions.told import rows

if TYPE_CHECKING:
    from tests.upstream import Upstream

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


def hold(up: Upstream) -> None:
    """I1, I2, I3, I5, I6, I10 of reliability.md 11.2."""
    _one_assistant_per_op(up)
    _upstream_is_newest_or_says_why(up)
    _every_body_was_a_version(up)
    _one_write_at_a_time(up)
    verdict = chain.verify()
    assert verdict.is_intact, verdict
    _no_key(up)


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
            assert order.state == State.STOPPED, order.state
            assert order.reason
            continue
        there = contract.read(up.assistants[order.assistant.upstream_id or ""], PROFILE)
        ours = order.desired_version.document()
        assert contract.not_kept(ours, there.document) == tuple(order.notes or ())
        assert order.pushed_version_id == order.desired_version_id
        assert order.assistant.live_version_id == order.desired_version_id


def _every_body_was_a_version(up: Upstream) -> None:
    """What arrived is what the contract makes of a Version and our mark, and nothing else."""
    for write in up.writes():
        sent = contract.parse(write.body)
        assert isinstance(sent, dict)
        mark = str(sent["metadata"]["_dash"])
        op_id, number, digest = mark.split(":")
        assistant = PushOrder.objects.get(op_id=op_id).assistant
        version = assistant.versions.get(number=number, digest__startswith=digest)
        op = "create" if write.path == "/assistants" else "modify"
        body = contract.body(op, version.document(), PROFILE, marker=mark)
        assert contract.dumps(sent) == contract.dumps(body)


def _one_write_at_a_time(up: Upstream) -> None:
    """The marks of one assistant's writes never go back to an older version."""
    newest: dict[str, int] = {}
    for write in up.writes():
        mark = str((json.loads(write.body).get("metadata") or {}).get("_dash", ""))
        op_id, _, rest = mark.partition(":")
        if op_id:
            version = int(rest.partition(":")[0])
            assert version >= newest.get(op_id, 0)
            newest[op_id] = version


def _no_key(up: Upstream) -> None:
    everything = repr(rows())
    assert up.key not in everything.replace(f"Secret({up.key})", "")
    assert up.key not in serializers.serialize("json", Version.objects.all())
