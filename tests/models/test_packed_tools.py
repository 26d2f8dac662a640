"""The tools of a Version, packed: read once, and never those of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app import contract
from assistants_app.models import Version, assistants
from tests import builders

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions(
    workspace: Workspace, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> list[Version]:
    """Three of different tools, in a process that knows none."""
    monkeypatch.setattr(assistants, "_PACKED", {})
    for kind in ("code_interpreter", "file_search", "other"):
        builders.make_assistant(workspace, author=alice, reviewer=bob, tools=[{"type": kind}])
    return list(Version.objects.defer("tools").order_by("pk"))


def test_they_are_read_once(
    versions: list[Version], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        first = versions[0].packed_tools()
    again = Version.objects.defer("tools").get(pk=versions[0].pk)
    with django_assert_num_queries(0):
        assert again.packed_tools() == first


@pytest.mark.parametrize("most", [1, 2, 16])
def test_each_has_its_own_however_few_are_kept(
    versions: list[Version], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistants, "_PACKED_MOST", most)
    for one in versions * 2:
        assert one.packed_tools() == contract.packed(Version.objects.get(pk=one.pk).tools)
        assert len(assistants._PACKED) <= most
