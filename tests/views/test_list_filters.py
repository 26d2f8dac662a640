"""Filters of the list: in the address, as chips, in the dialog; and all of one's workspaces."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import assistants
from assistants_app.filters import UPSTREAM
from assistants_app.models import Assistant, PushOrder
from assistants_app.views import list_tabs
from tests import builders
from tests.upstream import Upstream
from tests.views.test_assistant_list import HTMX, URL, counts, names

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

DIALOG = "/assistants/filters/"
FUNCTION = {"type": "function", "function": {"name": "find", "parameters": {}}}


@pytest.fixture
def four(workspace: Workspace, alice: User, bob: User) -> list[Assistant]:
    """Three that are live, by Bob, and a new one that is proposed, by Alice."""
    made = [
        builders.make_assistant(workspace, author=alice, reviewer=bob, **fields)
        for fields in (
            {"name": "Caller", "model": "gpt-5", "tools": [FUNCTION]},
            {"name": "Coder", "model": "o3", "tools": [{"type": "code_interpreter"}]},
            {"name": "Writer", "model": "gpt-5", "response_format": {"type": "json_object"}},
        )
    ]
    new = builders.make_change(workspace, alice, name="New", model="o3", tools=[FUNCTION])
    return [*made, new.assistant]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"ability": "function"}, {"Caller", "New"}),
        ({"ability": "code_interpreter"}, {"Coder"}),
        ({"ability": "file_search"}, set()),
        ({"ability": "json"}, {"Writer"}),
        ({"model": "o3"}, {"Coder", "New"}),
        ({"model": "gpt"}, set()),
        ({"work": "none"}, {"Caller", "Coder", "Writer"}),
        ({"work": "draft"}, {"New"}),
        ({"work": "approved"}, set()),
        ({"since": "2000-01-01", "until": "2999-12-31"}, {"Caller", "Coder", "Writer", "New"}),
        ({"until": "2000-01-01"}, set()),
        ({"model": "gpt-5", "ability": "json"}, {"Writer"}),
        ({"by": "99999999999999999999"}, set()),
    ],
)
def test_a_filter_narrows(
    client: Client, alice: User, four: list[Assistant], query: dict[str, str], expected: set[str]
) -> None:
    client.force_login(alice)
    response = client.get(URL, query)
    assert response.status_code == 200
    assert set(names(response)) == expected
    assert len(response.context["chips"]) == len(query)


def test_by_whom_it_was_changed(
    client: Client, alice: User, bob: User, four: list[Assistant]
) -> None:
    client.force_login(alice)
    page = client.get(URL, {"by": str(alice.pk)})
    assert "New" in names(page)
    assert page.context["chips"][0].label == f"Changed by: {alice.display_name}"


@pytest.mark.parametrize("state", list(UPSTREAM))
def test_an_upstream_filter_holds_what_its_badge_says(
    client: Client, dora: User, four: list[Assistant], workspace: Workspace, state: str
) -> None:
    with Upstream() as upstream:
        server = builders.make_connection(workspace, dora, upstream)
    live, later = four[0].live_version, timezone.now() + timedelta(hours=1)
    fields = {
        "synced": {"state": "idle", "pushed_version": live},
        "partly": {"state": "idle", "pushed_version": live, "notes": ["top_p"]},
        "waiting": {"state": "waiting"},
        "pushing": {
            "state": "sending",
            "lease_until": later,
            "sent_at": later,
            "sent_version": live,
        },
        "unsure": {"state": "unknown"},
        "changed": {"state": "stopped", "reason": "drift"},
        "failed": {"state": "stopped", "reason": "refused"},
        "deleted": {"state": "stopped", "reason": "deleted"},
    }
    if state in fields:
        order = {"assistant": four[0], "connection": server, "desired_version": live}
        PushOrder.objects.create(**order, **fields[state])
    client.force_login(dora)
    found = names(client.get(URL, {"upstream": state}))
    assert ("Caller" in found) == (state in fields or state == "unpushed")
    every = {row.shown.name: row.upstream.label for row in client.get(URL).context["rows"]}
    said = {name for name, label in every.items() if label == str(UPSTREAM[state])}
    assert set(found) == said


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"work": "x"}, "There is no such thing to filter by."),
        ({"upstream": "x"}, "There is no such thing to filter by."),
        ({"by": "me"}, "Must be a whole number."),
        ({"since": "yesterday"}, "Not a date. Write it like 2026-12-01."),
        ({"since": "2026-02-02", "until": "2026-01-01"}, "The period ends before it begins."),
        ({"model": "x" * 300}, "300 characters; the limit is 200."),
    ],
)
def test_a_wrong_filter_is_named(
    client: Client, alice: User, query: dict[str, str], message: str
) -> None:
    client.force_login(alice)
    response = client.get(URL, query)
    assert response.status_code == 422
    assert message in response.content.decode()


def test_unknown_parameters_are_left_out_and_named(
    client: Client, alice: User, four: list[Assistant]
) -> None:
    client.force_login(alice)
    response = client.get(URL, {"colour": "red", "<b>": "1"})
    assert len(names(response)) == 4
    text = response.content.decode()
    assert "left out: colour, &lt;b&gt;." in text


def test_a_chip_leads_to_the_list_without_it(
    client: Client, alice: User, four: list[Assistant]
) -> None:
    client.force_login(alice)
    page = client.get(URL, {"model": "o3", "ability": "function", "q": "ne", "after": ""})
    chip = next(chip for chip in page.context["chips"] if chip.name == "model")
    assert chip.url == "?ability=function&q=ne"
    trigger = HTMX | {"HX-Trigger": "chip-model"}
    part = client.get(URL + chip.url, headers=trigger).content.decode()
    assert 'data-focus-after="#filters-open"' in part
    assert '<div id="list-chips" hx-swap-oob="innerHTML">' in part


def test_nothing_found_names_the_filters(
    client: Client, alice: User, four: list[Assistant]
) -> None:
    client.force_login(alice)
    text = client.get(URL, {"q": "zzz", "model": "o3", "work": "approved"}).content.decode()
    assert "Nothing matches" in text
    assert "“zzz”" in text
    assert "Work: Approved · Model: o3" in text
    assert 'id="clear-filters"' in text


def test_what_is_found_is_not_counted(client: Client, alice: User, four: list[Assistant]) -> None:
    client.force_login(alice)
    few = client.get(URL, {"limit": "1", "model": "o3"}, headers=HTMX).content.decode()
    assert "1 assistant, and more" in few
    assert "2 assistants" in client.get(URL, {"model": "o3"}, headers=HTMX).content.decode()


def test_a_tab_that_holds_very_many_says_so(
    client: Client, alice: User, four: list[Assistant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_tabs, "MOST", 2)
    client.force_login(alice)
    page = client.get(URL)
    assert counts(page)["all"] == 2
    assert '<span class="n">2+</span>' in page.content.decode()


def test_the_dialog_offers_what_there_is(
    client: Client, alice: User, four: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(alice)
    query = {"workspace": workspace.slug, "q": "x", "model": "gone", "work": "draft"}
    page = client.get(DIALOG, query)
    assert page.status_code == 200
    text = page.content.decode()
    assert "gpt-5 (2)" in text
    assert '<option value="gone" selected>' in text
    assert '<option value="draft" selected>' in text
    assert '<input type="hidden" name="q" value="x">' in text
    part = client.get(DIALOG, query, headers={"HX-Request": "true", "HX-Target": "dialog"})
    assert b"<html" not in part.content
    assert client.post(DIALOG).status_code == 405


def test_a_form_without_script_gets_a_short_address(client: Client, alice: User) -> None:
    builders.make_member(builders.make_workspace("Finance"), alice, "viewer")
    client.force_login(alice)
    url = f"{URL}?workspace=finance&work=&model=o3&since=&apply=1"
    assert client.get(url).headers["Location"] == f"{URL}?workspace=finance&model=o3"


def test_a_stranger_is_offered_nothing_of_another_workspace(
    client: Client, carol: User, four: list[Assistant], workspace: Workspace
) -> None:
    builders.make_member(builders.make_workspace("Elsewhere"), carol, "viewer")
    client.force_login(carol)
    assert client.get(DIALOG, {"workspace": workspace.slug}).status_code == 404
    assert "gpt-5" not in client.get(DIALOG, {"workspace": "all"}).content.decode()
    assert client.get(reverse("assistant_filters")).status_code == 200


def test_all_of_mine_and_nobody_elses(
    client: Client, alice: User, bob: User, carol: User, four: list[Assistant]
) -> None:
    finance, foreign = builders.make_workspace("Finance"), builders.make_workspace("Foreign")
    builders.make_member(finance, alice, "editor")
    builders.make_member(foreign, carol, "editor")
    builders.make_change(finance, alice, name="Ledger")
    builders.make_change(foreign, carol, name="Secret")
    client.force_login(alice)
    page = client.get(URL, {"workspace": "all"})
    assert set(names(page)) == {"Caller", "Coder", "Writer", "New", "Ledger"}
    assert counts(page)["all"] == 5
    assert '<th scope="col">Workspace</th>' in page.content.decode()
    second = client.get(URL, {"workspace": "all", "limit": "2", "sort": "name"})
    assert names(client.get(URL + second.context["page"]["next_url"])) == ["Ledger", "New"]
    assert names(client.get(URL, {"workspace": "all", "q": "secret"})) == []


# --- warnings -----------------------------------------------------------------------------------


@pytest.fixture
def plain(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return builders.make_assistant(workspace, author=alice, reviewer=bob, name="Plain")


@pytest.fixture
def doubtful(workspace: Workspace, alice: User, bob: User) -> Assistant:
    """The model is gone, knows no JSON, and is not told of it."""
    fields = {"name": "Old", "model": "gpt-4-32k", "response_format": {"type": "json_object"}}
    return builders.make_assistant(workspace, author=alice, reviewer=bob, **fields)


def test_the_list_says_how_many_warnings_there_are(
    client: Client, alice: User, plain: Assistant, doubtful: Assistant
) -> None:
    client.force_login(alice)
    page = client.get(URL)
    said = {row.name: row.warnings for row in page.context["rows"]}
    assert said == {"Plain": "", "Old": "3 warnings"}
    assert page.content.decode().count('class="warned"') == 1
    notices = client.get(reverse("assistant", args=[doubtful.pk])).context["notices"]
    assert len(notices) == 3  # the page tells them one by one
    assert notices[0].heading == "Model gpt-4-32k."


def test_only_what_has_warnings(
    client: Client, alice: User, plain: Assistant, doubtful: Assistant
) -> None:
    client.force_login(alice)
    page = client.get(URL, {"warnings": "yes"})
    assert names(page) == ["Old"]
    assert [(chip.label, chip.url) for chip in page.context["chips"]] == [("Has warnings", "?")]
    both = client.get(URL, {"warnings": "yes", "model": "gpt-5.2", "sort": "name"})
    assert not names(both)
    assert client.get(URL, {"warnings": "no"}).status_code == 422


def test_what_is_archived_has_no_warnings(
    client: Client, alice: User, dora: User, doubtful: Assistant
) -> None:
    assistants.archive(doubtful, actor=builders.acting(dora))
    client.force_login(alice)
    assert client.get(URL, {"view": "archived"}).context["rows"][0].warnings == ""
    assert not client.get(URL, {"view": "archived", "warnings": "yes"}).context["rows"]
    assert not client.get(reverse("assistant", args=[doubtful.pk])).context["notices"]


def test_the_dialog_counts_what_has_warnings(
    client: Client, alice: User, plain: Assistant, doubtful: Assistant
) -> None:
    client.force_login(alice)
    text = client.get(DIALOG, {"warnings": "yes"}).content.decode()
    assert 'name="warnings" value="yes" checked>' in text
    assert "Has warnings (1)" in text
    assert 'value="yes">' in client.get(DIALOG).content.decode()


def test_the_first_page_of_those_with_warnings_is_read_off_an_index(
    client: Client, alice: User, doubtful: Assistant
) -> None:
    client.force_login(alice)
    with CaptureQueriesContext(connection) as captured:
        client.get(URL, {"warnings": "yes"})
    (query,) = [one["sql"] for one in captured if '"sort_name"' in one["sql"]]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "assistant_with_warnings" in plan
    assert "TEMP B-TREE" not in plan
