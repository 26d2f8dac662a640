"""The harness is no blunt one: whoever sends and then writes fails it, and ours does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults import harness
from tests.faults.test_faults import FAULTS

if TYPE_CHECKING:
    from tests.faults.conftest import Processes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("faults")]
APPLIED = [name for name, fault in FAULTS.items() if fault.apply == "before"]
SURELY = ["F15 reset, applied", "F29 500, applied", "F31 truncated, applied"]


@pytest.mark.parametrize("who", ["naive", "sdk"])
def test_one_lost_answer_is_two_assistants(who: str) -> None:
    assert harness.create(who, FAULTS["F15 reset, applied"]).made > 1


@pytest.mark.parametrize("who", ["naive", "sdk"])
def test_what_someone_else_wrote_is_gone(who: str) -> None:
    assert harness.foreign_edit(who).is_overwritten


def test_ours_passes_where_they_fail() -> None:
    assert harness.create("ours", FAULTS["F15 reset, applied"]).is_clean
    assert harness.foreign_edit("ours").is_clean


@pytest.mark.merge
def test_in_every_scene_ours_is_clean_and_the_naive_one_is_not(processes: Processes) -> None:
    scenes = harness.scenes(processes)
    told = {name: {who: play(who) for who in ("ours", "naive")} for name, play in scenes.items()}
    assert {name for name, by in told.items() if not by["ours"].is_clean} == set()
    broken = {name for name, by in told.items() if not by["naive"].is_clean}
    assert {f"{name}, create" for name in APPLIED} <= broken
    assert {"F18 applied late, create", "F19 applied late, update"} <= broken
    assert {name for name in scenes if name.startswith(("F06", "F07", "F47"))} <= broken


@pytest.mark.merge
@pytest.mark.parametrize("name", SURELY)
def test_the_sdk_doubles_what_was_applied(name: str) -> None:
    assert harness.create("sdk", FAULTS[name]).made > 1
