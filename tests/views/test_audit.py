"""The audit log: who sees which entries, and what verifying says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import changes, verifying, workspaces
from assistants_app.models import AuditEntry, Change, Job, triggers
from assistants_app.runner import Runner
from tests import builders

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User, Workspace


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


def found(client: Client, **query: str) -> set[str]:
    """The actions that the list shows for these filters."""
    response = client.get(reverse("audit_list"), query)
    assert response.status_code == 200
    return {row["entry"].action for row in response.context["entries"]}


def test_an_empty_log_does_not_speak_of_filters(client: Client, alice: User) -> None:
    """She did nothing yet, and sees her own entries only."""
    client.force_login(alice)
    text = client.get(reverse("audit_list")).content.decode()
    assert "Nothing yet" in text
    assert "that matches" not in text


def test_filters_stand_in_the_address(
    client: Client, alice: User, erin: User, change: Change
) -> None:
    client.force_login(erin)
    assert found(client, action="change.opened") == {"change.opened"}
    assert found(client, action="changes", actor=str(alice.pk)) == {"change.opened"}
    assert found(client, action="settings", actor="system") == {"workspace.created", "member.set"}
    assert found(client, assistant=str(change.assistant_id)) == {"change.opened"}
    assert found(client, source="web") == {"change.opened"}
    assert found(client, outcome="other") == set()
    text = client.get(reverse("audit_list"), {"outcome": "other"}).content.decode()
    assert "Nothing happened that matches" in text
    assert "Clear filters" in text


def test_a_period_is_whole_days_with_both_ends(
    client: Client, erin: User, change: Change, settings: SettingsWrapper
) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    today = timezone.localdate(timezone=ZoneInfo("Pacific/Auckland"))
    tomorrow, yesterday = today + timedelta(days=1), today - timedelta(days=1)
    client.force_login(erin)
    assert "change.opened" in found(client, since=str(today), until=str(today))
    assert found(client, since=str(tomorrow)) == set()
    assert found(client, until=str(yesterday)) == set()
    assert "change.opened" in found(client, since="0001-01-01", until="9999-12-31")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"since": "yesterday"}, "Not a date. Write it like 2026-12-01."),
        ({"until": "2026-02-30"}, "Not a date. Write it like 2026-12-01."),
        ({"since": "2026-12-02", "until": "2026-12-01"}, "The period ends before it begins."),
        ({"actor": "999999"}, "There is no such thing to filter by."),
        ({"actor": "9" * 40}, "There is no such thing to filter by."),
        ({"action": "change.eaten"}, "There is no such thing to filter by."),
        ({"source": "pigeon"}, "There is no such thing to filter by."),
        ({"outcome": "maybe"}, "There is no such thing to filter by."),
        ({"assistant": "x"}, "Must be a whole number."),
        ({"after": "x"}, "This page link does not belong to this list."),
        ({"limit": "1000"}, "Must be between 1 and 100."),
    ],
)
def test_a_wrong_filter_is_told(
    client: Client, erin: User, change: Change, query: dict[str, str], says: str
) -> None:
    client.force_login(erin)
    response = client.get(reverse("audit_list"), query)
    assert response.status_code == 422
    text = response.content.decode()
    assert says in text
    assert "<title>Error:" in " ".join(text.split())
    assert "Show all" in text


def test_somebody_who_left_can_still_be_asked_for(
    client: Client, alice: User, erin: User, change: Change
) -> None:
    workspaces.remove_member(alice.memberships.get(), actor=builders.COMMAND)
    client.force_login(erin)
    assert found(client, actor=str(alice.pk)) == {"change.opened"}


def test_an_entry_leads_to_the_assistant_and_the_change(
    client: Client, erin: User, change: Change
) -> None:
    client.force_login(erin)
    text = client.get(reverse("audit_list")).content.decode()
    assert f'href="{reverse("assistant", args=[change.assistant_id])}">Refund helper<' in text
    assert f'href="{reverse("review", args=[change.pk])}">Change {change.pk}<' in text


def test_successive_edits_of_one_person_are_one_line(
    client: Client, workspace: Workspace, alice: User, bob: User, erin: User, change: Change
) -> None:
    def edit(person: User, name: str) -> None:
        now = Change.objects.get(pk=change.pk)
        actor = builders.acting(person)
        changes.edit(now, actor=actor, lock=now.lock, values={"name": name})

    for name in "abc":
        edit(alice, name)
    edit(bob, "d")
    edit(alice, "e")
    client.force_login(erin)
    rows = client.get(reverse("audit_list"), {"action": "change.edited"}).context["entries"]
    assert [(row["who"], row["what"]) for row in rows] == [
        ("Alice Example", "edited the change"),
        ("Bob Example", "edited the change"),
        ("Alice Example", "edited the change 3 times"),
    ]
    assert rows[2]["entry"].seq == rows[2]["first"].seq + 2


def test_what_was_and_what_is_are_shown(
    client: Client, workspace: Workspace, alice: User, dora: User, erin: User
) -> None:
    workspaces.set_rules(workspace, actor=builders.acting(dora), approvals=3)
    builders.make_member(workspace, alice, "editor", "reviewer")
    client.force_login(erin)
    text = client.get(reverse("audit_list")).content.decode()
    assert "Alice Example:" in text
    assert "editor, reviewer" in text
    assert "Approvals needed" in text
    entry = AuditEntry.objects.get(action="rules.set")
    page = client.get(reverse("audit_entry", args=[entry.seq])).content.decode()
    assert "Approvals needed" in page
    assert "UTC" in page


def test_times_are_local_with_utc_beside(
    client: Client, erin: User, change: Change, settings: SettingsWrapper
) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    entry = AuditEntry.objects.get(action="change.opened")
    client.force_login(erin)
    text = client.get(reverse("audit_entry", args=[entry.seq])).content.decode()
    local = entry.at.astimezone(ZoneInfo("Pacific/Auckland"))
    assert f"{local:%H:%M:%S} NZ" in text
    assert f"{entry.at:%Y-%m-%d %H:%M:%S} UTC" in text


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
    text = client.post(reverse("audit_verify"), follow=True).content.decode()
    assert "entries: unbroken" in text
    assert "Verified by Erin" in client.get(reverse("audit_list")).content.decode()


def test_a_long_log_is_verified_by_the_runner(
    client: Client, erin: User, bob: User, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "AT_ONCE", 1)
    client.force_login(erin)
    headers = {"HX-Request": "true", "HX-Target": "verify"}
    asked = client.post(reverse("audit_verify"), headers=headers)
    assert asked.status_code == 202
    assert "data-poll" in asked.content.decode()
    again = client.post(reverse("audit_verify"), headers=headers)  # the same run, not another
    job = Job.objects.get(kind=Job.Kind.VERIFY)
    assert f"job-{job.pk}" in again.content.decode()
    url = reverse("job", args=[job.pk])
    seen = {"seen": asked.context["seen"]}
    assert client.get(url, seen, headers=headers).status_code == 204
    Runner(hands=0).tick()
    told = client.get(url, seen, headers=headers)
    assert told.status_code == 286
    assert "entries: unbroken" in told.content.decode()
    client.force_login(bob)
    assert client.get(url).status_code == 403


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


def test_queries_are_the_same_for_few_and_many_entries(
    client: Client, erin: User, workspace: Workspace, change: Change
) -> None:
    client.force_login(erin)
    client.get(reverse("audit_list"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("audit_list"), {"limit": "100"}).status_code == 200
        return len(asked)

    few = queries()
    for n in range(100):
        person = builders.make_person(f"editor{n}")
        builders.make_member(workspace, person, "editor")
        builders.make_change(workspace, person, name=f"Assistant {n}")
    assert queries() == few <= 12


def test_signed_out_and_wrong_method(client: Client, erin: User, change: Change) -> None:
    entry = AuditEntry.objects.get(action="change.opened")
    for url in (reverse("audit_list"), reverse("audit_entry", args=[entry.seq])):
        assert client.get(url)["Location"].startswith(reverse("account_login"))
    client.force_login(erin)
    for url in (reverse("audit_list"), reverse("audit_entry", args=[entry.seq])):
        assert client.post(url).status_code == 405


def test_an_assistants_name_of_another_workspace_is_not_told(
    client: Client, erin: User, alice: User
) -> None:
    other = builders.make_workspace("Back office")
    builders.make_member(other, alice, "editor")
    hidden = builders.make_change(other, alice, name="Secret plan")
    client.force_login(erin)
    response = client.get(reverse("audit_list"), {"assistant": str(hidden.assistant_id)})
    assert "Secret plan" not in response.content.decode()
    assert response.context["entries"] == []
