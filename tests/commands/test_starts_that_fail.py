"""Whatever is wrong at a start is one sentence on stderr, code 1, and no traceback."""

from __future__ import annotations

import ast
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.checks.tree import ROOT
from tests.commands.processes import MANAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.processes import Home

both = pytest.mark.parametrize("command", ["serve", "quickstart"])


def assert_one_sentence(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert words in done.stderr


@both
def test_a_taken_port_is_named_with_the_way_out(prepared: Home, command: str) -> None:
    home = prepared
    with socket.create_server(("127.0.0.1", home.port)):
        done = home.run(command, "--port", str(home.port))
    assert_one_sentence(done, f"Port {home.port} is taken")
    assert "--port" in done.stderr


@both
def test_a_folder_that_cannot_be_written_is_named(home: Home, command: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    folder = str(tmp_path / "file" / "data")
    assert_one_sentence(
        home.run(command, DATA_DIR=folder), f"The folder {folder} cannot be written"
    )


@both
def test_keys_from_outside_do_not_hide_that_the_folder_is_missing(
    home: Home, command: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    keys = {"SECRET_KEY": "s" * 50, "FIELD_KEYS": "k" * 43 + "="}
    done = home.run(command, DATA_DIR=str(tmp_path / "file" / "data"), **keys)
    assert_one_sentence(done, "cannot be written")


@pytest.mark.parametrize("command", ["serve", "quickstart", "worker"])
def test_a_database_out_of_reach_is_said(home: Home, command: str) -> None:
    pytest.importorskip("psycopg")
    done = home.run(command, DATABASE_URL="postgres://somebody:secret@127.0.0.1:1/nothing")
    assert_one_sentence(done, "Check DATABASE_URL.")
    assert "secret" not in done.stderr


def test_a_worker_does_not_begin_before_the_tables_are_there(home: Home) -> None:
    assert_one_sentence(home.run("worker"), "Run: python manage.py migrate")


@pytest.mark.parametrize("port", ["0", "65536"])
def test_a_port_that_is_none_is_refused(home: Home, port: str) -> None:
    assert_one_sentence(home.run("serve", "--port", port), "between 1 and 65535")


@both
def test_a_package_without_its_templates_says_how_to_install_it(
    home: Home, command: str, tmp_path: Path
) -> None:
    ignore = shutil.ignore_patterns("__pycache__")
    for package in ("assistants_app", "dashboard"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignore)
    shutil.copy(MANAGE, tmp_path)
    done = subprocess.run(
        [sys.executable, "manage.py", command, "--port", str(home.port)],
        env=home.env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert_one_sentence(done, "pip install -e .")


def test_an_old_python_is_told_so() -> None:
    script = (
        "import runpy, sys; sys.version_info = (3, 8, 1); "
        f"runpy.run_path({str(MANAGE)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert_one_sentence(done, "needs Python 3.11 or newer; this is 3.8.")


def test_an_old_python_can_read_the_file_that_tells_it() -> None:
    ast.parse(MANAGE.read_text(), feature_version=(3, 4))
