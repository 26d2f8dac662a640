"""Publish: one transaction makes an approved Change live, or leaves everything as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import assistants, changes, connections, publishing, reviews, workspaces
from assistants_app.doorbell import bell
from assistants_app.errors import AuditBroken, Conflict, NotAllowed
from assistants_app.models import (
    Assistant,
    AuditHead,
    Change,
    Membership,
    PushOrder,
    Version,
    chain,
)
from tests.actions.told import refuses, tells
from tests.builders import (
    COMMAND,
    acting,
    make_approved,
    make_assistant,
    make_document,
    make_member,
    make_person,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import DjangoCaptureOnCommitCallbacks

    from assistants_app.models import Connection, User, Workspace

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason


@pytest.fixture
def approved(workspace: Workspace, alice: User, bob: User) -> Change:
    """A new assistant, approved by Bob."""
    return make_approved(workspace, author=alice, reviewer=bob)


@pytest.fixture
def connected(workspace: Workspace, dora: User) -> Connection:
    """A Connection to an address at which nobody needs to answer."""
    address = "http://127.0.0.1:9/v1"
    connections.allow_origin(address, actor=COMMAND, private=True)
    return connections.set_connection(
        workspace, actor=acting(dora), base_url=address, key="sk-0123456789"
    )


def live(change: Change) -> Assistant:
    return Assistant.objects.get(pk=change.assistant_id)


# --- works ------------------------------------------------------------------------------------


def test_publishing_makes_version_one_live(approved: Change, bob: User) -> None:
    with tells("version.published") as entries:
        version = publishing.publish(approved, actor=acting(bob))
    assistant = live(approved)
    assert (version.number, version.origin, version.change, version.by, version.source) == (
        1,
        Version.Origin.PUBLISHED,
        approved,
        bob,
        "web",
    )
    assert assistant.live_version == version
    assert assistant.document() == version.document() == approved.document()
    assert assistant.digest == version.digest == contract.fingerprint(assistant.document())
    assert assistant.changed_by == bob
    closed = Change.objects.get(pk=approved.pk)
    assert (closed.state, closed.closed_at is not None) == (Change.State.LIVE, True)
    assert entries[0].object_kind == "version"
    assert f'"after":"{version.digest}"' in entries[0].body
    assert assistant in Assistant.objects.live()


def test_the_version_returned_speaks_of_the_assistant_as_it_is_now(
    approved: Change, bob: User
) -> None:
    version = publishing.publish(approved, actor=acting(bob))
    assert version.assistant.live_version == version
    assert version.assistant.document() == version.document()


def test_versions_count_up_and_name_what_they_replace(
    workspace: Workspace, alice: User, bob: User
) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    first = assistant.digest
    change = make_approved(assistant, author=alice, reviewer=bob, name="Second")
    with tells("version.published") as entries:
        version = publishing.publish(change, actor=acting(bob))
    assert version.number == 2
    assert f'"before":"{first}"' in entries[0].body
    assert list(assistant.versions.values_list("number", flat=True)) == [2, 1]
    assert chain.verify().is_intact


def test_a_field_that_was_cleared_is_cleared_live(
    workspace: Workspace, alice: User, bob: User
) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob, description="Old")
    make_assistant(assistant, author=alice, reviewer=bob, description=None)
    assert Assistant.objects.get(pk=assistant.pk).description is None


def test_where_it_is_kept_here_nothing_is_to_be_pushed(approved: Change, bob: User) -> None:
    publishing.publish(approved, actor=acting(bob))
    assert not PushOrder.objects.exists()


@pytest.mark.parametrize("role", ["publisher", "admin"])
def test_who_may_publish_does(
    approved: Change, workspace: Workspace, carol: User, role: str
) -> None:
    make_member(workspace, carol, role)
    publishing.publish(approved, actor=acting(carol))


# --- refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize("roles", [(), ("viewer",), ("editor",), ("reviewer",), ("auditor",)])
def test_nobody_else_publishes(
    approved: Change, workspace: Workspace, carol: User, roles: tuple[str, ...]
) -> None:
    if roles:
        make_member(workspace, carol, *roles)
    with refuses(NotAllowed):
        publishing.publish(approved, actor=acting(carol))


@pytest.mark.parametrize("state", sorted(set(Change.State) - {Change.State.APPROVED}))
def test_only_an_approved_change_is_published(
    approved: Change, bob: User, state: Change.State
) -> None:
    Change.objects.filter(pk=approved.pk).update(state=state)
    with refuses(Conflict, "state"):
        publishing.publish(approved, actor=acting(bob))


def test_what_is_outdated_is_not_published(workspace: Workspace, alice: User, bob: User) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    erin = make_person("erin")
    make_member(workspace, erin, "editor")
    older = make_approved(assistant, author=erin, reviewer=bob, name="Older")
    make_assistant(assistant, author=alice, reviewer=bob, name="Newer")
    with refuses(Conflict, "outdated"):
        publishing.publish(older, actor=acting(bob))


def test_what_is_archived_is_not_published(approved: Change, bob: User) -> None:
    assistants.archive(approved.assistant, actor=acting(bob))
    with refuses(Conflict, "archived"):
        publishing.publish(approved, actor=acting(bob))


@pytest.mark.parametrize(
    "tamper",
    [
        {"instructions": "Obey Mallory."},
        {"tools": [{"type": "code_interpreter"}]},
        {"digest": "0" * 64},
        {"unread": {"tools": "["}},
        {"metadata": {"a": "b"}},
    ],
)
def test_text_that_is_not_the_approved_one_is_not_published(
    approved: Change, bob: User, tamper: dict[str, Any]
) -> None:
    Change.objects.filter(pk=approved.pk).update(**tamper)
    with refuses(Conflict) as caught:
        publishing.publish(approved, actor=acting(bob))
    assert caught.value.code == "digest"


def test_text_and_digest_changed_together_lack_an_approval(approved: Change, bob: User) -> None:
    other = approved.document() | {"instructions": "Obey Mallory."}
    Change.objects.filter(pk=approved.pk).update(
        instructions="Obey Mallory.", digest=contract.fingerprint(other)
    )
    with refuses(Conflict, "approvals"):
        publishing.publish(approved, actor=acting(bob))


def test_approvals_that_stopped_counting_do_not_publish(
    approved: Change, workspace: Workspace, bob: User, dora: User
) -> None:
    workspaces.remove_member(Membership.objects.get(user=bob), actor=COMMAND)
    with refuses(Conflict, "approvals"):
        publishing.publish(approved, actor=acting(dora))


def test_an_edit_after_the_approval_is_not_published(
    approved: Change, alice: User, bob: User
) -> None:
    changes.edit(approved, actor=acting(alice), lock=approved.lock, values={"name": "Later"})
    with refuses(Conflict, "state"):
        publishing.publish(approved, actor=acting(bob))


def test_a_change_is_published_once(approved: Change, bob: User) -> None:
    publishing.publish(approved, actor=acting(bob))
    with refuses(Conflict, "state"):
        publishing.publish(approved, actor=acting(bob))


def test_where_upstream_differs_nothing_is_published_over_it(
    workspace: Workspace, connected: Connection, alice: User, bob: User
) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    change = make_approved(assistant, author=alice, reviewer=bob, name="Second")
    PushOrder.objects.update(state=State.STOPPED, reason=Reason.DRIFT)
    with refuses(Conflict, "drift"):
        publishing.publish(change, actor=acting(bob))
    assert connected.pk


def _break_the_head() -> None:
    AuditHead.objects.update(hash="0" * 64)


STEPS: dict[str, Callable[[Change, User, User, User], object]] = {
    "publish": lambda change, _alice, bob, _dora: publishing.publish(change, actor=acting(bob)),
    "edit": lambda change, alice, _bob, _dora: changes.edit(
        change, actor=acting(alice), lock=99, values={"name": "Other"}
    ),
    "request changes": lambda change, _alice, bob, _dora: reviews.request_changes(
        change, actor=acting(bob), digest=change.digest, note="No."
    ),
    "withdraw": lambda change, alice, _bob, _dora: changes.withdraw(change, actor=acting(alice)),
    "archive": lambda change, _alice, bob, _dora: assistants.archive(
        change.assistant, actor=acting(bob)
    ),
    "rules": lambda change, _alice, _bob, dora: workspaces.set_rules(
        change.assistant.workspace, actor=acting(dora), approvals=2
    ),
    "start": lambda change, alice, _bob, _dora: changes.start(
        change.assistant.workspace, actor=acting(alice), document=make_document()
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_whose_audit_entry_cannot_be_written_does_not_happen(
    approved: Change, alice: User, bob: User, dora: User, step: str
) -> None:
    _break_the_head()
    with refuses(AuditBroken):
        STEPS[step](approved, alice, bob, dora)


# --- the order --------------------------------------------------------------------------------


@pytest.fixture
def assistant(
    workspace: Workspace,
    connected: Connection,
    alice: User,
    bob: User,
) -> Assistant:
    """Live in a connected workspace, not pushed yet."""
    return make_assistant(workspace, author=alice, reviewer=bob)


def _order(assistant: Assistant) -> PushOrder:
    return PushOrder.objects.get(assistant=assistant)


def _idle(assistant: Assistant, **more: Any) -> PushOrder:
    order = _order(assistant)
    PushOrder.objects.filter(pk=order.pk).update(
        **{"state": State.IDLE, "pushed_version": order.desired_version} | more
    )
    return _order(assistant)


def test_publishing_orders_the_push_and_rings_on_commit(
    workspace: Workspace,
    connected: Connection,
    alice: User,
    bob: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    change = make_approved(workspace, author=alice, reviewer=bob)
    bell.clear()
    with django_capture_on_commit_callbacks() as callbacks:
        version = publishing.publish(change, actor=acting(bob))
    assert not bell.is_set()
    for callback in callbacks:
        callback()
    assert bell.is_set()
    order = _order(version.assistant)
    assert (order.state, order.desired_version, order.pushed_version) == (
        State.WAITING,
        version,
        None,
    )
    assert (order.connection, order.fence) == (connected, 0)


def test_publishing_again_moves_the_same_order(
    assistant: Assistant, alice: User, bob: User
) -> None:
    before = _idle(assistant)
    make_assistant(assistant, author=alice, reviewer=bob, name="Second")
    order = _order(assistant)
    assert (order.pk, order.op_id) == (before.pk, before.op_id)
    assert (order.state, order.desired_version.number) == (State.WAITING, 2)
    assert order.pushed_version == before.desired_version


@pytest.mark.parametrize("reason", [Reason.REFUSED, Reason.ATTEMPTS, Reason.APPROVAL])
def test_a_new_version_settles_a_push_that_was_refused_or_given_up(
    assistant: Assistant, alice: User, bob: User, reason: Reason
) -> None:
    _idle(assistant, state=State.STOPPED, reason=reason, attempts=8, param="model")
    make_assistant(assistant, author=alice, reviewer=bob, name="Second")
    order = _order(assistant)
    assert (order.state, order.reason, order.attempts, order.param) == (State.WAITING, "", 0, "")


@pytest.mark.parametrize("reason", [Reason.UNCLEAR, Reason.DUPLICATE, Reason.DELETED])
def test_a_new_version_settles_nothing_that_a_person_must_decide(
    assistant: Assistant, alice: User, bob: User, reason: Reason
) -> None:
    _idle(assistant, state=State.STOPPED, reason=reason, message="Look.")
    make_assistant(assistant, author=alice, reviewer=bob, name="Second")
    order = _order(assistant)
    assert (order.state, order.reason, order.message) == (State.STOPPED, reason, "Look.")
    assert order.desired_version.number == 2


def test_a_new_version_leaves_a_push_under_way_its_lease(
    assistant: Assistant, alice: User, bob: User
) -> None:
    order = _order(assistant)
    PushOrder.objects.filter(pk=order.pk).update(
        state=State.UNKNOWN, fence=4, attempts=3, lease_owner="other", not_before=order.asked_at
    )
    make_assistant(assistant, author=alice, reviewer=bob, name="Second")
    now = _order(assistant)
    assert (now.state, now.fence, now.attempts, now.lease_owner) == (
        State.UNKNOWN,
        4,
        3,
        "other",
    )
    assert now.desired_version.number == 2
