"""The comments on a Change as its pages show them: where each is now, and who may do what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import shown
from assistants_app.contract import words
from assistants_app.models import Change, Comment, ShownText, Version
from assistants_app.textdiff import kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from assistants_app import contract
    from assistants_app.models import Thread
    from assistants_app.views.pages import Request

State = Change.State


@dataclass(frozen=True, slots=True)
class Talk:
    """One thread: `lines` are where it is now, None where its text is gone; (0, 0) is the part."""

    thread: Thread
    comments: list[Comment]
    lines: tuple[int, int] | None
    writers: frozenset[int]  # who wrote in the Change
    may_comment: bool
    may_settle: bool
    may_wait: bool  # comments can wait for this person's review

    @property
    def is_open(self) -> bool:
        """Sent and not settled."""
        return self.thread.resolved_at is None and any(one.sent_at for one in self.comments)

    @property
    def is_private(self) -> bool:
        return not any(one.sent_at for one in self.comments)

    @property
    def is_earlier(self) -> bool:
        return self.lines is None

    @property
    def place(self) -> str:
        """Where it is, in words."""
        label = words.LABELS.get(self.thread.part)
        part = _(label.label) if label else _("The whole change")
        if not self.thread.first:
            return part
        first, last = self.lines or (self.thread.first, self.thread.last)
        if first == last:
            return _("%(part)s, line %(first)s") % {"part": part, "first": first}
        return _("%(part)s, lines %(first)s to %(last)s") % {
            "part": part,
            "first": first,
            "last": last,
        }


@dataclass(frozen=True, slots=True)
class Discussion:
    """Every thread that this person may read, oldest first."""

    talks: list[Talk] = field(default_factory=list)

    @property
    def open(self) -> list[Talk]:
        return [talk for talk in self.talks if talk.is_open]

    @property
    def pending(self) -> list[Comment]:
        return [one for talk in self.talks for one in talk.comments if one.sent_at is None]

    def marked(self) -> dict[str, list[int]]:
        """By field, the lines of the new text that must be shown for the sake of a comment."""
        found: dict[str, list[int]] = {}
        for talk in self.talks:
            if talk.lines and talk.lines[1] and talk.thread.side == talk.thread.Side.NEW:
                found.setdefault(talk.thread.part, []).append(talk.lines[1])
        return found

    def beside(self, request: Request) -> dict[str, dict[tuple[str, int], SafeString]]:
        """By field, the finished HTML below each line."""
        found: dict[str, dict[tuple[str, int], SafeString]] = {}
        for talk in self.talks:
            if talk.lines and talk.lines[1]:
                own = found.setdefault(talk.thread.part, {})
                key = (talk.thread.side, talk.lines[1])
                own[key] = own[key] + html(request, talk) if key in own else html(request, talk)
        return found

    def on_parts(self, request: Request) -> dict[str, list[SafeString]]:
        """By field, the finished HTML of what is about the part as a whole."""
        found: dict[str, list[SafeString]] = {}
        for talk in self.talks:
            if talk.lines == (0, 0) and talk.thread.part:
                found.setdefault(talk.thread.part, []).append(html(request, talk))
        return found

    def elsewhere(self, parts: set[str]) -> list[Talk]:
        """Those whose lines are gone, or whose part is not among those that a page shows."""
        return [
            t for t in self.talks if t.is_earlier or (t.thread.part and t.thread.part not in parts)
        ]


def html(request: Request, talk: Talk) -> SafeString:
    return render_to_string("reviews/parts/_thread.html", {"talk": talk}, request)


def may_comment(request: Request, change: Change) -> bool:
    return change.is_open and policies.allowed(
        request.actor, "change.comment", change.assistant.workspace
    )


def may_wait(request: Request, change: Change) -> bool:
    """Whether this person can send a review now, which their comments then wait for."""
    in_time = change.state in (State.IN_REVIEW, State.APPROVED)
    return in_time and not policies.why_not_review(request.actor, change)


def of(request: Request, change: Change) -> Discussion:
    """A constant number of queries, however many threads there are."""
    mine = Q(sent_at__isnull=False) | Q(author=request.user)
    readable = Comment.objects.filter(mine).select_related("author")
    rows = list(
        change.threads.select_related("by", "resolved_by").prefetch_related(
            Prefetch("comments", readable, to_attr="readable")
        )
    )
    if not rows:
        return Discussion()
    writers = frozenset(change.contributions.values_list("user_id", flat=True))
    texts = _Texts(change, rows)
    can = {"comment": may_comment(request, change), "wait": may_wait(request, change)}
    talks = [_talk(request, row, texts, writers, can) for row in rows]
    return Discussion([talk for talk in talks if talk.comments])


def one(request: Request, thread: Thread) -> Talk | None:
    """This thread as it is now; None where this person may not know of it."""
    found = of(request, thread.change).talks
    return next((talk for talk in found if talk.thread.pk == thread.pk), None)


def _talk(
    request: Request, row: Any, texts: _Texts, writers: frozenset[int], can: dict[str, bool]
) -> Talk:
    row.change = texts.change
    me = request.user.pk
    settles = (
        me in writers or me == row.change.author_id or any(c.author_id == me for c in row.readable)
    )
    return Talk(
        row,
        row.readable,
        texts.lines(row),
        writers,
        may_comment=can["comment"],
        may_settle=can["comment"] and settles,
        may_wait=can["wait"],
    )


class _Texts:
    """The texts that threads were made on, and those of now."""

    def __init__(self, change: Change, rows: Sequence[Thread]) -> None:
        self.change = change
        base = change.base
        self.now = {"new": change.document(), "old": base.document() if base else {}}
        self.digests = {"new": change.digest, "old": base.digest if base else ""}
        gone = {side: self._gone(rows, side) for side in ("new", "old")}
        self.then: dict[tuple[str, str], contract.Document] = {}
        if gone["new"]:
            for text in ShownText.objects.filter(change=change, digest__in=gone["new"]):
                self.then["new", text.digest] = text.document()
        if gone["old"]:
            rows_of = Version.objects.filter(assistant=change.assistant_id)
            for version in rows_of.filter(digest__in=gone["old"]):
                self.then["old", version.digest] = version.document()

    def _gone(self, rows: Sequence[Thread], side: str) -> set[str]:
        return {row.digest for row in rows if row.side == side} - {self.digests[side], ""}

    def lines(self, row: Thread) -> tuple[int, int] | None:
        """Where the lines of a thread are now, followed through the difference."""
        if not row.first:
            return (0, 0)
        if row.digest == self.digests[row.side]:
            return (row.first, row.last)
        then = self.then.get((row.side, row.digest))
        if then is None:
            return None
        before, after = (shown.plain_text(doc, row.part) for doc in (then, self.now[row.side]))
        return kept.moved(before, after, row.first, row.last)


def way(change: Change, comment: Comment) -> str:
    """The address of a comment on the page."""
    tab = "" if comment.thread.part else "?tab=discussion"
    return f"{reverse('review', args=[change.pk])}{tab}#comment-{comment.pk}"
