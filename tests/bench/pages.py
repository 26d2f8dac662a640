"""A fresh dashboard and one person who asks for its pages; benches in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace


def told(bench: str, rounds: int) -> Any:
    """What `tests.bench.<bench>` prints as its last line of JSON, on a fresh dashboard."""
    with tempfile.TemporaryDirectory() as folder:
        known = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        printed = subprocess.run(
            [sys.executable, "-m", f"tests.bench.{bench}", str(rounds)],
            env=known | {"DATA_DIR": folder},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    return json.loads(printed.splitlines()[-1])


def begin() -> tuple[Client, Workspace, User]:
    """Ada, who edits and publishes alone in her workspace, and her browser."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    from tests import builders

    place, ada = builders.make_workspace(approvals=0), builders.make_person("ada")
    builders.make_member(place, ada, "editor", "publisher")
    client = Client()
    client.force_login(ada)
    return client, place, ada
