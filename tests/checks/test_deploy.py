"""Django's own deployment checks are silent on production settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.checks.tree import run

if TYPE_CHECKING:
    from pathlib import Path

CHECK = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """A machine of its own behind https; every knob that is not named has its default."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return {
        **kept,
        "DATA_DIR": str(tmp_path),
        "SITE_URL": "https://assistants.example.com",
        "EMAIL_URL": "smtp+tls://user:word@mail.example.com:587",
    }


def test_check_deploy_is_clean(production: dict[str, str]) -> None:
    code, said = run(*CHECK, env=production)
    assert code == 0, said


@pytest.mark.parametrize(
    ("knob", "value", "told"),
    [
        ("DEBUG", "true", "security.W018"),
        ("SITE_URL", "http://assistants.example.com", "dash.E003"),
        ("SYNC_TIME_SCALE", "0.01", "dash.W001"),
        ("ASSISTANTS_KILL_AT", "save.committed:1", "dash.W002"),
    ],
)
def test_a_dangerous_setting_is_told(
    production: dict[str, str], knob: str, value: str, told: str
) -> None:
    code, said = run(*CHECK, env={**production, knob: value})
    assert code == 1
    assert told in said


def test_a_silent_mail_server_holds_no_page(production: dict[str, str]) -> None:
    ask = "from django.core import mail; print('waits', mail.get_connection().timeout)"
    code, said = run("manage.py", "shell", "-c", ask, env=production)
    assert code == 0, said
    assert "waits 10" in said
