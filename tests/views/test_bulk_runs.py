"""A run on several: it goes on where it was cut off, is stopped, and tells what came of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import bulk
from assistants_app.models import Assistant, AuditEntry, Job
from assistants_app.runner import Runner
from assistants_app.views import bulk as bulk_view
from assistants_app.views import list_tabs
from tests import builders
from tests.views.several import URL, asked, pressed, told

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace


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
