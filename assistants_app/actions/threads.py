"""Comments on a Change: kept private or sent, settled and opened again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from assistants_app import contract, policies
from assistants_app.actions import audit, shown, texts
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import Change, Comment, Thread
from assistants_app.textdiff import cuts

if TYPE_CHECKING:
    from assistants_app.models import Review
    from assistants_app.policies import Actor

QUOTED = 2_000  # characters of the lines that a thread keeps to quote


@dataclass(frozen=True, slots=True)
class Anchor:
    """Lines `first` to `last` of a part: 0 is the part as a whole, part "" the whole Change.

    `digest`: the Change's text that the person saw, whichever side the lines are on.
    """

    digest: str
    part: str = ""
    side: str = Thread.Side.NEW.value
    first: int = 0
    last: int = 0


@transaction.atomic
def comment(change: Change, *, actor: Actor, on: Anchor | Thread, text: str) -> Comment:
    """Say something that everybody reads at once.

    Raises Invalid (`text`), Conflict (`state`, `digest` where the lines cannot be found any more).
    """
    row = _say(change, actor, on, text, is_sent=True)
    _record("comment.made", row.thread, actor, comment=str(row.pk))
    return row


@audit.bookkeeping
@transaction.atomic
def keep(change: Change, *, actor: Actor, on: Anchor | Thread, text: str) -> Comment:
    """Say something that nobody else reads before this person's review is sent. As `comment`."""
    return _say(change, actor, on, text, is_sent=False)


def _say(change: Change, actor: Actor, on: Anchor | Thread, text: str, *, is_sent: bool) -> Comment:
    workspace = change.assistant.workspace
    policies.require(actor, "change.comment", workspace, on=change)
    if not _is_open(change):
        raise Conflict("This change is closed, so it takes no more comments.", code="state")
    if not text.strip():
        raise Invalid("text", "Write a comment.")
    texts.fit(Comment, text=text)
    thread = on if isinstance(on, Thread) else _begin(change, actor, on)
    now = timezone.now()
    return Comment.objects.create(
        thread=thread, author=actor.person, text=text, at=now, sent_at=now if is_sent else None
    )


def _is_open(change: Change) -> bool:
    """As it is now: whoever is making it live or withdrawing it waits, or was first."""
    rows = Change.objects.select_for_update(of=("self",)).filter(pk=change.pk)
    state = rows.values_list("state", flat=True).first()
    return state in Change.OPEN


def _begin(change: Change, actor: Actor, at: Anchor) -> Thread:
    if not at.part:
        return Thread.objects.create(change=change, digest=change.digest, by=actor.person)
    document = shown.text_of(change, at.digest)
    if document is None:
        raise Conflict("This change was edited since you opened it.", code="digest", change=change)
    digest = at.digest
    if at.side == Thread.Side.OLD.value:
        base = change.base
        document, digest = (base.document(), base.digest) if base else ({}, "")
    elif digest == change.digest:
        shown.keep(change)  # so that the lines can be followed through later edits
    lines = cuts.lines(shown.plain_text(document, at.part))
    if at.part not in contract.FIELDS or not 0 <= at.first <= at.last <= len(lines):
        raise Invalid("text", "There are no such lines to comment on.")
    return Thread.objects.create(
        change=change,
        part=at.part,
        side=at.side,
        digest=digest,
        first=at.first,
        last=at.last,
        quote="\n".join(lines[at.first - 1 : at.last])[:QUOTED] if at.first else "",
        by=actor.person,
    )


@transaction.atomic
def send(comment: Comment, *, actor: Actor) -> Comment:
    """Send this one now, without a review. Only one's own; Conflict (`state`) for a sent one."""
    row = _mine(comment, actor)
    row.sent_at = timezone.now()
    row.save(update_fields=["sent_at"])
    _record("comment.made", row.thread, actor, comment=str(row.pk))
    return row


@audit.bookkeeping
@transaction.atomic
def drop(comment: Comment, *, actor: Actor) -> None:
    """Take back a comment that nobody else has read; with its thread where it was all of it."""
    row = _mine(comment, actor)
    row.delete()
    Thread.objects.filter(pk=row.thread_id, comments=None).delete()


def _mine(comment: Comment, actor: Actor) -> Comment:
    """Raises NotAllowed for another's, Conflict where it was sent or taken back meanwhile."""
    change = comment.thread.change
    workspace = change.assistant.workspace
    policies.require(actor, "change.comment", workspace, on=change)
    rows = Comment.objects.select_for_update(of=("self",)).select_related("thread__change")
    row = rows.filter(pk=comment.pk, sent_at=None).first()
    if row is None:
        raise Conflict("This comment was sent or taken back meanwhile.", code="state")
    if row.author_id != actor.person.pk:
        message = "Only the person who wrote this comment can do this."
        raise policies.refusal(message, "change.comment", workspace, change)
    return row


def pending(change: Change, actor: Actor) -> list[Comment]:
    """This person's comments on the Change that nobody else has read, oldest first."""
    rows = Comment.objects.filter(thread__change=change, author=actor.person, sent_at=None)
    return list(rows.select_related("thread"))


@audit.bookkeeping
def send_with(review: Review, actor: Actor) -> list[str]:
    """Send what is pending with this review, in its transaction; the ids, as the audit has them."""
    ids = [row.pk for row in pending(review.change, actor)]
    Comment.objects.filter(pk__in=ids).update(sent_at=review.at, review=review)
    return [str(pk) for pk in ids]


@transaction.atomic
def resolve(thread: Thread, *, actor: Actor) -> Thread:
    """Settle it: for whoever wrote in the Change or in the thread. Conflict (`state`) for twice."""
    _may_settle(thread, actor)
    values = {"resolved_at": timezone.now(), "resolved_by": actor.person}
    if Thread.objects.filter(pk=thread.pk, resolved_at=None).update(**values) != 1:
        raise Conflict("This comment is settled already.", code="state")
    _record("thread.resolved", thread, actor)
    return thread


@transaction.atomic
def reopen(thread: Thread, *, actor: Actor) -> Thread:
    """Open it again: for the same people. Conflict (`state`) where it is open."""
    _may_settle(thread, actor)
    values = {"resolved_at": None, "resolved_by": None}
    rows = Thread.objects.filter(pk=thread.pk).exclude(resolved_at=None)
    if rows.update(**values) != 1:
        raise Conflict("This comment is open already.", code="state")
    _record("thread.reopened", thread, actor)
    return thread


def _may_settle(thread: Thread, actor: Actor) -> None:
    workspace = thread.change.assistant.workspace
    policies.require(actor, "change.comment", workspace, on=thread.change)
    if not _is_open(thread.change):
        raise Conflict("This change is closed, so its comments stay as they are.", code="state")
    if reason := policies.why_not_settle(actor, thread):
        raise policies.refusal(reason, "change.comment", workspace, thread.change)


@audit.bookkeeping
@transaction.atomic
def mark_seen(change: Change, *, actor: Actor, part: str, digest: str, is_seen: bool) -> None:
    """Note that this person has read a part as it is with this digest of the part; or not."""
    policies.require(actor, "workspace.read", change.assistant.workspace, on=change)
    if not is_seen:
        change.seen.filter(user=actor.person, part=part).delete()
        return
    change.seen.update_or_create(user=actor.person, part=part, defaults={"digest": digest})


def _record(action: str, thread: Thread, actor: Actor, **ids: str) -> None:
    change = thread.change
    audit.record(
        action,
        actor=actor,
        workspace=change.assistant.workspace,
        assistant=change.assistant,
        on=change,
        after=change.digest,
        data={"thread": str(thread.pk), "part": thread.part, **ids},
    )
