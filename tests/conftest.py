"""What every test stands on: a database and folders of its own, no network but loopback."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import is_hypothesis_test
from hypothesis import settings as hypothesis_settings
from pytest_socket import socket_allow_hosts

from assistants_app.models import triggers
from tests import builders, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.backends.base.operations import BaseDatabaseOperations

    from assistants_app.models import User, Workspace

IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
if not IS_WORKER:
    # Workers and every process that a test starts inherit it: nobody touches a person's own data.
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="assistants-dashboard-")
    # And nobody compiles 800 files anew, as containers that set this would have them do.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
FOLDER = Path(os.environ["DATA_DIR"])
PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# On a busy machine one example may take long; how long says nothing. Before a merge a property is
# tried with many more examples than each time.
hypothesis_settings.register_profile("house", deadline=None, max_examples=25)
hypothesis_settings.register_profile("merge", deadline=None, max_examples=250)
hypothesis_settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    if is_for_merge(config):
        hypothesis_settings.load_profile("merge")
    django_settings.DATA_DIR = FOLDER
    django_settings.STATIC_ROOT = FOLDER / "static"
    django_settings.STATIC_ROOT.mkdir(exist_ok=True)
    django_settings.STORAGES = {**django_settings.STORAGES, "staticfiles": PLAIN_FILES}
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    database = django_settings.DATABASES["default"]
    if not parts.on_postgresql():
        # A file and not memory: threads and other processes must see the same database.
        database.setdefault("TEST", {})["NAME"] = str(FOLDER / "test.sqlite3")


def is_for_merge(config: pytest.Config) -> bool:
    return config.option.markexpr == "merge"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before a merge every property is tried again, with the profile of many examples."""
    for item in items if is_for_merge(config) else ():
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("merge")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """The tests and the modules stay until the end: nobody looks for garbage among them."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    if not IS_WORKER:
        shutil.rmtree(FOLDER, ignore_errors=True)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    is_browser = collection_path == Path(__file__).parent / "browser"
    return True if is_browser and not parts.has_browser() else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in parts.left_out():
        terminalreporter.write_line(f"not run: {line}", yellow=True)


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_guards() -> Iterator[None]:
    """A flush deletes what the guards protect; its post_migrate signal puts them back."""
    flush = TransactionTestCase._fixture_teardown

    def lift_and_flush(case: TransactionTestCase) -> None:
        for name in case._databases_names(include_mirrors=False):
            triggers.drop(connections[name])
        flush(case)

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lift_and_flush)
    if parts.on_postgresql():
        patch.setattr(type(connections["default"].ops), "sql_flush", _delete)
    yield
    patch.undo()


def _delete(
    ops: BaseDatabaseOperations, _style: object, tables: Iterable[str], **_: bool
) -> list[str]:
    """To delete a few rows of each table is 20 times as quick as PostgreSQL's TRUNCATE of all.

    Its constraints look at the end of the transaction, so any order will do.
    """
    return [f"DELETE FROM {ops.quote_name(table)}" for table in tables]  # noqa: S608  # our own


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture
def workspace(db: None) -> Workspace:
    """Where everything happens; it asks for one approval."""
    return builders.make_workspace()


@pytest.fixture
def alice(workspace: Workspace) -> User:
    """She edits."""
    person = builders.make_person("alice")
    builders.make_member(workspace, person, "editor")
    return person


@pytest.fixture
def bob(workspace: Workspace) -> User:
    """He reviews and publishes."""
    person = builders.make_person("bob")
    builders.make_member(workspace, person, "reviewer", "publisher")
    return person


@pytest.fixture
def carol(db: None) -> User:
    """A stranger: signed in, and in no workspace."""
    return builders.make_person("carol")


@pytest.fixture
def dora(workspace: Workspace) -> User:
    """The admin."""
    person = builders.make_person("dora")
    builders.make_member(workspace, person, "admin")
    return person
