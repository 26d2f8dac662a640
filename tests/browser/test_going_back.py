"""F6: what went live by mistake is on its way back after three presses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.models import Assistant, Change
from tests import builders
from tests.browser.conftest import INSTRUCTIONS

if TYPE_CHECKING:
    from tests.browser.conftest import Stage


def test_a_bad_publish_is_on_its_way_back_after_three_presses(stage: Stage) -> None:
    live = stage.make_assistant()
    builders.make_assistant(
        Assistant.objects.get(pk=live.pk),
        author=stage.people["alice"],
        reviewer=stage.people["bob"],
        instructions="Promise everything.",
    )
    page = stage.enter("alice")
    page.goto(reverse("assistant", args=[live.pk]))
    page.get_by_role("link", name="History", exact=True).click()
    expect(page.locator("main")).to_contain_text("words")  # what each version changed
    page.get_by_role("button", name="Make live again version 1").click()
    expect(page.get_by_label("Title")).to_have_value("Make version 1 live again")
    page.get_by_role("button", name="Ask for review").click()
    expect(page.locator(".page-head")).to_contain_text("In review")
    change = Change.objects.latest("pk")
    assert change.state == Change.State.IN_REVIEW
    assert change.instructions == INSTRUCTIONS
