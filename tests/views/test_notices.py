"""The bell and its page: what others did that concerns a person, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import changes, publishing, reviews
from assistants_app.models import AuditEntry, User
from tests import builders

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from assistants_app.models import Change, Workspace

HERE = reverse("notice_list")
HTMX = {"HX-Request": "true", "HX-Target": "nav-counts"}


def told(client: Client, person: User) -> list[str]:
    """The sentences that this person finds behind the bell, the newest first."""
    client.force_login(person)
    response = client.get(HERE)
    assert response.status_code == 200
    return [f"{one.who} {one.what}: {', '.join(one.about)}" for one in response.context["notices"]]


def bell(client: Client, person: User) -> int:
    client.force_login(person)
    return int(client.get(reverse("account_profile")).context["shell"].unread)


@pytest.fixture
def asked(workspace: Workspace, alice: User) -> Change:
    change = builders.make_change(workspace, alice, name="Math Tutor")
    return changes.submit(change, actor=builders.acting(alice), title="Hints first")


def test_who_may_review_hears_of_what_is_asked(
    client: Client, alice: User, bob: User, carol: User, asked: Change
) -> None:
    assert told(client, bob) == [f"{alice} asked for review: Math Tutor, Hints first"]
    assert reverse("review", args=[asked.pk]) in client.get(HERE).content.decode()
    assert bell(client, bob) == 1
    assert told(client, alice) == []
    assert told(client, carol) == []


def test_the_author_hears_what_became_of_it(
    client: Client, alice: User, bob: User, asked: Change
) -> None:
    actor = builders.acting(bob)
    reviews.request_changes(asked, actor=actor, digest=asked.digest, note="Shorter.")
    assert told(client, alice) == [f"{bob} requested changes: Math Tutor, Hints first"]
    assert reverse("change", args=[asked.pk]) in client.get(HERE).content.decode()
    again = changes.submit(asked, actor=builders.acting(alice))
    approved = reviews.approve(again, actor=actor, digest=again.digest)
    publishing.publish(approved, actor=actor)
    assert told(client, alice) == [
        f"{bob} published a version: Math Tutor",
        f"{bob} approved the change: Math Tutor, Hints first",
    ]


def test_what_was_decided_is_no_news_to_who_was_asked(
    client: Client, workspace: Workspace, bob: User, asked: Change
) -> None:
    erin = builders.make_person("erin")
    builders.make_member(workspace, erin, "reviewer")
    assert bell(client, erin) == 1
    reviews.approve(asked, actor=builders.acting(bob), digest=asked.digest)
    assert told(client, erin) == []
    assert told(client, bob) == []


def test_what_was_read_is_read_and_what_came_since_is_new(
    client: Client, alice: User, bob: User, workspace: Workspace, asked: Change
) -> None:
    client.force_login(bob)
    until = client.get(HERE).context["until"]
    later = builders.make_change(workspace, alice, name="Later")
    changes.submit(later, actor=builders.acting(alice))
    response = client.post(reverse("notices_read"), {"until": until})
    assert response.status_code == 303
    assert bell(client, bob) == 1
    found = client.get(HERE).context["notices"]
    assert [(one.about[0], one.is_unread) for one in found] == [
        ("Later", True),
        ("Math Tutor", False),
    ]


@pytest.mark.parametrize("until", ["", "x", "-1", "9" * 30, "²"])
def test_a_number_that_is_none_reads_nothing(
    client: Client, bob: User, asked: Change, until: str
) -> None:
    client.force_login(bob)
    assert client.post(reverse("notices_read"), {"until": until}).status_code == 303
    assert bell(client, bob) == 1


def test_nobody_reads_ahead_of_the_log(client: Client, bob: User, asked: Change) -> None:
    client.force_login(bob)
    client.post(reverse("notices_read"), {"until": "999999999999"})
    bob.refresh_from_db()
    assert bob.notices_read == AuditEntry.objects.latest("seq").seq


def test_who_left_hears_nothing(
    client: Client, bob: User, workspace: Workspace, asked: Change
) -> None:
    workspace.memberships.filter(user=bob).delete()
    assert told(client, bob) == []
    assert "Nothing new" in client.get(HERE).content.decode()


def test_the_page_asks_the_same_for_many(
    client: Client,
    bob: User,
    alice: User,
    workspace: Workspace,
    asked: Change,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(bob)
    client.get(HERE)
    with django_assert_num_queries(9) as few:
        client.get(HERE)
    for n in range(12):
        change = builders.make_change(workspace, alice, name=f"N {n}")
        changes.submit(change, actor=builders.acting(alice))
    with django_assert_num_queries(len(few)):
        assert len(client.get(HERE).context["notices"]) == 13


def test_an_open_page_asks_for_the_counts_and_is_told_only_what_is_new(
    client: Client, bob: User, workspace: Workspace, asked: Change
) -> None:
    client.force_login(bob)
    url = client.get(reverse("account_profile")).context["shell"].counts_url
    assert client.get(url, headers=HTMX).status_code == 204
    client.post(reverse("notices_read"), {"until": 999})
    response = client.get(url, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 200
    assert 'id="bell-count"' in text
    assert "Notices, 0 new" in text
    assert 'aria-current="page"' not in text  # the account is no place of the navigation
    assert client.get(url).url == reverse("home")  # type: ignore[attr-defined]


def test_asking_for_the_counts_goes_nowhere(
    client: Client, alice: User, bob: User, workspace: Workspace
) -> None:
    other = builders.make_workspace("Finance")
    builders.make_member(other, bob, "viewer")
    client.force_login(bob)
    client.get(f"{reverse('assistant_list')}?workspace={workspace.slug}")
    client.get(f"{reverse('counts')}?workspace={other.slug}&here=sync", headers=HTMX)
    assert client.session["workspace"] == workspace.slug


def test_people_choose_what_comes_by_mail(client: Client, bob: User) -> None:
    client.force_login(bob)
    where = reverse("account_notices")
    assert "EMAIL_URL" in client.get(where).content.decode()
    response = client.post(where, {"asked": "at_once", "mine": "", "trouble": "daily"})
    assert response.status_code == 303
    bob.refresh_from_db()
    assert bob.notices_by_mail == {"asked": "at_once", "trouble": "daily"}
    assert AuditEntry.objects.latest("seq").action == "account.notices_set"
    refused = client.post(where, {"asked": "pigeon"})
    assert refused.status_code == 422
    assert "asked" in refused.context["form"].errors
