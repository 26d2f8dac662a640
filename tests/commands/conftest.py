"""A home per test for the commands that run as processes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import parts
from tests.commands import processes

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "dashboard.sqlite3"  # as the settings name it


@pytest.fixture
def home(tmp_path: Path) -> Iterator[processes.Home]:
    with processes.home(tmp_path) as place:
        yield place


@pytest.fixture(scope="session")
def _tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file as `migrate` leaves it; SQLite only."""
    with processes.home(tmp_path_factory.mktemp("tables")) as place:
        assert place.run("migrate").returncode == 0
        return Path(place.folder) / DATABASE


@pytest.fixture
def prepared(home: processes.Home, request: pytest.FixtureRequest) -> processes.Home:
    """A home whose empty tables are there: for what is not about the very first start."""
    if parts.on_postgresql():
        assert home.run("migrate").returncode == 0
        return home
    Path(home.folder).mkdir(mode=0o700)
    source: Path = request.getfixturevalue("_tables")
    with (
        closing(sqlite3.connect(source)) as tables,
        closing(sqlite3.connect(Path(home.folder) / DATABASE)) as its_own,
    ):
        tables.backup(its_own)
    return home
