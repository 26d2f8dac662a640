"""Bringing a change that is out of date up to what is live: the notice, the page, the choices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.actions import changes, publishing, reviews
from assistants_app.models import Assistant, Change
from tests import builders
from tests.views.test_upstream import all_on, fields, key

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
TEXT = "Greet.\nHelp.\nBe brief.\nThank.\n"


@pytest.fixture
def live(workspace: Workspace, alice: User, bob: User) -> Assistant:
    return builders.make_assistant(workspace, author=alice, reviewer=bob, instructions=TEXT)


@pytest.fixture
def mine(live: Assistant, alice: User) -> Change:
    text = TEXT.replace("brief", "short")
    return builders.make_change(live, alice, name="Mine", instructions=text)


@pytest.fixture
def outdated(live: Assistant, mine: Change, bob: User, dora: User) -> Change:
    """Version 2 moved two lines, one of which Alice's draft moved too, and Creativity."""
    return overtaken(live, mine, bob, dora)


def overtaken(live: Assistant, mine: Change, bob: User, dora: User) -> Change:
    text = TEXT.replace("Greet.", "Greet warmly.").replace("brief", "quick")
    builders.make_assistant(live, author=bob, reviewer=dora, instructions=text, temperature=0.7)
    return Change.objects.get(pk=mine.pk)


def url(change: Change) -> str:
    return reverse("change_update", args=[change.pk])


def page(client: Client, change: Change) -> str:
    response = client.get(url(change))
    assert response.status_code == 200
    return response.content.decode()


def again(change: Change) -> Change:
    return Change.objects.select_related("assistant__live_version").get(pk=change.pk)


# --- the notices ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["change", "review"])
def test_the_notice_leads_to_the_update(
    client: Client, alice: User, bob: User, outdated: Change, name: str
) -> None:
    for who, action in ((alice, "Update my change"), (bob, "Update this change")):
        client.force_login(who)
        text = client.get(reverse(name, args=[outdated.pk])).content.decode()
        assert "Version 2 went live after this change began." in text
        assert f'<a href="{url(outdated)}">{action}</a>' in text


@pytest.mark.parametrize("name", ["change", "review"])
def test_who_only_reads_is_told_without_a_way(
    client: Client, workspace: Workspace, carol: User, outdated: Change, name: str
) -> None:
    builders.make_member(workspace, carol, "viewer")
    client.force_login(carol)
    text = client.get(reverse(name, args=[outdated.pk])).content.decode()
    assert "Version 2 went live after this change began." in text
    assert url(outdated) not in text
    assert client.get(url(outdated)).status_code == 403


def test_what_cannot_go_live_is_not_offered_to_be_published(
    client: Client, live: Assistant, mine: Change, alice: User, bob: User, dora: User
) -> None:
    sent(mine, alice)
    client.force_login(bob)
    address = reverse("review", args=[mine.pk])
    assert "Approve and publish" in client.get(address).content.decode()
    builders.make_assistant(live, author=bob, reviewer=dora, temperature=0.7)
    assert "Approve and publish" not in client.get(address).content.decode()


@pytest.mark.parametrize("name", ["change", "review"])
def test_what_is_up_to_date_has_no_notice(editing: Client, mine: Change, name: str) -> None:
    text = editing.get(reverse(name, args=[mine.pk])).content.decode()
    assert "went live after" not in text
    assert url(mine) not in text


# --- the page ---------------------------------------------------------------------------------


def test_it_shows_the_three_texts_of_every_part(editing: Client, outdated: Change) -> None:
    text = page(editing, outdated)
    assert "Version 2 went live after this change began from version 1." in text
    assert "1 part was changed on both sides." in text
    columns = ["Where it began (v1)", "Live now (v2)", "Mine"]
    found = re.findall(r'<p class="tiny muted strong">([^<]+)</p>', text)
    assert found == columns * (len(found) // 3)
    for words in ("Keep mine", "Take live", "Update my change", "Changed only by this change"):
        assert words in text
    assert "1 further line changed only in what is live: taken" in text
    assert "Result: 1 taken, 1 merged, 1 kept" in text
    assert "cannot approve it afterwards" not in text
    assert "back in review" not in text
    assert "gpt-5.2" not in text


def test_where_nothing_overlaps_it_is_one_press(
    editing: Client, live: Assistant, mine: Change, bob: User, dora: User
) -> None:
    builders.make_assistant(live, author=bob, reviewer=dora, temperature=0.7)
    text = page(editing, mine)
    assert "Nothing overlaps, so nothing has to be chosen." in text
    assert "badge warn" not in text.split('id="drift"')[1]
    response = editing.post(url(mine), fields(text) | {"do": "save"})
    assert response.status_code == 303
    assert response["Location"] == reverse("change", args=[mine.pk])
    now = again(mine)
    assert (now.name, float(now.temperature), now.is_outdated) == ("Mine", 0.7, False)
    assert "is based on version 2 now" in editing.get(response["Location"]).content.decode()


def test_where_both_say_the_same_there_is_nothing_to_choose(
    editing: Client, live: Assistant, alice: User, bob: User, dora: User
) -> None:
    mine = builders.make_change(live, alice, name="Same")
    builders.make_assistant(live, author=bob, reviewer=dora, name="Same")
    text = page(editing, mine)
    assert "there is nothing to choose" in text
    assert "nothing is left to publish" in text
    assert editing.post(url(mine), fields(text) | {"do": "save"}).status_code == 303
    assert not again(mine).is_outdated


def test_a_choice_redraws_its_part_and_the_result(editing: Client, outdated: Change) -> None:
    carried = fields(page(editing, outdated))
    carried[key(carried, "name")] = "theirs"
    response = editing.post(
        url(outdated),
        carried | {"do": "choose", "part": "name"},
        headers={"HX-Request": "true", "HX-Target": "drift-name"},
    )
    text = response.content.decode()
    assert response.status_code == 200
    assert re.match(r'\s*<section class="card drift-part[^"]*" id="drift-name"', text)
    assert "Result: 2 taken, 1 merged" in text
    assert 'id="drift-instructions"' not in text
    assert again(outdated).name == "Mine"


def test_without_scripts_a_choice_redraws_the_page(editing: Client, outdated: Change) -> None:
    carried = all_on(fields(page(editing, outdated)), "theirs")
    response = editing.post(url(outdated), carried | {"do": "choose"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "Result: 3 taken" in text
    assert "nothing is left to publish" in text
    assert fields(text) == carried


def test_what_was_chosen_is_what_it_becomes(editing: Client, outdated: Change) -> None:
    carried = fields(page(editing, outdated))
    found = [name for name in carried if name.startswith("pick-instructions")]
    carried |= {found[0]: "theirs", found[1]: "ours"}  # the overlap first, what is folded after it
    assert editing.post(url(outdated), carried | {"do": "save"}).status_code == 303
    assert again(outdated).instructions == TEXT.replace("brief", "quick")


def test_edit_saves_and_opens_the_editor_at_that_part(editing: Client, outdated: Change) -> None:
    response = editing.post(url(outdated), fields(page(editing, outdated)) | {"edit": "name"})
    assert response["Location"] == f"{reverse('change', args=[outdated.pk])}#form-basics"
    assert not again(outdated).is_outdated


def test_what_cannot_be_read_yet_is_named(editing: Client, outdated: Change, alice: User) -> None:
    changes.edit(
        outdated,
        actor=builders.acting(alice),
        lock=outdated.lock,
        values={},
        unread={"tools": "[{"},
    )
    assert "stays in its box as it is: Abilities." in page(editing, outdated)


# --- review -----------------------------------------------------------------------------------


def sent(change: Change, author: User, reviewer: User | None = None) -> Change:
    done = changes.submit(change, actor=builders.acting(author))
    if reviewer:
        reviews.approve(done, actor=builders.acting(reviewer), digest=done.digest)
    return again(change)


def test_a_colleague_is_told_what_it_means_and_it_can_go_live_again(
    client: Client, live: Assistant, mine: Change, alice: User, bob: User, dora: User
) -> None:
    sent(mine, alice, dora)
    outdated = overtaken(live, mine, bob, dora)
    client.force_login(bob)
    text = page(client, outdated)
    assert "cannot approve it afterwards" in text
    assert "Updating puts it back in review" in text
    assert "Keep this change&#x27;s" in text
    response = client.post(url(outdated), fields(text) | {"do": "save"})
    assert response["Location"] == reverse("review", args=[outdated.pk])
    text = client.get(response["Location"]).content.decode()
    assert "You wrote this change, so someone else must approve it." in text
    now = again(outdated)
    assert now.state == Change.State.IN_REVIEW
    reviews.approve(now, actor=builders.acting(dora), digest=now.digest)
    assert publishing.publish(again(now), actor=builders.acting(dora)).number == 3


def test_in_review_a_result_with_errors_is_not_saved_and_says_where(
    editing: Client, live: Assistant, mine: Change, alice: User, bob: User, dora: User
) -> None:
    long = "A long line.\n" * 12_000
    mine = changes.edit(
        mine,
        actor=builders.acting(alice),
        lock=mine.lock,
        values={"instructions": long + TEXT},
    )
    sent(mine, alice)
    text = TEXT + long.replace("A", "B")
    builders.make_assistant(live, author=bob, reviewer=dora, instructions=text)
    carried = fields(page(editing, mine))
    response = editing.post(url(mine), carried | {"do": "save"})
    text = response.content.decode()
    assert response.status_code == 422
    assert "There is a problem" in text
    assert 'href="#drift-instructions"' in text
    assert "<title>Error: " in text
    assert fields(text) == carried
    assert again(mine).is_outdated


# --- what moved meanwhile ---------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{"do": "save"}, {"edit": "name"}, {"do": "choose"}])
def test_what_moved_is_told_and_choices_are_kept_where_they_apply(
    editing: Client,
    live: Assistant,
    outdated: Change,
    bob: User,
    dora: User,
    asked: dict[str, str],
) -> None:
    carried = fields(page(editing, outdated))
    flipped = {"ours": "theirs", "theirs": "ours"}
    other = {k: flipped.get(v, v) for k, v in carried.items()}
    builders.make_assistant(live, author=bob, reviewer=dora, temperature=0.9)
    response = editing.post(url(outdated), other | asked)
    text = response.content.decode()
    assert response.status_code == 409
    assert "moved on since you looked" in text
    after = fields(text)
    assert after[key(after, "name")] == "theirs"
    assert after[key(after, "temperature")] == "theirs"  # another text: proposed anew
    assert again(outdated).name == "Mine"


def test_by_htmx_the_whole_page_is_drawn_anew(editing: Client, outdated: Change) -> None:
    carried = fields(page(editing, outdated)) | {"seen": "older"}
    response = editing.post(
        url(outdated),
        carried | {"do": "choose", "part": "name"},
        headers={"HX-Request": "true", "HX-Target": "drift-name"},
    )
    assert response.status_code == 409
    assert (response["HX-Retarget"], response["HX-Reselect"]) == (".page", ".page")


@pytest.mark.parametrize("how", ["twice", "withdrawn", "up to date"])
def test_what_is_done_already_leads_to_the_change(
    editing: Client, live: Assistant, mine: Change, alice: User, bob: User, dora: User, how: str
) -> None:
    carried = {"seen": "x"}
    if how != "up to date":
        builders.make_assistant(live, author=bob, reviewer=dora, temperature=0.7)
        carried = fields(page(editing, mine))
    if how == "twice":
        editing.post(url(mine), carried | {"do": "save"})
    if how == "withdrawn":
        changes.withdraw(mine, actor=builders.acting(alice))
    before = again(mine).lock
    for response in (editing.post(url(mine), carried | {"do": "save"}), editing.get(url(mine))):
        assert response.status_code == 303
        assert response["Location"] == reverse("change", args=[mine.pk])
    assert again(mine).lock == before
    assert "not out of date any more" in editing.get(response["Location"]).content.decode()


@pytest.mark.parametrize("value", ["", "both", "\x00", "theirs\n", "9" * 10_000])
def test_a_choice_that_is_none_is_as_proposed(
    editing: Client, outdated: Change, value: str
) -> None:
    carried = fields(page(editing, outdated))
    response = editing.post(url(outdated), all_on(carried, value) | {"do": "choose", "part": value})
    assert response.status_code == 200
    assert fields(response.content.decode()) == carried


# --- who --------------------------------------------------------------------------------------


def test_a_stranger_does_not_find_it(client: Client, carol: User, outdated: Change) -> None:
    client.force_login(carol)
    assert client.get(url(outdated)).status_code == 404
    assert client.post(url(outdated), {"do": "save"}).status_code == 404


def test_who_may_not_write_changes_nothing(
    client: Client, workspace: Workspace, carol: User, outdated: Change
) -> None:
    builders.make_member(workspace, carol, "auditor")
    client.force_login(carol)
    assert client.post(url(outdated), {"do": "save"}).status_code == 403
    assert again(outdated).is_outdated


def test_its_queries_do_not_grow_with_its_parts(
    editing: Client, live: Assistant, mine: Change, outdated: Change, alice: User
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            page(editing, outdated)
        return len(caught)

    count()
    few = count()
    now = again(outdated)
    changes.edit(
        now,
        actor=builders.acting(alice),
        lock=now.lock,
        values={"description": "More.", "top_p": 0.5, "metadata": {"a": "b"}},
    )
    assert count() == few
