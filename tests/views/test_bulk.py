"""Acting on several: asks in counts by outcome, acts once, tells each one's outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import bulk, changes, reviews
from assistants_app.models import Assistant, AuditEntry, Change, Job
from assistants_app.runner import Runner
from assistants_app.views import bulk as bulk_view
from assistants_app.views import list_tabs
from tests import builders

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

URL = "/assistants/bulk/"
DIALOG = {"HX-Request": "true", "HX-Target": "dialog"}


@pytest.fixture
def three(workspace: Workspace, alice: User, bob: User) -> list[Assistant]:
    """One with an approved change, one with a draft, one with none."""
    made = [
        builders.make_assistant(workspace, author=alice, reviewer=bob, name=name)
        for name in ("Ready", "Drafted", "Plain")
    ]
    change = builders.make_change(made[0], alice, description="New words.")
    change = changes.submit(change, actor=builders.acting(alice))
    reviews.approve(change, actor=builders.acting(bob), digest=change.digest)
    builders.make_change(made[1], alice, description="Other words.")
    return made


def asked(workspace: Workspace, action: str, rows: list[Assistant]) -> dict[str, Any]:
    return {"workspace": workspace.slug, "action": action, "id": [row.pk for row in rows]}


def pressed(client: Client, query: dict[str, Any]) -> HttpResponse:
    """What the button of the question sends."""
    page = client.get(URL, query)
    data: dict[str, Any] = {}
    for name, value in page.context["hidden"]:
        data.setdefault(name, []).append(str(value))
    return client.post(URL, data)


def told(job: Job) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in job.items.order_by("n"):
        found.setdefault(item.outcome, []).append(f"{item.assistant.name} {item.code}".strip())
    return found


def test_publishing_asks_in_counts_by_outcome(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(dora)
    for headers in ({}, DIALOG):
        page = client.get(URL, asked(workspace, "publish", three), headers=headers)
        text = page.content.decode()
        assert page.status_code == 200
        for words in ("Publish 3?", "1 can go.", "1 is not approved.", "1 has no open change."):
            assert words in text
        assert ">Publish 1</button>" in text
    assert b"<html" not in page.content
    some = client.get(URL, asked(workspace, "publish", three[1:])).content.decode()
    none = client.get(URL, asked(workspace, "publish", three[:1])).content.decode()
    verdicts = [("Nothing to publish" in text, ">Publish " in text) for text in (some, none)]
    assert sorted(verdicts) == [(False, True), (True, False)]  # whichever of them is ready


def test_publishing_publishes_what_can_go_and_names_the_others(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(dora)
    before = AuditEntry.objects.count()
    response = pressed(client, asked(workspace, "publish", three))
    job = Job.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"] == reverse("job", args=[job.pk])
    assert told(job) == {
        "done": ["Ready"],
        "skipped": ["Drafted unapproved", "Plain no_change"],
    }
    three[0].refresh_from_db()
    assert three[0].description == "New words."
    new = AuditEntry.objects.order_by("seq")[before:].values_list("action", flat=True)
    assert list(new) == ["bulk.asked", "version.published", "bulk.ended"]
    text = client.get(response.headers["Location"]).content.decode()
    assert "Its change is not approved." in text
    assert reverse("assistant", args=[three[0].pk]) in text


def test_asking_for_review_sends_the_newest_drafts(
    client: Client, alice: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(alice)
    broken = builders.make_change(workspace, alice, name="Broken", model="")
    rows = [*three, broken.assistant]
    text = client.get(URL, asked(workspace, "submit", rows)).content.decode()
    assert "1 is approved already." in text
    assert "Ask for review of 2" in text
    pressed(client, asked(workspace, "submit", rows))
    assert told(Job.objects.get()) == {
        "done": ["Drafted"],
        "skipped": ["Ready approved", "Plain no_change", "Broken errors"],
    }
    assert Change.objects.open().get(assistant=three[1]).state == Change.State.IN_REVIEW


def test_archiving_skips_what_is_archived(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(dora)
    pressed(client, asked(workspace, "archive", three[:1]))
    page = client.get(URL, asked(workspace, "archive", three))
    assert "1 is archived already." in page.content.decode()
    pressed(client, asked(workspace, "archive", three))
    assert Assistant.objects.unarchived().count() == 0
    assert AuditEntry.objects.filter(action="assistant.archived").count() == 3


def test_the_same_form_twice_acts_once(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(dora)
    data: dict[str, Any] = {}
    for name, value in client.get(URL, asked(workspace, "archive", three)).context["hidden"]:
        data.setdefault(name, []).append(str(value))
    first, second = client.post(URL, data), client.post(URL, data)
    assert first.headers["Location"] == second.headers["Location"]
    assert Job.objects.count() == 1
    assert AuditEntry.objects.filter(action="bulk.asked").count() == 1


def test_everything_found_is_frozen_with_its_number(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace, alice: User
) -> None:
    client.force_login(dora)
    query = {"workspace": workspace.slug, "action": "archive", "all": "1", "query": "work=none"}
    page = client.get(URL, query)
    assert "Archive 1?" in page.content.decode()
    data = {name: str(value) for name, value in page.context["hidden"]}
    builders.make_assistant(workspace, author=alice, reviewer=dora, name="Late")
    moved = client.post(URL, data)
    assert moved.status_code == 409
    assert "Archive 2?" in moved.content.decode()
    assert Assistant.objects.unarchived().count() == 4
    data = {name: str(value) for name, value in moved.context["hidden"]}
    assert client.post(URL, data).status_code == 303
    assert {row.name for row in Assistant.objects.unarchived()} == {"Ready", "Drafted"}


def test_another_of_the_same_number_is_not_what_was_seen(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace, alice: User
) -> None:
    client.force_login(dora)
    query = {"workspace": workspace.slug, "action": "archive", "all": "1", "query": "work=none"}
    page = client.get(URL, query)
    data = {name: str(value) for name, value in page.context["hidden"]}
    Assistant.objects.exclude(name__in=["Ready", "Drafted"]).update(archived_at=timezone.now())
    builders.make_assistant(workspace, author=alice, reviewer=dora, name="Late")
    moved = client.post(URL, data)
    assert moved.status_code == 409
    assert "Archive 1?" in moved.content.decode()
    assert Assistant.objects.unarchived().filter(name="Late").exists()


def test_more_than_twenty_are_a_run_of_the_runner(
    client: Client,
    dora: User,
    three: list[Assistant],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    client.force_login(dora)
    response = pressed(client, asked(workspace, "archive", three))
    assert Job.objects.get().state == Job.State.WAITING
    page = client.get(response.headers["Location"])
    assert "0 of 3" in page.content.decode()
    Runner(hands=0).tick()
    job = Job.objects.get()
    assert (job.state, job.done) == (Job.State.DONE, 3)
    assert Assistant.objects.unarchived().count() == 0


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    dora: User, three: list[Assistant], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bulk.ask(
        workspace,
        actor=builders.acting(dora),
        verb="archive",
        ids=[row.pk for row in three],
    )
    real = bulk._act

    def cut(verb: bulk.Verb, pk: int, actor: Any) -> None:
        if pk == three[1].pk:
            raise SystemExit
        real(verb, pk, actor)

    monkeypatch.setattr(bulk, "_act", cut)
    with pytest.raises(SystemExit):
        bulk.begin(job)
    monkeypatch.setattr(bulk, "_act", real)
    Job.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00Z")
    Runner(hands=0).tick()
    assert told(Job.objects.get()) == {"done": ["Ready", "Drafted", "Plain"]}


def test_what_is_more_than_one_run_takes_is_said(
    client: Client,
    dora: User,
    three: list[Assistant],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.force_login(dora)
    query = {"workspace": workspace.slug, "action": "archive", "all": "1", "query": ""}
    assert "One run takes" not in client.get(URL, query).content.decode()
    monkeypatch.setattr(bulk_view, "MOST", 2)
    text = client.get(URL, query).content.decode()
    assert "Archive 2?" in text
    assert "One run takes 2 at most" in text
    monkeypatch.setattr(list_tabs, "MOST", 2)
    list_url = f"{reverse('assistant_list')}?workspace={workspace.slug}&selected=all"
    assert "All 2+ selected" in client.get(list_url).content.decode()
    assert len(three) == 3


def test_a_run_is_stopped_where_it_is(
    client: Client,
    dora: User,
    three: list[Assistant],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.force_login(dora)
    job = bulk.ask(
        workspace, actor=builders.acting(dora), verb="archive", ids=[row.pk for row in three]
    )
    page, stop = reverse("job", args=[job.pk]), reverse("job_stop", args=[job.pk])
    assert f'action="{stop}"' in client.get(page).content.decode()
    real = bulk._act

    def act(verb: bulk.Verb, pk: int, actor: Any) -> None:
        if pk == three[1].pk:
            client.post(stop)
        real(verb, pk, actor)

    monkeypatch.setattr(bulk, "_act", act)
    bulk.begin(job)
    job.refresh_from_db()
    assert (job.state, job.progress) == ("stopped", "Stopped at 2 of 3. What was done stays.")
    assert Assistant.objects.unarchived().filter(pk=three[2].pk).exists()
    actions = AuditEntry.objects.filter(action__startswith="bulk.").order_by("seq")
    assert list(actions.values_list("action", flat=True)) == ["bulk.asked", "bulk.stopped"]
    text = client.get(page).content.decode()
    assert "Stopped at 2 of 3." in text
    assert "<strong>Stopped</strong>" in text
    assert stop not in text
    assert "It is over already." in client.post(stop, follow=True).content.decode()


def test_only_the_first_of_each_outcome_are_named_and_the_others_counted(
    client: Client,
    dora: User,
    three: list[Assistant],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.force_login(dora)
    monkeypatch.setattr(bulk_view, "SHOWN", 1)
    page = pressed(client, asked(workspace, "publish", three)).headers["Location"]
    text = client.get(page).content.decode()
    assert ["Ready" in text, "Drafted" in text, "Plain" in text] == [True, True, False]
    assert text.count("These are the first 1; 1 more is not listed.") == 1


def test_what_was_done_before_a_run_failed_is_listed(
    client: Client, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(dora)
    job = bulk.ask(
        workspace, actor=builders.acting(dora), verb="archive", ids=[row.pk for row in three]
    )
    job.items.filter(n=0).update(outcome="done")
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.FAILED, progress="It failed here; see the log.", finished_at=timezone.now()
    )
    text = client.get(reverse("job", args=[job.pk])).content.decode()
    assert "It failed here; see the log." in text
    assert reverse("assistant", args=[three[0].pk]) in text
    assert reverse("assistant", args=[three[1].pk]) not in text


def test_who_may_not_do_it_may_not_stop_it(
    client: Client,
    alice: User,
    carol: User,
    dora: User,
    workspace: Workspace,
    three: list[Assistant],
) -> None:
    ids = [row.pk for row in three]
    job = bulk.ask(workspace, actor=builders.acting(dora), verb="archive", ids=ids)
    stop = reverse("job_stop", args=[job.pk])
    for person, status in ((alice, 403), (carol, 404)):
        client.force_login(person)
        assert client.post(stop).status_code == status
    client.force_login(alice)
    assert stop not in client.get(reverse("job", args=[job.pk])).content.decode()
    assert Job.objects.get().state == Job.State.WAITING


def test_an_export_is_a_list_of_what_is_live(
    client: Client, alice: User, three: list[Assistant], workspace: Workspace
) -> None:
    new = builders.make_change(workspace, alice, name="New").assistant
    client.force_login(alice)
    assert "1 has nothing live yet." in (
        client.get(URL, asked(workspace, "export", [*three, new])).content.decode()
    )
    response = pressed(client, asked(workspace, "export", [*three, new]))
    assert "attachment" in response.headers["Content-Disposition"]
    body = json.loads(b"".join(response.streaming_content))  # type: ignore[attr-defined]
    assert [row["name"] for row in body["data"]] == ["Ready", "Drafted", "Plain"]
    assert {row["object"] for row in body["data"]} == {"assistant"}
    assert AuditEntry.objects.filter(action="bulk.exported").count() == 1


@pytest.mark.parametrize(
    ("action", "able"),
    [
        ("export", {"vera", "alice", "bob", "dora"}),
        ("submit", {"alice", "bob", "dora"}),
        ("publish", {"bob", "dora"}),
        ("archive", {"bob", "dora"}),
        ("check", set()),
    ],
)
def test_each_action_asks_for_its_own_right(
    client: Client,
    alice: User,
    bob: User,
    dora: User,
    three: list[Assistant],
    workspace: Workspace,
    action: str,
    able: set[str],
) -> None:
    vera = builders.make_person("vera")
    builders.make_member(workspace, vera, "viewer")
    for person in (vera, alice, bob, dora):
        client.force_login(person)
        wanted = 200 if person.username in able else 403
        if action == "check" and person in (bob, dora):
            wanted = 404  # there is no server here
        assert client.get(URL, asked(workspace, action, three)).status_code == wanted
        shown = client.get("/assistants/").content.decode()
        assert (f'id="bulk-{action}"' in shown) == (wanted == 200)


def test_a_stranger_and_foreign_ids_get_nowhere(
    client: Client, carol: User, dora: User, three: list[Assistant], workspace: Workspace
) -> None:
    other = builders.make_workspace("Elsewhere")
    builders.make_member(other, carol, "admin")
    client.force_login(carol)
    assert client.get(URL, asked(workspace, "archive", three)).status_code == 404
    page = client.get(URL, asked(other, "archive", three))
    assert page.status_code == 422
    text = page.content.decode()
    assert "Nothing is chosen" in text
    assert ">Back</a>" in text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"action": "destroy"}, 303),
        ({"id": ["x", "-1", "9" * 40, "²", ""]}, 422),
        ({"all": "1", "query": "work=nonsense"}, 404),
        ({"id": []}, 422),
    ],
)
def test_a_bad_choice_is_no_error_of_ours(
    client: Client, dora: User, workspace: Workspace, query: dict[str, Any], status: int
) -> None:
    client.force_login(dora)
    whole = {"workspace": workspace.slug, "action": "archive"} | query
    assert client.get(URL, whole).status_code == status
    assert client.post(URL, whole).status_code == status
    assert client.put(URL).status_code == 405


def test_the_question_costs_the_same_for_3_and_30(
    client: Client, dora: User, alice: User, workspace: Workspace, three: list[Assistant]
) -> None:
    client.force_login(dora)

    def cost() -> int:
        rows = list(Assistant.objects.all())
        with CaptureQueriesContext(connection) as found:
            assert client.get(URL, asked(workspace, "publish", rows)).status_code == 200
        return len(found)

    cost()
    few = cost()
    for n in range(27):
        builders.make_change(workspace, alice, name=f"Helper {n}")
    assert cost() == few


def test_a_duplicate_is_a_new_proposal_once(
    client: Client, alice: User, three: list[Assistant], workspace: Workspace
) -> None:
    client.force_login(alice)
    url = reverse("assistant_duplicate", args=[three[2].pk])
    first, second = (client.post(url, {"form_id": "f-1"}) for _ in range(2))
    assert first.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    change = Change.objects.order_by("-pk")[0]
    assert (change.name, change.base, change.assistant.live_version) == ("Plain (copy)", None, None)
    assert change.model == three[2].model
    vera = builders.make_person("vera")
    builders.make_member(workspace, vera, "viewer")
    client.force_login(vera)
    assert client.post(url).status_code == 403
    assert client.get(url).status_code == 405


def test_selecting_everything_needs_no_script(
    client: Client, dora: User, three: list[Assistant]
) -> None:
    client.force_login(dora)
    page = client.get("/assistants/", {"selected": "all"}).content.decode()
    assert "All 3 selected" in page
    assert '<input type="hidden" name="all" value="1">' in page
    plain = client.get("/assistants/").content.decode()
    assert "Select all 3" in plain
    assert "selected=all" in plain
