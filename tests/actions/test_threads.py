"""Comments: private until sent, followed through edits, settled and opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app.actions import changes, reviews, shown, threads, workspaces
from assistants_app.actions.threads import Anchor
from assistants_app.errors import Conflict, Invalid, NotAllowed
from assistants_app.models import Comment, ShownText, Thread
from tests.actions.told import refuses, tells
from tests.builders import acting, make_assistant, make_change, make_member, make_person

if TYPE_CHECKING:
    from assistants_app.models import Change, User, Workspace

OLD = "Greet the customer.\nRefunds within 30 days.\nAsk for one photo."
NEW = "Greet the customer.\nRefunds within 14 days.\nAsk for one photo."


@pytest.fixture
def waiting(workspace: Workspace, alice: User, bob: User) -> Change:
    live = make_assistant(workspace, author=alice, reviewer=bob, instructions=OLD)
    return changes.submit(make_change(live, alice, instructions=NEW), actor=acting(alice))


def at(change: Change, first: int = 2, last: int = 2, side: str = "new") -> Anchor:
    return Anchor(change.digest, "instructions", side, first, last)


def test_a_comment_is_kept_with_its_lines_and_told_without_its_text(
    waiting: Change, bob: User
) -> None:
    with tells("comment.made") as entries:
        row = threads.comment(waiting, actor=acting(bob), on=at(waiting), text="Why 14?")
    assert row.sent_at
    assert (row.thread.quote, row.thread.digest) == ("Refunds within 14 days.", waiting.digest)
    assert "Why" not in entries[0].body
    assert f'"comment":"{row.pk}"' in entries[0].body


def test_the_old_side_quotes_what_it_was(waiting: Change, bob: User) -> None:
    row = threads.comment(waiting, actor=acting(bob), on=at(waiting, side="old"), text="Why?")
    assert row.thread.quote == "Refunds within 30 days."
    assert waiting.base
    assert row.thread.digest == waiting.base.digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  ", "Write a comment."),
        ("a" * 5_001, "5,001 characters; the limit is 5,000."),
        ("a\0", "Contains a NUL character at position 2."),
    ],
)
def test_what_is_no_comment_is_refused(waiting: Change, bob: User, text: str, said: str) -> None:
    with refuses(Invalid, match=said):
        threads.comment(waiting, actor=acting(bob), on=at(waiting), text=text)
    assert not Thread.objects.exists()


@pytest.mark.parametrize("lines", [(0, 99), (3, 9), (3, 2)])
def test_lines_that_are_not_there_are_refused(
    waiting: Change, bob: User, lines: tuple[int, int]
) -> None:
    with refuses(Invalid, match="no such lines"):
        threads.comment(waiting, actor=acting(bob), on=at(waiting, *lines), text="Why?")


def test_lines_of_an_earlier_text_are_found_as_long_as_it_is_kept(
    waiting: Change, alice: User, bob: User
) -> None:
    before = waiting.digest
    values = {"instructions": "Hello.\n" + NEW}
    now = changes.edit(waiting, actor=acting(alice), lock=waiting.lock, values=values)
    row = threads.comment(
        now, actor=acting(bob), on=Anchor(before, "instructions", "new", 2, 2), text="Why?"
    )
    assert row.thread.quote == "Refunds within 14 days."
    ShownText.objects.filter(digest=before).delete()
    with refuses(Conflict, "digest"):
        threads.comment(now, actor=acting(bob), on=Anchor(before, "name"), text="Why?")


def test_a_closed_change_takes_no_comments(waiting: Change, alice: User, bob: User) -> None:
    row = threads.comment(waiting, actor=acting(bob), on=at(waiting), text="Why?")
    closed = changes.withdraw(waiting, actor=acting(alice))
    with refuses(Conflict, match="closed"):
        threads.comment(closed, actor=acting(bob), on=at(waiting), text="Why?")
    row.thread.change.refresh_from_db()
    with refuses(Conflict, match="closed"):
        threads.resolve(row.thread, actor=acting(bob))


def test_auditors_and_strangers_do_not_comment(
    waiting: Change, workspace: Workspace, carol: User
) -> None:
    auditor = make_person("audrey")
    make_member(workspace, auditor, "auditor")
    for person in (auditor, carol):
        with refuses(NotAllowed):
            threads.comment(waiting, actor=acting(person), on=at(waiting), text="Why?")


# --- pending --------------------------------------------------------------------------------------


def test_pending_comments_go_with_the_review_in_one_entry(waiting: Change, bob: User) -> None:
    with tells():
        rows = [
            threads.keep(waiting, actor=acting(bob), on=at(waiting), text=text)
            for text in ("One.", "Two.")
        ]
    assert threads.pending(waiting, acting(bob)) == rows
    with tells("change.changes_requested") as entries:
        reviews.request_changes(waiting, actor=acting(bob), digest=waiting.digest, note="See.")
    assert f'"comments":["{rows[0].pk}","{rows[1].pk}"]' in entries[0].body
    review = waiting.reviews.get()
    assert {(row.sent_at, row.review) for row in Comment.objects.all()} == {(review.at, review)}


def test_another_persons_pending_comments_stay(waiting: Change, bob: User, dora: User) -> None:
    mine = threads.keep(waiting, actor=acting(bob), on=at(waiting), text="Mine.")
    reviews.comment(waiting, actor=acting(dora), digest=waiting.digest, note="Fine.")
    mine.refresh_from_db()
    assert mine.sent_at is None


def test_one_is_sent_now_and_only_once(waiting: Change, bob: User) -> None:
    row = threads.keep(waiting, actor=acting(bob), on=at(waiting), text="Now.")
    with tells("comment.made"):
        threads.send(row, actor=acting(bob))
    for act in (threads.send, threads.drop):
        with refuses(Conflict, match="meanwhile"):
            act(row, actor=acting(bob))


def test_what_is_taken_back_leaves_nothing(waiting: Change, bob: User, dora: User) -> None:
    row = threads.keep(waiting, actor=acting(bob), on=at(waiting), text="Never mind.")
    with refuses(NotAllowed):
        threads.drop(row, actor=acting(dora))
    threads.drop(row, actor=acting(bob))
    assert not Thread.objects.exists()


def test_commenting_only_needs_something_to_send(waiting: Change, bob: User) -> None:
    with refuses(Invalid, match="comment on a line first"):
        reviews.comment(waiting, actor=acting(bob), digest=waiting.digest)
    threads.keep(waiting, actor=acting(bob), on=at(waiting), text="Why?")
    with tells("change.commented"):
        now = reviews.comment(waiting, actor=acting(bob), digest=waiting.digest)
    assert now.state == waiting.State.IN_REVIEW


# --- settled --------------------------------------------------------------------------------------


def test_settled_and_opened_again_by_who_wrote_in_either(
    waiting: Change, alice: User, bob: User, dora: User
) -> None:
    thread = threads.comment(waiting, actor=acting(bob), on=at(waiting), text="Why?").thread
    with refuses(NotAllowed, match="Whoever wrote"):
        threads.resolve(thread, actor=acting(dora))
    with tells("thread.resolved"):
        threads.resolve(thread, actor=acting(alice))
    with refuses(Conflict, match="settled already"):
        threads.resolve(thread, actor=acting(bob))
    with tells("thread.reopened"):
        threads.reopen(thread, actor=acting(bob))
    with refuses(Conflict, match="open already"):
        threads.reopen(thread, actor=acting(bob))


def test_open_comments_block_approval_where_a_rule_says_so(
    waiting: Change, workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    rules = {"approvals": 1, "settle_comments": True}
    workspaces.set_rules(workspace, actor=acting(dora), **rules)
    threads.keep(waiting, actor=acting(dora), on=at(waiting), text="Private.")  # of no account
    thread = threads.comment(waiting, actor=acting(dora), on=at(waiting), text="Why?").thread
    with refuses(Conflict, "comments", match="Comments are open"):
        reviews.approve(waiting, actor=acting(bob), digest=waiting.digest)
    threads.resolve(thread, actor=acting(alice))
    now = reviews.approve(waiting, actor=acting(bob), digest=waiting.digest)
    assert now.state == waiting.State.APPROVED


def test_a_change_that_is_out_of_date_is_not_approved(
    waiting: Change, alice: User, bob: User, dora: User
) -> None:
    make_assistant(waiting.assistant, author=bob, reviewer=dora, name="Another")
    with refuses(Conflict, "outdated", match="updated first"):
        reviews.approve(waiting, actor=acting(dora), digest=waiting.digest)


# --- what was shown -------------------------------------------------------------------------------


def test_each_text_in_review_is_kept_with_what_it_changes(waiting: Change, alice: User) -> None:
    values = {"name": "Support"}
    now = changes.edit(waiting, actor=acting(alice), lock=waiting.lock, values=values)
    texts = {row.digest: row for row in ShownText.objects.all()}
    assert waiting.digest in texts
    assert texts[now.digest].document()["name"] == "Support"
    assert texts[now.digest].differs == [
        ["instructions", "words", 1, 1],
        ["name", "value", "Onboarding", "Support"],
    ]
    assert shown.text_of(now, waiting.digest) == texts[waiting.digest].document()
    assert shown.text_of(now, "0" * 64) is None


def test_a_draft_is_kept_nowhere(workspace: Workspace, alice: User) -> None:
    draft = make_change(workspace, alice)
    changes.edit(draft, actor=acting(alice), lock=draft.lock, values={"name": "Another"})
    assert not ShownText.objects.exists()


def test_a_part_is_seen_as_it_is_with_one_digest(waiting: Change, bob: User) -> None:
    for digest in ("a" * 64, "b" * 64):
        threads.mark_seen(waiting, actor=acting(bob), part="name", digest=digest, is_seen=True)
    assert waiting.seen.get().digest == "b" * 64
    threads.mark_seen(waiting, actor=acting(bob), part="name", digest="", is_seen=False)
    assert not waiting.seen.exists()


# --- what another process did meanwhile ----------------------------------------------------------


def test_a_change_that_closed_since_it_was_read_takes_no_comment(
    waiting: Change, alice: User, bob: User
) -> None:
    as_read = type(waiting).objects.get(pk=waiting.pk)
    changes.withdraw(waiting, actor=acting(alice))
    with refuses(Conflict, "state"):
        threads.comment(as_read, actor=acting(bob), on=at(as_read), text="Why 14?")
    with refuses(Conflict, "state"):
        threads.keep(as_read, actor=acting(bob), on=at(as_read), text="Why 14?")
    assert not Comment.objects.exists()


def test_a_change_that_closed_since_it_was_read_keeps_its_comments_as_they_are(
    waiting: Change, alice: User, bob: User
) -> None:
    thread = threads.comment(waiting, actor=acting(bob), on=at(waiting), text="Why?").thread
    as_read = Thread.objects.select_related("change__assistant__workspace").get(pk=thread.pk)
    changes.withdraw(waiting, actor=acting(alice))
    for verb in (threads.resolve, threads.reopen):
        with refuses(Conflict, "state", match="closed"):
            verb(as_read, actor=acting(bob))
    assert Thread.objects.get(pk=thread.pk).resolved_at is None
