"""A home per test for the commands that run as processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands import processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Iterator[processes.Home]:
    with processes.home(tmp_path) as place:
        yield place
