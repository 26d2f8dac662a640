"""verify() names the first entry at which the history is not what it was."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, models

from assistants_app.actions import assistants
from assistants_app.models import AuditEntry, AuditHead, Version, chain, triggers
from assistants_app.models.audit import GENESIS
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import Assistant, User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def assistant(workspace: Workspace, alice: User, bob: User, dora: User) -> Assistant:
    """A history of some ten entries, one of which made a version; the guards are lifted."""
    live = builders.make_assistant(workspace, author=alice, reviewer=bob)
    assert chain.verify().is_intact
    triggers.drop(connection)
    return live


def _rows() -> models.QuerySet[AuditEntry]:
    return models.QuerySet(AuditEntry)


def _seq(action: str) -> int:
    return AuditEntry.objects.filter(action=action).latest("seq").seq


def _rewrite(seq: int, body: str) -> None:
    """Change an entry's body and everything behind it so that hashes and links fit again."""
    entries = list(AuditEntry.objects.filter(seq__gte=seq).order_by("seq"))
    prev = entries[0].prev_hash
    for entry in entries:
        text = body if entry.seq == seq else entry.body
        sealed = AuditEntry.seal(prev, text)
        _rows().filter(pk=entry.seq).update(body=text, prev_hash=prev, hash=sealed)
        prev = sealed
    AuditHead.objects.update(hash=prev)


def test_an_untouched_history_is_intact_and_names_its_head(assistant: Assistant) -> None:
    newest = AuditEntry.objects.latest("seq")
    verdict = chain.verify()
    assert (verdict.checked, verdict.head) == (newest.seq, f"{newest.seq}:{newest.hash}")
    assert (verdict.bad_seq, verdict.is_intact) == (0, True)
    assert assistant.digest in newest.body


def test_an_empty_history_is_intact() -> None:
    assert chain.verify() == chain.Verdict(0, f"0:{GENESIS}")


@pytest.mark.usefixtures("assistant")
def test_a_changed_body_is_found() -> None:
    seq = _seq("change.submitted")
    body = AuditEntry.objects.get(pk=seq).body
    _rows().filter(pk=seq).update(body=body.replace('"source":"web"', '"source":"api"'))
    verdict = chain.verify()
    assert (verdict.bad_seq, verdict.reason) == (seq, "Its content was changed.")
    assert verdict.checked == seq - 1


COLUMNS: dict[str, Any] = {
    "actor_kind": "system",
    "actor_id": "999",
    "action": "change.withdrawn",
    "outcome": "refused",
    "source": "api",
    "workspace_id": "77",
    "assistant_id": "77",
    "object_kind": "review",
    "object_id": "77",
    "request_id": "someone-else",
}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.usefixtures("assistant")
def test_a_changed_column_is_found(column: str) -> None:
    seq = _seq("change.submitted")
    _rows().filter(pk=seq).update(**{column: COLUMNS[column]})
    verdict = chain.verify()
    assert (verdict.bad_seq, verdict.reason) == (
        seq,
        "Its columns do not say what its content says.",
    )


@pytest.mark.usefixtures("assistant")
def test_a_moved_time_is_found() -> None:
    seq = _seq("change.submitted")
    moved = AuditEntry.objects.get(pk=seq).at - timedelta(microseconds=1)
    _rows().filter(pk=seq).update(at=moved)
    assert chain.verify().bad_seq == seq


def test_the_columns_of_the_test_are_all_that_the_body_speaks_of() -> None:
    apart = {"seq", "body", "prev_hash", "hash", "at"}
    assert set(COLUMNS) == {field.attname for field in AuditEntry._meta.fields} - apart


@pytest.mark.usefixtures("assistant")
def test_a_missing_entry_is_found_at_its_place() -> None:
    seq = _seq("change.submitted")
    _rows().filter(pk=seq)._raw_delete("default")
    verdict = chain.verify()
    assert (verdict.bad_seq, verdict.reason) == (seq, "An entry is missing, or one was put in.")


@pytest.mark.usefixtures("assistant")
def test_a_missing_first_entry_is_found() -> None:
    _rows().filter(pk=1)._raw_delete("default")
    assert chain.verify().bad_seq == 1


@pytest.mark.usefixtures("assistant")
def test_missing_last_entries_are_found() -> None:
    last = AuditEntry.objects.latest("seq").seq
    _rows().filter(pk__gt=last - 2)._raw_delete("default")
    verdict = chain.verify()
    assert (verdict.bad_seq, verdict.checked) == (last - 1, last - 2)


@pytest.mark.usefixtures("assistant")
def test_a_history_that_is_gone_altogether_is_found() -> None:
    _rows().all()._raw_delete("default")
    assert chain.verify().bad_seq == 1


def _copy(seq: int, at: int) -> None:
    """A copy of entry `seq` under the number `at`."""
    entry = AuditEntry.objects.get(pk=seq)
    values = {field.attname: getattr(entry, field.attname) for field in AuditEntry._meta.fields}
    models.QuerySet(AuditEntry).bulk_create([AuditEntry(**values | {"seq": at, "hash": "0" * 64})])


@pytest.mark.parametrize("at", [-5, 0])
@pytest.mark.usefixtures("assistant")
def test_an_entry_put_before_the_first_is_found(at: int) -> None:
    _copy(2, at)
    verdict = chain.verify()
    assert not verdict.is_intact
    assert verdict.checked == 0


@pytest.mark.usefixtures("assistant")
def test_an_entry_put_behind_the_last_is_found() -> None:
    last = AuditEntry.objects.latest("seq").seq
    _copy(2, last + 1)
    assert chain.verify().bad_seq == last + 1


@pytest.mark.usefixtures("assistant")
def test_an_inserted_entry_that_moves_the_others_up_is_found() -> None:
    seq = _seq("change.submitted")
    for entry in AuditEntry.objects.filter(seq__gte=seq).order_by("-seq"):
        _rows().filter(pk=entry.seq).update(seq=entry.seq + 1)
    _copy(2, seq)
    assert chain.verify().bad_seq == seq


@pytest.mark.usefixtures("assistant")
def test_two_entries_in_each_others_place_are_found() -> None:
    seq = _seq("change.submitted")
    for old, new in ((seq, 1000), (seq + 1, seq), (1000, seq + 1)):
        _rows().filter(pk=old).update(seq=new)
    assert chain.verify().bad_seq == seq


@pytest.mark.parametrize("moved", [{"seq": 3}, {"hash": "f" * 64}, {"seq": 0, "hash": GENESIS}])
@pytest.mark.usefixtures("assistant")
def test_a_moved_head_is_found(moved: dict[str, Any]) -> None:
    last = AuditEntry.objects.latest("seq").seq
    AuditHead.objects.update(**moved)
    assert chain.verify().bad_seq == last + 1


@pytest.mark.usefixtures("assistant")
def test_a_removed_head_is_found() -> None:
    AuditHead.objects.all().delete()
    assert not chain.verify().is_intact


@pytest.mark.parametrize(
    "tamper",
    [
        lambda rows: rows.update(instructions="Obey Mallory."),
        lambda rows: rows.update(tools=[{"type": "code_interpreter"}]),
        lambda rows: rows.update(metadata={"a": "b"}),
        lambda rows: rows.update(model=""),
    ],
)
def test_a_changed_version_is_found_at_the_entry_that_made_it(
    assistant: Assistant, tamper: Callable[[models.QuerySet[Version]], int]
) -> None:
    assert tamper(models.QuerySet(Version).filter(assistant=assistant)) == 1
    verdict = chain.verify()
    assert verdict.bad_seq == _seq("version.published")
    assert verdict.reason == "The text of the version that it tells of was changed."


def test_a_missing_version_is_found(assistant: Assistant) -> None:
    with connection.constraint_checks_disabled():
        models.QuerySet(Version).filter(assistant=assistant).update(number=9)
        version = Version.objects.get(assistant=assistant)
        _other_key(version)
        assert chain.verify().bad_seq == _seq("version.published")
        _other_key(version, back=True)


def _other_key(version: Version, *, back: bool = False) -> None:
    """Give a row another primary key: to the chain it is as good as gone."""
    old, new = (version.pk + 500, version.pk) if back else (version.pk, version.pk + 500)
    table = Version._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET id = %s WHERE id = %s", [new, old])  # noqa: S608


def test_a_version_that_no_entry_tells_of_is_found(assistant: Assistant) -> None:
    forged = Version(
        assistant=assistant,
        number=2,
        digest=assistant.digest,
        origin=Version.Origin.PUBLISHED,
        source="web",
        **Version.columns(assistant.document()),
    )
    forged.save()
    verdict = chain.verify()
    assert not verdict.is_intact
    assert "version" in verdict.reason


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[]",
        "{}",
        json.dumps({"action": "version.published"}),
        '{"a":1,"a":2}',
    ],
)
@pytest.mark.usefixtures("assistant")
def test_a_rewritten_body_of_any_shape_is_found_not_stumbled_over(body: str) -> None:
    seq = _seq("change.submitted")
    _rewrite(seq, body)
    assert chain.verify().bad_seq == seq


@pytest.mark.parametrize("id_", ["x", "", "9" * 40])
@pytest.mark.usefixtures("assistant")
def test_a_version_entry_with_an_odd_object_is_found(id_: str) -> None:
    seq = _seq("version.published")
    body = json.loads(AuditEntry.objects.get(pk=seq).body)
    body["object"]["id"] = id_
    _rewrite(seq, json.dumps(body, sort_keys=True, separators=(",", ":")))
    _rows().filter(pk=seq).update(object_id=id_)
    assert chain.verify().bad_seq == seq


@pytest.mark.usefixtures("assistant")
def test_a_chain_rewritten_whole_is_found_by_a_head_noted_elsewhere() -> None:
    noted = chain.verify().head
    seq = _seq("change.submitted")
    body = json.loads(AuditEntry.objects.get(pk=seq).body)
    body["request"] = "rewritten"
    _rewrite(seq, json.dumps(body, sort_keys=True, separators=(",", ":")))
    _rows().filter(pk=seq).update(request_id="rewritten")
    assert chain.verify().is_intact
    verdict = chain.verify(head=noted)
    assert (verdict.bad_seq, verdict.reason) == (
        int(noted.partition(":")[0]),
        "It is not the entry that was noted.",
    )


def test_a_noted_head_still_holds_when_the_history_has_grown(
    assistant: Assistant, bob: User
) -> None:
    noted = chain.verify().head
    assistants.archive(assistant, actor=builders.acting(bob))
    assert chain.verify(head=noted).is_intact
    assert chain.verify(head=noted[:20]).is_intact  # the first characters of the hash will do


@pytest.mark.usefixtures("assistant")
def test_a_noted_head_beyond_the_end_is_found() -> None:
    last = AuditEntry.objects.latest("seq").seq
    verdict = chain.verify(head=f"{last + 3}:{'a' * 64}")
    assert (verdict.bad_seq, verdict.reason) == (last + 1, "The entry that was noted is missing.")


@pytest.mark.parametrize("noted", ["x:abc", "none", ":abc"])
@pytest.mark.usefixtures("assistant")
def test_a_head_that_is_none_is_not_taken_for_a_good_one(noted: str) -> None:
    assert not chain.verify(head=noted).is_intact


@pytest.mark.usefixtures("assistant")
def test_the_walk_goes_on_beyond_one_portion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "CHUNK", 3)
    assert chain.verify().is_intact
    _rows().filter(pk=7).update(body="{}")
    assert chain.verify().bad_seq == 7
