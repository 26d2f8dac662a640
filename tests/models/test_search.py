"""The search index: kept by triggers, asked with anything that can be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

from assistants_app import filters
from assistants_app.actions import changes
from assistants_app.models import Assistant, Change, search
from tests import builders

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace

FUNCTION = {"type": "function", "function": {"name": "lookup_order", "parameters": {}}}


def found(text: str) -> set[str]:
    return {row.name or "" for row in Assistant.objects.filter(filters.matching(text))}


@pytest.fixture
def refunds(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return builders.make_assistant(
        workspace,
        author=alice,
        reviewer=bob,
        name="Refunds",
        description="Über Geld",
        instructions='Say "please".\nנא לומר שלום. Café 返金は十四日以内。 🤖',
        tools=[FUNCTION],
        model="gpt-5.1",
    )


@pytest.mark.parametrize(
    "text",
    [
        "refund", "REFUNDS", "über", "ÜBER geld", "geld refunds", "lookup_order", "lookup", "order",
        "gpt-5.1", "gpt-5", "please", '"say please"', "שלום", "café", "返金", "十四日", "🤖",
    ],
)  # fmt: skip
def test_it_is_found_by(refunds: Assistant, text: str) -> None:
    assert found(text) == {"Refunds"}


@pytest.mark.parametrize("text", ["efund", "order_lookup", '"please say"', "refund nothing", "🤡"])
def test_it_is_not_found_by(refunds: Assistant, text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "*", '"', '""', "' OR 1=1 --", "NEAR(a b)", "a AND", "NOT", "words:refund", "-", "^refund",
        "(", "refund*", "refund:*", "&", "!refund", "a:b | c", "\\", "'\\", "%", "_", "\u200f",
        "\ud7ff", "a'b", '"refund', "{refund geld}", "🤖🤖", "ﷺ", "a\u0301", "\t", "x" * 200,
        "返" * 200, "ß", "İ",
    ],
)  # fmt: skip
def test_whatever_is_typed_is_text(refunds: Assistant, text: str) -> None:
    assert found(text) <= {"Refunds"}


def test_both_databases_find_the_same_words_behind_signs(workspace: Workspace, alice: User) -> None:
    text = "see shop.example.com/return/policy.html, mail a.b@c.example or call -12.5e3"
    builders.make_change(workspace, alice, name="Signs", instructions=text)
    for word in ("return", "policy", "shop", "example.com", "c.example", "html", "12.5e3"):
        assert found(word) == {"Signs"}, word


def test_what_is_proposed_is_found_until_something_is_live(
    workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice, name="First", instructions="Old words")
    acting = builders.acting(alice)
    change = changes.edit(
        change, actor=acting, lock=change.lock, values={"instructions": "New text"}
    )
    assert (found("old"), found("text")) == (set(), {"First"})
    changes.withdraw(change, actor=acting)
    assert found("text") == set()


def test_an_open_change_of_what_is_live_is_not_searched(refunds: Assistant, alice: User) -> None:
    builders.make_change(refunds, alice, instructions="Unheard")
    assert found("unheard") == set()


@pytest.mark.parametrize("tools", ["x", 1, ["x", 2, None], {"a": 1}, [{"function": "x"}]])
def test_a_drafts_tools_may_be_anything(workspace: Workspace, alice: User, tools: object) -> None:
    change = builders.make_change(workspace, alice, name="Draft")
    Change.objects.filter(pk=change.pk).update(tools=tools)
    assert found("draft") == {"Draft"}


def test_more_words_than_an_index_row_holds_are_saved_all_the_same(
    workspace: Workspace, alice: User
) -> None:
    many = " ".join(chr(0x20000 + n) for n in range(127_000))
    builders.make_change(workspace, alice, name="Huge", instructions=many)
    assert found("huge") == {"Huge"}


def test_rows_that_go_leave_the_index(workspace: Workspace, alice: User) -> None:
    builders.make_change(workspace, alice, name="Gone", instructions="unusualword")
    assert len(search.hits("unusualword")) == 1
    Change.objects.all().delete()
    Assistant.objects.all().delete()
    assert search.hits("unusualword") == search.hits("gone") == []


def test_what_is_there_already_is_indexed_with_it(refunds: Assistant) -> None:
    assert not search.install(connection)
    with connection.cursor() as cursor:
        name = search.names(search.ASSISTANT)[1]
        tail = "" if connection.vendor == "sqlite" else f" ON {search.ASSISTANT}"
        cursor.execute(f"DROP TRIGGER {name}{tail}")
    Assistant.objects.filter(pk=refunds.pk).update(description="Unseen")
    assert found("unseen") == set()
    assert search.missing(connection) == [name]
    assert search.install(connection)
    assert found("unseen") == {"Refunds"} == found("lookup_order")
    assert found("geld") == set()


def test_many_hits_are_asked_row_by_row(
    refunds: Assistant, workspace: Workspace, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    builders.make_change(workspace, alice, name="Refunds too")
    monkeypatch.setattr(search, "FEW", 0)
    assert isinstance(filters.matching("refunds"), search.Holds)
    assert found("refunds") == {"Refunds", "Refunds too"}
    assert found("refunds geld") == {"Refunds"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a plan of PostgreSQL")
def test_of_many_hits_none_is_read_that_the_page_does_not_show(refunds: Assistant) -> None:
    """A page ends after a few rows. What PostgreSQL may hash, it makes of every text there is."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plan = Assistant.objects.filter(search.Holds("refund")).explain()
    assert "hashed SubPlan" not in plan
    assert f"{search.TABLE} " in plan


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a plan of PostgreSQL")
def test_a_phrase_is_not_taken_for_rarer_than_it_may_be(refunds: Assistant) -> None:
    """Of one row in the plan it would read whole tables again for each row that there is."""
    builders.make_copies(refunds, 100)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plan = Assistant.objects.filter(search.Holds('"refund what you like"')).explain()
    assert int(plan.partition("rows=")[2].partition(" ")[0]) > 10


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a function of PostgreSQL")
def test_a_database_that_lacks_the_function_gets_it(refunds: Assistant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP FUNCTION {search.HITS}")
    assert not search.install(connection)  # the index itself is whole
    assert search.hits("refund") == [refunds.pk]


def test_the_index_answers_and_no_table_is_read_through(refunds: Assistant) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(
                "EXPLAIN SELECT id FROM assistants_app_search "
                "WHERE words @@ to_tsquery('simple', 'refund:*')"
            )
            wanted = "assistants_app_search_words"
        else:
            cursor.execute(
                "EXPLAIN QUERY PLAN SELECT rowid FROM assistants_app_search "
                "WHERE assistants_app_search MATCH 'refund*'"
            )
            wanted = "VIRTUAL TABLE INDEX 0:M"
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert wanted in plan
