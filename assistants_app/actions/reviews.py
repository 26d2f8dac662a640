"""Reviews: one person's decision on exactly the content they saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

from assistants_app import policies
from assistants_app.actions import audit, texts, threads
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import Change, Comment, Review

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from assistants_app.models import Thread
    from assistants_app.policies import Actor

State = Change.State
Decision = Review.Decision


@transaction.atomic
def approve(change: Change, *, actor: Actor, digest: str, note: str = "") -> Change:
    """Approve the content with this digest; Approved as soon as enough Reviews count.

    An Approved one takes more where its approvals stopped counting: a rule, an address, a person.
    Raises NotAllowed for whoever wrote any part, Conflict (`digest`) when the content is another
    one now, Conflict (`state`) when it is not In review, Conflict (`again`) for a second time,
    Conflict (`outdated`, `comments`) for what has to be done before. Sends pending comments.
    """
    now = _reviewable(change, actor, digest, (State.IN_REVIEW, State.APPROVED))
    if reason := why_not_yet(now):
        raise Conflict(reason, code="outdated" if now.is_outdated else "comments", change=now)
    standing = policies.standing(now)
    if now.state == State.APPROVED and standing.is_enough:
        raise Conflict(Change.STANDS[now.state], code="state", change=now)
    if any(review.reviewer_id == actor.person.pk for review in standing.counting):
        raise Conflict("You already approved this text.", code="again", change=now)
    sent = _decide(now, actor, Decision.APPROVED, note)
    if now.state == State.IN_REVIEW and policies.standing(now).is_enough:
        _move(now, State.APPROVED)
    _record("change.approved", now, actor, sent)
    return now


def why_not_yet(change: Change) -> str:
    """What has to be done before anybody can approve this Change, in words; "" for nothing."""
    if change.is_outdated:
        return "Another version went live after this change began. It has to be updated first."
    if change.assistant.workspace.settle_comments and open_threads(change).exists():
        return "Comments are open. A rule of this workspace wants them settled before approval."
    return ""


def open_threads(change: Change) -> QuerySet[Thread]:
    """What was said and sent and is not settled."""
    said = Comment.objects.filter(thread=OuterRef("pk")).exclude(sent_at=None)
    return change.threads.filter(Exists(said), resolved_at=None)


@transaction.atomic
def request_changes(change: Change, *, actor: Actor, digest: str, note: str) -> Change:
    """Ask for something else; the note says what. Raises as `approve`, Invalid without a note."""
    now = _reviewable(change, actor, digest, (State.IN_REVIEW, State.APPROVED))
    if not note.strip():
        raise Invalid("note", "Say what should be different.")
    sent = _decide(now, actor, Decision.CHANGES_REQUESTED, note)
    _move(now, State.CHANGES_REQUESTED)
    _record("change.changes_requested", now, actor, sent)
    return now


@transaction.atomic
def comment(change: Change, *, actor: Actor, digest: str, note: str = "") -> Change:
    """Send pending comments, a note or both, and decide nothing. Raises as `approve`, Invalid where
    there is nothing to send.
    """
    now = _reviewable(change, actor, digest, (State.IN_REVIEW, State.APPROVED))
    if not note.strip() and not threads.pending(now, actor):
        raise Invalid("note", "Write something, or comment on a line first.")
    sent = _decide(now, actor, Decision.COMMENTED, note)
    _record("change.commented", now, actor, sent)
    return now


def _reviewable(
    change: Change, actor: Actor, digest: str, states: tuple[Change.State, ...]
) -> Change:
    workspace = change.assistant.workspace
    policies.require(actor, "change.review", workspace, on=change)
    if reason := policies.why_not_review(actor, change):
        raise policies.refusal(reason, "change.review", workspace, change)
    now = _locked(change)
    if now.state not in states:
        raise Conflict(Change.STANDS[now.state], code="state", change=now)
    if now.digest != digest:
        raise Conflict("This change was edited since you opened it.", code="digest", change=now)
    return now


def _locked(change: Change) -> Change:
    """The row as it is now. Two last approvals at once would each miss the other otherwise;
    SQLite's transactions exclude each other anyway.
    """
    rows = Change.objects.select_for_update(of=("self",))
    return rows.select_related("assistant__workspace", "base").get(pk=change.pk)


def _decide(change: Change, actor: Actor, decision: Review.Decision, note: str) -> list[str]:
    """Write it down and send what is pending with it: the ids of those comments."""
    texts.fit(Review, note=note)
    workspace = change.assistant.workspace
    review = Review.objects.create(
        change=change,
        digest=change.digest,
        base=change.base,
        connection_print=workspace.connection_print,
        rules_no=workspace.rules_no,
        reviewer=actor.person,
        decision=decision,
        note=note,
        source=actor.source,
    )
    return threads.send_with(review, actor)


def _move(change: Change, state: Change.State) -> None:
    moved = Change.objects.filter(pk=change.pk, lock=change.lock, digest=change.digest).update(
        state=state, lock=change.lock + 1
    )
    if moved != 1:
        raise Conflict("This change was edited since you opened it.", code="digest", change=change)
    change.state, change.lock = state, change.lock + 1


def _record(action: str, change: Change, actor: Actor, comments: list[str]) -> None:
    audit.record(
        action,
        actor=actor,
        workspace=change.assistant.workspace,
        assistant=change.assistant,
        on=change,
        before=change.base.digest if change.base else "",
        after=change.digest,
        data={"comments": comments} if comments else None,
    )
