"""Every page, in every look: accessible, within the content policy, never wider than its window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from tests import builders
from tests.browser.looks import sideways, wrong
from tests.browser.moments import moments
from tests.browser.scenes import scene

if TYPE_CHECKING:
    from tests.browser.conftest import Stage

SHARES = 3  # of the scenes: several processes may take one each


def everything(stage: Stage) -> dict[str, str]:
    """Every scene, looked at by Dora, who may see all of it."""
    found = scene(stage)
    builders.make_member(stage.workspace, stage.people["dora"], "admin", "publisher", "auditor")
    stage.make_operator("dora")
    return found


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_is_accessible_and_fits(stage: Stage, share: int) -> None:
    addresses = list(everything(stage).items())[share::SHARES]
    page = stage.enter("dora")
    found: dict[str, Any] = {}
    for name, address in addresses:
        page.goto(address)
        if faults := wrong(page) | sideways(page):
            found[name] = faults
    assert found == {}


def test_what_others_see_or_a_press_brings_is_accessible_and_fits(stage: Stage) -> None:
    everything(stage)
    found: dict[str, Any] = {}
    pages: dict[str, Any] = {}
    for moment in moments(stage):
        page = pages.get(moment.who) or stage.enter(moment.who)
        pages[moment.who] = page
        page.goto(moment.address)
        moment.do(page)
        if faults := wrong(page) | sideways(page):
            found[moment.name] = faults
    assert found == {}


def test_the_pages_before_signing_in_are_accessible(stage: Stage) -> None:
    page = stage.enter(None)
    for name in ("account_login", "account_reset_password", "account_reset_password_done"):
        page.goto(reverse(name))
        assert wrong(page) | sideways(page) == {}, name


def test_a_page_asks_this_host_only_and_little(stage: Stage) -> None:
    address = scene(stage)["review"]
    page = stage.enter("bob")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    assert all(url.startswith(stage.url) for url in asked)
    assert len(asked) <= 6
