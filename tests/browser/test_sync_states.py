"""The rarer states of the pages about the connected server: accessible, and they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests import builders
from tests.browser import states
from tests.browser.looks import sideways, wrong

if TYPE_CHECKING:
    from tests.browser.conftest import Stage


def test_every_rarer_state_is_accessible_and_fits(stage: Stage) -> None:
    builders.make_member(stage.workspace, stage.people["dora"], "admin", "publisher")
    page = stage.enter("dora")
    found: dict[str, Any] = {}
    for name, address in states.each(stage):
        page.goto(address)
        if faults := wrong(page) | sideways(page):
            found[name] = faults
    assert found == {}
