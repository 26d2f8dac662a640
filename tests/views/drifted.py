"""One assistant's upstream page as tests use it: what its form carries, and what came of it."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from django.urls import reverse

from assistants_app.models import Assistant

if TYPE_CHECKING:
    from django.test import Client


TEXT = "Greet.\nHelp.\nBe brief.\nThank.\n"


def now(assistant: Assistant) -> Assistant:
    return Assistant.objects.select_related("workspace__connection").get(pk=assistant.pk)


def url(assistant: Assistant) -> str:
    return reverse("upstream", args=[assistant.pk])


def form(client: Client, assistant: Assistant) -> dict[str, str]:
    """What the form on the page carries as it stands, as a browser sends it."""
    return fields(client.get(url(assistant)).content.decode())


def fields(text: str) -> dict[str, str]:
    found = {}
    for tag in re.findall(r"<input[^>]+>", text):
        have = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if have.get("type") == "radio" and " checked" not in tag:
            continue
        if "name" in have and have.get("type") in ("radio", "hidden"):
            found[have["name"]] = unescape(have.get("value", ""))
    found.pop("csrfmiddlewaretoken", None)
    return found


def all_on(carried: dict[str, str], side: str) -> dict[str, str]:
    return {name: side if name.startswith("pick-") else value for name, value in carried.items()}


def key(carried: dict[str, str], field: str) -> str:
    return next(name for name in carried if name.startswith(f"pick-{field}"))
