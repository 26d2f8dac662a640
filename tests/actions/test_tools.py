"""The tools of a Change, one at a time: keys that stay, and whoever comes second is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import changes, tools, updating
from assistants_app.contract import tool_keys
from assistants_app.errors import Conflict, InvalidDocument, NotAllowed
from assistants_app.models import Assistant, Change
from tests.actions.changed import at, fresh
from tests.actions.told import refuses, tells, writes_nothing
from tests.builders import acting, make_assistant, make_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User

pytestmark = pytest.mark.django_db
CODE: dict[str, Any] = {"type": "code_interpreter"}
ODD: dict[str, Any] = {"type": "mcp", "server": {"z": 1, "a": contract.parse("1.50")}}


def function(name: str, text: str = "") -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": text}}


@pytest.fixture
def change(assistant: Assistant, alice: User) -> Change:
    listed = [CODE, function("get_order"), ODD, function("refund")]
    return make_change(assistant, alice, tools=listed)


def listed(change: Change) -> list[str]:
    return [tool_names(row.tool) for row in tools.rows(fresh(change))]


def tool_names(tool: Any) -> str:
    return str(tool["function"]["name"] if tool["type"] == "function" else tool["type"])


def key_of(change: Change, name: str) -> str:
    return next(r.key for r in tools.rows(fresh(change)) if tool_names(r.tool) == name)


def seen(change: Change, name: str) -> dict[str, str]:
    """What the page of one tool carries."""
    row = tools.find(fresh(change), key_of(change, name))
    assert row
    return {"key": row.key, "fingerprint": row.fingerprint}


def test_tools_that_somebody_saved_meanwhile_are_read_anew(change: Change, alice: User) -> None:
    early, late = fresh(change), fresh(change)
    assert early.tools == late.tools  # both have read them
    tools.add(early, actor=acting(alice), tools=[function("a")])
    tools.add(late, actor=acting(alice), tools=[function("b")])
    assert listed(change)[-2:] == ["a", "b"]


def test_a_tool_that_cannot_be_stored_is_refused_beside_those_that_are(
    change: Change, alice: User
) -> None:
    broken = function("a", "half of a pair: \ud800")
    with pytest.raises(InvalidDocument) as refused, writes_nothing():
        tools.add(fresh(change), actor=acting(alice), tools=[broken])
    assert refused.value.problems[0].path[:2] == ("tools", 4)


# --- what each verb does ----------------------------------------------------------------------


def test_tools_come_in_at_the_end_or_where_they_are_wanted(change: Change, alice: User) -> None:
    with tells("change.edited") as entries:
        done = tools.add(change, actor=acting(alice), tools=[function("a"), function("b")])
    assert '"fields":["tools"]' in entries[0].body
    assert listed(change)[-2:] == ["a", "b"]
    assert done.keys == (key_of(change, "a"), key_of(change, "b"))
    tools.add(change, actor=acting(alice), tools=[function("first")], at=0)
    assert listed(change)[:2] == ["first", "code_interpreter"]


def test_a_tool_that_is_replaced_keeps_its_key_even_under_another_name(
    change: Change, alice: User
) -> None:
    sight = seen(change, "get_order")
    tools.replace(change, actor=acting(alice), **sight, tool=function("find_order", "New."))
    assert listed(change) == ["code_interpreter", "find_order", "mcp", "refund"]
    assert key_of(change, "find_order") == sight["key"]
    assert fresh(change).digest == contract.fingerprint(fresh(change).document())


@pytest.mark.parametrize(
    ("name", "by", "expected"),
    [
        ("refund", -1, ["code_interpreter", "get_order", "refund", "mcp"]),
        ("code_interpreter", 1, ["get_order", "code_interpreter", "mcp", "refund"]),
        ("mcp", -99, ["mcp", "code_interpreter", "get_order", "refund"]),
        ("get_order", 99, ["code_interpreter", "mcp", "refund", "get_order"]),
    ],
)
def test_moving_takes_the_key_along(
    change: Change, alice: User, name: str, by: int, expected: list[str]
) -> None:
    sight = seen(change, name)
    tools.move(change, actor=acting(alice), **sight, by=by)
    assert listed(change) == expected
    assert key_of(change, name) == sight["key"]


def test_moving_past_an_end_writes_nothing(change: Change, alice: User) -> None:
    with writes_nothing():
        tools.move(change, actor=acting(alice), **seen(change, "code_interpreter"), by=-1)


def test_two_equal_tools_can_change_places(assistant: Assistant, alice: User) -> None:
    change = make_change(assistant, alice, tools=[CODE, CODE])
    first, second = tools.rows(change)
    assert first.key != second.key
    tools.remove(change, actor=acting(alice), key=first.key, fingerprint=first.fingerprint)
    assert [row.key for row in tools.rows(fresh(change))] == [second.key]


def test_a_duplicate_stands_behind_and_has_a_name_of_its_own(change: Change, alice: User) -> None:
    tools.duplicate(change, actor=acting(alice), **seen(change, "get_order"))
    done = tools.duplicate(change, actor=acting(alice), **seen(change, "get_order"))
    assert listed(change)[1:4] == ["get_order", "get_order_3", "get_order_2"]
    assert done.keys == (key_of(change, "get_order_3"),)
    tools.duplicate(change, actor=acting(alice), **seen(change, "mcp"))
    odd = [row.tool for row in tools.rows(fresh(change)) if row.tool["type"] == "mcp"]
    assert [contract.dumps(tool) for tool in odd] == [contract.dumps(ODD)] * 2


def test_what_was_removed_comes_back_to_its_place_in_its_own_text(
    change: Change, alice: User
) -> None:
    before, digest = tools.rows(fresh(change)), fresh(change).digest
    tools.remove(change, actor=acting(alice), **seen(change, "mcp"))
    tools.remove(change, actor=acting(alice), **seen(change, "get_order"))
    assert listed(change) == ["code_interpreter", "refund"]
    assert [tool_names(one["tool"]) for one in tools.removed_of(fresh(change))] == [
        "get_order",
        "mcp",
    ]
    for row in (before[1], before[2]):
        tools.restore(change, actor=acting(alice), key=row.key)
    assert [row.key for row in tools.rows(fresh(change))] == [row.key for row in before]
    assert fresh(change).digest == digest
    assert not tools.removed_of(fresh(change))


def test_the_last_one_removed_leaves_nothing_to_differ(assistant: Assistant, alice: User) -> None:
    change = make_change(assistant, alice)
    done = tools.add(change, actor=acting(alice), tools=[CODE])
    row = tools.find(done.change, done.keys[0])
    assert row
    tools.remove(change, actor=acting(alice), key=row.key, fingerprint=row.fingerprint)
    assert fresh(change).tools is None
    assert changes.is_same(fresh(change))


def test_only_the_newest_removals_are_kept(assistant: Assistant, alice: User) -> None:
    many = [function(f"f{n}") for n in range(12)]
    change = make_change(assistant, alice, tools=many)
    for n in range(12):
        tools.remove(change, actor=acting(alice), **seen(change, f"f{n}"))
    kept = [tool_names(one["tool"]) for one in tools.removed_of(fresh(change))]
    assert kept == [f"f{n}" for n in range(11, 1, -1)]
    big = function("big", "x" * 1_000_000)
    tools.add(change, actor=acting(alice), tools=[big, function("small", "x" * 100_000)])
    tools.remove(change, actor=acting(alice), **seen(change, "small"))
    tools.remove(change, actor=acting(alice), **seen(change, "big"))
    assert [tool_names(one["tool"]) for one in tools.removed_of(fresh(change))] == ["big"]


def test_copies_from_elsewhere_get_free_names(change: Change, alice: User) -> None:
    brought = [function("get_order"), function("new"), function("get_order"), ODD]
    tools.copy_from(change, actor=acting(alice), tools=brought)
    assert listed(change)[4:] == ["get_order_2", "new", "get_order_3", "mcp"]


# --- two people ------------------------------------------------------------------------------


def every_verb(change: Change, actor: Any, **sight: str) -> list[Callable[[], object]]:
    return [
        lambda: tools.replace(change, actor=actor, **sight, tool=CODE),
        lambda: tools.move(change, actor=actor, **sight, by=1),
        lambda: tools.duplicate(change, actor=actor, **sight),
        lambda: tools.remove(change, actor=actor, **sight),
    ]


def test_another_tool_changed_meanwhile_is_no_obstacle(
    change: Change, alice: User, bob: User
) -> None:
    sight = seen(change, "refund")
    tools.replace(change, actor=acting(bob), **seen(change, "get_order"), tool=function("other"))
    tools.move(change, actor=acting(bob), **seen(change, "mcp"), by=-2)
    tools.replace(change, actor=acting(alice), **sight, tool=function("refund", "Mine."))
    assert listed(change) == ["mcp", "code_interpreter", "other", "refund"]


def test_the_same_tool_changed_meanwhile_is_a_conflict_with_the_newer_text(
    change: Change, alice: User, bob: User
) -> None:
    sight = seen(change, "refund")
    tools.replace(change, actor=acting(bob), **sight, tool=function("refund", "Bob's."))
    for verb in every_verb(change, acting(alice), **sight):
        with writes_nothing(), pytest.raises(Conflict) as conflict:
            verb()
        assert conflict.value.code == "stale"
        assert conflict.value.data["row"].tool == function("refund", "Bob's.")


def test_a_tool_that_is_gone_is_said_to_be_gone(change: Change, alice: User) -> None:
    sight = seen(change, "refund")
    tools.remove(change, actor=acting(alice), **sight)
    for verb in every_verb(change, acting(alice), **sight):
        with writes_nothing(), pytest.raises(Conflict) as conflict:
            verb()
        assert conflict.value.code == "gone"
    with pytest.raises(Conflict):
        tools.restore(change, actor=acting(alice), key="nonsense")


def test_put_back_where_its_key_is_taken_by_now(change: Change, alice: User) -> None:
    sight = seen(change, "refund")
    tools.remove(change, actor=acting(alice), **sight)
    tools.add(change, actor=acting(alice), tools=[function("refund")])
    assert key_of(change, "refund") == sight["key"]
    done = tools.restore(change, actor=acting(alice), key=sight["key"])
    assert done.keys == (f"{sight['key']}-2",)


# --- what else holds -------------------------------------------------------------------------


def test_json_that_cannot_be_read_stands_in_the_way(change: Change, alice: User) -> None:
    changes.edit(change, actor=acting(alice), lock=change.lock, values={}, unread={"tools": "["})
    with writes_nothing(), pytest.raises(Conflict) as conflict:
        tools.add(change, actor=acting(alice), tools=[CODE])
    assert conflict.value.code == "unread"


def test_whoever_may_not_write_changes_nothing(change: Change, carol: User) -> None:
    for verb in every_verb(change, acting(carol), **seen(change, "refund")):
        with refuses(NotAllowed):
            verb()


@pytest.mark.parametrize("state", [Change.State.IN_REVIEW, Change.State.APPROVED])
def test_in_review_only_what_is_free_of_errors_is_taken(
    change: Change, alice: User, state: Change.State
) -> None:
    at(change, state)
    with refuses(InvalidDocument):
        tools.add(change, actor=acting(alice), tools=[function("not a name")])
    tools.add(change, actor=acting(alice), tools=[function("name")])
    assert fresh(change).state == Change.State.IN_REVIEW


def test_what_is_over_takes_nothing(change: Change, alice: User) -> None:
    at(change, Change.State.WITHDRAWN)
    with refuses(Conflict):
        tools.add(change, actor=acting(alice), tools=[CODE])


# --- keys through every other way in -----------------------------------------------------------


def test_keys_stay_through_the_json_box(change: Change, alice: User) -> None:
    before = {tool_names(row.tool): row.key for row in tools.rows(change)}
    whole = [function("refund", "Now described."), ODD, function("brand_new")]
    changes.edit(change, actor=acting(alice), lock=change.lock, values={"tools": whole})
    after = {tool_names(row.tool): row.key for row in tools.rows(fresh(change))}
    assert (after["refund"], after["mcp"]) == (before["refund"], before["mcp"])
    assert after["brand_new"] not in before.values()


def test_keys_stay_through_an_update(
    change: Change, assistant: Assistant, alice: User, bob: User, dora: User
) -> None:
    before = [row.key for row in tools.rows(change)]
    make_assistant(assistant, author=bob, reviewer=dora, description="Other words.")
    now = Change.objects.select_related("assistant__live_version", "base").get(pk=change.pk)
    found = updating.of(now)
    assert found
    updating.update(now, actor=acting(alice), seen=found.seen, picks={})
    assert [row.key for row in tools.rows(fresh(change))] == before


def test_a_change_from_before_there_were_keys_has_them_by_its_text(
    change: Change, alice: User
) -> None:
    before = [row.key for row in tools.rows(change)]
    Change.objects.filter(pk=change.pk).update(tool_keys=None)
    assert [row.key for row in tools.rows(fresh(change))] == before
    tools.remove(change, actor=acting(alice), **seen(change, "mcp"))
    assert fresh(change).tool_keys == [before[0], before[1], before[3]]


def test_other_fields_leave_the_keys_alone(change: Change, alice: User) -> None:
    tools.replace(change, actor=acting(alice), **seen(change, "refund"), tool=function("z"))
    keys = fresh(change).tool_keys
    changes.edit(change, actor=acting(alice), lock=fresh(change).lock, values={"name": "Other"})
    assert fresh(change).tool_keys == keys


def test_tools_that_are_no_list_count_as_none(assistant: Assistant, alice: User) -> None:
    change = make_change(assistant, alice, tools={"type": "function"})
    assert tools.rows(change) == []
    assert tool_keys.keys_for([]) == []
    with refuses(Conflict):
        tools.add(change, actor=acting(alice), tools=[CODE])


# --- several in one save, and back ------------------------------------------------------------


def bring(change: Change, alice: User) -> tools.Edited:
    """Two new functions, and another text for one that is there."""
    sight = seen(change, "refund")
    instead = {sight["key"]: (sight["fingerprint"], function("refund", "New."))}
    new = [function("a"), function("b")]
    return tools.bring_in(change, actor=acting(alice), tools=new, instead=instead)


def prints(change: Change, *keys: str) -> dict[str, str]:
    return {row.key: row.fingerprint for row in tools.rows(fresh(change)) if row.key in keys}


def test_several_come_in_and_take_a_place_in_one_save(change: Change, alice: User) -> None:
    key = key_of(change, "refund")
    with tells("change.edited"):
        done = bring(change, alice)
    assert listed(change) == ["code_interpreter", "get_order", "mcp", "refund", "a", "b"]
    assert done.keys == (key, key_of(change, "a"), key_of(change, "b"))
    row = tools.find(fresh(change), key)
    assert row
    assert row.tool["function"]["description"] == "New."


def test_taking_them_back_gives_the_same_text_again(change: Change, alice: User) -> None:
    before = fresh(change)
    replaced, *added = bring(change, alice).keys
    with tells("change.edited"):
        tools.take_back(
            change,
            actor=acting(alice),
            added=prints(change, *added),
            replaced=prints(change, replaced),
        )
    now = fresh(change)
    assert (now.digest, tools.rows(now)) == (before.digest, tools.rows(before))
    assert [tool_names(one["tool"]) for one in tools.removed_of(now)] == ["a", "b"]


@pytest.mark.parametrize("which", ["added", "replaced"])
def test_what_was_edited_since_is_not_taken_back(change: Change, alice: User, which: str) -> None:
    replaced, *added = bring(change, alice).keys
    sent = {"added": prints(change, *added), "replaced": prints(change, replaced)}
    key = next(iter(sent[which]))
    edited = function("edited", "By hand.")
    tools.replace(change, actor=acting(alice), key=key, fingerprint=sent[which][key], tool=edited)
    with refuses(Conflict, "stale"):
        tools.take_back(change, actor=acting(alice), **sent)


def test_what_is_not_kept_any_more_is_not_taken_back(change: Change, alice: User) -> None:
    replaced, *_added = bring(change, alice).keys
    Change.objects.filter(pk=change.pk).update(removed_tools=None)
    with refuses(Conflict, "gone"):
        sent = prints(change, replaced)
        tools.take_back(change, actor=acting(alice), added={}, replaced=sent)
