"""The import page: look, choose, take in, and what became of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app import contract
from assistants_app.actions import importing, jobs
from assistants_app.models import Assistant, ConnectionHealth, Job, Workspace
from assistants_app.views import imports
from tests import builders
from tests.views.import_page import TICK, URL, choose, fill, look, text_of, work

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User
    from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


# --- before anything is read ------------------------------------------------------------------


def test_before_the_first_look_the_page_offers_one(bobs: Client, upstream: Upstream) -> None:
    response = bobs.get(URL)
    here = r'<a id="nav-([^"]+)"[^>]*aria-current'
    assert re.findall(here, response.content.decode()) == ["sparkles"]
    page = text_of(response.content)
    assert "See what is there first" in page
    assert "Nothing is written upstream." in page
    assert upstream.requests == []


def test_without_a_connection_the_page_says_so(bobs: Client, workspace: Workspace) -> None:
    assert "This workspace is kept here only." in text_of(bobs.get(URL).content)
    assert bobs.post(reverse("import_look"), follow=True).status_code == 200
    assert workspace.pk


@pytest.mark.parametrize("role", ["viewer", "editor", "reviewer", "auditor"])
def test_others_may_not(
    client: Client, workspace: Workspace, upstream: Upstream, carol: User, role: str
) -> None:
    builders.make_member(workspace, carol, role)
    client.force_login(carol)
    assert client.get(URL).status_code == 403
    assert client.post(reverse("import_look")).status_code == 403
    assert client.post(reverse("import_choose"), {"run": 1}).status_code == 403
    assert upstream.requests == []


def test_while_it_is_read_the_page_polls_and_a_poll_that_saw_it_is_a_204(
    bobs: Client, upstream: Upstream
) -> None:
    bobs.post(reverse("import_look"))
    page = bobs.get(URL).content.decode().split("<main", 1)[1]
    assert "Reading what is there" in page
    seen = re.search(r"seen=(\w+)", page)
    assert seen
    headers = {"HX-Request": "true", "HX-Target": "import-live"}
    assert bobs.get(f"{URL}?seen={seen[1]}", headers=headers).status_code == 204
    fill(upstream, 2)
    work()
    part = bobs.get(f"{URL}?seen={seen[1]}", headers=headers)
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert "Number 1" in part.content.decode()
    assert 'hx-trigger="every' not in part.content.decode()


# --- the list ---------------------------------------------------------------------------------


def test_the_list_shows_what_is_there_and_what_is_odd(bobs: Client, upstream: Upstream) -> None:
    upstream.add("asst_plain", name="Plain", model="gpt-4o", created_at=1_700_000_000)
    upstream.add("asst_long", name="x" * 300)
    upstream.add("asst_null", name="Nulls", tools=None, created_at=10**17)
    upstream.add("asst_bare", name=None)
    look(bobs)
    page = text_of(bobs.get(URL).content)
    assert "Not here yet 4" in page
    assert "Worth a look 2" in page
    assert "Plain asst_plain" in page
    assert "Can be taken in, but not pushed as it is: name:" in page
    assert "Noticed: tools was null" in page
    assert "Without a name asst_bare" in page
    assert "0 of 4 chosen" in page
    odd = text_of(bobs.get(URL, {"show": "odd"}).content)
    assert "asst_long" in odd
    assert "asst_plain" not in odd


def test_searching_finds_by_name_model_and_id(bobs: Client, upstream: Upstream) -> None:
    upstream.add("asst_one", name="Ümlaut", model="gpt-4o")
    upstream.add("asst_two", name="Other", model="o3-mini")
    look(bobs)
    for q, hit in (("ümLAUT", "asst_one"), ("o3-M", "asst_two"), ("ST_ONE", "asst_one")):
        page = text_of(bobs.get(URL, {"q": q}).content)
        assert hit in page
        assert "1–1 of 1" in page  # noqa: RUF001
    nothing = text_of(bobs.get(URL, {"q": "<nothing>"}).content)
    assert "None of these has “<nothing>” in its name, model or ID." in nothing


@pytest.mark.parametrize("page", ["0", "-1", "99999999999", "x", "²", ""])
def test_an_odd_page_number_is_a_page(bobs: Client, upstream: Upstream, page: str) -> None:
    fill(upstream, 3)
    look(bobs)
    assert "Number 1" in bobs.get(URL, {"page": page}).content.decode()


def test_pages_hold_a_hundred_and_the_queries_do_not_grow(bobs: Client, upstream: Upstream) -> None:
    counts = []
    for n in (3, 250):
        fill(upstream, n)
        job = look(bobs)
        bobs.get(URL)
        with CaptureQueriesContext(connection) as found:
            page = bobs.get(URL).content.decode()
            choose(bobs, job, "", "asst_000", headers=TICK)
        counts.append(len(found))
        assert len(contract.dumps(job.result)) < 200  # the lines are rows, read a page at a time
        assert job.ask is None
    assert counts[0] == counts[1]
    assert page.count('name="pick"') == imports.SIZE
    last = text_of(bobs.get(URL, {"page": 3}).content)
    assert "201–250 of 250" in last  # noqa: RUF001


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, {}, "{}"), "The server does not accept the key."),
        ((404, {}, "{}"), "does not offer assistants, or not at this address"),
        ((500, {}, "{}"), "did not answer as it should"),
        ((302, {"Location": "/x"}, ""), "points to another address"),
        ("reset", "could not be reached"),
    ],
)
def test_a_look_that_fails_says_what_to_do(
    bobs: Client, upstream: Upstream, answer: Any, words: str
) -> None:
    upstream.on("GET", "/assistants", times=9, answer=answer)
    look(bobs)
    page = text_of(bobs.get(URL).content)
    assert "The list could not be read." in page
    assert words in page
    assert "Look again" in page


def test_an_empty_list_is_said_with_what_may_be_wrong(bobs: Client, upstream: Upstream) -> None:
    look(bobs)
    page = text_of(bobs.get(URL).content)
    assert "There is nothing there" in page
    assert "check the key, the organisation and the project" in page
    assert upstream.writes() == []


def test_a_list_that_could_not_be_read_to_its_end_says_so(bobs: Client, upstream: Upstream) -> None:
    upstream.control({"profile": {"repeat_pages": True}})
    fill(upstream, 3)
    look(bobs)
    assert "something may be missing in this list" in text_of(bobs.get(URL).content)


def test_nothing_is_offered_from_a_frozen_connection(bobs: Client, upstream: Upstream) -> None:
    ConnectionHealth.objects.update(
        state=ConnectionHealth.State.FROZEN, cause="foreign", since=timezone.now()
    )
    page = bobs.get(URL).content.decode()
    assert "nothing is taken in from it" in page
    assert 'id="import-look"' not in page
    assert upstream.requests == []


def test_a_look_at_the_server_before_is_not_shown(
    bobs: Client, upstream: Upstream, workspace: Workspace
) -> None:
    fill(upstream, 1)
    look(bobs)
    Job.objects.update(asked_at=timezone.now() - timedelta(days=1))
    assert "See what is there first" in text_of(bobs.get(URL).content)
    assert workspace.pk


# --- choosing ---------------------------------------------------------------------------------


def test_ticks_are_kept_from_page_to_page_and_by_each_click(
    bobs: Client, upstream: Upstream
) -> None:
    ids = fill(upstream, 150)
    job = look(bobs)
    response = choose(bobs, job, "to:2", ids[0], ids[1], shown=ids[:100])
    assert response.status_code == 303
    assert "page=2" in response["Location"]
    assert "2 of 150 chosen" in text_of(bobs.get(response["Location"]).content)
    part = choose(bobs, job, "", ids[149], shown=ids[100:], headers=TICK)
    assert part.status_code == 200
    assert text_of(part.content).startswith("3 of 150 chosen")
    assert "Number" not in part.content.decode()
    checked = re.findall(r'value="(asst_\d+)" checked', bobs.get(URL).content.decode())
    assert checked == ids[:2]


def test_all_none_and_all_but_some(bobs: Client, upstream: Upstream) -> None:
    ids = fill(upstream, 120)
    job = look(bobs)
    choose(bobs, job, "all:1")
    assert "120 of 120 chosen" in text_of(bobs.get(URL).content)
    choose(bobs, job, "keep:1", *ids[1:100], shown=ids[:100])
    assert "119 of 120 chosen" in text_of(bobs.get(URL).content)
    choose(bobs, job, "none:1")
    assert "0 of 120 chosen" in text_of(bobs.get(URL).content)


def test_what_was_searched_for_is_chosen_at_once(bobs: Client, upstream: Upstream) -> None:
    fill(upstream, 30)
    job = look(bobs)
    assert "Choose the 11 found" in text_of(bobs.get(URL, {"q": "number 2"}).content)
    choose(bobs, job, "found:1", query="?q=number+2")
    assert "11 of 30 chosen" in text_of(bobs.get(URL).content)


def test_a_choice_from_an_older_look_is_not_taken(bobs: Client, upstream: Upstream) -> None:
    ids = fill(upstream, 2)
    old = look(bobs)
    look(bobs)
    response = choose(bobs, old, "take", *ids)
    assert response.status_code == 303
    assert "read again meanwhile" in text_of(bobs.get(response["Location"]).content)
    assert not Job.objects.filter(kind=Job.Kind.IMPORT).exists()
    assert bobs.post(reverse("import_choose"), {"run": "x"}).status_code == 303


# --- taking in --------------------------------------------------------------------------------


def test_exactly_what_was_ticked_is_taken_in_and_the_run_says_so(
    bobs: Client, upstream: Upstream
) -> None:
    ids = fill(upstream, 5)
    job = look(bobs)
    del upstream.assistants[ids[4]]
    response = choose(bobs, job, "take", ids[1], ids[3], ids[4], shown=ids)
    run = Job.objects.get(kind=Job.Kind.IMPORT)
    assert response["Location"] == reverse("job", args=[run.pk])
    assert "0 of 3" in text_of(bobs.get(response["Location"]).content)
    assert "Assistants are being taken in right now." in text_of(bobs.get(URL).content)
    work()
    assert set(Assistant.objects.values_list("upstream_id", flat=True)) == {ids[1], ids[3]}
    page = text_of(bobs.get(response["Location"]).content)
    assert "2 taken in, 1 could not be taken in." in page
    assert f"{ids[4]} It is not upstream any more." in page
    assert "Number 1 asst_001" in page
    again = text_of(bobs.get(URL).content)
    assert "Here already 2" in again
    assert "Not here yet 3" in again
    assert upstream.writes() == []


def test_nothing_ticked_is_said_at_the_choice(bobs: Client, upstream: Upstream) -> None:
    fill(upstream, 2)
    response = choose(bobs, look(bobs), "take")
    assert response.status_code == 422
    assert "Choose at least one." in text_of(response.content)
    assert "Error:" in response.content.decode()


def test_two_imports_at_once_are_one(bobs: Client, upstream: Upstream) -> None:
    ids = fill(upstream, 2)
    job = look(bobs)
    choose(bobs, job, "take", ids[0])
    response = choose(bobs, job, "take", ids[1])
    assert "already" in text_of(bobs.get(response["Location"]).content)
    assert Job.objects.filter(kind=Job.Kind.IMPORT).count() == 1


def test_an_import_that_failed_goes_on_with_the_rest(
    bobs: Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    ids = fill(upstream, 5)
    upstream.control({"profile": {"page_max": 2}})
    job = look(bobs)
    # Page by page, so that it is the second page that fails.
    Job.objects.filter(pk=job.pk).update(result={**job.result, "cursors": None})
    upstream.on("GET", "/assistants", nth=2, times=9, answer=(500, {}, "{}"))
    run = choose(bobs, job, "take", *ids)["Location"]
    work()
    page = text_of(bobs.get(run).content)
    taken = Assistant.objects.count()
    assert 0 < taken < 5
    assert f"{taken} taken in." in page
    assert "did not answer as it should" in page
    assert f"Go on with the other {5 - taken}" in page
    upstream.control({"clear": True})
    ConnectionHealth.objects.update(state=ConnectionHealth.State.OPEN, open_until=None)
    first = Job.objects.get(kind=Job.Kind.IMPORT)
    response = bobs.post(reverse("job_again", args=[first.pk]))
    work()
    assert Assistant.objects.count() == 5
    assert f"{5 - taken} taken in." in text_of(bobs.get(response["Location"]).content)
    done = Job.objects.filter(kind=Job.Kind.IMPORT).latest("pk")
    assert bobs.post(reverse("job_again", args=[done.pk]), follow=True).status_code == 200
    assert Job.objects.filter(kind=Job.Kind.IMPORT).count() == 2


def test_the_bar_moves_while_it_is_taken_in(bobs: Client, upstream: Upstream, bob: User) -> None:
    workspace = Workspace.objects.get()
    run = importing.ask(workspace, actor=builders.acting(bob), ids=["a", "b", "c", "d"])
    job = jobs.claim(run.pk, owner="x")
    assert job
    jobs.progress(job, "1 taken in", done=1)
    page = bobs.get(reverse("job", args=[run.pk])).content.decode()
    assert 'value="1" max="4"' in page
    assert upstream.requests == []


def test_an_import_is_stopped_and_gone_on_with(bobs: Client, upstream: Upstream, bob: User) -> None:
    ids = fill(upstream, 3)
    run = importing.ask(Workspace.objects.get(), actor=builders.acting(bob), ids=ids)
    where, stop = reverse("job", args=[run.pk]), reverse("job_stop", args=[run.pk])
    assert f'action="{stop}"' in bobs.get(where).content.decode()
    page = text_of(bobs.post(stop, follow=True).content)
    assert "Stopped. What was taken in stays." in page
    assert "Go on with the other 3" in page
    assert f'action="{stop}"' not in bobs.get(where).content.decode()
    work()
    assert not Assistant.objects.exists()
    assert "It is over already." in text_of(bobs.post(stop, follow=True).content)
    bobs.post(reverse("job_again", args=[run.pk]))
    work()
    assert Assistant.objects.count() == 3


def test_who_only_looks_is_not_offered_to_stop(
    client: Client, upstream: Upstream, bob: User, carol: User
) -> None:
    place = Workspace.objects.get()
    run = importing.ask(place, actor=builders.acting(bob), ids=["a"])
    builders.make_member(place, carol, "viewer")
    client.force_login(carol)
    stop = reverse("job_stop", args=[run.pk])
    assert client.post(stop).status_code == 403
    assert stop not in client.get(reverse("job", args=[run.pk])).content.decode()
    assert upstream.requests == []


def test_a_stranger_knows_nothing_of_the_run(
    client: Client, upstream: Upstream, bob: User, carol: User
) -> None:
    run = importing.ask(Workspace.objects.get(), actor=builders.acting(bob), ids=["a"])
    client.force_login(carol)
    assert client.get(reverse("job", args=[run.pk])).status_code == 404
    assert client.post(reverse("job_again", args=[run.pk])).status_code == 404
    assert client.post(reverse("job_stop", args=[run.pk])).status_code == 404
    assert upstream.requests == []


def test_a_check_that_sees_new_ones_leads_to_the_import(bobs: Client, upstream: Upstream) -> None:
    fill(upstream, 3)
    bobs.post(reverse("sync_check"))
    work()
    page = text_of(bobs.get(reverse("sync")).content)
    assert "3 there are not here. Choose what to take in" in page
    assert not Assistant.objects.exists()


def test_the_list_of_assistants_leads_here_whoever_may(
    client: Client, workspace: Workspace, bob: User, alice: User
) -> None:
    for person, leads in ((bob, True), (alice, False)):
        client.force_login(person)
        page = client.get(reverse("assistant_list")).content.decode()
        assert (URL in page) is leads
    assert workspace.pk
