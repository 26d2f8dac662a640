"""The review page: what changes, shown in words, by meaning and as it will be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import changes
from assistants_app.views import comparison
from tests import builders
from tests.views.reviewed import decide, page, text

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from assistants_app.models import Change, User, Workspace


def test_the_page_shows_which_words_change(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    shown = text(client, waiting)
    assert "<del>30</del>" in shown or "<del>30 days</del>" in shown
    assert "<ins>14</ins>" in shown or "<ins>14 days</ins>" in shown
    assert "Shorter refunds" in shown
    assert "Law." in shown
    assert "0.4" in shown


def test_everything_as_it_will_be_is_the_body(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    response = client.get(page(waiting), {"tab": "full"})
    assert '"temperature": 0.4' in response.context["body"]
    assert '"object": "assistant"' in response.context["body"]  # kept here: what /v1 answers


def test_signed_out_goes_to_the_sign_in_page(client: Client, waiting: Change) -> None:
    response = client.get(page(waiting))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_a_part_of_a_signed_out_person_is_told_to_load_it(client: Client, waiting: Change) -> None:
    response = client.get(page(waiting), headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith(reverse("account_login"))


def test_two_very_long_lines_are_shown_line_by_line_and_in_time(
    client: Client, alice: User, bob: User, workspace: Workspace
) -> None:
    limit = 256_000
    old = ("abc. def; " * (limit // 10))[:limit]
    new = ("xyz! uvw? " * (limit // 10))[:limit]
    live = builders.make_assistant(workspace, author=alice, reviewer=bob, instructions=old)
    change = builders.make_change(live, alice, instructions=new)
    client.force_login(bob)
    began = time.process_time()
    shown = text(client, change)
    assert time.process_time() - began < 20  # a word-level difference would take minutes
    assert "Shown line by line." in shown


def test_markup_in_texts_is_shown_as_text(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}'
    change = builders.make_change(workspace, alice, name=evil, instructions=evil, description=evil)
    changes.submit(change, actor=builders.acting(alice), title=evil, why=evil)
    client.force_login(bob)
    for tab in ("changes", "full"):
        shown = client.get(page(change), {"tab": tab}).content.decode()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


def test_hidden_characters_are_shown(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    change = builders.make_change(workspace, alice, instructions="Be kind.\u202e\u200b")
    client.force_login(bob)
    shown = text(client, change)
    assert "U+202E" in shown
    assert "U+200B" in shown


@pytest.mark.parametrize("many", [1, 12])
def test_queries_do_not_grow_with_decisions(
    client: Client,
    bob: User,
    workspace: Workspace,
    waiting: Change,
    many: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(many):
        reader = builders.make_person(f"reader{n}")
        builders.make_member(workspace, reader, "reviewer")
    client.force_login(bob)
    client.get(page(waiting))
    with django_assert_max_num_queries(20):
        client.get(page(waiting))


def test_what_is_shown_stands_in_the_address_and_is_remembered(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    lines = [f"Line {n}." for n in range(40)]
    live = builders.make_assistant(
        workspace, author=alice, reviewer=bob, instructions="\n".join(lines)
    )
    lines[20] = "Another line."
    change = builders.make_change(live, alice, instructions="\n".join(lines))
    client.force_login(bob)
    assert "Line 3." not in text(client, change)
    whole = client.get(page(change), {"show": "whole", "columns": "2"}).content.decode()
    assert "Line 3." in whole
    assert 'class="diff sides"' in whole
    again = text(client, change)
    assert "Line 3." in again
    assert 'class="diff sides"' in again
    back = client.get(page(change), {"show": "changes", "columns": "1"}).content.decode()
    assert "Line 3." not in back
    assert "sides" not in back


def test_functions_are_named_that_come_go_or_change(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    def tool(name: str, about: str = "") -> dict[str, object]:
        return {"type": "function", "function": {"name": name, "description": about}}

    live = builders.make_assistant(
        workspace, author=alice, reviewer=bob, tools=[tool("kept"), tool("gone"), tool("other")]
    )
    tools = [tool("kept"), tool("other", "Now with words."), tool("fresh")]
    change = builders.make_change(live, alice, tools=tools)
    client.force_login(bob)
    [section] = client.get(page(change)).context["sections"]
    told = {(entry.came, entry.name) for entry in section.entries}
    assert told == {("new", "fresh"), ("gone", "gone"), ("changed", "other")}
    assert section.is_code


@pytest.mark.parametrize("tools", ["nonsense", [1, None, {"type": 3}], [{"function": "x"}]])
def test_a_draft_of_anything_can_be_looked_at(
    client: Client, workspace: Workspace, alice: User, tools: object
) -> None:
    change = builders.make_change(workspace, alice, tools=tools)
    client.force_login(alice)
    assert client.get(page(change)).status_code == 200


def test_a_hidden_character_that_was_there_before_is_no_warning(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    live = builders.make_assistant(workspace, author=alice, reviewer=bob, instructions="a\u200b")
    change = builders.make_change(live, alice, instructions="a\u200b, b\u202e")
    client.force_login(bob)
    shown = text(client, change)
    assert "Hidden character U+202E added in Instructions" in shown
    assert "Hidden character U+200B" not in shown


def test_what_went_live_leads_to_its_version(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    decide(client, waiting, "publish")
    shown = text(client, waiting)
    assert "Became version 2" in shown
    assert reverse("version", args=[waiting.assistant_id, 2]) in shown


def test_functions_and_labels_are_shown_by_meaning(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    def tool(kind: str, *required: str) -> dict[str, object]:
        inputs = {"n": {"type": kind, "description": "How many"}}
        schema = {"type": "object", "properties": inputs, "required": list(required)}
        return {"type": "function", "function": {"name": "order", "parameters": schema}}

    live = builders.make_assistant(
        workspace, author=alice, reviewer=bob, tools=[tool("string")], metadata={"team": "a"}
    )
    reply = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    change = builders.make_change(
        live,
        alice,
        tools=[tool("integer", "n")],
        metadata={"team": "b"},
        response_format=reply,
    )
    client.force_login(bob)
    shown = text(client, change)
    for words in ("Whole number", "Must always be filled in", "Exactly these fields"):
        assert words in shown
    told = {
        section.field: [(one.label, one.before, one.after) for one in entry.told]
        for section in client.get(page(change)).context["sections"]
        for entry in section.entries
    }
    assert told["metadata"] == [("", "a", "b")]
    assert told["response_format"][0] == (
        "Shape of the reply",
        "Let the model decide",
        "Exactly these fields",
    )


def test_the_lines_behind_a_fold_come_alone_or_with_the_page(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    lines = [f"Line {n}." for n in range(40)]
    live = builders.make_assistant(
        workspace, author=alice, reviewer=bob, instructions="\n".join(lines)
    )
    change = builders.make_change(live, alice, instructions="\n".join(["First.", *lines]))
    client.force_login(bob)
    compare = reverse("compare", args=[live.pk, f"live..change-{change.pk}"])
    asked = {"part": "instructions", "open": "5-41"}
    for address in (page(change), compare):
        closed = client.get(address).content.decode()
        assert "part=instructions&amp;open=5-41" in closed
        assert "Line 20." not in closed
        opened = client.get(address, asked).content.decode()
        assert "Line 20." in opened
        part = client.get(address, asked, headers={"HX-Request": "true"}).content.decode()
        assert part.startswith('<tr id="instructions-5"')
        assert part.count("<tr") == 37


def test_changes_are_numbered_through_the_page(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    shown = text(client, waiting)
    assert "2 changes" in shown
    assert [f'id="c-{n}"' in shown for n in (1, 2, 3)] == [True, True, False]


@pytest.mark.parametrize("tab", ["changes", "discussion", "checks", "full", "nonsense"])
def test_every_tab_opens(client: Client, alice: User, waiting: Change, tab: str) -> None:
    client.force_login(alice)
    assert "Shorter refunds" in text(client, waiting, tab=tab)


def test_the_line_of_what_changes_says_only_what_there_is() -> None:
    facts = [
        ["instructions", "words", 61, 0],
        ["name", "value", "", "Two words."],
        ["temperature", "value", "", "0.1"],
        ["model", "value", "gpt-5.2", "gpt-5.1"],
    ]
    assert comparison.told(facts) == (
        "Instructions +61 words; Name set to “Two words.”; Creativity set to 0.1; "
        "Model gpt-5.2 → gpt-5.1"
    )
    assert comparison.told([["instructions", "words", 0, 1]]) == "Instructions −1 word"
