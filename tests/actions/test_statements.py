"""A statement that was made once gives what its queryset gives, with other values each time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistants_app.models import PushAttempt, PushOrder, Workspace
from assistants_app.models.statements import Delete, Given, Insert, Select, Update
from tests.builders import make_workspace

if TYPE_CHECKING:
    from assistants_app.models import Assistant

NAME = Given("name", models.TextField())


def test_rows_come_as_the_queryset_says(db: None) -> None:
    instances = Select(lambda: Workspace.objects.filter(name=NAME))
    tuples = Select(lambda: Workspace.objects.filter(name=NAME).values_list("pk", "approvals"))
    one, two = make_workspace("One", approvals=1), make_workspace("Two", approvals=2)
    for _ in range(2):
        assert instances.all(name="One") == [one]
        assert instances.first(name="Two") == two
        assert tuples.all(name="Two") == [(two.pk, 2)]
        assert instances.first(name="Three") is None
    assert not instances.all(name="One")[0]._state.adding


def test_what_belongs_to_a_row_comes_with_it(pushed: Assistant) -> None:
    pk = Given("pk", models.BigIntegerField())
    whole = Select(
        lambda: (
            PushOrder.objects.select_related("desired_version", "connection")
            .defer("desired_version__instructions")
            .filter(pk=pk)
        )
    )
    plain = PushOrder.objects.select_related("connection").get(assistant=pushed)
    for _ in range(2):
        order = whole.all(pk=plain.pk)[0]
        with CaptureQueriesContext(connection) as asked:
            assert order.desired_version.document() == pushed.document()
            assert order.connection.key.reveal() == plain.connection.key.reveal()
            assert (order.op_id, order.asked_at) == (plain.op_id, plain.asked_at)
        assert len(asked) == 1  # the instructions were left out


def test_an_update_writes_what_is_given_and_counts(pushed: Assistant) -> None:
    told: dict[str, Any] = {
        "until": Given("until", models.DateTimeField()),
        "notes": Given("notes", PushOrder._meta.get_field("notes")),
    }
    fence = Given("fence", models.BigIntegerField())
    move = Update(
        lambda: PushOrder.objects.filter(fence=fence),
        fence=F("fence") + 1,
        lease_until=told["until"],
        notes=told["notes"],
    )
    order = PushOrder.objects.get(assistant=pushed)
    until = timezone.now()
    assert move.run(fence=order.fence, until=until, notes=["a", {"b": 1}]) == 1
    assert move.run(fence=order.fence, until=None, notes=None) == 0
    moved = PushOrder.objects.get(pk=order.pk)
    assert (moved.lease_until, moved.notes) == (until, ["a", {"b": 1}])
    assert move.run(fence=moved.fence, until=None, notes=None) == 1
    moved.refresh_from_db()
    assert (moved.lease_until, moved.notes) == (None, None)


def test_a_span_of_time_is_added_by_the_database(pushed: Assistant) -> None:
    span = Given("span", models.DurationField())
    move = Update(lambda: PushOrder.objects.all(), not_before=Now() + span)
    for minutes in (5, 90):
        move.run(span=timedelta(minutes=minutes))
        ahead = PushOrder.objects.get(assistant=pushed).not_before - timezone.now()
        assert abs(ahead - timedelta(minutes=minutes)) < timedelta(seconds=30)


def test_a_row_is_added_and_gets_its_key(pushed: Assistant) -> None:
    add = Insert(PushAttempt)
    order = PushOrder.objects.get(assistant=pushed)
    for n in (7, 8):
        row = PushAttempt(
            order=order, n=n, op="update", version=order.desired_version, digest="d", gap_ms=n
        )
        add.run(row)
        kept = PushAttempt.objects.get(pk=row.pk)
        assert (kept.n, kept.gap_ms, kept.at, kept.outcome) == (n, n, row.at, "unknown")


def test_rows_are_deleted_and_counted(pushed: Assistant) -> None:
    n = Given("n", models.IntegerField())
    order = PushOrder.objects.get(assistant=pushed)
    remove = Delete(lambda: PushAttempt.objects.order_by().filter(order=order.pk, n=n))
    assert remove.run(n=99) == 0
    assert remove.run(n=1) == 1
    assert not order.push_attempts.exists()


def test_what_the_database_refuses_undoes_the_transaction(pushed: Assistant) -> None:
    state = Given("state", models.TextField())
    stop = Update(lambda: PushOrder.objects.filter(assistant=pushed), state=state)
    with pytest.raises(IntegrityError), transaction.atomic():
        stop.run(state="stopped")
    assert PushOrder.objects.get(assistant=pushed).state == "idle"


@pytest.mark.django_db(transaction=True)
def test_each_thread_runs_it_on_its_own_connection() -> None:
    names = Select(lambda: Workspace.objects.filter(name=NAME).values_list("name"))
    make_workspace("One")
    assert names.all(name="One") == [("One",)]
    found: list[Any] = []

    def work() -> None:
        found.append(names.all(name="One"))
        connection.close()

    thread = threading.Thread(target=work)
    with transaction.atomic():
        Workspace.objects.filter(name="One").update(name="Two")
        thread.start()
        thread.join()
        assert (found, names.all(name="One")) == ([[("One",)]], [])
