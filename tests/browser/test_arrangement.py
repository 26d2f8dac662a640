"""What stands beside what: found crooked in the contact sheet once, and put straight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import changes
from assistants_app.models import PushOrder
from tests import builders
from tests.browser import states
from tests.browser.conftest import INSTRUCTIONS, PHONE, WIDE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Stage


def _middle(thing: Locator) -> float:
    box = thing.bounding_box()
    assert box
    return box["y"] + box["height"] / 2


def _are_in_a_row(*things: Locator) -> bool:
    middles = [_middle(one) for one in things]
    return max(middles) - min(middles) < 8


def test_on_a_phone_the_decision_takes_one_line_and_so_does_the_head_of_a_part(
    stage: Stage,
) -> None:
    live = stage.make_assistant()
    told = INSTRUCTIONS.replace("30 days", "14 days")
    change = builders.make_change(live, stage.people["alice"], instructions=told)
    changes.submit(change, actor=builders.acting(stage.people["alice"]))
    page = stage.enter("bob", viewport=PHONE)
    page.goto(reverse("review", args=[change.pk]))
    publish = page.get_by_role("button", name="Approve and publish")
    assert _are_in_a_row(page.locator("#request-changes"), publish)
    assert (publish.bounding_box() or {})["height"] >= 44
    part = page.locator("#part-instructions")
    assert _are_in_a_row(part.locator("h2"), part.locator("label.seen"))


def test_on_a_phone_search_and_filters_share_a_line(stage: Stage) -> None:
    stage.make_assistant()
    page = stage.enter("bob", viewport=PHONE)
    page.goto(reverse("assistant_list"))
    assert _are_in_a_row(page.locator("#q"), page.locator("#filters-open"))
    tick, name = page.locator("td.c-check input").first, page.locator("td .name").first
    assert _are_in_a_row(tick, name, page.locator("summary[id^=more-]").first)


def _left(thing: Locator) -> float:
    return (thing.bounding_box() or {})["x"]


@pytest.mark.parametrize("place", ["", "?workspace=all"])
def test_on_a_phone_a_row_of_the_list_is_a_card_with_one_edge(stage: Stage, place: str) -> None:
    bob = stage.people["bob"]
    builders.make_member(builders.make_workspace("Warehouse and returns"), bob, "viewer")
    stage.make_assistant()
    page = stage.enter("bob", viewport=PHONE)
    page.goto(reverse("assistant_list") + place)
    row = page.locator(".assistants tbody tr").first
    name, words = row.locator(".name"), row.locator(".desc")
    assert abs(_left(name) - _left(row.locator("td.c-state > *"))) < 1
    assert (words.bounding_box() or {})["width"] > 200


def test_on_a_phone_what_to_do_about_a_push_stands_side_by_side(stage: Stage) -> None:
    live = stage.make_assistant()
    states.order(live, PushOrder.State.STOPPED, PushOrder.Reason.REFUSED, "Too many tools.")
    page = stage.enter("bob", viewport=PHONE)
    page.goto(reverse("sync"))
    row = page.locator("ul.items > li").first
    assert _are_in_a_row(
        row.get_by_role("button", name="Fix it"), row.get_by_role("button", name="Try again")
    )


def test_on_a_phone_no_action_on_a_member_stands_alone(stage: Stage) -> None:
    stage.make_operator("dora")
    page = stage.enter("dora", viewport=PHONE)
    page.goto(reverse("workspace_members", args=[stage.workspace.slug]))
    alice = page.locator("ul.items > li").filter(has_text="Alice")
    names = ("Roles", "Remove…", "Switch off…")
    assert alice.get_by_role("button", name="Make a new link").is_visible()
    assert _are_in_a_row(*(alice.get_by_role("link", name=name) for name in names))


@pytest.mark.parametrize("width", [WIDE["width"], 1180, 1024, 800])
def test_the_list_of_all_workspaces_shows_every_column_that_it_has(
    stage: Stage, width: int
) -> None:
    bob = stage.people["bob"]
    builders.make_member(builders.make_workspace("Warehouse and returns"), bob, "viewer")
    builders.make_change(stage.workspace, stage.people["alice"], name="A name of four words")
    stage.make_assistant()
    page = stage.enter("bob", viewport={"width": width, "height": 900})
    page.goto(reverse("assistant_list") + "?workspace=all")
    assert page.locator("th", has_text="Workspace").is_visible()
    assert _hidden(page) == 0


def test_where_it_is_narrow_the_sidebar_makes_room_and_its_button_brings_it(stage: Stage) -> None:
    page = stage.enter("bob", viewport={"width": 800, "height": 900})
    page.goto(reverse("sync"))
    reviews = page.get_by_role("link", name="Reviews")
    assert not reviews.is_visible()
    page.locator(".menu > summary").press("Enter")
    reviews.click()
    assert page.locator("h1").inner_text() == "Reviews"


def _hidden(page: Page) -> int:
    """Pixels of the table that one would have to scroll to."""
    return int(page.locator(".table-wrap").evaluate("box => box.scrollWidth - box.clientWidth"))


def test_creativity_and_its_neighbour_stand_on_one_line(stage: Stage) -> None:
    change = builders.make_change(stage.workspace, stage.people["alice"])
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))
    assert _are_in_a_row(page.locator("#id_temperature"), page.locator("#id_top_p"))


def test_on_paper_the_log_shows_only_the_filters_that_are_set(stage: Stage) -> None:
    page = stage.enter("dora")
    page.goto(reverse("audit_list") + "?outcome=done&since=2026-01-01")
    page.emulate_media(media="print")
    shown = page.locator(".audit-filters :is(select, input):visible")
    assert [one.get_attribute("name") for one in shown.all()] == ["outcome", "since"]


def test_without_scripts_the_advice_stands_clear_of_the_editor(stage: Stage) -> None:
    change = builders.make_change(stage.workspace, stage.people["alice"])
    page = stage.enter("alice", java_script_enabled=False)
    page.goto(reverse("change", args=[change.pk]))
    advice, editor = (page.locator(one).bounding_box() for one in ("noscript .note", ".editor"))
    assert advice
    assert editor
    assert editor["y"] - advice["y"] - advice["height"] >= 12
