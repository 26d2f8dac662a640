"""Kinds of servers: how each is addressed and greeted, with which extra headers, how often."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import changes, connections, health
from assistants_app.errors import Invalid
from assistants_app.models import AuditEntry, Connection, ConnectionHealth
from assistants_app.models.connections import profile_of
from tests.actions.pushed import settle, there
from tests.actions.told import refuses, tells
from tests.builders import COMMAND, acting, make_assistant
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
VERSION = "2024-05-01-preview"
SECRET = "astra-value-0123456789"


@pytest.fixture
def azure(settings: SettingsWrapper) -> Iterator[Upstream]:
    """A server that wants `api-key` and a version in every address."""
    settings.SYNC_TIME_SCALE = 0.1
    with Upstream(key_header="api-key", api_version=VERSION) as upstream:
        connections.allow_origin(upstream.url, actor=COMMAND, private=True)
        yield upstream


@pytest.fixture
def plain(settings: SettingsWrapper) -> Iterator[Upstream]:
    settings.SYNC_TIME_SCALE = 0.1
    with Upstream(key_header="x-token") as upstream:
        connections.allow_origin(upstream.url, actor=COMMAND, private=True)
        yield upstream


def _set(workspace: Workspace, user: User, up: Upstream, **more: Any) -> Connection:
    usual = {"base_url": up.url, "key": up.key, "rate": 50.0}
    return connections.set_connection(workspace, actor=acting(user), **usual | more)


def _azure(workspace: Workspace, user: User, up: Upstream, **more: Any) -> Connection:
    usual = {"profile": "azure-openai", "auth": "api-key", "api_version": VERSION}
    return _set(workspace, user, up, **usual | more)


# --- azure ----------------------------------------------------------------------------------------


def test_azure_gets_its_key_header_and_its_version_in_every_address(
    workspace: Workspace, azure: Upstream, dora: User
) -> None:
    row = _azure(workspace, dora, azure)
    azure.add("asst_1")
    with health.client(row) as client:
        listed, one = client.list(limit=1, after="asst_0"), client.retrieve("asst_1")
    assert (listed.outcome.kind, one.outcome.kind) == ("done", "done")
    assert azure.requests[0].query == {
        "limit": "1",
        "order": "asc",
        "after": "asst_0",
        "api-version": VERSION,
    }
    assert azure.requests[1].query == {"api-version": VERSION}
    assert all("authorization" not in request.headers for request in azure.requests)


def test_a_push_to_azure_arrives(
    workspace: Workspace, azure: Upstream, dora: User, alice: User, bob: User
) -> None:
    _azure(workspace, dora, azure)
    assistant = make_assistant(workspace, author=alice, reviewer=bob, model="our-deployment")
    assert settle(assistant).state == "idle"
    assert there(azure)["model"] == "our-deployment"


def test_azure_takes_a_bearer_token_as_well(
    workspace: Workspace, dora: User, settings: SettingsWrapper
) -> None:
    with Upstream(api_version=VERSION) as up:
        connections.allow_origin(up.url, actor=COMMAND, private=True)
        row = _azure(workspace, dora, up, auth="bearer")
        with health.client(row) as client:
            assert client.list().outcome.kind == "done"


def test_an_address_copied_from_the_portal_is_taken_apart(
    workspace: Workspace, dora: User, settings: SettingsWrapper
) -> None:
    settings.UPSTREAM_ORIGINS = ["https://r.openai.azure.com"]
    row = connections.set_connection(
        workspace,
        actor=acting(dora),
        profile="azure-openai",
        base_url="https://r.openai.azure.com/openai/assistants?api-version=2024-02-15-preview",
        key="k-0123456789",
    )
    assert row.base_url == "https://r.openai.azure.com/openai"
    assert row.api_version == "2024-02-15-preview"
    again = connections.set_connection(
        workspace,
        actor=acting(dora),
        profile="azure-openai",
        base_url="https://r.openai.azure.com",
        api_version=VERSION,
    )
    assert (again.base_url, again.api_version) == ("https://r.openai.azure.com/openai", VERSION)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("api_version", {"api_version": ""}),
        ("api_version", {"api_version": "v1&x=1"}),
        ("auth", {"auth": "basic"}),
        ("headers.Api-Key", {"headers": {"Api-Key": "value-0123456789"}}),
        ("base_url", {"profile": "openai-compatible", "base_url": "http://h/v1?api-version=1"}),
    ],
)
def test_what_is_wrong_with_azure_is_named(
    workspace: Workspace, azure: Upstream, dora: User, field: str, given: dict[str, Any]
) -> None:
    with refuses(Invalid) as caught:
        _azure(workspace, dora, azure, **given)
    assert caught.value.field == field


def test_what_decides_where_a_document_goes_is_in_the_print(
    workspace: Workspace, azure: Upstream, dora: User
) -> None:
    first = _azure(workspace, dora, azure).print
    assert _azure(workspace, dora, azure, key="rotated-0123456789").print == first
    assert _azure(workspace, dora, azure, api_version="2024-07-01-preview").print != first
    row = _set(workspace, dora, azure)
    assert row.api_version == ""
    # The value that approvals of earlier releases are bound to:
    was = "\n".join(("openai-compatible", azure.url, "", ""))
    assert row.print == hashlib.sha256(was.encode()).hexdigest()


def test_long_instructions_are_a_warning_for_azure(
    workspace: Workspace, azure: Upstream, dora: User, alice: User
) -> None:
    _azure(workspace, dora, azure)
    document = {"model": "our-deployment", "instructions": "a" * 32_769}
    change = changes.start(workspace, actor=acting(alice), document=document)
    found = {(p.code, p.level) for p in changes.problems(change)}
    assert ("profile_limit", "warning") in found
    assert "unknown_model" not in {code for code, _ in found}


# --- what it taught -------------------------------------------------------------------------------


def test_what_a_server_taught_counts_wherever_its_rules_are_asked_for(
    workspace: Workspace, plain: Upstream, dora: User, alice: User
) -> None:
    row = _set(workspace, dora, plain)
    learned = {
        "update": False,
        "keeps": {"description": False},
        "models": [{"id": "house-model", "shutdown_date": "2020-01-01"}],
    }
    ConnectionHealth.objects.filter(connection=row).update(learned=learned)
    workspace = type(workspace).objects.get(pk=workspace.pk)
    able = profile_of(workspace.upstream)
    assert (able.update, "description" in able.keeps) == (False, False)
    assert changes.profile(workspace) == able
    with health.client(workspace.connection) as client:
        assert client.endpoint.rules == able
    document = {"model": "house-model", "description": "For the house."}
    change = changes.start(workspace, actor=acting(alice), document=document)
    codes = {(p.path[0], p.code) for p in changes.problems(change)}
    assert ("description", "profile_field") in codes
    assert ("model", "model_shutdown") in codes
    assert ("model", "unknown_model") not in codes


def test_without_a_connection_the_rules_are_our_own(workspace: Workspace) -> None:
    assert changes.profile(workspace) == contract.KEPT_HERE


# --- extra headers --------------------------------------------------------------------------------


def test_a_key_may_stand_in_a_header_of_its_own(
    workspace: Workspace, plain: Upstream, dora: User
) -> None:
    row = _set(workspace, dora, plain, key="", headers={"X-Token": plain.key, "X-Team": "care"})
    with health.client(Connection.objects.get(pk=row.pk)) as client:
        assert client.list().outcome.kind == "done"
    sent = plain.requests[0].headers
    assert sent["x-team"] == "care"
    assert "authorization" not in sent


def test_a_server_without_keys_gets_none(workspace: Workspace, dora: User) -> None:
    with Upstream(key_header="") as up:
        connections.allow_origin(up.url, actor=COMMAND, private=True)
        row = _set(workspace, dora, up, key="")
        with health.client(row) as client:
            assert client.list().outcome.kind == "done"
        assert "authorization" not in up.requests[0].headers


def test_headers_are_sealed_and_nowhere_else(
    workspace: Workspace, plain: Upstream, dora: User
) -> None:
    with tells("connection.set") as entries:
        row = _set(workspace, dora, plain, headers={"X-Token": SECRET})
    assert '"headers"' in entries[0].body
    (header,) = Connection.objects.get(pk=row.pk).extra_headers
    assert (header.name, header.hint, header.value.reveal()) == ("X-Token", "6789", SECRET)
    column = Connection.objects.filter(pk=row.pk).extra(select={"raw": "headers"})
    assert SECRET not in str(column.values("raw"))
    assert SECRET not in repr(vars(row)) + repr(header)
    assert all(SECRET not in entry.body for entry in AuditEntry.objects.all())


def test_a_header_stays_changes_and_goes(workspace: Workspace, plain: Upstream, dora: User) -> None:
    _set(workspace, dora, plain, headers={"X-A": "value-a", "X-B": "value-b", "X-C": "value-c"})
    with tells("connection.set") as entries:
        row = _set(workspace, dora, plain, headers={"x-a": "", "X-B": None, "X-C": "fresh"})
    kept = {header.name: header.value.reveal() for header in row.extra_headers}
    assert kept == {"X-A": "value-a", "X-C": "fresh"}
    assert '"fields":["headers"]' in entries[0].body
    row = _set(workspace, dora, plain)
    assert len(row.extra_headers) == 2


@pytest.mark.parametrize(
    ("field", "headers"),
    [
        ("headers.Authorization", {"Authorization": "x"}),
        ("headers.Host", {"Host": "x"}),
        ("headers.Content-Type", {"Content-Type": "x"}),
        ("headers.X A", {"X A": "x"}),
        ("headers.X-A", {"X-A": "line\nbreak"}),
        ("headers.X-A", {"X-A": ""}),
        ("headers", {f"X-{n}": "v" for n in range(11)}),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(
    workspace: Workspace, plain: Upstream, dora: User, field: str, headers: dict[str, str]
) -> None:
    with refuses(Invalid) as caught:
        _set(workspace, dora, plain, headers=headers)
    assert caught.value.field == field
    assert "line\nbreak" not in str(caught.value)


def test_no_secret_goes_along_to_another_server(
    workspace: Workspace, plain: Upstream, azure: Upstream, dora: User
) -> None:
    _set(workspace, dora, plain, headers={"X-Token": SECRET})
    with refuses(Invalid) as caught:
        _set(workspace, dora, azure)
    assert caught.value.field == "headers.X-Token"
    row = _set(workspace, dora, azure, headers={"X-Token": None})
    assert row.extra_headers == []


def test_a_key_can_be_dropped(workspace: Workspace, plain: Upstream, dora: User) -> None:
    _set(workspace, dora, plain)
    with tells("connection.set") as entries:
        row = _set(workspace, dora, plain, key="", drop_key=True)
    found = Connection.objects.get(pk=row.pk)
    assert (found.key.reveal(), found.key_hint, found.key_set_at) == ("", "", None)
    assert '"key_changed":true' in entries[0].body


# --- how often ------------------------------------------------------------------------------------


def test_pace_and_checks_are_settings(workspace: Workspace, plain: Upstream, dora: User) -> None:
    with tells("connection.set", "connection.set") as entries:
        _set(workspace, dora, plain)
        row = _set(workspace, dora, plain, rate=0.5, check_every=86_400)
    assert (row.rate, row.check_every) == (0.5, 86_400)
    assert '"fields":["check_every","rate"]' in entries[1].body
    row = _set(workspace, dora, plain, rate=None)
    assert (row.rate, row.check_every) == (0.5, 86_400)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("rate", {"rate": 0}),
        ("rate", {"rate": -1.0}),
        ("rate", {"rate": 51.0}),
        ("rate", {"rate": float("nan")}),
        ("check_every", {"check_every": 1}),
    ],
)
def test_a_pace_that_makes_no_sense_is_refused(
    workspace: Workspace, plain: Upstream, dora: User, field: str, given: dict[str, Any]
) -> None:
    with refuses(Invalid) as caught:
        _set(workspace, dora, plain, **given)
    assert caught.value.field == field


def test_saving_does_not_resume_what_an_admin_paused(
    workspace: Workspace, plain: Upstream, dora: User
) -> None:
    row = _set(workspace, dora, plain)
    ConnectionHealth.objects.filter(connection=row).update(state="paused")
    _set(workspace, dora, plain, key="another-0123456789")
    assert ConnectionHealth.objects.get().state == "paused"
