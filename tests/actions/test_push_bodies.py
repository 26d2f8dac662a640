"""What exactly is sent: what the review page shows is what arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app import contract
from assistants_app.actions import publishing, push_bodies
from tests.actions.pushed import order_of, push
from tests.builders import acting, make_approved, make_assistant

if TYPE_CHECKING:
    from assistants_app.models import Assistant, Connection, User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
FIELDS = {
    "metadata": {"team": "care"},
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "temperature": contract.parse("0.50"),
}


@pytest.mark.usefixtures("connected")
def test_a_first_push_sends_what_was_shown_but_for_our_marks_number(
    workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    change = make_approved(workspace, author=alice, reviewer=bob, **FIELDS)
    shown = push_bodies.preview_body(change)
    publishing.publish(change, actor=acting(bob))
    push(change.assistant)
    text = contract.dumps(shown).replace(
        "set-when-published", str(order_of(change.assistant).op_id)
    )
    assert up.writes()[0].body.decode() == text


def test_a_later_push_sends_what_was_shown_to_the_byte(
    published: Assistant, alice: User, bob: User, up: Upstream
) -> None:
    push(published)
    change = make_approved(published, author=alice, reviewer=bob, name="Second", **FIELDS)
    shown = push_bodies.preview_body(change)
    publishing.publish(change, actor=acting(bob))
    push(published)
    assert up.writes()[-1].body.decode() == contract.dumps(shown)


def test_the_mark_leads_back_to_its_version(
    published: Assistant, connected: Connection, alice: User, bob: User
) -> None:
    make_assistant(published, author=alice, reviewer=bob, name="Second")
    order = order_of(published)
    for version in published.versions.all():
        mark = push_bodies.mark(order, version)
        assert len(mark) < 64
        assert push_bodies.marked_version(order, mark) == version
    assert connected.pk


@pytest.mark.parametrize(
    "marker",
    ["", "x", "other:1:abcdef01", "{op}", "{op}:x:y", "{op}:9:00000000", "{op}:1:ffffffff"],
)
def test_a_mark_that_is_not_ours_leads_nowhere(published: Assistant, marker: str) -> None:
    order = order_of(published)
    assert push_bodies.marked_version(order, marker.format(op=order.op_id)) is None


def test_without_a_connection_there_is_something_to_show_all_the_same(
    workspace: Workspace, alice: User, bob: User
) -> None:
    change = make_approved(workspace, author=alice, reviewer=bob, **FIELDS)
    shown = push_bodies.preview_body(change)
    assert {name: shown[name] for name in FIELDS if name != "metadata"} == {
        name: FIELDS[name] for name in FIELDS if name != "metadata"
    }
