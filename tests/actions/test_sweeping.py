"""What the marks in a list say: there more than once, or unknown here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.actions import push_doubts, push_links
from assistants_app.models import Assistant, PushOrder
from tests.actions.pulled import check
from tests.actions.pushed import order_of, settle
from tests.actions.told import tells
from tests.builders import acting

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason


@pytest.fixture
def live(published: Assistant) -> Assistant:
    settle(published)
    return Assistant.objects.get(pk=published.pk)


def copy(up: Upstream, live: Assistant, id_: str) -> None:
    """What a network that delivers late makes: the same once more, with the same mark."""
    row: dict[str, Any] = dict(up.assistants[live.upstream_id or ""])
    up.assistants[id_] = row | {"id": id_}


def test_one_that_is_there_twice_is_told_and_waits_for_a_person(
    live: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    copy(up, live, "asst_late")
    with tells("upstream.check_asked", "push.stopped", "upstream.checked"):
        job = check(workspace, bob)
    assert "1 there more than once" in job.progress
    order = order_of(live)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DUPLICATE)
    assert push_links.candidates(order) == [live.upstream_id, "asst_late"]
    assert len(up.writes()) == 1


def test_it_is_told_once_and_not_again_after_a_person_chose(
    live: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    copy(up, live, "asst_late")
    check(workspace, bob)
    with tells("upstream.check_asked", "upstream.checked"):
        check(workspace, bob)
    push_doubts.choose(order_of(live), actor=acting(bob), upstream_id=live.upstream_id or "")
    settle(live)
    with tells("upstream.check_asked", "upstream.checked"):
        job = check(workspace, bob)
    assert "more than once" not in job.progress
    assert order_of(live).state == State.IDLE
    copy(up, live, "asst_later")
    check(workspace, bob)
    assert push_links.candidates(order_of(live)) == [live.upstream_id, "asst_later"]


def test_what_stands_still_for_another_reason_is_left_so(
    live: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    copy(up, live, "asst_late")
    PushOrder.objects.update(state=State.STOPPED, reason=Reason.REFUSED)
    check(workspace, bob)
    assert order_of(live).reason == Reason.REFUSED


def test_a_mark_that_nobody_here_knows_is_told(
    live: Assistant, workspace: Workspace, bob: User, up: Upstream
) -> None:
    for n in range(7):
        mark = f"6f1c9a52-7f0e-4f6e-9d6e-0a1b2c3d4e{n:02}:3:0123abcd"
        up.add(f"asst_{n}", metadata={"_dash": mark})
    up.add("asst_odd", metadata={"_dash": "no uuid"})
    up.add("asst_theirs", metadata={"team": "x"})
    job = check(workspace, bob)
    assert "unknown here: was a backup restored? asst_0" in job.progress
    assert "and 3 more." in job.progress
    assert "asst_theirs" not in job.progress
    assert order_of(live).state == State.IDLE
