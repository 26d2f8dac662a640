"""The audit log: who sees which entries, and what verifying says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.urls import reverse

from assistants_app.models import AuditEntry, triggers
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import Change, User, Workspace


@pytest.fixture
def change(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, name="Refund helper")


@pytest.fixture
def erin(workspace: Workspace) -> User:
    """She audits."""
    person = builders.make_person("erin")
    builders.make_member(workspace, person, "auditor")
    return person


def test_an_auditor_reads_plain_sentences(client: Client, erin: User, change: Change) -> None:
    client.force_login(erin)
    text = client.get(reverse("audit_list")).content.decode()
    assert "opened a change" in text
    assert "Alice Example" in text
    assert "Refund helper" in text
    assert reverse("review", args=[change.pk]) in text


def test_an_editor_sees_only_their_own_entries(
    client: Client, alice: User, dora: User, workspace: Workspace, change: Change
) -> None:
    builders.make_change(workspace, dora, name="Another one")
    client.force_login(alice)
    entries = client.get(reverse("audit_list")).context["entries"]
    assert entries
    assert {row["entry"].actor_id for row in entries} == {str(alice.pk)}


def test_filters_stand_in_the_address(client: Client, erin: User, change: Change) -> None:
    client.force_login(erin)
    response = client.get(reverse("audit_list"), {"action": "change.opened"})
    assert {row["entry"].action for row in response.context["entries"]} == {"change.opened"}
    response = client.get(reverse("audit_list"), {"actor": "999999", "before": "x", "source": "y"})
    assert "Nothing happened that matches" in response.content.decode()


def test_older_entries_are_behind_a_cursor(
    client: Client, erin: User, workspace: Workspace
) -> None:
    for _ in range(55):
        builders.make_member(workspace, erin, "auditor")
    client.force_login(erin)
    first = client.get(reverse("audit_list"))
    assert len(first.context["entries"]) == 50
    second = client.get(reverse("audit_list") + first.context["page"]["next_url"])
    seqs = {row["entry"].seq for row in first.context["entries"]}
    assert second.context["entries"]
    assert not seqs & {row["entry"].seq for row in second.context["entries"]}


def test_an_entry_shows_its_body(client: Client, erin: User, change: Change) -> None:
    entry = AuditEntry.objects.get(action="change.opened")
    client.force_login(erin)
    response = client.get(reverse("audit_entry", args=[entry.seq]))
    assert '"tag": "audit-1"' in response.context["body"]
    assert entry.hash in response.content.decode()


def test_somebody_elses_entry_does_not_exist(
    client: Client, alice: User, carol: User, dora: User, workspace: Workspace
) -> None:
    builders.make_change(workspace, dora)
    entry = AuditEntry.objects.get(action="change.opened")
    for person in (alice, carol):
        client.force_login(person)
        assert client.get(reverse("audit_entry", args=[entry.seq])).status_code == 404


def test_verifying_says_unbroken(client: Client, erin: User, change: Change) -> None:
    client.force_login(erin)
    text = client.post(reverse("audit_verify")).content.decode()
    assert "entries: unbroken" in text


def test_verifying_names_the_first_bad_entry(client: Client, erin: User, change: Change) -> None:
    bad = AuditEntry.objects.get(action="change.opened")
    triggers.drop(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE assistants_app_auditentry SET body = replace(body, 'change.opened', 'x') "
            "WHERE seq = %s",
            [bad.seq],
        )
    triggers.install(connection)
    client.force_login(erin)
    headers = {"HX-Request": "true", "HX-Target": "verify"}
    text = client.post(reverse("audit_verify"), headers=headers).content.decode()
    assert f"Entry {bad.seq} does not match." in text
    assert "<html" not in text


def test_verifying_is_for_auditors(client: Client, bob: User, change: Change) -> None:
    client.force_login(bob)
    assert client.post(reverse("audit_verify")).status_code == 403
    assert client.get(reverse("audit_verify")).status_code == 405
    assert "Verify" not in client.get(reverse("audit_list")).content.decode()


def test_refusals_are_recorded_once_a_minute(client: Client, bob: User, change: Change) -> None:
    client.force_login(bob)
    for _ in range(3):
        client.post(reverse("audit_verify"))
    assert AuditEntry.objects.filter(action="access.denied").count() == 1
