"""The audit log as a file: narrowed, streamed, recorded, and safe to open."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django_filters import ChoiceFilter, DateFilter, NumberFilter

from assistants_app import exports
from assistants_app.filters import AuditFilter
from assistants_app.models import AuditEntry, User, Workspace
from tests import builders

if TYPE_CHECKING:
    from django.http import StreamingHttpResponse
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

HERE = reverse("audit_export")


@pytest.fixture
def story(workspace: Workspace, alice: User, bob: User) -> None:
    builders.make_assistant(workspace, author=alice, reviewer=bob, name="=HYPERLINK(1)")


def exported(client: Client, kind: str, query: str = "") -> str:
    response: StreamingHttpResponse = client.post(f"{HERE}{query}", {"kind": kind})  # type: ignore[assignment]
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith('attachment; filename="audit-customer-care-')
    return b"".join(response.streaming_content).decode()  # type: ignore[arg-type]


def test_the_table_names_people_and_reckons_with_nothing(
    client: Client, dora: User, story: None
) -> None:
    client.force_login(dora)
    text = exported(client, "csv")
    assert text.startswith("\ufeffentry,time_utc,")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    newest = AuditEntry.objects.latest("seq")
    assert newest.action == "audit.exported"
    assert int(rows[0]["entry"]) == newest.seq
    assert rows[1]["actor"] == "Bob Example"
    assert rows[1]["what_happened"] == "published a version"
    assert rows[1]["assistant"] == "'=HYPERLINK(1)"
    assert rows[1]["time_utc"].endswith("Z")


def test_the_lines_hold_the_proof(client: Client, dora: User, story: None) -> None:
    client.force_login(dora)
    for line in exported(client, "jsonl").splitlines():
        entry = json.loads(line)
        assert entry["hash"] == AuditEntry.seal(entry["prev_hash"], entry["body"])


def test_it_is_narrowed_as_the_list_is_and_says_so(
    client: Client, dora: User, alice: User, story: None
) -> None:
    client.force_login(dora)
    lines = exported(client, "jsonl", f"?actor={alice.pk}&action=change.submitted").splitlines()
    assert [json.loads(json.loads(line)["body"])["action"] for line in lines] == [
        "change.submitted"
    ]
    told = json.loads(AuditEntry.objects.latest("seq").body)["data"]
    assert told == {
        "kind": "jsonl",
        "narrowed": {"actor": str(alice.pk), "action": "change.submitted"},
    }


def test_what_it_is_narrowed_to_is_kept_as_ids_days_and_words_of_closed_lists(
    client: Client, dora: User, alice: User, story: None
) -> None:
    for found in AuditFilter(people=()).filters.values():
        assert isinstance(found, ChoiceFilter | NumberFilter | DateFilter)
    client.force_login(dora)
    exported(client, "csv", "?assistant=%20%2012%20&since=%202026-01-02%20&name=Erika+Mustermann")
    told = json.loads(AuditEntry.objects.latest("seq").body)["data"]
    assert told["narrowed"] == {"assistant": "12", "since": "2026-01-02"}


def test_what_cannot_be_read_leads_back_to_the_list(client: Client, dora: User) -> None:
    client.force_login(dora)
    before = AuditEntry.objects.count()
    response = client.post(f"{HERE}?since=yesterday", {"kind": "csv"})
    assert response.status_code == 303
    assert client.get(response["Location"]).status_code == 422
    assert client.post(HERE, {"kind": "docx"}).status_code == 404
    assert AuditEntry.objects.count() == before


def test_who_may_not_verify_may_not_take_it_along(client: Client, bob: User, dora: User) -> None:
    client.force_login(bob)
    assert client.post(HERE, {"kind": "csv"}).status_code == 403
    assert HERE not in client.get(reverse("audit_list")).content.decode()
    client.force_login(dora)
    assert HERE in client.get(reverse("audit_list")).content.decode()


def test_long_logs_are_read_in_stretches(
    story: None,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(exports, "STRETCH", 3)
    rows = AuditEntry.objects.all()
    count = rows.count()
    with django_assert_num_queries(-(-count // 3) + (count % 3 == 0)):
        lines = "".join(exports.audit_lines(rows, count)).splitlines()
    seen = [json.loads(line)["seq"] for line in lines]
    assert seen == list(range(count, 0, -1))
    assert len("".join(exports.audit_lines(rows, 2)).splitlines()) == 2
