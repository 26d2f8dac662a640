"""The sync page as tests read it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from assistants_app.models import (
    ConnectionHealth,
)
from assistants_app.runner import Runner

if TYPE_CHECKING:
    from django.test import Client


def work() -> None:
    runner = Runner(hands=0)
    while runner.tick():
        pass


def sync(client: Client) -> str:
    """The page's own content; the shell around it asks for its counts by itself."""
    return client.get(reverse("sync")).content.decode().split("<main", 1)[1]


def set_state(state: str, **fields: Any) -> None:
    earlier = timezone.now() - timedelta(minutes=23)
    later = timezone.now() + timedelta(minutes=5)
    ConnectionHealth.objects.update(state=state, since=earlier, open_until=later, **fields)
