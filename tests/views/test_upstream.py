"""One assistant upstream: what differs is chosen part by part and becomes a change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.actions import changes, drift, reviews
from assistants_app.models import Assistant, Change, PushOrder, Workspace
from tests import builders
from tests.actions.pulled import check
from tests.views.drifted import all_on, fields, form, key, url
from tests.views.synced import work

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User
    from tests.upstream import Upstream


pytestmark = pytest.mark.django_db
State = PushOrder.State

# --- the page ---------------------------------------------------------------------------------


def test_it_says_what_changed_where_and_that_nobody_knows_who(
    client: Client, bob: User, drifted: Assistant
) -> None:
    client.force_login(bob)
    text = client.get(url(drifted)).content.decode()
    assert re.findall(r'<a id="nav-([^"]+)"[^>]*aria-current', text) == ["arrow-path"]
    assert "2 parts changed upstream; 1 of them was also changed here." in text
    assert "who it was is unknown" in text
    assert "Last in common (v1)" in text
    assert "Here (v2, live)" in text
    assert "1 further line changed only upstream: taken" in text
    assert "Result: 1 taken, 1 merged" in text
    assert "gpt-5.2" not in text  # what does not differ is not shown
    for words in (
        "Keep ours",
        "Take theirs",
        "Take all theirs",
        "Push ours again",
        "Save the result",
    ):
        assert words in text


def test_defaults_that_the_server_spells_out_are_no_difference(
    client: Client, bob: User, live: Assistant
) -> None:
    client.force_login(bob)
    text = client.get(url(live)).content.decode()
    assert "No differences" in text
    assert "Creativity" not in text


def test_who_may_only_read_sees_no_choice(client: Client, alice: User, drifted: Assistant) -> None:
    client.force_login(alice)
    text = client.get(url(drifted)).content.decode()
    assert "warmly" in text
    assert "Save the result" not in text
    assert "radio" not in text
    assert client.post(url(drifted), {"do": "save"}).status_code == 403


def test_a_stranger_does_not_find_it(client: Client, carol: User, drifted: Assistant) -> None:
    client.force_login(carol)
    assert client.get(url(drifted)).status_code == 404
    assert client.post(url(drifted), {"do": "overwrite"}).status_code == 404


def test_a_choice_redraws_its_part_and_the_result(
    client: Client, bob: User, drifted: Assistant
) -> None:
    client.force_login(bob)
    carried = form(client, drifted)
    carried[key(carried, "temperature")] = "ours"
    response = client.post(
        url(drifted),
        carried | {"do": "choose", "part": "temperature"},
        headers={"HX-Request": "true", "HX-Target": "drift-temperature"},
    )
    text = response.content.decode()
    assert response.status_code == 200
    assert re.match(r'\s*<section class="card drift-part[^"]*" id="drift-temperature"', text)
    assert 'id="drift-result" hx-swap-oob="innerHTML"' in text
    assert "Result: 1 merged, 1 kept" in text
    assert 'id="drift-instructions"' not in text


def test_without_scripts_a_choice_redraws_the_page(
    client: Client, bob: User, drifted: Assistant
) -> None:
    client.force_login(bob)
    carried = all_on(form(client, drifted), "ours")
    response = client.post(url(drifted), carried | {"do": "choose"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "Result: 2 kept" in text
    assert "the same as pushing ours again" in text
    assert fields(text) == carried


def test_taking_all_of_theirs_is_chosen_and_not_saved(
    client: Client, bob: User, drifted: Assistant
) -> None:
    client.force_login(bob)
    carried = form(client, drifted)
    text = client.post(url(drifted), carried | {"do": "take"}).content.decode()
    assert "Result: 2 taken" in text
    assert "nothing needs pushing" in text
    assert fields(text) == all_on(carried, "theirs")
    part = client.post(
        url(drifted),
        carried | {"do": "take"},
        headers={"HX-Request": "true", "HX-Target": "drift"},
    ).content.decode()
    assert part.lstrip().startswith('<div id="drift">')
    assert not Change.objects.open().exists()


# --- saving -----------------------------------------------------------------------------------


def test_the_result_becomes_a_change_of_mine(client: Client, bob: User, drifted: Assistant) -> None:
    client.force_login(bob)
    response = client.post(url(drifted), form(client, drifted) | {"do": "save"})
    change = Change.objects.open().get()
    assert response.status_code == 303
    assert response["Location"] == reverse("change", args=[change.pk])
    assert change.title == "Taken in from upstream"
    assert change.instructions == "Greet warmly.\nHelp.\nBe quick.\nThank.\n"
    assert float(change.temperature) == 0.7


def test_edit_opens_the_editor_at_that_part(client: Client, bob: User, drifted: Assistant) -> None:
    client.force_login(bob)
    carried = all_on(form(client, drifted), "ours")
    response = client.post(url(drifted), carried | {"edit": "temperature"})
    change = Change.objects.open().get()
    assert response["Location"] == f"{reverse('change', args=[change.pk])}#form-model"


def approve(change: Change, author: User, reviewer: User) -> Change:
    done = changes.submit(change, actor=builders.acting(author))
    return reviews.approve(done, actor=builders.acting(reviewer), digest=done.digest)


def test_the_reviewed_result_can_be_published_and_upstream_agrees(
    client: Client, bob: User, drifted: Assistant, upstream: Upstream, workspace: Workspace
) -> None:
    ruth = builders.make_person("ruth")
    builders.make_member(workspace, ruth, "reviewer")
    client.force_login(bob)
    client.post(url(drifted), form(client, drifted) | {"do": "save"})
    change = approve(Change.objects.open().get(), bob, ruth)
    assert "settle that" not in client.get(reverse("review", args=[change.pk])).content.decode()
    response = client.post(reverse("change_publish", args=[change.pk]))
    assert response.status_code == 303
    work()
    row = upstream.assistants[drifted.upstream_id or ""]
    assert row["instructions"] == "Greet warmly.\nHelp.\nBe quick.\nThank.\n"
    assert PushOrder.objects.get().state == State.IDLE


def test_saving_what_is_all_kept_asks_to_push_ours(
    client: Client, bob: User, drifted: Assistant
) -> None:
    client.force_login(bob)
    carried = all_on(form(client, drifted), "ours")
    text = client.post(url(drifted), carried | {"do": "save"}).content.decode()
    assert "there is no result to save" in text
    assert "Push ours again" in text
    assert not Change.objects.open().exists()


def test_upstream_that_moved_is_told_and_choices_are_kept_where_they_apply(
    client: Client, bob: User, drifted: Assistant, upstream: Upstream, workspace: Workspace
) -> None:
    client.force_login(bob)
    carried = all_on(form(client, drifted), "ours")
    upstream.assistants[drifted.upstream_id or ""]["temperature"] = 0.1
    check(workspace, bob)
    for asked in ({"do": "save"}, {"do": "choose", "part": "temperature"}, {"do": "push"}):
        response = client.post(url(drifted), all_on(carried, "theirs") | asked)
        text = response.content.decode()
        assert response.status_code == 409, asked
        assert "changed once more since you looked" in text
    response = client.post(url(drifted), carried | {"edit": "temperature"})
    assert response.status_code == 409
    after = fields(response.content.decode())
    assert after[key(after, "instructions")] == "ours"
    assert after[key(after, "temperature")] == "theirs"  # another text: proposed anew
    assert not Change.objects.open().exists()


def test_by_htmx_the_whole_page_is_drawn_anew(
    client: Client, bob: User, drifted: Assistant
) -> None:
    client.force_login(bob)
    response = client.post(
        url(drifted),
        form(client, drifted) | {"do": "choose", "part": "temperature", "seen": "older"},
        headers={"HX-Request": "true", "HX-Target": "drift-temperature"},
    )
    assert response.status_code == 409
    assert (response["HX-Retarget"], response["HX-Reselect"]) == (".page", ".page")


@pytest.mark.parametrize("how", ["add", "replace"])
def test_an_open_change_of_mine_is_asked_about_and_nothing_is_lost(
    client: Client, bob: User, drifted: Assistant, how: str
) -> None:
    mine = builders.make_change(drifted, bob, description="Mine.")
    client.force_login(bob)
    said = f"You have an open change of this assistant: Change {mine.pk}. Saving asks"
    assert said in client.get(url(drifted)).content.decode()
    carried = all_on(form(client, drifted), "theirs")
    response = client.post(url(drifted), carried | {"do": "save"})
    text = response.content.decode()
    assert response.status_code == 409
    assert text.count(f"Change {mine.pk}") == 1
    again = fields(text)
    assert {name: again[name] for name in carried} == carried
    assert client.post(url(drifted), again | {"mine": how}).status_code == 303
    mine.refresh_from_db()
    change = Change.objects.open().get()
    assert (change.pk == mine.pk) == (how == "add")
    assert (mine.description, float(change.temperature)) == ("Mine.", 0.7)


def test_what_my_change_says_otherwise_is_named(
    client: Client, bob: User, drifted: Assistant
) -> None:
    builders.make_change(drifted, bob, temperature=0.2)
    client.force_login(bob)
    response = client.post(url(drifted), form(client, drifted) | {"do": "save"})
    text = response.content.decode()
    assert "proposes something else for" in text
    assert "Creativity" in text
    assert 'value="add"' not in text
    response = client.post(url(drifted), fields(text) | {"mine": "add"})
    assert response.status_code == 409


def test_open_changes_of_others_are_told(
    client: Client, alice: User, bob: User, drifted: Assistant
) -> None:
    builders.make_change(drifted, alice, description="Hers.")
    client.force_login(bob)
    assert "It will be out of date" in client.get(url(drifted)).content.decode()


@pytest.mark.parametrize(
    "posted",
    [{}, {"do": "nonsense"}, {"do": "save"}, {"do": "take"}, {"do": "push"}, {"do": "overwrite"}],
)
def test_what_is_settled_is_told(
    client: Client, bob: User, live: Assistant, posted: dict[str, str]
) -> None:
    client.force_login(bob)
    response = client.post(url(live), posted)
    assert response.status_code == 409
    assert "settled already" in response.content.decode()


@pytest.mark.parametrize("value", ["", "both", "\x00", "theirs\n", "9" * 10_000])
def test_a_choice_that_is_none_is_as_proposed(
    client: Client, bob: User, drifted: Assistant, value: str
) -> None:
    client.force_login(bob)
    carried = form(client, drifted)
    response = client.post(url(drifted), all_on(carried, value) | {"do": "choose"})
    assert response.status_code == 200
    assert fields(response.content.decode()) == carried


def test_the_page_asks_the_same_for_one_part_as_for_many(
    client: Client, bob: User, drifted: Assistant, upstream: Upstream, workspace: Workspace
) -> None:
    client.force_login(bob)

    def asked() -> int:
        client.get(url(drifted))
        with CaptureQueriesContext(connection) as found:
            client.get(url(drifted))
        return len(found)

    few = asked()
    upstream.assistants[drifted.upstream_id or ""] |= {
        "name": "There",
        "description": "There.",
        "model": "gpt-4o",
        "top_p": 0.5,
        "metadata": {"there": "yes"},
        "instructions": "\n".join(f"{n}." for n in range(300)),
    }
    check(workspace, bob)
    assert len(drift.of(drifted).parts) == 7  # type: ignore[union-attr]
    assert asked() == few
