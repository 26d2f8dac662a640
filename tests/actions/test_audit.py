"""The only insert into the audit log."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, models, transaction

from assistants_app import policies
from assistants_app.actions import audit, workspaces
from assistants_app.errors import AuditBroken
from assistants_app.models import AuditEntry, AuditHead, chain, triggers
from assistants_app.models.audit import ACTIONS, GENESIS
from tests.actions.told import refuses, tells
from tests.builders import COMMAND, acting, make_change, make_token

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db


def _record(**more: object) -> AuditEntry:
    with transaction.atomic():
        return audit.record("workspace.created", actor=COMMAND, **more)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_refuses() -> None:
    with pytest.raises(RuntimeError, match="in the transaction"):
        audit.record("workspace.created", actor=COMMAND)
    assert not AuditEntry.objects.exists()


def test_an_action_off_the_register_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError, match=r"change\.eaten"), transaction.atomic():
        audit.record("change.eaten", actor=COMMAND)
    assert not AuditEntry.objects.exists()


def test_the_first_entry_follows_nothing_and_the_next_one_it() -> None:
    first, second = _record(), _record()
    assert (first.seq, first.prev_hash) == (1, GENESIS)
    assert (second.seq, second.prev_hash) == (2, first.hash)
    head = AuditHead.objects.get()
    assert (head.seq, head.hash) == (2, second.hash)


def test_the_body_is_canonical_and_says_what_its_columns_say(
    workspace: Workspace, alice: User
) -> None:
    change = make_change(workspace, alice)
    actor = policies.Actor("person", "web", user=alice, request_id="req-1")
    entry = _record(
        workspace=workspace,
        assistant=change.assistant,
        on=change,
        before="b",
        after="a",
        outcome="refused",
        data={"z": [1, True, None], "a": "\u00e9\u2028"},
    )
    body = json.loads(entry.body)
    assert entry.body == json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body["tag"] == "audit-1"
    assert body["data"] == {"a": "\u00e9\u2028", "z": [1, True, None]}
    assert AuditEntry.copies(body) == {
        name: getattr(entry, name) for name in AuditEntry.copies(body)
    }
    assert entry.object_kind == "change"
    with transaction.atomic():
        told = audit.record("change.edited", actor=actor)
    assert (told.actor_id, told.request_id, told.source) == (str(alice.pk), "req-1", "web")


def test_a_token_is_named_by_its_public_id_only(workspace: Workspace, alice: User) -> None:
    token, secret = make_token(workspace, alice)
    with transaction.atomic():
        entry = audit.record("change.edited", actor=acting(alice, token=token), on=token)
    assert json.loads(entry.body)["actor"] == {
        "id": str(alice.pk),
        "kind": "token",
        "token": str(token.public_id),
    }
    assert entry.object_id == str(token.public_id)
    assert token.digest not in entry.body
    assert secret not in entry.body


@pytest.mark.parametrize(
    "moved",
    [{"hash": "f" * 64}, {"seq": 99}, {"seq": 0, "hash": GENESIS}],
)
def test_nothing_is_written_behind_a_head_that_disagrees(moved: dict[str, object]) -> None:
    _record()
    AuditHead.objects.update(**moved)
    with refuses(AuditBroken, match="verify_audit"):
        workspaces.create("Billing", actor=COMMAND)


def test_nothing_is_written_behind_entries_that_are_gone() -> None:
    _record()
    _record()
    triggers.drop(connection)
    models.QuerySet(AuditEntry).filter(seq=2)._raw_delete("default")
    with refuses(AuditBroken):
        workspaces.create("Billing", actor=COMMAND)


def test_a_head_that_is_gone_is_not_made_anew_over_a_history() -> None:
    _record()
    AuditHead.objects.all().delete()
    with refuses(AuditBroken):
        workspaces.create("Billing", actor=COMMAND)


def test_a_step_that_fails_after_its_entry_takes_the_entry_along() -> None:
    def fail() -> None:
        with transaction.atomic():
            audit.record("workspace.created", actor=COMMAND)
            raise ZeroDivisionError

    with tells(), pytest.raises(ZeroDivisionError):
        fail()
    assert chain.verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain() -> None:
    _record()
    problems: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(5):
                _record()
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert problems == []
    verdict = chain.verify()
    assert (verdict.checked, verdict.reason) == (31, "")


@pytest.mark.django_db(transaction=True)
def test_verifying_while_others_write_finds_nothing_wrong() -> None:
    _record()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            _record()
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        verdicts = [chain.verify() for _ in range(20)]
    finally:
        stop.set()
        thread.join(10)
    assert {verdict.reason for verdict in verdicts} == {""}


def test_a_refusal_is_recorded_once_a_minute_per_person_and_object(
    workspace: Workspace, alice: User, bob: User
) -> None:
    def deny(user: User, on: tuple[str, str] = ("change", "7")) -> AuditEntry | None:
        return audit.deny(actor=acting(user), right="change.publish", workspace=workspace, on=on)

    with tells("access.denied") as entries:
        deny(alice)
        assert deny(alice) is None
    assert (entries[0].outcome, entries[0].object_id) == ("refused", "7")
    assert '"right":"change.publish"' in entries[0].body
    with tells("access.denied", "access.denied"):
        deny(bob)
        deny(alice, ("change", "8"))
    triggers.drop(connection)
    old = entries[0].at - timedelta(seconds=61)
    models.QuerySet(AuditEntry).filter(pk=entries[0].pk).update(at=old)
    assert deny(alice) is not None


def test_every_action_in_the_register_is_a_dotted_pair_with_words() -> None:
    for action, words in ACTIONS.items():
        noun, _, verb = action.partition(".")
        assert noun
        assert verb
        assert words


def test_many_like_things_get_an_entry_each_in_one_chain(workspace: Workspace) -> None:
    _record()
    told = [audit.Told(on=("thing", str(n)), after=str(n), data={"n": n}) for n in range(5)]
    with transaction.atomic():
        entries = audit.record_each("member.set", actor=COMMAND, workspace=workspace, told=told)
    assert [entry.object_id for entry in entries] == ["0", "1", "2", "3", "4"]
    assert [json.loads(entry.body)["data"] for entry in entries] == [{"n": n} for n in range(5)]
    _record()
    seqs = list(AuditEntry.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, 9))  # the workspace's own, one before, five, one after
    assert chain.verify().is_intact


def test_many_cost_as_many_queries_as_one(
    workspace: Workspace, django_assert_num_queries: object
) -> None:
    _record()
    told = [audit.Told(on=("thing", str(n))) for n in range(50)]
    with transaction.atomic(), django_assert_num_queries(4):  # type: ignore[operator]
        audit.record_each("member.set", actor=COMMAND, workspace=workspace, told=told)


def test_nothing_to_tell_is_no_entry(workspace: Workspace) -> None:
    with tells(), transaction.atomic():
        audit.record_each("member.set", actor=COMMAND, workspace=workspace, told=[])
