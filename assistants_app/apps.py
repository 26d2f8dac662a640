"""The application's configuration: what the database keeps by itself, checks at every start."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db import connections
from django.db.models.signals import post_migrate


def _install_guards(*, using: str, **_: Any) -> None:
    from assistants_app.models import search, triggers

    triggers.install(connections[using])
    search.install(connections[using])


class AssistantsAppConfig(AppConfig):
    name = "assistants_app"
    verbose_name = "Assistants Dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from assistants_app import checks  # noqa: F401  # registers them
        from assistants_app.views import freshness

        user_logged_in.connect(freshness.note)
        post_migrate.connect(_install_guards, sender=self)
