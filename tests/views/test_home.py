"""The start, health, the browser's reports, and what surrounds every page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from assistants_app import policies
from assistants_app.actions import guards
from assistants_app.models import triggers
from tests import builders

if TYPE_CHECKING:
    import pytest
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from assistants_app.models import User, Workspace


def test_a_person_without_a_workspace_is_told(client: Client, carol: User) -> None:
    client.force_login(carol)
    for name in ("home", "review_list", "sync", "audit_list"):
        text = client.get(reverse(name)).content.decode()
        assert "You are not in a workspace yet" in text, name
        assert 'id="top-q"' not in text, name  # there is nothing to search


def test_health_tells_of_missing_guards(client: Client, db: None) -> None:
    well = {"ok": True, "audit_seq": 0, "guards_missing": 0, "guard_restored": None}
    assert client.get(reverse("health")).json() == well
    triggers.drop(connection)
    assert client.get(reverse("health")).status_code == 503
    triggers.install(connection)


def test_a_guard_that_was_put_back_is_told_of_for_a_day(
    client: Client, workspace: Workspace, dora: User, bob: User
) -> None:
    triggers.drop(connection)
    guards.restore(actor=policies.system("worker"))
    answer = client.get(reverse("health"))
    assert (answer.status_code, answer.json()["guards_missing"]) == (200, 0)
    assert answer.json()["guard_restored"]
    said = "A guard of this history was missing."
    for person, sees in ((dora, True), (bob, False)):  # who may verify, and who may not
        client.force_login(person)
        page = client.get(reverse("audit_list"), {"workspace": workspace.slug}).content.decode()
        assert (said in page) is sees
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        assert client.get(reverse("health")).json()["guard_restored"] is None


def test_reports_of_blocked_content_are_logged_and_bounded(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    url = reverse("csp_report")
    report = '{"csp-report":{"blocked-uri":"inline"}}'
    assert client.post(url, report, content_type="application/csp-report").status_code == 204
    assert "blocked-uri" in caplog.text
    big = "x" * 9_000
    assert client.post(url, big, content_type="application/csp-report").status_code == 413


def test_pages_carry_the_headers_of_the_house(client: Client, alice: User) -> None:
    client.force_login(alice)
    response = client.get(reverse("review_list"))
    assert response["Cache-Control"] == "private, no-store"
    assert "HX-Request" in response["Vary"]
    assert response["X-Request-ID"]
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"


def test_the_shell_follows_the_workspace(client: Client, alice: User, workspace: Workspace) -> None:
    other = builders.make_workspace("Back office")
    builders.make_member(other, alice, "viewer")
    client.force_login(alice)
    text = client.get(reverse("review_list"), {"workspace": other.slug}).content.decode()
    assert "Back office" in text
    assert f"?workspace={workspace.slug}" in text
    assert client.get(reverse("review_list"), {"workspace": "nowhere"}).status_code == 404


def test_an_unknown_page_is_a_404_in_our_look(client: Client, alice: User) -> None:
    client.force_login(alice)
    response = client.get("/nonsense/")
    assert response.status_code == 404
    assert "Assistants" in response.content.decode()


def test_a_foreign_host_is_refused(client: Client, db: None) -> None:
    assert client.get("/-/health/", headers={"Host": "evil.example"}).status_code == 400


def test_the_shell_asks_little(
    client: Client,
    dora: User,
    workspace: Workspace,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    builders.make_member(workspace, dora, "admin", "publisher", "auditor", "reviewer")
    client.force_login(dora)
    client.get(reverse("account_profile"))
    # The person, their workspaces and roles, both counts, the bell; and what the page itself asks
    # for, the second factor.
    with django_assert_max_num_queries(6):
        client.get(reverse("account_profile"))


def test_whoever_is_in_several_workspaces_may_see_all_of_them_at_once(
    client: Client, alice: User, workspace: Workspace
) -> None:
    client.force_login(alice)
    everywhere = f"{reverse('assistant_list')}?workspace=all"
    assert everywhere not in client.get(reverse("home")).content.decode()
    builders.make_member(builders.make_workspace("Finance"), alice, "viewer")
    assert everywhere in client.get(reverse("home")).content.decode()
    assert client.get(everywhere).status_code == 200
