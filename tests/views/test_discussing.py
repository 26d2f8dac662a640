"""Comments on the review page: written, sent, answered, settled, and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.actions import threads
from assistants_app.actions.threads import Anchor
from assistants_app.models import Comment, Thread
from tests import builders
from tests.views.reviewed import NEW, edit, page, text

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import Change, User, Workspace

HTMX = {"HX-Request": "true"}


def url(name: str, change: Change, *args: int) -> str:
    return reverse(name, args=[change.pk, *args])


def say(client: Client, change: Change, words: str, **sent: Any) -> HttpResponse:
    """Send the form of line 2; `sent` is what is different about it."""
    at = {"part": "instructions", "side": "new", "first": 2, "last": 2, "digest": change.digest}
    headers = sent.pop("headers", {})
    data = {**at, "text": words, **sent}
    return client.post(url("comment_new", change), data, headers=headers)


def commented(change: Change, user: User, words: str = "Why 14?", line: int = 2) -> Thread:
    at = Anchor(change.digest, "instructions", "new", line, line)
    return threads.comment(change, actor=builders.acting(user), on=at, text=words).thread


def test_a_lines_number_leads_to_the_form(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    link = f"{url('comment_new', waiting)}?part=instructions&amp;at=new-2"
    assert link in text(client, waiting)
    shown = client.get(url("comment_new", waiting), {"part": "instructions", "at": "new-2"})
    assert "Refunds within 14 days of delivery." in shown.content.decode()
    assert "Add to my review" in shown.content.decode()


def test_a_part_of_a_page_is_a_row_of_the_table(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    asked = {"part": "instructions", "at": "new-1-2"}
    row = client.get(url("comment_new", waiting), asked, headers=HTMX).content.decode()
    assert row.lstrip().startswith('<tr class="talk"')
    assert "Comment on lines 1 to 2" in row
    asked = {"part": "temperature"}
    box = client.get(url("comment_new", waiting), asked, headers=HTMX).content.decode()
    assert box.lstrip().startswith("<div")


def test_a_reviewers_comment_waits_for_their_review(
    client: Client, bob: User, dora: User, waiting: Change
) -> None:
    client.force_login(bob)
    response = say(client, waiting, "Why 14?")
    assert response.status_code == 303
    row = Comment.objects.get()
    assert response["Location"].endswith(f"#comment-{row.pk}")
    assert row.sent_at is None
    assert "Why 14?" in text(client, waiting)
    assert "1 comment of yours waits for your review." in text(client, waiting)
    client.force_login(dora)
    assert "Why 14?" not in text(client, waiting)


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_sent_at_once_by_who_wants_it_and_who_cannot_review(
    client: Client, alice: User, bob: User, waiting: Change, who: str
) -> None:
    client.force_login({"alice": alice, "bob": bob}[who])
    say(client, waiting, "Law.", **({"send": "now"} if who == "bob" else {}))
    assert Comment.objects.get().sent_at
    assert "Only you see this" not in text(client, waiting)


def test_with_htmx_the_thread_takes_the_forms_place(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    response = say(client, waiting, "Why 14?", headers=HTMX)
    part = response.content.decode()
    assert response.status_code == 201
    assert part.startswith('<tr class="talk"')
    for slot in ("rail-talk", "waiting", "announcer"):
        assert f'id="{slot}" hx-swap-oob="innerHTML"' in part
    client.force_login(waiting.author)
    part = say(client, waiting, "Law.", headers=HTMX).content.decode()
    assert 'id="waiting"' not in part  # their page has no such bar


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    for headers in ({}, HTMX):
        response = say(client, waiting, "a" * 5_001, headers=headers)
        assert response.status_code == 422
        assert "5,001 characters; the limit is 5,000." in response.content.decode()
        assert "a" * 5_001 in response.content.decode()
        assert "Write a comment." in say(client, waiting, " ", headers=headers).content.decode()
    assert not Thread.objects.exists()


def test_lines_that_cannot_be_found_any_more_are_a_409_with_the_text(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    response = say(client, waiting, "Why 14?", digest="0" * 64)
    assert response.status_code == 409
    assert "edited since you opened it" in response.content.decode()
    assert "Why 14?" in response.content.decode()


def test_the_same_form_twice_comments_once(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    form_id = "8a1ddd7c-4d35-4bd1-9a6a-3f0f3b8b1f11"
    first = say(client, waiting, "Why 14?", form_id=form_id)
    second = say(client, waiting, "Why 14?", form_id=form_id)
    assert first["Location"] == second["Location"]
    assert Comment.objects.count() == 1


def test_an_answer_goes_into_the_thread(
    client: Client, alice: User, bob: User, waiting: Change
) -> None:
    thread = commented(waiting, bob)
    client.force_login(alice)
    say(client, waiting, "The law says so.", thread=thread.pk)
    assert thread.comments.count() == 2
    assert Thread.objects.count() == 1


def test_anothers_private_thread_is_not_there(
    client: Client, alice: User, bob: User, waiting: Change
) -> None:
    at = Anchor(waiting.digest, "instructions", "new", 2, 2)
    row = threads.keep(waiting, actor=builders.acting(bob), on=at, text="Hm.")
    client.force_login(alice)
    assert say(client, waiting, "What?", thread=row.thread_id).status_code == 404
    assert client.post(url("thread_resolve", waiting, row.thread_id)).status_code == 404
    for name in ("comment_send", "comment_drop"):
        response = client.post(url(name, waiting, row.pk))
        assert response.status_code == 303
    row.refresh_from_db()
    assert row.sent_at is None


def test_a_comment_taken_back_and_sent_again_by_its_old_form_is_a_409(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    form_id = "8a1ddd7c-4d35-4bd1-9a6a-3f0f3b8b1f11"
    say(client, waiting, "Why 14?", form_id=form_id)
    Comment.objects.get().delete()
    again = say(client, waiting, "Why 14?", form_id=form_id)
    assert again.status_code == 409
    assert "Why 14?" in again.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_sent_now_or_taken_back(
    client: Client, bob: User, waiting: Change, headers: dict[str, str]
) -> None:
    at = Anchor(waiting.digest, "instructions", "new", 2, 2)
    one, two = (
        threads.keep(waiting, actor=builders.acting(bob), on=at, text=words)
        for words in ("Why 14?", "Never mind.")
    )
    client.force_login(bob)
    client.post(url("comment_send", waiting, one.pk), headers=headers)
    client.post(url("comment_drop", waiting, two.pk), headers=headers)
    assert [row.pk for row in Comment.objects.exclude(sent_at=None)] == [one.pk]
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_settled_and_opened_again(
    client: Client, alice: User, bob: User, waiting: Change, headers: dict[str, str]
) -> None:
    thread = commented(waiting, bob)
    client.force_login(alice)
    assert "1 open comment" in text(client, waiting)
    response = client.post(url("thread_resolve", waiting, thread.pk), headers=headers)
    assert response.status_code == (200 if headers else 303)
    assert "Settled by Alice Example" in text(client, waiting)
    assert "open comment" not in text(client, waiting)
    again = client.post(url("thread_resolve", waiting, thread.pk), headers=headers)
    assert again.status_code < 400  # it is as they want it
    client.post(url("thread_reopen", waiting, thread.pk), headers=headers)
    assert "1 open comment" in text(client, waiting)


def test_a_thread_moves_with_its_lines(
    client: Client, alice: User, bob: User, waiting: Change
) -> None:
    commented(waiting, bob)
    edit(waiting, instructions="Hello.\n" + NEW.replace("14", "21"))
    client.force_login(bob)
    shown = text(client, waiting)
    assert "Instructions, line 3" in shown
    row = shown.index('id="instructions-3"')
    assert row < shown.index("Why 14?", row) < shown.index('id="instructions-4"')
    assert "Earlier comments" not in shown


def test_a_thread_whose_lines_are_gone_is_among_the_earlier_ones(
    client: Client, bob: User, waiting: Change
) -> None:
    commented(waiting, bob)
    edit(waiting, instructions="Something else altogether.")
    client.force_login(bob)
    shown = text(client, waiting)
    earlier = shown[shown.index("Earlier comments") :]
    assert "Refunds within 14 days of delivery." in earlier
    assert "Why 14?" in earlier


def test_a_comment_on_a_line_far_from_any_change_is_shown_with_it(
    client: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    lines = [f"Line {n}." for n in range(60)]
    live = builders.make_assistant(
        workspace, author=alice, reviewer=bob, instructions="\n".join(lines)
    )
    change = builders.make_change(live, alice, instructions="\n".join(["First.", *lines]))
    commented(change, bob, "Here too.", line=41)
    client.force_login(bob)
    shown = text(client, change)
    assert "Here too." in shown
    assert "Line 38." in shown
    assert "Line 20." not in shown


def test_the_discussion_has_everything_that_was_said(
    client: Client, alice: User, bob: User, waiting: Change
) -> None:
    thread = commented(waiting, bob)
    threads.resolve(thread, actor=builders.acting(alice))
    client.force_login(bob)
    client.post(url("comment_new", waiting), {"text": "All in all: good.", "send": "now"})
    shown = text(client, waiting, tab="discussion")
    for words in ("Why 14?", "All in all: good.", "The whole change"):
        assert words in shown


def test_markup_in_comments_is_text(client: Client, bob: User, waiting: Change) -> None:
    evil = "<script>alert(1)</script>\u202e"
    commented(waiting, bob, evil)
    client.force_login(bob)
    for tab in ("changes", "discussion"):
        shown = text(client, waiting, tab=tab)
        assert "<script>alert" not in shown
        assert "U+202E" in shown


def test_a_viewer_comments_and_an_auditor_reads(
    client: Client, workspace: Workspace, bob: User, waiting: Change
) -> None:
    commented(waiting, bob)
    for role, status in (("viewer", 303), ("auditor", 403)):
        person = builders.make_person(role)
        builders.make_member(workspace, person, role)
        client.force_login(person)
        assert "Why 14?" in text(client, waiting)
        assert say(client, waiting, "I read this.").status_code == status
    assert "?part=instructions" not in text(client, waiting)  # nothing to press for an auditor


def test_strangers_and_the_signed_out(client: Client, carol: User, waiting: Change) -> None:
    assert client.get(url("comment_new", waiting)).status_code == 302
    assert client.post(url("review_seen", waiting), headers=HTMX).status_code == 401
    client.force_login(carol)
    for name in ("comment_new", "review_seen"):
        assert client.post(url(name, waiting)).status_code == 404


def test_queries_do_not_grow_with_comments(client: Client, bob: User, waiting: Change) -> None:
    def asked(count: int) -> int:
        for _ in range(count):
            commented(waiting, bob)
        client.get(page(waiting))
        with CaptureQueriesContext(connection) as queries:
            client.get(page(waiting))
        return len(queries)

    client.force_login(bob)
    assert asked(3) == asked(12)


# --- seen -----------------------------------------------------------------------------------------


def seen(client: Client, change: Change, part: str, **sent: str) -> HttpResponse:
    digest = client.get(page(change)).context["seen"].parts[part]
    return client.post(url("review_seen", change), {"part": part, "digest": digest, **sent})


def test_parts_are_marked_as_seen_until_they_change(
    client: Client, bob: User, waiting: Change
) -> None:
    client.force_login(bob)
    assert "You have seen 0 of 2 parts" in text(client, waiting)
    assert seen(client, waiting, "instructions", seen="1").status_code == 302
    assert seen(client, waiting, "settings", seen="1").status_code == 302
    assert "You have seen 2 of 2 parts" in text(client, waiting)
    edit(waiting, temperature=0.5)
    assert "You have seen 1 of 2 parts" in text(client, waiting)
    seen(client, waiting, "instructions")
    assert "You have seen 0 of 2 parts" in text(client, waiting)


def test_with_htmx_only_the_meter_comes_back(client: Client, bob: User, waiting: Change) -> None:
    client.force_login(bob)
    sent = {"part": "instructions", "digest": "a" * 64, "seen": "1"}
    response = client.post(url("review_seen", waiting), sent, headers=HTMX)
    assert response.content.decode().lstrip().startswith('<h2 id="seen-h">')
    assert client.post(url("review_seen", waiting), {"part": "x"}).status_code == 302
