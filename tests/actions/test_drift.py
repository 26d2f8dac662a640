"""Drift: three texts, a choice for each part, and a Change that settles it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import changes, drift, publishing, reviews
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.models import Assistant, Change, PushOrder, UpstreamCopy
from tests.actions.pulled import check
from tests.actions.pushed import order_of, push, settle, there
from tests.actions.told import refuses, tells
from tests.builders import acting, make_assistant, make_change, make_member, make_person

if TYPE_CHECKING:
    from assistants_app.actions.merging_parts import Picks
    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
TEXT = "Greet.\nHelp.\nBe brief.\nThank.\n"


def now(assistant: Assistant) -> Assistant:
    return Assistant.objects.select_related("workspace__connection").get(pk=assistant.pk)


def of(assistant: Assistant) -> drift.Drift:
    found = drift.of(now(assistant))
    assert found is not None
    return found


def picked(found: drift.Drift, side: Any) -> Picks:
    return {choice.key: side for part in found.parts for choice in part.choices}


@pytest.fixture
def live(published: Assistant, alice: User, bob: User, up: Upstream) -> Assistant:
    """In sync, with instructions of four lines."""
    make_assistant(published, author=alice, reviewer=bob, instructions=TEXT)
    settle(published)
    return now(published)


@pytest.fixture
def drifted(live: Assistant, alice: User, bob: User, up: Upstream) -> Assistant:
    """Upstream moved temperature, a line of its own and a line that moved here too."""
    row = there(up)
    row["temperature"] = 0.7
    row["instructions"] = TEXT.replace("Greet.", "Greet warmly.").replace("brief", "short")
    mine = TEXT.replace("brief", "quick")
    make_assistant(live, author=alice, reviewer=bob, instructions=mine, name="Renamed")
    assert push(live).reason == Reason.DRIFT
    return now(live)


def approved(change: Change, author: User, reviewer: User) -> Change:
    done = changes.submit(Change.objects.get(pk=change.pk), actor=acting(author))
    return reviews.approve(done, actor=acting(reviewer), digest=done.digest)


# --- what differs -----------------------------------------------------------------------------


def test_only_parts_that_differ_and_who_changed_them(drifted: Assistant) -> None:
    kinds = {part.field: part.kind for part in of(drifted).parts}
    assert kinds == {"name": "ours", "instructions": "overlap", "temperature": "theirs"}


def test_what_one_side_changed_is_proposed_and_an_overlap_stays_ours(drifted: Assistant) -> None:
    found = of(drifted)
    document = found.document({})
    assert (document["name"], document["temperature"]) == ("Renamed", 0.7)
    assert document["instructions"] == "Greet warmly.\nHelp.\nBe quick.\nThank.\n"
    outcomes = {part.field: part.outcome({}) for part in found.parts}
    assert outcomes == {"name": "kept", "instructions": "merged", "temperature": "taken"}


def test_each_block_of_lines_has_its_own_choice(drifted: Assistant) -> None:
    found = of(drifted)
    [text] = [part for part in found.parts if part.field == "instructions"]
    assert [choice.kind for choice in text.choices] == ["theirs", "overlap"]
    picks: Picks = {text.choices[0].key: "ours", text.choices[1].key: "theirs"}
    assert found.document(picks)["instructions"] == "Greet.\nHelp.\nBe short.\nThank.\n"


def test_all_of_one_side_is_that_side(drifted: Assistant) -> None:
    found = of(drifted)
    assert found.equals("theirs", picked(found, "theirs"))
    assert found.equals("ours", picked(found, "ours"))
    assert not found.equals("ours", {})
    assert found.taken(picked(found, "ours")) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 1.0, "top_p": 1},
        {"instructions": TEXT.replace("\n", "\r\n")},
        {"description": "", "metadata": {"team": "care"}, "tool_resources": {}},
    ],
)
def test_defaults_order_and_line_ends_are_no_drift(
    live: Assistant, up: Upstream, change: dict[str, Any]
) -> None:
    there(up).update(change)
    assert push_again(live).state == State.IDLE
    assert drift.of(live) is None


def push_again(assistant: Assistant) -> PushOrder:
    PushOrder.objects.update(state=State.WAITING)
    return push(assistant)


def test_order_alone_is_no_part_and_is_not_written_back(
    published: Assistant, alice: User, bob: User, up: Upstream
) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    make_assistant(published, author=alice, reviewer=bob, tools=[tool])
    settle(published)
    turned = dict(reversed(schema["properties"].items()))  # type: ignore[attr-defined]
    row: Any = there(up)
    row["tools"][0]["function"]["parameters"]["properties"] = turned
    row["temperature"] = 0.5
    make_assistant(published, author=alice, reviewer=bob, name="Renamed")
    push(published)
    found = of(published)
    assert [part.field for part in found.parts] == ["name", "temperature"]
    change = take_in(published, bob, picked(found, "theirs"))
    publishing.publish(approved(change, bob, alice_reviews(published)), actor=acting(bob))
    writes = len(up.writes())
    assert settle(published).state == State.IDLE
    assert len(up.writes()) == writes


def alice_reviews(assistant: Assistant) -> User:
    """Somebody else who may approve."""
    person = make_person("ruth")
    make_member(assistant.workspace, person, "reviewer")
    return person


# --- take in ----------------------------------------------------------------------------------


def take_in(assistant: Assistant, who: User, picks: Picks, mine: drift.Existing = "") -> Change:
    found = of(assistant)
    return drift.take_in(now(assistant), actor=acting(who), seen=found.seen, picks=picks, mine=mine)


def test_the_result_is_a_change_that_says_where_it_comes_from(
    drifted: Assistant, bob: User
) -> None:
    with tells("change.opened", "upstream.decided"):
        change = take_in(drifted, bob, {})
    assert (change.title, change.state) == ("Taken in from upstream", Change.State.DRAFT)
    assert change.document() == of(drifted).document({})
    assert drift.decided(change) == UpstreamCopy.objects.get(kind="theirs").digest
    assert order_of(drifted).reason == Reason.DRIFT  # nothing moves before it is published


def test_a_published_result_is_pushed_over_what_was_shown(
    drifted: Assistant, bob: User, up: Upstream
) -> None:
    change = take_in(drifted, bob, {})
    publishing.publish(approved(change, bob, alice_reviews(drifted)), actor=acting(bob))
    order = order_of(drifted)
    assert (order.state, order.reason) == (State.WAITING, "")
    assert not UpstreamCopy.objects.filter(kind="theirs").exists()
    assert settle(drifted).state == State.IDLE
    row = there(up)
    assert (row["name"], row["temperature"]) == ("Renamed", 0.7)
    assert row["instructions"] == "Greet warmly.\nHelp.\nBe quick.\nThank.\n"


def test_a_result_that_equals_upstream_writes_nothing(
    drifted: Assistant, bob: User, up: Upstream
) -> None:
    change = take_in(drifted, bob, picked(of(drifted), "theirs"))
    publishing.publish(approved(change, bob, alice_reviews(drifted)), actor=acting(bob))
    writes = len(up.writes())
    order = settle(drifted)
    assert (order.state, order.pushed_version) == (State.IDLE, order.desired_version)
    assert len(up.writes()) == writes


def test_upstream_that_moved_between_publish_and_push_is_drift_again(
    drifted: Assistant, bob: User, up: Upstream
) -> None:
    change = take_in(drifted, bob, {})
    publishing.publish(approved(change, bob, alice_reviews(drifted)), actor=acting(bob))
    there(up)["temperature"] = 0.1
    writes = len(up.writes())
    assert push(drifted).reason == Reason.DRIFT
    assert len(up.writes()) == writes
    assert there(up)["temperature"] == 0.1


def test_what_was_decided_on_an_older_text_cannot_be_published(
    drifted: Assistant, bob: User, up: Upstream, workspace: Workspace
) -> None:
    change = approved(take_in(drifted, bob, {}), bob, alice_reviews(drifted))
    there(up)["temperature"] = 0.1
    check(workspace, bob)
    assert "once more" in drift.blocks(change)
    with refuses(Conflict, "drift", match="once more"):
        publishing.publish(change, actor=acting(bob))


def test_another_change_cannot_be_published_before_it_is_settled(
    drifted: Assistant, alice: User, bob: User
) -> None:
    take_in(drifted, bob, {})
    other = approved(make_change(drifted, alice, description="Other."), alice, bob)
    with refuses(Conflict, "drift", match="settle that first"):
        publishing.publish(other, actor=acting(bob))


def test_what_moved_since_it_was_shown_is_not_decided(
    drifted: Assistant, bob: User, up: Upstream, workspace: Workspace
) -> None:
    seen = of(drifted).seen
    there(up)["temperature"] = 0.1
    check(workspace, bob)
    with refuses(Conflict, "stale"):
        drift.take_in(now(drifted), actor=acting(bob), seen=seen, picks={})


def test_choices_still_apply_where_their_text_is_the_same(
    drifted: Assistant, bob: User, up: Upstream, workspace: Workspace
) -> None:
    before = picked(of(drifted), "ours")
    there(up)["temperature"] = 0.1
    check(workspace, bob)
    moved = before.keys() - picked(of(drifted), "ours").keys()
    assert {key.split("-")[0] for key in moved} == {"temperature"}


def test_what_is_settled_is_not_decided_again(live: Assistant, bob: User) -> None:
    with refuses(Conflict, "state"):
        drift.take_in(live, actor=acting(bob), seen="", picks={})


@pytest.mark.parametrize("roles", [(), ("editor",), ("reviewer",), ("auditor",)])
def test_only_who_may_push_decides(
    drifted: Assistant, workspace: Workspace, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    change = make_change(drifted, carol) if set(roles) & {"editor", "reviewer"} else None
    with refuses(NotAllowed):
        take_in(drifted, carol, {})
    if change:
        with refuses(NotAllowed):
            drift.decide(change, actor=acting(carol), digest=of(drifted).digest)


# --- an open change of one's own --------------------------------------------------------------


def test_an_open_change_of_ones_own_is_asked_about(drifted: Assistant, bob: User) -> None:
    make_change(drifted, bob, description="Mine.")
    with refuses(Conflict, "open_change"):
        take_in(drifted, bob, {})


def test_what_was_taken_goes_into_ones_own_change(drifted: Assistant, bob: User) -> None:
    mine = make_change(drifted, bob, description="Mine.")
    with tells("change.edited", "upstream.decided"):
        change = take_in(drifted, bob, {}, "add")
    assert change.pk == mine.pk
    assert (change.description, change.temperature) == ("Mine.", 0.7)
    assert drift.blocks(change) == ""


def test_what_ones_own_change_says_otherwise_is_not_overwritten(
    drifted: Assistant, bob: User
) -> None:
    mine = make_change(drifted, bob, temperature=0.2)
    found = of(drifted)
    assert drift.overlapping(mine, found, {}) == ["temperature"]
    with refuses(Conflict, "overlap"):
        take_in(drifted, bob, {}, "add")


def test_ones_own_change_is_withdrawn_and_kept_for_reading(drifted: Assistant, bob: User) -> None:
    mine = make_change(drifted, bob, temperature=0.2)
    with tells("change.withdrawn", "change.opened", "upstream.decided"):
        change = take_in(drifted, bob, {}, "replace")
    mine.refresh_from_db()
    assert (mine.state, mine.temperature) == (Change.State.WITHDRAWN, 0.2)
    assert change.temperature == 0.7


# --- what we do not know survives -------------------------------------------------------------


def test_unknown_tools_and_fields_survive_pull_edit_and_push(
    live: Assistant, alice: User, bob: User, up: Upstream, workspace: Workspace
) -> None:
    tools = [
        {"type": "bing_grounding", "bing_grounding": {"z": 1, "a": None, "deep": {"k": [1.0]}}},
        {"type": "code_interpreter"},
        {"type": "acme", "acme": {"b": 2, "a": 1}, "note": "kept"},
    ]
    row: Any = there(up)
    row["tools"] = json.loads(json.dumps(tools))
    row["acme_region"] = {"name": "north", "zones": [3, 1]}
    check(workspace, bob)
    assert order_of(live).reason == Reason.DRIFT
    found = of(live)
    assert [part.field for part in found.parts] == ["tools"]
    change = take_in(live, bob, {})
    changes.edit(change, actor=acting(bob), lock=change.lock, values={"description": "Edited."})
    publishing.publish(approved(change, bob, alice_reviews(live)), actor=acting(bob))
    assert settle(live).state == State.IDLE
    sent = up.writes()[-1].json
    assert json.dumps(sent["tools"]) == json.dumps(tools)
    assert "acme_region" not in sent
    assert row["acme_region"] == {"name": "north", "zones": [3, 1]}
    assert row["description"] == "Edited."
    base = UpstreamCopy.objects.get(assistant=live, kind="base")
    assert contract.parse(base.extra) == {"acme_region": {"name": "north", "zones": [3, 1]}}
