"""Any two states side by side, and an earlier version made live again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import changes, publishing, reviews
from assistants_app.models import Change, UpstreamCopy
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import Assistant, User, Workspace


@pytest.fixture
def tutor(workspace: Workspace, alice: User, bob: User) -> Assistant:
    """Live in version 2: the first said One, the second says Two."""
    first = builders.make_assistant(
        workspace, author=alice, reviewer=bob, name="Tutor", instructions="One\n"
    )
    return builders.make_assistant(first, author=alice, reviewer=bob, instructions="Two\n")


def compared(client: Client, tutor: Assistant, sides: str) -> list[str]:
    """The fields that differ, as the page of these two sides has them."""
    response = client.get(reverse("compare", args=[tutor.pk, sides]))
    assert response.status_code == 200
    return [section.field for section in response.context["sections"]]


def test_two_versions_live_and_a_change_are_compared(
    client: Client, tutor: Assistant, alice: User
) -> None:
    change = builders.make_change(tutor, alice, name="Teacher")
    client.force_login(alice)
    assert compared(client, tutor, "1..2") == ["instructions"]
    assert compared(client, tutor, "2..live") == []
    assert compared(client, tutor, f"live..change-{change.pk}") == ["name"]
    assert compared(client, tutor, f"1..change-{change.pk}") == ["instructions", "name"]
    text = client.get(reverse("compare", args=[tutor.pk, "1..2"])).content.decode()
    assert ">One<" in text
    assert ">Two<" in text
    assert reverse("compare", args=[tutor.pk, "2..1"]) in text


def test_there_is_nothing_to_tick_where_there_is_one_version(
    client: Client, workspace: Workspace, tutor: Assistant, alice: User, bob: User
) -> None:
    client.force_login(alice)
    only = builders.make_assistant(workspace, author=alice, reviewer=bob, name="Only")
    for row, ticks in ((only, 0), (tutor, 2)):
        url = reverse("assistant", args=[row.pk])
        assert client.get(url, {"tab": "history"}).content.decode().count('name="pick"') == ticks


def test_the_form_leads_to_an_address_that_can_be_shared(
    client: Client, tutor: Assistant, alice: User
) -> None:
    client.force_login(alice)
    here = reverse("compare", args=[tutor.pk, "live..live"])
    shared = reverse("compare", args=[tutor.pk, "1..live"])
    assert client.get(here, {"a": "1", "b": "live"})["Location"] == shared
    assert client.get(here, {"picking": "1", "pick": ["2", "1"]})["Location"] == reverse(
        "compare", args=[tutor.pk, "1..2"]
    )
    assert client.get(here, {"picking": "1", "pick": "1"})["Location"] == shared


@pytest.mark.parametrize("picks", [[], ["1", "2", "3"], ["x"]])
def test_other_numbers_of_ticks_go_back_with_a_word(
    client: Client, tutor: Assistant, alice: User, picks: list[str]
) -> None:
    client.force_login(alice)
    here = reverse("compare", args=[tutor.pk, "live..live"])
    response = client.get(here, {"picking": "1", "pick": picks}, follow=True)
    assert response.redirect_chain[-1][0].endswith("?tab=history")
    assert "Tick one version" in response.content.decode()


@pytest.mark.parametrize(
    "sides", ["1", "1..", "..2", "1..9", "9..1", "upstream..1", "change-9..1", "a..b", "1..2..1"]
)
def test_what_is_not_there_is_not_found(
    client: Client, tutor: Assistant, alice: User, sides: str
) -> None:
    client.force_login(alice)
    assert client.get(reverse("compare", args=[tutor.pk, sides])).status_code == 404


def test_a_change_of_another_assistant_is_not_compared(
    client: Client, tutor: Assistant, workspace: Workspace, alice: User
) -> None:
    other = builders.make_change(workspace, alice, name="Other")
    client.force_login(alice)
    url = reverse("compare", args=[tutor.pk, f"live..change-{other.pk}"])
    assert client.get(url).status_code == 404


def test_an_earlier_version_comes_back_as_a_change_of_its_own(
    client: Client, tutor: Assistant, alice: User
) -> None:
    client.force_login(alice)
    response = client.post(reverse("live_again", args=[tutor.pk, 1]))
    change = Change.objects.latest("pk")
    assert response["Location"] == reverse("change_submit", args=[change.pk])
    assert (change.title, change.instructions) == ("Make version 1 live again", "One\n")
    assert change.state == Change.State.DRAFT
    tutor.refresh_from_db()
    assert tutor.instructions == "Two\n"


def test_a_version_names_the_change_it_came_from(
    client: Client, tutor: Assistant, alice: User, bob: User
) -> None:
    change = builders.make_change(tutor, alice, name="Teacher")
    change = changes.submit(change, actor=builders.acting(alice), title="Say who teaches")
    reviews.approve(change, actor=builders.acting(bob), digest=change.digest)
    publishing.publish(Change.objects.get(pk=change.pk), actor=builders.acting(bob))
    client.force_login(alice)
    text = client.get(reverse("assistant", args=[tutor.pk]), {"tab": "history"}).content.decode()
    assert f">Change {change.pk}: Say who teaches</a>" in text


def test_an_open_change_stays_as_it_is(client: Client, tutor: Assistant, alice: User) -> None:
    mine = builders.make_change(tutor, alice, name="Teacher")
    client.force_login(alice)
    response = client.post(reverse("live_again", args=[tutor.pk, 1]), follow=True)
    assert response.redirect_chain[-1][0] == reverse("change", args=[mine.pk])
    assert "stays as it is" in response.content.decode()
    assert Change.objects.open().count() == 1
    changes.withdraw(mine, actor=builders.acting(alice))
    assert client.post(reverse("live_again", args=[tutor.pk, 9])).status_code == 404


def test_who_only_reads_is_offered_no_way_back(
    client: Client, tutor: Assistant, workspace: Workspace
) -> None:
    reader = builders.make_person("rita")
    builders.make_member(workspace, reader, "viewer")
    client.force_login(reader)
    text = client.get(reverse("assistant", args=[tutor.pk]), {"tab": "history"}).content.decode()
    assert "Compare with live" in text
    assert "Make live again" not in text
    assert client.post(reverse("live_again", args=[tutor.pk, 1])).status_code == 403


def test_a_server_that_says_its_defaults_does_not_differ(
    client: Client, tutor: Assistant, alice: User
) -> None:
    """What nobody set here and the server tells as its default is no difference."""
    client.force_login(alice)
    live = tutor.document()
    said = live | {"temperature": 1.0, "top_p": 1.0, "metadata": {}, "tool_resources": {}}
    UpstreamCopy.objects.create(assistant=tutor, kind="theirs", text=contract.dumps(said))
    assert compared(client, tutor, "upstream..live") == []
    UpstreamCopy.objects.update(text=contract.dumps(said | {"temperature": 0.3}))
    assert compared(client, tutor, "upstream..live") == ["temperature"]
