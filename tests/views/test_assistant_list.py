"""The list: tabs, search, sorting, pages, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import assistants, changes
from assistants_app.models import Assistant, PushOrder
from tests import builders
from tests.upstream import Upstream

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

URL = "/assistants/"
HTMX = {"HX-Request": "true", "HX-Target": "results"}


def names(response: HttpResponse) -> list[str]:
    return [row.shown.name for row in response.context["rows"]]


def counts(response: HttpResponse) -> dict[str, int]:
    return {tab["id"]: tab["count"] for tab in response.context["tabs"]}


@pytest.fixture
def three(workspace: Workspace, alice: User, bob: User) -> list[Assistant]:
    """Live ones, the last one changed most recently."""
    made = [
        builders.make_assistant(workspace, author=alice, reviewer=bob, **fields)
        for fields in (
            {"name": "beta", "model": "o3", "description": "Answers refunds."},
            {"name": "Alpha", "model": "gpt-4o", "instructions": "Say hello.\nÄrger vermeiden."},
            {"name": "Gamma", "model": "gpt-5", "description": "Reads invoices."},
        )
    ]
    for minutes, row in enumerate(reversed(made)):
        moment = timezone.now() - timedelta(minutes=minutes)
        Assistant.objects.filter(pk=row.pk).update(changed_at=moment)
    return made


def test_the_newest_change_comes_first(client: Client, alice: User, three: list[Assistant]) -> None:
    client.force_login(alice)
    response = client.get(URL)
    assert response.status_code == 200
    assert names(response) == ["Gamma", "Alpha", "beta"]
    assert counts(response) == {
        "all": 3,
        "mine": 0,
        "in_review": 0,
        "ready": 0,
        "drift": 0,
        "failed": 0,
        "archived": 0,
    }


def test_a_wrong_method_is_refused(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.post(URL).status_code == 405


def test_signed_out_leads_to_sign_in(client: Client) -> None:
    assert client.get(URL).headers["Location"].startswith(reverse("account_login"))
    part = client.get(URL, headers=HTMX)
    assert part.status_code == 401
    assert part.headers["HX-Redirect"].startswith(reverse("account_login"))


def test_a_stranger_sees_nothing_and_a_foreign_workspace_does_not_exist(
    client: Client, carol: User, three: list[Assistant]
) -> None:
    client.force_login(carol)
    assert b"Alpha" not in client.get(URL).content
    assert client.get(URL, {"workspace": "customer-care"}).status_code == 404


def test_with_several_workspaces_every_address_names_its_own(
    client: Client, alice: User, workspace: Workspace
) -> None:
    builders.make_member(builders.make_workspace("Finance"), alice, "viewer")
    client.force_login(alice)
    assert client.get(f"{URL}?q=x").headers["Location"] == f"{URL}?q=x&workspace=customer-care"
    assert client.get(f"{URL}?workspace=finance").status_code == 200
    assert client.get(URL).headers["Location"] == f"{URL}?workspace=finance"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["Alpha", "beta", "Gamma"]),
        ("-name", ["Gamma", "beta", "Alpha"]),
        ("model", ["Alpha", "Gamma", "beta"]),
        ("-changed", ["beta", "Alpha", "Gamma"]),
    ],
)
def test_sorting(
    client: Client, alice: User, three: list[Assistant], sort: str, expected: list[str]
) -> None:
    client.force_login(alice)
    response = client.get(URL, {"sort": sort})
    assert names(response) == expected
    direction = "descending" if sort == "-name" else "ascending"
    assert f'aria-sort="{direction}"' in response.content.decode()


@pytest.mark.parametrize("sort", ["changed", "-changed", "name", "-name", "model", "-model"])
@pytest.mark.parametrize(("place", "count"), [("customer-care", 3), ("all", 5)])
def test_pages_hold_every_row_once_in_both_directions(
    client: Client,
    alice: User,
    bob: User,
    three: list[Assistant],
    sort: str,
    place: str,
    count: int,
) -> None:
    other = builders.make_workspace("Finance")
    builders.make_member(other, alice, "editor")
    builders.make_member(other, bob, "publisher")
    for name in ("Books", "zebra"):
        builders.make_assistant(other, author=alice, reviewer=bob, name=name)
    client.force_login(alice)
    whole = names(client.get(URL, {"workspace": place, "sort": sort}))
    assert len(whole) == count
    if sort == "name" and place == "all":
        assert whole == ["Alpha", "beta", "Books", "Gamma", "zebra"]
    page = client.get(URL, {"workspace": place, "sort": sort, "limit": 1})
    walked, back = names(page), []
    while page.context["page"]["next_url"]:
        page = client.get(URL + page.context["page"]["next_url"])
        walked += names(page)
    while page.context["page"]["previous_url"]:
        page = client.get(URL + page.context["page"]["previous_url"])
        back = names(page) + back
    assert walked == whole
    assert back == whole[:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("REFUND", ["beta"]),
        ("hello", ["Alpha"]),
        ("ärger", ["Alpha"]),
        ("g", ["Gamma"]),
        ("say vermeiden", ["Alpha"]),
        ('"say hello"', ["Alpha"]),
        ('"hello say"', []),
        ("gpt-5", ["Gamma"]),
        ("  alpha ", ["Alpha"]),
        ("100%", []),
        ("", ["Gamma", "Alpha", "beta"]),
    ],
)
def test_search_looks_at_texts_and_model(
    client: Client, alice: User, three: list[Assistant], text: str, expected: list[str]
) -> None:
    client.force_login(alice)
    assert names(client.get(URL, {"q": text})) == expected


def test_a_hit_in_the_instructions_is_shown(
    client: Client, alice: User, three: list[Assistant]
) -> None:
    client.force_login(alice)
    assert "Say <mark>hello</mark>." in client.get(URL, {"q": "hello"}).content.decode()


def test_an_exact_id_goes_to_the_page(
    client: Client, alice: User, carol: User, three: list[Assistant]
) -> None:
    Assistant.objects.filter(pk=three[0].pk).update(upstream_id="asst_upstream")
    client.force_login(alice)
    for exact in (three[0].public_id, "asst_upstream"):
        response = client.get(URL, {"q": exact})
        assert response.headers["Location"] == reverse("assistant", args=[three[0].pk])
    part = client.get(URL, {"q": "asst_upstream"}, headers=HTMX)
    assert part.headers["HX-Redirect"] == reverse("assistant", args=[three[0].pk])
    builders.make_member(builders.make_workspace("Elsewhere"), carol, "viewer")
    client.force_login(carol)
    assert client.get(URL, {"q": "asst_upstream"}).status_code == 200


def test_each_tab_holds_what_it_says(
    client: Client, alice: User, bob: User, three: list[Assistant], workspace: Workspace
) -> None:
    draft, reviewed, archived = three
    builders.make_change(draft, alice, description="Mine.")
    submitted = builders.make_change(reviewed, bob, description="His.")
    changes.submit(submitted, actor=builders.acting(bob))
    ready = builders.make_approved(workspace, author=alice, reviewer=bob, name="Ready")
    assistants.archive(archived, actor=builders.acting(bob))
    client.force_login(alice)
    found = {view: names(client.get(URL, {"view": view})) for view in ("mine", "in_review")}
    assert found == {"mine": ["Ready", "beta"], "in_review": ["Alpha"]}
    assert names(client.get(URL, {"view": "ready"})) == [ready.name]
    assert names(client.get(URL, {"view": "archived"})) == ["Gamma"]
    page = client.get(URL)
    assert names(page) == ["Ready", "Alpha", "beta"]
    assert counts(page)["all"] == 3
    assert counts(page)["archived"] == 1


def test_the_tabs_of_the_push_orders(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    with Upstream() as upstream:
        server = builders.make_connection(workspace, dora, upstream)
    for row, reason in zip(three, ("drift", "refused", "deleted"), strict=True):
        PushOrder.objects.create(
            assistant=row,
            connection=server,
            desired_version=row.live_version,
            state="stopped",
            reason=reason,
        )
    client.force_login(dora)
    assert names(client.get(URL, {"view": "drift"})) == ["beta"]
    failed = client.get(URL, {"view": "failed"})
    assert names(failed) == ["Gamma", "Alpha"]
    assert [row.upstream.label for row in failed.context["rows"]] == [
        "Deleted upstream",
        "Push failed",
    ]


def test_before_it_is_live_the_list_shows_and_finds_what_is_proposed(
    client: Client, alice: User, workspace: Workspace
) -> None:
    change = builders.make_change(workspace, alice, name="First", model="o3")
    changes.edit(change, actor=builders.acting(alice), lock=change.lock, values={"name": "Second"})
    client.force_login(alice)
    page = client.get(URL, {"q": "second"})
    assert names(page) == ["Second"]
    assert page.context["rows"][0].shown.model == "o3"
    assert page.context["rows"][0].work.label == "Draft"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": "-1"}, "Must be between 1 and 100."),
        ({"limit": "101"}, "Must be between 1 and 100."),
        ({"limit": "1e9"}, "Must be a whole number."),
        ({"sort": "password"}, "Must be one of: changed, name, model."),
        ({"view": "secret"}, "Must be one of: all, mine, in_review"),
        ({"q": "x" * 100_000}, "100,000 characters; the limit is 200."),
        ({"q": "a\0b"}, "Contains a NUL character at position 2."),
        ({"after": "x.y"}, "This page link does not belong to this list."),
        ({"after": "1.yesterday"}, "This page link does not belong to this list."),
        ({"sort": "name", "after": "1.a\0"}, "This page link does not belong to this list."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_bad_parameter_is_named(
    client: Client, alice: User, query: dict[str, str], message: str, headers: dict[str, str]
) -> None:
    client.force_login(alice)
    response = client.get(URL, query, headers=headers)
    assert response.status_code == 422
    assert message in response.content.decode()


def test_the_part_brings_its_slots_and_nothing_of_the_page(
    client: Client, alice: User, three: list[Assistant]
) -> None:
    client.force_login(alice)
    text = client.get(URL, {"view": "all", "q": "a"}, headers=HTMX).content.decode()
    assert "<html" not in text
    for slot in ("list-tabs", "list-state", "announcer"):
        assert f'<div id="{slot}" hx-swap-oob="innerHTML">' in text
    assert "1 assistant" in text
    whole = client.get(URL, headers={"HX-Request": "true", "HX-Target": "else"})
    assert b"<html" in whole.content


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ({}, "No assistants yet"),
        ({"q": "zzz"}, "Nothing matches"),
        ({"view": "mine"}, "No assistants yet"),
    ],
)
def test_an_empty_workspace(
    client: Client, alice: User, query: dict[str, str], heading: str
) -> None:
    client.force_login(alice)
    text = client.get(URL, query).content.decode()
    assert heading in text
    assert reverse("assistant_new") in text


@pytest.mark.parametrize(
    ("view", "heading"),
    [
        ("mine", "You have no open change"),
        ("in_review", "Nothing is in review"),
        ("ready", "Nothing waits to be published"),
        ("drift", "Nothing changed upstream"),
        ("failed", "No push failed"),
        ("archived", "Nothing is archived"),
    ],
)
def test_an_empty_tab_says_what_would_stand_there(
    client: Client, alice: User, three: list[Assistant], view: str, heading: str
) -> None:
    client.force_login(alice)
    assert heading in client.get(URL, {"view": view}).content.decode()


def test_who_may_not_write_is_not_offered_to(
    client: Client, workspace: Workspace, three: list[Assistant]
) -> None:
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert reverse("assistant_new") not in client.get(URL).content.decode()


def test_every_row_has_a_menu_of_its_own(
    client: Client, workspace: Workspace, alice: User, dora: User, three: list[Assistant]
) -> None:
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    for person, leads in ((dora, {"open", "edit", "duplicate", "archive"}), (viewer, {"open"})):
        client.force_login(person)
        page = client.get(URL)
        menus = re.findall(r'<details class="pop">\s+(<summary class="btn quiet icon-only.*?)</det',
                           page.content.decode(), re.DOTALL)  # fmt: skip
        rows = page.context["rows"]
        assert len(menus) == len(rows) == 3
        for row, menu in zip(rows, menus, strict=True):
            assert set(row.urls) == leads
            assert f'id="more-{row.pk}" aria-label="More for {row.name}"' in menu
            assert f'data-copy="{row.id}"' in menu
            assert set(re.findall(r'(?:href|formaction)="([^"]+)"', menu)) == set(row.urls.values())


def test_names_are_text(client: Client, alice: User, workspace: Workspace) -> None:
    builders.make_change(workspace, alice, name="<script>alert(1)</script>", description="{{ 7 }}")
    client.force_login(alice)
    text = client.get(URL).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{ 7 }}" in text


def test_queries_do_not_grow_with_rows(client: Client, alice: User, workspace: Workspace) -> None:
    """The part costs at most 6 of its own, the page 12 with the shell, session and person."""

    def cost(query: dict[str, str], headers: dict[str, str]) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(URL, query | {"limit": "100"}, headers=headers).status_code == 200
        return len(found)

    def costs() -> list[tuple[int, int]]:
        return [(cost(query, {}), cost(query, HTMX)) for query in ({}, {"q": "helper"})]

    client.force_login(alice)
    make_many(workspace, alice, 3)
    client.get(URL)
    few = costs()
    make_many(workspace, alice, 60)
    assert costs() == few
    for whole, part in few:
        assert whole <= 12
        assert part <= 6 + 2  # the session and the person are not the list's


def make_many(workspace: Workspace, author: User, count: int) -> None:
    for n in range(count):
        builders.make_change(workspace, author, name=f"Helper {n}")
