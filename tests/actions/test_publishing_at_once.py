"""Two people at once: one of them publishes, and nothing that nobody approved."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from assistants_app.actions import changes, publishing, reviews, updating, workspaces
from assistants_app.errors import Conflict
from assistants_app.models import (
    AuditEntry,
    Change,
    Version,
    chain,
)
from tests.builders import (
    acting,
    make_approved,
    make_assistant,
    make_change,
    make_member,
    make_person,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(workspace: Workspace, alice: User, bob: User) -> Change:
    """A new assistant, approved by Bob."""
    return make_approved(workspace, author=alice, reviewer=bob)


# --- at once ----------------------------------------------------------------------------------


def _at_once(*works: Callable[[], object]) -> list[object]:
    """What each returned or raised, begun at the same moment, each on a connection of its own."""
    gate = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(at: int, work: Callable[[], object]) -> None:
        try:
            gate.wait(5)
            results[at] = work()
        except Exception as error:
            results[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def _sorted(results: list[object]) -> list[str]:
    return sorted(getattr(result, "code", type(result).__name__) for result in results)


@pytest.mark.django_db(transaction=True)
def test_two_publishers_at_once_make_one_version(approved: Change, bob: User, dora: User) -> None:
    results = _at_once(
        lambda: publishing.publish(approved, actor=acting(bob)),
        lambda: publishing.publish(approved, actor=acting(dora)),
        lambda: publishing.publish(approved, actor=acting(bob)),
    )
    assert _sorted(results) == ["Version", "state", "state"]
    assert Version.objects.count() == 1
    assert AuditEntry.objects.filter(action="version.published").count() == 1
    assert chain.verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_two_changes_of_one_assistant_at_once_make_one_version(
    workspace: Workspace, alice: User, bob: User
) -> None:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    people = [make_person(name) for name in ("erin", "frank", "gina")]
    proposals = []
    for person in people:
        make_member(workspace, person, "editor")
        proposals.append(
            make_approved(assistant, author=person, reviewer=bob, name=person.username)
        )
    results = _at_once(
        *[
            lambda change=change: publishing.publish(change, actor=acting(bob))
            for change in proposals
        ]
    )
    assert _sorted(results) == ["Version", "outdated", "outdated"]
    assert list(assistant.versions.values_list("number", flat=True)) == [2, 1]
    assert chain.verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_publishing_and_editing_at_once_never_publishes_what_nobody_approved(
    approved: Change, alice: User, bob: User
) -> None:
    digest = approved.digest
    results = _at_once(
        lambda: publishing.publish(approved, actor=acting(bob)),
        lambda: changes.edit(
            approved, actor=acting(alice), lock=approved.lock, values={"name": "Slipped in"}
        ),
    )
    done = [result for result in results if not isinstance(result, Exception)]
    assert len(done) == 1, results
    assert set(Version.objects.values_list("digest", flat=True)) <= {digest}


@pytest.mark.django_db(transaction=True)
def test_two_last_approvals_at_once_approve(
    workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    workspaces.set_rules(workspace, actor=acting(dora), approvals=2)
    change = changes.submit(make_change(workspace, alice), actor=acting(alice))
    results = _at_once(
        lambda: reviews.approve(change, actor=acting(bob), digest=change.digest),
        lambda: reviews.approve(change, actor=acting(dora), digest=change.digest),
    )
    assert _sorted(results) == ["Change", "Change"], results
    assert Change.objects.get(pk=change.pk).state == Change.State.APPROVED


@pytest.fixture
def outdated(workspace: Workspace, alice: User, bob: User, dora: User) -> Change:
    """Alice's draft from version 1, while version 2 is live."""
    live = make_assistant(workspace, author=alice, reviewer=bob)
    change = make_change(live, alice, name="Mine")
    make_assistant(live, author=bob, reviewer=dora, temperature=0.7)
    return Change.objects.get(pk=change.pk)


def _seen(change: Change) -> str:
    found = updating.of(Change.objects.get(pk=change.pk))
    assert found
    return found.seen


@pytest.mark.django_db(transaction=True)
def test_updating_while_another_one_goes_live_is_never_on_a_text_nobody_saw(
    outdated: Change, alice: User, bob: User, dora: User
) -> None:
    other = make_approved(outdated.assistant, author=bob, reviewer=dora, temperature=0.9)
    seen = _seen(outdated)
    results = _at_once(
        lambda: updating.update(outdated, actor=acting(alice), seen=seen, picks={}),
        lambda: publishing.publish(other, actor=acting(dora)),
    )
    assert isinstance(results[1], Version)
    now = Change.objects.get(pk=outdated.pk)
    assert now.base
    if isinstance(results[0], Conflict):
        assert (now.base.number, now.temperature) == (1, None)
    else:
        assert (now.base.number, now.temperature) == (2, 0.7)
    assert now.name == "Mine"
    assert now.is_outdated
    assert chain.verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_updating_and_typing_at_once_keeps_what_was_typed_or_says_so(
    outdated: Change, alice: User, bob: User
) -> None:
    seen, lock, typed = _seen(outdated), outdated.lock, {"description": "Typed."}
    results = _at_once(
        lambda: updating.update(outdated, actor=acting(bob), seen=seen, picks={}),
        lambda: changes.edit(outdated, actor=acting(alice), lock=lock, values=typed),
    )
    now = Change.objects.get(pk=outdated.pk)
    updated, edited = (not isinstance(result, Exception) for result in results)
    assert updated or edited
    assert all(isinstance(one, Change | Conflict) for one in results)
    assert (now.description == "Typed.") == edited
    assert now.is_outdated != updated
    assert now.lock == lock + updated + edited
