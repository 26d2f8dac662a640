"""Which parts of the suite can run here, and what to do for the others."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

from django.conf import settings

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Path of an installed Chromium, for the fixture that starts it."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def prism() -> str | None:
    """Path of the contract mock Prism, for the test of our client against it."""
    return shutil.which("prism")


def has_browser() -> bool:
    return chromium() is not None and _is_installed("playwright", "axe_playwright_python")


def on_postgresql() -> bool:
    return settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"


def left_out() -> list[str]:
    """One line for each part that does not run here, with its remedy."""
    lines = []
    if not on_postgresql():
        lines.append("PostgreSQL: set DATABASE_URL=postgres://… and install the extra [postgres]")
    if prism() is None:
        lines.append("contract mock: npm install -g @stoplight/prism-cli, then pytest -m merge")
    if chromium() is None:
        lines.append("browser: Chromium is not installed")
    elif not has_browser():
        lines.append("browser: install the extra [browser]")
    return lines


def _is_installed(*modules: str) -> bool:
    return all(find_spec(module) for module in modules)
